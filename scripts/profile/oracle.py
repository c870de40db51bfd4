# SPDX-License-Identifier: BSD-2-Clause
"""The oracle: what a target's kernel does with each access to a context.

Its functions are compiled with the target's tree, linked into a program and
asked about each access and pair of registers. What they say fits templates,
in which registers have roles; each template is held against all pairs.
"""

import os
import struct

from tree import ROOT, fail, run

PARTS = os.path.join(ROOT, "target-driver/gen/oracle")
SAMPLE = struct.Struct("<HBBHBBBBBBI")
INSN = struct.Struct("<BBhi")
SAMPLE_BYTES = SAMPLE.size + 16 * INSN.size

# As in host-bridge/oracle.h.
MAGIC = b"VOUCHORC"
VERSION = 1
HEAD = struct.Struct("<8sIIII")
ENTRY = struct.Struct("<HBBBBHBBHHH")
TEMPLATE = struct.Struct("<II")
NONE = 0xffff
CONTEXT = 2  # VOUCH_BASE_CTX
DST, SRC, TMP = 12, 13, 14
ROLES = list(range(12)) + [DST, SRC, TMP]


def extract(source):
    """What kernel/trace/bpf_trace.c says of perf_event programs."""
    with open(source, encoding="utf-8") as f:
        text = f.read()
    start = text.find("static bool pe_prog_is_valid_access(")
    end = text.find("const struct bpf_prog_ops perf_event_prog_ops")
    if start < 0 or end < start:
        fail("%s does not have the context of perf_event programs where "
             "Linux 6.1 has it" % source)
    return text[start:end]


def build(tree, tmp):
    """The program that asks the target's functions."""
    tree.source("net/core/filter.c")
    with open(os.path.join(tmp, "perf_event.h"), "w", encoding="utf-8") as f:
        f.write(extract(tree.source("kernel/trace/bpf_trace.c")))
    kernel = tree.compile(tmp, "kernel", [
        os.path.join(PARTS, "kernel.c"), os.path.join(PARTS, "samples.h")],
        plain=True)
    program = os.path.join(tmp, "oracle")
    run("linking the oracle", tree.cc(), "-O2", "-static",
        "-no-pie", "-Wl,--unresolved-symbols=ignore-all", "-o", program,
        *(os.path.join(PARTS, f) for f in
          ("program.c", "kernel_stubs.c", tree.arch() + ".S")), kernel)
    return program


def samples(tree, tmp):
    """All that the oracle says, as bytes of struct sample."""
    return run("asking the oracle", *tree.emulator(), build(tree, tmp))


def decode(raw):
    """(access, field size, target size, registers, instructions)."""
    for at in range(0, len(raw), SAMPLE_BYTES):
        head = SAMPLE.unpack_from(raw, at)
        (prog_type, base, tstamp, off, size, write, field, target, dst, src,
         n) = head
        insns = [INSN.unpack_from(raw, at + SAMPLE.size + i * INSN.size)
                 for i in range(min(n, 16))]
        yield ((prog_type, base, tstamp, write, off, size), field, target,
               (dst, src), insns if n < 16 else [])


def temporary(pair):
    return next(r for r in (9, 8, 7) if r not in pair)


def register(role, pair):
    return {DST: pair[0], SRC: pair[1], TMP: temporary(pair)}.get(role, role)


def roles(values):
    """The role that explains a register in all samples, or None."""
    return next((role for role in reversed(ROLES)
                 if all(register(role, pair) == v for pair, v in values)),
                None)


def fit(found):
    """A template for (pair, instructions) of one access, or None."""
    lengths = {len(insns) for _, insns in found}
    if len(lengths) != 1:
        return None
    out = []
    for i in range(lengths.pop()):
        fixed = {(insns[i][0],) + insns[i][2:] for _, insns in found}
        dst = roles([(pair, insns[i][1] & 15) for pair, insns in found])
        src = roles([(pair, insns[i][1] >> 4) for pair, insns in found])
        if len(fixed) != 1 or dst is None or src is None:
            return None
        code, off, imm = fixed.pop()
        # An address would be of the program that asks.
        if code & 7 == 0 and code:
            return None
        out.append(INSN.pack(code, dst | src << 4, off, imm))
    return tuple(out)


class Templates:
    def __init__(self):
        self.known = {}
        self.insns = []
        self.heads = []

    def add(self, template):
        if template not in self.known:
            self.known[template] = len(self.heads)
            self.heads.append(TEMPLATE.pack(len(self.insns), len(template)))
            self.insns += template
        return self.known[template]


def group(raw):
    """Samples by access."""
    accesses = {}
    for access, field, target, pair, insns in decode(raw):
        known = accesses.setdefault(access, [field, {}])
        known[1].setdefault(target, []).append((pair, insns))
    return accesses


def entry(access, field, found, templates):
    """One entry of the table; None if the target refuses the access."""
    prog_type, base, tstamp, write, off, size = access
    if field > size:
        return ENTRY.pack(prog_type, base, tstamp, write, size, off, field, 0,
                          NONE, NONE, 0)
    # As the verifier says of such functions: they are not to be used.
    found = {t: f for t, f in found.items() if not (field and not t)}
    pairs = [(p, i) for f in found.values() for p, i in f]
    if len(found) != 1 or not all(i for _, i in pairs):
        if any(i for _, i in pairs):
            fail("the oracle is of two minds about %r" % (access,))
        return None
    if size:
        same = fit([(p, i) for p, i in pairs if p[0] == p[1]])
        other = fit([(p, i) for p, i in pairs if p[0] != p[1]])
    else:  # a prologue is of no access, and its registers are themselves
        same = other = tuple(INSN.pack(*insn) for insn in pairs[0][1])
    if same is None or other is None:
        fail("no template expresses what the target does with %r"
             % (access,))
    return ENTRY.pack(prog_type, base, tstamp, write, size, off, field,
                      next(iter(found)), templates.add(other),
                      templates.add(same), 0)


def is_allowed(access, field):
    """As the verifier, whatever a function says: nothing is written through a
    socket, and parts of fields are loaded only."""
    _, base, _, write, _, size = access
    return not write or (base == CONTEXT and field <= size)


def whole(access, field):
    """The access to the field that an access is a part of."""
    *rest, off, _ = access
    return (*rest, off & ~(field - 1), field)


def table(raw):
    """The table that profiles carry."""
    templates = Templates()
    entries = {}
    accesses = {access: known for access, known in group(raw).items()
                if is_allowed(access, known[0])}
    for access, (field, found) in sorted(accesses.items()):
        packed = entry(access, field, found, templates)
        if packed:
            entries[access] = packed
    # A part of what is refused is refused.
    entries = [packed for access, packed in sorted(entries.items())
               if accesses[access][0] <= access[5] or
               whole(access, accesses[access][0]) in entries]
    return b"".join(
        [HEAD.pack(MAGIC, VERSION, len(entries), len(templates.heads),
                   len(templates.insns))] +
        entries + templates.heads + templates.insns)
