# SPDX-License-Identifier: BSD-2-Clause
"""What a target may do, and what is delivered to it."""

import hashlib

from harness import Daemon, OBJECT, PROFILE
import wire


def test_target(tap):
    d = Daemon()
    d.verifier()

    def status(status):
        return lambda *_: (wire.STATUS, {"status": status, "reason": "so"}, b"")

    tap.equal(d.submit()[1]["exit"], 4, "a target that is not there")
    d.target(acts=[status("refused"), status("error"), status("strange"),
                   "hang", "die"])
    for code, status in ((6, "refused"), (1, "error"), (1, "error"),
                         (7, "error"), (4, "error")):
        got = d.submit()[1]
        tap.equal((got["exit"], got["deliveries"][0]["status"]),
                  (code, status), "a delivery ends with %d" % code)
        tap.check(got["image"], "and the image stays")
    d.agents[-1].thread.join(10)
    target = d.target(hello={"profile": "00" * 32})
    tap.equal(d.submit()[1]["exit"], 6, "a target of another profile")
    tap.equal(target.seen, [], "to which nothing is sent")
    d.stop()


def signed(d, **options):
    """A signed image that was not delivered: its bytes."""
    image = d.submit(deliver=False, **options)[1]["image"]
    with open(image["path"], "rb") as f:
        return image, f.read()


def refusal(code, exit_code):
    return lambda *_: (wire.STATUS, {
        "status": "refused", "reason": "so", "failure": {
            "code": code, "what": "admit", "why": "so", "remedy": "do",
            "exit": exit_code}}, b"")


def test_deliver(tap):
    d = Daemon(timeouts={"deliver_s": 2, "wait_s": 1})
    d.config["vms"].append(
        {"name": "away", "role": "target", "slots": ["default"],
         "profile": PROFILE.path,
         "agent_socket": d.path("away.sock")})
    d.stop()
    d.start()
    d.verifier()
    image, data = signed(d, slot="b")
    target = d.target(acts=[None, refusal("EKEYREJECTED", 5),
                            refusal("ENOEXEC", 6)])
    client = d.client()
    stages = []
    ident = client.send(wire.CALL, {"method": "deliver", "target": "demo",
                                    "attach": "xdp:eth0"}, data)
    while True:
        kind, answers, result, _ = client.receive()
        if kind != wire.PROGRESS:
            break
        stages.append(result["stage"])
    tap.equal((kind, answers, stages, result),
              (wire.RESULT, ident, ["deliver"],
               {"schema_version": 1, "image": image["name"], "content":
                image["content"], "sha256": image["sha256"], "target": "demo",
                "slot": "b", "status": "attached", "reason": None, "remedy":
                None, "exit": 0, "admit_us": 10, "load_us": 20}),
              "an image is delivered to the slot that it is signed for")
    tap.equal(target.seen[0][1:], ({"slot": "b", "attach": "xdp:eth0"}, data),
              "as it is")
    flipped = bytearray(data)
    flipped[0x41] ^= 1
    for blob, code, remedy in ((bytes(flipped), 5, "do"), (data, 6, "do")):
        result, _ = client.call("deliver", blob, target="demo")
        tap.equal((result["exit"], result["status"], result["remedy"]),
                  (code, "refused", remedy),
                  "the target decides that it is %d" % code)
    tap.equal(target.seen[1][2], bytes(flipped),
              "an image with a flipped byte of code gets to the target")
    tap.equal(client.call("deliver", data[:], target="demo")[0]["exit"], 0,
              "and a good one is taken then")
    tap.equal(d.query("SELECT submission, image, target, slot, status FROM"
                      " deliveries ORDER BY id LIMIT 2"),
              [(1, image["sha256"], "demo", "b", "attached"),
               (None, hashlib.sha256(flipped).hexdigest(), "demo", "b",
                "refused")], "the store has the deliveries")
    tap.equal(d.query("SELECT count(*) FROM log WHERE event='delivered'"),
              [(4,)], "and the log")
    header = bytearray(data)
    header[0x28] ^= 1
    seen = len(target.seen)
    for blob, call, code, name in (
            (b"\x7fELF", {}, 2, "an ELF file that is no image"),
            (b"x" + data[1:], {}, 2, "a file that is no ELF file"),
            (b"", {}, 2, "nothing"), (data[:-1], {}, 2, "an unsigned file"),
            (bytes(header), {}, 5, "an image with a broken header"),
            (data, {"target": "none"}, 2, "an unknown target"),
            (data, {"target": None}, 2, "no target where there are two"),
            (data, {"attach": 1}, 2, "a hook that is no text"),
            (data, {"attach": "x" * 128}, 2, "a long hook"),
            (data, {"attach": "a\nb"}, 2, "a hook of two lines"),
            (data, {"target": "away"}, 6, "a slot that the target has not")):
        kind, _, body, _ = client.request(
            wire.CALL, dict({"method": "deliver", "target": "demo"}, **call),
            blob)
        tap.equal((kind, body.get("exit")), (wire.ERROR, code),
                  "delivering %s is refused" % name)
    tap.equal(len(target.seen), seen, "none of it gets to the target")
    _, data = signed(d)
    result, _ = client.call("deliver", data, target="away")
    tap.equal((result["exit"], result["status"]), (4, "unavailable"),
              "a target that is not there")
    got = d.submit(target="away", deliver=False)[1]
    tap.equal((got["verdict"], got["exit"]), ("accepted", 0),
              "for which an object can be signed all the same")
    client.close()
    d.stop()


