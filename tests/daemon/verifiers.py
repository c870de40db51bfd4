# SPDX-License-Identifier: BSD-2-Clause
"""What a verifier may do to the daemon."""

from harness import Daemon, OBJECT, RECORDED
import wire


def capture(verdict, reason="because"):
    def act(*_):
        return wire.CAPTURE, {"verdict": verdict, "reason": reason, "programs":
                              [], "privileges": [], "log": "a log"}, b""
    return act

def test_verdicts(tap):
    d = Daemon()
    d.verifier(acts=[capture("rejected"), capture("unsupported"),
                     capture("error"), capture("accepted"),
                     lambda *_: (wire.RESULT, {}, b""),
                     lambda *_: (wire.ERROR, {"code": "EIO", "why": "bad day"},
                                 b"")])
    for verdict, code in (("rejected", 3), ("unsupported", 6), ("error", 1),
                          ("error", 1), ("error", 1), ("error", 1)):
        got = d.submit()[1]
        tap.equal((got["verdict"], got["exit"], got["image"]),
                  (verdict, code, None), "%s gives %d" % (verdict, code))
    tap.equal(got["reason"], "bad day", "the agent's reason is passed on")
    d.stop()


def test_hostile_capture(tap):
    d = Daemon()

    def flipped(at):
        def act(*_):
            data = bytearray(RECORDED["capture"])
            data[at] ^= 1
            return wire.CAPTURE, RECORDED["json"], bytes(data)
        return act

    d.verifier(acts=[flipped(0), lambda *_: (
        wire.CAPTURE, RECORDED["json"], RECORDED["capture"][:-8])])
    for what in ("a wrong magic", "a short capture"):
        got = d.submit()[1]
        tap.equal((got["verdict"], got["exit"], got["image"]),
                  ("refused", 6, None), what + " is refused")
    tap.equal(d.submit(deliver=False)[1]["exit"], 0, "and the next is accepted")
    got = d.submit(obj=OBJECT + b"\0", deliver=False)[1]
    tap.equal((got["verdict"], got["exit"]), ("refused", 6),
              "a capture of another object is refused")
    d.stop()


def test_verifier_lost(tap):
    d = Daemon()
    d.verifier(acts=["die"])
    client = d.client()
    client.send(wire.SUBMIT, {"name": "x", "deliver": False}, OBJECT)
    tap.check(d.wait_for(lambda: "trying once more" in d.text()),
              "the loss of a verifier is noticed")
    d.verifier()
    kind = wire.PROGRESS
    while kind == wire.PROGRESS:
        kind, _, verdict, _ = client.receive()
    tap.equal(verdict["exit"], 0, "the next verifier takes the submission")

    client.send(wire.SUBMIT, {"name": "x", "deliver": False}, OBJECT)
    d.agents[-1].leave()
    for _ in range(2):
        d.verifier(acts=["die"])
        d.agents[-1].thread.join(10)
    kind = wire.PROGRESS
    while kind == wire.PROGRESS:
        kind, _, verdict, _ = client.receive()
    tap.equal((verdict["verdict"], verdict["exit"]), ("error", 4),
              "two lost verifiers are too many")
    tap.equal(d.text().count("trying once more"), 2,
              "each submission is tried once more, and not again")
    tap.equal(d.submit()[1]["exit"], 4, "so is none at all, after a while")
    d.stop()


def test_verifier_hangs(tap):
    d = Daemon()
    d.verifier(acts=["hang"])
    tap.equal(d.submit()[1]["exit"], 7, "a verifier that hangs is a time-out")
    d.verifier()
    tap.equal(d.submit(deliver=False)[1]["exit"], 0, "and is replaced")
    d.stop()
