#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The whole chain in a lab of its own: vouchd, a verifier VM, a target VM.

Real kernels, real virtio-vsock, real objects; vouchd and vouch are the
sanitised builds.
"""

import collections
import glob
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

sys.path[:0] = ["scripts", "tests/lib"]
import lab as lab_module  # noqa: E402  pylint: disable=wrong-import-position
import differential_cases  # noqa: E402  pylint: disable=wrong-import-position
import packets  # noqa: E402  pylint: disable=wrong-import-position
import tap  # noqa: E402  pylint: disable=wrong-import-position
import wire  # noqa: E402  pylint: disable=wrong-import-position
import wirenet  # noqa: E402  pylint: disable=wrong-import-position

OBJECTS = lab_module.built("objects")
N_PACKETS = int(os.environ.get("VOUCH_PACKETS", "1000"))
# In one test-run: its answer, with the maps, must fit a frame's JSON.
MOST_PACKETS = 1000
SEED = int(os.environ.get("VOUCH_SEED", "1"))

def path(name):
    return os.path.join(OBJECTS, name)


def reference(client, case, sent):
    """What BPF_PROG_TEST_RUN says on the verifier kernel."""
    with open(path(case["object"]), "rb") as f:
        obj = f.read()
    return client.call(
        "test-run", obj + b"".join(sent), on="verifier", name=case["object"],
        options={"set": case["set"], "map_entries": case["map_entries"]},
        program=case["program"], packets=[len(p) for p in sent],
        object_len=len(obj), repeat=1, presets=case["presets"], dump=True)


def on_target(client, case, image, sent, maps):
    """The same on the target; large maps come in parts."""
    result, data = client.call(
        "target.test-run", b"".join(sent), target="demo", image=image,
        program=case["program"], packets=[len(p) for p in sent], repeat=1,
        presets=case["presets"])
    result["maps"] = {name: dump(client, image, name) for name in maps}
    return result, data


def dump(client, image, name):
    entries, after = [], None
    while True:
        part, _ = client.call("target.map.dump", target="demo", image=image,
                              map=name, after=after)
        for e in part["entries"]:
            entries.append({"key": e["key"], "value":
                            e.get("value") or "".join(e["values"])})
        after = part["next"]
        if after is None:
            return entries


def normal(maps):
    """Maps in one form: on which CPU a packet was counted does not matter."""
    result = {}
    for name, entries in maps.items():
        table = {}
        for e in entries:
            value = e.get("value")
            words = struct.unpack("<%dQ" % (len(value) // 16),
                                  bytes.fromhex(value)) \
                if len(value) % 16 == 0 else ()
            if name == "xdp_stats_map":
                value = (sum(words[0::2]), sum(words[1::2]))
            elif name.startswith("filter_"):
                value = sum(words)
            elif name == "next":  # a program, by its id or by its index
                value = True
            elif name.startswith("percpu_"):  # set, not counted
                value = max(words)
            if value:
                table[e["key"]] = value
        result[name] = table
    return result


# ---- tests ------------------------------------------------------------------

def submit_case(t, lab, case):
    args = ["submit", path(case["object"]), "--target", "demo",
            "--slot", case["slot"]]
    for name, value in case["set"].items():
        args += ["--set", "%s=%s" % (name, value)]
    for name, value in case["map_entries"].items():
        args += ["--map-entries", "%s=%s" % (name, value)]
    rc, result = lab.vouch(*args)
    t.check(rc == 0 and result["verdict"] == "accepted" and
            result["deliveries"][0]["status"] == "loaded",
            "%s is verified, linked, signed and loaded" % case["object"],
            lab.stderr or result)
    return result["image"]["name"]


def differential(t, lab, client, case, branches):
    taken = collections.Counter()
    for i, first in enumerate(range(0, N_PACKETS, MOST_PACKETS)):
        sent = packets.packets(SEED + i, min(MOST_PACKETS, N_PACKETS - first))
        some = compare(t, lab, client, case, branches, sent)
        taken.update({name: int(n) for name, n in some.items()})
    name = case["object"]
    t.note("%s: branches %s" % (name, dict(taken)))
    t.check(taken and all(taken.values()),
            "%s: every branch and verdict was taken" % name, taken)


def compare(t, lab, client, case, branches, sent):
    """The same packets through both kernels, with maps that are new."""
    name = case["object"]
    image = submit_case(t, lab, case)
    ref, ref_data = reference(client, case, sent)
    got, got_data = on_target(client, case, image, sent, ref["maps"])

    t.equal([r["retval"] for r in got["runs"]],
            [r["retval"] for r in ref["runs"]],
            "%s: %d return values equal BPF_PROG_TEST_RUN's" %
            (name, len(sent)))
    t.check(got_data == ref_data, "%s: the packets that come out are equal" %
            name)
    t.equal([r["data_len"] for r in got["runs"]],
            [r["data_len"] for r in ref["runs"]],
            "%s: their lengths are equal" % name)
    t.equal(normal(got["maps"]), normal(ref["maps"]),
            "%s: the maps are equal" % name)

    verdicts = collections.Counter(r["retval"] for r in got["runs"])
    t.note("%s: verdicts %s" % (name, dict(verdicts)))
    rc, _ = lab.vouch("target", "unload", "demo", image)
    t.check(rc == 0, "%s: the image is unloaded" % name, lab.stderr)
    return branches(got, verdicts, case, len(sent))


def wire_counts(t, lab):
    """Frames from outside are counted, and by native XDP."""
    rc, result = lab.vouch("submit", path("xdp_count.o"), "--target", "demo",
                           "--attach", "xdp:eth0")
    t.check(rc == 0 and result["deliveries"][0]["status"] == "attached",
            "the example is attached to the interface", lab.stderr or result)
    image = result["image"]["name"]
    sent = collections.Counter()
    for i in range(60):
        source = packets.IPV4[i % 5]
        lab.send(packets.ethernet_ipv4(source, 17))
        sent[source.hex()] += 1
    got = {}
    for _ in range(300):
        _, dump = lab.vouch("target", "map", "dump", "demo", "sources",
                            "--image", image)
        got = {e["key"]: struct.unpack("<QQ", bytes.fromhex(e["value"]))[0]
               for e in dump["entries"]}
        if sum(got.values()) >= 60:
            break
    t.equal(got, dict(sent), "its counters equal what was sent")
    rc, progs = lab.vouch("target", "progs", "demo")
    runs = [p["runs"] for p in progs["programs"] if p["image"] == image]
    t.check(rc == 0 and runs and runs[0] >= 60,
            "the target counts the program's runs", progs)


def wire_filter(t, lab):
    """The third-party filter takes the interface over and obeys its maps."""
    rc, result = lab.vouch("submit", path("xdpfilt_dny_all.o"), "--target",
                           "demo", "--attach", "xdp:eth0")
    t.check(rc == 0 and result["deliveries"][0]["status"] == "attached",
            "a filter that nobody here wrote is attached in its place",
            lab.stderr or result)
    image = ["--image", result["image"]["name"]]
    good, bad = packets.IPV4[4], packets.IPV4[5]
    flags = "1 0 0 0 0 0 0 0".split()
    for table, key, value in (
            ("filter_ethernet", wirenet.ARP_MAC, flags),
            ("filter_ipv4", good, flags)):
        rc, _ = lab.vouch("target", "map", "set", "demo", table, "key",
                          *map(str, key), "value", *value, *image)
        t.check(rc == 0, "map set %s" % table, lab.stderr)
    answered = wirenet.echo_replies(
        lab, [(bad, 1), (good, 2), (bad, 3), (good, 4)], last=4)
    t.equal(answered, {2, 4}, "it passes what its map names and drops the rest")
    rc, result = lab.vouch("target", "map", "delete", "demo", "filter_ipv4",
                           "key", *map(str, good), *image)
    t.check(rc == 0, "map delete", lab.stderr)
    rc, result = lab.vouch("target", "map", "get", "demo", "filter_ipv4",
                           "key", *map(str, good), *image)
    t.check(rc == 6, "a deleted key is gone", (rc, result))


def loop_needs_perfmon(t, lab):
    rc, result = lab.vouch("submit", path("bounded_loop.o"), "--target",
                           "demo", "--no-deliver")
    t.check(rc == 0, "a loop with a constant end is accepted", result)
    rc, shown = lab.vouch("inspect", result["image"]["path"])
    t.check(rc == 0 and "perfmon" in str(shown),
            "and its manifest says with which privilege", shown)


def maps_of_each_kind(t, lab):
    """The bridge reads definitions and settings as the agent's libbpf does."""
    args = ["submit", path("map_kinds.o"), "--target", "demo", "--slot", "one"]
    settings = {"least": "-7", "way": "DOWN", "text": "after all",
                "flag": "true", "shown": "0xffff", "hidden": "010",
                "more": "9", "nothing": "18446744073709551615"}
    for name, value in settings.items():
        args += ["--set", "%s=%s" % (name, value)]
    rc, result = lab.vouch(*args, "--map-entries", "two=9")
    t.check(rc == 0 and result["deliveries"][0]["status"] == "loaded",
            "maps and variables of each kind are accepted, and settings of "
            "them", lab.stderr or result)
    if rc == 0:
        lab.vouch("target", "unload", "demo", result["image"]["name"])


