#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The command line: exit codes, JSON and requests, against a small vouchd
that answers what a test tells it."""

import hashlib
import json
import os
import subprocess
import sys

from cli_harness import (OBJECT, SCRATCH, TOP, Fake, scratch_file, verdict,
                         vouch)
import tap
import wire

sys.path.insert(0, os.path.join(TOP, "tests", "independent"))
import make_image  # noqa: E402  pylint: disable=wrong-import-position

# ---- usage ---------------------------------------------------------------


def test_usage(t):
    for args in ([], ["nonsense"], ["submit"], ["deliver"], ["submit", "--nonsense", "x"],
                 ["target"], ["target", "show"], ["status", "extra"],
                 ["test-run", OBJECT], ["inspect", "/nonexistent"],
                 ["--endpoint", "http://x", "status"],
                 ["--timeout", "-1", "status"],
                 ["submit", OBJECT, "--set", "novalue"],
                 ["submit", OBJECT, "--map-entries", "m=0"],
                 ["submit", OBJECT, "--map-type", "m=bag"],
                 ["submit", OBJECT, "--map-key-size", "m=-1"],
                 ["submit", OBJECT, "--map-value-size", "=1"],
                 ["test-run", OBJECT, "--on", "moon", "--data-in", OBJECT]):
        got = vouch(*args)
        t.check(got.returncode == 2 and "cannot" in got.stderr,
                "wrong usage is refused: " + " ".join(args[:4]),
                (got.returncode, got.stderr))
    got = vouch("--version")
    t.equal((got.returncode, got.stdout), (0, "vouch 0.1.0\n"), "--version")


def test_endpoint_order(t):
    def named(env, *args):
        return vouch(*args, "status", env=env).stderr
    home = os.path.join(SCRATCH.name, "home")
    os.makedirs(os.path.join(home, ".config", "vouch"))
    config = os.path.join(home, ".config", "vouch", "config.json")
    with open(config, "w", encoding="ascii") as f:
        f.write('{"endpoint": "unix:/nowhere/file"}')
    env = {"HOME": home}
    t.check("unix:/nowhere/file" in named(env), "the user's file is read")
    env["VOUCH_ENDPOINT"] = "unix:/nowhere/environment"
    t.check("/nowhere/environment" in named(env),
            "the environment goes before the file")
    t.check("/nowhere/flag" in
            named(env, "--endpoint", "unix:/nowhere/flag"),
            "the flag goes before the environment")
    with open(config, "w", encoding="ascii") as f:
        f.write('{"endpiont": "unix:/nowhere/file"}')
    got = vouch("status", env={"HOME": home})
    t.check(got.returncode == 2 and "endpiont" in got.stderr,
            "a misspelt member of the file is an error", got.stderr)


# ---- the service ---------------------------------------------------------


def test_service_failures(t):
    got = vouch("--endpoint", "unix:/nowhere/sock", "--json", "status")
    error = json.loads(got.stdout)
    t.equal((got.returncode, error["schema_version"], error["error"]["exit"]),
            (4, 1, 4), "no service: exit code 4, also in JSON")
    t.check(all(error["error"][k] for k in ("code", "what", "why", "remedy")),
            "an error has code, what, why and remedy")
    for script, code, name in (
            ("hang up", 4, "vouchd hangs up"),
            ("junk", 4, "vouchd speaks another language"),
            ((wire.STATUS, {}), 4, "vouchd answers with another frame")):
        got = Fake([script]).vouch("status")
        t.equal(got.returncode, code, name)
    got = Fake(["silence"]).vouch("--timeout", "1", "status")
    t.equal(got.returncode, 7, "a time-out has exit code 7")
    for code in range(1, 9):
        got = Fake([(wire.ERROR, {"code": "EPERM", "what": "w", "why": "y",
                                  "remedy": "r", "exit": code})]).vouch("status")
        t.equal(got.returncode, code, "an ERROR frame's exit code %d" % code)
    got = Fake([(wire.ERROR, {"exit": 99, "why": "a\x1b[31mb"})]).vouch("status")
    t.equal(got.returncode, 1, "an exit code out of range counts as internal")
    t.check("\x1b" not in got.stderr, "no escape sequence of others gets out")


def test_submit(t):
    fake = Fake([[(wire.PROGRESS, {"stage": "verify", "text": "x"}),
                  verdict(image={"name": "vouch_00", "size": 9, "epoch": 1,
                                 "sequence": 2, "slot": "s", "key_id": "k",
                                 "path": "/p"})]])
    got = fake.vouch("submit", OBJECT, "--target", "demo", "--slot", "s",
                     "--attach", "xdp:eth0", "--set", "a=1", "--set", "b=x=y",
                     "--map-entries", "m=64", "--map-type", "m=queue",
                     "--map-key-size", "m=4", "--map-value-size", "n=8",
                     "--program", "b",
                     "--program", "a", "--no-deliver")
    t.equal(got.returncode, 0, "an accepted object has exit code 0")
    t.equal(got.stderr, "", "no progress where there is no terminal")
    t.check("accepted" in got.stdout and "vouch_00" in got.stdout,
            "verdict and image are shown")
    body, blob = fake.asked(wire.SUBMIT)[0]
    t.equal(body, {"name": "count.o", "target": "demo", "slot": "s",
                   "attach": "xdp:eth0", "deliver": False,
                   "options": {"set": {"a": "1", "b": "x=y"},
                               "map_entries": {"m": 64},
                               "map_types": {"m": "queue"},
                               "map_key_sizes": {"m": 4},
                               "map_value_sizes": {"n": 8},
                               "programs": ["b", "a"]}},
            "the request says what the command line says")
    t.equal(blob, open(OBJECT, "rb").read(), "the object is sent as it is")
    t.equal(fake.asked(wire.HELLO)[0][0]["role"], "developer",
            "the role is developer")


def test_submission(t):
    fake = Fake([[(wire.PROGRESS, {"stage": "verify", "text": "x",
                                   "submission": 7}), "hang up"]])
    got = fake.vouch("submit", OBJECT)
    t.check(got.returncode == 4 and '"vouch submission 7"' in got.stderr,
            "who loses the service is told how to ask again", got.stderr)
    fake = Fake([(wire.RESULT, verdict(verdict="rejected", exit=3,
                                       reason="so")[1])])
    got = fake.vouch("submission", "7")
    t.equal((got.returncode, fake.asked(wire.CALL)[0][0]),
            (3, {"method": "submission", "submission": 7}),
            "a verdict can be asked for again")
    t.check("rejected (submission 7)" in got.stdout, "and is shown",
            got.stdout)
    got = Fake([(wire.RESULT, verdict()[1])]).vouch("--json", "submission",
                                                    "7")
    t.equal(json.loads(got.stdout), verdict()[1], "in JSON as well")
    for number in "0", "-1", "x", "7x", "", "9" * 30:
        t.equal(vouch("submission", "--", number).returncode, 2,
                "'%s' is no number of a submission" % number)


def test_rejection(t):
    log = "first line\n" + "".join("%d: insn\n" % i for i in range(50)) + \
        "R1 invalid mem access 'scalar'\x1b[2J\nprocessed 9 insns\n"
    bad = verdict(verdict="rejected", exit=3, log=log, programs=[
        {"name": "prog", "section": "xdp", "type": "xdp",
         "verdict": "rejected", "reason": "EACCES", "insns_processed": 9,
         "code_bytes": 0, "relocations": 0}])
    got = Fake([bad]).vouch("submit", OBJECT)
    t.equal(got.returncode, 3, "a rejected object has exit code 3")
    t.check("R1 invalid mem access" in got.stdout, "the failing line is shown")
    t.check("first line" not in got.stdout, "the log's start is not")
    t.check("processed 9 insns" not in got.stdout, "nor its closing lines")
    t.check("\x1b" not in got.stdout, "no escape sequence of the log gets out")
    got = Fake([bad]).vouch("submit", OBJECT, "--log")
    t.check("first line" in got.stdout, "--log shows the whole log")
    got = Fake([bad, verdict()]).vouch("submit", "--json", OBJECT, OBJECT)
    lines = [json.loads(line) for line in got.stdout.splitlines()]
    t.equal([(v["verdict"], v["schema_version"]) for v in lines],
            [("rejected", 1), ("accepted", 1)], "one line of JSON an object")
    t.equal(got.returncode, 3, "the first failure decides the exit code")
    got = Fake([verdict(exit="0")]).vouch("submit", OBJECT)
    t.equal(got.returncode, 1, "an exit code of a wrong type is no success")


def delivery(**kw):
    base = {"schema_version": 1, "image": "vouch_00", "content": "00" * 32,
            "sha256": "11" * 32, "target": "demo", "slot": "s", "status":
            "loaded", "reason": None, "remedy": None, "exit": 0,
            "admit_us": 1, "load_us": 2}
    base.update(kw)
    return (wire.RESULT, base)


def test_deliver(t):
    fake = Fake([[(wire.PROGRESS, {"stage": "deliver", "text": "x"}),
                  delivery(status="attached")]])
    got = fake.vouch("deliver", OBJECT, "--target", "demo", "--attach",
                     "xdp:eth0")
    t.equal((got.returncode, got.stderr), (0, ""), "an image is delivered")
    t.check("attached" in got.stdout and "vouch_00" in got.stdout and
            "demo, slot s" in got.stdout, "what became of it is shown",
            got.stdout)
    t.equal(fake.asked(wire.CALL),
            [({"method": "deliver", "target": "demo", "attach": "xdp:eth0"},
              open(OBJECT, "rb").read())], "the request holds the file")
    for code, status in ((5, "refused"), (6, "refused"), (4, "unavailable")):
        answer = delivery(status=status, exit=code, reason="why\x1b[2J",
                          remedy="do that")
        got = Fake([answer]).vouch("deliver", OBJECT)
        t.equal(got.returncode, code, "%s has exit code %d" % (status, code))
        t.check(status in got.stdout and "why" in got.stdout and
                "do that" in got.stdout and "\x1b" not in got.stdout,
                "and is shown with reason and remedy", got.stdout)
    got = Fake([delivery(exit=6, status="refused"), delivery()]).vouch(
        "deliver", "--json", OBJECT, OBJECT)
    t.equal([json.loads(line)["exit"] for line in got.stdout.splitlines()],
            [6, 0], "one line of JSON an image")
    t.equal(got.returncode, 6, "the first failure decides the exit code")
    fake = Fake([delivery(exit=4, status="unavailable"), delivery()])
    got = fake.vouch("deliver", OBJECT, OBJECT)
    t.equal((got.returncode, len(fake.asked(wire.CALL))), (4, 1),
            "nothing more is sent to a target that is not there")
    got = Fake([delivery(exit=None)]).vouch("deliver", OBJECT)
    t.equal(got.returncode, 1, "an answer without exit code is no success")


def test_target(t):
    fake = Fake([(wire.RESULT, {"schema_version": 1, "attached": "xdp:eth0"})])
    got = fake.vouch("target", "attach", "demo", "vouch_00", "xdp:eth0",
                     "--program", "p")
    t.equal((got.returncode, fake.asked(wire.CALL)[0][0]),
            (0, {"method": "target.attach", "target": "demo",
                 "image": "vouch_00", "hook": "xdp:eth0", "program": "p"}),
            "attach names image, program and hook")
    got = Fake([(wire.RESULT, {"targets": [{"name": "demo", "state": "up"}]})]
               ).vouch("target", "list", "--json")
    t.equal(json.loads(got.stdout)["schema_version"], 1,
            "a result without schema_version gets one")


MAPS = (wire.RESULT, {"schema_version": 1, "maps": [
    {"image": "vouch_00", "name": "counts", "type": "percpu_array",
     "key_size": 4, "value_size": 8, "max_entries": 2, "flags": 0,
     "frozen": False}]})


KEYLESS = (wire.RESULT, {"schema_version": 1, "maps": [
    {"image": "vouch_00", "name": "seen", "type": "bloom_filter",
     "key_size": 0, "value_size": 4, "max_entries": 2, "flags": 0,
     "frozen": False}]})


def test_keyless(t):
    for verb, words, value in (("set", ["value", "7"], "07000000"),
                               ("get", ["value", "7"], "07000000"),
                               ("get", [], None)):
        fake = Fake([KEYLESS, (wire.RESULT, {"schema_version": 1,
                                             "value": "07000000"})])
        got = fake.vouch("target", "map", verb, "demo", "seen", *words)
        request = fake.asked(wire.CALL)[-1][0]
        t.equal((got.returncode, request.get("key"), request.get("value")),
                (0, "", value), "a map without keys: %s %s" % (verb, words))
    got = Fake([KEYLESS]).vouch("target", "map", "set", "demo", "seen", "key",
                                "1", "value", "1")
    t.equal(got.returncode, 2, "a map without keys has no key")


def set_map(*words):
    fake = Fake([MAPS, (wire.RESULT, {"schema_version": 1})])
    got = fake.vouch("target", "map", "set", "demo", "counts", *words)
    calls = fake.asked(wire.CALL)
    return got, calls[-1][0] if calls else {}


def test_map(t):
    want = {"method": "target.map.set", "target": "demo", "map": "counts",
            "key": "01000000", "value": "0002000000000000"}
    for words in (["key", "1", "value", "512"],
                  ["key", "1", "0", "0", "0", "value", "0", "2", "0", "0", "0",
                   "0", "0", "0"],
                  ["key", "0x01", "value", "0x200"],
                  ["key", "hex", "01", "00", "00", "00", "value", "hex", "0",
                   "2", "0", "0", "0", "0", "0", "0"]):
        got, request = set_map(*words)
        t.equal((got.returncode, request), (0, want), " ".join(words))
    got, request = set_map("key", "1", "value", "1", "noexist")
    t.equal(request.get("flags"), 1, "noexist is flag 1")
    got, request = set_map("key", "1", "path", "/sys/fs/cgroup")
    t.equal((request.get("path"), request.get("value")),
            ("/sys/fs/cgroup", None), "a path stands for a value")
    test_keyless(t)
    for words in (["key", "1", "value", "1", "any", "x"],
                  ["key", "1", "0", "value", "1"], ["key", "hex", "1", "value",
                                                    "1"],
                  ["key", "256", "0", "0", "0", "value", "1"],
                  ["key", "4294967296", "value", "1"],
                  ["key", "1", "value"],
                  ["value", "1", "key", "1"], ["key", "1", "value", "1", "x"]):
        got, request = set_map(*words)
        t.check(got.returncode == 2 and
                request.get("method") in (None, "target.map.list"),
                "refused before it is sent: " + " ".join(words),
                (got.returncode, request))
    dump = (wire.RESULT, {"schema_version": 1, "type": "percpu_array",
                          "entries": [{"key": "01000000", "values":
                                       ["0a00", "ff00"]}], "next": None})
    got = Fake([dump]).vouch("target", "map", "dump", "demo", "counts")
    t.equal(got.stdout, "key:\n01 00 00 00\nvalue (CPU 00): 0a 00\n"
            "value (CPU 01): ff 00\nFound 1 element\n",
            "a per-CPU map is shown as bpftool shows it")
    parts = [(wire.RESULT, {"schema_version": 1, "type": "hash", "entries":
                            [{"key": key, "value": "00"}], "next": following})
             for key, following in (("01", "01"), ("02", "02"), ("03", None))]
    fake = Fake(parts)
    got = fake.vouch("target", "map", "dump", "demo", "counts", "--json")
    t.equal([e["key"] for e in json.loads(got.stdout)["entries"]],
            ["01", "02", "03"], "a dump in parts is put together")
    t.equal([body["after"] for body, _ in fake.asked(wire.CALL)],
            [None, "01", "02"], "each part goes on where the last ended")


def test_records(t):
    first = (wire.RESULT, {"schema_version": 1, "lost": 0, "more": True,
                           "records": [{"cpu": 1, "time_ns": 5000000042,
                                        "data": "0aff"}]})
    last = (wire.RESULT, {"schema_version": 1, "lost": 7, "more": False,
                          "records": [{"data": "41420a"}, {"data": ""}]})
    words = ["target", "map", "records", "demo", "events"]
    fake = Fake([first, last])
    got = fake.vouch(*words, "--image", "vouch_00")
    t.equal((got.returncode, got.stdout),
            (0, "5.000000042  CPU 01  0a ff\n41 42 0a\n\n"),
            "records are shown until there are no more")
    t.check("7 records were lost" in got.stderr, "and how many were lost",
            got.stderr)
    t.equal(fake.asked(wire.CALL)[0][0],
            {"method": "target.map.records", "target": "demo",
             "map": "events", "image": "vouch_00"}, "they are asked by map")
    got = Fake([last]).vouch(*words, "--json")
    t.equal([json.loads(line) for line in got.stdout.splitlines()],
            [{"schema_version": 1, "data": "41420a"},
             {"schema_version": 1, "data": ""},
             {"schema_version": 1, "lost": 7}], "in JSON each has its line")
    got = Fake([last]).vouch(*words, "--raw")
    t.equal(got.stdout, "AB\n", "their bytes alone, if so wanted")
    got = Fake([last]).vouch(*words, "--raw", "--count", "0")
    t.equal(got.stdout, "", "and no more than asked for")
    got = Fake([first, last]).vouch(*words, "--follow", "--count", "2")
    t.equal(got.stdout.splitlines()[-1], "41 42 0a", "following ends there")


def test_printed(t):
    lines = (wire.RESULT, {"schema_version": 1, "lost": 0, "more": False,
                           "lines": [
                               {"cpu": 0, "time_ns": 1, "pid": 12,
                                "comm": "a\x1b", "text": "one\n"},
                               {"cpu": 2, "time_ns": 2, "pid": 13,
                                "comm": "b", "text": "two"}]})
    fake = Fake([lines])
    got = fake.vouch("target", "printed", "demo")
    t.equal(got.stdout, "0.000000001  CPU 00  a?-12  one\n"
            "0.000000002  CPU 02  b-13  two\n", "lines that programs printed")
    t.equal(fake.asked(wire.CALL)[0][0],
            {"method": "target.printed", "target": "demo"}, "are asked for")


def test_test_run(t):
    packet = scratch_file("packet", b"0123456789abcd")
    out = os.path.join(SCRATCH.name, "out")
    result = (wire.RESULT, {"schema_version": 1, "runs":
                            [{"retval": 2, "data_len": 3, "duration_ns": 9}],
                            "maps": {}}, b"xyz")
    fake = Fake([result])
    got = fake.vouch("test-run", OBJECT + ":prog", "--on", "verifier",
                     "--data-in", packet, "--data-in", packet, "--repeat", "5",
                     "--ctx-in", packet, "--data-out", out, "--json",
                     "--dump-map", "m")
    body, blob = fake.asked(wire.CALL)[0]
    data = open(OBJECT, "rb").read()
    t.equal((got.returncode, json.loads(got.stdout)["runs"][0]["retval"]),
            (0, 2), "the result is shown")
    t.equal((body["on"], body["program"], body["packets"], body["repeat"],
             body["object_len"], body["ctx"], body["dump"], blob),
            ("verifier", "prog", [14, 14], 5, len(data),
             b"0123456789abcd".hex(), ["m"], data + 2 * b"0123456789abcd"),
            "object and packets go to the verifier")
    t.equal(open(out, "rb").read(), b"xyz", "--data-out gets the packets")
    fake = Fake([result])
    got = fake.vouch("test-run", OBJECT, "--on", "verifier", "--data-in",
                     packet)
    t.equal((got.returncode, "program" in fake.asked(wire.CALL)[0][0]),
            (0, False), "the only program need not be named")
    for images, code, want, name in (
            ([{"name": "vouch_a", "object": "0" * 64, "object_name": "count.o"},
              {"name": "vouch_b", "object": hashlib.sha256(data).hexdigest(),
               "object_name": "other.o"}], 0, "vouch_b", "its SHA-256"),
            ([{"name": "vouch_a", "object": None, "object_name": "count.o"}],
             0, "vouch_a", "its name"),
            ([{"name": "vouch_a", "object": None, "object_name": "other.o"}],
             6, None, "neither is refused")):
        fake = Fake([(wire.RESULT, {"images": images}), result])
        got = fake.vouch("test-run", OBJECT, "--target", "demo", "--data-in",
                         packet)
        t.equal((got.returncode, fake.asked(wire.CALL)[-1][0].get("image")),
                (code, want), "the image is found by " + name)


def test_files(t):
    keys = os.path.join(SCRATCH.name, "keys")
    got = vouch("key", "new", keys, "--cn", "a test", "--json")
    made = json.loads(got.stdout)
    t.equal(got.returncode, 0, "a key is made")
    t.equal(os.stat(made["key"]).st_mode & 0o777, 0o600,
            "the key is its owner's alone")
    t.check("PRIVATE KEY" in open(made["key"], encoding="ascii").read(),
            "the key is PEM")
    got = vouch("key", "new", keys)
    t.equal(got.returncode, 2, "a key that exists is not replaced")
    for data, code, name in ((b"plain text", 2, "another file"),
                             (b"VOUCHCAP" + bytes(64), 5, "a broken capture"),
                             (b"\x7fELF" + bytes(200), 5, "another ELF file")):
        got = vouch("inspect", scratch_file("inspected", data))
        t.equal(got.returncode, code, "inspect refuses " + name)


CODE = """
	.text
	.p2align 4, 0xcc
	.type prog, @function
