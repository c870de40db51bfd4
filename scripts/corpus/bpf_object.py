# SPDX-License-Identifier: BSD-2-Clause
"""Read what an eBPF object holds and asks for, without libbpf.

The reader is for objects that are known to be whole, such as those that a
package ships; for anything else a bad offset ends it with struct.error.
"""

import collections
import re
import struct

EHDR = struct.Struct("<16sHHIQQQIHHHHHH")
SHDR = struct.Struct("<IIQQQQIIQQ")
SYM = struct.Struct("<IBBHQQ")
REL = struct.Struct("<QQ")
INSN = struct.Struct("<BBhi")
SHT_PROGBITS, SHT_REL, SHF_EXEC = 1, 9, 4
STT_FUNC, STB_GLOBAL = 2, 1
CALL, LD_IMM64, PSEUDO_CALL = 0x85, 0x18, 1
UAPI = "/usr/include/linux/bpf.h"

Section = collections.namedtuple("Section", "name type flags link info data")
Program = collections.namedtuple("Program", "name section helpers maps")
# sized: whether it says how long its values are
Map = collections.namedtuple("Map", "name type entries sized")


def helper_names():
    """Helpers of the kernel's UAPI header, by number."""
    with open(UAPI) as f:
        text = f.read()
    body = text[text.index("#define __BPF_FUNC_MAPPER"):]
    body = body[:body.index("\n\n")]
    return re.findall(r"\bFN\((\w+)\)", body)


def map_type_names():
    """Types of maps of the kernel's UAPI header, by number."""
    with open(UAPI) as f:
        text = f.read()
    body = re.search(r"enum bpf_map_type \{(.*?)\};", text, re.S).group(1)
    return [n.lower() for n in
            re.findall(r"^\s*BPF_MAP_TYPE_(\w+)", body, re.M)]


HELPERS = helper_names()
MAP_TYPES = map_type_names()


def text_at(data, at):
    return data[at:data.index(b"\0", at)].decode()


class Btf:
    """As much of BTF as the definitions of maps need."""
    PTR, ARRAY, STRUCT, TYPEDEF, VAR, DATASEC = 2, 3, 4, 8, 14, 15
    TAIL = {1: 4, 3: 12, 14: 4, 17: 4}  # bytes after the head, by kind
    EACH = {4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12}  # of each member

    def __init__(self, data):
        _, _, _, hdr, types, length, strings, _ = \
            struct.unpack_from("<HBBIIIII", data)
        self.strings = data[hdr + strings:]
        self.types = [None]
        at, end = hdr + types, hdr + types + length
        while at < end:
            name, info, size = struct.unpack_from("<III", data, at)
            kind, count = info >> 24 & 31, info & 0xffff
            tail = self.TAIL.get(kind, 0) + self.EACH.get(kind, 0) * count
            self.types.append((self.name(name), kind, count, size,
                               data[at + 12:at + 12 + tail]))
            at += 12 + tail

    def name(self, at):
        return text_at(self.strings, at)

    def uint(self, number):
        """N of a member declared as `int (*name)[N]`."""
        _, kind, _, size, _ = self.types[number]
        if kind != self.PTR or self.types[size][1] != self.ARRAY:
            return None
        return struct.unpack_from("<III", self.types[size][4])[2]

    def maps(self):
        for name, kind, count, _, tail in self.types[1:]:
            if kind != self.DATASEC or name != ".maps":
                continue
            for i in range(count):
                var = self.types[struct.unpack_from("<I", tail, i * 12)[0]]
                yield var[0], self.members(var[3])

    def members(self, number):
        while self.types[number][1] == self.TYPEDEF:
            number = self.types[number][3]
        _, _, count, _, tail = self.types[number]
        rows = (struct.unpack_from("<III", tail, i * 12) for i in range(count))
        return {self.name(name): self.uint(kind) for name, kind, _ in rows}


