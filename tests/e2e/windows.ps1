# SPDX-License-Identifier: MIT
<#
.SYNOPSIS
Tries a bundle on a real Windows machine, without questions, and writes a report.

.DESCRIPTION
For what Wine can't show: search for DLLs, elevation, access lists, driver store, Authenticode, event
log, devices that are gone, Server Core.  Run it in an elevated Windows PowerShell (4.0 to 5.1; it needs
no module but the built-in ones) on a machine that may be thrown away:

    powershell -NoProfile -ExecutionPolicy Bypass -File windows.ps1 -Bundle C:\b\azure.exe -Trust C:\b\cert.pem -Install

Without -Install nothing is installed.  For the checks as a standard user it makes a local user and
removes it at the end.  A bundle of one's own that holds an INF package is tried by -Package.

The report goes to the screen, and to report.txt and report.json in -Report; exit code 1 when a check
failed.

.PARAMETER Bundle
The bundle, an .exe file.

.PARAMETER Trust
The certificate that its signer is trusted by (PEM).

.PARAMETER Install
Install, install again, look at what came, and uninstall.

.PARAMETER Package
Install this package of the bundle, not the one that the plan chooses.

.PARAMETER AcceptLicense
The terms that the package comes under (as plan names them), or all, where they must be accepted.

.PARAMETER Decoy
A DLL that writes FILE.loaded beside itself when it is loaded (build/tests/decoy.exe of the source
tree).  Without it the decoys are files that no program can load: one that tries ends with an error.

.PARAMETER Report
The directory of the report; by default the current one.
#>
[CmdletBinding()]
param(
	[Parameter(Mandatory = $true)] [string] $Bundle,
	[Parameter(Mandatory = $true)] [string] $Trust,
	[switch] $Install,
	[string] $Package = '',
	[string] $AcceptLicense = '',
	[string] $Decoy = '',
	[string] $Report = '.'
)
$ErrorActionPreference = 'Stop'

$Bundle = (Resolve-Path -LiteralPath $Bundle).ProviderPath
$Trust = (Resolve-Path -LiteralPath $Trust).ProviderPath
if ($Decoy) { $Decoy = (Resolve-Path -LiteralPath $Decoy).ProviderPath }
$Report = (Resolve-Path -LiteralPath $Report).ProviderPath

$drive = [Environment]::GetFolderPath('System').Substring(0, 2)
$systemDir = [Environment]::GetFolderPath('System')
$state = Join-Path ([Environment]::GetFolderPath('CommonApplicationData')) 'ibbundle'
$logs = "$drive\WindowsAzure\Logs\Plugins\Microsoft.HpcCompute.InfiniBandDriverWindows"
$work = Join-Path $drive ('\ibbtest-' + [Guid]::NewGuid().ToString('N').Substring(0, 8))
$userName = 'ibbtest-' + [Guid]::NewGuid().ToString('N').Substring(0, 8)
$checks = New-Object System.Collections.ArrayList

# --- checks --------------------------------------------------------------------------------------

function Add-Result([string] $name, [string] $result, [string] $detail) {
	[void] $checks.Add((New-Object PSObject -Property @{ name = $name; result = $result; detail = $detail }))
	$line = '{0,-8} {1}' -f $result, $name
	if ($detail) { $line += ": $detail" }
	Write-Host $line
}

# The script block answers $true, or a text that says what is wrong.  An exception is a failure.  It sees
# the variables of this function, too, hence their names.
function Test-That([string] $checkName, [scriptblock] $checkBody) {
	try {
		$checkAnswer = & $checkBody
		if ($checkAnswer -is [array]) { $checkAnswer = $checkAnswer[-1] }
		if ($checkAnswer -is [bool] -and $checkAnswer) { Add-Result $checkName 'passed' '' }
		else { Add-Result $checkName 'failed' "$checkAnswer" }
	} catch {
		Add-Result $checkName 'failed' $_.Exception.Message
	}
}

function Skip-That([string] $name, [string] $why) { Add-Result $name 'skipped' $why }

function Test-Equal($found, $wanted) {
	if ("$found" -eq "$wanted") { return $true }
	return "found '$found', expected '$wanted'"
}

