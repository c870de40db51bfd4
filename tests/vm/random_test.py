#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Random programs, with random inputs, on the verifier kernel and a target.

usage: random_test.py

VOUCH_PROGRAMS (200) programs of VOUCH_SEED (1), each with VOUCH_PACKETS (8)
packets or contexts, on each of which it runs VOUCH_REPEAT (50) times, with other
numbers each time. The verifier is the filter: what it does not accept is left
out. Return values, packets, contexts and maps must be equal, and each feature
that is offered in at least one program of a hundred.
"""

import collections
import concurrent.futures
import os
import re
import sys

sys.path[:0] = ["scripts", "scripts/profile", "tests/lib"]
import bpf_asm  # noqa: E402  pylint: disable=wrong-import-position
import bpf_forms  # noqa: E402  pylint: disable=wrong-import-position
import bpf_offered  # noqa: E402  pylint: disable=wrong-import-position
import image_calls  # noqa: E402  pylint: disable=wrong-import-position
import lab as lab_module  # noqa: E402  pylint: disable=wrong-import-position
import machine  # noqa: E402  pylint: disable=wrong-import-position
import random_batch  # noqa: E402  pylint: disable=wrong-import-position
import tap  # noqa: E402  pylint: disable=wrong-import-position
import testruns  # noqa: E402  pylint: disable=wrong-import-position
import wire  # noqa: E402  pylint: disable=wrong-import-position

PROGRAMS = int(os.environ.get("VOUCH_PROGRAMS", "200"))
N_PACKETS = int(os.environ.get("VOUCH_PACKETS", "8"))
REPEAT = int(os.environ.get("VOUCH_REPEAT", "50"))
SEED = int(os.environ.get("VOUCH_SEED", "1"))
OUT = os.path.join(lab_module.BUILD, "vm", "random-" +
                   machine.chosen().name)
POOL = concurrent.futures.ThreadPoolExecutor(1)


class Run:
    """The lab, and what has been seen so far."""

    def __init__(self, t, lab, offered):
        self.t, self.lab, self.offered = t, lab, offered
        self.seen = collections.Counter()  # programs that have a feature
        self.usage = collections.Counter()  # the same, of those made
        self.kept = self.made = 0
        self.rejected = collections.Counter()
        self.refused = collections.Counter()
        self.clients = []

    def submit(self, batch, which):
        """The image, and the object's bytes and maps; those programs that are
        not accepted leave the batch."""
        while batch.programs:
            data, maps = batch.object(which)
            path = os.path.join(OUT, "random%d-%s.o" % (batch.number, which))
            with open(path, "wb") as f:
                f.write(data)
            _, result = self.lab.vouch(
                "submit", path, "--target", "lab", "--slot",
                "one" if which == batch.kinds()[0] else "two")
            if result.get("verdict") == "accepted" and result.get("image"):
                return result, data, maps
            reason = str(result.get("reason"))
            bad = re.search(r"program (p\d+)\b", reason)
            if not bad or bad[1] not in batch.programs:
                self.t.check(False, "%s is accepted, or a program named" % path,
                             result)
                return None
            batch.programs.pop(bad[1])
            what = re.sub(r"p\d+|\d+", "N", reason)
            if result.get("verdict") == "rejected":
                self.rejected[what[:150]] += 1
            else:
                self.refused[what[:150]] += 1
                self.t.note("%s is refused: %s" % (path, reason))
        return None

    def run(self, batch):
        """All programs of a batch on both kernels."""
        self.made += len(batch.programs)
        loaded = {}
        for which in reversed(batch.kinds()):
            loaded[which] = self.submit(batch, which)
        # What one type's is refused for is not in the other's, either.
        if batch.programs and all(loaded.values()):
            self.compare(batch, loaded)
        for submitted in loaded.values():
            if submitted:
                self.lab.vouch("target", "unload", "lab",
                               submitted[0]["image"]["name"])

    def compare(self, batch, loaded):
        names, sent, ctxs = batch.inputs(N_PACKETS)
        first = batch.kinds()[0]
        _, data, maps = loaded[first]
        common = {
            "program": names, "packets": [len(p) for p in sent],
            "repeat": REPEAT if batch.family == "net" else 1,
            "presets": batch.presets(maps),
            "dump": [m.name for m in maps if m.type in bpf_forms.DUMPED]}
        blob = b"".join(sent)
        ref = POOL.submit(
            self.clients[0].call, "test-run", data + blob, on="verifier",
            name="random%d.o" % batch.number, options={}, ctx=ctxs[first],
            object_len=len(data), **common)
        for which in batch.kinds():
            image = loaded[which][0]["image"]
            got = self.clients[1].call(
                "target.test-run", blob, target="lab", image=image["name"],
                ctx=ctxs[which], **common)
            wrong = difference(names, ref.result(), got)
            self.t.check(not wrong, "%s of batch %d is equal"
                         % (which, batch.number), wrong) if wrong else None
            self.count(batch, which, image["path"])

    def count(self, batch, which, path):
        """What the programs of an image are made of; what they call says the
        image itself."""
        calls = image_calls.read(path)
        for name in batch.programs:
            self.kept += 1
            self.seen.update(set(batch.feature_names(which, name)))
            self.seen.update("call_" + export for export in calls[name])


def difference(names, ref, got):
    """What is not equal, or None."""
    runs = ref[0]["runs"], got[0]["runs"]
    if len(runs[0]) != len(runs[1]):
        return "the number of runs"
    for i, (x, y) in enumerate(zip(*runs)):
        for what in ("retval", "data_len", "ctx_out"):
            if x.get(what) != y.get(what):
                return "%s of packet %d, of %s: %r, on the target %r" % (
                    what, i, names[i], x.get(what), y.get(what))
    if ref[1] != got[1]:
        at = 0
        for i, x in enumerate(runs[0]):
            end = at + x["data_len"]
            if ref[1][at:end] != got[1][at:end]:
                return "packet %d, of %s: %s, on the target %s" % (
                    i, names[i], ref[1][at:end].hex(), got[1][at:end].hex())
            at = end
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


def expected(offered):
    """All that has to occur."""
    yield from ("map_" + kind for kind in bpf_forms.MAPS)
    yield from ("helper_" + name for name in offered.helpers
                if name not in bpf_forms.HELPERS_APART)
    yield from ("call_" + export for export in offered.exports
                if export not in bpf_forms.EXPORTS_APART)
    for kind, fields in offered.fields.items():
        for name, field in fields.items():
            yield "%s.%s" % (kind, name)
            if field.write:
                yield "%s.%s=" % (kind, name)
    yield from ("kprobe." + name
                for name in testruns.REGISTERS[offered.arch])
    yield from ("raw_tracepoint.arg%d" % i
                for i in range(random_batch.bpf_random.WORDS))
    yield from ("program_" + kind for kind in offered.prog_types
                if kind not in bpf_forms.PROG_TYPES_APART)


def report(run):
    """Each feature in at least one of a hundred programs."""
    t, seen = run.t, run.seen
    for feature in [f for f in seen if f.startswith("helper_") and "/" in f]:
        seen[feature.partition("/")[0]] = max(
            seen[feature], seen[feature.partition("/")[0]])
    for feature, n in sorted(seen.items()):
        t.note("%-40s %5.1f %%" % (feature, 100.0 * n / run.kept))
    for what, why in sorted(bpf_forms.reasons().items()):
        t.note("%s does not occur: %s" % (what, why))
    for why, n in (run.rejected + run.refused).most_common(20):
        t.note("%d left out: %s" % (n, why))
    wanted = {f for f in expected(run.offered)
              if f not in bpf_forms.FIELDS_APART}
    rare = {f: seen[f] for f in sorted(wanted | set(seen))
            if seen[f] < run.kept // 100}
    t.check(not rare, "each of %d features is in 1 %% of the programs"
            % len(wanted | set(seen)), rare)
    t.check(not run.refused, "vouch refuses none that the verifier kernel "
            "accepts", run.refused)


def blamed(t, lab):
    """Of several programs, the one that the verifier refuses is named, and
    what it says of it."""
    good = bpf_asm.Code().add(bpf_asm.alu("mov", 0, imm=1), bpf_asm.leave())
    bad = bpf_asm.Code().add(bpf_asm.alu("mov", 0, src=5), bpf_asm.leave())
    path = os.path.join(OUT, "blamed.o")
    one = bpf_asm.Map("one", "array", 4, 8, 1, 0)
    with open(path, "wb") as f:
        f.write(bpf_asm.make_object([one], [
            ("xdp", "p0", good), ("xdp", "p1", bad), ("xdp", "p2", good)]))
    _, result = lab.vouch("submit", path, "--target", "lab")
    t.check("program p1: R5 !read_ok" in str(result.get("reason")),
            "the program that is refused is named", result.get("reason"))


class RandomLab(lab_module.Lab):
    """It lets a call last: in some batches 60,000 runs take minutes."""

    def config(self):
        return dict(super().config(), timeouts={"call_s": 600})


def main():
    t = tap.Tap()
    os.makedirs(OUT, exist_ok=True)
    # On which CPU a packet is counted would be a matter of chance.
    lab_module.CPUS = 1
    # What a packet grows by is what memory held, since __skb_grow() does not
    # clear it; Debian's kernel clears all that it allocates.
    lab = RandomLab("random", target="lab", target_append="init_on_alloc=1")
    offered = bpf_offered.Offered(lab.profile())
    t.check(not list(bpf_forms.missing(offered)),
            "all that is offered has a form, or a reason to have none",
            sorted(bpf_forms.missing(offered)))
    if t.failed:
        t.end()
    run, number = Run(t, lab, offered), 0
    try:
        lab.up()
        blamed(t, lab)
        run.clients = [wire.Client(lab.socket, 900) for _ in range(2)]
        while run.kept < PROGRAMS and not t.failed:
            run.run(random_batch.Batch(SEED, number, offered, run.usage))
            number += 1
        for client in run.clients:
            client.close()
        t.check(run.kept >= PROGRAMS, "%d programs, %d made, each run %d times "
                "or more: all is equal" % (run.kept, run.made,
                                           N_PACKETS * REPEAT))
        if run.kept >= PROGRAMS:
            report(run)
    except (lab_module.LabError, wire.WireError) as e:
        t.check(False, "batch %d runs" % number, e)
    finally:
        lab.down()
    t.end()


if __name__ == "__main__":
    main()
