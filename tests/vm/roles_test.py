#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A developer in a VM: what works from there, and what is refused.

A verifier VM, a target VM and a developer's VM, the last with the shipped
`vouch` and a program that says raw bytes to a port. It runs a list of steps
by itself and shows on its console what came of each.
"""

import json
import os
import re
import subprocess
import sys
import time

sys.path[:0] = ["scripts", "tests/lib"]
import lab as lab_module  # noqa: E402  pylint: disable=wrong-import-position
import tap  # noqa: E402  pylint: disable=wrong-import-position
import wire  # noqa: E402  pylint: disable=wrong-import-position

BUILD = lab_module.BUILD
OUT = os.path.join(BUILD, "vm", "developer")
SECONDS = 600  # for all steps, under emulation
OBJECT = os.path.join(BUILD, "objects", "xdp_count.o")
STEP = re.compile(r"^VOUCH-STEP (\S+)\n(.*?)^VOUCH-EXIT (\d+)$", re.M | re.S)
PORTS = {"verifier": 7001, "target": 7002, "developer": 7003}


def frame(kind, body, blob=b"", **change):
    text = json.dumps(body).encode()
    head = {"magic": b"VCHF", "version": 1, "kind": kind, "id": 1,
            "json": len(text), "blob": len(blob), "reserved": 0}
    head.update(change)
    return wire.HEAD.pack(*head.values()) + text + blob


def hello(role="developer"):
    return frame(wire.HELLO, {"role": role, "version": "0.1.0",
                              "release": "6.1.0", "profile": "0" * 64})


STATUS = frame(wire.CALL, {"method": "status"})

# name: port, bytes, most frames to await
TALKS = {
    "as-%s-to-%d" % (role, port): (port, hello(role), 1)
    for role in PORTS for port in PORTS.values()}
TALKS.update({
    "no-such-port": (7004, hello(), 1),
    "second-hello": (7003, hello() + hello("verifier") + STATUS, 3),
    "before-hello": (7003, STATUS + hello(), 2),
    "own-role": (7003, hello() + STATUS, 2),
})

COMMANDS = {
    "submit": "submit xdp_count.o --target demo --slot one --json",
    "submit-attached":
        "submit xdp_count.o --target demo --attach xdp:eth0 --json",
    "submit-no-slot": "submit xdp_count.o --target demo --slot mine --json",
    "submit-noise": "submit noise --no-deliver --target demo --json",
    "status": "status --json",
    "show": "target show demo --json",
    "text": "status",
}


def make_initrd():
    os.makedirs(OUT, exist_ok=True)

    def path(name):
        return os.path.join(OUT, name)
    subprocess.run(
        ["gcc", "-std=gnu11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra",
         "-Werror", "-static", "-o", path("vsock_talk"),
         "tests/vm/vsock_talk.c"], check=True)
    files = {"bin/vouch": os.path.join(BUILD, "vouch"),
             "bin/vsock_talk": path("vsock_talk"),
             "work/run": path("run"), "work/noise": path("noise"),
             "work/xdp_count.o": OBJECT,
             "modules/modules.load": os.path.join(BUILD, "verifier",
                                                  "modules.load")}
    with open(files["modules/modules.load"], encoding="ascii") as f:
        for module in f.read().split():
            files["modules/" + module] = os.path.join(
                BUILD, "verifier", "modules", module)
    with open(path("noise"), "wb") as f:
        f.write(os.urandom(1 << 20))
    with open(path("run"), "w", encoding="ascii") as f:
        f.write("#!/bin/sh\ncd /work\n"
                "end() { code=$?; echo; echo VOUCH-EXIT $code; }\n")
        for name, (port, data, frames) in TALKS.items():
            with open(path(name), "wb") as talk:
                talk.write(data)
            files["work/" + name] = path(name)
            f.write("echo VOUCH-STEP %s\nvsock_talk %d %d <%s\nend\n" %
                    (name, port, frames, name))
        for name, command in COMMANDS.items():
            f.write("echo VOUCH-STEP %s\nvouch %s 2>/dev/null\nend\n" %
                    (name, command))
    os.chmod(path("run"), 0o755)
    initrd = path("developer.cpio")
    subprocess.run(["scripts/initramfs", initrd, "images/init-developer",
                    *["%s=%s" % f for f in files.items()]], check=True)
    return initrd


def await_steps(lab):
    """What each step has shown, and its exit code."""
    console = os.path.join(lab.state, "developer.log")
    deadline = time.monotonic() + SECONDS
    text = ""
    while "VOUCH-VM-DONE" not in text:
        if "VOUCH-VM-FAIL" in text or time.monotonic() > deadline:
            raise lab_module.LabError("the developer's VM came to no end; its "
                                      "console is %s" % console)
        time.sleep(0.5)
        with open(console, encoding="ascii", errors="replace") as f:
            text = f.read().replace("\r", "")
    return {name: (shown.strip(), int(code))
            for name, shown, code in STEP.findall(text)}


def frames(shown):
    """Whether the connection stayed, and the frames that came."""
    how, _, text = shown.partition(" ")
    data, found = bytes.fromhex(text), []
    while data:
        head = wire.HEAD.unpack_from(data)
        end = wire.HEAD.size + head[4]
        found.append((head[2], json.loads(data[wire.HEAD.size:end])))
        data = data[end + head[5]:]
    return how, found


def check_refused(t, lab, steps, name, why):
    how, found = frames(steps[name][0])
    t.check(how == "closed" or len(found) == TALKS[name][2],
            name + ": the answers come")
    kind, body = found[-1] if found else (0, {})
    t.equal((kind, body.get("exit")), (wire.ERROR, 2), name + " is refused")
    t.check(why in body.get("why", ""), name + ": the peer is told why", body)
    t.check(any("vm:developer" in line and why in line
                for line in lab.log().splitlines()), name + ": so is the log", why)


def test_roles(t, lab, steps):
    for role in PORTS:
        for port in PORTS.values():
            if (role, port) == ("developer", 7003):
                continue
            check_refused(t, lab, steps, "as-%s-to-%d" % (role, port),
                          "the channel is for the role developer"
                          if port == 7003 else
                          "not for a VM of the role developer")
    check_refused(t, lab, steps, "before-hello", "the first frame is no HELLO")
    how, found = frames(steps["second-hello"][0])
    t.equal((how, [kind for kind, _ in found], found[-1][1].get("exit")),
            ("closed", [wire.WELCOME, wire.ERROR], 2),
            "a second HELLO is refused and ends the connection")
    t.check(steps["no-such-port"][0].startswith("refused"),
            "another port is not served", steps["no-such-port"])
    how, found = frames(steps["own-role"][0])
    t.equal([kind for kind, _ in found], [wire.WELCOME, wire.RESULT],
            "the VM's own role is served")


def test_work(t, lab, steps):
    for name in "submit", "submit-attached":
        shown, code = steps[name]
        verdict = json.loads(shown)
        t.equal((code, verdict["verdict"], verdict["exit"]),
                (0, "accepted", 0), name + " from the VM is accepted")
        t.equal([d["status"] for d in verdict["deliveries"]],
                ["attached" if name == "submit-attached" else "loaded"],
                "and its image delivered")
        _, shown = lab.vouch("target", "show", "demo")
        t.check(verdict["image"]["name"] in
                [i["name"] for i in shown["images"]],
                "which the target has, seen from the host")
        image = [i for i in shown["images"]
                 if i["name"] == verdict["image"]["name"]][0]
        t.equal(image["submitter"], "vm:developer",
                "with the VM's name as its submitter")
    shown, code = steps["submit-no-slot"]
    t.equal((code, json.loads(shown)["error"]["exit"]), (2, 2),
            "a slot of its own is refused")
    shown, code = steps["submit-noise"]
    t.check(code not in (0, 4) and json.loads(shown)["exit"] == code,
            "noise is no object: exit code %d" % code, shown)
    shown, code = steps["status"]
    status = json.loads(shown)
    t.equal((code, status["verifiers"][0]["state"],
             status["targets"][0]["state"]), (0, "ready", "ready"),
            "the VM sees the status")
    t.equal((steps["show"][1], json.loads(steps["show"][0])["profile"]),
            (0, shown_profile(lab)), "and the target")
    t.check(steps["text"][1] == 0 and "verifier" in steps["text"][0],
            "in words too", steps["text"])


def shown_profile(lab):
    return lab.vouch("target", "show", "demo")[1]["profile"]


def test_others(t, lab):
    rc, verdict = lab.vouch("submit", OBJECT, "--target", "demo", "--slot",
                            "two")
    t.equal((rc, verdict["verdict"]), (0, "accepted"),
            "a developer on the host is served as before")
    rc, status = lab.vouch("status")
    t.equal([vm["state"] for vm in status["verifiers"] +
             status["targets"][:1]], ["ready", "ready"], "all VMs are well")


def main():
    t = tap.Tap()
    lab = lab_module.Lab("roles", variant="asan", developer=make_initrd())
    console = os.path.join(lab.state, "developer.log")
    for old in console, os.path.join(lab.state, "vouchd.log"):
        if os.path.exists(old):
            os.unlink(old)
    try:
        lab.up()
        t.check(True, "all VMs are up")
        steps = await_steps(lab)
        t.run(test_roles, lab, steps)
        t.run(test_work, lab, steps)
        t.run(test_others, lab)
    except lab_module.LabError as e:
        t.check(False, "the lab", e)
    finally:
        lab.down()
    t.end()


if __name__ == "__main__":
    main()
