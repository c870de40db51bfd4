#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Fields that the target has not, or reaches by other instructions.

The target "lean" has neither IPv6 nor the sizes of the verifier kernel's
locks. A program that reads the socket of each packet that is sent, also its
addresses of IPv6, is verified on the stock kernel and runs there. Lock
debugging, which the target has, is still on when all is done.
"""

import os
import re
import struct
import subprocess
import sys
import time

sys.path[:0] = ["scripts", "tests/lib"]
import lab as lab_module  # noqa: E402  pylint: disable=wrong-import-position
import lab_suite  # noqa: E402  pylint: disable=wrong-import-position
import wire  # noqa: E402  pylint: disable=wrong-import-position
import wirenet  # noqa: E402  pylint: disable=wrong-import-position

OBJECTS = os.path.join(lab_module.BUILD, "objects")
OBJECT = os.path.join(OBJECTS, "sock_fields.o")
REFUSED = os.path.join(OBJECTS, "refuse", "src_ip6.o")
FIELDS = ("protocol", "dst_ip6", "dst_ip6_low", "state", "queue",
          "napi_id", "tc_index", "len")
NO_QUEUE = 0xffffffff
LOCKS_S = 60  # init tells every other second
CLOSED = 7  # TCP_CLOSE, of a socket without connections
# Each address of IPv6 has 1 added, so that the program was there.
WANTED = {"protocol": 0x0008, "dst_ip6": 1, "dst_ip6_low": 1,
          "state": CLOSED, "queue": NO_QUEUE, "napi_id": 0, "tc_index": 0}
ABSENT = "bpf_sock.dst_ip6"


def absent(t, image):
    text = subprocess.run([os.path.join(lab_module.BUILD, "vouch"), "inspect",
                           "--json", image["path"]], check=True,
                          stdout=subprocess.PIPE).stdout
    sizes = {}
    for field in lab_module.json.loads(text)["fields"]:
        sizes.setdefault(field["name"], set()).add(field["size"])
    found = [s for n, s in sizes.items() if n.startswith(ABSENT)]
    t.check(found and all(s == {0} for s in found),
            "the image says that the target has no " + ABSENT, sizes)


def refused(t, lab):
    """A kernel without IPv6 gives that field no size, and so refuses it."""
    rc, result = lab.vouch("submit", REFUSED, "--target", "lean")
    reason = result["programs"][0]["reason"] if result["programs"] else ""
    t.check(rc == 6 and not result["image"] and
            "field bpf_sock.src_ip6: not a field in target" in reason,
            "what the target's kernel would refuse is refused by its name",
            result)


def fields(t, lab):
    rc, result = lab.vouch("submit", OBJECT, "--target", "lean", "--attach",
                           "tc:eth0:egress")
    t.check(rc == 0 and result["deliveries"][0]["status"] == "attached",
            "a program that reads fields of IPv6 is attached where there is "
            "no IPv6", result)
    absent(t, result["image"])
    answered = wirenet.echo_replies(lab, [(wirenet.HOST_IP, 7)], 7)
    t.equal(answered, {7}, "a frame is answered")
    client = wire.Client(lab.socket)
    got, _ = client.call("target.map.dump", target="lean",
                         image=result["image"]["name"], map="seen")
    value = bytes.fromhex(got["entries"][0]["value"])
    seen = dict(zip(FIELDS, struct.unpack("<%dI" % len(FIELDS), value)))
    for name, value in WANTED.items():
        t.equal(seen[name], value, "the target's " + name)
    t.check(seen["len"], "of a packet", seen)


def locks(t, lab):
    """What init tells of the kernel's locks, behind all of the above."""
    with open(os.path.join(lab.state, "target.log"), "rb") as console:
        console.seek(0, os.SEEK_END)
        text = b""
        told = None
        deadline = time.monotonic() + LOCKS_S
        while not told and time.monotonic() < deadline:
            time.sleep(0.5)
            text += console.read()
            told = re.search(rb"debug_locks: *(\d)\r?\n", text)
    t.check(told and told.group(1) == b"1",
            "lock debugging was on to the end", text[-200:])


if __name__ == "__main__":
    lab_suite.run("lean-test", "lean", refused, fields, locks)
