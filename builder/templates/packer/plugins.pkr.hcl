# The plugin's own file: Packer before 1.7 has azure-arm inside, and does without it.
packer {
  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = ">= 2.0"
    }
  }
}
