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
             "lru_percpu_hash": 10, "queue": 22, "stack": 23,
             "perf_event_array": 4, "stack_trace": 7, "cgroup_array": 8,
             "array_of_maps": 12, "hash_of_maps": 13, "devmap": 14,
             "cpumap": 16, "devmap_hash": 25, "ringbuf": 27,
             "bloom_filter": 30}

# @holds: names of the programs of a prog array, or the maps of a map of maps,
# that are its first entries; @inner: the Map that those are like; @lock: whether
# values begin with a lock.
Map = collections.namedtuple(
    "Map", "name type key value entries flags holds inner lock",
    defaults=((), None, False))
# What an instruction refers to, and how an object says so.
Reference = collections.namedtuple("Reference", "at symbol kind")
R_64_64, R_64_32 = 1, 10
WORD = "word"  # no relocation: which word of the context is loaded


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

    def add_function(self, dst, name):
        """The address of a function that a helper calls."""
        self.references.append(Reference(len(self), name, R_64_64))
        return self.add(insn(0x18, dst), insn(0))

    def add_text(self, dst, offset):
        """The address of a byte of .rodata."""
        self.references.append(Reference(len(self), ".rodata", R_64_64))
        return self.add(insn(0x18, dst, imm=offset), insn(0))

    def add_word(self, size, dst, src, word, offset):
        """A load of a part of a word of a context, which a program of another
        type may have elsewhere: see place_words()."""
        self.references.append(Reference(len(self), word, WORD))
        return self.add(load(size, dst, src, offset))

    def place_words(self, where):
        """The same program, with word N of its context at where[N] * 8."""
        code, data = Code(), bytearray(self.bytes)
        for r in self.references:
            if r.kind != WORD:
                code.references.append(r)
                continue
            at = r.at * INSN.size
            op, regs, off, imm = INSN.unpack_from(data, at)
            INSN.pack_into(data, at, op, regs, off + where[r.symbol] * 8, imm)
        code.bytes = bytes(data)
        return code

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


def btf_of(maps, functions):
    """BTF that defines @maps in .maps, as clang has it, and the functions
    {section: [(offset, name)]}; the second is .BTF.ext."""
    strings, types, count = Strings(), [], 0

    def add(name, info, size, extra=b""):
        nonlocal count
        types.append(struct.pack("<III", strings.add(name), info, size) + extra)
        count += 1
        return count

    add("int", 1 << 24, 4, struct.pack("<I", 1 << 24 | 32))

    def pointer(to):
        return add("", 2 << 24, to)

    def array(of, n):
        return add("", 3 << 24, 0, struct.pack("<III", of, 1, n))

    def number(n):
        return pointer(array(1, n))

    def structure(name, size, fields):
        """@fields: (name, type, offset in bytes)"""
        return add(name, 4 << 24 | len(fields), size, b"".join(
            struct.pack("<III", strings.add(field), kind, 8 * at)
            for field, kind, at in fields))

    def locked(size):
        """A value of a lock, and numbers behind it."""
        lock = structure("bpf_spin_lock", 4, [("val", 1, 0)])
        return structure("locked", size, [
            ("lock", lock, 0), ("rest", array(1, size // 4 - 1), 4)])

    def definition(m):
        fields = [(name, number(n)) for name, n in (
            ("type", MAP_TYPES[m.type]), ("max_entries", m.entries),
            ("map_flags", m.flags)) if n is not None]
        if m.lock:
            fields += [("key", pointer(1)),
                       ("value", pointer(locked(m.value)))]
        else:
            fields += [(name, number(n)) for name, n in (
                ("key_size", m.key), ("value_size", m.value))
                       if n is not None]
        if m.holds or m.inner:  # without a length
            held = definition(m.inner) if m.inner else add("", 13 << 24, 1)
            fields.append(("values", array(pointer(held), 0)))
        return structure("", map_size(m) - 8 * len(m.holds), [
            (name, kind, 8 * i) for i, (name, kind) in enumerate(fields)])

    infos, at = b"", 0
    for m in maps:
        var = add(m.name, 14 << 24, definition(m), struct.pack("<I", 1))
        infos += struct.pack("<III", var, at, map_size(m))
        at += map_size(m)
    add(".maps", 15 << 24 | len(maps), at, infos)
    proto, extra = add("", 13 << 24, 1), struct.pack("<I", 8)
    for where, known in functions.items():
        extra += struct.pack("<II", strings.add(where), len(known))
        for at, name in known:
            extra += struct.pack("<II", at, add(name, 12 << 24, proto))
    body = b"".join(types)
    return struct.pack("<HBBIIIII", 0xeb9f, 1, 0, 24, 0, len(body), len(body),
                       len(strings.bytes)) + body + strings.bytes, \
        struct.pack("<HBBIIIII", 0xeb9f, 1, 0, 24, 0, len(extra), len(extra),
                    0) + extra


def map_size(m):
    """Bytes that the definition of a map has in .maps."""
    return 8 * sum(n is not None for n in m[1:6]) + 8 * len(m.holds)


def make_object(maps, functions, texts=b""):
    """An ELF object; @functions are (section, name, Code), .text's among
    them, and @texts what .rodata holds."""
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
    at_maps = section(".maps", 1, 3, bytes(sum(map(map_size, maps))))
    at_texts = section(".rodata", 1, 2, texts) if texts else 0
    section("license", 1, 3, b"GPL\0")
    known = {}
    for name, (where, at, _) in index.items():
        known.setdefault(where, []).append((at, name))
    btf, ext = btf_of(maps, known)
    section(".BTF", 1, 0, btf)
    section(".BTF.ext", 1, 0, ext)
    known = {".rodata": len(symbols)}
    symbols.append(struct.pack("<IBBHQQ", 0, 3, 0, at_texts, 0, 0))
    local = len(symbols)
    for name, (where, at, size) in index.items():
        known[name] = len(symbols)
        symbols.append(struct.pack("<IBBHQQ", names.add(name), 0x12, 0,
                                   number[where], at, size))
    at, entries = 0, []
    for m in maps:
        known[m.name] = len(symbols)
        symbols.append(struct.pack("<IBBHQQ", names.add(m.name), 0x11, 0,
                                   at_maps, at, map_size(m)))
        at += map_size(m)
        entries += [Reference(at - 8 * (len(m.holds) - i), held, R_64_64)
                    for i, held in enumerate(m.holds) if held]
    at_symbols = len(sections) + 1 + bool(entries) + \
        sum(bool(r) for _, r, _ in code.values())
    code[".maps"] = ([0], entries, [])
    number[".maps"] = at_maps
    for where, (_, references, _) in code.items():
        if references:
            section(".rel" + where, 9, 0, b"".join(
                struct.pack("<QQ", r.at, known[r.symbol] << 32 | r.kind)
                for r in references), at_symbols, number[where], 16)
    section(".symtab", 2, 0, b"".join(symbols), at_symbols + 1, local, 24)
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
