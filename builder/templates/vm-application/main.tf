# SPDX-License-Identifier: MIT
# The VM application for @title:text@, in a Compute Gallery that is there.
#
# The files of files/ must be in the container first, for instance by 'ibbundle publish'.  No reboot is asked for:
# 3010 (restart needed) becomes 0, and nothing is run again after a restart, which is the service's default.
terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 3.103"
    }
  }
}

variable "gallery_id" {
  type = string
}

variable "location" {
  type = string
}

variable "container" {
  type        = string
  description = "Address of the container that has the packages"
}

variable "sas" {
  type        = string
  default     = ""
  sensitive   = true
  description = "A query that may read them; empty when they can be read without"
}

locals {
  packages = {
@each applications@
    @application:hcl@ = {
      order   = @order@
      file    = @file:hcl@
      install = @install:hcl@
      update  = @update:hcl@
      remove  = @remove:hcl@
    }
@end@
  }
}

resource "azurerm_gallery_application" "ibbundle" {
  for_each          = local.packages
  name              = each.key
  gallery_id        = var.gallery_id
  location          = var.location
  supported_os_type = "@os@"
}

resource "azurerm_gallery_application_version" "ibbundle" {
  for_each               = local.packages
  name                   = @application_version:hcl@
  gallery_application_id = azurerm_gallery_application.ibbundle[each.key].id
  location               = var.location
  package_file           = each.value.file

  manage_action {
    install = each.value.install
    update  = each.value.update
    remove  = each.value.remove
  }

  source {
    media_link = "${var.container}/${each.value.file}${var.sas == "" ? "" : "?${var.sas}"}"
  }

  target_region {
    name                   = var.location
    regional_replica_count = 1
  }
}

# for the gallery_application blocks of a virtual machine or scale set
output "gallery_applications" {
  value = [for name, p in local.packages : {
    version_id = azurerm_gallery_application_version.ibbundle[name].id
    order      = p.order
  }]
}
