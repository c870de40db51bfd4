#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Cut the eBPF objects out of programs that carry them in their data.

usage: scripts/corpus/carve.py OUT FILE...

A program built with a libbpf skeleton has its object as a string of bytes in
.rodata. Each ELF64 image for the machine EM_BPF that lies whole in a FILE is
written to OUT as <file's name>.o, a second one as <file's name>-2.o, but for
those of which OUT has the same bytes under another name.
"""

import glob
import os
import struct
import sys

IDENT = b"\x7fELF\x02\x01\x01"
EHDR = struct.Struct("<16sHHIQQQIHHHHHH")
SHDR = struct.Struct("<IIQQQQIIQQ")
ET_REL, EM_BPF, SHT_NOBITS = 1, 247, 8


def image_length(data, at):
    """Bytes of the eBPF object at @at, or 0 where there is none."""
    if at + EHDR.size > len(data):
        return 0
    head = EHDR.unpack_from(data, at)
    kind, machine, shoff, entsize, count = (head[1], head[2], head[6],
                                            head[11], head[12])
    if (kind, machine, entsize) != (ET_REL, EM_BPF, SHDR.size) or not count:
        return 0
    end = shoff + count * entsize
    if at + end > len(data):
        return 0
    for i in range(count):
        section = SHDR.unpack_from(data, at + shoff + i * entsize)
        if section[1] != SHT_NOBITS:
            end = max(end, section[4] + section[5])
    return end if at + end <= len(data) else 0


def carve(data):
    """The eBPF objects in @data, without one that is the file itself."""
    at = data.find(IDENT, 1)
    while at > 0:
        length = image_length(data, at)
        if length:
            yield data[at:at + length]
        at = data.find(IDENT, at + max(length, 1))


def content(path):
    with open(path, "rb") as f:
        return f.read()


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    out = sys.argv[1]
    known = {content(p) for p in glob.glob(os.path.join(out, "*.o"))}
    for path in sys.argv[2:]:
        for i, image in enumerate(carve(content(path))):
            if image in known:
                continue
            known.add(image)
            name = os.path.basename(path) + ("-%d" % (i + 1) if i else "")
            with open(os.path.join(out, name + ".o"), "wb") as f:
                f.write(image)


if __name__ == "__main__":
    main()
