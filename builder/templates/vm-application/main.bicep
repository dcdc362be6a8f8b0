// SPDX-License-Identifier: MIT
// The VM application for @title:text@, in a Compute Gallery that is there.
//
//   az deployment group create --resource-group ... --template-file main.bicep \
//     --parameters gallery=... container=https://ACCOUNT.blob.core.windows.net/NAME sas='sv=...'
//
// The files of files/ must be in that container first, for instance by 'ibbundle publish'.
param gallery string
param location string = resourceGroup().location

@description('Address of the container that has the packages')
param container string

@description('A query that may read them; empty when they can be read without')
@secure()
param sas string = ''

param targetRegions array = [
  {
    name: location
    regionalReplicaCount: 1
  }
]

var packages = [
@each applications@
  {
    name: @application:bicep@
    order: @order@
    file: @file:bicep@
    install: @install:bicep@
    update: @update:bicep@
    remove: @remove:bicep@
  }
@end@
]

resource parent 'Microsoft.Compute/galleries@2024-03-03' existing = {
  name: gallery
}

resource applications 'Microsoft.Compute/galleries/applications@2024-03-03' = [for p in packages: {
  parent: parent
  name: p.name
  location: location
  properties: {
    supportedOSType: '@os@'
  }
}]

resource versions 'Microsoft.Compute/galleries/applications/versions@2024-03-03' = [for (p, i) in packages: {
  parent: applications[i]
  name: @application_version:bicep@
  location: location
  properties: {
    publishingProfile: {
      source: {
        mediaLink: '${container}/${p.file}${empty(sas) ? '' : '?${sas}'}'
      }
      manageActions: {
        install: p.install
        update: p.update
        remove: p.remove
      }
      settings: {
        packageFileName: p.file
        // the runtime never restarts a machine, and what was under way is taken up by the next install
        scriptBehaviorAfterReboot: 'None'
      }
      targetRegions: targetRegions
    }
  }
}]

// for applicationProfile.galleryApplications of a VM or scale set
output galleryApplications array = [for (p, i) in packages: {
  packageReferenceId: versions[i].id
  order: p.order
  treatFailureAsDeploymentFailure: true
}]
