# SPDX-License-Identifier: BSD-2-Clause
"""What clients may do."""

import json
import socket
import time

from harness import Daemon, OBJECT
import wire


def test_bad_submissions(tap):
    d = Daemon()
    d.verifier()
    for name, change in (
            ("an unknown target", {"target": "other"}),
            ("a slot that no operator named", {"slot": "mine"}),
            ("a name that is none", {"name": "a\nb"}),
            ("no name", {"name": None}),
            ("a long name", {"name": "x" * 64}),
            ("a number as name", {"name": 1}),
            ("options that are none", {"options": []}),
            ("a setting that is no text", {"options": {"set": {"A": 1}}}),
            ("a setting beyond 255 bytes",
             {"options": {"set": {"A": "x" * 256}}}),
            ("a setting with a long name",
             {"options": {"set": {"A" * 64: "1"}}}),
            ("a map without entries", {"options": {"map_entries": {"m": 0}}}),
            ("a type of maps that is none",
             {"options": {"map_types": {"m": "bag"}}}),
            ("values without bytes",
             {"options": {"map_value_sizes": {"m": 0}}}),
            ("keys of a map that are text",
             {"options": {"map_key_sizes": {"m": "4"}}}),
            ("deliver that is no truth", {"deliver": "yes"}),
            ("an empty object", {"obj": b""}),
            ("too large an object", {"obj": b"\0" * (16 * 1024 * 1024 + 1)})):
        kind, body = d.submit(**change)
        tap.equal((kind, body.get("exit")), (wire.ERROR, 2), name)
    tap.equal(d.query("SELECT count(*) FROM submissions"), [(0,)],
              "none of them is recorded")
    d.stop()


def test_policy(tap):
    d = Daemon(policy={})
    verifier = d.verifier()
    client = d.client()
    body, _ = client.call("test-run", OBJECT, on="verifier",
                          options={"allow_perfmon": True})
    tap.equal(body["asked"]["options"],
              {"allow_perfmon": False, "map_entries": {}, "record": False,
               "set": {}}, "a test run gets no more than the policy allows")
    tap.equal(d.submit(options={"allow_perfmon": True}, deliver=False)[1]
              ["exit"], 0, "nor does a submission")
    tap.equal(verifier.seen[1][1]["options"]["allow_perfmon"], False,
              "whatever it says")
    for kind, body in (
            d.submit(options={"record": True}),
            client.request(wire.CALL, {
                "method": "test-run", "on": "verifier",
                "options": {"record": True}}, OBJECT)[::2]):
        tap.equal((kind, body.get("exit")), (wire.ERROR, 2),
                  "recording is refused")
    client.close()
    d.stop()


def test_client_leaves(tap):
    d = Daemon()
    client = d.client()
    client.send(wire.SUBMIT, {"name": "x", "deliver": False}, OBJECT)
    tap.check(d.wait_for(lambda: d.query(
        "SELECT state FROM submissions") == [("verifying",)]), "it is taken")
    client.close()
    d.verifier()
    tap.check(d.wait_for(lambda: d.query(
        "SELECT state FROM submissions") == [("done",)]),
        "a submission outlives its client")
    client = d.client()
    tap.equal(client.call("submission", submission=1)[0]["exit"], 0,
              "its verdict is kept")
    kind, _, body, _ = client.request(
        wire.CALL, {"method": "submission", "submission": 2})
    tap.equal((kind, body["exit"]), (wire.ERROR, 2), "another is not known")
    client.close()
    d.stop()


def test_calls(tap):
    d = Daemon()
    d.verifier()
    client = d.client()
    kind, _, body, _ = client.request(wire.CALL, {"method": "target.show"})
    tap.equal((kind, body["exit"]), (wire.ERROR, 4), "a target not there")
    d.target()
    body, blob = client.call("target.map.get", b"abc", target="demo", map="m")
    tap.equal((body["asked"], blob), ({"method": "map.get", "map": "m"},
                                      b"abc"), "a target's method is passed on")
    kind, _, body, _ = client.request(wire.CALL, {"method": "target.fail"})
    tap.equal((kind, body["why"], body["exit"]), (wire.ERROR, "as asked", 6),
              "so is its failure")
    body, blob = client.call("test-run", OBJECT, on="verifier", object_len=1)
    tap.equal((body["runs"], blob), ([{"retval": 2}], OBJECT), "a test run")
    body, _ = client.call("test-run", OBJECT, on="verifier",
                          options={"allow_perfmon": True, "other": 1})
    tap.equal(body["asked"]["options"]["allow_perfmon"], True,
              "the policy's privileges")
    tap.equal([t["name"] for t in client.call("target.list")[0]["targets"]],
              ["demo"], "the list of targets")
    for call, code in (({"method": "nonsense"}, 2), ({}, 2),
                       ({"method": "target.show", "target": "other"}, 2),
                       ({"method": "test-run", "on": "target"}, 2),
                       ({"method": "image", "content": "ab"}, 2),
                       ({"method": "image", "content": "abcd"}, 2)):
        kind, _, body, _ = client.request(wire.CALL, call)
        tap.equal((kind, body["exit"]), (wire.ERROR, code), "call %s" % call)
    client.close()
    d.stop()


