# SPDX-License-Identifier: BSD-2-Clause
"""Programs that see the workload (tests/workload), and what of that which they
put out must be equal on two kernels.

What differs by nature is left out, field by field: time and what is worked out
of it, addresses of the kernel's memory, numbers that the kernel deals out
(interfaces, inodes). The workload's processes have the same identifiers on
both, so these are compared.
"""

import collections
import re
import struct

import machine

PID, CHILDREN, STREAMS, ANSWERS = 3500, range(3501, 3510), 3510, 3513
PORTS = {5000, 5001}
DEBIAN, OURS = "debian-objects", "objects"


class Layout:
    """A structure's fields, "name:code ..." with struct's codes and C's
    alignment; codes of more than one item are sums of its 32-bit numbers.
    A last field "name:*other" has as many bytes as the field "other" says."""

    def __init__(self, text, packed=False):
        fields = [f.split(":") for f in text.split()]
        self.rest = None
        if fields[-1][1].startswith("*"):
            name, code = fields.pop()
            self.rest = name, code[1:]
        self.names = [name for name, _ in fields]
        self.sums = {name for name, code in fields
                     if re.fullmatch(r"\d+I", code)}
        codes = "".join(code for _, code in fields)
        self.counts = [int(code[:-1]) if name in self.sums else 1
                       for name, code in fields]
        self.struct = struct.Struct(("=" if packed else "@") + codes)

    def read(self, data):
        """A dictionary; what stands behind the structure is padding."""
        if len(data) < self.struct.size:
            raise ValueError("%d bytes, not %d" % (len(data),
                                                   self.struct.size))
        items = list(self.struct.unpack_from(data))
        found = {}
        for name, n in zip(self.names, self.counts):
            part, items = items[:n], items[n:]
            value = sum(part) if name in self.sums else part[0]
            if isinstance(value, bytes):
                value = value.split(b"\0")[0] if name in TEXTS else value
            found[name] = value
        if self.rest:
            name, length = self.rest
            found[name] = data[self.struct.size:][:found[length]]
        return found


# Text ends at its first NUL; what follows is whatever was there.
TEXTS = {"comm", "task", "name", "fname", "path", "file"}


def added_up(elements, names):
    """Whose key is a text with different bytes behind its end are one."""
    totals = {}
    for e in elements:
        total = totals.setdefault(tuple(e[name] for name in names), e)
        if total is not e:
            total.update((name, total[name] + value)
                         for name, value in e.items()
                         if name not in names and isinstance(value, int))
    return list(totals.values())


class Output:
    """What is compared of one map. @of: which elements are the workload's,
    where others' are to be left out; a table's elements have no order."""

    def __init__(self, name, value, fields, key="", of=None, packed=False):
        self.map = name
        self.key = Layout(key, packed) if key else None
        self.value = Layout(value, packed)
        self.fields = fields.split()
        self.of = of

    def element(self, key, value):
        found = self.value.read(value)
        if self.key:
            found.update(self.key.read(key))
        return found

    def compared(self, elements):
        found = [self.element(k, v) for k, v in elements]
        if self.of:
            found = [e for e in found if self.of(e)]
        if self.key:
            found = added_up(found, self.key.names)
        found = [tuple(e[f] for f in self.fields) for e in found]
        return sorted(found) if self.key else found


# Programs at system calls that only the older architectures have.
ABSENT = set() if machine.chosen().name == "x86_64" else {
    "tracepoint__syscalls__sys_enter_open",
    "tracepoint__syscalls__sys_exit_open",
    "handle_newstat_entry", "handle_newstat_return",
    "handle_newlstat_entry", "handle_newlstat_return"}

Row = collections.namedtuple(
    "Row", "name type folder file hooks outputs sets values entries least whole")


def row(name, kind, file, hooks, *outputs, folder=DEBIAN, sets=None, values=(),
        entries=None, least=1, whole=False):
    """@hooks: hook by program, or the programs that go where their sections
    say. @sets: variables, by name. @values: elements (map, key, value) that
    user space sets. @entries: sizes of maps. @least: how many elements must
    come out. @whole: not in the small size of the test."""
    if not isinstance(hooks, dict):
        hooks = dict.fromkeys((h for h in hooks.split() if h not in ABSENT),
                              "section")
    return Row(name, kind, folder, file, hooks, outputs, sets or {}, values,
               entries or {}, least, whole)


def mine(e):
    """By the name of the thread."""
    return e.get("comm", e.get("task")).startswith(b"vw-")


def of_child(e):
    """By its identifier."""
    return e["pid"] in CHILDREN


