# SPDX-License-Identifier: BSD-2-Clause
"""Calls of helpers in random programs, made of their forms."""

import bpf_asm as asm
import bpf_forms as forms
import bpf_random as base
from bpf_asm import Code, alu, jump, load, store

BOTH = "_b"  # a second map of each type that has one
LOCKS = "_l"  # one of values that begin with a lock
ACCUMULATED = "sum"  # a function that for_each_map_elem() calls
COUNTED = "count"  # one that bpf_loop() calls


class Texts:
    """What .rodata holds."""

    def __init__(self):
        self.bytes = b"\0"

    def add(self, text):
        data = text.encode() + b"\0"
        at = self.bytes.find(b"\0" + data)
        if at < 0:
            at = len(self.bytes) - 1
            self.bytes += data
        return at + 1


def place(reg, offset):
    return Code().add(alu("mov", reg, src=base.FP), alu("add", reg, imm=offset))


def numbers_at(gen, size):
    """An offset among the numbers from which there are @size bytes."""
    room = 8 * base.SLOTS - max(size, 8)
    return base.BASE + 8 * gen.rng.randrange(room // 8 + 1)


def key_parts(gen, kind):
    """A key on the stack, at times one that is not there."""
    shape = forms.MAPS[kind]
    code = Code().add(gen.get(1))
    if kind == "lpm_trie":
        return code.add(alu("and", 1, imm=63), store(4, base.FP, base.KEY, 1),
                        gen.get(1), alu("and", 1, imm=0xff),
                        store(4, base.FP, base.KEY + 4, 1))
    most = 4 if shape.entries < 8 else 16
    return code.add(alu("and", 1, imm=most - 1),
                    store(4, base.FP, base.KEY, 1))


def value_parts(gen):
    return Code().add(gen.get(1), store(8, base.FP, base.VALUE, 1),
                      gen.get(1), store(8, base.FP, base.VALUE + 8, 1))


class Call:
    """One call: what is to be done before it, and its arguments."""

    def __init__(self, gen, kind=None):
        self.gen, self.kind = gen, kind
        self.before, self.set, self.reg = Code(), Code(), 1

    def argument(self, what):
        code = self.make(what)
        if code is not None:
            self.set.add(code)
        self.reg += 1

    def make(self, what):
        gen, reg = self.gen, self.reg
        if what == forms.CTX:
            return alu("mov", reg, src=base.CTX)
        if what == forms.SLOT:
            return gen.get(reg)
        if what == forms.KEY:
            self.before.add(key_parts(gen, self.kind))
            return place(reg, base.KEY)
        if what == forms.VALUE:
            self.before.add(value_parts(gen))
            return place(reg, base.VALUE)
        if isinstance(what, str):
            return getattr(self, what)(reg)
        return getattr(self, type(what).__name__.lower())(reg, what)

    def room(self, reg):
        """For a value, among the numbers."""
        return place(reg, numbers_at(self.gen, 16))

    def stack(self, reg):
        return place(reg, numbers_at(self.gen, 24))

    def header(self, reg):
        """Of IP, in either version."""
        return place(reg, numbers_at(self.gen, 40))

    def place4(self, reg):
        return place(reg, numbers_at(self.gen, 8))

    place8 = place4

    def scratch(self, reg):
        """16 bytes that are not looked at."""
        return place(reg, base.SCRATCH)

    def numbers(self, reg):
        """Three of them, and their size."""
        self.reg += 1
        return place(reg, base.BASE).add(alu("mov", reg + 1, imm=24))

    def any(self, reg, what):
        number = self.gen.rng.choice(what.numbers)
        if number in (0xffffffff, 1 << 31):
            return alu("mov", reg, imm=-1, wide=False)
        return alu("mov", reg, imm=number)

    def low(self, reg, what):
        return Code().add(self.gen.get(reg), alu("and", reg, imm=what.n - 1))

    def memory(self, reg, what):
        size = self.gen.rng.choice(what.sizes)
        self.reg += 1
        return place(reg, numbers_at(self.gen, size)).add(
            alu("mov", reg + 1, imm=size))

    def mapof(self, reg, _):
        return map_argument(self.gen, reg, self.kind)

    def text(self, reg, what):
        text = self.gen.rng.choice(what.texts)
        return Code().add_text(reg, self.gen.texts.add(text))

    def letters(self, reg, what):
        text = self.gen.rng.choice(what.texts).encode() + b"\0"
        padded = text.ljust(24, b"\0")
        for i in range(0, 24, 4):
            self.before.add(asm.store_imm(
                4, base.FP, base.SCRATCH + i,
                int.from_bytes(padded[i:i + 4], "little")))
        self.reg += 1
        return place(reg, base.SCRATCH).add(alu("mov", reg + 1, imm=len(text)))


def map_argument(gen, reg, kind):
    """A map; at times it is known only when the program runs which one."""
    if kind in TWICE and gen.rng.random() < 0.4:
        gen.note("map_of_two")
        other = kind + BOTH
        return Code().add(gen.get(reg), alu("and", reg, imm=1),
                          jump("jeq", reg, 3, imm=0)).add_map(reg, kind).add(
                              asm.insn(0x05, off=2)).add_map(reg, other)
    return Code().add_map(reg, kind)


TWICE = ("hash", "array", "percpu_array", "percpu_hash", "queue", "stack",
         "devmap", "bloom_filter")


def result(gen, what):
    if what == forms.NONE:
        return Code().add(alu("mov", 0, imm=0), gen.put(0))
    if what == forms.SIGN:
        return Code().add(alu("arsh", 0, imm=63), gen.put(0))
    return Code().add(gen.put(0))


def of_form(gen, number, form, kind):
    call = Call(gen, kind)
    if kind:
        gen.note("map_" + kind)
    for what in form.arguments:
        call.argument(what)
    code = call.before.add(call.set, asm.call(number),
                           result(gen, form.result))
    return code.add(gen.bounds()) if form.moves else code


# ---- forms that are more than a call -----------------------------------------

# Linux 6.1 puts a trie's values where they fall, which need not be at a multiple
# of 8, and the verifier does not know: on arm64 an atomic access there oopses.
ODD_VALUES = ("lpm_trie",)


def on_value(gen, size=8, room=16, offsets=(0, 8), atomic=True):
    """Something with the value at r0."""
    size = gen.rng.choice((4, size))
    off = gen.rng.choice(offsets) if room > 8 else 0
    what = gen.rng.choice(("load", "store", "atomic")) if room > 8 else "load"
    if what == "load" or (what == "atomic" and not atomic):
        return Code().add(load(size, 1, 0, off), gen.put(1))
    code = Code().add(gen.get(1))
    if what == "store":
        return code.add(store(size, 0, off, 1))
    op = gen.rng.choice(("add", "fetch_add", "xchg", "or"))
    gen.note("atomic_on_value")
    return code.add(asm.atomic(op, size, 0, off, 1))


def found(gen, number, kind, more=b"", room=16):
    """A call that gives a value, and what is done to it."""
    gen.note("map_" + kind)
    body = on_value(gen, 8 if room > 8 else 4, room,
                    atomic=kind not in ODD_VALUES)
    return key_parts(gen, kind).add(
        map_argument(gen, 1, kind), place(2, base.KEY), more,
        asm.call(number), jump("jeq", 0, len(body), imm=0), body)


def lookup(gen, kind):
    if forms.MAPS[kind].holds:
        return nested(gen, kind)
    return found(gen, 1, kind, room=4 if kind in forms.DEVICES else 16)


def nested(gen, kind):
    """Something with a map that is in another, if there is one."""
    gen.note("map_" + kind)
    inner = forms.MAPS[kind].holds
    body = Code().add(store(8, base.FP, base.SAVED, 0), key_parts(gen, inner))
    what = gen.rng.choice(("lookup", "update") if inner == "array" else
                          ("lookup", "update", "delete"))
    arguments = Code().add(load(8, 1, base.FP, base.SAVED),
                           place(2, base.KEY))
    if what == "update":
        body.add(value_parts(gen), arguments, place(3, base.VALUE),
                 alu("mov", 4, imm=gen.rng.choice((0, 0, 1, 2))), asm.call(2),
                 gen.put(0))
    elif what == "delete":
        body.add(arguments, asm.call(3), gen.put(0))
    else:
        use = on_value(gen)
        body.add(arguments, asm.call(1), jump("jeq", 0, len(use), imm=0), use)
    return key_parts(gen, kind).add_map(1, kind).add(
        place(2, base.KEY), asm.call(1), jump("jeq", 0, len(body), imm=0), body)


def locked(gen, _):
    """A value under its lock, or all of it put there under the lock."""
    kind = gen.rng.choice(forms.LOCKABLE)
    code = Code().add(key_parts(gen, kind), value_parts(gen)).add_map(
        1, kind + LOCKS).add(place(2, base.KEY))
    if gen.rng.random() < 0.3:
        return code.add(place(3, base.VALUE),
                        alu("mov", 4, imm=gen.rng.choice((4, 4, 5, 6, 0))),
                        asm.call(2), gen.put(0))
    gen.note("helper_spin_lock")
    gen.note("helper_spin_unlock")
    body = Code().add(
        store(8, base.FP, base.SAVED, 0), alu("mov", 1, src=0), asm.call(93),
        load(8, 0, base.FP, base.SAVED), on_value(gen, offsets=(8,)),
        load(8, 1, base.FP, base.SAVED), asm.call(94))
    return code.add(asm.call(1), jump("jeq", 0, len(body), imm=0), body)


def lookup_percpu(gen, kind):
    return found(gen, 195, kind,
                 alu("mov", 3, imm=gen.rng.choice((0, 0, 100000))))


def for_each(gen, kind):
    """A sum does not tell in which order elements come."""
    gen.note("map_" + kind)
    return Code().add(
        asm.store_imm(8, base.FP, base.SAVED, 0)).add_map(1, kind).add_function(
            2, ACCUMULATED).add(
                place(3, base.SAVED),
                alu("mov", 4, imm=gen.rng.choice((0, 0, 0, 1))), asm.call(164),
                gen.put(0), load(8, 1, base.FP, base.SAVED), gen.put(1))


def bpf_loop(gen, _):
    return Code().add(
        asm.store_imm(8, base.FP, base.SAVED, 1),
        alu("mov", 1, imm=gen.rng.choice((0, 1, 9, 1 << 24)))).add_function(
            2, COUNTED).add(
                place(3, base.SAVED),
                alu("mov", 4, imm=gen.rng.choice((0, 0, 0, 1))), asm.call(181),
                gen.put(0), load(8, 1, base.FP, base.SAVED), gen.put(1))


def tail_call(gen, kind):
    """To another program of the object, or to none."""
    gen.note("map_" + kind)
    code = Code().add(alu("mov", 1, src=base.CTX)).add_map(2, "progs_" +
                                                           gen.kind)
    if gen.rng.random() < 0.5:
        return code.add(alu("mov", 3, imm=gen.rng.randrange(5)), asm.call(12))
    return code.add(gen.get(3), alu("and", 3, imm=7), asm.call(12))


def hash_recalc(gen, _):
    """A hash that is not there is of random numbers of the kernel's."""
    return Code().add(alu("mov", 1, src=base.CTX), gen.get(2), asm.call(48),
                      alu("mov", 1, src=base.CTX), asm.call(34), gen.put(0))


def find_socket(gen, number):
    """A socket by addresses that are the program's numbers, if there is one."""
    free = Code().add(alu("mov", 1, src=0), asm.call(86), alu("mov", 0, imm=1))
    return Code().add(
        alu("mov", 1, src=base.CTX), place(2, base.BASE),
        alu("mov", 3, imm=gen.rng.choice((12, 36, 11))),
        alu("mov", 4, imm=gen.rng.choice((-1, -1, 0, 77))),
        alu("mov", 5, imm=gen.rng.choice((0, 0, 1))), asm.call(number),
        jump("jeq", 0, len(free), imm=0), free, gen.put(0))


def on_socket(gen, call):
    """Something with the packet's own socket, at r1."""
    return Code().add(load(8, 1, base.CTX, 168), alu("mov", 0, imm=7),
                      jump("jeq", 1, len(call), imm=0), call, gen.put(0))


def of_socket(gen, number):
    """Whether the packet's socket is of a kind."""
    return on_socket(gen, Code().add(
        asm.call(number), jump("jeq", 0, 1, imm=0), alu("mov", 0, imm=1)))


def assign_socket(gen, _):
    return on_socket(gen, Code().add(
        alu("mov", 2, src=1), alu("mov", 1, src=base.CTX),
        alu("mov", 3, imm=1), asm.call(124)))


def fib_lookup(gen, _):
    """A route, mostly of an interface that does not forward."""
    code = Code()
    for at in range(0, 64, 8):
        code.add(gen.get(1), store(8, base.FP, base.ROUTE + at, 1))
    code.add(
        asm.store_imm(1, base.FP, base.ROUTE, gen.rng.choice((2, 10, 10, 7))),
        asm.store_imm(4, base.FP, base.ROUTE + 8, gen.rng.choice((1, 1, 99))),
        alu("mov", 1, src=base.CTX), place(2, base.ROUTE),
        alu("mov", 3, imm=gen.rng.choice((64, 64, 64, 63, 1))),
        alu("mov", 4, imm=gen.rng.choice((0, 0, 1, 2, 4, 9, 16, 31, 32, -1))),
        asm.call(69), gen.put(0))
    at = gen.rng.randrange(0, 64, 8)
    return code.add(load(8, 1, base.FP, base.ROUTE + at), gen.put(1))


def task_regs(gen, _):
    return Code().add(asm.call(158), alu("mov", 1, src=0), asm.call(175),
                      alu("mov", 0, imm=0), gen.put(0))


def ring_record(gen, kind):
    """A record that is filled, and handed on or not."""
    gen.note("map_" + kind)
    end = gen.rng.choice((("ringbuf_submit", 132), ("ringbuf_discard", 133)))
    gen.note("helper_ringbuf_reserve")
    gen.note("helper_" + end[0])
    body = Code().add(gen.get(1), store(8, 0, 0, 1), alu("mov", 1, src=0),
                      alu("mov", 2, imm=gen.rng.choice((0, 1, 2))),
                      asm.call(end[1]), alu("mov", 0, imm=1))
    return Code().add_map(1, kind).add(
        alu("mov", 2, imm=gen.rng.choice((8, 16, 40, 4000))),
        alu("mov", 3, imm=0), asm.call(131),
        jump("jeq", 0, len(body), imm=0), body, gen.put(0))


def functions():
    """Those that helpers call back."""
    each = Code().add(load(4, 0, 2, 0), load(8, 1, 3, 0),
                      alu("mul", 0, imm=31), alu("xor", 0, src=1),
                      load(8, 1, 4, 0), alu("add", 1, src=0),
                      store(8, 4, 0, 1), alu("mov", 0, imm=0), asm.leave())
    count = Code().add(load(8, 3, 2, 0), alu("mul", 3, imm=31),
                       alu("add", 3, src=1), store(8, 2, 0, 3),
                       alu("mov", 0, imm=0), asm.leave())
    return {ACCUMULATED: each, COUNTED: count}


# ---- what there is ------------------------------------------------------------

# A call that ends the program, or that has loops of its own.
NOT_IN_LOOPS = {"tail_call", "loop", "for_each_map_elem", "clone_redirect"}
# What a function that a helper calls must not do.
NOT_IN_TRACING = {"tail_call"}


def usable(gen, name, helper):
    if gen.kind not in helper.programs or name in forms.HELPERS_APART:
        return False
    if gen.kind in base.TRACING:
        return name not in NOT_IN_TRACING and not (
            gen.in_loop and name in NOT_IN_LOOPS)
    return name not in forms.PRIVILEGED and not (
        gen.in_loop and name in NOT_IN_LOOPS)


def map_types(name, helper, form):
    """Of the map among the arguments."""
    if isinstance(form, forms.Form):
        wanted = [a.types for a in form.arguments
                  if isinstance(a, forms.MapOf)]
        return [t for t in wanted[0] if t in helper.maps] if wanted else [None]
    if name.startswith("ringbuf_"):
        return ["ringbuf"]
    kinds = sorted(k for k in helper.maps if k in forms.MAPS)
    return kinds or [None]


def all_calls(gen):
    for name, helper in gen.offered.helpers.items():
        if not usable(gen, name, helper):
            continue
        listed = forms.HELPERS[name]
        for form in listed if isinstance(listed, list) else [listed]:
            if isinstance(form, forms.Form) and (
                    form.only and gen.kind not in form.only or
                    form.private and not gen.private or
                    form.moves and gen.in_loop):
                continue
            for kind in map_types(name, helper, form):
                # Such a map is for one type of programs.
                if kind in forms.DEVICES and gen.kind != "xdp":
                    continue
                yield name, helper.number, form, kind


def maker(number, form, kind):
    if isinstance(form, str) and form[-1].isdigit():
        name, _, number = form.rpartition("_")
        make = {"socket": find_socket, "of_socket": of_socket}[name]
        return lambda gen: make(gen, int(number))
    if isinstance(form, str):
        return lambda gen: globals()[form](gen, kind)
    return lambda gen: of_form(gen, number, form, kind)


def load_of(size):
    return lambda gen: base.load_absolute(gen, 8 * size, size)


CACHE = {}


def candidates(gen):
    """[(feature, function of a generator)] for what it is making."""
    key = gen.kind, gen.private, gen.in_loop
    if key not in CACHE:
        CACHE[key] = [
            ("helper_" + name + ("/" + kind if kind else ""),
             maker(number, form, kind))
            for name, number, form, kind in all_calls(gen)]
        if gen.kind in ("socket_filter", *forms.SKB):
            CACHE[key] += [("ld_%d" % (8 * size), load_of(size))
                           for size in (1, 2, 4)]
    return CACHE[key]
