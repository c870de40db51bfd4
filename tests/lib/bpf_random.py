# SPDX-License-Identifier: BSD-2-Clause
"""Random programs that a verifier accepts, nearly all of them.

Numbers live in slots of the stack, all of them set at the beginning; a
statement loads what it needs into registers and stores what comes out. r6 is
the context, r7 the packet, of which LENGTH bytes are known to be there, and r9
counts loops. What the slots hold at the end is the return value.
"""

import collections

import bpf_asm as asm

SLOTS = 6
LENGTH = 40  # bytes of the packet that may be touched
KEY, VALUE = -80, -96  # places on the stack, of 4 and 16 bytes
FP, CTX, PACKET, COUNT = 10, 6, 7, 9
MAPS = ("array", "hash", "percpu_array", "percpu_hash", "prog_array")
ENTRIES = 8

# Offsets in the contexts, and whether a program may write there.
XDP_FIELDS = {"ingress_ifindex": (12, False), "rx_queue_index": (16, False)}
SKB_FIELDS = {"len": (0, False), "pkt_type": (4, False), "mark": (8, True),
              "queue_mapping": (12, True), "protocol": (16, False),
              "vlan_present": (20, False), "vlan_tci": (24, False),
              "vlan_proto": (28, False), "priority": (32, True),
              "ingress_ifindex": (36, False), "ifindex": (40, False),
              "tc_index": (44, True), "cb0": (48, True), "cb1": (52, True),
              "cb2": (56, True), "cb3": (60, True), "cb4": (64, True),
              "hash": (68, False), "tc_classid": (72, True),
              "napi_id": (84, False), "wire_len": (160, False),
              "gso_segs": (164, False), "gso_size": (176, False)}
# Numbers of helpers whose result is the same on any kernel.
SAME = {"csum_diff": 28}
# And of those whose result is not, and is not looked at.
OTHER = {"ktime_get_ns": 5, "get_prandom_u32": 7, "get_smp_processor_id": 8,
         "get_numa_node_id": 42, "ktime_get_boot_ns": 125,
         "ktime_get_coarse_ns": 160}


def slot(i):
    return -8 * (i + 1)


