#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A program that reads struct __sk_buff, from the submission to the wire.

Verified on the stock kernel, whose sk_buff lies otherwise than the target's;
run at tc ingress of a kernel without BPF.
"""

import os
import struct
import subprocess
import sys

sys.path[:0] = ["scripts", "tests/lib"]
import lab as lab_module  # noqa: E402  pylint: disable=wrong-import-position
import lab_suite  # noqa: E402  pylint: disable=wrong-import-position
import wire  # noqa: E402  pylint: disable=wrong-import-position
import wirenet  # noqa: E402  pylint: disable=wrong-import-position

OBJECT = lab_module.built("objects", "skb_fields.o")
CALLBACK = lab_module.built("objects", "callback_fields.o")
TRAPS = lab_module.built("objects", "traps.o")
# In the order of struct fields; what the device decides is not looked at.
FIELDS = ("len", "pkt_type", "mark", "mark_low", "queue_mapping", "protocol",
          "vlan_present", "priority", "ingress_ifindex", "ifindex",
          "tc_index", "hash", "cb", "tc_classid", "direct", "dest",
          "gso_segs", "gso_size", "napi_id")
BROADCAST = 1
WANTED = {"len": 60, "pkt_type": BROADCAST, "mark": 0x12345678,
          "mark_low": 0x78, "protocol": 0x0008, "vlan_present": 0,
          "priority": 77, "tc_index": 0, "cb": 99, "tc_classid": 0,
          "direct": 60, "dest": 0xff, "gso_segs": 0, "gso_size": 0}


def moved(t, image):
    """What the image says of its fields, by the command line."""
    text = subprocess.run([os.path.join(lab_module.BUILD, "vouch"), "inspect",
                           "--json", image["path"]], check=True,
                          stdout=subprocess.PIPE).stdout
    fields = {f["name"]: f for f in lab_module.json.loads(text)["fields"]}
    t.check({"__sk_buff." + name for name in
             ("len", "mark", "priority", "protocol", "pkt_type")} <=
            set(fields), "the image lists what was moved", fields)
    t.check(any(f["offset"] != f["target_offset"] for f in fields.values()),
            "which lies elsewhere on the target", fields)
    return fields["__sk_buff.mark"]["target_offset"]


def seen(client, image):
    got, _ = client.call("target.map.dump", target="lab", image=image,
                         map="seen")
    value = bytes.fromhex(got["entries"][0]["value"])
    return dict(zip(FIELDS, struct.unpack("<%dI" % len(FIELDS), value)))


def fields(t, lab):
    rc, result = lab.vouch("submit", OBJECT, "--target", "lab", "--attach",
                           "tc:eth0:ingress")
    t.check(rc == 0 and result["deliveries"][0]["status"] == "attached",
            "a program that reads __sk_buff is attached", result)
    mark = moved(t, result["image"])
    answered = wirenet.echo_replies(lab, [(wirenet.HOST_IP, 7)], 7)
    t.equal(answered, {7}, "a frame comes through")
    got = seen(wire.Client(lab.socket), result["image"]["name"])
    for name, value in WANTED.items():
        t.equal(got[name], value, "the target's " + name)
    t.equal(got["ingress_ifindex"], got["ifindex"],
            "it came in where the program is")
    t.check(got["ifindex"], "which is an interface", got)
    t.check(got["napi_id"] in NAPI_IDS, "a number above that of the target's "
            "CPUs is a queue's", got)
    traps(t, lab, mark)
    called_back(t, lab)


# Above the numbers of CPUs: a kernel with 8,192 of them reads this as 0.
NAPI_IDS = range(8 + 1, 8192 + 1)
LEARNT = ("offset", "exists", "size", "version", "cpus", "netfilter",
          "branch", "wraps")
VERSION = 6 << 16 | 1 << 8  # and a third number in the last byte
HAS, NOT, SECOND = 1, 2, 2
REFUSED = {
    # The offset is added to the pointer, so that the verifier saw another.
    "bitfield": "BPF_CORE_READ_BITFIELD",
    "type_id": "bpf_core_type_id_kernel",
}


def values(lab, image, name):
    got, _ = wire.Client(lab.socket).call("target.map.dump", target="lab",
                                          image=image["name"], map=name)
    return bytes.fromhex(got["entries"][0]["value"])


def traps(t, lab, mark):
    """Each of which was verified with the target's value, or is refused."""
    for name, words in REFUSED.items():
        rc, result = lab.vouch("submit", lab_module.built(
            "objects", "refuse", name + ".o"),
            "--target", "lab")
        t.check(rc == 6 and not result["image"] and words in str(result),
                "refused: " + name, result)
    rc, result = lab.vouch("submit", TRAPS, "--target", "lab", "--slot",
                           "one", "--attach", "tc:eth0:egress")
    t.check(rc == 0 and result["deliveries"][0]["status"] == "attached",
            "a program that asks for its kernel's layout is attached", result)
    wirenet.echo_replies(lab, [(wirenet.HOST_IP, 9)], 9)
    learnt = dict(zip(LEARNT, struct.unpack("<8I", values(
        lab, result["image"], "learnt"))))
    places = values(lab, result["image"], ".bss")
    t.equal(learnt["offset"], mark, "an offset is the target's")
    t.equal([i for i, b in enumerate(places) if b], [mark],
            "an offset as an index is the target's")
    t.equal(learnt["exists"], NOT, "a field that only the verifier kernel "
            "has does not exist")
    t.check(mark < learnt["size"] < 1024, "a size is read", learnt)
    t.equal(learnt["version"] & ~0xff, VERSION, "the version is known")
    t.equal(learnt["branch"], SECOND, "and branches by it")
    t.equal(learnt["wraps"], HAS, "system calls have wrappers")
    t.equal(learnt["cpus"], 8, "a setting is the target's")
    t.equal(learnt["netfilter"], NOT, "a setting that only the verifier "
            "kernel has is not set")
    lab.vouch("target", "unload", "lab", result["image"]["name"])


def called_back(t, lab):
    """A function whose address is passed, and which reads a field."""
    rc, result = lab.vouch("submit", CALLBACK, "--target", "lab", "--attach",
                           "tc:eth0:egress")
    t.check(rc == 0 and result["deliveries"][0]["status"] == "attached",
            "a program that is called back for a field is attached", result)
    wirenet.echo_replies(lab, [(wirenet.HOST_IP, 11)], 11)
    got, _ = wire.Client(lab.socket).call(
        "target.map.dump", target="lab", image=result["image"]["name"],
        map="lengths")
    lengths = [int.from_bytes(bytes.fromhex(e["value"]), "little")
               for e in got["entries"]]
    t.check(lengths[0] and lengths[0] == lengths[1],
            "it reads what its caller does", lengths)


if __name__ == "__main__":
    lab_suite.run("retarget-test", "lab", fields)
