# SPDX-License-Identifier: BSD-2-Clause
"""Abuses of what stands in an image's sections."""

import struct

from abuse_table import HEADER, NUMBER
from image_parts import Parts, Section

PC32, PLT32 = 2, 4

# Tags that the loader, depmod, modprobe or sysfs act on.
TAGS = ["intree=Y", "staging=Y", "livepatch=Y", "test=Y", "retpoline=Y",
        "license=GPL", "license=Proprietary", "alias=net-pf-31",
        "alias=pci:v*d*sv*sd*bc*sc*i*", "softdep=pre: other",
        "softdep=post: other", "weakdep=other", "depends=", "depends=other",
        "import_ns=VOUCH", "import_ns=CRYPTO_INTERNAL", "name=vouch_target",
        "name=other", "vermagic=6.1.0", "version=1", "srcversion=0",
        "parm=x:y", "parmtype=x:int", "firmware=f", "scmversion=1",
        "async_probe=1", "author=me", "description=d", "sig_id=PKCS#7",
        "=", "x", ""]

SYMBOLS = ["init_module", "cleanup_module", "__this_module", "__mod_init",
           "__mod_device_table", "__ksymtab_p0", "__crc_p0", "__kstrtab_p0",
           "__start___jump_table", "__fentry__", "__mcount_loc",
           "__SCT__p0", "__SCK__p0", "__cfi_p0_main", "__kcfi_typeid_p0",
           "__pfx_p0_main", "_GLOBAL_OFFSET_TABLE_", "__gnu_lto_v1",
           "___srcu_struct_ptrs", ".klp.sym.vmlinux.x,0", "__tracepoint_p0",
           "__initcall__p0", "__param_p0", "p_main", "p0", "p0main", "q0_main",
           "p0_main.cold", "p0_\xe9", "p0 main", "main", "$x", "L0", ".L0"]

IMPORTS = ["_printk", "commit_creds", "prepare_kernel_cred",
           "call_usermodehelper", "kallsyms_lookup_name", "__fentry__",
           "__x86_indirect_thunk_rax", "srso_return_thunk",
           "__x86_return_thunk2", "retbleed_return_thunk", "mcount",
           "_GLOBAL_OFFSET_TABLE_", "__gnu_lto_slim", "vouch_target_admit",
           "vouch_", "bpf_map_lookup", "Vouch_bpf_map_lookup",
           ".klp.sym.vmlinux._printk,0"]
FOREIGN = ["vouch_bpf_", "vouch_bpf_nothing", "vouch_bpf_map_lookup2",
           "vouch_bpf_map_looku", "vouch_bpf_MAP_LOOKUP",
           "vouch_bpf_map_lookup.part.0"]


# ---- modinfo ---------------------------------------------------------------


def modinfo(t):
    for tag in TAGS:
        text = tag.encode() + b"\0"

        def behind(p, text=text):
            p.section(".modinfo").body += text

        def before(p, text=text):
            s = p.section(".modinfo")
            s.body = bytearray(text) + s.body

        def through_licence(p, text=text):
            s = p.section(".modinfo")
            at = s.body.index(b"\0") + 1
            s.body[at:at] = text
        t.add("tag '%s' behind the others" % tag, "a tag that no image has",
              behind)
        t.add("tag '%s' before the others" % tag, "not the tags of an image",
              before)
        t.add("tag '%s' through a NUL in the licence" % tag,
              "not the tags of an image", through_licence)
    for key in (b"license=", b"vermagic=", b"name=", b"depends=",
                b"import_ns="):
        def drop(p, key=key):
            s = p.section(".modinfo")
            tags = bytes(s.body).split(b"\0")[:-1]
            s.body = bytearray(b"".join(x + b"\0" for x in tags
                                        if not x.startswith(key)))
        t.add("no tag " + key.decode(), "not the tags of an image", drop)
    for old, new, reason in (
            (b"license=GPL", b"license=GPL v2", "differs from the require"),
            (b"license=GPL", b"license=Proprietary", "differs from the req"),
            (b"depends=vouch_target", b"depends=other", "not the value"),
            (b"depends=vouch_target", b"depends=vouch_target,x",
             "not the value"),
            (b"depends=vouch_target", b"depends=", "not the value"),
            (b"import_ns=VOUCH", b"import_ns=CRYPTO", "not the value"),
            (b"retpoline=Y", b"retpoline=N", "a tag that no image has"),
            (b"retpoline=Y", b"retpoline=YY", "a tag that no image has"),
            (b"name=vouch_", b"name=vouch-", "not the value"),
            (b"name=vouch_", b"name=vouch_0", "not the value"),
            (b"vermagic=", b"vermagic=x", "differs from the requirements")):
        def put(p, old=old, new=new):
            s = p.section(".modinfo")
            s.body = bytearray(bytes(s.body).replace(old, new, 1))
        t.add("%s for %s" % (new.decode(), old.decode()), reason, put)

    def unended(p):
        del p.section(".modinfo").body[-1:]
    t.add("a last tag without end", "a tag that no image has", unended)


