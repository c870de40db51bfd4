# SPDX-License-Identifier: BSD-2-Clause
"""The whole way from an object to an image that is delivered."""

import hashlib
import os

from harness import Daemon, OBJECT, PROFILE, RECORDED
import wire


def test_whole_way(tap):
    d = Daemon()
    verifier = d.verifier()
    target = d.target(hello={"profile": PROFILE.identity.hex()})
    client = d.client()
    ident = client.send(wire.SUBMIT, {
        "name": "xdp_count.o", "options": {"record": True}, "target": "demo",
        "slot": "b", "attach": "xdp:eth0", "deliver": True}, OBJECT)
    stages = []
    while True:
        kind, answers, verdict, _ = client.receive()
        if kind != wire.PROGRESS:
            break
        stages.append(verdict["stage"])
    tap.equal((kind, answers), (wire.VERDICT, ident), "a verdict answers")
    tap.equal(stages, ["verify", "check", "link", "sign", "deliver"],
              "progress names every stage")
    tap.equal((verdict["verdict"], verdict["exit"], verdict["reason"]),
              ("accepted", 0, None), "accepted")
    tap.equal(verdict["object"], hashlib.sha256(OBJECT).hexdigest(),
              "the verdict names the object")
    tap.equal(sorted(verdict["stages_us"]),
              sorted(["verify", "check", "link", "sign", "deliver"]),
              "every stage has its time")
    tap.equal(verdict["log"], RECORDED["json"]["log"], "the verifier's log")
    tap.equal([p["name"] for p in verdict["programs"]], ["xdp_count"],
              "the programs")
    tap.equal(verifier.seen[0][1]["options"],
              {"set": {}, "map_entries": {}, "record": True,
               "allow_perfmon": True}, "the verifier gets canonical options")
    tap.equal(verifier.seen[0][2], OBJECT, "and the object as it was")

    image = verdict["image"]
    kind, body, blob = target.seen[0]
    tap.equal(body, {"slot": "b", "attach": "xdp:eth0"}, "what is delivered")
    tap.equal(hashlib.sha256(blob).hexdigest(), image["sha256"],
              "the image that is delivered is the one of the verdict")
    with open(image["path"], "rb") as f:
        tap.equal(f.read(), blob, "and the one on disk")
    tap.check(blob.endswith(b"~Module signature appended~\n"), "it is signed")
    tap.equal((image["epoch"], image["sequence"], image["slot"]), (1, 1, "b"),
              "the record")
    tap.equal(image["name"], "vouch_" + image["content"][:16], "its name")
    tap.equal(verdict["deliveries"],
              [{"target": "demo", "slot": "b", "status": "attached",
                "reason": None, "admit_us": 10, "load_us": 20}], "the delivery")

    got, data = client.call("image", content=image["content"][:8])
    tap.equal((got["path"], data), (image["path"], blob),
              "the image is found by a prefix")
    status, _ = client.call("status")
    tap.equal((status["submissions"], status["images"]), (1, 1), "counts")
    tap.equal([(v["name"], v["state"], v["release"])
               for v in status["verifiers"] + status["targets"]],
              [("verifier", "ready", "6.1.0-56-amd64"),
               ("demo", "ready", "6.1.0-fake")], "states")
    tap.equal(client.call("submission", submission=verdict["submission"])[0],
              verdict, "the verdict can be asked for again")
    recorded = os.path.join(d.config["state_dir"], "captures",
                            verdict["object"] + ".capture")
    with open(recorded, "rb") as f:
        tap.equal(f.read(), RECORDED["capture"], "the capture is recorded")
    tap.equal([e for (e,) in d.query("SELECT event FROM log WHERE submission"
                                     " ORDER BY id")],
              ["received", "signed", "verdict"], "the log")
    client.close()
    tap.equal(d.stop(), 0, "it ends at SIGTERM")


def test_same_input(tap):
    d = Daemon()
    d.verifier()
    verdicts = [d.submit(deliver=False)[1] for _ in range(3)]
    tap.equal([v["exit"] for v in verdicts], [0, 0, 0], "accepted three times")
    tap.equal(len({v["image"]["content"] for v in verdicts}), 1,
              "same input, same content")
    tap.equal([v["image"]["sequence"] for v in verdicts], [1, 2, 3],
              "each signature has its sequence")
    d.stop()
    d.start()
    d.verifier()
    tap.equal(d.submit(deliver=False)[1]["image"]["sequence"], 4,
              "the sequence goes on after a restart")
    d.stop()
