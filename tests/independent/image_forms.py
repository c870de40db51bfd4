# SPDX-License-Identifier: BSD-2-Clause
"""What images of an architecture are made of, after the prose of
common/image.h: for the independent reader and the independent writer."""

import struct
from collections import namedtuple

NOBITS = 8
# By name: type, flags, link, info, alignment, size of an entry. Of .symtab the
# info says where its imports begin.
KINDS = {
    "": (0, 0, "", "", 0, 0),
    ".text": (1, 6, "", "", 64, 0),
    ".rela.text": (4, 0x40, ".symtab", ".text", 8, 24),
    ".return_sites": (1, 2, "", "", 4, 0),
    ".rela.return_sites": (4, 0x40, ".symtab", ".return_sites", 8, 24),
    ".retpoline_sites": (1, 2, "", "", 4, 0),
    ".rela.retpoline_sites": (4, 0x40, ".symtab", ".retpoline_sites", 8, 24),
    ".plt": (NOBITS, 6, "", "", 4, 0),
    ".init.plt": (NOBITS, 6, "", "", 4, 0),
    ".text.ftrace_trampoline": (NOBITS, 6, "", "", 4, 0),
    "__ex_table": (1, 2, "", "", 4, 0),
    ".rela__ex_table": (4, 0x40, ".symtab", "__ex_table", 8, 24),
    ".data..ro_after_init": (NOBITS, 3, "", "", 8, 0),
    ".modinfo": (1, 2, "", "", 1, 0),
    ".gnu.linkonce.this_module": (1, 3, "", "", 64, 0),
    ".note.vouch.requirements": (7, 0, "", "", 8, 0),
    ".note.vouch.record": (7, 0, "", "", 8, 0),
    ".vouch.data": (1, 0, "", "", 8, 0),
    ".symtab": (2, 0, ".strtab", None, 8, 24),
    ".strtab": (3, 0, "", "", 1, 0),
    ".shstrtab": (3, 0, "", "", 1, 0),
}
OF_X86 = [".return_sites", ".rela.return_sites", ".retpoline_sites",
          ".rela.retpoline_sites"]
OF_ARM64 = [".plt", ".init.plt", ".text.ftrace_trampoline"]
SLOTS = ".data..ro_after_init"


class Form(namedtuple("Form", "number machine names call slot table wide "
                      "addend fault_shift assemble")):
    """@call, @slot, @table, @wide: types of relocations; @wide is of eight
    bytes. @addend: of a call. @fault_shift: of the register in the third word
    of an exception. @assemble: a command."""

    __slots__ = ()

    def index(self, name):
        return self.names.index(name)

    def sections(self):
        """As section headers have it: name, type, flags, link, info, align,
        entsize."""
        out = []
        for name in self.names:
            kind, flags, link, info, align, entsize = KINDS[name]
            out.append((name, kind, flags, self.index(link),
                        None if info is None else self.index(info), align,
                        entsize))
        return out

    def emptied(self, kind, word):
        """A field of .text before it is relocated: the instruction's part
        that stays."""
        if self.machine == 62:
            return bytes(8 if kind == self.wide else 4)
        insn, = struct.unpack("<I", word[:4])
        return struct.pack("<I", 0x94000000 if kind == self.call else
                           insn & 0xff00001f)


def _names(own):
    return [n for n in KINDS if n not in OF_X86 + OF_ARM64 or n in own]


X86 = Form(1, 62, _names(OF_X86), 4, 2, 2, 1, -4, 8, ["as", "--64"])
ARM64 = Form(2, 183, _names(OF_ARM64), 283, 273, 261, None, 0, 21,
             ["clang", "--target=aarch64-linux-gnu", "-c", "-x", "assembler"])
BY_NUMBER = {form.number: form for form in (X86, ARM64)}
BY_MACHINE = {form.machine: form for form in (X86, ARM64)}
BY_NAME = {"x86_64": X86, "arm64": ARM64}
