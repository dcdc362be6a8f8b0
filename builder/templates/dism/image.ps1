# SPDX-License-Identifier: MIT
# Puts @title:text@ into an offline Windows image (.wim, .vhd or .vhdx), on a Windows machine with DISM.
#
#   powershell -NoProfile -ExecutionPolicy Bypass -File image.ps1 -ImagePath IMAGE -Package ID [-Index N] [-Bundle FOLDER]
#
# Driver packages (INF) are added to the image's driver store.  A package with an installer of its own can't be
# installed into an image: it, and what its checks need, run once at the end of the image's first setup, by
# SetupComplete.cmd, from a copy of the bundle in the image.  -Package: which one, since this machine has not the NIC;
# 'plan --facts FILE' tells.  -Bundle: where the files are, the folder of this script unless it says otherwise.
param(
    [Parameter(Mandatory = $true)][string] $ImagePath,
    [Parameter(Mandatory = $true)][string] $Package,
    [int] $Index = 1,
    [string] $Bundle = $PSScriptRoot
)
$ErrorActionPreference = 'Stop'
$files = @(
@each files@
    @{ Name = @file:ps@; Sha256 = @sha256:ps@ }
@end@
)
$packages = @(
@each packages@
    @{ Id = @id:ps@; Title = @package_title:ps@; Installer = $@installer@ }
@end@
)
$drivers = @(
@each drivers@
    @{ Package = @id:ps@; Inf = @inf:ps@ }
@end@
)

$chosen = $packages | Where-Object { $_.Id -eq $Package }
if (-not $chosen) {
    throw ("the bundle has no package '$Package' for Windows; it has: " + (($packages | ForEach-Object { $_.Id }) -join ', '))
}
foreach ($f in $files) {
    $stream = [IO.File]::OpenRead((Join-Path $Bundle $f.Name))
    $hash = [BitConverter]::ToString([Security.Cryptography.SHA256]::Create().ComputeHash($stream)) -replace '-'
    $stream.Close()
    if ($hash -ne $f.Sha256) { throw ($f.Name + ' is not the file that this was made for: its SHA-256 is another') }
}

$work = Join-Path $env:SystemRoot ('Temp\ibbundle-' + [Guid]::NewGuid())
$mount = Join-Path $work 'mount'
New-Item -ItemType Directory $mount | Out-Null
function Invoke-Program([string] $Program, [string[]] $Arguments) {
    & $Program @Arguments
    if ($LASTEXITCODE -ne 0) { throw "$Program ended with $LASTEXITCODE" }
}
$end = '/Discard'
Invoke-Program dism.exe @('/English', '/Mount-Image', "/ImageFile:$ImagePath", "/Index:$Index", "/MountDir:$mount")
try {
    $own = $drivers | Where-Object { $_.Package -eq $Package }
    if ($own) {
        $laid = Join-Path $work 'package'
        Invoke-Program (Join-Path $Bundle @program:ps@) @('extract', $laid, '--package', $Package)
        foreach ($d in $own) {
            Invoke-Program dism.exe @('/English', "/Image:$mount", '/Add-Driver', ('/Driver:' + (Join-Path $laid $d.Inf)))
        }
    }
@if certificate@
    $trust = Join-Path $mount 'ProgramData\ibbundle\trust.d'
    New-Item -ItemType Directory -Force $trust | Out-Null
    & icacls.exe (Split-Path $trust) /inheritance:r /grant:r '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F' '*S-1-5-32-545:(OI)(CI)RX' | Out-Null
    @'
@certificate:indent@
'@ | Set-Content -Encoding Ascii (Join-Path $trust '@name@.pem')
@end@
    if ($chosen.Installer) {
        $scripts = Join-Path $mount 'Windows\Setup\Scripts'
        New-Item -ItemType Directory -Force (Join-Path $scripts 'ibbundle') | Out-Null
        foreach ($f in $files) { Copy-Item (Join-Path $Bundle $f.Name) (Join-Path $scripts 'ibbundle') }
        Add-Content -Encoding Ascii (Join-Path $scripts 'SetupComplete.cmd') (
            '"%WINDIR%\Setup\Scripts\ibbundle\@program@" install --package ' + $Package + '@arguments@')
    }
    $end = '/Commit'
} finally {
    Invoke-Program dism.exe @('/English', '/Unmount-Image', "/MountDir:$mount", $end)
    Remove-Item -Recurse -Force $work
}
