# SPDX-License-Identifier: BSD-2-Clause
"""eBPF instructions, and objects made of them without a compiler."""

import collections
import struct

INSN = struct.Struct("<BBhi")
ALU = {"add": 0x00, "sub": 0x10, "mul": 0x20, "div": 0x30, "or": 0x40,
       "and": 0x50, "lsh": 0x60, "rsh": 0x70, "mod": 0x90, "xor": 0xa0,
       "mov": 0xb0, "arsh": 0xc0}
JUMP = {"jeq": 0x10, "jgt": 0x20, "jge": 0x30, "jset": 0x40, "jne": 0x50,
        "jsgt": 0x60, "jsge": 0x70, "jlt": 0xa0, "jle": 0xb0, "jslt": 0xc0,
        "jsle": 0xd0}
ATOMIC = {"add": 0x00, "or": 0x40, "and": 0x50, "xor": 0xa0,
          "fetch_add": 0x01, "fetch_or": 0x41, "fetch_and": 0x51,
          "fetch_xor": 0xa1, "xchg": 0xe1, "cmpxchg": 0xf1}
SIZE = {1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18}
MAP_TYPES = {"hash": 1, "array": 2, "prog_array": 3, "percpu_hash": 5,
             "percpu_array": 6, "lru_hash": 9, "lpm_trie": 11,
             "lru_percpu_hash": 10, "queue": 22, "stack": 23}

Map = collections.namedtuple("Map", "name type key value entries flags")
# What an instruction refers to, and how an object says so.
Reference = collections.namedtuple("Reference", "at symbol kind")
R_64_64, R_64_32 = 1, 10


def insn(code, dst=0, src=0, off=0, imm=0):
    imm &= 0xffffffff
    return INSN.pack(code, src << 4 | dst, off,
                     imm - (1 << 32) if imm >> 31 else imm)


def alu(op, dst, imm=0, src=None, wide=True):
    code = ALU[op] | (7 if wide else 4)
    return insn(code, dst, imm=imm) if src is None else \
        insn(code | 8, dst, src)


def neg(dst, wide=True):
    return insn(0x80 | (7 if wide else 4), dst)


def endian(dst, bits, big):
    return insn(0xd4 | (8 if big else 0), dst, imm=bits)


def load(size, dst, src, off):
    return insn(0x61 | SIZE[size], dst, src, off)


def store(size, dst, off, src):
    return insn(0x63 | SIZE[size], dst, src, off)


def store_imm(size, dst, off, imm):
    return insn(0x62 | SIZE[size], dst, 0, off, imm)


def atomic(op, size, dst, off, src):
    return insn(0xc3 | SIZE[size], dst, src, off, ATOMIC[op])


def jump(op, dst, off, imm=0, src=None, wide=True):
    code = JUMP[op] | (5 if wide else 6)
    return insn(code, dst, off=off, imm=imm) if src is None else \
        insn(code | 8, dst, src, off)


def call(helper):
    return insn(0x85, imm=helper)


def leave():
    return insn(0x95)


class Code:
    """Instructions with what they refer to."""

    def __init__(self):
        self.bytes = b""
        self.references = []

    def __len__(self):
        return len(self.bytes) // INSN.size

    def add(self, *parts):
        for part in parts:
            if isinstance(part, Code):
                base = len(self)
                self.references += [r._replace(at=r.at + base)
                                    for r in part.references]
                part = part.bytes
            self.bytes += part
        return self

    def add_map(self, dst, name):
        self.references.append(Reference(len(self), name, R_64_64))
        return self.add(insn(0x18, dst), insn(0))

    def add_call(self, function):
        self.references.append(Reference(len(self), function, R_64_32))
        return self.add(insn(0x85, 0, 1, imm=-1))


class Strings:
    def __init__(self):
        self.bytes = b"\0"

    def add(self, text):
        if not text:
            return 0
        at = len(self.bytes)
        self.bytes += text.encode() + b"\0"
        return at