def of_stream(e):
    """By its ports; whose name it has is up to who handles softirqs."""
    return PORTS & {e["sport"], e["dport"]}


def tracepoints():
    yield row("opensnoop", "tracepoint", "opensnoop.o",
              "tracepoint__syscalls__sys_enter_open "
              "tracepoint__syscalls__sys_exit_open "
              "tracepoint__syscalls__sys_enter_openat "
              "tracepoint__syscalls__sys_exit_openat",
              Output("events", "ts:Q pid:i uid:I ret:i flags:i "
                     "callers:16s comm:16s fname:255s", "pid uid ret flags comm fname", of=mine),
              sets={"targ_tgid": PID}, least=9)
    yield row("execsnoop", "tracepoint", "execsnoop.o",
              "tracepoint__syscalls__sys_enter_execve "
              "tracepoint__syscalls__sys_exit_execve",
              Output("events", "pid:i ppid:i uid:I retval:i args_count:i "
                     "args_size:I comm:16s args:*args_size",
                     "pid ppid uid retval args_count args_size comm args",
                     of=of_child),
              sets={"ignore_failed": 0}, least=3)
    yield row("exitsnoop", "tracepoint", "exitsnoop.o", "sched_process_exit",
              Output("events", "start:Q end:Q pid:i tid:i ppid:i sig:I code:i "
                     "comm:16s", "pid tid ppid sig code comm",
                     of=of_child), least=3)
    yield row("sigsnoop", "tracepoint", "sigsnoop.o",
              "kill_entry kill_exit tkill_entry tkill_exit tgkill_entry "
              "tgkill_exit",
              Output("events", "pid:I tpid:I sig:i ret:i comm:16s",
                     "pid tpid sig ret comm", of=mine), least=4, whole=True)
    yield row("sigsnoop-all", "tracepoint", "sigsnoop.o", "sig_trace",
              Output("events", "pid:I tpid:I sig:i ret:i comm:16s",
                     "pid tpid sig ret comm", of=lambda e: mine(e) and
                     e["comm"] != b"vw-end"), least=4, whole=True)
    yield row("statsnoop", "tracepoint", "statsnoop.o",
              "handle_statfs_entry handle_statfs_return "
              "handle_newstat_entry handle_newstat_return "
              "handle_statx_entry handle_statx_return "
              "handle_newfstatat_entry handle_newfstatat_return "
              "handle_newlstat_entry handle_newlstat_return",
              Output("events", "ts:Q pid:I ret:i comm:16s path:255s",
                     "pid ret comm path", of=mine),
              sets={"target_pid": PID}, least=20, whole=True)
    yield row("syscount", "tracepoint", "syscount.o", "sys_enter sys_exit",
              Output("data", "count:Q ns:Q name:16s", "number count",
                     key="number:I"),
              sets={"filter_pid": PID}, least=20, whole=True)
    yield row("tcpstates", "tracepoint", "tcpstates.o", "handle_set_state",
              # Behind an address of IPv4 is what the kernel has behind it.
              Output("events", "saddr:4s s:12s daddr:4s d:12s sk:Q ts:Q "
                     "delta:Q pid:I old:i new:i family:H sport:H dport:H "
                     "task:16s", "saddr daddr old new family sport dport",
                     of=of_stream), least=4, whole=True)
    yield row("biopattern", "tracepoint", "biopattern.o",
              "handle__block_rq_complete",
              Output("counters", "sector:Q bytes:Q sequential:I random:I",
                     "dev sector bytes sequential random", key="dev:I"),
              least=1, whole=True)


def kprobes():
    yield row("filelife", "kprobe", "filelife.o",
              "vfs_create vfs_open vfs_unlink",
              Output("events", "file:32s task:16s ns:Q tgid:i",
                     "file task tgid", of=mine),
              sets={"targ_tgid": PID}, least=4)
    yield row("filetop", "kprobe", "filetop.o", "vfs_read_entry "
              "vfs_write_entry",
              Output("entries", "reads:Q read_bytes:Q writes:Q write_bytes:Q "
                     "pid:I tid:I fname:4096s comm:16s kind:c",
                     "kpid ktid reads read_bytes writes write_bytes pid tid "
                     "fname comm kind",
                     key="inode:Q dev:I rdev:I kpid:I ktid:I"),
              sets={"target_pid": PID}, entries={"entries": 64}, least=3)
    yield row("tcptop", "kprobe", "tcptop.o", "tcp_sendmsg tcp_cleanup_rbuf",
              Output("ip_map", "sent:Q received:Q",
                     "saddr daddr pid name lport dport family sent received",
                     key="saddr:16s daddr:16s pid:I name:16s lport:H dport:H "
                     "family:H"),
              sets={"target_pid": STREAMS}, least=2)


