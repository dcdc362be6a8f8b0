# SPDX-License-Identifier: MIT
# Installs @title:text@ on this machine, as an administrator and without the internet.
#
#   powershell -NoProfile -ExecutionPolicy Bypass -File install.ps1 [-Identity] [-Where WHERE]
#
# WHERE is the folder that has @program@, or its http(s) address, with a query where that is needed; -Identity asks
# this VM's managed identity for a token to read it (Azure Storage).  The exit code is that of 'install'.
param(
    [string] $Where = @from:ps@,
    [switch] $Identity
)
@if identity@
$Identity = $true
@end@
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$files = @(
@each files@
    @{ Name = @file:ps@; Sha256 = @sha256:ps@ }
@end@
)

$work = Join-Path $env:SystemRoot ('Temp\ibbundle-' + [Guid]::NewGuid())
New-Item -ItemType Directory $work | Out-Null
try {
    $headers = @{}
    if ($Identity) {
        $token = Invoke-RestMethod -UseBasicParsing -Headers @{ Metadata = 'true' } -Uri ('http://169.254.169.254/metadata/' +
            'identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fstorage.azure.com%2F')
        $headers = @{ Authorization = 'Bearer ' + $token.access_token; 'x-ms-version' = '2020-12-06' }
    }
    $folder, $query = $Where -split '\?', 2
    foreach ($f in $files) {
        $path = Join-Path $work $f.Name
        if ($Where -match '^https?://') {
            $uri = $folder + '/' + $f.Name
            if ($query) { $uri += '?' + $query }
            [Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12
            Invoke-WebRequest -UseBasicParsing -Headers $headers -Uri $uri -OutFile $path
        } else {
            Copy-Item (Join-Path $Where $f.Name) $path
        }
        $stream = [IO.File]::OpenRead($path)
        $hash = [BitConverter]::ToString([Security.Cryptography.SHA256]::Create().ComputeHash($stream)) -replace '-'
        $stream.Close()
        if ($hash -ne $f.Sha256) {
            throw ($f.Name + ' is not the file that this was made for: its SHA-256 is another')
        }
    }
@if certificate@

    # nobody but administrators may put certificates there
    $trust = Join-Path $env:ProgramData 'ibbundle\trust.d'
    New-Item -ItemType Directory -Force $trust | Out-Null
    $ibbundle = Split-Path $trust
    & takeown.exe /A /R /F $ibbundle | Out-Null
    & icacls.exe $ibbundle /inheritance:r /grant:r '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F' '*S-1-5-32-545:(OI)(CI)RX' | Out-Null
    @'
@certificate:indent@
'@ | Set-Content -Encoding Ascii (Join-Path $trust '@name@.pem')
@end@

    $p = Start-Process (Join-Path $work @program:ps@) -ArgumentList 'install@codes@@arguments@' -NoNewWindow -Wait -PassThru
    $code = $p.ExitCode
} catch {
    Write-Output ('install.ps1: ' + $_)
    $code = 100
} finally {
    Remove-Item -Recurse -Force $work
}
exit $code
