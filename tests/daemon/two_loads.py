# SPDX-License-Identifier: BSD-2-Clause
"""Objects that are loaded a second time, with a target's accesses in them.

The recorded program has two accesses: to the packet's end and its start. The
profile's target has the end elsewhere.
"""

import hashlib
import struct
import tempfile

from harness import Daemon, END as HERE, insn, LDX_DW, load, oracle, RECORDED
import profile_file
import wire

THERE = 24  # xdp_buff.data_end in the target
ENV, FUNC, ACCESS, INSNS = 1, 5, 7, 8
LAYOUT, RETARGET = 264, 296  # of the hashes in ENV
KCONFIG = b"CONFIG_HZ=250\nCONFIG_NET=y\n"
NO_BTF = load("btf")
KEYS = tempfile.TemporaryDirectory(prefix="vouchd-moved-")


MOVED = profile_file.Made(KEYS.name, load("profile.json"), btf=NO_BTF,
                          oracle=oracle(THERE), kconfig=KCONFIG)
RELEASE = MOVED.object["release"].encode()
TOLD = hashlib.sha256(NO_BTF + KCONFIG + RELEASE).digest()


def records(data):
    pos = 24
    while pos < len(data):
        kind, length = struct.unpack_from("<II", data, pos)
        yield kind, data[pos + 8:pos + 8 + length]
        pos += 8 + (length + 7) // 8 * 8


def record(kind, payload):
    return struct.pack("<II", kind, len(payload)) + payload + \
        bytes(-len(payload) % 8)


def capture(end=HERE, listed=b"", told=TOLD):
    """Of a load in which the packet's end is loaded from @end."""
    moved_code = {FUNC: (b"\x48\x8b\x77\x08", b"\x48\x8b\x77" + bytes([end]))}
    for kind in (ACCESS, INSNS):
        moved_code[kind] = insn(LDX_DW, 2, 1, HERE), insn(LDX_DW, 2, 1, end)
    out = []
    for kind, payload in records(RECORDED["capture"]):
        if kind == ENV:
            env = bytearray(payload)
            env[LAYOUT:LAYOUT + 32] = told
            if listed:
                env[RETARGET:RETARGET + 32] = hashlib.sha256(listed).digest()
            payload = bytes(env)
        if kind in moved_code:
            payload = payload.replace(*moved_code[kind])
        out.append(record(kind, payload))
    body = b"".join(out)
    return struct.pack("<8sIIQ", b"VOUCHCAP", 1, len(out),
                       24 + len(body)) + body


def parts(body, blob):
    """What VERIFY carries, by name."""
    out, at = {}, 0
    for name in ("object", "btf", "kconfig", "retarget"):
        out[name] = blob[at:at + body["parts"][name]]
        at += body["parts"][name]
    return out


def verify(_kind, body, blob):
    """As a verifier VM answers."""
    listed = parts(body, blob)["retarget"]
    return wire.CAPTURE, RECORDED["json"], \
        capture(THERE, listed) if listed else capture()


def answer(**changes):
    return lambda *_: (wire.CAPTURE, RECORDED["json"], capture(**changes))


def move(config):
    """The same configuration, with a target that has the end elsewhere."""
    vms = [dict(vm, profile=MOVED.path) if vm["role"] == "target" else vm
           for vm in config["vms"]]
    return dict(config, vms=vms, profiles=[MOVED.path],
                profile_certs=[MOVED.cert])


def moved(**changes):
    d = Daemon(**changes)
    d.stop()
    d.config = move(d.config)
    d.start()
    return d


def image_of(d, verdict):
    with open(verdict["image"]["path"], "rb") as f:
        return f.read()


