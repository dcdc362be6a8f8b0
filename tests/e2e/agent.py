# SPDX-License-Identifier: MIT
"""Gives the real Azure guest agent goal states, and looks at what comes of them.

Runs as the first process of a machine of its own (agent.sh), where the agent's code is that of
Debian's package.  What stands in for Azure is Protocol: it hands out the packages in /root/pool.
Everything between that and the status is the agent's own: unpacking, manifest, environment, settings,
commands with their time limits, update, and the parser of status and heartbeat.
"""
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

from azurelinuxagent.common import conf, logger
from azurelinuxagent.common.exception import ExtensionError
from azurelinuxagent.common.protocol.restapi import (Extension, ExtensionRequestedState, ExtensionSettings,
                                                     ExtensionState, ExtHandlerPackage, ExtHandlerPackageList)
from azurelinuxagent.common.utils import extensionprocessutil
from azurelinuxagent.common.version import AGENT_VERSION
from azurelinuxagent.ga import exthandlers
from azurelinuxagent.ga.exthandlers import ExtHandlerInstance, ExtHandlersHandler

NAME = "Contoso.Hpc.InfiniBandDriver"
STATE = "/var/lib/ibbundle/state.json"
LOG = "/var/log/azure/" + NAME + "/ibbundle.log"
NIC = "/sys/bus/pci/devices/0101:00:00.0"
MODE = "/etc/ibbtest-mode"
AGENT_FILES = "/var/lib/waagent"
counts = {True: 0, False: 0}


class Hurry(object):
    """The clock by which the agent waits, ten times as fast: its 300 seconds are 30."""

    def __getattr__(self, name):
        return getattr(time, name)

    @staticmethod
    def sleep(seconds):
        time.sleep(seconds / 10.0)


def check(what, ok, more=""):
    counts[bool(ok)] += 1
    print("%s %s" % ("ok" if ok else "FAILED:", what))
    if not ok:
        print("    %s" % (more,))


def wait_for(condition, seconds=30):
    """Until the condition holds; whether it does."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


class Protocol(object):
    """What the agent asks of Azure for one extension."""

    def get_ext_handler_pkgs(self, _):
        packages = ExtHandlerPackageList()
        for path in sorted(glob.glob("/root/pool/*.zip")):
            package = ExtHandlerPackage(os.path.basename(path)[:-len(".zip")])
            package.uris = [path]
            packages.versions.append(package)
        return packages

    def download_ext_handler_pkg(self, uri, target):
        shutil.copyfile(uri, target)
        return True

    def get_endpoint(self):
        return "168.63.129.16"


class Goal(object):
    """One goal state: this version of the extension, with these settings."""

    def __init__(self, version, sequence, settings=None, state=ExtensionRequestedState.Enabled):
        self.handler = Extension(NAME)
        self.handler.version = version
        self.handler.state = state
        self.extension = ExtensionSettings(NAME, sequenceNumber=str(sequence), publicSettings=settings,
                                           state=ExtensionState.Enabled)
        self.handler.settings.append(self.extension)
        self.instance = ExtHandlerInstance(self.handler, Protocol(), extension=self.extension)

    def reach(self):
        self.ok = ExtHandlersHandler(Protocol()).handle_ext_handler(self.instance, self.extension, "1")
        return self

    def status(self):
        """As the agent's own parser has it."""
        return self.instance.collect_ext_status(self.extension)

    def substatus(self):
        return dict((s.name, s) for s in self.status().substatusList)

    def reason(self):
        return self.substatus()["reason"].message if "reason" in self.substatus() else None

    def ends(self, seconds=40):
        wait_for(lambda: self.status().status != "transitioning", seconds)
        return self.status()

    def told(self):
        """For a failure."""
        s = self.status()
        return "%s %s %s %s" % (s.status, s.code, s.message, [(n, x.status, x.message) for n, x in self.substatus().items()])


def base(version):
    return "%s/%s-%s" % (AGENT_FILES, NAME, version)


def processes(word):
    found = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as f:
                words = f.read().split(b"\0")
        except OSError:
            continue
        if word.encode() in words:
            found.append(int(path.split("/")[2]))
    return found