# --- running -------------------------------------------------------------------------------------

# Quoted for a program that splits its command line as the C runtime does.
function Format-Argument([string] $text) {
	if ($text -and $text -notmatch '[\s"]') { return $text }
	$text = [regex]::Replace($text, '(\\*)"', '$1$1\"')
	$text = [regex]::Replace($text, '(\\+)$', '$1$1')
	return '"' + $text + '"'
}

# Runs a program to its end, or ends it after an hour; an object with ExitCode, Output, Errors,
# Milliseconds.
function Invoke-Program([string] $file, [string[]] $arguments, $credential = $null, [string] $directory = $work,
	[int] $seconds = 3600) {
	$info = New-Object System.Diagnostics.ProcessStartInfo
	$info.FileName = $file
	$info.Arguments = (@($arguments | ForEach-Object { Format-Argument $_ }) -join ' ')
	$info.WorkingDirectory = $directory
	$info.UseShellExecute = $false
	$info.CreateNoWindow = $true
	$info.RedirectStandardOutput = $true
	$info.RedirectStandardError = $true
	$info.StandardOutputEncoding = [System.Text.Encoding]::UTF8
	$info.StandardErrorEncoding = [System.Text.Encoding]::UTF8
	if ($credential) {
		$info.UserName = $credential.UserName
		$info.Domain = '.'
		$info.Password = $credential.Password
		$info.LoadUserProfile = $true
	}
	$watch = [System.Diagnostics.Stopwatch]::StartNew()
	$process = [System.Diagnostics.Process]::Start($info)
	$output = $process.StandardOutput.ReadToEndAsync()
	$errors = $process.StandardError.ReadToEndAsync()
	if (-not $process.WaitForExit($seconds * 1000)) {
		$process.Kill()
		throw "$file $arguments did not end within $seconds seconds"
	}
	return New-Object PSObject -Property @{
		ExitCode = $process.ExitCode; Output = $output.Result; Errors = $errors.Result
		Milliseconds = $watch.ElapsedMilliseconds
	}
}

$exe = Join-Path $work 'bundle.exe'
function Invoke-Bundle([string[]] $arguments) { return Invoke-Program $exe $arguments }

function Test-Exit($run, [int[]] $wanted) {
	if ($wanted -contains $run.ExitCode) { return $true }
	return "exit code $($run.ExitCode), not $($wanted -join ' or '): $($run.Output.Trim()) $($run.Errors.Trim())"
}

# A copy of the bundle with another byte at @offset, or cut there.
function Copy-Changed([string] $to, [long] $offset, [bool] $cut) {
	Copy-Item -LiteralPath $exe -Destination $to
	$file = [System.IO.File]::Open($to, 'Open', 'ReadWrite')
	try {
		if ($cut) {
			$file.SetLength($offset)
		} else {
			[void] $file.Seek($offset, 'Begin')
			$byte = [byte] ($file.ReadByte() -bxor 1)
			[void] $file.Seek($offset, 'Begin')
			$file.WriteByte($byte)
		}
	} finally {
		$file.Close()
	}
}