def test_two_loads(tap):
    d = moved()
    verifier = d.verifier(acts=[verify, verify, answer(end=THERE)])
    got = d.submit(deliver=False)[1]
    tap.equal((got["verdict"], got["reason"]), ("accepted", None),
              "an object is loaded twice and accepted")
    tap.equal([k for k, _, _ in verifier.seen], [wire.VERIFY] * 2,
              "the verifier VM is asked twice")
    first, second = (parts(body, blob) for _, body, blob in verifier.seen)
    tap.equal((first["btf"], first["kconfig"], first["retarget"]),
              (NO_BTF, KCONFIG, b""), "the first time without replacements")
    tap.equal([body["release"].encode() for _, body, _ in verifier.seen],
              [RELEASE] * 2, "both times it is told the target's release")
    tap.equal(second["object"], first["object"], "of the same object")
    tap.equal(struct.unpack_from("<8sIIQ", second["retarget"]),
              (b"VOUCHRTG", 1, 2, len(second["retarget"])),
              "the second time with all accesses")
    tap.check(insn(LDX_DW, 2, 1, THERE) in second["retarget"],
              "as the target has them")
    image = image_of(d, got)
    tap.check(b"\x48\x8b\x77\x18" in image and b"\x48\x8b\x77\x08" not in
              image, "what is linked is the second load")
    tap.check(b"xdp_md" in image, "the image names the field")
    got = d.submit(deliver=False)[1]
    tap.equal((got["verdict"], len(verifier.seen)), ("accepted", 3),
              "what lies where the target has it needs no second load")
    d.stop()


def test_second_load_lost(tap):
    d = moved()
    d.verifier(acts=[verify, "die"])
    client = d.client()
    client.send(wire.SUBMIT, {"name": "x", "deliver": False}, load(
        "xdp_count.o"))
    tap.check(d.wait_for(lambda: "trying once more" in d.text()),
              "the loss of a verifier at the second load is noticed")
    # Of another kernel, which can do nothing for it.
    alien = d.verifier(hello={"build_id": "00" * 20})
    alien.leave()
    other = d.verifier(acts=[verify])
    while True:
        kind, _, got, _ = client.receive()
        if kind != wire.PROGRESS:
            break
    tap.equal((got["verdict"], len(alien.seen), len(other.seen)),
              ("accepted", 0, 1),
              "another of the same kernel makes the second load")
    d.stop()
    for fault, code, words in (("hang", 7, "did not answer in time"),
                               (None, 1, "not loaded once more")):
        d = moved()
        refusal = (lambda *_: (wire.CAPTURE, {
            "verdict": "error", "reason": "EILSEQ", "programs": []}, b""))
        d.verifier(acts=[verify, fault or refusal])
        got = d.submit(deliver=False)[1]
        tap.check(got["exit"] == code and words in got["reason"],
                  "the second load: " + words, got)
        d.stop()


def test_second_load_lies(tap):
    d = moved()
    other = b"VOUCHRTG" + bytes(100)
    lies = [
        ("it was made for another target",
         [answer(told=bytes(32))], "made for another target"),
        ("it has no replacements",
         [answer(), answer()], "other replacements than those"),
        ("it has other ones",
         [answer(), answer(end=THERE, listed=other)],
         "other replacements than those"),
        ("it has them only in name",
         [answer(), lambda k, b, blob: (
             wire.CAPTURE, RECORDED["json"],
             capture(HERE, parts(b, blob)["retarget"]))],
         "not what was to be put there"),
        ("it has more of them",
         [answer(), lambda k, b, blob: (
             wire.CAPTURE, RECORDED["json"],
             capture(32, parts(b, blob)["retarget"]))],
         "not what was to be put there"),
    ]
    for what, acts, words in lies:
        verifier = d.verifier(acts=acts)
        got = d.submit(deliver=False)[1]
        tap.check(got["verdict"] == "refused" and words in got["reason"],
                  "refused: " + what, got["reason"])
        verifier.leave()
    d.stop()


def test_daemon_ends_between_loads(tap):
    d = moved()
    verifier = d.verifier(acts=[verify, "hang"])
    client = d.client()
    client.send(wire.SUBMIT, {"name": "x", "deliver": False}, load(
        "xdp_count.o"))
    tap.check(d.wait_for(lambda: len(verifier.seen) == 2),
              "the second load is under way")
    tap.equal(d.query("SELECT state FROM submissions"), [("retargeting",)],
              "and the store knows it")
    d.kill()
    d.start()
    verifier = d.verifier(acts=[verify, verify])
    tap.check(d.wait_for(lambda: d.query(
        "SELECT state FROM submissions") == [("done",)]),
        "the next daemon begins with the first load again")
    tap.equal(len(verifier.seen), 2, "and makes both")
    d.stop()