class Generator:
    """One program after the other, with what each is made of."""

    def __init__(self, rng, offered):
        """@offered: helpers of the target, as its profile names them."""
        self.rng = rng
        # The kernel puts a call before what writes into an skb's packet.
        self.skb_writes = "vouch_bpf_skb_pull_data" in offered
        self.features = collections.Counter()
        self.xdp = True
        self.name = ""
        self.in_loop = False

    def note(self, feature):
        self.features[feature] += 1

    def any_slot(self):
        return slot(self.rng.randrange(SLOTS))

    def number(self):
        rng = self.rng
        return rng.choice((0, 1, -1, 2, 7, 0x7fffffff, -0x80000000, 0xff,
                           0xffff, rng.getrandbits(31), -rng.getrandbits(16)))

    def get(self, reg):
        return asm.load(8, reg, FP, self.any_slot())

    def put(self, reg):
        return asm.store(8, FP, self.any_slot(), reg)

    # ---- statements ----------------------------------------------------

    def arithmetic(self):
        rng, wide = self.rng, self.rng.random() < 0.5
        op = rng.choice(tuple(asm.ALU) + ("neg",))
        form = rng.choice(("imm", "reg"))
        code = asm.Code().add(self.get(1))
        self.note("alu%d_%s" % (64 if wide else 32, op))
        if op == "neg":
            return code.add(asm.neg(1, wide), self.put(1))
        if form == "reg":
            return code.add(self.get(2), asm.alu(op, 1, src=2, wide=wide),
                            self.put(1))
        value = self.number()
        if op in ("lsh", "rsh", "arsh"):
            value = rng.randrange(64 if wide else 32)
        elif op in ("div", "mod") and not value:
            value = 3  # the verifier refuses a constant 0
        return code.add(asm.alu(op, 1, imm=value, wide=wide), self.put(1))

    def order(self):
        bits, big = self.rng.choice((16, 32, 64)), self.rng.random() < 0.5
        self.note("endian_%s%d" % ("be" if big else "le", bits))
        return asm.Code().add(self.get(1), asm.endian(1, bits, big),
                              self.put(1))

    def packet(self):
        size = self.rng.choice((1, 2, 4, 8))
        off = self.rng.randrange(LENGTH - size + 1)
        if self.rng.random() < 0.6 or not (self.xdp or self.skb_writes):
            self.note("packet_load%d" % size)
            return asm.Code().add(asm.load(size, 1, PACKET, off), self.put(1))
        self.note("packet_store%d" % size)
        return asm.Code().add(self.get(1), asm.store(size, PACKET, off, 1))

    def context(self):
        fields = XDP_FIELDS if self.xdp else SKB_FIELDS
        name = self.rng.choice(tuple(fields))
        off, writable = fields[name]
        kind = "xdp" if self.xdp else "skb"
        if writable and self.rng.random() < 0.4:
            self.note("%s.%s=" % (kind, name))
            return asm.Code().add(self.get(1), asm.store(4, CTX, off, 1))
        size = 4
        if not self.xdp and name != "tc_classid" and self.rng.random() < 0.2:
            size = self.rng.choice((1, 2))
        self.note("%s.%s" % (kind, name))
        return asm.Code().add(asm.load(size, 1, CTX, off), self.put(1))

    def branch(self):
        wide, op = self.rng.random() < 0.5, self.rng.choice(tuple(asm.JUMP))
        body = self.block(self.rng.randrange(1, 4))
        self.note("jump%d_%s" % (64 if wide else 32, op))
        code = asm.Code().add(self.get(1))
        if self.rng.random() < 0.5:
            return code.add(asm.jump(op, 1, len(body), imm=self.number(),
                                     wide=wide), body)
        return code.add(self.get(2), asm.jump(op, 1, len(body), src=2,
                                              wide=wide), body)

    def loop(self):
        if self.in_loop:
            return self.arithmetic()
        self.in_loop = True
        body = self.block(self.rng.randrange(1, 4))
        self.in_loop = False
        self.note("loop")
        body.add(asm.alu("sub", COUNT, imm=1))
        return asm.Code().add(
            asm.alu("mov", COUNT, imm=self.rng.randrange(1, 6)), body,
            asm.jump("jne", COUNT, -len(body) - 1, imm=0))

    def atomics(self):
        size = self.rng.choice((4, 8))
        op = self.rng.choice(tuple(asm.ATOMIC))
        self.note("atomic%d_%s" % (size * 8, op))
        return asm.Code().add(self.get(0), self.get(1),
                              asm.atomic(op, size, FP, self.any_slot(), 1),
                              self.put(0), self.put(1))

    def key(self, most):
        """A key on the stack, at times one that is not there."""
        return asm.Code().add(self.get(1), asm.alu("and", 1, imm=most - 1),
                              asm.store(4, FP, KEY, 1),
                              asm.alu("mov", 2, src=FP),
                              asm.alu("add", 2, imm=KEY))

    def on_value(self):
        """Something with the value at r0."""
        size, off = self.rng.choice((4, 8)), self.rng.choice((0, 8))
        what = self.rng.choice(("load", "store", "atomic"))
        if what == "load":
            return asm.Code().add(asm.load(size, 1, 0, off), self.put(1))
        code = asm.Code().add(self.get(1))
        if what == "store":
            return code.add(asm.store(size, 0, off, 1))
        op = self.rng.choice(("add", "fetch_add", "xchg", "or"))
        self.note("atomic_on_value")
        return code.add(asm.atomic(op, size, 0, off, 1))

    def lookup(self):
        kind = self.rng.choice(MAPS[:4])
        self.note("map_" + kind)
        self.note("helper_map_lookup_elem")
        body = self.on_value()
        return self.key(2 * ENTRIES).add_map(1, self.map_name(kind)).add(
            asm.call(1), asm.jump("jeq", 0, len(body), imm=0), body)

    def update(self):
        kind = self.rng.choice(MAPS[:4])
        flags = self.rng.choice((0, 0, 1, 2))
        self.note("map_" + kind)
        self.note("helper_map_update_elem")
        return self.key(2 * ENTRIES).add(
            self.get(1), asm.store(8, FP, VALUE, 1), self.get(1),
            asm.store(8, FP, VALUE + 8, 1), asm.alu("mov", 3, src=FP),
            asm.alu("add", 3, imm=VALUE), asm.alu("mov", 4, imm=flags)
        ).add_map(1, self.map_name(kind)).add(asm.call(2), self.put(0))

    def delete(self):
        kind = self.rng.choice(("array", "hash", "percpu_hash"))
        self.note("map_" + kind)
        self.note("helper_map_delete_elem")
        return self.key(2 * ENTRIES).add_map(1, self.map_name(kind)).add(
            asm.call(3), self.put(0))

    def helper(self):
        name = self.rng.choice(tuple(OTHER) + ("csum_diff",))
        self.note("helper_" + name)
        if name in OTHER:
            return asm.Code().add(asm.call(OTHER[name]),
                                  asm.alu("and", 0, imm=0), self.put(0))
        sizes = self.rng.choice((0, 8, 16)), self.rng.choice((0, 8, 16))
        return asm.Code().add(
            asm.alu("mov", 1, src=FP), asm.alu("add", 1, imm=slot(SLOTS - 1)),
            asm.alu("mov", 2, imm=sizes[0]), asm.alu("mov", 3, src=FP),
            asm.alu("add", 3, imm=slot(2)), asm.alu("mov", 4, imm=sizes[1]),
            asm.alu("mov", 5, imm=0 if self.rng.random() < 0.5 else 77),
            asm.call(SAME[name]), self.put(0))

    def adjust(self):
        """Move an end of an XDP packet, and look at it anew."""
        if not self.xdp or self.in_loop:
            return self.context()
        name, number = self.rng.choice((("xdp_adjust_head", 44),
                                        ("xdp_adjust_tail", 65),
                                        ("xdp_adjust_meta", 54)))
        by = self.rng.choice((-8, -4, 4, 8, 0, 5, 300))
        self.note("helper_" + name)
        return asm.Code().add(
            asm.alu("mov", 1, src=CTX), asm.alu("mov", 2, imm=by),
            asm.call(number), self.put(0), self.bounds())

    def subprogram(self):
        self.note("subprogram")
        return asm.Code().add(self.get(1), self.get(2)).add_call("mix").add(
            self.put(0))

    def tail_call(self):
        if self.in_loop:
            return self.arithmetic()
        self.note("map_prog_array")
        self.note("helper_tail_call")
        return asm.Code().add(asm.alu("mov", 1, src=CTX)).add_map(
            2, self.map_name("prog_array")).add(asm.alu("mov", 3, imm=1),
                                                asm.call(12))

    KINDS = ((arithmetic, 10), (order, 2), (packet, 5), (context, 5),
             (branch, 4), (loop, 1), (atomics, 2), (lookup, 3), (update, 3),
             (delete, 1), (helper, 2), (adjust, 2), (subprogram, 1),
             (tail_call, 1))

    def block(self, n):
        kinds, weights = zip(*self.KINDS)
        code = asm.Code()
        for kind in self.rng.choices(kinds, weights, k=n):
            code.add(kind(self))
        return code

    # ---- programs ------------------------------------------------------

    def map_name(self, kind):
        return "%s_%s" % (self.name, kind)

    def maps(self):
        for kind in MAPS:
            value = 4 if kind == "prog_array" else 16
            yield asm.Map(self.map_name(kind), kind, 4, value, ENTRIES, 0)

    def bounds(self):
        """r7 is the packet again, or the program ends."""
        data, end = (0, 4) if self.xdp else (76, 80)
        return asm.Code().add(
            asm.load(4, PACKET, CTX, data), asm.load(4, 1, CTX, end),
            asm.alu("mov", 2, src=PACKET), asm.alu("add", 2, imm=LENGTH),
            asm.jump("jle", 2, 2, src=1),
            asm.alu("mov", 0, imm=1), asm.leave())

    def program(self, name, xdp, statements):
        """Its code; what it is made of is in .features."""
        self.features = collections.Counter()
        self.name, self.xdp = name, xdp
        code = asm.Code().add(asm.alu("mov", CTX, src=1))
        for i in range(SLOTS):
            code.add(asm.alu("mov", 1, imm=self.number()),
                     asm.store(8, FP, slot(i), 1))
        code.add(self.bounds(), asm.load(8, 1, PACKET, 14),
                 asm.store(8, FP, slot(0), 1), self.block(statements))
        code.add(asm.alu("mov", 0, imm=0))
        for i in range(SLOTS):
            code.add(asm.load(8, 1, FP, slot(i)),
                     asm.alu("mul", 0, imm=31), asm.alu("xor", 0, src=1))
        return code.add(asm.leave())


def mix():
    """A function for all programs of an object."""
    return asm.Code().add(asm.alu("mov", 0, src=1), asm.alu("lsh", 0, imm=7),
                          asm.alu("div", 1, src=2), asm.alu("xor", 0, src=1),
                          asm.alu("arsh", 2, imm=3), asm.alu("add", 0, src=2),
                          asm.leave())