def handler(verb, program=None, cwd="/", env=None):
    """By hand, as the agent would.  (status, what it said, seconds)"""
    start = time.monotonic()
    p = subprocess.run([program or base("1.0.0") + "/ibbundle", "handler", verb], cwd=cwd,
                       env=dict({"PATH": "/usr/bin:/bin"}, **(env or {})), stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return p.returncode, p.stdout.decode(), time.monotonic() - start


def installed(name):
    with open("/var/lib/dpkg/status") as f:
        found = re.search(r"^Package: %s\n(?:.+\n)*?Version: (\S+)" % re.escape(name), f.read(), re.M)
    return found.group(1) if found else None


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, mode)


def read(path):
    with open(path, errors="replace") as f:
        return f.read()


def no_worker():
    return wait_for(lambda: not processes("worker"))


def plug_in():
    write(NIC + "/vendor", "0x15b3\n")
    write(NIC + "/device", "0x101c\n")
    write(NIC + "/class", "0x020700\n")
    os.makedirs("/sys/class/infiniband/mlx5_0", exist_ok=True)


# --- scenarios, one after the other on the same machine -----------------------------------------------


def refused():
    goal = Goal("1.0.0", 0, {}).reach()
    check("without a NIC, enable fails", not goal.ok)
    check("with the extension's code", goal.status().status == "error" and goal.status().code == 11, goal.told())
    check("and the reason", goal.reason() == "no-infiniband", goal.told())
    check("in the phase where it failed", goal.substatus()["plan"].status == "error", goal.told())
    handler_status = goal.instance.get_handler_status()
    check("the agent's own status says so, too", "InfiniBand" in handler_status.message, handler_status.message)


def install():
    plug_in()
    goal = Goal("1.0.0", 1, {}).reach()
    status = goal.ends()
    check("enable", goal.ok and status.status == "success" and status.code == 0, goal.told())
    check("says what is installed", "installed: mini 1.0-1" in status.message, goal.told())
    check("it is", installed("ibbtest-app") == "1.0-1")
    phases = [s.name for s in status.substatusList]
    check("phases in their order", phases == ["bundle", "plan", "prepare", "install", "check", "reason"], phases)
    check("each of them a success", all(s.status == "success" for s in status.substatusList), goal.told())
    check("the sequence number is kept", read(base("1.0.0") + "/mrseq").strip() == "1")
    check("logged where the agent wants it", "installed: mini 1.0-1" in read(LOG))
    check("without systemd it says what that means", "stays with the agent's own processes" in read(LOG))
    check("the agent is ready", goal.instance.get_handler_status().status == "Ready")
    check("no worker is left", no_worker())


def again():
    goal = Goal("1.0.0", 1, {}).reach()
    check("enable again", goal.ok and "already installed" in goal.ends().message, goal.told())
    status, said, seconds = handler("enable", env={"ConfigSequenceNumber": "1"})
    check("says so", status == 0 and "already installed" in said, said)
    for _ in range(2):  # a busy machine starts programs slowly
        seconds = min(seconds, handler("enable", env={"ConfigSequenceNumber": "1"})[2])
    check("is over in two seconds", seconds < 2, seconds)
    status, said, _ = handler("enable")
    check("without a number it is the highest", status == 0 and "configuration 1" in read(LOG).splitlines()[-1] + read(LOG), said)


def settings():
    goal = Goal("1.0.0", 2, {"bundel": "/x"}).reach()
    check("a setting that nobody knows", not goal.ok and goal.status().code == 1 and goal.reason() == "usage", goal.told())
    check("is named", "bundel" in goal.status().message, goal.told())
    goal = Goal("1.0.0", 3, {"bundle": "mini.run"}).reach()
    check("a relative path", not goal.ok and "absolute" in goal.status().message, goal.told())
    goal = Goal("1.0.0", 4, {"bundle": "/root/nothing.run"}).reach()
    check("a bundle that is not there", not goal.ok and goal.ends().code == 14, goal.told())
    goal = Goal("1.0.0", 5, {"requireTrust": True}).reach()
    check("an unknown signer", not goal.ok and goal.ends().code == 14 and goal.reason() == "not-pinned", goal.told())
    write("/etc/ibbundle/policy.json", '{"schema": 1, "require_trust": true}')
    goal = Goal("1.0.0", 6, {"requireTrust": False}).reach()
    check("settings can't take the policy away", not goal.ok and goal.reason() == "not-pinned", goal.told())
    write("/etc/ibbundle/trust.d/mini.pem", read("/root/cert.pem"))
    goal = Goal("1.0.0", 7, {"requireTrust": True, "bundle": "/root/mini-1.run"}).reach()
    check("a known one", goal.ok and goal.ends().status == "success", goal.told())
    os.remove("/etc/ibbundle/policy.json")
    shutil.rmtree("/etc/ibbundle/trust.d")


