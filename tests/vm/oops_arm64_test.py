#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A program that the verifier accepts and that oopses its kernel: the VM ends,
and another one takes its place; on a target, whose tries have their values at
multiples of 8, it runs.
"""

import os
import subprocess
import sys

sys.path[:0] = ["scripts", "tests/lib"]
import lab as lab_module  # noqa: E402  pylint: disable=wrong-import-position
import lab_suite  # noqa: E402  pylint: disable=wrong-import-position
import wire  # noqa: E402  pylint: disable=wrong-import-position
from waiting import wait_for  # noqa: E402  pylint: disable=wrong-import-position

SOURCE = "tests/vm/objects/trie_atomic.bpf.c"
OBJECT = os.path.join(lab_module.BUILD, "vm", "trie_atomic.o")
PACKET = bytes(64)
TIMEOUT = 300


def submit(lab):
    rc, result = lab.vouch("submit", OBJECT, "--target", "demo")
    return rc == 0 and result["deliveries"][0]["status"] == "loaded", result


def on_verifier(lab):
    """What the run on the verifier fails with; None if it does not."""
    with open(OBJECT, "rb") as f:
        data = f.read()
    client = wire.Client(lab.socket)
    try:
        client.call("test-run", data + PACKET, on="verifier", options={},
                    name="trie_atomic.o", program="count",
                    packets=[len(PACKET)], object_len=len(data), repeat=1)
    except (wire.WireError, OSError) as e:
        return str(e)
    finally:
        client.close()
    return None


def state(lab):
    return lab.vouch("status")[1]["verifiers"][0]["state"]


def oops(t, lab):
    good, result = submit(lab)
    t.check(good, "the program is accepted, and loaded on the target", result)
    before = lab.log().count("VM 'verifier': ready")
    error = on_verifier(lab)
    t.check(error, "its run on the verifier fails", error)
    t.note(error)
    t.check(wait_for(lambda: "VM 'verifier': ended" in lab.log(), TIMEOUT),
            "the VM whose kernel has oopsed ends")
    t.check(wait_for(lambda: state(lab) == "ready" and
                     lab.log().count("VM 'verifier': ready") > before,
                     TIMEOUT), "another one takes its place")
    good, again = submit(lab)
    t.check(good and again["image"]["content"] == result["image"]["content"],
            "which accepts the program, and the image is the same", again)
    client = wire.Client(lab.socket)
    got, _ = client.call("target.test-run", PACKET, target="demo",
                         image=again["image"]["name"], program="count",
                         packets=[len(PACKET)], repeat=3,
                         dump=["prefixes"])
    t.equal([r["retval"] for r in got["runs"]], [2],
            "on the target it runs")
    t.equal([e["value"] for e in got["maps"]["prefixes"]],
            [(3).to_bytes(8, "little").hex()], "and counts")


if __name__ == "__main__":
    os.environ["VOUCH_ARCH"] = "arm64"
    subprocess.run(["clang", "-O2", "-g", "-target", "bpf",
                    "-I/usr/include/aarch64-linux-gnu", "-c", "-o", OBJECT,
                    SOURCE], check=True)
    lab_suite.run("oops", "demo", oops)