def raw(path, data):
    """Everything that the daemon says to some bytes, until it hangs up."""
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(20)
    s.connect(path)
    answer = b""
    try:
        s.sendall(data)
        while True:
            part = s.recv(65536)
            if not part:
                return answer
            answer += part
    except ConnectionError:
        return answer
    finally:
        s.close()


def frame(kind, body, **change):
    text = json.dumps(body).encode() if not isinstance(body, bytes) else body
    head = {"magic": b"VCHF", "version": 1, "kind": kind, "id": 1,
            "json": len(text), "blob": 0, "reserved": 0}
    head.update(change)
    return wire.HEAD.pack(*head.values()) + text


def test_many_calls(tap):
    d = Daemon()
    client = d.client()
    for i in range(17):
        client.send(wire.CALL, {"method": "test-run", "on": "verifier"}, b"x")
    kind, ident, body, _ = client.receive()
    tap.equal((kind, ident, body["exit"], body["code"]),
              (wire.ERROR, 18, 4, "EBUSY"),
              "more than 16 calls of a verifier VM at a time are put off")
    for i in range(17):
        client.send(wire.SUBMIT, {"name": "x", "target": "demo"}, OBJECT)
    kind = wire.PROGRESS
    while kind == wire.PROGRESS:
        kind, ident, body, _ = client.receive()
    tap.equal((kind, ident, body["exit"], body["code"]),
              (wire.ERROR, 35, 4, "EBUSY"),
              "so are more than 32 requests of one client")
    verifier = d.verifier()
    client.close()
    # They are worked on although their client has gone.
    tap.check(d.wait_for(lambda: len(verifier.seen) >= 16),
              "those that were taken are worked on")
    client = d.client()

    def run():
        kind, _, body, _ = client.request(
            wire.CALL, {"method": "test-run", "on": "verifier"}, b"x")
        return kind == wire.RESULT and body["runs"] == [{"retval": 2}]
    tap.check(d.wait_for(run), "and then there is room again")
    client.close()
    d.stop()


def test_long_names(tap):
    d = Daemon()
    client = d.client()
    for method in ("\u00e9" * 200, "x" + "\u00e9" * 200):
        kind, _, body, _ = client.request(wire.CALL, {"method": method})
        tap.equal((kind, body["exit"]), (wire.ERROR, 2),
                  "a name that is cut within a character is answered")
    client.close()
    d.stop()


def test_hello(tap):
    d = Daemon()
    sock = d.path("vouchd.sock")
    agent = d.path("verifier.sock")
    developer = {"role": "developer", "version": "0.1.0"}
    for name, path, data in (
            ("another role at the clients' socket", sock,
             frame(wire.HELLO, {"role": "verifier"})),
            ("another role at a VM's socket", agent,
             frame(wire.HELLO, {"role": "target"})),
            ("no role", sock, frame(wire.HELLO, {})),
            ("a first frame that is no HELLO", sock,
             frame(wire.CALL, {"role": "developer", "method": "status"}))):
        answer = raw(path, data)
        tap.check(answer[6:8] == bytes([wire.ERROR, 0]),
                  name + " gets an error and is hung up")
    for name, data in (
            ("noise", b"GET / HTTP/1.1\r\n\r\n" * 4),
            ("another version", frame(wire.HELLO, developer, version=2)),
            ("reserved bytes", frame(wire.HELLO, developer, reserved=1)),
            ("a blob before the HELLO", frame(wire.HELLO, developer, blob=1)),
            ("JSON that is none", frame(wire.HELLO, b"{")),
            ("JSON that is no object", frame(wire.HELLO, b"[]")),
            ("a member given twice", frame(
                wire.HELLO, b'{"role":"developer","role":"developer"}'))):
        answer = raw(sock, data)
        tap.check(answer[6:8] == bytes([wire.ERROR, 0]),
                  name + " is told so and hung up", answer)
    verifier = d.verifier()
    try:
        d.verifier()
        tap.check(False, "a second agent is refused")
    except wire.WireError as e:
        tap.equal(e.args[0]["code"], "EBUSY", "a second agent is refused")
    verifier.sock.sendall(frame(wire.CAPTURE, {}, id=0))
    tap.check(d.wait_for(lambda: "answers nothing" in d.text()),
              "an agent that speaks unasked is hung up")
    tap.equal(d.client().call("status")[0]["schema_version"], 1,
              "and the daemon lives")
    d.stop()


def test_status_of_vms(tap):
    d = Daemon()
    now = int(time.time())
    d.verifier(hello={"time": now - 3600, "libbpf": "v9"})
    d.target()
    tap.equal(d.submit(deliver=False)[1]["exit"], 0, "something is logged")
    status, _ = d.client().call("status")
    verifier, target = status["verifiers"][0], status["targets"][0]
    tap.check(now <= status["log_time"] <= status["time"] <= now + 60,
              "status has the time, and that of the newest record", status)
    tap.check(-3600 <= verifier["clock_gap_s"] <= -3540,
              "and how far a VM's clock is from it", verifier)
    tap.equal((verifier["libbpf"], verifier["version"]), ("v9", "0.1.0"),
              "and what an agent says of itself")
    tap.equal((target["clock_gap_s"], target["abi"], target["libbpf"]),
              (None, None, None), "but nothing that it does not say")
    d.stop()
