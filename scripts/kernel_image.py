# SPDX-License-Identifier: BSD-2-Clause
"""Images of kernels: ELF, or flat as arm64 boots them."""

import struct

# In the head of a flat image of arm64.
FLAT, FLAT_AT = b"ARM\x64", 56


class Unknown(Exception):
    """What was looked for and is not there."""


def is_flat(image):
    return image[FLAT_AT:FLAT_AT + len(FLAT)] == FLAT


def sections(elf):
    """(name, type, bytes) of each section."""
    if elf[:6] != b"\x7fELF\x02\x01":
        raise Unknown("an ELF file of 64 bits")
    offset, = struct.unpack_from("<Q", elf, 40)
    size, count, names = struct.unpack_from("<HHH", elf, 58)
    heads = [struct.unpack_from("<IIQQQQ", elf, offset + i * size)
             for i in range(count)]
    names_at = heads[names][4]
    for name, kind, _, _, at, length in heads:
        start = names_at + name
        yield elf[start:elf.index(b"\0", start)], kind, elf[at:at + length]
