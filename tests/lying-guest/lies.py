# SPDX-License-Identifier: BSD-2-Clause
"""The lies, and what the bridge must say of each.

Each list holds (what is done, name of the submission, words of the reason).
The names are what the lying agent and module obey: see agent/lie.h.
"""

import struct

from capture_layout import CALL, CONST, EXIT, MAP, SUBCALL, add

JIT = "not what the JIT of Linux 6.1 emits"


def module(*edits):
    return "m:" + ",".join(edits)


def capture(*edits):
    return "c:" + ",".join(edits)


def references(layout):
    main, other = layout.funcs
    value = main.refs_at + 24 * 3 + 8
    return [
        ("hides the last call", module(other.hide(-1)),
         "function 1.* a reference that the capture does not declare"),
        ("hides a call of its own function", module(main.hide(4)),
         "function 0.* the capture declares another reference here"),
        ("declares a map that is not there",
         capture("16+24", layout.captured[0].declare(MAP, 0)),
         "malformed.*another tag than its"),
        ("declares a call that is not there",
         module(main.declare(SUBCALL, 1)),
         "declares 1 references more than the code holds"),
        ("names a map that there is not",
         capture("%d=ffffffff" % (layout.start + main.ref(0) + 4)),
         "malformed.*a reference to no map's value"),
        ("reaches behind a map's value",
         capture("%d=f8ffffff" % (layout.start + value)),
         "malformed.*a reference to no map's value"),
        ("calls a constant a map",
         capture("%d=%02x" % (layout.start + main.ref(2), CONST)),
         "64-bit constant 0x0 is not the object's"),
        ("exchanges two declared calls",
         module("%d~%d:24" % (other.ref(1), other.ref(3))),
         "the capture declares another reference here"),
    ]


def caught_inside(layout):
    """What the agent itself notices of its module."""
    main = layout.funcs[0]
    return [("declares a map that the agent misses too",
             module(main.declare(MAP, 0)),
             "checking the capture: .*another tag than its")]


# What the machine would carry out, the JIT never writes, and a kernel should
# not meet: mnemonic or other words of the reason, and bytes.
INSTRUCTIONS = [
    ("wrmsr", "0f30", "wrmsr"), ("rdmsr", "0f32", "rdmsr"),
    ("cli", "fa", "cli"), ("sti", "fb", "sti"), ("hlt", "f4", "hlt"),
    ("a move to cr0", "0f22c0", "mov"), ("a move to cr4", "0f22e0", "mov"),
    ("a move to dr7", "0f23f8", "mov"), ("lgdt", "0f0117", "lgdt"),
    ("lidt", "0f011f", "lidt"), ("swapgs", "0f01f8", "swapgs"),
    ("in", "ec", "in"), ("out", "ee", "out"), ("insb", "6c", "insb"),
    ("syscall", "0f05", "syscall"), ("sysret", "480f07", "sysret"),
    ("iretq", "48cf", "iretq"), ("int 0x80", "cd80", "int"),
    ("int3", "cc", "int3"), ("ud2", "0f0b", "ud2"),
    ("popfq", "9d", "popfq"), ("a far return", "cb", "retf"),
    ("an indirect jump", "ffe0", "jmp"),
    ("an indirect call", "ffd0", "call"),
    ("a jump through memory", "ff6700", "jmp"),
    ("a return in the middle", "c3", "ret"),
    ("a write to gs:", "6548895f00", "mov"),
    ("a read from fs:", "64488b5f00", "mov"),
    ("an address without a base", "8b042500000000", "mov"),
    ("an address relative to rip", "488b0500000000", "mov"),
    ("an address with an index", "488b041f", "mov"),
    ("VEX", "c5f877", "vzeroupper"), ("SSE", "0f28c1", "movaps"),
    ("rep", "f3a4", "rep movsb"), ("stosq", "48ab", "stosq"),
    ("lock of another form", "f048ff4000", "lock inc"),
    ("a needless prefix", "3e4889f7", "mov"),
    ("another encoding of mov", "488bf7", "mov"),
    ("a change of rsp", "4889fc", "mov"),
    ("a change of rbp", "4889fd", "the frame pointer is changed"),
    ("a change of r12", "4989fc", "mov"),
    ("a register that was not saved", "4989fd",
     "a register is used that the prologue does not save"),
    ("a push without its pop", "57", "push"),
    ("a pop without its push", "5f", "pop"),
    ("a store above the frame", "48897d08",
     "an access outside the stack frame"),
    ("a store below the frame", "48897d80",
     "an access outside the stack frame"),
    ("an address as a constant", "48bf00000081ffffffff",
     "64-bit constant 0xffffffff81000000 that is not the tag"),
    ("an address of four bytes", "48c7c700000081",
     "32-bit constant 0x81000000 is not the object's"),
]