def kretprobes():
    yield row("bindsnoop", "kretprobe", "bindsnoop.o",
              "ipv4_bind_entry ipv4_bind_exit",
              Output("events", "addr:16s ts:Q pid:I dev:I ret:i port:H "
                     "proto:H opts:B ver:B task:16s",
                     "addr pid dev ret port proto opts ver task", of=mine),
              sets={"target_pid": STREAMS}, least=3)
    yield row("solisten", "kretprobe", "solisten.o",
              "inet_listen_entry inet_listen_exit",
              Output("events", "addr:16s pid:I proto:I backlog:i ret:i port:H "
                     "task:16s", "addr pid proto backlog ret port task"),
              sets={"target_pid": STREAMS})
    yield row("tcpconnect", "kretprobe", "tcpconnect.o",
              "tcp_v4_connect tcp_v4_connect_ret",
              Output("events", "saddr:16s daddr:16s task:16s ts:Q af:I pid:I "
                     "uid:I sport:H dport:H",
                     "saddr daddr task af pid uid sport dport"),
              sets={"filter_pid": STREAMS, "source_port": 1})
    yield row("funclatency", "kretprobe", "funclatency.o",
              {"dummy_kprobe": "kprobe:vfs_write",
               "dummy_kretprobe": "kretprobe:vfs_write"},
              Output(".bss", "hist:25I", "hist", key="zero:I"),
              sets={"targ_tgid": PID}, entries={"starts": 64}, whole=True)


def scheduling(kind, names, whole):
    """The same tools by tracepoints with and without the types of arguments;
    what they count of time is compared in sum. The process is one that does
    nothing but wait for another."""
    btf = kind == "tp_btf"
    switch = "sched_switch" if btf else "handle_sched_switch"
    wakeups = "sched_wakeup sched_wakeup_new" if btf else \
        "handle_sched_wakeup handle_sched_wakeup_new"
    if "runqlat" in names:
        yield row("runqlat-" + kind, kind, "runqlat.o",
                  wakeups + " " + switch,
                  Output("hists", "slots:26I comm:16s", "id slots",
                         key="id:I"),
                  sets={"targ_tgid": ANSWERS, "targ_per_process": 1}, whole=whole)
    if "runqslower" in names:
        yield row("runqslower-" + kind, kind, "runqslower.o",
                  wakeups + " " + switch,
                  Output("events", "task:16s before:16s us:Q pid:i prev:i",
                         "task pid", of=mine),
                  sets={"targ_tgid": ANSWERS}, least=10, whole=whole)
    if "cpudist" in names:
        yield row("cpudist-" + kind, kind, "cpudist.o",
                  "sched_switch_btf" if btf else "sched_switch_tp",
                  Output("hists", "slots:36I comm:16s", "id slots",
                         key="id:I"),
                  sets={"targ_tgid": ANSWERS, "targ_per_process": 1,
                        "targ_offcpu": 1},
                  entries={"start": 64, "hists": 64}, whole=whole)


def typed():
    yield from scheduling("tp_btf", ("runqlat", "runqslower"), False)
    yield row("bitesize", "tp_btf", "bitesize.o", "block_rq_issue",
              Output("hists", " ".join("slot%d:I" % i for i in range(20)),
                     "comm " + " ".join("slot%d" % i for i in range(20)),
                     key="comm:16s", of=mine))
    yield row("biolatency-tp_btf", "tp_btf", "biolatency.o",
              "block_rq_insert_btf block_rq_issue_btf block_rq_complete_btf",
              Output("hists", "slots:27I", "dev flags slots",
                     key="flags:I dev:I"),
              sets={"targ_per_disk": 1, "targ_per_flag": 1}, whole=True)
    yield from scheduling("tp_btf", ("cpudist",), True)


def raw():
    yield from scheduling("raw_tp", ("runqlat", "runqslower"), False)
    yield row("biolatency-raw_tp", "raw_tp", "biolatency.o",
              "block_rq_insert block_rq_issue block_rq_complete",
              Output("hists", "slots:27I", "dev flags slots",
                     key="flags:I dev:I"),
              sets={"targ_per_disk": 1, "targ_per_flag": 1})
    yield from scheduling("raw_tp", ("cpudist",), True)


FAULTS, SWITCHES = "perf_event:1:2:1", "perf_event:1:3:1"


