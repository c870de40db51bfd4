# SPDX-License-Identifier: BSD-2-Clause
"""How random programs call each helper, and use each type of map.

A helper that is offered stands in HELPERS with its forms, a type of map in MAPS.
Of what a map's type or a program's decides on (exports, which are call targets;
fields of contexts; types of programs) all occurs that does not stand in a table
"..._APART", with the reason why. What is offered and stands nowhere fails the
test: see missing().

A form is what the arguments are, in order, and what becomes of the result:

	CTX		the context
	SLOT		a number of the program's own
	any(...)	one of these numbers
	LOW(n)		a number of the program's own, below n, a power of two
	MEMORY(...)	a place among the program's numbers that may be written,
			and a size: two arguments
	MAP(...)	a map of one of these types; KEY and VALUE behind it are
			such as it has
	TEXT(...)	one of these texts, in memory that is not written
	LETTERS(...)	the same in the program's own memory, and its size

The result of the helper is compared with SAME, its sign with SIGN, and not at
all with NONE, where it is different from one boot to the next. MOVES says that
the packet is looked at anew behind it.
"""

import collections

SAME, SIGN, NONE = "same", "sign", "none"
CTX, SLOT, KEY, VALUE = "ctx", "slot", "key", "value"
Any = collections.namedtuple("Any", "numbers")
LOW = collections.namedtuple("LOW", "n")
Memory = collections.namedtuple("Memory", "sizes")
MapOf = collections.namedtuple("MapOf", "types")
Text = collections.namedtuple("Text", "texts")
Letters = collections.namedtuple("Letters", "texts")
# @only: types of programs that it is for, or None; @private: not where two
# programs of different types are to do the same.
Form = collections.namedtuple("Form", "arguments result moves only private")


def any_of(*numbers):
    return Any(numbers)


def MEMORY(*sizes):
    return Memory(sizes)


def MAP(*types):
    return MapOf(types)


def TEXT(*texts):
    return Text(texts)


def LETTERS(*texts):
    return Letters(texts)


def form(*arguments, result=SAME, moves=False, only=None, private=False):
    return Form(arguments, result, moves, only, private)


def moving(*arguments, result=SAME):
    return [form(*arguments, result=result, moves=True)]


# Key and value in bytes, entries; None: the definition does not say. @holds: the
# type of the maps that are in it.
MapShape = collections.namedtuple("MapShape", "key value entries flags holds",
                                  defaults=(None,))
PLAIN = MapShape(4, 16, 8, 0)
ROOMY = MapShape(4, 16, 1024, 0)  # nothing is dropped
FILES = MapShape(4, 4, 4, 0)
MAPS = {
    "array": PLAIN, "hash": PLAIN, "percpu_array": PLAIN, "percpu_hash": PLAIN,
    "lru_hash": ROOMY, "lru_percpu_hash": ROOMY,
    "queue": MapShape(None, 16, 8, 0), "stack": MapShape(None, 16, 8, 0),
    "lpm_trie": MapShape(8, 16, 8, 1), "prog_array": FILES,
    "perf_event_array": FILES, "cgroup_array": FILES,
    "stack_trace": MapShape(4, 8 * 16, 64, 0),
    "ringbuf": MapShape(None, None, 4096, 0),
    "devmap": FILES, "devmap_hash": FILES, "cpumap": FILES,
    # BPF_F_ZERO_SEED: what it takes for a value that it has, too, is equal
    "bloom_filter": MapShape(None, 16, 8, 1 << 6),
    "array_of_maps": MapShape(4, 4, 4, 0, "hash"),
    "hash_of_maps": MapShape(4, 4, 4, 0, "array"),
}
# Types of which there is a map of values with locks, too.
LOCKABLE = ("array", "hash")
# Those whose elements are compared.
DUMPED = ("array", "hash", "percpu_array", "percpu_hash", "lru_hash",
          "lru_percpu_hash", "lpm_trie", "devmap", "devmap_hash", "cpumap")
TABLES = ("array", "hash", "percpu_array", "percpu_hash", "lru_hash",
          "lru_percpu_hash", "lpm_trie")
LISTS = ("queue", "stack")
DEVICES = ("devmap", "devmap_hash", "cpumap")
# What is in a map before.
PRESETS = {kind: {0: 1, 2: 1} for kind in ("devmap", "devmap_hash")}
PRESETS["cpumap"] = {0: 64}