def instructions(layout):
    main = layout.funcs[0]
    return [("adds " + name, module(main.insert(bytes.fromhex(code))),
             words if "constant" in words else
             r"function 0\+0x\w+: %s: %s" % (words, JIT))
            for name, code, words in INSTRUCTIONS]


def branches(layout):
    main, other = layout.funcs
    nowhere = struct.pack("<i", -0x1000)
    (first, one), (second, two) = other.calls()
    exit_at = other.code_len - EXIT
    away = two - one
    return [
        ("jumps into the middle of an instruction", module(main.insert(b"\xeb\x01")),
         "a branch to where no instruction starts"),
        ("jumps into the prologue", module(main.insert(b"\xeb\xf4")),
         "a branch to where no instruction starts"),
        ("jumps out of the image", module(main.insert(b"\xe9" + nowhere)),
         "a branch to where no instruction starts"),
        ("branches out of the image",
         module(main.insert(b"\x0f\x84" + nowhere)),
         "a branch to where no instruction starts"),
        ("calls out of the image", module(main.insert(b"\xe8" + nowhere)),
         "the capture declares another reference here"),
        ("calls behind a helper's start",
         module("%d+1" % (other.code_at + first + 1)),
         "the capture declares another reference here"),
        ("calls into a function of its own",
         module("%d+11" % (main.code_at + main.code.rindex(b"\xe8") + 1)),
         "declares a call of function 1"),
        ("leaves to another place than a thunk",
         module("%d+16" % (other.code_at + exit_at + 1)),
         "a jump out of the program to .* no return thunk"),
        ("leaves by a plain return", module(other.end_with(b"\xc3")),
         "a plain return, though the verifier VM is said to use return "
         "thunks"),
        ("exchanges the targets of two calls",
         module(add(other.code_at + first + 1, away),
                add(other.code_at + second + 1, -away)),
         "the capture declares another reference here"),
    ]


def shifts(layout):
    main, other = layout.funcs
    return [
        ("shifts a function's entry by a byte",
         module("%d*1" % (other.at + 16)), "declares a call of function 1"),
        ("shifts it by an instruction",
         module("%d*5" % (other.at + 16)), "declares a call of function 1"),
        ("shifts all entries by a byte",
         module("%d*1" % (main.at + 16), "%d*1" % (other.at + 16)),
         "unknown place"),
        ("cuts an entry's first byte off",
         module("%d>1" % other.code_at, "%d!1" % (other.refs_at - 1)),
         "function 1.* the prologue is not the JIT's"),
        ("cuts its first instruction off",
         module("%d>5" % other.code_at, "%d!5" % (other.refs_at - 5)),
         "function 1.* the prologue is not the JIT's"),
        ("exchanges two functions' places",
         module("%d~%d:8" % (main.at + 16, other.at + 16)),
         "declares a call of function 1"),
        ("lets two functions begin at one place",
         module("%d^%d:8" % (other.at + 16, main.at + 16)),
         "functions 0 and 1 overlap"),
        ("lets a function begin at another's last byte",
         module("%d^%d:8" % (other.at + 16, main.at + 16),
                "%d*%d" % (other.at + 16, main.code_len - 1)),
         "functions 0 and 1 overlap"),
        ("states another stack",
         module("%d+8" % (8 + 160)), "the code has one of"),
        ("makes the frame smaller than the accesses",
         module("%d=0100" % (main.code_at + 14)), "odd size"),
        ("denies that it is compiled", module("%d=00" % (8 + 164)),
         "did not JIT"),
        ("says it may fault", capture("%d=01" % (layout.start + 8 + 152)),
         "exception table"),
        ("says it is of another type", module("%d=01" % (8 + 128)),
         "of type socket_filter .* which section xdp of the object is not"),
    ]