def btf_of_maps(maps):
    """BTF that defines @maps in .maps, as clang has it."""
    strings, types, count = Strings(), [], 0

    def add(name, info, size, extra=b""):
        nonlocal count
        types.append(struct.pack("<III", strings.add(name), info, size) + extra)
        count += 1
        return count

    add("int", 1 << 24, 4, struct.pack("<I", 1 << 24 | 32))

    def number(n):
        return add("", 2 << 24, add("", 3 << 24, 0,
                                    struct.pack("<III", 1, 1, n)))

    infos = b""
    for i, m in enumerate(maps):
        members = b""
        fields = (("type", MAP_TYPES[m.type]), ("key_size", m.key),
                  ("value_size", m.value), ("max_entries", m.entries),
                  ("map_flags", m.flags))
        ids = [number(n) for _, n in fields]
        for at, ((name, _), kind) in enumerate(zip(fields, ids)):
            members += struct.pack("<III", strings.add(name), kind, at * 64)
        kind = add("", 4 << 24 | len(fields), 8 * len(fields), members)
        var = add(m.name, 14 << 24, kind, struct.pack("<I", 1))
        infos += struct.pack("<III", var, i * 40, 40)
    add(".maps", 15 << 24 | len(maps), 40 * len(maps), infos)
    body = b"".join(types)
    return struct.pack("<HBBIIIII", 0xeb9f, 1, 0, 24, 0, len(body), len(body),
                       len(strings.bytes)) + body + strings.bytes


def make_object(maps, functions):
    """An ELF object; @functions are (section, name, Code), .text's among
    them."""
    names, sections, symbols = Strings(), [], [bytes(24)]
    index = {}

    def section(name, kind, flags, data, link=0, info=0, entsize=0):
        sections.append((names.add(name), kind, flags, data, link, info,
                         entsize))
        return len(sections)

    code = collections.OrderedDict()
    for where, name, body in functions:
        at, references, parts = code.setdefault(where, ([0], [], []))
        index[name] = (where, at[0], len(body.bytes))
        references += [r._replace(at=r.at * 8 + at[0])
                       for r in body.references]
        parts.append(body.bytes)
        at[0] += len(body.bytes)
    number = {where: section(where, 1, 6, b"".join(parts))
              for where, (_, _, parts) in code.items()}
    at_maps = section(".maps", 1, 3, bytes(40 * len(maps)))
    section("license", 1, 3, b"GPL\0")
    section(".BTF", 1, 0, btf_of_maps(maps))
    known = {}
    for name, (where, at, size) in index.items():
        known[name] = len(symbols)
        symbols.append(struct.pack("<IBBHQQ", names.add(name), 0x12, 0,
                                   number[where], at, size))
    for i, m in enumerate(maps):
        known[m.name] = len(symbols)
        symbols.append(struct.pack("<IBBHQQ", names.add(m.name), 0x11, 0,
                                   at_maps, i * 40, 40))
    at_symbols = len(sections) + 1 + sum(bool(r) for _, r, _ in code.values())
    for where, (_, references, _) in code.items():
        if references:
            section(".rel" + where, 9, 0, b"".join(
                struct.pack("<QQ", r.at, known[r.symbol] << 32 | r.kind)
                for r in references), at_symbols, number[where], 16)
    section(".symtab", 2, 0, b"".join(symbols), at_symbols + 1, 1, 24)
    section(".strtab", 3, 0, None)
    return layout(sections, names.bytes)


def layout(sections, strings):
    out, heads = bytearray(64), [bytes(64)]
    for name, kind, flags, data, link, info, entsize in sections:
        data = strings if data is None else data
        out += bytes(-len(out) % 8)
        heads.append(struct.pack("<IIQQQQIIQQ", name, kind, flags, 0, len(out),
                                 len(data), link, info, 8, entsize))
        out += data
    out += bytes(-len(out) % 8)
    struct.pack_into("<16sHHIQQQIHHHHHH", out, 0, b"\x7fELF\2\1\1", 1, 247, 1,
                     0, 0, len(out), 0, 64, 0, 0, 64, len(heads),
                     len(heads) - 1)
    return bytes(out) + b"".join(heads)