def reboot():
    goal = Goal("1.0.0", 8, {"package": "vendor"}).reach()
    check("one that needs a reboot", goal.ok and goal.ends().status == "success", goal.told())
    check("says so", goal.substatus()["reboot"].status == "warning" and goal.reason() == "reboot-required", goal.told())
    check("the package that was asked for", os.path.exists("/ibbtest-vendor"))
    check("nobody waits for it", no_worker())
    goal = Goal("1.0.0", 9, {"package": "vendor", "reboot": "wait"}).reach()
    check("waiting for it is not over", goal.ok and goal.status().status == "transitioning", goal.told())
    check("says why", goal.reason() == "reboot-required", goal.told())
    worker = processes("worker")
    check("a worker waits", len(worker) == 1, worker)
    goal = Goal("1.0.0", 10, {}).reach()
    check("until there is something else", goal.ok and goal.ends().status == "success", goal.told())
    check("then it goes", no_worker())


def slow(sequence, before=None):
    """A goal whose install takes longer than enable waits."""
    for name in ("/ibbtest-begun", "/ibbtest-ended"):
        if os.path.exists(name):
            os.remove(name)
    handler("uninstall")
    write(MODE, "slow\n")
    if before:
        before()
    return Goal("1.0.0", sequence, {})


def killed():
    goal = slow(11)
    goal.instance.update_settings(goal.extension)
    try:
        goal.instance.launch_command("ibbundle handler enable", cmd_name="enable", timeout=30, extension=goal.extension)
        check("the agent ends what takes too long", False)
    except ExtensionError as e:
        check("the agent ends what takes too long", e.code == 1011 or "Timeout" in str(e), e)
    check("and its whole group", wait_for(lambda: not processes("enable")))
    check("not the worker", len(processes("worker")) == 1)
    wait_for(lambda: "install" in goal.substatus())
    check("which tells what it does", goal.status().status == "transitioning"
          and goal.substatus()["install"].status == "transitioning", goal.told())
    status, said, _ = handler("enable", env={"ConfigSequenceNumber": "11"})
    check("enable meanwhile is satisfied at once", status == 0 and "is being applied" in said, said)
    check("it comes to its end", goal.ends().status == "success", goal.told())
    check("installed", installed("ibbtest-app") == "1.0-1" and os.path.exists("/ibbtest-ended"))


def fake_systemd(text):
    os.makedirs("/run/systemd/system", exist_ok=True)
    write("/usr/bin/systemd-run", "#!/bin/sh\n" + text, 0o755)


def scope():
    fake_systemd('echo "$@" > /root/scope\nwhile [ "$1" != -- ]; do shift; done\nshift\nexec "$@"\n')
    status, said, _ = handler("enable", env={"ConfigSequenceNumber": "11"})
    check("with systemd", status == 0 and "already installed" in said, said)
    check("the worker gets a scope", read("/root/scope").startswith("--scope --quiet"), read("/root/scope"))
    fake_systemd("echo no bus >&2\nexit 1\n")
    status, said, _ = handler("enable", env={"ConfigSequenceNumber": "11"})
    check("systemd that says no", status == 0 and "already installed" in said, said)
    check("is told of", "all of those are ended: the worker did not start: no bus" in read(LOG))
    os.remove("/usr/bin/systemd-run")
    shutil.rmtree("/run/systemd")


