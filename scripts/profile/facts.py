# SPDX-License-Identifier: BSD-2-Clause
"""Facts of a target's kernel: numbers, options, names."""

import os
import re
import struct

from tree import ROOT, fail

FACT = struct.Struct("<64sQ")
MITIGATIONS = {"retpoline": "CONFIG_RETPOLINE", "rethunk": "CONFIG_RETHUNK",
               "ibt": "CONFIG_X86_KERNEL_IBT", "kcfi": "CONFIG_CFI_CLANG",
               "sls": "CONFIG_SLS"}


def sections(data):
    """(name, type, bytes) of each section of a 64-bit little-endian ELF."""
    shoff, = struct.unpack_from("<Q", data, 0x28)
    shnum, shstrndx = struct.unpack_from("<HH", data, 0x3c)
    heads = [struct.unpack_from("<IIQQQQIIQQ", data, shoff + 64 * i)
             for i in range(shnum)]
    names = heads[shstrndx][4]
    for h in heads:
        start = names + h[0]
        yield (data[start:data.index(b"\0", start)].decode(), h[1],
               data[h[4]:h[4] + h[5]])


def section(path, wanted):
    with open(path, "rb") as f:
        for name, _, body in sections(f.read()):
            if name == wanted:
                return body
    return fail("%s has no section %s" % (path, wanted))


def numbers(table):
    return {name.rstrip(b"\0").decode(): value
            for name, value in FACT.iter_unpack(table)}


def names(table):
    return sorted(set(table.decode().split("\0")) - {""})


def compiled(tree, tmp, without):
    """What gen/facts.c, compiled with the target's tree, says."""
    obj = tree.compile(tmp, "facts",
                       [os.path.join(ROOT, "target-driver/gen/facts.c")],
                       " ".join(["-I" + os.path.join(ROOT, "target-driver")] +
                                ["-DVOUCH_WITHOUT_" + n for n in without]))
    return {
        "facts": numbers(section(obj, ".vouch.facts")),
        "kconfig": numbers(section(obj, ".vouch.kconfig")),
        "vermagic": section(obj, ".vouch.vermagic").rstrip(b"\0").decode(),
        "prog_types": names(section(obj, ".vouch.prog_types")),
        "map_types": names(section(obj, ".vouch.map_types")),
        "hooks": names(section(obj, ".vouch.hooks")),
        "helpers": names(section(obj, ".vouch.helpers")),
    }


def kconfig(tree):
    """The options that are set, a line each."""
    lines = [line for line in tree.read(".config").split("\n")
             if re.match(r"CONFIG_\w+=", line)]
    return "".join(line + "\n" for line in lines).encode()


def build_id(tree):
    """Of the kernel, if it was built there; a prepared tree has none."""
    if not tree.has("vmlinux"):
        return None
    with open(os.path.join(tree.kdir, "vmlinux"), "rb") as f:
        for _, kind, body in sections(f.read()):
            at = body.find(b"\4\0\0\0\x14\0\0\0\3\0\0\0GNU\0")
            if kind == 7 and at >= 0:
                return body[at + 16:at + 36].hex()
    return None


def tracepoints(tree):
    """Those that the kernel has, if it was built there."""
    if not tree.has("System.map"):
        return []
    return sorted(re.findall(r" __tracepoint_(\w+)$",
                             tree.read("System.map"), re.M))


def symbol_crcs(tree, config):
    """Of the exports; they mean something with MODVERSIONS alone."""
    if b"\nCONFIG_MODVERSIONS=y\n" not in config:
        return {}
    rows = [line.split("\t") for line in
            tree.read("Module.symvers").splitlines()]
    return {row[1]: int(row[0], 16) for row in rows if len(row) > 1}


def collect(tree, tmp, without):
    """The JSON part's members."""
    config = kconfig(tree)
    return {
        "schema_version": 1,
        "arch": tree.arch(),
        "release": tree.read("include/config/kernel.release").strip(),
        "target_abi": 1,
        "build_id": build_id(tree),
        "tracepoints": tracepoints(tree),
        "symbol_crcs": symbol_crcs(tree, config),
        "mitigations": {name: "\n%s=y\n" % option in config.decode()
                        for name, option in MITIGATIONS.items()},
        **compiled(tree, tmp, without),
    }