class Object:
    """Programs with the helpers and maps that each reaches, and all maps."""

    def __init__(self, path):
        with open(path, "rb") as f:
            data = f.read()
        head = EHDR.unpack_from(data)
        raw = [SHDR.unpack_from(data, head[6] + i * SHDR.size)
               for i in range(head[12])]
        names = data[raw[head[13]][4]:]
        self.sections = [
            Section(text_at(names, s[0]), s[1], s[2], s[6], s[7],
                    data[s[4]:s[4] + s[5]] if s[1] != 8 else b"")
            for s in raw]
        self.symbols = self.read_symbols()
        self.relocations = self.read_relocations()
        self.maps = {m.name: m for m in self.read_maps()}
        self.programs = list(self.read_programs())

    def section(self, name):
        return next((s for s in self.sections if s.name == name), None)

    def read_symbols(self):
        table = self.section(".symtab")
        strings = self.sections[table.link].data
        return [(text_at(strings, name), info, index, value, size)
                for name, info, _, index, value, size in
                SYM.iter_unpack(table.data)]

    def read_relocations(self):
        """(section's index, offset) to symbol's index."""
        found = {}
        for s in self.sections:
            if s.type == SHT_REL:
                for offset, info in REL.iter_unpack(s.data):
                    found[s.info, offset] = info >> 32
        return found

    def read_maps(self):
        btf = self.section(".BTF")
        for name, members in Btf(btf.data).maps() if btf else ():
            number = members.get("type") or 0
            yield Map(name, MAP_TYPES[number] if number < len(MAP_TYPES)
                      else str(number), members.get("max_entries") or 0,
                      bool({"value", "value_size"} & members.keys()))
        for i, s in enumerate(self.sections):
            if s.name == "maps":
                for name, _, index, value, _ in self.symbols:
                    if index == i and name:
                        number, _, _, entries = struct.unpack_from(
                            "<IIII", s.data, value)
                        yield Map(name, MAP_TYPES[number], entries, True)

    def read_programs(self):
        for name, info, index, value, size in self.symbols:
            if info & 15 != STT_FUNC or not index < len(self.sections):
                continue
            section = self.sections[index]
            if section.name == ".text" or not section.flags & SHF_EXEC or \
                    info >> 4 != STB_GLOBAL:
                continue
            helpers, maps = set(), set()
            self.walk(index, value, size, helpers, maps, set())
            yield Program(name, section.name, frozenset(helpers),
                          frozenset(maps))

    def walk(self, index, start, size, helpers, maps, seen):
        """What the function at @start, and those that it calls, reach."""
        if (index, start) in seen:
            return
        seen.add((index, start))
        data = self.sections[index].data
        for at in range(start, start + size, INSN.size):
            code, regs, _, imm = INSN.unpack_from(data, at)
            symbol = self.relocations.get((index, at))
            if code == CALL and regs >> 4 == PSEUDO_CALL:
                self.walk_call(index, at, imm, symbol, helpers, maps, seen)
            elif code == CALL:
                helpers.add(HELPERS[imm] if imm < len(HELPERS) else str(imm))
            elif code == LD_IMM64 and symbol is not None:
                self.walk_symbol(symbol, imm, helpers, maps, seen)

    def walk_call(self, index, at, imm, symbol, helpers, maps, seen):
        if symbol is None:
            target, value = index, at + (imm + 1) * INSN.size
        else:
            _, info, target, value, _ = self.symbols[symbol]
            if info & 15 != STT_FUNC:
                value += (imm + 1) * INSN.size
        for _, info, section, start, size in self.symbols:
            if info & 15 == STT_FUNC and (section, start) == (target, value):
                self.walk(target, start, size, helpers, maps, seen)

    def walk_symbol(self, symbol, imm, helpers, maps, seen):
        """A map, data, or a function whose address is taken."""
        name, info, target, value, _ = self.symbols[symbol]
        if name in self.maps:
            maps.add(self.maps[name].type)
            return
        if not 0 < target < len(self.sections):
            return
        section = self.sections[target]
        if not section.flags & SHF_EXEC:
            maps.add(section.name if section.name.startswith(".")
                     else "." + section.name)
            return
        value = value if info & 15 == STT_FUNC else imm
        for _, other, index, start, size in self.symbols:
            if other & 15 == STT_FUNC and (index, start) == (target, value):
                self.walk(target, start, size, helpers, maps, seen)
