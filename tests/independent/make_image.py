#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""An independent writer of images, from assembler text and a description.

It follows the prose of common/image.h and common/manifest.h and shares no
code with the signer. Tests use it to make images without a verifier VM, good
ones and bad ones.

The text defines functions (.type NAME, @function; .size) and returns by
"jmp __x86_return_thunk", calls imports by name, and loads pointers from
"slots + 8 * N(%rip)", functions' addresses by movabs. What may fault is in
__ex_table, as the kernel writes it. On arm64 it returns by ret and loads
pointers by "ldr xN, slots + 8 * N".
"""

import hashlib
import os
import struct
import subprocess
import tempfile

from image_forms import BY_NAME, BY_NUMBER, SLOTS, X86

THUNK = "__x86_return_thunk"
INDIRECT = "__x86_indirect_thunk_rcx"
MAGIC = b"~Module signature appended~\n"

MAP_TYPES = {"hash": 1, "array": 2, "prog_array": 3, "perf_event_array": 4,
             "percpu_hash": 5, "percpu_array": 6, "stack_trace": 7,
             "cgroup_array": 8, "lru_hash": 9, "lru_percpu_hash": 10,
             "lpm_trie": 11, "devmap": 14, "cpumap": 16, "queue": 22,
             "stack": 23, "devmap_hash": 25, "ringbuf": 27,
             "bloom_filter": 30, "array_of_maps": 12,
             "hash_of_maps": 13}
FROZEN, PINNED, INTERNAL, LOCK = 1, 2, 4, 8
XDP_TYPE, XDP_ATTACH = 6, 37
RETHUNK, RETPOLINE = 1, 2


def align(n, a):
    return (n + a - 1) // a * a


def pad(data, size):
    if len(data) > size:
        raise ValueError("does not fit: %r" % data)
    return data + bytes(size - len(data))


def text(s, size):
    return pad(s.encode(), size)


class Object:
    """What the assembler made: code, functions and relocations."""

    def __init__(self, source, form=X86):
        with tempfile.TemporaryDirectory() as tmp:
            path = os.path.join(tmp, "code.o")
            subprocess.run(form.assemble + ["-o", path, "-"], check=True,
                           input=source.encode())
            self.data = open(path, "rb").read()
        self.read_sections()
        self.read_symbols()
        self.code = bytearray(self.bytes_of(".text"))
        self.relocs = [self.reloc(r) for r in struct.iter_unpack(
            "<QQq", self.bytes_of(".rela.text"))]
        self.relocs.sort(key=lambda r: r[0])
        self.faults = bytearray(self.bytes_of("__ex_table"))
        self.fault_relocs = sorted(
            (self.reloc(r) for r in struct.iter_unpack(
                "<QQq", self.bytes_of(".rela__ex_table"))),
            key=lambda r: r[0])

    def read_sections(self):
        shoff, = struct.unpack_from("<Q", self.data, 0x28)
        num, shstrndx = struct.unpack_from("<HH", self.data, 0x3c)
        heads = [struct.unpack_from("<IIQQQQIIQQ", self.data, shoff + 64 * i)
                 for i in range(num)]
        self.sections = {}
        for h in heads:
            name = self.string(heads[shstrndx][4] + h[0])
            self.sections[name] = self.data[h[4]:h[4] + h[5]]

    def string(self, start):
        return self.data[start:self.data.index(b"\0", start)].decode()

    def bytes_of(self, name):
        return self.sections.get(name, b"")

    def read_symbols(self):
        strtab = self.bytes_of(".strtab")
        self.symbols, self.functions = [], []
        for s in struct.iter_unpack("<IBBHQQ", self.bytes_of(".symtab")):
            name = strtab[s[0]:strtab.index(b"\0", s[0])].decode()
            self.symbols.append(name)
            if s[1] & 0xf == 2:
                self.functions.append((s[4], s[5], name))
        self.functions.sort()

    def reloc(self, r):
        return r[0], r[1] & 0xffffffff, self.symbols[r[1] >> 32], r[2]


class Image:
    """An image of one object; change attributes, then call sign()."""

    def __init__(self, profile, source, progs, maps=(), slots=(), **kwargs):
        self.profile, self.profile_id = profile
        self.progs, self.maps, self.slots = progs, maps, slots
        self.slot, self.epoch, self.sequence = "edge", 1, 1
        self.license = "GPL"
        self.arch = BY_NAME[self.profile.get("arch", "x86_64")].number
        self.features = RETHUNK | RETPOLINE
        self.target_abi = 1
        self.vermagic = self.profile["vermagic"]
        self.module_size = self.profile["facts"]["module.size"]
        self.array_value, self.map_max_entries, self.htab_key = 336, 36, 48
        self.prog_func, self.lru_ref = 48, 35
        self.name = None
        self.content = None
        self.instance = 0
        self.extra_modinfo = b""
        self.extra_sections = []  # name, flags, bytes
        for key, value in kwargs.items():
            if not hasattr(self, key):
                raise AttributeError(key)
            setattr(self, key, value)
        self.form = BY_NUMBER[self.arch]
        if self.form is not X86 and "features" not in kwargs:
            self.features = 0
        self.obj = Object(source, self.form)
        self.starts = {f[2]: f[0] for f in self.obj.functions}
        self.imports = sorted({r[2] for r in self.obj.relocs} - {"slots", ""} -
                              set(self.starts))

    # ---- manifest ----

    def map_data(self):
        data = b"".join(m.get("data", b"") for m in self.maps)
        return data

    def req_prog(self, p):
        start, size = next((f[0], f[1]) for f in self.obj.functions
                           if f[2] == p["function"])
        return struct.pack("<64s64sIIIIII", text(p["name"], 64),
                           text(p.get("section", "xdp"), 64),
                           p.get("type", XDP_TYPE),
                           p.get("attach_type", XDP_ATTACH), start, size,
                           p.get("stack_depth", 16), 0)

    def inner(self):
        return [m["inner"] for m in self.maps if "inner" in m]

    @staticmethod
    def req_maps(maps):
        out, off = b"", 0
        for m in maps:
            n = len(m.get("data", b""))
            kind = m["type"]
            out += struct.pack("<64sIIIIIIIIII", text(m["name"], 64),
                               MAP_TYPES.get(kind, kind), m["key"],
                               m["value"], m["entries"],
                               m.get("map_flags", 0), m.get("flags", 0),
                               off if n else 0, n, m.get("extra", 0), 0)
            off += n
        return out

    def requirements(self, content):
        tables = (b"".join(self.req_prog(p) for p in self.progs) +
                  self.req_maps(self.maps) + self.req_maps(self.inner()) +
                  b"".join(struct.pack("<IIQ", *s) for s in self.slots))
        head = struct.pack(
            "<8sII32s32s32s32s128s32s64s64s20sIIIII" + "IIIIIIIII" + "4xII24x",
            b"VOUCHREQ", 1, 544 + len(tables), content,
            hashlib.sha256(b"object").digest(),
            hashlib.sha256(b"options").digest(), self.profile_id,
            text(self.vermagic, 128), text(self.license, 32),
            text("6.1.0-test", 64), text("handmade", 64), bytes(20), self.arch,
            self.features, 0, self.target_abi, self.instance,
            self.array_value, self.map_max_entries, self.htab_key,
            len(self.progs), len(self.maps), len(self.slots), 0,
            len(self.map_data()), self.prog_func, self.lru_ref,
            len(self.inner()))
        assert len(head) == 544
        return head + tables

    def record(self):
        rec = struct.pack("<8sIIQQII32s64s64s32s32x", b"VOUCHREC", 1, 264,
                          1700000000, self.sequence, self.epoch, 0,
                          text(self.slot, 32), text("test", 64),
                          text("handmade.o", 64), bytes(32))
        assert len(rec) == 264
        return rec

    @staticmethod
    def note(kind, desc):
        n = struct.pack("<III", 6, len(desc), kind) + pad(b"vouch", 12) + desc
        return n + bytes(-len(n) % 8)

    # ---- sections ----

    def modinfo(self, name):
        tags = ["license=" + self.license, "vermagic=" + self.vermagic,
                "name=" + name, "depends=vouch_target", "import_ns=VOUCH"]
        if self.features & RETPOLINE:
            tags.append("retpoline=Y")
        return "".join(t + "\0" for t in tags).encode() + self.extra_modinfo

    def this_module(self, name):
        start = self.profile["facts"]["module.name.offset"]
        m = bytearray(self.module_size)
        m[start:start + len(name)] = name.encode()
        return bytes(m)

    def symbols(self):
        strtab = b"\0"
        syms = bytes(24)
        for section in 1, self.form.index(SLOTS):
            syms += struct.pack("<IBBHQQ", 0, 3, 0, section, 0, 0)
        for start, size, name in self.obj.functions:
            syms += struct.pack("<IBBHQQ", len(strtab), 2, 0, 1, start, size)
            strtab += name.encode() + b"\0"
        for name in self.imports:
            syms += struct.pack("<IBBHQQ", len(strtab), 0x10, 0, 0, 0, 0)
            strtab += name.encode() + b"\0"
        return syms, strtab

    def first_import(self):
        return 3 + len(self.obj.functions)

    def relocations(self):
        relas, sites, form = b"", {THUNK: b"", INDIRECT: b""}, self.form
        for off, kind, sym, addend in self.obj.relocs:
            empty = form.emptied(kind, self.obj.code[off:off + 8])
            self.obj.code[off:off + len(empty)] = empty
            if kind == form.wide:
                relas += struct.pack("<QQq", off, 1 << 32 | kind,
                                     addend + self.starts.get(sym, 0))
                continue
            if sym == "slots":
                relas += struct.pack("<QQq", off, 2 << 32 | form.slot, addend)
                continue
            index = self.first_import() + self.imports.index(sym)
            relas += struct.pack("<QQq", off, index << 32 | form.call, addend)
            if sym in sites:
                sites[sym] += struct.pack("<QQq", len(sites[sym]) // 6,
                                          1 << 32 | form.table, off - 1)
        return relas, sites[THUNK], sites[INDIRECT]

    def fault_relocations(self):
        return b"".join(struct.pack("<QQq", off, 1 << 32 | self.form.table,
                                    addend + self.starts.get(sym, 0))
                        for off, _, sym, addend in self.obj.fault_relocs)

    def build(self, name, content):
        """The ELF file, and the ranges that the content hash skips."""
        relas, returns, retpolines = self.relocations()
        syms, strtab = self.symbols()
        requirements, record = self.requirements(content), self.record()
        sections = self.form.sections()
        sections += [(name, 1, flags, 0, 0, 8, 0)
                     for name, flags, _ in self.extra_sections]
        shstrtab = b"".join(s[0].encode() + b"\0" for s in sections)
        made = {".text": bytes(self.obj.code), ".rela.text": relas,
                ".return_sites": bytes(len(returns) // 6),
                ".rela.return_sites": returns,
                ".retpoline_sites": bytes(len(retpolines) // 6),
                ".rela.retpoline_sites": retpolines,
                "__ex_table": bytes(self.obj.faults),
                ".rela__ex_table": self.fault_relocations(),
                ".modinfo": self.modinfo(name),
                ".gnu.linkonce.this_module": self.this_module(name),
                ".note.vouch.requirements": self.note(1, requirements),
                ".note.vouch.record": self.note(2, record),
                ".vouch.data": self.map_data(), ".symtab": syms,
                ".strtab": strtab, ".shstrtab": shstrtab}
        bodies = [made.get(name, b"") for name in self.form.names]
        bodies += [data for _, _, data in self.extra_sections]
        out, heads, names = bytearray(64), [], 0
        for i, (s, body) in enumerate(zip(sections, bodies)):
            size = 8 * len(self.slots) if s[0] == SLOTS else len(body)
            if i:
                out += bytes(align(len(out), s[5]) - len(out))
            info = self.first_import() if s[4] is None else s[4]
            heads.append([names, s[1], s[2], 0, len(out) if i else 0, size,
                          s[3], info, s[5], s[6]])
            names += len(s[0]) + 1
            out += body
        out += bytes(-len(out) % 8)
        shoff = len(out)
        for h in heads:
            out += struct.pack("<IIQQQQIIQQ", *h)
        out[:64] = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01",
                               1, self.form.machine, 1, 0, 0, shoff, 0, 64, 0,
                               0, 64, len(sections),
                               len(self.form.names) - 1)
        info, module, req, rec = (self.form.index(name) for name in (
            ".modinfo", ".gnu.linkonce.this_module",
            ".note.vouch.requirements", ".note.vouch.record"))
        skip = [(heads[info][4] + bodies[info].index(b"\0name=vouch_") + 12,
                 16),
                (heads[module][4] + bodies[module].index(b"vouch_") + 6, 16),
                (heads[req][4] + 24 + 16, 32),
                (heads[rec][4] + 24, len(record))]
        return out, skip

    def elf(self):
        out, skip = self.build("vouch_" + "0" * 16, bytes(32))
        for start, size in skip:
            out[start:start + size] = bytes(size)
        content = self.content or hashlib.sha256(out).digest()
        name = self.name or "vouch_" + content.hex()[:16]
        self.final_name = name
        return bytes(self.build(name, content)[0])

    def sign(self, key, **kwargs):
        return sign(self.elf(), key, **kwargs)


def sign(elf, key, digest="sha256", options=("-noattr", "-nosmimecap"),
         junk=b""):
    """@key: path without .key and .pem; the rest makes bad signatures."""
    cms = subprocess.run(
        ["openssl", "cms", "-sign", "-binary", "-nocerts", *options,
         "-md", digest, "-outform", "DER", "-signer",
         key + ".pem", "-inkey", key + ".key"], input=elf,
        stdout=subprocess.PIPE, check=True).stdout + junk
    return (elf + cms + struct.pack(">BBBBBxxxI", 0, 0, 2, 0, 0, len(cms)) +
            MAGIC)