def manifest(t):
    """A NUL in a text must not hide anything behind it."""
    def write(section, at, data):
        def change(p):
            p.section(section).body[24 + at:24 + at + len(data)] = data
        return change
    head = 544  # struct vouch_requirements, then a program, then maps
    for what, at in (("vermagic", 144 + 120), ("licence", 272 + 20),
                     ("verifier's release", 304 + 60),
                     ("CPU model", 368 + 60)):
        t.add("a tag behind a NUL in the %s" % what,
              "a text is not NUL-padded",
              write(".note.vouch.requirements", at, b"x=y\0"))
    t.add("a licence of two lines", "a text is not NUL-padded",
          write(".note.vouch.requirements", 272, b"GPL\nintree=Y"))
    for what, at in (("a program's name", head), ("a map's name",
                                                  head + 152)):
        t.add("a NUL within " + what, "name is not a name",
              write(".note.vouch.requirements", at + 60, b"x"))
        t.add("a blank within " + what, "name is not a name",
              write(".note.vouch.requirements", at + 1, b" "))
    t.add("a record that is filled in", "already has a record",
          write(".note.vouch.record", 24, struct.pack("<Q", 9)))
    t.add("a slot in the record", "already has a record",
          write(".note.vouch.record", 40, b"edge\0\0\0\0"))
    t.add("a submitter in the record", "already has a record",
          write(".note.vouch.record", 72, b"me"))
    for name, kind in ((".note.vouch.requirements", "requirements"),
                       (".note.vouch.record", "record")):
        def rename(p, name=name):
            p.section(name).body[12:17] = b"Linux"

        def longer(p, name=name):
            p.section(name).body += bytes(8)

        def another(p, name=name):
            p.section(name).body *= 2
        t.add("the %s of another owner" % kind, kind + ": not a note", rename)
        t.add("bytes behind the note of the " + kind, kind + ": not a note",
              longer)
        t.add("a second note behind the " + kind, kind + ": not a note",
              another)


# ---- struct module ---------------------------------------------------------


