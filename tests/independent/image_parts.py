# SPDX-License-Identifier: BSD-2-Clause
"""An unsigned image in parts, to be changed and put together again.

The writer lays out any sections, symbols and relocations that it is given,
also such as no image has. seal() then gives the file the content hash and the
name that go with it, so that only the shape is left to be refused.
"""

import hashlib
import re
import struct

import make_image

SHDR = struct.Struct("<IIQQQQIIQQ")
SYM = struct.Struct("<IBBHQQ")
RELA = struct.Struct("<QQq")
EHDR = struct.Struct("<16sHHIQQQIHHHHHH")
EHDR_FIELDS = ("ident", "type", "machine", "version", "entry", "phoff",
               "shoff", "flags", "ehsize", "phentsize", "phnum", "shentsize",
               "shnum", "shstrndx")
NOBITS = 8

SOURCE = """
	.text
	.p2align 4, 0xcc
	.type p0_main, @function
p0_main: push %rbx
	mov slots(%rip), %rdi
	call vouch_bpf_map_lookup
	mov slots+8(%rip), %rax
	call p0_sub
	pop %rbx
	jmp __x86_return_thunk
	.size p0_main, . - p0_main
	.p2align 4, 0xcc
	.type p0_sub, @function
p0_sub:	push %rbx
	call vouch_bpf_ktime_get_ns
	pop %rbx
	jmp __x86_return_thunk
	.size p0_sub, . - p0_sub
"""
MAPS = [{"name": "runs", "type": "array", "key": 4, "value": 8, "entries": 2},
        {"name": ".data", "type": "array", "key": 4, "value": 8, "entries": 1,
         "map_flags": 1 << 10, "data": b"starting",
         "flags": make_image.INTERNAL}]


ARM64_SOURCE = """
	.text
	.p2align 4
	.type p0_main, @function
p0_main: mov x9, x30
	stp x29, x30, [sp, #-16]!
	ldr x0, slots
	bl vouch_bpf_map_lookup
	ldr x9, slots + 8
1:	ldr x7, [x0, #8]
2:	bl p0_main_1
3:	ldrb w19, [x0, x7]
4:	ldp x29, x30, [sp], #16
	mov x0, x7
	ret
	.size p0_main, . - p0_main
	.p2alignl 4, 0xd4202000
	.type p0_main_1, @function
p0_main_1: mov x0, #2
	ret
	.size p0_main_1, . - p0_main_1
	.pushsection __ex_table, "a"
	.long 1b - ., 2b - .
	.short 3, 31 | 7 << 5
	.long 3b - ., 4b - .
	.short 3, 31 | 19 << 5
	.popsection
"""


class Unsigned(make_image.Image):
    """As the link process leaves it: a record that says nothing yet."""

    @staticmethod
    def blank():
        return struct.pack("<8sIIQQII32s64s64s32s32x", b"VOUCHREC", 1, 264, 0,
                           1, 1, 0, make_image.text("unsigned", 32), bytes(64),
                           bytes(64), bytes(32))

    def record(self):
        return self.blank()


def good(profile, source=SOURCE, **kwargs):
    """@profile: its JSON object and its identity. An image to be signed."""
    return Unsigned(profile, source, [{"name": "main", "function": "p0_main"}],
                    MAPS, [(1, 0, 0), (2, 1, 4)], **kwargs).elf()


def good_arm64(profile):
    """The same for arm64."""
    return good(profile, ARM64_SOURCE, arch=2)


class Section:
    """Offset and size follow from the body unless they are set."""

    def __init__(self, name, head, body):
        (_, self.type, self.flags, self.addr, self.offset, self.size,
         self.link, self.info, self.align, self.entsize) = head
        self.name, self.body = name, bytearray(body)
        self.name_offset = None
        if self.type != NOBITS:
            self.size = None
        self.offset = None

    @classmethod
    def new(cls, name, body=b"", kind=1, flags=2, align=8):
        section = cls(name, (0, kind, flags, 0, 0, 0, 0, 0, align, 0), body)
        if kind == NOBITS:
            section.size = 8
        return section


