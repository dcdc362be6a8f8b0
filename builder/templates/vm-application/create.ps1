# SPDX-License-Identifier: MIT
# Makes the VM application for @title:text@ in a Compute Gallery, with the Az module.
#
#   .\create.ps1 -ResourceGroup ... -Gallery ... -Location ... -Container https://ACCOUNT.blob.core.windows.net/NAME
#
# The files of files/ must be in that container first, for instance by 'ibbundle publish'.  -Sas, if they are
# not to be read without, is a query that may read them ('sv=...'); it is needed until the versions are replicated.
# No reboot is asked for: 3010 (restart needed) becomes 0, and nothing is run again after a restart, which
# is the service's default (scriptBehaviorAfterReboot: None).
param(
    [Parameter(Mandatory = $true)][string] $ResourceGroup,
    [Parameter(Mandatory = $true)][string] $Gallery,
    [Parameter(Mandatory = $true)][string] $Location,
    [Parameter(Mandatory = $true)][string] $Container,
    [string] $Sas = ''
)
$ErrorActionPreference = 'Stop'
if ($Sas) { $Sas = '?' + $Sas.TrimStart('?') }

$applications = @(
@each applications@
    @{
        Name = @application:ps@
        File = @file:ps@
        Install = @install:ps@
        Update = @update:ps@
        Remove = @remove:ps@
    }
@end@
)
$ids = foreach ($a in $applications) {
    New-AzGalleryApplication -ResourceGroupName $ResourceGroup -GalleryName $Gallery -Location $Location `
        -Name $a.Name -SupportedOSType @os@ | Out-Null
    $made = New-AzGalleryApplicationVersion -ResourceGroupName $ResourceGroup -GalleryName $Gallery `
        -Location $Location -GalleryApplicationName $a.Name -Name @application_version:ps@ `
        -PackageFileLink ($Container + '/' + $a.File + $Sas) -PackageFileName $a.File `
        -Install $a.Install -Update $a.Update -Remove $a.Remove
    $made.Id
}

Write-Output 'On a VM, in this order:'
Write-Output '$vm = Get-AzVM -ResourceGroupName RESOURCE_GROUP -Name VM'
$order = 0
foreach ($id in $ids) {
    $order += 1
    Write-Output ('Add-AzVmGalleryApplication -VM $vm -GalleryApplication ' +
        "(New-AzVmGalleryApplication -PackageReferenceId $id -Order $order) -TreatFailureAsDeploymentFailure")
}
Write-Output 'Update-AzVM -ResourceGroupName RESOURCE_GROUP -VM $vm'