def names(layout):
    """What the symbols of the kernel's own image give away."""
    main, other = layout.funcs
    one, two = (layout.sym(name) for name in (
        "__htab_map_lookup_elem", "htab_map_update_elem"))
    moved = [at + 16 for at in (main.at, other.at)] + \
        [at for at, _ in layout.syms] + \
        [other.ref(i) + 8 for i, r in enumerate(other.refs) if r[0] == CALL]
    return [
        ("exchanges the names of two helpers",
         module("%d~%d:64" % (one + 8, two + 8)),
         "the verifier kernel's symbol table has that elsewhere"),
        ("calls one helper by another's name",
         module("%d=%s" % (two + 8, b"htab_map_lookup_elem\0".hex())),
         "htab_map_lookup_elem, but the verifier kernel's symbol table"),
        ("calls its way out by another thunk's name",
         module("%d=%s" % (layout.sym("srso_return_thunk") + 8,
                           b"__x86_return_thunk\0".hex())),
         "__x86_return_thunk, but the verifier kernel's symbol table"),
        ("moves all addresses by a byte",
         capture(*["%d*1" % (layout.start + at) for at in sorted(moved)]),
         "the verifier kernel's symbol table has that elsewhere"),
    ]


def other_helper(layout, linked):
    """A true name, a true place, and yet not what the program calls."""
    other = layout.funcs[1]
    at, _ = other.calls()[1]
    sym = layout.sym("htab_map_update_elem")
    away = linked["htab_map_delete_elem"] - linked["htab_map_update_elem"]
    far = "%%d%s%d" % ("*/"[away < 0], abs(away))
    return [
        ("calls another helper than the object",
         module(add(other.code_at + at + 1, away), far % (other.ref(3) + 8),
                far % sym, "%d=%s" % (sym + 8 + len("htab_map_"),
                                      b"delete".hex())),
         "calls htab_map_delete_elem, for which the object has no call")]


def accesses(layout):
    """What is said of loads from the context."""
    end, start = layout.accesses
    place = layout.insns.index(b"\x79\x12" + end.placed)
    elsewhere = "in its place is not what was to be put there"
    return [
        ("gives an access another number", capture("%d=05" % start.at),
         "what is said to be in its place is not among the instructions"),
        ("tells of an access that is none", capture("%d=b7" % (end.at + 8)),
         "neither load nor store"),
        ("gives a field another size in the kernel",
         capture("%d=04" % (end.at + 36)), elsewhere),
        ("says that a field is loaded from elsewhere",
         capture("%d=18" % (end.at + 42)),
         "what is said to be in its place is not among the instructions"),
        ("says so of the instructions too",
         capture("%d=18" % (end.at + 42),
                 "%d=18" % (layout.insns_at + place + 2)), elsewhere),
        ("claims that a field has parts", capture("%d=04" % (end.at + 16)),
         "has no size in the kernel's structure"),
        ("leaves out the instructions",
         capture("%d>%d" % (layout.insns_at - 8, len(layout.insns) + 8),
                 "12-1", "16-%d" % (len(layout.insns) + 8)),
         "malformed.*no INSNS"),
    ]


