#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Programs at their hooks, and one workload in two VMs: what they put out on a
target is what they put out on the verifier kernel.

usage: workload_test.py [ROW]...

There libbpf alone loads and attaches them (tests/workload/native); here
`vouch submit` does. Then tests/workload runs, there once under all of them, here
under as many at a time as a target has slots. tests/lib/workload_rows.py has the programs, and which fields
of their records and maps are compared. VOUCH_ROWS=all takes those rows as well
that the small size leaves out.
"""

import collections
import os
import subprocess
import sys
import time

sys.path[:0] = ["scripts/corpus", "scripts", "tests/lib"]
import bpf_object  # noqa: E402  pylint: disable=wrong-import-position
import lab as lab_module  # noqa: E402  pylint: disable=wrong-import-position
from lab import built  # noqa: E402  pylint: disable=wrong-import-position
import machine  # noqa: E402  pylint: disable=wrong-import-position
import tap  # noqa: E402  pylint: disable=wrong-import-position
import wire  # noqa: E402  pylint: disable=wrong-import-position
import workload_rows  # noqa: E402  pylint: disable=wrong-import-position

BUILD = lab_module.BUILD
MACHINE = machine.chosen()
OUT = os.path.join(BUILD, "vm", "workload-" + MACHINE.name)
FLAGS = "-std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror -static".split()
ASK = b"\xff" * 6 + bytes(6) + b"\x88\xb5" + bytes(46)
TIMEOUT = 300
SLOTS = 16  # of a target, at most
MODULES = ("tun", "sch_ingress", "cls_bpf", "loop")
LIST_MAPS = ("perf_event_array", "ringbuf")


def path_of(row):
    return built(row.folder, row.file)


def compiled(name, folder, *libraries):
    path = os.path.join(OUT, name)
    files = [os.path.join(folder, f) for f in sorted(os.listdir(folder))
             if f.endswith(".c")]
    subprocess.run([MACHINE.tools + "gcc", *FLAGS, "-o", path, *files,
                    *libraries], check=True)
    return path


# ---- the verifier kernel alone -------------------------------------------

def variable(obj, name):
    """Section, offset and size of a variable."""
    for symbol, _, index, at, size in obj.symbols:
        if symbol == name and index < len(obj.sections) and size:
            return obj.sections[index].name, at, size
    raise KeyError(name)


def lists(rows):
    """What tests/workload/native is to do, by file."""
    load, attach, dump = [], [], []
    for row in rows:
        obj = bpf_object.Object(path_of(row))
        load.append("object %s /objects/%s" % (row.name, row.file))
        load += ["use " + program for program in row.hooks]
        for name, value in row.sets.items():
            section, at, size = variable(obj, name)
            load.append("set %s %d %s" % (section, at, value.to_bytes(
                size, "little").hex()))
        load += ["entries %s %d" % e for e in row.entries.items()]
        attach += ["value %s %s %s %s" % (row.name, *v) for v in row.values]
        attach += ["listen %s %s" % (row.name, o.map) for o in row.outputs
                   if o.map in obj.maps and
                   obj.maps[o.map].type == "perf_event_array"]
        attach += ["attach %s %s %s" % (row.name, *h)
                   for h in row.hooks.items()]
        dump += ["dump %s %s" % (row.name, o.map) for o in row.outputs]
    return {"load": load, "attach": attach, "dump": dump}


def native_initrd(rows, workload):
    files = ["bin/workload=" + workload]
    files += ["modules/%s.ko=%s" % (m, built(
        "verifier", "modules", m + ".ko")) for m in MODULES]
    files += sorted({"objects/%s=%s" % (r.file, path_of(r)) for r in rows})
    for name, lines in lists(rows).items():
        path = os.path.join(OUT, "rows." + name)
        with open(path, "w") as f:
            f.write("\n".join(lines) + "\n")
        files.append("rows/%s=%s" % (name, path))
    initrd = os.path.join(OUT, "native.cpio")
    init = compiled("native", "tests/workload/native", "-lbpf", "-lelf", "-lz")
    machine.initramfs(MACHINE, initrd, init, *files)
    return initrd


def native(t, rows, workload):
    """Elements (key, value) by row and map."""
    log = os.path.join(OUT, "native.log")
    vm = subprocess.run(
        ["scripts/vm-test", "--kernel",
         built("verifier", "vmlinux"), "--initrd",
         native_initrd(rows, workload), "--memory", "1024", "--cpus", "1",
         "--append", "quiet", "--timeout", "900", "--log", log, "--allow",
         "tests/vm/guest_kmsg.allow"], check=False, stdout=subprocess.PIPE)
    said = vm.stdout.decode()
    t.check(vm.returncode == 0, "libbpf loads, attaches and reads all of it",
            [line for line in said.splitlines() if line[:3] != "ok "])
    found = {}
    with open(log, errors="replace") as f:
        for line in f:
            word, *cells = line.rstrip("\r\n").split("\t")
            if word == "VOUCH-OUT" and len(cells) == 4:
                found.setdefault((cells[0], cells[1]), []).append(
                    (bytes.fromhex(cells[2]), bytes.fromhex(cells[3])))
    return found


# ---- the target ------------------------------------------------------------

class Lab(lab_module.Lab):
    """A target with the workload, and as many slots as there can be."""

    def __init__(self, workload):
        super().__init__("workload", target="lab", maps_mib=320)
        self.initrd = os.path.abspath(os.path.join(OUT, "target.cpio"))
        machine.initramfs(
            MACHINE, self.initrd, "images/init-target",
            "bin/vouch-targetd=" + built("vouch-targetd"),
            "modules/vouch_target.ko=" + built(
                "target-lab", "target-driver", "vouch_target.ko"),
            "bin/workload=" + workload)
        self.console = os.path.join(self.state, "target.log")
        if os.path.exists(self.console):
            os.unlink(self.console)  # it would be written on

    def vms(self):
        vms = super().vms()
        for vm in vms:
            if vm["name"] == self.target:
                vm["slots"] = ["row%d" % i for i in range(SLOTS)]
                vm["launch"]["initrd"] = self.initrd
        return vms

    def await_line(self, word):
        """Wait until the target says it."""
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            with open(self.console, errors="replace") as f:
                lines = f.read().splitlines()
            for line in lines:
                if "VOUCH-WORK-FAIL" in line:
                    raise lab_module.LabError("on the target: " + line)
                if line.strip().startswith(word):
                    return
            time.sleep(0.2)
        raise lab_module.LabError("the target did not say %s within %d s" % (
            word, TIMEOUT))


def put(client, image, row):
    """What user space sets, at its whole length."""
    sizes = {m["name"]: m["value_size"] for m in client.call(
        "target.map.list", target="lab")[0]["maps"] if m["image"] == image}
    for name, key, value in row.values:
        client.call("target.map.set", target="lab", image=image, map=name,
                    key=key, value=value.ljust(2 * sizes[name], "0"),
                    flags=0)


def placed(t, lab, client, slot, row):
    """The image, with its programs attached; None if that failed."""
    args = [a for p in row.hooks for a in ("--program", p)]
    args += [a for s in row.sets.items() for a in ("--set", "%s=%d" % s)]
    args += [a for e in row.entries.items()
             for a in ("--map-entries", "%s=%d" % e)]
    _, result = lab.vouch("submit", path_of(row), "--target", "lab", "--slot",
                          "row%d" % slot, *args)
    delivered = (result.get("deliveries") or [{}])[0]
    if not t.check(delivered.get("status") == "loaded",
                   "%s: %s is loaded" % (row.name, row.file),
                   result.get("reason") or delivered or lab.stderr):
        return None
    image = result["image"]["name"]
    try:
        put(client, image, row)
        for program, hook in row.hooks.items():
            client.call("target.attach", target="lab", image=image,
                        program=program, hook=hook)
    except wire.WireError as e:
        t.check(False, "%s is attached" % row.name, e)
        return None
    return image


def elements(client, image, name):
    kind = {m["name"]: m["type"] for m in client.call(
        "target.map.list", target="lab")[0]["maps"]
        if m["image"] == image}[name]
    if kind in LIST_MAPS:
        found = []
        more = True
        while more:
            got, _ = client.call("target.map.records", target="lab",
                                 image=image, map=name)
            found += [(b"", bytes.fromhex(r["data"])) for r in got["records"]]
            more = got["more"]
        return found
    found, after = [], None
    while True:
        got, _ = client.call("target.map.dump", target="lab", image=image,
                             map=name, after=after)
        found += [(bytes.fromhex(e["key"]),
                   bytes.fromhex(e.get("value") or e["values"][0]))
                  for e in got["entries"]]
        after = got.get("next")
        if not after:
            return found


def under(t, lab, client, number, rows, found):
    """Let the workload run for the time number @number."""
    images = {row.name: placed(t, lab, client, i, row)
              for i, row in enumerate(rows)}
    lab.send(ASK)
    lab.await_line("VOUCH-WORK-DONE %d" % number)
    for row in rows:
        for output in row.outputs if images[row.name] else ():
            found[row.name, output.map] = elements(
                client, images[row.name], output.map)
    for image in filter(None, images.values()):
        client.call("target.unload", target="lab", image=image)


def on_target(t, rows, workload):
    """As native(), of the rows that could be attached."""
    lab = Lab(workload)
    found = {}
    try:
        lab.up()
        client = wire.Client(lab.socket)
        lab.await_line("VOUCH-WORK-READY")
        for i in range(0, len(rows), SLOTS):
            under(t, lab, client, i // SLOTS + 1, rows[i:i + SLOTS], found)
        client.close()
    except (lab_module.LabError, wire.WireError) as e:
        t.check(False, "the workload on the target", e)
    finally:
        lab.down()
    return found


# ---- comparison ------------------------------------------------------------

def difference(want, have):
    """The first few of what only one side has."""
    left, right = collections.Counter(want), collections.Counter(have)
    return "%d and on the target %d; only there %r, only here %r" % (
        len(want), len(have), list((left - right).items())[:3],
        list((right - left).items())[:3])


def compare(t, row, ref, got):
    for output in row.outputs:
        where = (row.name, output.map)
        if where not in got:
            continue
        want = output.compared(ref.get(where, []))
        have = output.compared(got[where])
        what = "%s (%s): %d elements of %s" % (row.name, row.type, len(want),
                                               output.map)
        t.check(want == have, what + " are equal in " +
                " ".join(output.fields), difference(want, have))
        t.check(len(want) >= row.least, what + " are enough",
                "not %d" % row.least)


def chosen(names):
    rows = workload_rows.ROWS
    if names:
        return [row for row in rows if row.name in names]
    if os.environ.get("VOUCH_ROWS") == "all":
        return rows
    return [row for row in rows if not row.whole]


def main():
    t = tap.Tap()
    os.makedirs(OUT, exist_ok=True)
    # What is counted per CPU is counted on one; so is what runs when.
    lab_module.CPUS = 1
    rows = chosen(sys.argv[1:])
    workload = compiled("workload", "tests/workload")
    ref = native(t, rows, workload)
    got = on_target(t, rows, workload)
    for row in rows:
        t.run(compare, row, ref, got)
    kinds = {}
    for row in rows:
        kinds[row.type] = kinds.get(row.type, 0) + 1
    if not sys.argv[1:]:
        t.check(min(kinds.values()) >= 3 and len(kinds) == 9,
                "three programs of each of nine types", kinds)
    t.end()


if __name__ == "__main__":
    main()