# A loopback interface, and one that is not there.
INTERFACE = any_of(1, 1, 99)
FLAGS = any_of(0, 0, 0, 1, 2, 8)
OFFSET = any_of(0, 1, 12, 14, 23, 24, 34, 40, 50, 63, 64, 90, 0xffff,
                0x7fffffff, -1)
LENGTH = any_of(0, 1, 13, 14, 34, 54, 60, 64, 100, 200, 1500, 3000, -1)
# Nobody has mapped the first, and the others are no addresses at all.
NOWHERE = any_of(0, 8, 0x1000, -4096)
BAD_STACK_FLAGS = any_of(1 << 20, 1 << 13, -1)
NET = ("xdp", "sched_cls", "sched_act")
SKB = ("sched_cls", "sched_act")
# No %s: what a number may point to is the kernel's own.
TEXTS = ("%d %u ", "%llx", "%ld", "%i%%%x", "%", "vouch", "%d %d %d %d", "%pK!")
READ = [form(MEMORY(1, 4, 8, 24), "stack"), form(MEMORY(0, 4, 8), NOWHERE)]
MTU = [form(CTX, INTERFACE, "place4", any_of(0, -1, 9, -64, 70000),
            any_of(0, 0, 1, 2))]

# Forms of the module that makes programs, by their names there.
HELPERS = {
    "map_lookup_elem": "lookup",
    "map_update_elem": [form(MAP(*TABLES), KEY, VALUE, any_of(0, 0, 0, 1, 2,
                                                              3, 4))],
    "map_delete_elem": [form(MAP(*TABLES), KEY)],
    "map_push_elem": [form(MAP(*LISTS), VALUE, any_of(0, 0, 2, 1)),
                      form(MAP("bloom_filter"), VALUE, any_of(0, 0, 0, 1))],
    "map_pop_elem": [form(MAP(*LISTS), "room")],
    "map_peek_elem": [form(MAP(*LISTS), "room"),
                      form(MAP("bloom_filter"), VALUE)],
    "spin_lock": "locked", "spin_unlock": "locked",
    "map_lookup_percpu_elem": "lookup_percpu",
    "for_each_map_elem": "for_each",
    "loop": "bpf_loop",
    "tail_call": "tail_call",
    "ktime_get_ns": [form(result=NONE)],
    "ktime_get_boot_ns": [form(result=NONE)],
    "ktime_get_coarse_ns": [form(result=NONE)],
    "ktime_get_tai_ns": [form(result=NONE)],
    # There is one CPU.
    "get_smp_processor_id": [form()],
    "get_numa_node_id": [form()],
    "get_prandom_u32": [form(result=NONE)],
    "strtol": [form(LETTERS("-123 ", "0x1f", "  7", "99999999999999999999",
                            "z"), any_of(0, 8, 10, 16, 7), "place8")],
    "strtoul": [form(LETTERS("123 ", "0x1f", "-7", "99999999999999999999",
                             "z"), any_of(0, 8, 10, 16, 7), "place8")],
    "strncmp": [form(MEMORY(1, 4, 8), TEXT("", "\x01", "vouch"))],
    "csum_diff": [form(MEMORY(0, 8, 16), MEMORY(0, 8, 16), any_of(0, 77, -1))],
    # XDP's
    "xdp_get_buff_len": [form(CTX)],
    "xdp_load_bytes": [form(CTX, OFFSET, MEMORY(1, 4, 8, 16, 48))],
    "xdp_store_bytes": moving(CTX, OFFSET, MEMORY(1, 4, 8, 16, 48)),
    "check_mtu": MTU,
    "xdp_adjust_head": moving(CTX, any_of(-8, -4, 4, 8, 0, 5, 300)),
    "xdp_adjust_tail": moving(CTX, any_of(-8, -4, 4, 8, 0, 5, 300)),
    "xdp_adjust_meta": moving(CTX, any_of(-8, -4, 4, 8, 0, 5, -300)),
    "redirect": [form(INTERFACE, FLAGS)],
    "redirect_map": [form(MAP(*DEVICES), LOW(4), any_of(0, 1, 2, 3, 4, 8, 64))],
    # of packets in a struct sk_buff
    "skb_load_bytes": [form(CTX, OFFSET, MEMORY(1, 4, 8, 16, 48))],
    "skb_load_bytes_relative": [form(CTX, OFFSET, MEMORY(1, 4, 8, 16),
                                     any_of(0, 1, 2))],
    "skb_store_bytes": moving(CTX, OFFSET, MEMORY(1, 4, 8, 16),
                              any_of(0, 1, 2, 3, 4)),
    "l3_csum_replace": moving(CTX, OFFSET, SLOT, SLOT,
                              any_of(0, 2, 4, 1, 2)),
    "l4_csum_replace": moving(CTX, OFFSET, SLOT, SLOT,
                              any_of(0, 2, 4, 0x12, 0x20, 0x42, 1)),
    "csum_update": [form(CTX, SLOT)],
    "csum_level": [form(CTX, any_of(0, 1, 2, 3, 4))],
    "get_hash_recalc": "hash_recalc",
    "set_hash": [form(CTX, SLOT)],
    "set_hash_invalid": [form(CTX)],
    "skb_pull_data": moving(CTX, LENGTH),
    "skb_change_type": [form(CTX, any_of(0, 1, 2, 3, 4, 7))],
    "skb_ecn_set_ce": moving(CTX),
    "skb_set_tstamp": [form(CTX, SLOT, any_of(0, 1, 2)),
                       form(CTX, any_of(0), any_of(0, 1))],
    "get_cgroup_classid": [form(CTX)],
    "skb_cgroup_classid": [form(CTX)],
    "get_route_realm": [form(CTX)],
    "get_socket_uid": [form(CTX)],
    "skb_vlan_push": moving(CTX, any_of(0x0081, 0xa888, 0x1234), LOW(1 << 16)),
    "skb_vlan_pop": moving(CTX),
    "skb_change_proto": moving(CTX, any_of(0x0008, 0xdd86, 0x0608),
                               any_of(0, 0, 1)),
    "skb_adjust_room": moving(CTX, any_of(0, 8, 20, -8, -20, 4096, 54),
                              any_of(0, 1, 1, 2), any_of(0, 0, 1, 2, 4, 8, 16,
                                                         0x20, 0x80)),
    "skb_change_tail": moving(CTX, LENGTH, any_of(0, 0, 0, 1)),
    "skb_change_head": moving(CTX, any_of(0, 1, 14, 100, -1),
                              any_of(0, 0, 0, 1)),
    "redirect_peer": [form(INTERFACE, any_of(0, 0, 1))],
    "redirect_neigh": [form(INTERFACE, any_of(0), any_of(0), any_of(0, 0, 1))],
    # That too many wait to be received (NET_RX_DROP) is a matter of time.
    "clone_redirect": moving(CTX, INTERFACE, any_of(0, 1, 2), result=SIGN),
    "skb_set_tunnel_key": [form(CTX, MEMORY(44, 44, 28, 24, 8, 12),
                                any_of(0, 0, 1, 2, 4, 8, 16))],
    "skb_get_tunnel_key": [form(CTX, MEMORY(44, 44, 28, 24, 8, 12),
                                any_of(0, 0, 1, 16, 2))],
    "skb_set_tunnel_opt": [form(CTX, MEMORY(4, 8, 48, 6))],
    "skb_get_tunnel_opt": [form(CTX, MEMORY(4, 8, 48, 6))],
    # Sockets: none is there to be found; a test-run's packet has one.
    "skc_lookup_tcp": "socket_99", "sk_lookup_tcp": "socket_84",
    "sk_lookup_udp": "socket_85", "sk_release": "socket_84",
    "sk_fullsock": "of_socket_95", "tcp_sock": "of_socket_96",
    "get_listener_sock": "of_socket_98", "sk_assign": "assign_socket",
    "fib_lookup": "fib_lookup",
    # Cookies are of the kernel's secret.
    "tcp_raw_gen_syncookie_ipv4": [form("header", MEMORY(20, 24, 48, 8),
                                        result=NONE)],
    "tcp_raw_gen_syncookie_ipv6": [form("header", MEMORY(20, 24, 48, 8),
                                        result=NONE)],
    "tcp_raw_check_syncookie_ipv4": [form("header", "stack")],
    "tcp_raw_check_syncookie_ipv6": [form("header", "stack")],
    # of tracing
    "probe_read": READ, "probe_read_str": READ,
    "probe_read_kernel": READ, "probe_read_kernel_str": READ,
    "probe_read_user": READ, "probe_read_user_str": READ,
    "get_current_pid_tgid": [form(result=NONE)],
    "get_current_uid_gid": [form(result=NONE)],
    "get_current_comm": [form("scratch", any_of(1, 4, 16))],
    "get_current_task": [form(result=NONE)],
    "get_current_task_btf": [form(result=NONE)],
    "task_pt_regs": "task_regs",
    # No signal, and what is none.
    "send_signal": [form(any_of(0, 100))],
    "send_signal_thread": [form(any_of(0, 100))],
    "get_ns_current_pid_tgid": [form(any_of(0, 5), any_of(0, 1), MEMORY(8, 4))],
    "get_current_cgroup_id": [form(result=NONE)],
    "get_current_ancestor_cgroup_id": [form(any_of(77, -1)),
                                       form(any_of(0), result=NONE)],
    "current_task_under_cgroup": [form(MAP("cgroup_array"),
                                       any_of(0, 3, 4, 1 << 30))],
    "get_stackid": [
        form(CTX, MAP("stack_trace"), BAD_STACK_FLAGS),
        form(CTX, MAP("stack_trace"), any_of(1 << 10, 0x600), result=SIGN,
             only=("raw_tracepoint",), private=True)],
    "get_stack": [
        form(CTX, "scratch", any_of(8, 16), BAD_STACK_FLAGS),
        form(CTX, "scratch", any_of(8, 16), any_of(0, 1), result=SIGN,
             only=("raw_tracepoint",), private=True)],
    "trace_printk": [form(LETTERS(*TEXTS), SLOT, SLOT, SLOT)],
    "trace_vprintk": [form(LETTERS(*TEXTS), MEMORY(0, 8, 16, 24))],
    "snprintf": [form(MEMORY(1, 8, 16), TEXT("%d %x ", "%llx", "%i%%%u",
                                             "vouch", "%c"), "numbers")],
    # records: of those that are written, nobody can tell under a test-run
    "perf_event_output": [
        form(CTX, MAP("perf_event_array"), any_of(4, 5000, 0x7fffffff),
             MEMORY(1, 8, 24)),
        form(CTX, MAP("perf_event_array"), any_of(0, 0xffffffff),
             MEMORY(1, 8, 24), result=NONE)],
    "ringbuf_output": [form(MAP("ringbuf"), MEMORY(0, 1, 8, 24, 48),
                            any_of(0, 1, 2, 3, 4))],
    "ringbuf_reserve": "ring_record", "ringbuf_submit": "ring_record",
    "ringbuf_discard": "ring_record",
    "ringbuf_query": [form(MAP("ringbuf"), any_of(0, 1, 2, 3, 4))],
}
# They need a privilege that programs of packets are tried without.
PRIVILEGED = {"trace_printk", "trace_vprintk", "snprintf", "probe_read_user",
              "probe_read_user_str", "probe_read_kernel",
              "probe_read_kernel_str", "get_current_task",
              "get_current_task_btf", "task_pt_regs"}