def this_module(t, facts):
    size = facts["module.size"]
    name = facts["module.name.offset"]
    offsets = {"init": facts["module.init.offset"],
               "exit": facts["module.exit.offset"], "state": 0, "list": 8,
               "the end": size - 1, "what is behind the name": name + 56}
    for what, at in offsets.items():
        def poke(p, at=at):
            p.section(".gnu.linkonce.this_module").body[at] = 0x10
        t.add("a struct module that sets " + what,
              "does not hold an image's name" if at < name
              else "holds more than the name", poke)

    def second(p):
        p.section(".gnu.linkonce.this_module").body[name + 22:name + 26] = \
            b"\0abc"
    t.add("a text behind the module's name", "holds more than the name",
          second)

    def other(p):
        p.section(".gnu.linkonce.this_module").body[name:name + 22] = \
            b"vouch_target\0\0\0\0\0\0\0\0\0\0"
    t.add("a module called vouch_target", "does not hold an image's name",
          other)
    for length in (0, 64, 16385):
        def resize(p, length=length):
            s = p.section(".gnu.linkonce.this_module")
            s.body = s.body[:length] + bytes(max(0, length - len(s.body)))
        t.add("a struct module of %d bytes" % length,
              "size out of range", resize)
    for at, what in ((facts["module.init.offset"], "init"),
                     (facts["module.exit.offset"], "exit")):
        def relocate(p, at=at):
            p.section(".rela.return_sites").info = 7
            p.set_relas(".rela.return_sites", [[at, 3 << 32 | 1, 0]])
        t.add("a relocation that sets %s" % what, HEADER, relocate)

        def third(p, at=at):
            s = Section.new(".rela.gnu.linkonce.this_module", struct.pack(
                "<QQq", at, 3 << 32 | 1, 0), 4, 0x40)
            s.link, s.info, s.entsize = 11, 7, 24
            p.sections.append(s)
        t.add("a relocation section that sets " + what, NUMBER, third)


# ---- symbols ---------------------------------------------------------------


def symbols(t):
    for name in SYMBOLS:
        plain = name.isascii() and " " not in name
        t.add("a function called " + ascii(name),
              "a function has a name that the linker" if plain
              else "a name is not where it must be",
              lambda p, name=name: p.rename("p0_main", name))
    for name in IMPORTS:
        t.add("an import of " + name, "an import that no image may have",
              lambda p, name=name: p.rename("vouch_bpf_map_lookup", name))
    for name in FOREIGN:
        t.add("an import of %s from the namespace" % name,
              "it imports what is no helper",
              lambda p, name=name: p.rename("vouch_bpf_map_lookup", name))
    first = 5  # import
    for what, change in (
            ("weak", {"info": 0x20}), ("a function", {"info": 0x12}),
            ("defined in .text", {"shndx": 1}),
            ("an absolute value", {"shndx": 0xfff1}),
            ("common", {"shndx": 0xfff2}),
            ("of a live patch", {"shndx": 0xff20}),
            ("hidden", {"other": 2}), ("with a value", {"value": 8}),
            ("with a size", {"size": 8}), ("unique", {"info": 0xa0})):
        t.add("an import that is " + what, "a global symbol is no import",
              lambda p, change=change: p.symbol(first, **change))
    for what, change in (
            ("global", {"info": 0x12}), ("an object", {"info": 1}),
            ("a file", {"info": 4}), ("in .vouch.data", {"shndx": 14}),
            ("in .modinfo", {"shndx": 10}), ("undefined", {"shndx": 0}),
            ("absolute", {"shndx": 0xfff1}), ("common", {"shndx": 0xfff2}),
            ("of a live patch", {"shndx": 0xff20}),
            ("an ifunc", {"info": 10})):
        t.add("a function that is " + what, "a local symbol is no function",
              lambda p, change=change: p.symbol(3, **change))
    for what, change in (
            ("outside .text", {"value": 1 << 20}),
            ("of huge size", {"size": 1 << 63}), ("empty", {"size": 0}),
            ("within an instruction", {"value": 1}),
            ("before the first", {"value": (1 << 64) - 16})):
        t.add("a function " + what, "a function is not where it must be",
              lambda p, change=change: p.symbol(3, **change))

    def fourth(p):
        p.set_symbols(p.symbols() + [[0, 0x10, 0, 0, 0, 0]])
    t.add("a symbol more", "a name is not where it must be", fourth)
    for index in (1, 2):
        t.add("section symbol %d of another section" % index,
              "section symbols are not as they must be",
              lambda p, index=index: p.symbol(index, shndx=7))
    for info in (0, 3, 99, 1 << 31):
        t.field("first import is symbol %d" % info,
                "symtab: not the symbols of an image", ".symtab", info=info)
    t.field("a function counted as import", "a global symbol is no import",
            ".symtab", info=4)
    t.field("an import counted as function", "a local symbol is no function",
            ".symtab", info=6)

    def hidden(p):
        p.section(".strtab").body += b"init_module\0"
    t.add("a name of no symbol", "more names than symbols", hidden)


