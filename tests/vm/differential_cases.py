# SPDX-License-Identifier: BSD-2-Clause
"""What objects are run with on both sides, and which ways they must go.

A case names the object, what is set of it, and what its maps hold at the start.
Its branches count, from what the runs returned and left in maps, how often each
way through the program was taken; none of them may be zero.
"""

import collections
import struct
import sys

sys.path[:0] = ["scripts", "tests/lib"]
import lab as lab_module  # noqa: E402  pylint: disable=wrong-import-position
import packets  # noqa: E402  pylint: disable=wrong-import-position

# xdp-filter's map values: flags in the low bits, a counter above them.
SRC, DST, ON_TCP, ON_UDP, SHIFT = 1, 2, 4, 8, 6


def per_cpu(value):
    return struct.pack("<Q", value).hex() * lab_module.CPUS


def sum_cpus(value):
    """The flags and the counters of all CPUs, as one number."""
    words = struct.unpack("<%dQ" % (len(value) // 16), bytes.fromhex(value))
    return sum(w >> SHIFT for w in words), words[0] & ((1 << SHIFT) - 1)


def count_case():
    return {
        "object": "xdp_count.o", "program": "xdp_count", "slot": "one",
        "set": {"sample": "3", "drop_protocol": "47"},
        # A table that is full but for two: E2BIG must be the same too.
        "map_entries": {"sources": 4},
        "presets": [
            {"map": "sources", "key": packets.IPV4[0].hex(),
             "value": struct.pack("<QQ", 5, 500).hex()},
            {"map": "sources", "key": "01020304",
             "value": struct.pack("<QQ", 1, 1).hex()}],
    }


def filter_case():
    def entry(table, key, flags):
        return {"map": table, "key": key.hex(),
                "value": per_cpu(flags)}
    port = ">HH"
    return {
        "object": "xdpfilt_dny_all.o", "program": "xdpfilt_dny_all", "slot": "two",
        "set": {}, "map_entries": {},
        "presets": [
            entry("filter_ethernet", packets.MACS[0], SRC),
            entry("filter_ethernet", packets.MACS[1], DST),
            entry("filter_ipv4", packets.IPV4[0], SRC),
            entry("filter_ipv4", packets.IPV4[1], DST),
            entry("filter_ipv6", packets.IPV6[0], SRC),
            entry("filter_ipv6", packets.IPV6[1], DST),
            entry("filter_ports", struct.pack(port, 22, 0), SRC | ON_TCP),
            entry("filter_ports", struct.pack(port, 53, 0), DST | ON_TCP),
            entry("filter_ports", struct.pack(port, 80, 0), SRC | ON_UDP),
            entry("filter_ports", struct.pack(port, 443, 0), DST | ON_UDP)],
    }


def errors_case():
    return {"object": "map_errors.o", "program": "map_errors", "slot": "one",
            "set": {}, "map_entries": {}, "presets": []}


def callbacks_case():
    return {"object": "callbacks.o", "program": "callbacks", "slot": "one",
            "set": {"rounds": "9", "step": "-5", "doubled": "1",
                    "balance": "-77", "hidden": "100"},
            "map_entries": {"array": 6}, "presets": []}


def tail_calls_case():
    return {"object": "tail_calls.o", "program": "tail_calls", "slot": "one",
            "set": {}, "map_entries": {}, "presets": []}


def count_branches(got, verdicts, case, sent):
    maps = got["maps"]
    protocols = {int.from_bytes(bytes.fromhex(e["key"]), "little"):
                 int.from_bytes(bytes.fromhex(e["value"]), "little")
                 for e in maps["protocols"]}
    sources = {e["key"]: struct.unpack("<QQ", bytes.fromhex(e["value"]))[0]
               for e in maps["sources"]}
    counted = sum(protocols.values())
    preset = {p["key"] for p in case["presets"]}
    old = sources[packets.IPV4[0].hex()] - 5
    new = sum(v for k, v in sources.items() if k not in preset)
    return {
        "drop": verdicts[1], "pass": verdicts[2],
        "sampled out or not IPv4": sent - counted,
        "tcp": protocols.get(6, 0), "udp": protocols.get(17, 0),
        "icmp": protocols.get(1, 0), "gre": protocols.get(47, 0),
        "known source": old, "new source": new,
        "table full": counted - old - new,
    }


def filter_branches(got, verdicts, case, _):
    names = {SRC: "src", DST: "dst", SRC | ON_TCP: "tcp src",
             DST | ON_TCP: "tcp dst", SRC | ON_UDP: "udp src",
             DST | ON_UDP: "udp dst"}
    taken = {"aborted": verdicts[0], "drop": verdicts[1],
             "pass": verdicts[2]}
    dumped = {(name, e["key"]): e["value"]
              for name, entries in got["maps"].items() for e in entries}
    for p in case["presets"]:
        hits, flags = sum_cpus(dumped[p["map"], p["key"]])
        label = "%s %s" % (p["map"].replace("filter_", ""), names[flags])
        taken[label] = hits
    return taken


def error_branches(got, verdicts, case, _):
    """Every error that the operations of a map can meet was met."""
    seen = collections.Counter(
        struct.unpack("<i", bytes.fromhex(e["value"])[:4])[0]
        for e in got["maps"]["returned"])
    return {"%s of %s" % (name, case["object"]): seen[-number]
            for name, number in (("ENOENT", 2), ("E2BIG", 7), ("EEXIST", 17),
                                 ("EINVAL", 22))} | {"pass": verdicts[2]}


def callback_branches(got, verdicts, case, _):
    """Each loop went its rounds, ended early, and was refused."""
    seen = {int.from_bytes(bytes.fromhex(e["key"]), "little"):
            int.from_bytes(bytes.fromhex(e["value"]), "little")
            for e in got["maps"]["returned"]}
    out = {"whole loop": seen[0] == int(case["set"]["rounds"]),
           "loop that ends": seen[2] == 4, "refused loop": seen[4],
           "too many rounds": seen[5], "nested": seen[7] != seen[1],
           "emptied": not seen[41], "pass": verdicts[2], "drop": verdicts[1]}
    for base, name in ((8, "array"), (16, "hash"), (24, "percpu_array"),
                       (32, "percpu_hash")):
        out[name] = seen[base + 1] and seen[base + 2] == 2 and seen[base + 3]
    return out


def tail_call_branches(got, verdicts, case, _):
    seen = {int.from_bytes(bytes.fromhex(e["key"]), "little"):
            int.from_bytes(bytes.fromhex(e["value"]), "little")
            for e in got["maps"]["seen"]}
    # The limit is 33 calls, and what made the first one is no callee.
    return {"one": seen[0], "two": seen[1], "around": seen[2],
            "limit": 32 <= seen[2] // max(seen[3], 1) <= 33,
            "function": seen[4], "no entry": seen[5], "back": seen[6],
            "none called": seen[7], "drop": verdicts[1], "pass": verdicts[2],
            "tx": verdicts[3]}


CASES = ((count_case, count_branches), (filter_case, filter_branches),
         (errors_case, error_branches), (callbacks_case, callback_branches),
         (tail_calls_case, tail_call_branches))