# object: (exit code, words that the reason must have)
AGENT_REFUSES = {
    "helper_cookie.o": (6, "socket_cookie"),
    "kfunc.o": (6, "bpf_kfunc_call_test1"),
    "ksym_percpu.o": (6, "bpf_prog_active"),
    "ksym_typed.o": (6, "runqueues"),
    "ksym_typeless.o": (6, "init_task"),
    "skb.o": (6, "sched_cls"),
    "timer.o": (6, "timer"),
    "tp_btf.o": (6, "tracing|tp_btf"),
}
# What the target "demo" has a hook for on arm64.
HOOKED = {"arm64": ("tp_btf.o",)}


def refusals(t, lab):
    for name, (code, words) in sorted(AGENT_REFUSES.items()):
        if name in HOOKED.get(lab.arch, ()):
            continue
        rc, result = lab.vouch("submit", path("refuse/" + name), "--target",
                               "demo")
        text = str(result.get("reason")) + str(
            [p.get("reason") for p in result.get("programs", [])])
        t.check(rc == code and result.get("image") is None and
                re.search(words, text), "%s is refused by name" % name,
                (rc, text))
    rc, result = lab.vouch("submit", path("refuse/rejected.o"), "--target",
                           "demo")
    t.check(rc == 3 and result["verdict"] == "rejected" and
            "invalid access to packet" in result["log"],
            "a program that the verifier rejects comes back with its log",
            (rc, result))


