# SPDX-License-Identifier: BSD-2-Clause
"""What holds when the daemon is killed and started anew."""

import json
import os
import subprocess

from harness import Daemon, OBJECT, VOUCHD
import wire


def test_killed_verifying(tap):
    d = Daemon()
    d.verifier(acts=["hang"])
    client = d.client()
    client.send(wire.SUBMIT, {"name": "x"}, OBJECT)
    tap.check(d.wait_for(lambda: d.agents[0].seen), "the verifier works on it")
    d.kill()
    d.start()
    d.verifier()
    tap.check(d.wait_for(lambda: d.query(
        "SELECT state FROM submissions") == [("done",)]),
        "after kill -9 it is verified anew")
    tap.equal(d.client().call("submission", submission=1)[0]["exit"], 0,
              "and accepted")
    d.stop()


def test_killed_delivering(tap):
    d = Daemon()
    verifier = d.verifier()
    target = d.target(acts=["hang"])
    client = d.client()
    client.send(wire.SUBMIT, {"name": "x", "deliver": True}, OBJECT)
    tap.check(d.wait_for(lambda: target.seen), "the target has the image")
    image = target.seen[0][2]
    d.kill()
    d.start()
    verifier, target = d.verifier(), d.target()
    tap.check(d.wait_for(lambda: d.query(
        "SELECT state FROM submissions") == [("done",)]),
        "after kill -9 the delivery is done again")
    tap.equal((target.seen[0][2] == image, verifier.seen), (True, []),
              "with the same image, and nothing else")
    verdict, _ = d.client().call("submission", submission=1)
    tap.equal((verdict["exit"], verdict["image"]["sequence"]), (0, 1),
              "and the verdict is whole")
    d.stop()


def test_killed_often(tap):
    d = Daemon()
    d.verifier(acts=["hang"])
    client = d.client()
    client.send(wire.SUBMIT, {"name": "x"}, OBJECT)
    tap.check(d.wait_for(lambda: d.agents[0].seen), "taken")
    for _ in range(3):
        d.kill()
        d.start()
    tap.check(d.wait_for(lambda: d.query(
        "SELECT state FROM submissions") == [("done",)]),
        "what ends the daemon each time is given up")
    tap.equal(d.client().call("submission", submission=1)[0]["exit"], 1,
              "with an error")
    d.stop()


def test_second_daemon(tap):
    d = Daemon()
    with open(d.log, "ab") as f:
        p = subprocess.run([VOUCHD, "--config", d.path("config.json")],
                           stderr=f, timeout=20, check=False)
    tap.equal(p.returncode, 1, "a second daemon at the same place ends")
    tap.check("another vouchd" in d.text(), "and says why")
    elsewhere = dict(d.config, socket=d.path("other.sock"))
    with open(d.path("other.json"), "w", encoding="ascii") as f:
        json.dump(elsewhere, f)
    p = subprocess.run([VOUCHD, "--config", d.path("other.json")],
                       stderr=subprocess.PIPE, timeout=20, check=False)
    tap.equal((p.returncode, b"cannot lock" in p.stderr), (1, True),
              "so does one that listens elsewhere, of the same state")
    tap.equal(d.client().call("status")[0]["schema_version"], 1,
              "the first lives")
    d.stop()


def test_epoch(tap):
    d = Daemon(epoch=3)
    d.verifier()
    tap.equal(d.submit(deliver=False)[1]["image"]["epoch"], 3, "epoch 3")
    d.stop()
    d.config["epoch"] = 2
    try:
        d.start()
        tap.check(d.process.wait(10) != 0, "an earlier epoch is refused")
    except (RuntimeError, wire.WireError):
        tap.check(True, "an earlier epoch is refused")
    tap.check("in use already" in d.text(), "and it says so")
    d.config["epoch"] = 4
    d.start()
    d.verifier()
    image = d.submit(deliver=False)[1]["image"]
    tap.equal((image["epoch"], image["sequence"]), (4, 1),
              "a new epoch starts at 1")
    d.stop()


def test_sequence_file(tap):
    d = Daemon()
    d.verifier()
    d.submit(deliver=False)
    d.stop()
    path = os.path.join(d.config["state_dir"], "sign", "sequence")
    with open(path, encoding="ascii") as f:
        good = f.read()
    for name, text in (("junk behind it", good[:-1] + "7junk\n"),
                       ("a negative sequence", "1 -1\n"),
                       ("a sequence beyond 64 bits",
                        "1 99999999999999999999999\n"),
                       ("no line's end", good[:-1]), ("nothing", "")):
        with open(path, "w", encoding="ascii") as f:
            f.write(text)
        p = subprocess.run([VOUCHD, "--config", d.path("config.json")],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           timeout=60, check=False)
        tap.equal((p.returncode != 0,
                   b"the file of the sequence is not" in p.stdout),
                  (True, True), "a sequence file with %s is refused" % name)
    with open(path, "w", encoding="ascii") as f:
        f.write(good)
    d.start()
    d.verifier()
    tap.equal(d.submit(deliver=False)[1]["exit"], 0, "restored, it serves")
    d.stop()