# ---- relocations -----------------------------------------------------------


def relocations(t):
    length = len(Parts(t.good).section(".text").body)
    for offset in (length - 3, length, 1 << 20, 1 << 32, 1 << 63,
                   (1 << 64) - 2, (1 << 64) - 4):
        t.add("the last relocation at %#x" % offset,
              "relocation: not where it must be",
              lambda p, o=offset: p.rela(".rela.text", -1, offset=o))
        t.add("a return site at %#x" % offset,
              "return sites: not those of the code",
              lambda p, o=offset: p.rela(".rela.return_sites", 0, offset=o))
    for kind in range(43):
        if kind in (PC32, PLT32):
            continue
        t.add("a relocation of type %d" % kind,
              "not to a function" if kind == 1 else "a type that no image has",
              lambda p, kind=kind: p.rela(".rela.text", 0, kind=kind))
        t.add("a return site of type %d" % kind, "return sites: not those",
              lambda p, kind=kind: p.rela(".rela.return_sites", 0, kind=kind))
    for sym in (0, 1, 3, 5, 99, 0xffffffff):
        t.add("a load from symbol %d" % sym, "relocation: not to a slot",
              lambda p, sym=sym: p.rela(".rela.text", 0, sym=sym))
    for sym in (0, 1, 2, 3, 4, 8, 99, 0xffffffff):
        t.add("a call of symbol %d" % sym, "relocation: not to an import",
              lambda p, sym=sym: p.rela(".rela.text", 1, sym=sym))
    for sym in (0, 2, 3, 5, 99):
        t.add("a return site at symbol %d" % sym, "return sites: not those",
              lambda p, sym=sym: p.rela(".rela.return_sites", 0, sym=sym))
    for addend in (-12, -5, -3, 0, 3, 4, 12, 1 << 40, -1 << 63, (1 << 63) - 4):
        if addend == 4:
            continue
        t.add("a load of slot at %d" % addend, "relocation: not to a slot",
              lambda p, a=addend: p.rela(".rela.text", 0, addend=a))
    for addend in (-5, -3, 0, 1, 1 << 31):
        t.add("a call %d beside its import" % addend,
              "relocation: not to an import",
              lambda p, a=addend: p.rela(".rela.text", 1, addend=a))
    for addend in (-1, 0, 1 << 40):
        t.add("a return site at %d in .text" % addend,
              "return sites: not those",
              lambda p, a=addend: p.rela(".rela.return_sites", 0, addend=a))

    def reorder(p):
        relas = p.relas(".rela.text")
        p.set_relas(".rela.text", [relas[1], relas[0]] + relas[2:])
    t.add("relocations out of order", "relocation: not where it must be",
          reorder)

    def twice(p):
        relas = p.relas(".rela.text")
        p.set_relas(".rela.text", [relas[0]] + relas)
    t.add("a relocation twice", "relocation: not where it must be", twice)

    def prepared(p):
        at = p.relas(".rela.text")[1][0]
        p.section(".text").body[at] = 1
    t.add("a field that is not zero", "its field is not zero", prepared)

    def no_sites(p):
        p.section(".return_sites").body = bytearray()
        p.section(".rela.return_sites").body = bytearray()
    t.add("returns without return sites", "return sites: not those", no_sites)

    def more_sites(p):
        p.section(".return_sites").body += bytes(4)
        relas = p.relas(".rela.return_sites")
        p.set_relas(".rela.return_sites", relas +
                    [[8, relas[0][1], relas[0][2]]])
    t.add("a return site more than returns", "return sites: more than",
          more_sites)

    def no_jump(p):
        at = p.relas(".rela.return_sites")[0][2]
        p.section(".text").body[at] = 0xe8
    t.add("a return site at a call", "return sites: not those", no_jump)