def instances(t, lab, client):
    """One object in two slots of one target: two images, and both run."""
    images = []
    sent = packets.packets(SEED, 20)
    for slot in ("one", "two"):
        rc, result = lab.vouch("submit", path("xdp_count.o"), "--target",
                               "demo", "--slot", slot, "--set", "sample=1")
        t.check(rc == 0 and result["deliveries"][0]["status"] == "loaded",
                "the object is loaded in slot %s" % slot,
                lab.stderr or result)
        images.append(result["image"])
    t.check([i["instance"] for i in images] == [0, 1] and
            images[0]["name"] != images[1]["name"],
            "as two instances of different names", images)
    for image in images:
        got, _ = client.call("target.test-run", b"".join(sent), target="demo",
                             image=image["name"], packets=[len(p) for p in
                                                           sent], repeat=1)
        t.check(len(got["runs"]) == 20, "%s runs" % image["name"], got)
    ref, _ = reference(client, {"object": "xdp_count.o", "program": None,
                                "set": {"sample": "1"}, "map_entries": {},
                                "presets": []}, sent)
    t.equal([r["retval"] for r in got["runs"]],
            [r["retval"] for r in ref["runs"]],
            "as its only program does on the verifier kernel")
    rc, shown = lab.vouch("target", "show", "demo")
    t.check({(i["slot"], i["name"]) for i in shown["images"]} >=
            {(s, i["name"]) for s, i in zip(("one", "two"), images)},
            "the target has both", shown)
    redelivery(t, lab, images[1])
    for image in images:
        lab.vouch("target", "unload", "demo", image["name"])


