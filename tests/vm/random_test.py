#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Random programs, with random packets, on the verifier kernel and a target.

usage: random_test.py

VOUCH_PROGRAMS (200) programs of VOUCH_SEED (1), half of them XDP and half tc,
each with VOUCH_PACKETS (40) packets. The verifier is the filter: what it does
not accept is left out. Return values, packets, contexts and maps must be equal.
"""

import collections
import concurrent.futures
import json
import os
import random
import re
import sys

sys.path[:0] = ["scripts", "tests/lib"]
import bpf_asm  # noqa: E402  pylint: disable=wrong-import-position
import bpf_random  # noqa: E402  pylint: disable=wrong-import-position
import lab as lab_module  # noqa: E402  pylint: disable=wrong-import-position
import packets  # noqa: E402  pylint: disable=wrong-import-position
import tap  # noqa: E402  pylint: disable=wrong-import-position
import testruns  # noqa: E402  pylint: disable=wrong-import-position
import wire  # noqa: E402  pylint: disable=wrong-import-position

PROGRAMS = int(os.environ.get("VOUCH_PROGRAMS", "200"))
N_PACKETS = int(os.environ.get("VOUCH_PACKETS", "40"))
SEED = int(os.environ.get("VOUCH_SEED", "1"))
BATCH = 10  # programs of an object; each has maps of its own
MOST_PACKETS = 1000  # of one test-run
STATEMENTS = 60  # at most
OUT = os.path.join(lab_module.BUILD, "vm", "random")
POOL = concurrent.futures.ThreadPoolExecutor(1)


class Batch:
    """An object of programs, and what each of them is made of."""

    def __init__(self, number, offered):
        rng = random.Random("%d/%d" % (SEED, number))
        generator = bpf_random.Generator(rng, offered)
        functions, maps, self.features = [], [], {}
        for i in range(BATCH):
            name, xdp = "p%d" % i, i % 2 == 0
            code = generator.program(name, xdp,
                                     rng.randrange(20, STATEMENTS))
            functions.append(("xdp" if xdp else "tc", name, code))
            maps += generator.maps()
            self.features[name] = set(generator.features)
        functions.append((".text", "mix", bpf_random.mix()))
        self.object = bpf_asm.make_object(maps, functions)
        self.rng = rng
        self.path = os.path.join(OUT, "random%d.o" % number)
        with open(self.path, "wb") as f:
            f.write(self.object)


def submit(t, lab, batch):
    """The image and its programs; those that the verifier refuses are not
    among them."""
    names = sorted(batch.features)
    while names:
        args = [a for n in names for a in ("--program", n)]
        _, result = lab.vouch("submit", batch.path, "--target", "lab", *args)
        if result.get("verdict") == "accepted":
            return result, names
        bad = re.match(r"program (\w+):", str(result.get("reason")))
        if result.get("verdict") != "rejected" or not bad:
            return result, []
        t.note("%s: %s" % (batch.path, result["reason"]))
        names.remove(bad.group(1))
    return None, []


def runs(clients, batch, image, name, sent, ctxs):
    """Both at once; a client for each."""
    maps = ["%s_%s" % (name, kind) for kind in bpf_random.MAPS[:4]]
    common = {"program": name, "packets": [len(p) for p in sent],
              "ctx": ctxs, "dump": maps}
    ref = POOL.submit(
        clients[0].call, "test-run", batch.object + b"".join(sent), on="verifier",
        name=os.path.basename(batch.path), options={"programs": [name]},
        object_len=len(batch.object), **common)
    got = clients[1].call("target.test-run", b"".join(sent), target="lab",
                          image=image, **common)
    return ref.result(), got


def difference(ref, got):
    """What is not equal, or None."""
    for what in ("retval", "data_len", "ctx_out"):
        for i, (x, y) in enumerate(zip(ref[0]["runs"], got[0]["runs"])):
            if x.get(what) != y.get(what):
                return "%s of packet %d: %r, on the target %r" % (
                    what, i, x.get(what), y.get(what))
    if len(ref[0]["runs"]) != len(got[0]["runs"]):
        return "the number of runs"
    if ref[1] != got[1]:
        return "the packets that come out"
    left, right = table(ref[0]), table(got[0])
    for key in sorted(left.keys() | right.keys()):
        if left.get(key) != right.get(key):
            return "map %s, key %s: %s, on the target %s" % (
                *key, left.get(key), right.get(key))
    return None


def table(result):
    """Each CPU's values; a kernel may think of more CPUs than there are."""
    return {(name, e["key"]): e["value"].rstrip("0")
            for name, entries in result["maps"].items() for e in entries}


