# SPDX-License-Identifier: BSD-2-Clause
"""An image with a map of each kind, and a program of each type, that a target
profile offers."""

NO_PREALLOC = 1
XDP = 6
# key, value, entries, flags of the map, flags of the manifest
MAPS = {
    "array": (4, 8, 4, 0, 0),
    "hash": (4, 8, 4, 0, 0),
    "percpu_array": (4, 8, 4, 0, 0),
    "percpu_hash": (4, 8, 4, 0, 0),
    "prog_array": (4, 4, 4, 0, XDP << 16),
    "lru_hash": (4, 8, 4, 0, 0),
    "lru_percpu_hash": (4, 8, 4, 0, 0),
    "queue": (0, 8, 4, 0, 0),
    "stack": (0, 8, 4, 0, 0),
    "bloom_filter": (0, 8, 4, 0, 0),
    "lpm_trie": (8, 8, 4, NO_PREALLOC, 0),
    "devmap": (4, 4, 4, 0, 0),
    "devmap_hash": (4, 4, 4, 0, 0),
    "cpumap": (4, 4, 2, 0, 0),
    "ringbuf": (0, 0, 4096, 0, 0),
    "perf_event_array": (4, 4, 2, 0, 0),
    "stack_trace": (4, 64, 4, 0, 0),
    "cgroup_array": (4, 4, 4, 0, 0),
    "array_of_maps": (4, 4, 4, 0, 0),
    "hash_of_maps": (4, 4, 4, 0, 0),
}
HOLDERS = "array_of_maps", "hash_of_maps"


def one(kind):
    """A map of that kind, called after it."""
    return dict(zip(("key", "value", "entries", "map_flags", "flags"),
                    MAPS[kind]), name=kind, type=kind)


# The offered type, its number and attach type, section, function.
PROGS = [
    ("xdp", "xdp", XDP, 37, "xdp", "fill"),
    ("socket_filter", "socket", 1, 0, "socket", "pass"),
    ("sched_cls", "tc", 3, 0, "tc", "shape"),
    ("kprobe", "kprobe", 2, 0, "kprobe", "pass"),
    ("tracepoint", "tracepoint", 5, 0, "tracepoint/task/task_rename", "pass"),
    ("raw_tracepoint", "raw_tp", 17, 0, "raw_tp/task_rename", "pass"),
    ("tracing", "tp_btf", 26, 23, "tp_btf/task_rename", "pass"),
    ("perf_event", "perf_event", 7, 0, "perf_event", "pass"),
]


def parts(profile, code):
    """What make_image.Image wants, with functions of @code: source, programs,
    maps, slots."""
    kinds = [k for k in profile["map_types"] if k in MAPS]
    assert kinds == profile["map_types"], "a kind of map is not in MAPS"
    # Those that hold maps hold arrays.
    maps = [dict(one(k), inner=one("array")) if k in HOLDERS else one(k)
            for k in kinds]
    progs = [{"name": name, "function": function, "section": section,
              "type": number, "attach_type": attach}
             for offer, name, number, attach, section, function in PROGS
             if offer in profile["prog_types"]]
    source = code.KIND_PASS + code.KIND_FILL % {k: i for i, k in enumerate(kinds)}
    if "sched_cls" in profile["prog_types"]:
        source += code.KIND_SHAPE
    return source, progs, maps, [(1, i, 0) for i in range(len(kinds))]
