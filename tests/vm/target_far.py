# SPDX-License-Identifier: BSD-2-Clause
"""Modules that fill the area of modules, so that an image that is loaded behind
them is out of a call's reach: on arm64 by 128 MiB.

Each is tests/far-image/far.c once more, with another name and another size of
.bss; none can be loaded before it is signed."""

import os
import struct
import subprocess

SHDR = struct.Struct("<IIQQQQIIQQ")
# How many of which size; the smallest is what a module takes at least.
CLASSES_KIB = [(8192, 32)] + [(4096 >> n, 12) for n in range(8)] + [(4, 36)]
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def headers(data):
    """(place of the header, its name, header) of each section."""
    shoff, = struct.unpack_from("<Q", data, 40)
    count, names = struct.unpack_from("<HH", data, 60)
    heads = [(shoff + 64 * i, SHDR.unpack_from(data, shoff + 64 * i))
             for i in range(count)]
    start = heads[names][1][4]
    for at, head in heads:
        name = start + head[0]
        yield at, data[name:data.index(b"\0", name)].decode(), head


def renamed(good, name, size):
    """The module under another name, of as many letters, with that .bss."""
    data = bytearray(good.replace(b"name=far\0", b"name=" + name + b"\0"))
    assert len(data) == len(good)
    for at, section, head in list(headers(data)):
        if section == ".bss":
            head = head[:5] + (size,) + head[6:]
            SHDR.pack_into(data, at, *head)
        if section == ".gnu.linkonce.this_module":
            start = data.index(b"far\0", head[4])
            data[start:start + len(name)] = name
    return bytes(data)


def make(module, out, sign):
    """@module: the built far.ko; @sign: a command that signs the file that is
    put behind it. OUT gets a file for each, called after its class, from "a" on,
    and its number; its module's name has an "f" before."""
    os.makedirs(out, exist_ok=True)
    with open(module, "rb") as f:
        good = f.read()
    for letter, (kib, count) in zip("abcdefghijklmnop", CLASSES_KIB):
        for digit in DIGITS[:count]:
            path = os.path.join(out, letter + digit + ".ko")
            with open(path, "wb") as f:
                f.write(renamed(good, ("f" + letter + digit).encode(),
                                kib << 10))
            subprocess.run(sign + [path], check=True)
