# SPDX-License-Identifier: BSD-2-Clause
"""Abuses of an image's form: its sections, their headers, the file."""

import struct

from abuse_table import END, HEADER, NAME, NUMBER, PLACE
from image_parts import NOBITS, Parts, Section

# Sections that the loader, or what it calls for a new module, acts on.
LOADER_SECTIONS = [
    (".init_array", 14, 3), (".ctors", 1, 3), (".fini_array", 15, 3),
    (".preinit_array", 16, 3),
    ("__ksymtab", 1, 2), ("__ksymtab_gpl", 1, 2),
    ("__ksymtab_strings", 1, 2), ("__kcrctab", 1, 2), ("__kcrctab_gpl", 1, 2),
    ("__param", 1, 2), ("__obsparm", 1, 2), ("__modver", 1, 2),
    ("__versions", 1, 2), ("__ex_table", 1, 2), ("__bug_table", 1, 3),
    ("__dyndbg", 1, 3), ("__dyndbg_classes", 1, 3),
    ("__tracepoints", 1, 3), ("__tracepoints_ptrs", 1, 2),
    ("__tracepoints_strings", 1, 2), ("_ftrace_events", 1, 3),
    ("_ftrace_eval_map", 1, 3), ("__trace_printk_fmt", 1, 3),
    ("__bpf_raw_tp_map", 1, 3), (".BTF", 1, 2), (".BTF_ids", 1, 2),
    ("__jump_table", 1, 3), ("___srcu_struct_ptrs", 1, 2),
    ("_error_injection_whitelist", 1, 3), (".kprobes.text", 1, 6),
    ("_kprobe_blacklist", 1, 3), (".noinstr.text", 1, 6),
    (".printk_index", 1, 2), (".static_call_sites", 1, 3),
    (".static_call.text", 1, 6), (".kunit_test_suites", 1, 3),
    ("__mcount_loc", 1, 2), ("__patchable_function_entries", 1, 3),
    (".altinstructions", 1, 2), (".altinstr_replacement", 1, 6),
    (".smp_locks", 1, 2), (".parainstructions", 1, 2),
    (".retpoline_sites", 1, 2), (".ibt_endbr_seal", 1, 2),
    (".call_sites", 1, 2), (".cfi_sites", 1, 2), ("__kcfi_traps", 1, 2),
    (".orc_unwind", 1, 2), (".orc_unwind_ip", 1, 2), (".orc_header", 1, 2),
    (".data..percpu", 1, 3), (".data", 1, 3), (".bss", NOBITS, 3),
    (".rodata", 1, 2), (".init.text", 1, 6), (".init.data", 1, 3),
    (".exit.text", 1, 6), (".exit.data", 1, 3), (".plt", 1, 6),
    (".init.plt", 1, 6), (".text.ftrace_trampoline", 1, 6),
    (".ref.data", 1, 3), (".data.once", 1, 3),
    (".klp.rela.vmlinux..text", 4, 0x100040), (".klp.sym.x", 1, 2),
    (".gnu.linkonce.this_module", 1, 3), (".modinfo", 1, 2),
    (".text", 1, 6), (".symtab", 2, 0), (".strtab", 3, 0),
    (".note.gnu.build-id", 7, 2), (".note.Linux", 7, 2),
    (".note.gnu.property", 7, 2), (".gnu_lto", 1, 2), ("__gnu_lto", 1, 2),
    (".gnu.version", 0x6fffffff, 2), (".hash", 5, 2), (".dynamic", 6, 3),
    (".group", 17, 0), (".tdata", 1, 0x403), (".debug_info", 1, 0),
    (".discard.text", 1, 6), (".comment", 1, 0x30), ("", 1, 2)]


# ---- sections --------------------------------------------------------------


def added(where, *args, **kw):
    def change(p):
        at = len(p.sections) if where == "behind" else p.index(where)
        p.sections.insert(at, Section.new(*args, **kw))
        shift_links(p, at)
    return change


def shift_links(p, at):
    for s in p.sections:
        s.link += s.link >= at
        s.info += s.type == 4 and s.info >= at