def redelivery(t, lab, image):
    """Delivering a signed file: known already, changed, for another target."""
    rc, result = lab.vouch("deliver", image["path"], "--target", "demo")
    t.check(rc == 0 and result["status"] == "loaded" and
            "already" in str(result["reason"]),
            "an image that is loaded can be delivered again", result)
    with open(image["path"], "rb") as f:
        data = bytearray(f.read())
    data[0x41] ^= 1  # in the first function
    flipped = os.path.join(lab.dir, "flipped.ko")
    with open(flipped, "wb") as f:
        f.write(data)
    rc, result = lab.vouch("deliver", flipped, "--target", "demo")
    t.check(rc == 5 and result["status"] == "refused",
            "the target refuses a flipped byte of code as untrusted", result)
    rc, other = lab.vouch("submit", path("xdp_count.o"), "--target", "other",
                          "--no-deliver")
    t.check(rc == 0, "an object is signed for a target that is away", other)
    rc, result = lab.vouch("deliver", other["image"]["path"], "--target",
                           "demo")
    t.check(rc == 6 and "profile" in str(result["reason"]),
            "an image for another profile is refused, naming it", result)


def status_of(lab):
    rc, status = lab.vouch("status")
    return status if rc == 0 else {}


def processes_in(folder):
    """Of whose command line the folder is part."""
    found = []
    for name in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(name, "rb") as f:
                if folder.encode() in f.read():
                    found.append(name)
        except OSError:
            pass
    return found


def healthy(t, lab):
    """With a trial, which starts one more VM and leaves nothing behind."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            lab.command("doctor", "--trial", "--json", "--config",
                        os.path.join(lab.dir, "config.json")),
            env=dict(os.environ, XDG_RUNTIME_DIR=folder), timeout=600,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
        left = os.listdir(folder), processes_in(folder)
    found = json.loads(done.stdout)["findings"]
    t.equal((done.returncode, [f for f in found if f["state"] not in
                               ("ok", "warning") and f["subject"] != "other"]),
            (0, []), "vouch doctor finds nothing wrong")
    t.check(len(found) > 15, "where it looked at much", found)
    trial = [f for f in found if f["check"] == "trial"]
    t.check(trial and trial[0]["state"] == "ok" and
            re.match(r"a VM came up with (tcg|kvm), ", trial[0]["why"]),
            "its trial starts a VM that comes up", trial)
    t.equal(left, ([], []), "neither files nor processes of the trial are left")


def main():
    t = tap.Tap()
    lab = lab_module.Lab("lab-test", variant="asan")
    try:
        lab.up()
        client = wire.Client(lab.socket)
        t.run(healthy, lab)
        for case, branches in differential_cases.CASES:
            t.run(differential, lab, client, case(), branches)
        t.run(wire_counts, lab)
        t.run(wire_filter, lab)
        t.run(instances, lab, client)
        t.run(loop_needs_perfmon, lab)
        t.run(maps_of_each_kind, lab)
        t.run(refusals, lab)
        status = status_of(lab)
        t.check(all(vm["state"] == "ready" for vm in
                    status["verifiers"] + status["targets"]
                    if vm["name"] in lab.awaited()),
                "both VMs are up at the end", status)
    except (lab_module.LabError, wire.WireError) as e:
        t.check(False, "the lab", e)
    finally:
        t.check(lab.down(), "the lab stops")
    t.end()


if __name__ == "__main__":
    main()