def contexts(batch, name, sent):
    if name[1:] in "02468":
        return [None] * len(sent)
    made = [testruns.random_ctx(batch.rng) for _ in sent]
    return [c and c.hex() for c in made]


def offered_helpers(lab):
    with open(lab.profile(), "rb") as f:
        parts, _ = lab_module.container.unpack(f.read())
    return set(json.loads(parts["json"])["helpers"])


def run_batch(t, lab, clients, batch, seen):
    result, names = submit(t, lab, batch)
    if not names:
        t.check(False, "%s is accepted" % batch.path,
                result and (result.get("verdict"), result.get("reason")))
        return 0
    image = result["image"]["name"]
    for name in names:
        for first in range(0, N_PACKETS, MOST_PACKETS):
            n = min(MOST_PACKETS, N_PACKETS - first)
            sent = [p.ljust(64, b"\0")
                    for p in packets.packets(batch.rng.getrandbits(30), n)]
            wrong = difference(*runs(clients, batch, image, name, sent,
                                     contexts(batch, name, sent)))
            if wrong:
                t.check(False, "%s of %s is equal" % (name, batch.path), wrong)
        seen.update(batch.features[name])
    lab.vouch("target", "unload", "lab", image)
    return len(names)


def report(t, seen, kept):
    """Each feature in at least one of a hundred programs."""
    for feature, n in sorted(seen.items()):
        t.note("%-28s %5.1f %%" % (feature, 100.0 * n / kept))
    expected = {"map_" + kind for kind in bpf_random.MAPS}
    expected |= {"skb." + f for f in bpf_random.SKB_FIELDS}
    expected |= {"xdp." + f for f in bpf_random.XDP_FIELDS}
    expected |= {"helper_" + h for h in (*bpf_random.OTHER, *bpf_random.SAME,
                                         "map_lookup_elem", "map_update_elem",
                                         "map_delete_elem", "tail_call",
                                         "xdp_adjust_head", "xdp_adjust_tail",
                                         "xdp_adjust_meta")}
    rare = sorted(f for f in expected | set(seen) if seen[f] < kept / 100)
    t.check(not rare, "each feature is in 1 % of the programs", rare)


def main():
    t = tap.Tap()
    os.makedirs(OUT, exist_ok=True)
    # On which CPU a packet is counted would be a matter of chance.
    lab_module.CPUS = 1
    lab = lab_module.Lab("random", target="lab")
    offered = offered_helpers(lab)
    seen, kept, number = collections.Counter(), 0, 0
    try:
        lab.up()
        clients = [wire.Client(lab.socket) for _ in range(2)]
        while kept < PROGRAMS and not t.failed:
            batch = Batch(number, offered)
            kept += run_batch(t, lab, clients, batch, seen)
            number += 1
        for client in clients:
            client.close()
        t.check(kept >= PROGRAMS, "%d programs of %d, each with %d packets: "
                "all is equal" % (kept, number * BATCH, N_PACKETS))
        if kept >= PROGRAMS:
            report(t, seen, kept)
    except lab_module.LabError as e:
        t.check(False, "the lab comes up", e)
    finally:
        lab.down()
    t.end()


if __name__ == "__main__":
    main()
