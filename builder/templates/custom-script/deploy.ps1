# SPDX-License-Identifier: MIT
# Installs @title:text@ by the Custom Script extension, with the Az module.
#
#   .\deploy.ps1 -ResourceGroup ... -VM ...        or:  .\deploy.ps1 -ResourceGroup ... -ScaleSet ...
#
@if address@
# The bundle's files and @script_name@ must be at the address in protected-settings.json first ('ibbundle publish').  A SAS in
# there must outlive the scale set: later VMs read it, too.
@else@
# The bundle's files and @script_name@ must be in the directory that protected-settings.json names, on each machine.
@end@
param(
    [Parameter(Mandatory = $true)][string] $ResourceGroup,
    [string] $VM,
    [string] $ScaleSet
)
$ErrorActionPreference = 'Stop'
$settings = Get-Content -Raw (Join-Path $PSScriptRoot 'settings.json')
$protected = Get-Content -Raw (Join-Path $PSScriptRoot 'protected-settings.json')
if ($VM) {
    $location = (Get-AzVM -ResourceGroupName $ResourceGroup -Name $VM).Location
    Set-AzVMExtension -ResourceGroupName $ResourceGroup -VMName $VM -Location $location -Name ibbundle `
        -Publisher @publisher@ -ExtensionType @type@ -TypeHandlerVersion @extension_version@ `
        -SettingString $settings -ProtectedSettingString $protected
}
if ($ScaleSet) {
    $vmss = Get-AzVmss -ResourceGroupName $ResourceGroup -VMScaleSetName $ScaleSet
    Add-AzVmssExtension -VirtualMachineScaleSet $vmss -Name ibbundle -Publisher @publisher@ -Type @type@ `
        -TypeHandlerVersion @extension_version@ -AutoUpgradeMinorVersion $true `
        -Setting ($settings | ConvertFrom-Json) -ProtectedSetting ($protected | ConvertFrom-Json)
    Update-AzVmss -ResourceGroupName $ResourceGroup -Name $ScaleSet -VirtualMachineScaleSet $vmss
    Update-AzVmssInstance -ResourceGroupName $ResourceGroup -VMScaleSetName $ScaleSet -InstanceId '*'
}