def stopped():
    goal = slow(12).reach()
    check("a long install goes on behind enable", goal.ok and goal.status().status == "transitioning", goal.told())
    status, said, _ = handler("disable")
    check("disable waits for it", status == 0 and "disabled" in said, said)
    check("it was let finish its step", os.path.exists("/ibbtest-ended"))
    check("the status says so", goal.status().status in ("error", "success"), goal.told())
    check("no worker is left", no_worker())
    os.remove(MODE)
    status, said, _ = handler("enable", env={"ConfigSequenceNumber": "12"})
    check("and the next enable finishes it", status == 0 and goal.ends().status == "success", goal.told())


def environment():
    shutil.copy(base("1.0.0") + "/ibbundle", "/root/elsewhere")
    status, said, _ = handler("enable", program="/root/elsewhere", cwd=base("1.0.0"))
    check("the current directory does not count", status == 1 and "HandlerEnvironment.json" in said, said)
    status, said, _ = handler("enable", program="/root/elsewhere",
                              env={"AZURE_GUEST_AGENT_EXTENSION_PATH": base("1.0.0"), "ConfigSequenceNumber": "12"})
    check("what the agent says does", status == 0 and "already installed" in said, said)
    path = base("1.0.0") + "/HandlerEnvironment.json"
    text = read(path)
    os.chmod(path, 0o666)
    status, said, _ = handler("enable", env={"ConfigSequenceNumber": "12"})
    check("one that anybody can write does not", status == 14 and "only root" in said, said)
    write(path, text[:40])
    status, said, seconds = handler("install", env={"ConfigSequenceNumber": "12"})
    check("half of it is waited for, and refused", status != 0 and 1.5 < seconds < 10, said)
    write(path, text)


def update():
    app = installed("ibbtest-app")
    goal = Goal("1.1.0", 13, {}).reach()
    check("update", goal.ok and goal.ends().status == "success", goal.told())
    check("was one", app == "1.0-1" and "this version goes, the driver stays" in read(LOG))
    check("the newer bundle's packages", installed("ibbtest-app") == "2.0-1", installed("ibbtest-app"))
    check("the old one is gone", not os.path.exists(base("1.0.0")))
    check("the sequence number", read(base("1.1.0") + "/mrseq").strip() == "13")


def heartbeat():
    goal = Goal("1.2.0", 14, {"bundle": "/root/mini-1.run"}).reach()
    check("an older bundle by its path", goal.ok or goal.ends().status == "error", goal.told())
    goal = Goal("1.2.0", 15, {"bundle": "/root/mini-2.run"}).reach()
    check("a bundle by its path", goal.ok and goal.ends().status == "success", goal.told())
    beat = goal.instance.collect_heartbeat()
    check("the heartbeat that is promised", beat and beat["status"].lower() == "ready", beat)
    check("a worker keeps it", len(processes("worker")) == 1)


def remove():
    goal = Goal("1.2.0", 15, {}, ExtensionRequestedState.Uninstall).reach()
    check("uninstall", goal.ok)
    check("the packages are gone", installed("ibbtest-app") is None and not os.path.exists("/ibbtest-vendor"))
    check("and the extension", not os.path.exists(base("1.2.0")))
    check("and the worker", no_worker())
    check("its log stays", os.path.exists(LOG))


def main():
    extensionprocessutil.time = exthandlers.time = Hurry()
    conf.load_conf_from_file("/etc/waagent.conf")
    logger.add_logger_appender(logger.AppenderType.FILE, logger.LogLevel.INFO, path="/root/agent.log")
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.makedirs(AGENT_FILES, mode=0o700, exist_ok=True)
    print("waagent %s, %s" % (AGENT_VERSION, sys.version.split()[0]))
    for scenario in (refused, install, again, settings, reboot, killed, scope, stopped, environment, update,
                     heartbeat, remove):
        start = time.monotonic()
        try:
            scenario()
        except Exception as e:  # the others may still tell something
            check(scenario.__name__, False, repr(e))
        print("-- %s: %.1f s" % (scenario.__name__, time.monotonic() - start))
    if counts[False]:
        print(subprocess.run("tail -n 60 %s; tail -n 40 /root/agent.log" % LOG, shell=True,
                             stdout=subprocess.PIPE).stdout.decode())
    print("%d passed, %d failed" % (counts[True], counts[False]))


main()