prog:	mov $2, %eax
	jmp __x86_return_thunk
	.size prog, . - prog
"""


def new_cert(name):
    """A key with its certificate, as PEM and as DER."""
    path = os.path.join(SCRATCH.name, name)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048",
                    "-nodes", "-subj", "/CN=" + name, "-keyout",
                    path + ".key", "-out", path + ".pem"], check=True,
                   stderr=subprocess.DEVNULL)
    subprocess.run(["openssl", "x509", "-in", path + ".pem", "-outform",
                    "DER", "-out", path + ".der"], check=True)
    return path


def test_image(t):
    facts = {"module.size": 768, "module.name.offset": 24}
    profile = {"vermagic": "6.1.0 SMP mod_unload ", "facts": facts}
    image = make_image.Image((profile, bytes(32)), CODE,
                             [{"name": "prog", "function": "prog"}])
    key, other = new_cert("signer"), new_cert("stranger")
    signed = image.sign(key)
    path = scratch_file("image.ko", signed)
    got = vouch("inspect", path, "--json", "--disassemble")
    found = json.loads(got.stdout)
    t.equal((got.returncode, found["kind"], found["content_ok"],
             found["record"]["slot"], found["signature"]["issuer"]),
            (0, "image", True, "edge", "signer"), "an image is shown")
    t.check("mov eax, 2" in [i["text"] for i in
                             found["functions"][0]["code"]],
            "with its code disassembled")
    t.equal(vouch("inspect", path, "--cert", key + ".der").returncode, 0,
            "its signature is good with its certificate")
    t.equal(vouch("inspect", path, "--cert", other + ".der").returncode, 5,
            "and bad with another")
    path = scratch_file("unsigned.ko", image.elf())
    t.equal(vouch("inspect", path).returncode, 0, "an unsigned one is shown")
    t.equal(vouch("inspect", path, "--cert", key + ".der").returncode, 5,
            "but does not pass for signed")
    changed = signed.replace(b"\xb8\x02\0\0\0", b"\xb8\x01\0\0\0", 1)
    got = vouch("inspect", scratch_file("changed.ko", changed), "--json")
    t.equal((got.returncode, json.loads(got.stdout).get("content_ok")),
            (5, False), "code that was changed does not fit the content hash")


def main():
    t = tap.Tap()
    for test in (test_usage, test_endpoint_order, test_service_failures,
                 test_submit, test_submission, test_rejection, test_deliver,
                 test_target, test_map, test_records,
                 test_printed, test_test_run, test_files, test_image):
        t.run(test)
    t.end()


if __name__ == "__main__":
    main()
