# An image with @title:text@, made by 'ibbundle export packer'.
#
#   packer init . && packer build -var bundle_directory=... -var resource_group=... -var image_name=... .
#
# Credentials are those of 'az login'.  The build VM needs no internet: the files come from here.

variable "bundle_directory" {
  type        = string
  description = "The directory on this machine that has the bundle's files"
}

variable "resource_group" {
  type        = string
  description = "Where the build VM runs and the image goes"
}

variable "image_name" {
  type = string
}

variable "vm_size" {
  type    = string
@if nics@
  default = "Standard_D4s_v5"
@else@
  default = "Standard_HB120rs_v3" # the NIC that is found there; 'export --nic' names one instead
@end@
}

variable "image_publisher" {
  type    = string
@if linux@
  default = "Canonical"
@else@
  default = "MicrosoftWindowsServer"
@end@
}

variable "image_offer" {
  type    = string
@if linux@
  default = "ubuntu-24_04-lts"
@else@
  default = "WindowsServer"
@end@
}

variable "image_sku" {
  type    = string
@if linux@
  default = "server"
@else@
  default = "2022-datacenter-g2"
@end@
}

variable "virtual_network" {
  type        = string
  default     = ""
  description = "A network of yours, for a build VM without a public address; with its resource group and subnet"
}

variable "virtual_network_resource_group" {
  type    = string
  default = ""
}

variable "virtual_network_subnet" {
  type    = string
  default = ""
}

source "azure-arm" "ibbundle" {
  use_azure_cli_auth                     = true
  build_resource_group_name              = var.resource_group
  managed_image_resource_group_name      = var.resource_group
  managed_image_name                     = var.image_name
  image_publisher                        = var.image_publisher
  image_offer                            = var.image_offer
  image_sku                              = var.image_sku
  vm_size                                = var.vm_size
  virtual_network_name                   = var.virtual_network
  virtual_network_resource_group_name    = var.virtual_network_resource_group
  virtual_network_subnet_name            = var.virtual_network_subnet
  private_virtual_network_with_public_ip = false
@if linux@
  os_type                                = "Linux"
@else@
  os_type                                = "Windows"
  communicator                           = "winrm"
  winrm_use_ssl                          = true
  winrm_insecure                         = true
  winrm_timeout                          = "15m"
  winrm_username                         = "packer"
@end@
  azure_tags = {
    ibbundle         = @name:hcl@
    ibbundle_version = @version:hcl@
  }
}

build {
  sources = ["source.azure-arm.ibbundle"]
@if linux@

  provisioner "shell" {
    inline = ["mkdir -p -m 0700 \"$HOME/ibbundle\""]
  }
@each files@

  provisioner "file" {
    source      = "${var.bundle_directory}/@file@"
    destination = "ibbundle/@file@"
  }
@end@

  provisioner "file" {
    source      = "${path.root}/install.sh"
    destination = "ibbundle/install.sh"
  }

  # no reboot: nothing of it is needed before the image's own first boot
  provisioner "shell" {
    inline = [
      "chmod 0700 \"$HOME\"/ibbundle/*",
      "sudo sh \"$HOME/ibbundle/install.sh\"@image_root@ \"$HOME/ibbundle\"",
      "rm -rf \"$HOME/ibbundle\"",
    ]
  }

  provisioner "shell" {
    inline         = ["sudo /usr/sbin/waagent -force -deprovision+user && export HISTSIZE=0 && sync"]
    inline_shebang = "/bin/sh -x"
  }
@else@

  provisioner "powershell" {
    inline = ["New-Item -ItemType Directory -Force C:\\ibbundle | Out-Null"]
  }
@each files@

  provisioner "file" {
    source      = "${var.bundle_directory}/@file@"
    destination = "C:\\ibbundle\\@file@"
  }
@end@

  provisioner "file" {
    source      = "${path.root}/install.ps1"
    destination = "C:\\ibbundle\\install.ps1"
  }

  provisioner "powershell" {
    inline            = ["& C:\\ibbundle\\install.ps1 -Where C:\\ibbundle; exit $LASTEXITCODE"]
    valid_exit_codes  = [0, 3010]
    elevated_user     = "SYSTEM"
    elevated_password = ""
  }

  # 3010 asks for it, and without need it does no harm
  provisioner "windows-restart" {
    restart_timeout = "30m"
  }

  provisioner "powershell" {
    inline = [
      "Remove-Item -Recurse -Force C:\\ibbundle",
      "& $env:SystemRoot\\System32\\Sysprep\\Sysprep.exe /oobe /generalize /quiet /quit /mode:vm",
      "while ((Get-ItemProperty HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Setup\\State).ImageState -ne 'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE') { Start-Sleep -Seconds 10 }",
    ]
  }
@end@
}