def test_many_deliveries(tap):
    d = Daemon()
    d.verifier()
    _, data = signed(d)
    client = d.client()
    for _ in range(17):
        client.send(wire.CALL, {"method": "deliver", "target": "demo"}, data)
    kind = wire.PROGRESS
    while kind == wire.PROGRESS:
        kind, ident, body, _ = client.receive()
    # The HELLO had the first id.
    tap.equal((kind, ident, body.get("exit")), (wire.ERROR, 18, 4),
              "more than 16 deliveries at a time are put off")
    client.close()
    tap.check(d.wait_for(lambda: d.query(
        "SELECT count(*) FROM deliveries") == [(16,)]),
        "the others go on when the client hangs up")
    client = d.client()
    d.target()
    tap.equal(client.call("deliver", data, target="demo")[0]["exit"], 0,
              "and then there is room again")
    client.close()
    d.stop()


def relocations(image):
    """The number of entries in an image's .rela.text, its second section."""
    table = int.from_bytes(image[0x28:0x30], "little") + 2 * 64
    return int.from_bytes(image[table + 0x20:table + 0x28], "little") // 24


def test_relocations(tap):
    d = Daemon()
    d.verifier()
    client = d.client()
    kind, _, verdict, _ = client.request(
        wire.SUBMIT, {"name": "x", "deliver": False}, OBJECT)
    with open(verdict["image"]["path"], "rb") as f:
        want = relocations(f.read())
    tap.check(want > 0, "the image has relocations")
    tap.equal([p["relocations"] for p in verdict["programs"]], [want],
              "the verdict counts those of the program")
    client.close()
    d.stop()


def test_instances(tap):
    d = Daemon()
    d.verifier()
    d.target()

    def instance(**options):
        image = d.submit(**options)[1]["image"]
        return image["instance"], image["name"]

    first, second = instance(), instance(slot="b")
    tap.equal((first[0], second[0]), (0, 1),
              "another slot of the same target gets another instance")
    tap.check(first[1] != second[1], "with a name of its own")
    tap.equal((instance(), instance(slot="b")), (first, second),
              "and each slot the same again")
    other = instance(slot="b", options={"map_entries": {"sources": 8}})
    tap.equal(other[0], 0, "other content counts by itself")
    d.kill()
    d.start()
    d.verifier()
    d.target()
    tap.equal((instance(slot="b"), instance()), (second, first),
              "also after a restart")
    d.stop()