def replaced(victim, name, kind, flags):
    def change(p):
        s = p.section(victim)
        s.name, s.type, s.flags = name, kind, flags
    return change


def section_names(t):
    body = bytes(16)
    for name, kind, flags in LOADER_SECTIONS:
        what = "%s (type %d, flags %#x)" % (name or "a nameless section",
                                            kind, flags)
        t.add(what + " behind all", NUMBER,
              added("behind", name, body, kind, flags))
        t.add(what + " before .text", NUMBER,
              added(".text", name, body, kind, flags))
        if (kind, flags) != (1, 0):
            t.add(what + " in the place of .vouch.data", HEADER,
                  replaced(".vouch.data", name, kind, flags))
        for victim in (".vouch.data", ".return_sites", ".note.vouch.record"):
            t.field("%s called %s" % (victim, name or "nothing"), NAME,
                    victim, name=name)


def section_lists(t):
    for name in ("", ".return_sites", ".rela.return_sites", ".modinfo",
                 ".gnu.linkonce.this_module", ".note.vouch.requirements",
                 ".note.vouch.record", ".vouch.data", ".strtab"):
        def drop(p, name=name):
            at = p.index(name)
            del p.sections[at]
        if name:
            t.add("no " + name, NUMBER, drop)

    def swap(p):
        a, b = p.index(".modinfo"), p.index(".gnu.linkonce.this_module")
        p.sections[a], p.sections[b] = p.sections[b], p.sections[a]
    t.add("two sections in another order", HEADER, swap)

    def shared_names(p):
        p.section(".return_sites").name_offset = 1
    t.add("two sections of one name", NAME, shared_names)

    def name_within(p):
        p.names = b"".join(s.name.encode() + b"\0" for s in p.sections) + \
            b".init_array\0"
    t.add("a further name behind the names", "more names than sections",
          name_within)

    def unended(p):
        p.names = b"".join(s.name.encode() + b"\0" for s in p.sections)[:-1]
    t.add("a name without end", NAME, unended)
    t.add("bytes before the section headers", "bytes before the section",
          lambda p: setattr(p, "behind_sections", b"\xcc" * 64))
    t.add("bytes behind the section headers", END,
          lambda p: setattr(p, "behind", b"\xcc"))
    t.add("a section header more than is counted", END,
          lambda p: setattr(p, "behind", bytes(64)))


def section_fields(t):
    for name in (".text", ".rela.text", ".return_sites",
                 ".rela.return_sites", ".retpoline_sites",
                 ".rela.retpoline_sites", "__ex_table", ".rela__ex_table",
                 ".data..ro_after_init", ".modinfo",
                 ".gnu.linkonce.this_module", ".note.vouch.requirements",
                 ".note.vouch.record", ".vouch.data", ".symtab", ".strtab",
                 ".shstrtab"):
        for bit, what in ((1, "writable"), (2, "allocated"),
                          (4, "executable"), (0x10, "merged"),
                          (0x400, "of a thread"), (0x800, "compressed"),
                          (0x100000, "of a live patch"),
                          (0x200000, "read-only after init"),
                          (1 << 63, "with an unknown flag")):
            def flip(p, name=name, bit=bit):
                p.section(name).flags ^= bit
            t.add("%s flipped: %s" % (name, what), HEADER, flip)
        for key, value in (("type", 0), ("type", 9), ("type", 17),
                           ("type", 18), ("addr", 1), ("addr", 1 << 63),
                           ("align", 3), ("align", 0), ("align", 1 << 40),
                           ("entsize", 7), ("link", 6)):
            t.field("%s with %s %#x" % (name, key, value), HEADER, name,
                    **{key: value})
        if name != ".symtab":
            t.field(name + " with info 9", HEADER, name, info=9)