def retargeted(layout):
    """Of a load from a task, which the target has elsewhere."""
    access, = layout.accesses
    func = layout.captured[0]
    place = layout.insns.index(access.placed)
    load = func.code.rindex(access.placed + b"\0\0")
    back = access.verified.hex()
    return [
        ("hides a load from a kernel structure", capture(access.hide()),
         "is not told as an access"),
        ("names another structure", capture("%d+1" % (access.at + 20)),
         "no structure with a name|has no|another"),
        ("says that the verifier saw another offset",
         capture("%d+4" % (access.at + 24)),
         "the verifier saw another offset"),
        ("says that it saw another size", capture("%d=08" % (access.at + 28)),
         "the verifier saw another size"),
        ("leaves a replacement out", capture("%d=%s" % (access.at + 42, back)),
         "not what was to be put there|not among the instructions"),
        ("leaves it out of the instructions",
         capture("%d=%s" % (layout.insns_at + place, back)),
         "not among the instructions"),
        ("leaves it out of the machine code",
         capture("%d=%s" % (func.code_at + load, back)),
         "it was replaced, but not in the machine code"),
        ("lets another instruction fault",
         capture("%d+1" % func.exceptions_at), "exception table"),
    ]


def planted(layout, linked):
    """Addresses of the verifier kernel, in what is retargeted for the lab."""
    access, = layout.accesses
    func = layout.funcs[0]
    # Behind the load, whose place the exception table has.
    at = func.code.rindex(access.placed + b"\0\0") + 4
    text = linked["htab_map_update_elem"]
    variables, = layout.maps
    return [
        ("plants a kernel's address", module(func.insert(
            b"\x48\xbf" + struct.pack("<Q", text), at)),
         "64-bit constant 0x%x that is not the tag" % text),
        ("plants the address of a module", module(func.insert(
            b"\x48\xbf" + struct.pack("<Q", 0xffffffffc0201000), at)),
         "64-bit constant 0xffffffffc0201000 that is not the tag"),
        ("plants an address of the direct map", module(func.insert(
            b"\x48\xbf" + struct.pack("<Q", 0xffff888005359800), at)),
         "64-bit constant 0xffff888005359800 that is not the tag"),
        ("plants a kernel's address in four bytes", module(func.insert(
            b"\x48\xc7\xc7" + struct.pack("<I", text & 0xffffffff), at)),
         "32-bit constant 0x%x is not the object's" % (text & 0xffffffff)),
        ("plants a kernel's address in a variable",
         capture("%d=%s" % (variables + 96,
                            struct.pack("<I", text & 0xffffffff).hex())),
         r"map \.bss: it starts with another value in the capture"),
    ]


def not_caught(layout):
    """What docs/threat-model.md says is not defended; without a reason."""
    main, other = layout.funcs
    (first, one), (second, two) = other.calls()
    above = main.code.index(b"\x0f\x87") + 1  # ja, of the packet's end
    load = main.code.index(b"\x48\x8b\x77\x08") + 3  # of the context
    return [
        ("turns a comparison round", module(main.write(above, b"\x86"))),
        ("reads another field", module(main.write(load, b"\x18"))),
        ("exchanges two calls, in code and declaration",
         module(add(other.code_at + first + 1, two - one),
                add(other.code_at + second + 1, one - two),
                "%d~%d:24" % (other.ref(1), other.ref(3)))),
        ("hides a load from the context",
         capture(layout.accesses[1].hide())),
        ("names one map instead of another",
         module("%d=00" % (other.ref(0) + 4))),
    ]


