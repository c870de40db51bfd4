# SPDX-License-Identifier: BSD-2-Clause
"""A VM whose guest tests itself: started, listened to, judged.

On its console such a guest says "ok NAME", "not ok NAME" and "# REMARK", then
its kernel's log between VOUCH-KMSG-BEGIN and VOUCH-KMSG-END, as dmesg -r
prints it, and "VOUCH-TEST-END N passed, N failed". VOUCH-VM-DONE says that
nothing follows, VOUCH-VM-FAIL that its test could not begin.
"""

import collections
import re
import select
import signal
import subprocess
import time

import kmsg

END = re.compile(r"VOUCH-TEST-END (\d+) passed, (\d+) failed")
SAID = ("ok ", "not ok ", "# ")
# How often a VM is started whose QEMU crashes, and what a crash is.
STARTS = 3
CRASHES = (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT)

# machine: of scripts/machine.py
# cpu:     a model, or None for the machine's
# memory:  in MiB
# append:  what the kernel's command line ends with
# hubs:    of each interface, the number of the hub that it is on
Options = collections.namedtuple(
    "Options", "machine kernel initrd cpu memory cpus append hubs")


def command(options):
    """QEMU, whose output is the guest's console."""
    host = options.machine
    cmd = [*host.qemu, "-cpu", options.cpu or host.cpu,
           "-m", options.memory, "-smp", options.cpus, "-nodefaults",
           "-display", "none", "-serial", "stdio", "-no-reboot",
           "-kernel", options.kernel, "-initrd", options.initrd,
           "-append", host.parameters + options.append]
    for i, hub in enumerate(options.hubs):
        cmd += ["-netdev", "hubport,id=n%d,hubid=%d" % (i, hub),
                "-device", "virtio-net-pci,netdev=n%d" % i + host.device]
    return cmd


class Console:
    """A started VM, and what its guest writes."""

    def __init__(self, cmd, log, timeout):
        """@log: an open file that all of it goes to; @timeout: in seconds."""
        self.log = log
        self.timeout = timeout
        self.vm = subprocess.Popen(cmd, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, bufsize=0)

    def lines(self):
        """Yield its lines until the VM ends or time is up."""
        deadline = time.monotonic() + self.timeout
        rest = b""
        while True:
            left = max(deadline - time.monotonic(), 0)
            if not select.select([self.vm.stdout], [], [], left)[0]:
                yield "VOUCH-VM-FAIL no end within %d s" % self.timeout
                return
            data = self.vm.stdout.read(65536)
            if not data:
                self.vm.wait()
                return
            self.log.write(data)
            self.log.flush()
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                yield line.decode("ascii", "replace").replace("\r", "")

    def end(self):
        """How QEMU ended, or how it is ended now."""
        if self.vm.poll() is None:
            self.vm.kill()
        self.vm.stdout.close()
        return self.vm.wait()


class Verdict:
    """What a guest's lines amount to."""

    def __init__(self, allow):
        """@allow: the paths of lists of what its kernel may log."""
        self.allow = allow
        self.counts = None
        self.said = False
        self.problems = []
        self.log = None  # the kernel's, while it is being printed
        self.log_seen = False

    def hear(self, line):
        if line == "VOUCH-KMSG-BEGIN":
            self.log = []
        elif line == "VOUCH-KMSG-END":
            self.problems += kmsg.problems(self.log or [], self.allow)
            self.log = None
            self.log_seen = True
        elif self.log is not None:
            self.log.append(line)
        elif line.startswith(SAID):
            self.said = True
            print(line, flush=True)
        elif "VOUCH-VM-FAIL" in line or "Kernel panic" in line:
            self.problems.append(line)
        m = END.search(line)
        if m:
            self.counts = int(m.group(1)), int(m.group(2))

    def result(self):
        """(passed, failed), of which problems are; prints them."""
        problems = list(self.problems)
        if not self.counts:
            problems.append("the guest's test did not come to its end")
        if not self.log_seen:
            problems.append("the guest did not show its kernel log")
        for p in problems:
            print("not ok " + p)
        passed, failed = self.counts or (0, 0)
        return passed, failed + len(problems)


def start(cmd, path, timeout, allow, until=None):
    """Returns (the verdict, how QEMU ended)."""
    stop = re.compile("not ok .*(%s)" % until) if until else None
    verdict = Verdict(allow)
    with open(path, "wb") as log:
        console = Console(cmd, log, timeout)
        try:
            for line in console.lines():
                verdict.hear(line)
                if line == "VOUCH-VM-DONE" or stop and stop.match(line):
                    break
        finally:
            status = console.end()
    return verdict, status


def run(cmd, path, timeout, allow, until=None):
    """Start a guest and judge it: (passed, failed).

    @path: the file that its console goes to; @timeout: in seconds; @until: it
    is ended where a test fails whose name that regular expression matches.

    Emulated, QEMU itself may crash while the kernel looks for its devices:
    then nothing was tested yet, and it is started again.
    """
    for _ in range(STARTS):
        verdict, status = start(cmd, path, timeout, allow, until)
        if -status not in CRASHES or verdict.said:
            break
        print("# QEMU died of %s before the guest's test began" %
              signal.Signals(-status).name, flush=True)
    passed, failed = verdict.result()
    if failed:
        print("# the console's log is %s" % path)
    return passed, failed
