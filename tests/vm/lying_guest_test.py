#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A verifier VM that lies: about the code, about the references, in frames.

One VM with the module and the agent of tests/lying-guest/ tells all lies, one
after the other, in a real verifier VM's place; a second one with the
product's own proves that nobody else is harmed. No lie may lead to a
signature, and each is refused by its own reason, but for those that are
listed as not caught (docs/threat-model.md, "What is not defended").
"""

import os
import re
import subprocess
import sys

sys.path[:0] = ["scripts", "tests/lib", "tests/lying-guest"]
import lab as lab_module  # noqa: E402  pylint: disable=wrong-import-position
import capture_layout as layouts  # noqa: E402  pylint: disable=wrong-import-position
import lies  # noqa: E402  pylint: disable=wrong-import-position
import planted  # noqa: E402  pylint: disable=wrong-import-position
import tap  # noqa: E402  pylint: disable=wrong-import-position
import wire  # noqa: E402  pylint: disable=wrong-import-position
from waiting import wait_for  # noqa: E402  pylint: disable=wrong-import-position

OBJECTS = os.path.join(lab_module.BUILD, "objects")
OBJECT = os.path.join(OBJECTS, "xdp_count.o")
OTHER = os.path.join(OBJECTS, "bounded_loop.o")
RETARGETED = os.path.join(OBJECTS, "refuse", "tp_btf.o")
VERIFY_S = 15  # of a verification, before the VM is given up
HONEST_S = 300  # the end of the honest VM, whatever happens


class LiarLab(lab_module.Lab):
    """vouchd, the liar, and room for an honest VM that the test starts."""

    def __init__(self):
        super().__init__("liar", variant="asan", start_target=False, record=True)
        self.honest = None

    def vms(self):
        liar, *targets = super().vms()
        liar["name"] = "liar"
        liar["launch"]["initrd"] = self.path("lying-guest", "verifier.cpio")
        honest = {"name": "honest", "role": "verifier", "cid": 5,
                  "symbols": liar["symbols"], "btf": liar["btf"],
                  "vsock": os.path.join(self.dir, "honest.sock")}
        lab = {"name": "lab", "role": "target", "slots": ["default"],
               "profile": self.path("target-lab/profile", "target.profile"),
               "agent_socket": os.path.join(self.dir, "lab.sock")}
        return [liar, honest, lab, *targets]

    def config(self):
        return dict(super().config(), timeouts={"verify_s": VERIFY_S})

    def awaited(self):
        return ["liar"]

    def start_honest(self):
        console = os.path.join(self.state, "honest.log")
        self.honest = subprocess.Popen(
            ["timeout", str(HONEST_S), "qemu-system-x86_64", "-nodefaults",
             "-display", "none", "-no-reboot",
             "-machine", "q35,accel=tcg,memory-backend=mem", "-cpu", "EPYC",
             "-m", "512M",
             "-object", "memory-backend-memfd,id=mem,size=512M,share=on",
             "-kernel", self.path("verifier", "vmlinux"),
             "-initrd", self.path("verifier.cpio"),
             "-append", "console=ttyS0 panic=-1 no_timer_check quiet",
             "-serial", "file:" + console, "-chardev",
             "socket,id=vsock0,path=" + os.path.join(self.dir, "honest.sock"),
             "-device", "vhost-user-vsock-pci,chardev=vsock0"],
            stdin=subprocess.DEVNULL)

    def down(self):
        if self.honest:
            self.honest.terminate()
            self.honest.wait()
        return super().down()

    def states(self):
        client = wire.Client(self.socket)
        status = client.call("status")[0]
        client.close()
        return {vm["name"]: vm["state"] for vm in status["verifiers"]}

    def wait_state(self, name, state):
        wait_for(lambda: self.states()[name] == state, 120)
        return self.states()[name]

    def signer(self):
        """What there is of signatures: the sequence, and the images."""
        with open(os.path.join(self.state, "sign", "sequence")) as f:
            sequence = f.read()
        return sequence, sorted(os.listdir(os.path.join(self.state,
                                                        "images")))

    def send(self, name, obj=OBJECT, target="demo", **options):
        """Submit, without waiting for the verdict."""
        client = wire.Client(self.socket, timeout=300)
        with open(obj, "rb") as f:
            client.send(wire.SUBMIT, {"name": name, "options": options,
                                      "target": target, "deliver": False},
                        f.read())
        return client

    def submit(self, name, obj=OBJECT, target="demo", **options):
        return verdict_of(self.send(name, obj, target, **options))

    def recorded(self, obj):
        digest = subprocess.run(["sha256sum", obj], check=True,
                                stdout=subprocess.PIPE).stdout.decode()[:64]
        with open(os.path.join(self.state, "captures", digest + ".capture"),
                  "rb") as f:
            return f.read()


def verdict_of(client):
    kind = wire.PROGRESS
    while kind == wire.PROGRESS:
        kind, _, body, _ = client.receive()
    client.close()
    return body


def short(verdict):
    return {k: verdict.get(k) for k in ("verdict", "exit", "reason")}


def refused(t, lab, lie, verdict="refused", code=6, **about):
    """Tell a lie and see it refused by its own reason, unsigned."""
    what, name, words = lie
    before = lab.signer()
    got = lab.submit(name, **about)
    reason = str(got.get("reason"))
    t.check(got["verdict"] == verdict and got["exit"] == code and
            got["image"] is None and re.search(words, reason) and
            lab.signer() == before,
            "a guest that %s is refused" % what,
            "%s, not %r" % (short(got), words))


def honest(t, lab, what):
    got = lab.submit("xdp_count.o")
    t.check(got["verdict"] == "accepted" and got["exit"] == 0 and
            got["image"], what, short(got))
    return got


def linked(lab):
    """Where the verifier kernel has its functions."""
    with open(lab.path("verifier", "symbols")) as f:
        return {name: int(address, 16) for address, name in
                (line.split() for line in f if line[0] != "b")}


# ---- what is said of the capture ------------------------------------------

def test_capture(t, lab, layout):
    for told in (lies.references, lies.instructions, lies.branches,
                 lies.shifts, lies.names, lies.counts, lies.facts,
                 lies.maps, lies.accesses):
        for lie in told(layout):
            refused(t, lab, lie)
    for lie in lies.other_helper(layout, linked(lab)):
        refused(t, lab, lie)
    for lie in lies.caught_inside(layout):
        refused(t, lab, lie, "error", 1)
    honest(t, lab, "the same VM is believed when it tells the truth")


def test_retargeted(t, lab, _):
    about = {"obj": RETARGETED, "target": "lab"}
    got = lab.submit("a load from a task", record=True, **about)
    t.check(got["exit"] == 0 and got["image"],
            "a program is retargeted with an honest guest", short(got))
    layout = layouts.Layout(lab.recorded(RETARGETED))
    for lie in lies.retargeted(layout) + lies.planted(layout, linked(lab)):
        refused(t, lab, lie, **about)


def test_not_caught(t, lab, layout):
    """As long as these are signed, the threat model must say so."""
    for what, name in lies.not_caught(layout):
        got = lab.submit(name)
        t.check(got["exit"] == 0 and got["image"],
                "not caught: a guest that %s" % what, short(got))


def test_replay(t, lab, _):
    got = lab.submit("another object", OTHER)
    t.equal(got["exit"], 0, "another object is accepted")
    refused(t, lab, ("answers with the capture of another object", "r:",
                     "it is of another object than the one submitted"))
    got = lab.submit("other options", set={"sample": "7"})
    t.equal(got["exit"], 0, "other options are accepted")
    refused(t, lab, ("answers with a capture of the same object under other "
                     "options", "r:", r"map \.rodata: it starts with another"))


# ---- frames ---------------------------------------------------------------

LOST = [
    ("answers a request that was not made", "wrong id",
     "a frame that answers nothing"),
    ("answers another submission's request", "other id",
     "a frame that answers nothing"),
    ("sends frames that nobody asked for", "unasked",
     "a frame that answers nothing"),
    ("floods with frames", "flood", "a frame that answers nothing"),
    ("floods with answers to old requests", "flood answered",
     "a frame that answers nothing"),
    ("announces 4 GiB of JSON", "long json", "JSON is too long"),
    ("announces 4 GiB of blob", "long blob", "blob is too long"),
    ("sends JSON of 3000 levels", "deep json", "not an object"),
    ("hangs up instead of answering", "hang up", "closed by the peer"),
]


def test_frames(t, lab, _):
    for what, name, words in LOST:
        refused(t, lab, (what, "f:" + name,
                         "two verifier VMs were lost.*" + words), "error", 4)
    refused(t, lab, ("answers with another frame", "f:other type",
                     "another frame than CAPTURE"), "error", 1)
    refused(t, lab, ("accepts without a capture", "f:empty",
                     "sent no capture"), "error", 1)
    refused(t, lab, ("sends 48 MiB of zeros", "f:zeros",
                     "malformed.*wrong magic"))
    got = lab.submit("f:many programs")
    t.check(got["verdict"] == "error" and len(got["programs"]) <= 64 and
            not got["image"] and
            all(c >= " " for c in str(got["reason"])),
            "a verdict of too much is cut down to what may be shown",
            (short(got), len(got["programs"])))
    got = lab.submit("f:twice")
    t.check(got["exit"] == 0, "who answers twice is heard once", short(got))
    honest(t, lab, "after all that the bridge is up, and the VM of use")


# ---- others ---------------------------------------------------------------

def test_others(t, lab, _):
    t.equal(lab.wait_state("honest", "ready"), "ready",
            "an honest VM comes up beside the liar")
    for name in ("wrong id", "flood"):
        lab.wait_state("liar", "ready")
        got = lab.submit("f:" + name)
        t.check(got["exit"] == 0, "what the liar spoils with '%s' is tried "
                "once more on another VM" % name, short(got))
    lab.wait_state("liar", "ready")
    before = lab.signer()
    stalled = lab.send("f:stall")
    client = wire.Client(lab.socket)
    wait_for(lambda: client.call("status")[0]["under_way"], 60)
    client.close()
    got = honest(t, lab, "while the liar stalls another VM serves others")
    t.check(lab.signer() != before, "and its image is signed", got["image"])
    before = lab.signer()
    got = verdict_of(stalled)
    t.check(got["exit"] == 7 and "did not answer in time" in got["reason"] and
            lab.signer() == before, "the time of who stalls is up", short(got))
    t.equal(lab.wait_state("liar", "ready"), "ready",
            "and its VM is started again")
    honest(t, lab, "which is of use")


def test_planted(t, lab):
    """In what was signed; a lie that is not caught plants no address."""
    of = planted.check(t, lab)
    t.check(of["fields"] and of["loads that may fault"] and of["in maps"],
            "among them retargeted fields, loads that may fault, variables",
            of)


def test_product(t):
    with open(os.path.join(lab_module.BUILD, "verifier.cpio"), "rb") as f:
        t.check(b"lying" not in f.read(), "the product's archive has no part "
                "of the liar")
    with open(os.path.join(lab_module.BUILD, "lying-guest",
                           "verifier.cpio"), "rb") as f:
        t.check(b"lying" in f.read(), "which the liar's own has")


def main():
    t = tap.Tap()
    lab = LiarLab()
    t.run(test_product)
    try:
        lab.up()
        first = lab.submit("xdp_count.o", record=True)
        t.check(first["exit"] == 0, "an honest capture is recorded",
                short(first))
        layout = layouts.Layout(lab.recorded(OBJECT))
        t.run(test_frames, lab, layout)
        lab.start_honest()
        for test in (test_capture, test_retargeted, test_replay, test_not_caught,
                     test_others):
            t.run(test, lab, layout)
        t.run(test_planted, lab)
        t.check(lab.vouchd.poll() is None, "the bridge never fell")
    except lab_module.LabError as e:
        t.check(False, "the lab", e)
    finally:
        lab.down()
    t.end()


if __name__ == "__main__":
    main()
