# SPDX-License-Identifier: BSD-2-Clause
"""What vouch offers to programs, as the code says it.

Helpers are those of common/helpers.h, types of maps and programs those of
target-driver/offer.h, both by way of scripts/helpers-doc; what fields a context
has says the oracle table of the target's profile, and their names the kernel's
header.
"""

import collections
import importlib.machinery
import importlib.util
import json
import re
import sys

sys.path[:0] = ["scripts/profile"]
import container  # noqa: E402  pylint: disable=wrong-import-position
import oracle  # noqa: E402  pylint: disable=wrong-import-position

UAPI = "/usr/include/linux/bpf.h"
CONTEXTS = {"socket_filter": "__sk_buff", "sched_cls": "__sk_buff",
            "sched_act": "__sk_buff", "xdp": "xdp_md"}
# @parts: whether it may be loaded in part.
Field = collections.namedtuple("Field", "name offset size write parts")
Helper = collections.namedtuple("Helper", "number programs maps exports")


def load_doc():
    loader = importlib.machinery.SourceFileLoader("helpers_doc",
                                                  "scripts/helpers-doc")
    spec = importlib.util.spec_from_loader("helpers_doc", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def members(struct):
    """{offset: name} of a context, from the kernel's header."""
    with open(UAPI, encoding="utf-8") as f:
        text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
    body = re.search(r"\nstruct %s \{(.*?)\n\};" % struct, text, re.S)[1]
    at, out = 0, {}
    for line in body.split(";"):
        number = re.match(r"\s*__u(\d+)\s+(\w*)(?:\[(\d+)\])?\s*(:\d+)?$", line)
        pointer = re.match(r"\s*__bpf_md_ptr\(.*,\s*(\w+)\)$", line)
        size, name, count = (8, pointer[1], None) if pointer else \
            (int(number[1]) // 8, number[2], number[3]) if number else \
            (0, "", None)
        if not size:
            continue
        if number and number[4]:  # bits that fill the rest of a word
            size = 4
        at = (at + size - 1) // size * size
        if number and number[4]:
            continue
        for i in range(int(count or 1)):
            if name:
                out[at] = name + (str(i) if count else "")
            at += size
    return out


def read_numbers():
    """{(kind, name): its number in Linux 6.1}"""
    with open("scripts/bpf-6.1.txt", encoding="utf-8") as f:
        rows = [line.split() for line in f if not line.startswith("#")]
    return {(kind, name): int(number) for kind, number, name, *_ in rows}


class Offered:
    """Of one target."""

    def __init__(self, profile):
        """@profile: the target's, a file."""
        with open(profile, "rb") as f:
            parts, _ = container.unpack(f.read())
        facts = json.loads(parts["json"])
        doc = load_doc()
        known = doc.known()
        numbers = read_numbers()
        self.arch = facts["arch"]
        self.prog_types = set(facts["prog_types"])
        self.map_types = set(facts["map_types"])
        self.exports = {h[len("vouch_bpf_"):] for h in facts["helpers"]}
        self.all_exports, self.helpers = set(), {}
        for name, exports in doc.offered_helpers().items():
            _, programs, maps = known["helper"][name]
            self.all_exports |= set(exports)
            self.helpers[name] = Helper(
                numbers["helper", name],
                set(programs.split(",")) & self.prog_types,
                set(maps.split(",")) & self.map_types, exports)
        entries = list(self.entries(parts["oracle"]))
        self.fields = {
            kind: self.context(entries, numbers["prog", kind], members(struct))
            for kind, struct in CONTEXTS.items() if kind in self.prog_types}

    @staticmethod
    def entries(table):
        _, _, n, _, _ = oracle.HEAD.unpack_from(table)
        for i in range(n):
            yield oracle.ENTRY.unpack_from(
                table, oracle.HEAD.size + i * oracle.ENTRY.size)

    @staticmethod
    def context(entries, number, names):
        """Whole fields of one type's context, by name."""
        mine = [(off, size, write, field)
                for kind, base, stamp, write, size, off, field, *_ in entries
                if (kind, base, stamp) == (number, oracle.CONTEXT, 0) and
                off in names]
        written = {(off, size) for off, size, write, _ in mine if write}
        out = {}
        for off, size, write, field in mine:
            old = out.get(names[off])
            if write or field > size or (old and old.size >= size):
                continue
            if not field and size == 8 and (off, 4) in {m[:2] for m in mine}:
                continue  # two fields at once
            out[names[off]] = Field(names[off], off, size,
                                    (off, size) in written, field == size)
        return out