def events():
    """Events of software: each page fault, each switch of tasks."""
    yield row("cpufreq", "perf_event", "cpufreq.o", {"do_sample": FAULTS},
              Output("hists", "slots:26I", "comm slots", key="comm:16s",
                     of=lambda e: e["comm"] == b"vw-faults"),
              values=((".bss", "00000000", "d2040000"),))
    yield row("llcstat-ref", "perf_event", "llcstat.o",
              {"on_cache_ref": SWITCHES},
              Output("infos", "ref:Q miss:Q comm:16s", "pid tid ref miss comm",
                     key="cpu:I pid:I tid:I", of=lambda e: e["pid"] == ANSWERS))
    yield row("llcstat-miss", "perf_event", "llcstat.o",
              {"on_cache_miss": SWITCHES},
              Output("infos", "ref:Q miss:Q comm:16s", "pid tid ref miss comm",
                     key="cpu:I pid:I tid:I", of=lambda e: e["pid"] == ANSWERS),
              sets={"targ_per_thread": 1})


FLAGS = "0f00000000000000"  # of source and destination, of TCP and UDP


def ports(*numbers):
    """Elements for ports, in the order of the network."""
    return tuple(("filter_ports", struct.pack("<I", struct.unpack(
        "<H", struct.pack(">H", n))[0]).hex(), FLAGS) for n in numbers)


def xdp(tap, name, file, program, *outputs, **more):
    return row(name, "xdp", file, {program: "xdp:vwt%d" % tap}, *outputs,
               **more)


def frames():
    stats = Output("xdp_stats_map", "packets:Q bytes:Q", "action packets bytes",
                   key="action:I")
    yield xdp(0, "xdpfilt_dny_all", "xdpfilt_dny_all.o", "xdpfilt_dny_all",
              stats, values=ports(80, 83, 1005) + (
                  ("filter_ethernet", "020000000004", FLAGS),
                  ("filter_ipv4", "0a090802", FLAGS)),
              entries={"filter_ipv4": 64, "filter_ipv6": 64,
                       "filter_ethernet": 64}, least=5)
    yield xdp(1, "xdpfilt_alw_tcp", "xdpfilt_alw_tcp.o", "xdpfilt_alw_tcp",
              stats, values=ports(81, 84), least=5)
    yield xdp(2, "xdpdump", "xdpdump_xdp.o", "xdpdump",
              Output("xdpdump_perf_map", "meta:20s packet:64s", "meta packet",
                     packed=True),
              values=((".data", "00000000", "660000004000000005000000"),),
              least=20)
    for i, (name, output) in enumerate((
            ("tc_flows", Output("flows", "packets:Q bytes:Q",
                                "flow packets bytes", key="flow:16s")),
            ("tc_ring", Output("ring", "record:48s", "record")),
            ("tc_classes", Output("classes", "packets:Q bytes:Q",
                                  "key packets bytes", key="key:I")))):
        yield row(name, "tc", "frames.o", {name: "tc:vwt%d:ingress" % (4 + i)},
                  output, folder=OURS, least=5)
    yield row("sock_stream", "tc", "sockets.o",
              {"sock_stream": "tc:lo:ingress"},
              Output("answers", "state:I type:I protocol:I mark:I priority:I "
                     "local_port:I peer_port:I local:I peer:I is_tcp:I mss:I "
                     "is_listener:I assigned:I",
                     "from flags found state type protocol mark priority "
                     "local_port peer_port local peer is_tcp mss is_listener "
                     "assigned", key="from:H flags:B found:B"),
              folder=OURS, least=7)
    for tap, name, kind, hook in (
            (10, "look_from_frame", "xdp", "xdp:vwt%d"),
            (11, "look_from_packet", "tc", "tc:vwt%d:ingress")):
        yield row(name, kind, "lookups.o", {name: hook % tap},
                  Output("answers", "family:I type:I protocol:I "
                         "state:I local_port:I peer_port:I local:16s peer:16s",
                         "question family type protocol state local_port "
                         "peer_port local peer", key="question:I"),
                  folder=OURS, least=18)
    for i, (name, output) in enumerate((
            ("socket_ports", Output("ports", "packets:Q bytes:Q",
                                    "port packets bytes", key="port:H")),
            ("socket_records", Output("events", "record:48s packet:20s",
                                      "record packet")),
            ("socket_lengths", Output("lengths", "packets:Q bytes:Q",
                                      "key packets bytes", key="key:I")))):
        yield row(name, "socket", "frames.o", {name: "socket:vwt%d" % (7 + i)},
                  output, folder=OURS, least=5)


ROWS = tuple(r for rows in (tracepoints, kprobes, kretprobes, typed, raw,
                            events, frames) for r in rows())
