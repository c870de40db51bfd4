#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The lab: vouchd, a verifier VM and a target VM.

usage: scripts/lab.py up [demo | lab] | down

VOUCH_ARCH in the environment, x86_64 or arm64, is the VMs' architecture.

`up` starts them, waits until both VMs have said HELLO, and prints the
endpoints; the target is of the kind that is named, or "demo". `down` stops
them. Tests and the demo import this file and use the class Lab, with a lab of
their own each.
"""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "profile"))
import container  # pylint: disable=wrong-import-position
import machine  # pylint: disable=wrong-import-position

BUILD = os.environ.get("VOUCH_BUILD", "build")
CPUS = 2  # of each VM


def runtime_dir(name):
    """A short path: a Unix socket's may have 107 bytes."""
    tag = hashlib.sha256(os.getcwd().encode()).hexdigest()[:8]
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    return os.path.join(base, "vouch-%s-%s" % (name, tag))


def built(*parts):
    """The path of what is built for the VMs' architecture."""
    return os.path.join(BUILD, machine.chosen().folder, *parts)


class LabError(Exception):
    """What was tried, why it failed, and where to look."""


# Kinds of targets by architecture: kernel, initramfs, and where their profile
# is.
TARGETS = {
    "x86_64": {
        "demo": ("keys/vmlinux", "target.cpio", "profile"),
        "lab": ("target-lab/vmlinux", "target-lab.cpio",
                "target-lab/profile"),
        "lean": ("target-lean/vmlinux", "target-lean.cpio",
                 "target-lean/profile"),
    },
    "arm64": {
        "demo": ("arm64/vmlinuz", "arm64/target.cpio", "arm64/profile"),
        "lab": ("arm64/target-lab/vmlinuz", "arm64/target-lab/target.cpio",
                "arm64/target-lab/profile"),
    },
}