# Neither kernel tells a test-run where it is attached; tracing_test asks.
ATTACHED = "test-runs are attached nowhere"
HELPERS_APART = {"get_func_ip": ATTACHED, "get_attach_cookie": ATTACHED}
# Call targets that no program gets.
INLINED = "the verifier puts the look-up itself in the call's place"
EXPORTS_APART = {
    "array_lookup": INLINED, "htab_lookup": INLINED, "lru_lookup": INLINED,
    "map_for_each": "the verifier refuses a call that may be of two maps",
    "get_func_ip": ATTACHED, "get_attach_cookie_trace": ATTACHED,
    "get_attach_cookie_pe": ATTACHED,
}
FIELDS_APART = {
    "xdp.egress_ifindex": "test-runs are of no program that a devmap calls",
}
PROG_TYPES_APART = {
    "perf_event": "neither kernel has a test-run for it",
    "tracing": "neither kernel has a test-run for it",
}


def reasons():
    """{what does not occur: why}"""
    out = {}
    for kind, table in (("helper", HELPERS_APART),
                        ("export", EXPORTS_APART), ("field", FIELDS_APART),
                        ("type of programs", PROG_TYPES_APART)):
        out.update(("%s %s" % (kind, name), why)
                   for name, why in table.items())
    return out


def missing(offered):
    """What is offered, and not known here; and what is known, and not
    offered any more."""
    fields = {"%s.%s" % (kind, name) for kind, names in offered.fields.items()
              for name in names}
    exports = offered.all_exports
    for what, have, know in (
            ("helper", set(offered.helpers), set(HELPERS) | set(HELPERS_APART)),
            ("map", offered.map_types, set(MAPS))):
        yield from ("%s %s has no form" % (what, n) for n in have - know)
        yield from ("%s %s is not offered" % (what, n) for n in know - have)
    for what, have, know in (("export", exports, EXPORTS_APART),
                             ("field", fields, FIELDS_APART),
                             ("type of programs", offered.prog_types,
                              PROG_TYPES_APART)):
        yield from ("%s %s is not there" % (what, n)
                    for n in set(know) - have)