Add-Type -Namespace IbbTest -Name Native -MemberDefinition @'
[DllImport("cfgmgr32.dll", CharSet = CharSet.Unicode)]
public static extern int CM_Locate_DevNodeW(out uint node, string id, uint flags);
[DllImport("cfgmgr32.dll")]
public static extern int CM_Get_DevNode_Status(out uint status, out uint problem, uint node, uint flags);
[DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
public static extern IntPtr LoadLibraryW(string file);
[DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
public static extern uint GetFileAttributesW(string file);
'@

# --- the parts -----------------------------------------------------------------------------------

function Test-Reading {
	Test-That 'version' { Test-Exit (Invoke-Bundle 'version') 0 }
	Test-That 'verify with the certificate' {
		Test-Exit (Invoke-Bundle 'verify', '--trust', $Trust, '--require-trust') 0
	}
	Test-That 'verify without a certificate is refused when one is asked for' {
		if (Test-Path -Path "$state\trust.d\*") { return $true }
		Test-Exit (Invoke-Bundle 'verify', '--require-trust') 4
	}
	Test-That 'list' { Test-Exit (Invoke-Bundle 'list') 0 }
	Test-That 'plan' { Test-Exit (Invoke-Bundle 'plan') 0, 1 }
	Test-That 'an option that is not known' { Test-Exit (Invoke-Bundle 'list', '--nonsense') 2 }
	Test-That 'a bundle that was cut' {
		$cut = "$work\cut.exe"
		Copy-Changed $cut ((Get-Item -LiteralPath $exe).Length - 1000) $true
		Test-Exit (Invoke-Bundle 'verify', '--bundle', $cut) 3, 4
	}
	Test-That 'a bundle with a changed byte' {
		$changed = "$work\changed.exe"
		Copy-Changed $changed ([long] ((Get-Item -LiteralPath $exe).Length / 2)) $false
		Test-Exit (Invoke-Bundle 'verify', '--bundle', $changed) 3, 4
	}
	Test-That 'output is UTF-8 and the console keeps its code page' {
		$before = & "$systemDir\chcp.com"
		[void] (Invoke-Bundle 'list')
		Test-Equal (& "$systemDir\chcp.com") $before
	}
}

function Test-Places {
	$name = -join ([char[]] (0x47, 0x72, 0xFC, 0xDF, 0x65, 0x20, 0x65E5, 0x672C))
	Test-That 'a folder with a foreign name' {
		$there = Join-Path $work $name
		[void] (New-Item -ItemType Directory -Path $there)
		Copy-Item -LiteralPath $exe -Destination "$there\$name.exe"
		Test-Exit (Invoke-Program "$there\$name.exe" @('verify')) 0
	}
	Test-That 'extract to a path of more than 300 characters' {
		$long = "$work\" + ('a' * 100) + '\' + ('b' * 100) + '\' + ('c' * 100)
		$run = Invoke-Bundle (@('extract', $long) + $script:packageOption)
		if ($run.ExitCode -eq 1 -and -not $Package) { return $true } # nothing fits this machine
		if ((Test-Exit $run 0) -ne $true) { return Test-Exit $run 0 }
		if ([IbbTest.Native]::GetFileAttributesW("\\?\$long") -eq [uint32]::MaxValue) { return 'it is not there' }
		return $true
	}
}

function Test-Facts {
	$run = Invoke-Bundle 'facts', '--json'
	Test-That 'facts' { Test-Exit $run 0 }
	$facts = $run.Output | ConvertFrom-Json
	$script:facts = $facts
	$current = Get-ItemProperty -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
	Test-That 'build' { Test-Equal ($facts.kernel.Split('.')[2]) $current.CurrentBuildNumber }
	Test-That 'edition' { Test-Equal $facts.edition $current.EditionID }
	Test-That 'installation' {
		$kinds = @{ 'Client' = 'client'; 'Server' = 'server'; 'Server Core' = 'server-core' }
		Test-Equal $facts.installation $kinds[$current.InstallationType]
	}
	Test-That 'elevated' { Test-Equal $facts.elevated $true }
	Test-That 'driver store: the same oemN.inf as on disk' {
		$disk = @(Get-ChildItem -Path "$env:SystemRoot\INF\oem*.inf" | ForEach-Object { $_.Name.ToLower() }) | Sort-Object
		$told = @($facts.drivers | Where-Object { $_ } | ForEach-Object { $_.inf.ToLower() }) | Sort-Object
		Test-Equal ($told -join ' ') ($disk -join ' ')
	}
	Test-That 'software: the products of Windows Installer' {
		$uninstall = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall'
		$keys = @(Get-ChildItem -LiteralPath $uninstall | ForEach-Object { Get-ItemProperty -LiteralPath $_.PSPath } |
			Where-Object { $_.WindowsInstaller -eq 1 -and $_.DisplayName -and $_.SystemComponent -ne 1 })
		$missing = @($keys | Where-Object { @($facts.software | ForEach-Object { $_.code }) -notcontains $_.PSChildName })
		Test-Equal (@($missing | ForEach-Object { $_.DisplayName }) -join ', ') ''
	}
	Test-Functions $facts
}

# Every function of the vendor that Windows ever saw, and whether it is there now.
function Test-Functions($facts) {
	$pci = 'HKLM:\SYSTEM\CurrentControlSet\Enum\PCI'
	$present = 0
	$ghosts = 0
	$known = @(Get-ChildItem -LiteralPath $pci | Where-Object { $_.PSChildName -like 'VEN_15B3*' })
	foreach ($device in $known) {
		foreach ($instance in @(Get-ChildItem -LiteralPath $device.PSPath)) {
			$node = [uint32] 0
			$id = "PCI\$($device.PSChildName)\$($instance.PSChildName)"
			if ([IbbTest.Native]::CM_Locate_DevNodeW([ref] $node, $id, 0) -eq 0) { $present++ } else { $ghosts++ }
		}
	}
	$told = @($facts.nics | Where-Object { $_ })
	Test-That 'functions that are present' {
		Test-Equal (@($told | Where-Object { $_.present -ne $false }).Count) $present
	}
	if ($ghosts) {
		Test-That 'functions that are gone' { Test-Equal (@($told | Where-Object { $_.present -eq $false }).Count) $ghosts }
	} else {
		Skip-That 'functions that are gone' 'there are none (resize the VM to one with another NIC and back)'
	}
	if (-not $known.Count) { Skip-That 'functions of the vendor' 'this machine has never had one' }
}

function Test-Decoys {
	$names = 'version', 'cryptbase', 'setupapi', 'cfgmgr32', 'msi', 'wintrust', 'bcrypt', 'bcryptprimitives',
		'crypt32', 'cryptsp', 'rsaenh', 'dbghelp', 'iphlpapi', 'userenv', 'profapi', 'uxtheme', 'propsys',
		'secur32', 'imagehlp', 'winmm', 'netapi32', 'dwmapi', 'newdev', 'wldp', 'cabinet', 'apphelp', 'ntmarta'
	$dirs = "$work\app", "$work\current", "$work\path"
	foreach ($dir in $dirs) {
		[void] (New-Item -ItemType Directory -Path $dir)
		foreach ($name in $names) {
			if ($Decoy) { Copy-Item -LiteralPath $Decoy -Destination "$dir\$name.dll" }
			else { Set-Content -LiteralPath "$dir\$name.dll" -Value 'no program' }
		}
	}
	Copy-Item -LiteralPath $exe -Destination "$work\app\bundle.exe"
	$path = $env:PATH
	$env:PATH = "$work\path;$path"
	try {
		foreach ($command in 'facts', 'plan', 'verify', 'list') {
			Test-That "$command with decoys beside it, in the current folder and in PATH" {
				Test-Exit (Invoke-Program "$work\app\bundle.exe" @($command) $null "$work\current" 120) 0, 1
			}
		}
	} finally {
		$env:PATH = $path
	}
	if (-not $Decoy) {
		Skip-That 'no decoy was loaded' 'give -Decoy for that; here a load is seen only where it is fatal'
		return
	}
	Test-That 'no decoy was loaded' {
		$loaded = @(Get-ChildItem -Path "$work\app\*.loaded", "$work\current\*.loaded", "$work\path\*.loaded")
		Test-Equal (@($loaded | ForEach-Object { $_.FullName }) -join ', ') ''
	}
	Test-That 'and a decoy does tell' {
		[void] [IbbTest.Native]::LoadLibraryW("$work\path\version.dll")
		Test-Path -LiteralPath "$work\path\version.dll.loaded"
	}
}

# A user of its own: a filtered token of an administrator is not the same.
function New-StandardUser {
	if ([System.Security.Principal.WindowsIdentity]::GetCurrent().IsSystem) { throw 'SYSTEM can''t start programs as others' }
	$password = 'Aa1!' + [Guid]::NewGuid().ToString('N').Substring(0, 10) # net.exe asks about longer ones
	$run = Invoke-Program "$systemDir\net.exe" @('user', $userName, $password, '/add')
	if ($run.ExitCode -ne 0) { throw "net user: $($run.Output) $($run.Errors)" }
	$secure = ConvertTo-SecureString -String $password -AsPlainText -Force
	return New-Object System.Management.Automation.PSCredential($userName, $secure)
}

function Test-StandardUser {
	try {
		$user = New-StandardUser
	} catch {
		Skip-That 'as a standard user' $_.Exception.Message
		return
	}
	foreach ($command in 'verify', 'plan', 'facts', 'list') {
		Test-That "$command as a standard user" { Test-Exit (Invoke-Program $exe @($command) $user) 0, 1 }
	}
	Test-That 'install as a standard user is refused' {
		$run = Invoke-Program $exe @('install', '--json') $user
		if ($run.ExitCode -ne 100) { return Test-Exit $run 100 }
		Test-Equal ($run.Output | ConvertFrom-Json).reason 'not-root'
	}
	Test-That 'facts say so' {
		Test-Equal ((Invoke-Program $exe @('facts', '--json') $user).Output | ConvertFrom-Json).elevated $false
	}
	if (Test-Path -LiteralPath $state) {
		Test-That 'a standard user can''t write the state' {
			$run = Invoke-Program "$systemDir\cmd.exe" @('/c', "echo x> `"$state\x`"") $user
			if (Test-Path -LiteralPath "$state\x") { return 'it is written' }
			return $true
		}
		Skip-That 'a state directory that somebody else made' "$state is there already"
		return
	}
	if (-not $Install) {
		Skip-That 'a state directory that somebody else made' 'only with -Install'
		return
	}
	Test-That 'a state directory that somebody else made is not trusted' {
		[void] (Invoke-Program "$systemDir\cmd.exe" @('/c', 'mkdir', $state) $user)
		if (-not (Test-Path -LiteralPath $state)) { return 'the user could not make it' }
		$run = Invoke-Bundle 'install', '--package', 'none'
		if ((Test-Protected $state) -eq $true) { return $true } # it was taken over
		if ($run.ExitCode -eq 100 -and $run.Errors.Contains($state)) { return $true } # it was refused
		return "$($run.Errors) $(Test-Protected $state)"
	}
	if (Test-Path -LiteralPath $state) { Remove-Item -LiteralPath $state -Recurse -Force }
}

# Only SYSTEM and the administrators may change it; $true, or what is wrong.
function Test-Protected([string] $path) {
	$trusted = 'S-1-5-18', 'S-1-5-32-544'
	$changes = [System.Security.AccessControl.FileSystemRights] 'Write, Delete, DeleteSubdirectoriesAndFiles, ChangePermissions, TakeOwnership'
	$acl = Get-Acl -LiteralPath $path
	$owner = $acl.GetOwner([System.Security.Principal.SecurityIdentifier]).Value
	if ($trusted -notcontains $owner) { return "$path belongs to $owner" }
	foreach ($rule in $acl.GetAccessRules($true, $true, [System.Security.Principal.SecurityIdentifier])) {
		$may = $rule.AccessControlType -eq 'Allow' -and ([int] $rule.FileSystemRights -band [int] $changes)
		if ($may -and $trusted -notcontains $rule.IdentityReference.Value) {
			return "$path can be changed by $($rule.IdentityReference.Value): $($rule.FileSystemRights)"
		}
	}
	return $true
}

function Test-Authenticode {
	$signature = Get-AuthenticodeSignature -FilePath $exe
	if ($signature.Status -eq 'NotSigned') {
		Skip-That 'Authenticode' 'the bundle is not signed as a Windows program'
		return
	}
	Test-That 'Authenticode' {
		if ($signature.Status -eq 'Valid') { return $true }
		return "$($signature.Status): $($signature.StatusMessage) (is its root installed on this machine?)"
	}
	Test-That 'Authenticode sees a changed byte' {
		Copy-Changed "$work\signed.exe" ([long] ((Get-Item -LiteralPath $exe).Length / 2)) $false
		Test-Equal (Get-AuthenticodeSignature -FilePath "$work\signed.exe").Status 'HashMismatch'
	}
}

function Test-ExitCodes {
	Test-That 'wrong use of install is 100' { Test-Exit (Invoke-Bundle 'install', '--nonsense') 100 }
	Test-That 'the whole exit code by Start-Process' {
		$process = Start-Process -FilePath $exe -ArgumentList 'install', '--nonsense' -PassThru -WindowStyle Hidden
		[void] $process.Handle # else PowerShell forgets the exit code
		$process.WaitForExit()
		Test-Equal $process.ExitCode 100
	}
	Test-That 'no package of that name is 100' { Test-Exit (Invoke-Bundle 'install', '--package', 'none') 100 }
	Test-That 'status' { Test-Exit (Invoke-Bundle 'status') 0, 1 }
}

function Get-Event([datetime] $since) {
	return @(Get-WinEvent -FilterHashtable @{ LogName = 'Application'; StartTime = $since } -ErrorAction SilentlyContinue |
		Where-Object { $_.ProviderName -eq 'ibbundle' })
}

function Test-Locked {
	Test-That 'another installation at work is 240' {
		$free = $false
		$mutex = New-Object System.Threading.Mutex($true, 'Global\_MSIExecute', [ref] $free)
		try {
			if (-not $free) { return 'another installation is at work' }
			Test-Exit (Invoke-Bundle (@('install', '--lock-timeout', '1') + $script:packageOption + $script:acceptOption)) 240
		} finally {
			if ($free) { $mutex.ReleaseMutex() }
			$mutex.Dispose()
		}
	}
}

function Test-Installing {
	$plan = (Invoke-Bundle (@('plan', '--json') + $script:packageOption + $script:acceptOption)).Output | ConvertFrom-Json
	if ($plan.reason -ne 'ok') {
		Skip-That 'install' "nothing of this bundle fits: $($plan.message)"
		Test-That 'install is refused' { Test-Exit (Invoke-Bundle (@('install') + $script:packageOption)) 100 }
		return
	}
	Test-Locked
	$before = @($script:facts.drivers | Where-Object { $_ } | ForEach-Object { $_.inf })
	$start = (Get-Date).AddSeconds(-1)
	$run = Invoke-Bundle (@('install', '--json', '--trust', $Trust, '--require-trust') + $script:packageOption + $script:acceptOption)
	Test-That "install $($plan.package)" { Test-Exit $run 0, 3010 }
	Add-Result 'time of install' 'passed' "$($run.Milliseconds) ms, exit code $($run.ExitCode)"
	Test-That 'the log is where the extension''s is' { Test-Path -Path "$logs\*" }
	Test-That 'a log of the installer is kept' {
		if (@(Get-ChildItem -LiteralPath $logs -File).Count -ge 2) { return $true }
		return "$logs holds one file"
	}
	Test-That 'events: the start and the end' {
		$found = @(Get-Event $start)
		if ($found.Count -ge 2) { return $true }
		return "$($found.Count) events of 'ibbundle' in the Application log"
	}
	Test-That 'the text of the events can be read' {
		$bad = @(Get-Event $start | Where-Object { -not $_.Message })
		Test-Equal $bad.Count 0
	}
	Test-That 'the state directory is protected' { Test-Protected $state }
	Test-That 'and what is in it' {
		foreach ($item in @(Get-ChildItem -LiteralPath $state -Recurse -Force)) {
			$answer = Test-Protected $item.FullName
			if ($answer -ne $true) { return $answer }
		}
		return $true
	}
	Test-That 'no staging directory is left' { Test-Equal (@(Get-ChildItem -Path "$state\staging-*").Count) 0 }
	Test-That 'status' { Test-Exit (Invoke-Bundle 'status') 0 }
	Test-That 'second install, within two seconds' {
		$again = Invoke-Bundle (@('install') + $script:packageOption)
		if ((Test-Exit $again 0, 3010) -ne $true) { return Test-Exit $again 0, 3010 }
		if ($again.Output -notmatch 'already installed') { return $again.Output }
		if ($again.Milliseconds -gt 2000) { return "it took $($again.Milliseconds) ms" }
		return $true
	}
	$after = (Invoke-Bundle 'facts', '--json').Output | ConvertFrom-Json
	$added = @($after.drivers | Where-Object { $_ -and $before -notcontains $_.inf })
	Test-That 'the driver store has the driver' {
		if ($added.Count) { return $true }
		return 'no package was added'
	}
	foreach ($driver in $added) {
		Test-That "the catalog of $($driver.inf) is valid" {
			Test-Equal (Get-AuthenticodeSignature -FilePath "$env:SystemRoot\INF\$($driver.inf)").Status 'Valid'
		}
	}
	Test-That 'uninstall' { Test-Exit (Invoke-Bundle 'uninstall') 0, 3010 }
	Test-That 'status after it' { Test-Exit (Invoke-Bundle 'status') 1 }
	$left = (Invoke-Bundle 'facts', '--json').Output | ConvertFrom-Json
	Test-That 'the driver store is as before' {
		$more = @($left.drivers | Where-Object { $_ -and $before -notcontains $_.inf })
		Test-Equal (@($more | ForEach-Object { "$($_.inf) $($_.original)" }) -join ', ') ''
	}
}

# --- all of it -----------------------------------------------------------------------------------

function Write-Report {
	$count = @{}
	foreach ($result in 'passed', 'failed', 'skipped') {
		$count[$result] = @($checks | Where-Object { $_.result -eq $result }).Count
	}
	$summary = "$($count['passed']) passed, $($count['failed']) failed, $($count['skipped']) skipped"
	$current = Get-ItemProperty -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
	$machine = New-Object PSObject -Property @{
		product = $current.ProductName; build = "$($current.CurrentBuildNumber).$($current.UBR)"
		installation = $current.InstallationType; powershell = "$($PSVersionTable.PSVersion)"
		bundle = $Bundle; installs = [bool] $Install; time = (Get-Date).ToUniversalTime().ToString('s') + 'Z'
	}
	$lines = @("$($machine.product) $($machine.build), $($machine.installation), PowerShell $($machine.powershell)", $Bundle)
	$lines += @($checks | ForEach-Object { '{0,-8} {1}{2}' -f $_.result, $_.name, $(if ($_.detail) { ": $($_.detail)" }) })
	$lines += $summary
	Set-Content -LiteralPath "$Report\report.txt" -Value $lines -Encoding UTF8
	$document = New-Object PSObject -Property @{
		machine = $machine; facts = $script:facts; checks = @($checks); summary = $summary
	}
	Set-Content -LiteralPath "$Report\report.json" -Value (ConvertTo-Json -InputObject $document -Depth 8) -Encoding UTF8
	Write-Host $summary
	return $count['failed']
}

$principal = New-Object System.Security.Principal.WindowsPrincipal([System.Security.Principal.WindowsIdentity]::GetCurrent())
if (-not $principal.IsInRole([System.Security.Principal.WindowsBuiltInRole] 'Administrator')) {
	Write-Host 'windows.ps1 must be run in an elevated PowerShell'
	exit 2
}
$script:packageOption = @()
$script:acceptOption = @()
if ($AcceptLicense) { $script:acceptOption = @('--accept-license', $AcceptLicense) }
if ($Package) { $script:packageOption = @('--package', $Package) }
$script:facts = $null
$failed = 1
try {
	[void] (New-Item -ItemType Directory -Path $work) # below the drive: Users may read it
	Copy-Item -LiteralPath $Bundle -Destination $exe
	$beside = [System.IO.Path]::ChangeExtension($Bundle, '.ibb')
	if (Test-Path -LiteralPath $beside) { Copy-Item -LiteralPath $beside -Destination "$work\bundle.ibb" }
	foreach ($part in 'Test-Reading', 'Test-Places', 'Test-Facts', 'Test-Decoys', 'Test-Authenticode',
		'Test-StandardUser', 'Test-ExitCodes') {
		Test-That "($part ran to its end)" { & $part; $true }
	}
	if ($Install) { Test-That '(Test-Installing ran to its end)' { Test-Installing; $true } }
	else { Skip-That 'install' 'only with -Install' }
} finally {
	$failed = Write-Report
	[void] (Invoke-Program "$systemDir\net.exe" @('user', $userName, '/delete') $null $systemDir)
	& "$systemDir\cmd.exe" /c rd /s /q "\\?\$work"
}
exit ([int] ($failed -gt 0))
