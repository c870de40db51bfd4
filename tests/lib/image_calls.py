# SPDX-License-Identifier: BSD-2-Clause
"""Which of vouch_target's functions each program of an image calls."""

import bisect
import struct

SECTION = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
RELA = struct.Struct("<QQq")
PREFIX = "vouch_bpf_"
FUNC = 2


def text(data, offset):
    return data[offset:data.index(b"\0", offset)].decode()


def sections(data):
    """{name: (offset, size)}"""
    at, = struct.unpack_from("<Q", data, 40)
    n, names = struct.unpack_from("<HH", data, 60)
    heads = [SECTION.unpack_from(data, at + i * SECTION.size)
             for i in range(n)]
    return {text(data, heads[names][4] + h[0]): (h[4], h[5]) for h in heads}


def read(path):
    """{name of a program, which has no _ in it: {what it calls}}"""
    with open(path, "rb") as f:
        data = f.read()
    parts = sections(data)
    start, size = parts[".symtab"]
    symbols = [SYMBOL.unpack_from(data, at)
               for at in range(start, start + size, SYMBOL.size)]
    names = [text(data, parts[".strtab"][0] + s[0]) for s in symbols]
    # A symbol is pNUMBER_PROGRAM, or pNUMBER_PROGRAM_FUNCTION.
    functions = sorted((s[4], (name + "_").split("_")[1])
                       for s, name in zip(symbols, names) if s[1] & 15 == FUNC)
    starts, out = [at for at, _ in functions], {}
    start, size = parts[".rela.text"]
    for at in range(start, start + size, RELA.size):
        offset, info, _ = RELA.unpack_from(data, at)
        name = names[info >> 32]
        if name.startswith(PREFIX):
            where = functions[bisect.bisect_right(starts, offset) - 1][1]
            out.setdefault(where, set()).add(name[len(PREFIX):])
    return out