def maps(layout):
    """What the object itself tells otherwise."""
    protocols, sources, constants, variables = layout.maps
    own = "by the object and the options"
    return [
        ("makes a map's values smaller", capture("%d-8" % (sources + 72)),
         "map sources: its value size is 8 in the capture, but 16 " + own),
        ("makes a map's keys larger", capture("%d+4" % (sources + 68)),
         "map sources: its key size is 8 in the capture, but 4 " + own),
        ("makes a map bigger", capture("%d+1" % (protocols + 76)),
         "map protocols: its entries is 257 in the capture, but 256 " + own),
        ("makes another kind of a map", capture("%d=05" % (sources + 64)),
         "map sources: its type is 5 in the capture, but 1 " + own),
        ("gives a map other flags", capture("%d=01" % (sources + 80)),
         "map sources: its flags is 1 in the capture, but 0 " + own),
        ("pins a map", capture("%d=02" % (sources + 84)),
         "map sources: its kind is 2 in the capture, but 0 " + own),
        ("lets a map start with other values",
         capture("%d=07" % (variables + 96)),
         r"map \.bss: it starts with another value in the capture than " +
         own),
        ("changes a constant", capture("%d=07" % (constants + 96)),
         r"map \.rodata: it starts with another value in the capture than " +
         own),
        ("thaws constants", capture("%d=04" % (constants + 84)),
         r"map \.rodata: its kind is 4 in the capture, but 5 " + own),
        ("renames a map", capture("%d=%s" % (sources, b"z".hex())),
         "map zources: the capture has it, the object has not"),
        ("exchanges the names of two maps",
         capture("%d~%d:64" % (protocols, sources)),
         "map sources: its type is 2 in the capture, but 1 " + own),
    ]


def counts(layout):
    """What a parser must not believe."""
    start, main = layout.start, layout.funcs[0]
    prog = start + 8
    big = "ffffffff"

    def case(what, off, value, words):
        return what, capture("%d=%s" % (off, value)), "malformed.*" + words

    return [
        case("claims 2^32-1 records", 12, big, "fewer records"),
        case("claims one record less", 12, "01000000", "bytes behind"),
        case("claims another size", 16, big, "size in the header"),
        case("claims another version", 8, "02", "unknown version"),
        case("claims 2^32-1 functions", prog + 136, big, "count"),
        case("claims 256 functions", prog + 136, "00010000", "fewer FUNC"),
        case("claims no function", prog + 136, "00000000", "count"),
        case("claims 2^32-1 symbols", prog + 140, big, "count"),
        case("claims a symbol more", prog + 140, "04000000",
             "fewer FUNC or SYM"),
        case("claims 2^32-1 bytes of code", start + main.at + 4, big, "count"),
        case("claims 16 MiB of code", start + main.at + 4, "00000001",
             "wrong length"),
        case("claims 2^32-1 references", start + main.at + 8, big, "count"),
        case("claims 65536 references", start + main.at + 8, "00000100",
             "wrong length"),
        case("claims a record of 2^32-8 bytes", start + main.at - 4,
             "f8ffffff", "longer than the capture"),
        case("claims another index", start + main.at, "01", "ascending"),
        case("claims 2^32-1 bytes of a map", layout.maps[1] + 88, big,
             "wrong length"),
        case("exchanges two symbols", start + layout.syms[0][0], "00" * 8,
             "no SYM"),
    ]


def facts(layout):
    env = layout.env

    def fact(what, name, off, value, words):
        return what, capture("%d=%s" % (layout.facts[name] + off, value)), \
            words

    return [
        ("denies return thunks", capture("%d=00" % (env + 216)),
         "its features is another than the verifier VM stated"),
        ("claims another build id", capture("%d=00ff" % (env + 192)),
         "its build_id is another than the verifier VM stated"),
        ("claims another release", capture("%d=37" % env),
         "its release is another than the verifier VM stated"),
        ("claims another CPU", capture("%d=58" % (env + 64)),
         "its cpu_model is another than the verifier VM stated"),
        ("claims more CPUs", capture("%d=09" % (env + 228)),
         "its nr_cpus is another than the verifier VM stated"),
        # Its hash turned round; two bytes of it may well be the same.
        ("claims another object", capture("%d~%d:16" % (env + 232, env + 248)),
         "it is of another object"),
        ("claims blinded constants", capture("%d=01" % (env + 224)),
         "malformed.*constant blinding"),
        fact("moves a value's place", "bpf_array.value", 64, "f8ffffff",
             "layout of maps"),
        fact("moves a key's place", "htab_elem.key", 64, "f8ffffff",
             "layout of maps"),
        fact("forgets a field", "bpf_map.max_entries", 32, "78",
             "field bpf_map.xax_entries: the target profile does not state"),
    ]