class Lab:
    """vouchd and its VMs, in folders of the lab's own name."""

    def __init__(self, name="lab", kernel="vmlinux", variant="", append="",
                 target="demo", start_target=True, record=False, developer=None,
                 maps_mib=64, memory_mib=None, target_append="", arch=None):
        """@kernel, @append: of the verifier VM. @target, "demo" or "lab", is
        the kind of the target VM, and its name; without @start_target it is
        not started; its profile is known all the same. @record has the check
        see what the agent would refuse before. @developer is the initramfs of
        a developer's VM; without one there is no such VM. @maps_mib: what all
        maps of the target may occupy; @memory_mib: what it has;
        @target_append: more of its kernel's parameters. @arch: of all VMs, or
        else as VOUCH_ARCH says."""
        self.machine = machine.chosen(arch)
        self.arch = self.machine.name
        if self.arch != "x86_64":
            name += "-" + self.arch
        self.dir = runtime_dir(name)
        self.state = os.path.join(BUILD, name)
        self.socket = os.path.join(self.dir, "vouchd.sock")
        self.frames = os.path.join(self.dir, "frames.sock")
        self.nic = os.path.join(self.dir, "nic.sock")
        self.programs = os.path.join(BUILD, variant) if variant else BUILD
        self.verifier_kernel = kernel
        self.append = append
        self.target = target
        self.start_target = start_target
        self.record = record
        self.developer = developer
        self.maps_mib = maps_mib
        self.target_append = target_append
        self.memory_mib = memory_mib or 192 + maps_mib
        self.vouchd = None
        self.wire = None

    # -- configuration ---------------------------------------------------

    def path(self, *parts):
        return os.path.abspath(os.path.join(BUILD, *parts))

    def launch(self, kernel, initrd, console, append, memory, **more):
        return dict({
            "kernel": self.path(*kernel), "initrd": self.path(initrd),
            "append": self.machine.parameters + append,
            "memory_mb": memory, "cpus": CPUS, "cpu": self.machine.cpu,
            "arch": self.arch,
            "console": os.path.abspath(os.path.join(self.state, console)),
        }, **more)

    def profile(self):
        return self.path(self.kind()[2], "target.profile")

    def kind(self):
        return TARGETS[self.arch][self.target]

    def profile_key(self):
        """The key, and its certificate."""
        return self.path("keys", "profile.key"), \
            self.path("keys", "profile.der")

    def vms(self):
        verifier = {
            "name": "verifier", "role": "verifier", "cid": 3,
            "symbols": self.path(self.machine.folder, "verifier", "symbols"),
            "btf": self.path(self.machine.folder, "verifier", "btf"),
            "vsock": os.path.join(self.dir, "verifier.sock"),
            "launch": self.launch(
                (self.machine.folder, "verifier", self.verifier_kernel),
                os.path.join(self.machine.folder, "verifier.cpio"),
                "verifier.log", "quiet " + self.append, 1024)}
        target = {
            "name": self.target, "role": "target",
            "profile": self.profile(),
            "slots": ["default", "one", "two"]}
        if self.start_target:
            kernel, initrd, _ = self.kind()
            target["cid"] = 4
            target["vsock"] = os.path.join(self.dir, "target.sock")
            target["launch"] = self.launch(
                (kernel,), initrd, "target.log",
                "vouch_maps_mib=%d %s" % (self.maps_mib, self.target_append),
                self.memory_mib,
                net={"type": "dgram", "local": self.nic,
                     "remote": self.frames})
        else:
            target["agent_socket"] = os.path.join(self.dir, "target.sock")
        # A device of another make, which is not there.
        other = {
            "name": "other", "role": "target",
            "profile": self.other_profile(), "slots": ["default"],
            "agent_socket": os.path.join(self.dir, "other.sock")}
        return [verifier, target, other] + self.developers()

    def developers(self):
        if not self.developer:
            return []
        return [{
            "name": "developer", "role": "developer", "cid": 5,
            "vsock": os.path.join(self.dir, "developer.sock"),
            "launch": self.launch((self.machine.folder, "verifier", "vmlinux"),
                                  os.path.abspath(self.developer),
                                  "developer.log", "quiet", 256)}]

    def other_profile(self):
        """The profile of a kernel that differs in its configuration only."""
        with open(self.profile(), "rb") as f:
            parts, _ = container.unpack(f.read())
        profile = json.loads(parts["json"])
        release = profile["release"]
        for key in ("release", "vermagic"):
            profile[key] = profile[key].replace(release, release + "-other")
        parts["json"] = json.dumps(profile).encode()
        data = container.pack(parts)
        path = os.path.abspath(os.path.join(self.state, "other.profile"))
        with open(path, "wb") as f:
            f.write(data + container.sign(data, *self.profile_key()))
        return path

    def config(self):
        path = self.path
        return {
            "state_dir": os.path.abspath(self.state),
            "socket": self.socket,
            "key": path("keys", "image.key"),
            "cert": path("keys", "image.der"),
            "profile_certs": [self.profile_key()[1]],
            "policy": {"allow_perfmon": True, "record": self.record},
            "vms": self.vms(),
        }

    # -- up and down -----------------------------------------------------

    def up(self, timeout=300):
        os.makedirs(self.dir, mode=0o700, exist_ok=True)
        os.makedirs(self.state, exist_ok=True)
        config = os.path.join(self.dir, "config.json")
        with open(config, "w") as f:
            json.dump(self.config(), f, indent=1)
        log = os.path.join(self.state, "vouchd.log")
        with open(log, "ab") as f:
            self.vouchd = subprocess.Popen(
                [os.path.join(self.programs, "vouchd"), "--config", config],
                stdin=subprocess.DEVNULL, stdout=f, stderr=f,
                start_new_session=True)
        with open(os.path.join(self.dir, "pid"), "w") as f:
            f.write(str(self.vouchd.pid))
        self.wait_ready(timeout, log)

    def awaited(self):
        return ["verifier"] + ([self.target] if self.start_target else [])

    def wait_ready(self, timeout, log):
        deadline = time.monotonic() + timeout
        missing = None
        while time.monotonic() < deadline:
            if self.vouchd.poll() is not None:
                raise LabError("starting vouchd: it ended with %d; its log is "
                               "%s" % (self.vouchd.returncode, log))
            rc, status = self.vouch("status")
            if rc == 0:
                missing = [vm["name"] for vm in
                           status["verifiers"] + status["targets"]
                           if vm["name"] in self.awaited() and
                           vm["state"] != "ready"]
                if not missing:
                    return
            time.sleep(0.2)
        raise LabError("starting the lab: no HELLO from %s within %d s; the "
                       "logs are in %s" % (missing or "vouchd", timeout,
                                           self.state))

    def down(self):
        try:
            with open(os.path.join(self.dir, "pid")) as f:
                pid = int(f.read())
        except FileNotFoundError:
            return False
        try:
            os.kill(pid, signal.SIGTERM)
            for _ in range(300):
                if self.vouchd and self.vouchd.poll() is not None:
                    break
                os.kill(pid, 0)
                time.sleep(0.1)
            else:
                os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        if self.vouchd:
            self.vouchd.wait()
        os.unlink(os.path.join(self.dir, "pid"))
        if self.wire:
            self.wire.close()
            os.unlink(self.frames)
            self.wire = None
        return True

    # -- what a user does ------------------------------------------------

    def log(self):
        """What vouchd has logged."""
        with open(os.path.join(self.state, "vouchd.log"), encoding="utf-8",
                  errors="replace") as f:
            return f.read()

    def command(self, *args):
        return [os.path.join(self.programs, "vouch"),
                "--endpoint", "unix:" + self.socket, *args]

    def vouch(self, *args, timeout=600):
        """Run `vouch ... --json`; returns the exit code and the object."""
        p = subprocess.run(self.command(*args, "--json"), timeout=timeout,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           stdin=subprocess.DEVNULL, check=False)
        self.stderr = p.stderr.decode()
        try:
            return p.returncode, json.loads(p.stdout)
        except ValueError:
            return p.returncode, {"stderr": self.stderr}

    def send(self, frame):
        """Send an Ethernet frame to the target's interface, from outside."""
        if not self.wire:
            if os.path.exists(self.frames):
                os.unlink(self.frames)
            self.wire = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self.wire.bind(self.frames)
        self.wire.sendto(frame, self.nic)


def main():
    args = sys.argv[1:]
    kind = args[1] if len(args) == 2 else "demo"
    kinds = TARGETS[machine.chosen().name]
    lab = Lab(target=kind if kind in kinds else "demo")
    if args in (["up"], ["up", kind]) and kind in kinds:
        try:
            lab.up()
        except LabError as e:
            lab.down()
            sys.exit("lab: %s" % e)
        print("endpoint  unix:%s" % lab.socket)
        print("verifier  VM 'verifier', vsock CID 3")
        print("target    VM '%s', vsock CID 4, profile %s"
              % (lab.target, lab.profile()))
        print("logs      %s" % lab.state)
        print("try       %s" % " ".join(lab.command("status")))
    elif args == ["down"]:
        print("stopped" if lab.down() else "no lab is up")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
