#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Same input, same bytes: three boots of the verifier kernel with KASLR.

The compressed kernel is booted, since a PVH boot has no KASLR at all, and the
addresses of _text must differ, or the test has shown nothing. Each boot gets
the objects in another order; content hashes, and the reasons of what is
refused, are the same. The second lab also records what the agent would refuse,
and the bridge's check must refuse it from the capture alone.

VOUCH_OBJECTS=all takes all of Debian's objects and of tests/corpus; VOUCH_SEED
(1) gives the order of the third boot.
"""

import glob
import os
import random
import re
import sys

sys.path[:0] = ["scripts/corpus", "scripts", "tests/lib"]
import bpf_object  # noqa: E402  pylint: disable=wrong-import-position
import lab as lab_module  # noqa: E402  pylint: disable=wrong-import-position
import run  # noqa: E402  pylint: disable=wrong-import-position
import tap  # noqa: E402  pylint: disable=wrong-import-position
import wire  # noqa: E402  pylint: disable=wrong-import-position

OBJECTS = lab_module.built("objects")
DEBIAN = lab_module.built("debian-objects")
SEED = int(os.environ.get("VOUCH_SEED", "1"))
# Of each type of program one or more, and what refers to most kinds of things.
OURS = ("xdp_count.o", "xdpfilt_dny_all.o", "tail_calls.o", "skb_helpers.o",
        "relocate.o", "outputs.o")
THEIRS = ("opensnoop.o", "softirqs.o", "tcprtt.o", "execsnoop.o",
          "cpudist.o", "xdpdump_xdp.o", "biostacks.o")

# What the check says of each when the agent has let it pass.
RECORDED = {
    "helper_cookie.o": "socket_cookie",
    "ksym_percpu.o": "bpf_prog_active",
    "ksym_typed.o": "runqueues",
    "ksym_typeless.o": "init_task",
    "skb.o": "sched_cls",
    "timer.o": "timer",
    "tp_btf.o": "tracing|CO-RE",
}


def text_address(lab):
    with open(os.path.join(lab.state, "verifier.log"), errors="replace") as f:
        found = re.findall(r"VOUCH-TEXT ([0-9a-f]{16}) T _text", f.read())
    return found[-1] if found else None


def objects():
    if os.environ.get("VOUCH_OBJECTS") == "all":
        return sorted(glob.glob(os.path.join(OBJECTS, "*.o")) +
                      glob.glob(os.path.join(DEBIAN, "*.o")))
    return [os.path.join(OBJECTS, name) for name in OURS] + \
        [os.path.join(DEBIAN, name) for name in THEIRS]


def outcome(lab, path, *args):
    """The content hash, or why there is none."""
    _, result = lab.vouch("submit", path, "--target", "lab", "--no-deliver",
                          *args)
    image = result.get("image")
    return image["content"] if image else "%s: %s" % (
        result.get("verdict"), run.reason_of(result) or lab.stderr)


def outcomes(lab, paths):
    """By object, and by program of those that have no image whole."""
    said = {}
    for path in paths:
        name, obj = os.path.basename(path), bpf_object.Object(path)
        sizes = run.options(obj)
        said[name] = outcome(lab, path, *sizes)
        if ":" in said[name]:
            for p in obj.programs:
                said[name, p.name] = outcome(lab, path, *sizes, "--program",
                                             p.name)
    return said


def recorded(t, lab):
    client = wire.Client(lab.socket)
    for name, words in sorted(RECORDED.items()):
        with open(os.path.join(OBJECTS, "refuse", name), "rb") as f:
            kind, _, result, _ = client.request(
                wire.SUBMIT, {"name": name, "options": {"record": True},
                              "target": "demo", "deliver": False}, f.read())
        reason = str(result.get("reason"))
        t.check(kind == wire.VERDICT and result["verdict"] == "refused" and
                result["exit"] == 6 and result["image"] is None and
                re.search(words, reason),
                "the check refuses %s from its capture" % name, result)
        t.note("%s: %s" % (name, reason))
    client.close()


class Lab(lab_module.Lab):
    """One that knows a target of the kind "demo" as well."""

    def vms(self):
        return super().vms() + [{
            "name": "demo", "role": "target",
            "profile": self.path(
                lab_module.TARGETS[self.arch]["demo"][2], "target.profile"),
            "slots": ["default"],
            "agent_socket": os.path.join(self.dir, "demo.sock")}]


def boot(t, number, paths):
    """Where the kernel was, and what became of each object."""
    record = number == 2
    lab = Lab("kaslr%d" % number, kernel="vmlinuz", append="vouch.show_text",
              target="lab", start_target=False, record=record, variant="asan")
    try:
        lab.up()
        text = text_address(lab)
        t.check(text and int(text, 16), "boot %d shows _text" % number, text)
        said = outcomes(lab, paths)
        if record:
            t.run(recorded, lab)
        return text, said
    except lab_module.LabError as e:
        t.check(False, "boot %d" % number, e)
        return None, {}
    finally:
        lab.down()


def main():
    t = tap.Tap()
    paths = objects()
    shuffled = random.Random(SEED).sample(paths, len(paths))
    boots = [boot(t, i + 1, order)
             for i, order in enumerate((paths, paths[::-1], shuffled))]
    texts = [text for text, _ in boots]
    t.note("_text at %s" % ", ".join(map(str, texts)))
    t.check(len(set(texts)) == len(boots), "the boots put the kernel elsewhere")
    for name in sorted(boots[0][1], key=str):
        said = [s.get(name) for _, s in boots]
        t.check(len(set(said)) == 1, "%s: three boots give %s" % (
            name, "the same content hash" if ":" not in str(said[0]) else
            "the same reason"), said)
    images = sum(":" not in s for s in boots[0][1].values())
    t.check(images >= len(OURS + THEIRS), "%d images are compared" % images)
    t.end()


if __name__ == "__main__":
    main()