class Parts:
    """Header, sections, symbols and relocations of an image."""

    def __init__(self, elf):
        self.head = dict(zip(EHDR_FIELDS, EHDR.unpack_from(elf)))
        heads = [SHDR.unpack_from(elf, self.head["shoff"] + 64 * i)
                 for i in range(self.head["shnum"])]
        names = heads[self.head["shstrndx"]][4]
        self.sections = []
        for head in heads:
            start = names + head[0]
            name = elf[start:elf.index(b"\0", start)].decode()
            end = head[4] + (0 if head[1] in (0, NOBITS) else head[5])
            self.sections.append(Section(name, head, elf[head[4]:end]))
        self.behind_sections = b""  # before the section headers
        self.behind = b""  # after all
        self.forced = {}  # of the header
        self.names = None  # of .shstrtab

    def section(self, name):
        return next(s for s in self.sections if s.name == name)

    def index(self, name):
        return self.sections.index(self.section(name))

    # ---- tables ----

    def symbols(self):
        table = self.section(".symtab").body
        return [list(SYM.unpack_from(table, at))
                for at in range(0, len(table), SYM.size)]

    def set_symbols(self, symbols):
        self.section(".symtab").body = bytearray(
            b"".join(SYM.pack(*s) for s in symbols))

    def symbol(self, index, **change):
        """Fields are name, info, other, shndx, value, size."""
        fields = ("name", "info", "other", "shndx", "value", "size")
        symbols = self.symbols()
        for key, value in change.items():
            symbols[index][fields.index(key)] = value
        self.set_symbols(symbols)

    def symbol_names(self):
        return [n.decode("latin-1") for n in
                bytes(self.section(".strtab").body).split(b"\0")[:-1]]

    def set_symbol_names(self, names):
        """One for each symbol that has one, in order."""
        symbols = self.symbols()
        strtab, at = b"\0", 3
        for name in names:
            symbols[at][0] = len(strtab)
            strtab += name.encode("latin-1") + b"\0"
            at += 1
        self.section(".strtab").body = bytearray(strtab)
        self.set_symbols(symbols)

    def rename(self, old, new):
        """A symbol; imports stay sorted, and what calls them right."""
        names = self.symbol_names()[1:]
        first = self.section(".symtab").info - 3
        renamed = [new if n == old else n for n in names]
        order = list(range(first)) + sorted(
            range(first, len(names)), key=lambda i: renamed[i].encode(
                "latin-1"))
        moved = {3 + old_at: 3 + at for at, old_at in enumerate(order)}
        symbols = self.symbols()
        self.set_symbols(symbols[:3] + [symbols[3 + i] for i in order])
        self.set_symbol_names([renamed[i] for i in order])
        self.set_relas(".rela.text", [
            [r[0], moved.get(r[1] >> 32, r[1] >> 32) << 32 |
             r[1] & 0xffffffff, r[2]] for r in self.relas(".rela.text")])

    def relas(self, name):
        table = self.section(name).body
        return [list(RELA.unpack_from(table, at))
                for at in range(0, len(table), RELA.size)]

    def set_relas(self, name, relas):
        self.section(name).body = bytearray(
            b"".join(RELA.pack(*r) for r in relas))

    def rela(self, name, index, offset=None, kind=None, sym=None, addend=None):
        relas = self.relas(name)
        r = relas[index]
        r[0] = r[0] if offset is None else offset
        sym = r[1] >> 32 if sym is None else sym
        kind = r[1] & 0xffffffff if kind is None else kind
        r[1] = sym << 32 | kind
        r[2] = r[2] if addend is None else addend
        self.set_relas(name, relas)

    # ---- the file ----

    def build(self):
        names, offsets = bytearray(), []
        for s in self.sections:
            offsets.append(len(names) if s.name_offset is None
                           else s.name_offset)
            if s.name_offset is None:
                names += s.name.encode() + b"\0"
        # No image with two tables of names is put together here.
        self.section(".shstrtab").body = self.names or names
        out = bytearray(64)
        for s in self.sections[1:]:
            step = s.align if 0 < s.align <= 4096 else 1
            out += bytes(-len(out) % step)
            s.at = len(out) if s.offset is None else s.offset
            out += b"" if s.type == NOBITS else s.body
        out += self.behind_sections
        out += bytes(-len(out) % 8)
        shoff = len(out)
        for i, (s, name) in enumerate(zip(self.sections, offsets)):
            size = len(s.body) if s.size is None else s.size
            out += SHDR.pack(name if i else 0, s.type, s.flags, s.addr,
                             s.at if i else 0, size, s.link, s.info, s.align,
                             s.entsize)
        head = dict(self.head, shoff=shoff, shnum=len(self.sections),
                    shstrndx=self.index(".shstrtab"))
        head.update(self.forced)
        out[:64] = EHDR.pack(*(head[f] for f in EHDR_FIELDS))
        return out + self.behind

    def places(self, out):
        """(start, length) of what the content hash takes as zero."""
        for name, marker, skip, length in (
                (".modinfo", b"\0name=vouch_[0-9a-f]{16}", 12, 16),
                (".gnu.linkonce.this_module", b"vouch_[0-9a-f]{16}", 6, 16),
                (".note.vouch.requirements", b"VOUCHREQ", 16, 32),
                (".note.vouch.record", b"VOUCHREC", 0, 264)):
            s = next((s for s in self.sections if s.name == name), None)
            found = re.search(marker, bytes(s.body)) if s else None
            start = s.at + found.start() + skip if found else 0
            if found and start + length <= len(out):
                yield start, length

    def seal(self):
        """The file, with the hash and the name of what it holds."""
        out = self.build()
        places = list(self.places(out))
        if len(places) != 4:
            return bytes(out)
        blank = bytearray(out)
        for start, length in places:
            blank[start:start + length] = bytes(length)
        content = hashlib.sha256(blank).digest()
        digits = content.hex()[:16].encode()
        out[places[0][0]:places[0][0] + 16] = digits
        out[places[1][0]:places[1][0] + 16] = digits
        out[places[2][0]:places[2][0] + 32] = content
        return bytes(out)