def overlaps(t):
    names = [".text", ".rela.text", ".return_sites", ".rela.return_sites",
             ".modinfo", ".gnu.linkonce.this_module",
             ".note.vouch.requirements", ".note.vouch.record", ".vouch.data",
             ".symtab", ".strtab", ".shstrtab"]
    for a, b in zip(names, names[1:]):
        def over(p, a=a, b=b):
            p.build()
            p.section(b).offset = p.section(a).at
        t.add("%s over %s" % (b, a), PLACE, over)
    for offset in (0, 8, 64 << 20, 1 << 40, (1 << 64) - 8):
        t.field(".vouch.data at %#x" % offset, PLACE, ".vouch.data",
                offset=offset)
    for size in (1 << 32, 1 << 63, (1 << 64) - 64):
        t.field(".vouch.data of %#x bytes" % size, "larger than the file",
                ".vouch.data", size=size)
        t.field(".data..ro_after_init of %#x bytes" % size,
                "slots: not one for each reference", ".data..ro_after_init",
                size=size)
    t.field("a .text that is larger than the file", "larger than the file",
            ".text", size=1 << 20)
    length = len(Parts(t.good).section(".text").body)
    t.field("a .text that reaches into the next section", PLACE, ".text",
            size=length + 64)
    t.field("half a symbol", "no multiple", ".symtab", size=25)


# ---- header ----------------------------------------------------------------


def headers(t):
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    for at, value in ((0, 0x7e), (4, 1), (5, 2), (6, 2), (7, 3), (8, 1),
                      (15, 1)):
        bad = ident[:at] + bytes([value]) + ident[at + 1:]
        t.head("byte %d of the identification is %d" % (at, value),
               "not a 64-bit", ident=bad)
    for kind in (0, 2, 3, 4, 0xfe00):
        t.head("ELF type %#x" % kind, "not a relocatable file", type=kind)
    t.head("ELF machine 183, with sections of machine 62", NUMBER, machine=183)
    for machine in (0, 3, 40, 243, 247):
        t.head("ELF machine %d" % machine, "of another architecture",
               machine=machine)
    t.head("ELF version 2", "not a relocatable file", version=2)
    for key, value in (("entry", 64), ("phoff", 64), ("flags", 1),
                       ("ehsize", 52), ("phentsize", 56), ("phnum", 1),
                       ("shentsize", 40)):
        t.head("ELF header with %s %d" % (key, value),
               "ELF header holds what no image has", **{key: value})
    for number in (0, 1, 13, 15, 0xffff):
        t.head("%d sections counted" % number, NUMBER, shnum=number)
    for index in (0, 6, 12, 14, 0xffff):
        t.head("names in section %d" % index, NUMBER, shstrndx=index)
    for shoff in (0, 64, 1 << 40, (1 << 64) - 64, (1 << 64) - 896):
        t.head("section headers at %#x" % shoff, END, shoff=shoff)

    def extended(p):
        p.forced.update(shnum=0, shstrndx=0xffff)
        p.sections[0].size, p.sections[0].link = 14, 13
    t.add("sections counted in the null section", NUMBER, extended)

    def null_used(p):
        p.sections[0].flags = 2
    t.add("a null section that is used", "null section is not zero",
          null_used)


# ---- the file --------------------------------------------------------------


def whole_files(t):
    signed = t.good + bytes(500) + struct.pack(
        ">BBBBBxxxI", 0, 0, 2, 0, 0, 500) + b"~Module signature appended~\n"
    t.add("an image with a signature behind it", END, lambda p: signed)
    t.add("an image behind an image", END, lambda p: t.good + t.good)
    t.add("nothing", "size out of range", lambda p: b"")
    t.add("a text", "not a 64-bit", lambda p: b"sign this text " * 100)
    t.add("a header alone", "section headers are", lambda p: t.good[:64])
    for at in range(0, len(t.good), 257):
        t.add("an image cut at byte %d" % at,
              "size out of range" if at < 64 else END,
              lambda p, at=at: t.good[:at])


def changed_content(t):
    for name in (".text", ".rela.text", ".vouch.data",
                 ".note.vouch.requirements"):
        def flip(p, name=name):
            out = bytearray(p.seal())
            s = p.section(name)
            # Programs' starting values, the object's hash, int3 or calls.
            at = s.at + (24 + 48 if name.startswith(".note") else 1)
            out[at] ^= 1
            return bytes(out)
        t.add("a changed byte of " + name,
              "relocation" if name == ".rela.text" else "content hash", flip)
