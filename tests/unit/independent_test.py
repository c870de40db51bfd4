#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""From a capture to a signed image, read by readers that share no code with
the programs: vouch-link, vouch-sign and vouch inspect against
tests/independent/."""

import hashlib
import json
import os
import stat
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
for part in ("lib", "independent"):
    sys.path.insert(0, os.path.join(TOP, "tests", part))

import image_parts  # noqa: E402  pylint: disable=wrong-import-position
import profile_file  # noqa: E402  pylint: disable=wrong-import-position
import read_capture  # noqa: E402  pylint: disable=wrong-import-position
import read_image  # noqa: E402  pylint: disable=wrong-import-position
import tap  # noqa: E402  pylint: disable=wrong-import-position

BUILD = os.environ.get("VOUCH_BUILD", os.path.join(TOP, "build"))
SCRATCH = tempfile.TemporaryDirectory()
OBJECT = os.path.join(SCRATCH.name, "two_maps.o")

TEXT = 0xffffffffc0100000
LOOKUP, THUNK = TEXT + 0x100000, TEXT + 0x200000
DATA = 8192
CALL, SUBCALL, MAP, MAP_VALUE = 1, 2, 3, 4
PROLOGUE = bytes.fromhex("0f1f4400006690554889e54881ec0800000053")
EPILOGUE = bytes.fromhex("5bc9")


def program(name):
    for path in ("asan/" + name, name):
        path = os.path.join(BUILD, path)
        if os.access(path, os.X_OK):
            return os.path.abspath(path)
    sys.exit("there is no %s/%s: run \"make programs\" first" % (BUILD, name))


LINK, SIGN, VOUCH = (program(n) for n in ("vouch-link", "vouch-sign", "vouch"))


def path(name):
    return os.path.join(SCRATCH.name, name)


def put(name, data):
    with open(path(name), "wb") as f:
        f.write(data)
    return path(name)


def get(name):
    with open(path(name), "rb") as f:
        return f.read()


def run(*args):
    return subprocess.run(args, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False)


def compile_object():
    arch = run("gcc", "-print-multiarch").stdout.decode().strip()
    source = os.path.join(TOP, "tests", "independent", "two_maps.bpf.c")
    done = run("clang", "-O2", "-g", "-target", "bpf",
               "-I/usr/include/" + arch, "-c", "-o", OBJECT, source)
    if done.returncode:
        sys.exit("compiling two_maps.bpf.c: " + done.stderr.decode())


def inspect(name):
    return json.loads(run(VOUCH, "inspect", "--json", path(name)).stdout)


def pad(data, size):
    return data + bytes(size - len(data))


def tag(func, n):
    return (0x7a6b << 48 | (0x5a00 | func) << 32 | (0x4c00 | n >> 8) << 16 |
            0x3100 | n & 0xff)


class Code:
    """A function that grows, with the references that it declares."""

    def __init__(self, index):
        self.index, self.address = index, TEXT + 0x1000 * index
        self.code, self.refs, self.tags = PROLOGUE, [], 0

    def raw(self, hexadecimal):
        self.code += bytes.fromhex(hexadecimal)

    def branch(self, opcode, target):
        rel = target - (self.address + len(self.code) + 5)
        self.code += struct.pack("<Bi", opcode, rel)

    def load(self, opcode, kind, index, value):
        t = tag(self.index, self.tags)
        self.tags += 1
        self.refs.append((kind, index, value, t))
        self.code += bytes.fromhex(opcode) + struct.pack("<Q", t)

    def call(self, target):
        self.refs.append((CALL, 0, target, 0))
        self.branch(0xe8, target)

    def subcall(self, index):
        self.refs.append((SUBCALL, index, 0, 0))
        self.branch(0xe8, TEXT + 0x1000 * index)

    def end(self):
        self.code += EPILOGUE
        self.branch(0xe9, THUNK)
        return self


def functions():
    main, sub = Code(0), Code(1)
    main.raw("4889fb")
    main.load("48bf", MAP, 0, 0)
    main.call(LOOKUP)
    main.load("49b8", MAP_VALUE, 1, 4)
    main.subcall(1)
    main.raw("b802000000")
    sub.raw("31c0")
    sub.load("48be", MAP, 0, 0)
    return [main.end(), sub.end()]


def record(kind, payload):
    return struct.pack("<II", kind, len(payload)) + pad(
        payload, (len(payload) + 7) // 8 * 8)


def map_record(name, numbers, data=b""):
    return record(3, pad(name, 64) + struct.pack("<8I", *numbers, len(data),
                                                 0) + data)


def func_record(func):
    code = pad(func.code, (len(func.code) + 7) // 8 * 8)
    return record(5, struct.pack("<4IQ", func.index, len(func.code),
                                 len(func.refs), 0, func.address) + code +
                  b"".join(struct.pack("<IIQQ", *r) for r in func.refs))


def sym_record(address, name):
    return record(6, struct.pack("<Q", address) + pad(name, 64))


# (insn, base, code, field_size, structure, offset, size, n, target_size, code)
ACCESSES = [(0xffffffff, 1, b"\xbf\x16", 0, 0, 0, 0, 2, 0, bytes(range(16))),
            (3, 2, b"\x61\x12", 4, 0, 0, 0, 1, 4, bytes(range(8, 16)))]


def capture(funcs):
    with open(OBJECT, "rb") as f:
        digest = hashlib.sha256(f.read()).digest()
    parts = [record(1, pad(b"6.1.0-test", 64) + pad(b"EPYC", 64) +
                    pad(b"GPL", 64) + bytes(range(20)) +
                    struct.pack("<5I", 1, 3, 0, 0, 2) + digest + bytes(72))]
    for structure, field, off in ((b"bpf_array", b"value", 272),
                                  (b"bpf_map", b"max_entries", 36),
                                  (b"htab_elem", b"key", 48)):
        parts.append(record(2, pad(structure, 32) + pad(field, 32) +
                            struct.pack("<II", off, 0)))
    parts.append(map_record(b"table", (1, 4, 8, 100, 0, 0)))
    parts.append(map_record(b".data", (2, 4, DATA, 1, 1024, 4),
                            pad(b"start", DATA)))
    parts.append(record(4, pad(b"xdp_test", 64) + pad(b"xdp", 64) +
                        struct.pack("<10IQ", 6, 37, len(funcs), 2, 20, 30, 0,
                                    0, 8, 1, 0)))
    parts += [func_record(f) for f in funcs]
    parts += [record(7, struct.pack("<II8s6I", *a[:-1]) + a[-1])
              for a in ACCESSES]
    parts.append(record(8, bytes(range(160))))
    parts += [sym_record(LOOKUP, b"__htab_map_lookup_elem"),
              sym_record(THUNK, b"srso_return_thunk")]
    body = b"".join(parts)
    return struct.pack("<8sIIQ", b"VOUCHCAP", 1, len(parts),
                       24 + len(body)) + body


def profile():
    kconfig = dict.fromkeys(("CONFIG_CFI_CLANG", "CONFIG_MODVERSIONS",
                             "CONFIG_PREEMPT_RT", "CONFIG_RETPOLINE",
                             "CONFIG_X86_KERNEL_IBT"), 0)
    return json.dumps({
        "schema_version": 1, "arch": "x86_64", "release": "6.1.0-target",
        "vermagic": "6.1.0-target SMP mod_unload ", "target_abi": 1,
        "facts": {"module.size": 768, "module.name.offset": 24},
        "kconfig": dict(kconfig, CONFIG_RETHUNK=1),
        "helpers": ["vouch_bpf_htab_lookup_raw"],
        "map_types": ["array", "hash"], "prog_types": ["xdp"],
        "hooks": ["xdp"],
    }).encode()


def link(funcs, out):
    put("capture", capture(funcs))
    made = profile_file.Made(path(""), profile())
    return run(LINK, "--capture", path("capture"), "--object", OBJECT,
               "--profile", made.path, "--profile-cert", made.cert, "--out",
               path(out))


def sign(image, out, sequence="1"):
    return run(SIGN, "--key", path("image.key"), "--cert", path("image.der"),
               "--slot", "edge0", "--epoch", "1", "--sequence", sequence,
               "--in", path(image), "--out", path(out))


def captures_are_read_alike(t):
    put("capture", capture(functions()))
    want = read_capture.public(read_capture.read(get("capture")))
    t.equal(inspect("capture"), want, "captures are read alike")


def images_are_read_alike(t):
    done = link(functions(), "unsigned")
    t.equal((done.returncode, done.stderr), (0, b""), "a capture links")
    image = read_image.public(read_image.read(get("unsigned")))
    t.check(image["content_ok"], "hash and name fit the content")
    shown = inspect("unsigned")
    for name in sorted(set(image) - {"signature"}):
        t.equal(shown.get(name), image[name],
                "images are read alike: " + name)


def the_same_input_gives_the_same_bytes(t):
    link(functions(), "again")
    t.check(get("again") == get("unsigned"),
            "the same input gives the same bytes")


def addresses_do_not_matter(t):
    """Another boot, with everything elsewhere."""
    global TEXT, LOOKUP, THUNK  # pylint: disable=global-statement
    before = TEXT, LOOKUP, THUNK
    TEXT, LOOKUP, THUNK = TEXT - 0x3000000, LOOKUP - 0x8765430, THUNK - 0x990
    link(functions(), "again")
    moved = get("capture")
    TEXT, LOOKUP, THUNK = before
    t.check(moved != capture(functions()) and
            get("again") == get("unsigned"),
            "addresses of the verifier kernel do not matter")


def expected_text(funcs):
    """The code as it must be linked, by the prose of manifest.h."""
    starts, text = [], b""
    for f in funcs:
        text += b"\xcc" * (-len(text) % 16)
        starts.append(len(text))
        text += f.code
    text = bytearray(text)
    for f, start in zip(funcs, starts):
        for at in range(start, start + len(f.code)):
            for ref in f.refs:
                quad = struct.pack("<Q", ref[3])
                if ref[3] and text[at + 2:at + 10] == quad:
                    rex, reg = text[at], text[at + 1] & 7
                    text[at:at + 10] = bytes([
                        0x48 | (rex & 1) << 2, 0x8b, reg << 3 | 5, 0, 0, 0, 0,
                        0x0f, 0x1f, 0])
        text[start + len(f.code) - 4:start + len(f.code)] = bytes(4)
    call = funcs[0].code.index(b"\xe8")
    text[call + 1:call + 5] = bytes(4)
    sub = funcs[0].code.index(b"\xe8", call + 5)
    text[sub + 1:sub + 5] = struct.pack("<i", starts[1] - (sub + 5))
    return bytes(text)


def only_references_change(t):
    image = read_image.read(get("unsigned"))
    t.equal(image["_text"], expected_text(functions()),
            "only references change in the code")
    t.equal([r["to"] for r in image["relocations"]],
            ["map table", "vouch_bpf_htab_lookup_raw", "value of .data + 4",
             "__x86_return_thunk", "map table", "__x86_return_thunk"],
            "relocations are the references, in order")
    t.equal([image["_text"][r] for r in image["_returns"]], [0xe9, 0xe9],
            "return sites are jumps")


def slots_are_bounded(t):
    for count, want in ((4096, 0), (4097, 6)):
        func = Code(0)
        for i in range(count):
            func.load("48be", MAP_VALUE, 1, i)
        func.load("48be", MAP_VALUE, 1, 7)
        done = link([func.end()], "many")
        t.equal(done.returncode, want, "an image with %d slots" % count)
    t.check(b"more than 4096 places" in done.stderr,
            "the refusal says how many there may be", done.stderr)
    image = read_image.read(get("many"))
    t.equal([r["to"] for r in image["relocations"][:-1]],
            ["value of .data + %d" % i for i in range(4096)] +
            ["value of .data + 7"], "each slot is found again")


def keys_are_made_once(t):
    done = run(SIGN, "--new-key", SCRATCH.name, "--cn", "test key")
    t.equal((done.returncode, done.stderr), (0, b""), "a key is made")
    mode = stat.S_IMODE(os.stat(path("image.key")).st_mode)
    t.equal(mode, 0o600, "nobody else reads the key")
    before = get("image.key")
    done = run(SIGN, "--new-key", SCRATCH.name, "--cn", "test key")
    t.check(done.returncode == 1 and get("image.key") == before,
            "a key is never written over", done.stderr)


def signing_keeps_the_content(t):
    for name, sequence in (("one.ko", "1"), ("two.ko", "2")):
        done = sign("unsigned", name, sequence)
        t.equal((done.returncode, done.stderr), (0, b""), name + " is signed")
    unsigned, one, two = (read_image.read(get(n)) for n in
                          ("unsigned", "one.ko", "two.ko"))
    t.equal({one["name"], two["name"]}, {unsigned["name"]},
            "the record is not part of the name")
    t.equal((two["record"]["slot"], two["record"]["sequence"]), ("edge0", 2),
            "the record says what was asked")
    t.check(one["content_ok"] and two["content_ok"], "the content is whole")


def openssl_accepts_the_signature(t):
    elf, cms = read_image.split(get("one.ko"))
    put("elf", elf)
    put("cms", cms)
    run("openssl", "x509", "-inform", "DER", "-in", path("image.der"), "-out",
        path("image.pem"))
    check = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in",
             path("cms"), "-content", path("elf"), "-certfile",
             path("image.pem"), "-nointern", "-noverify", "-out", "/dev/null"]
    t.equal(run(*check).returncode, 0, "openssl accepts the signature")
    put("elf", elf[:-1] + bytes([elf[-1] ^ 1]))
    t.check(run(*check).returncode != 0, "and no changed file")


def nothing_else_is_signed(t):
    put("text", b"sign me\n" * 100)
    changed = bytearray(get("unsigned"))
    changed[70] ^= 1
    put("changed", changed)
    cases = {"a text": "text", "a signed image": "one.ko",
             "a capture": "capture", "a changed image": "changed"}
    for what, name in cases.items():
        done = sign(name, "out")
        t.check(done.returncode == 5 and not os.path.exists(path("out")),
                "not signed: " + what, done)
    done = run(SIGN, "--key", path("image.key"), "--cert", path("image.der"),
               "--slot", "edge0", "--in", path("unsigned"), "--out",
               path("out"))
    t.equal(done.returncode, 2, "epoch and sequence must be named")


def arm64_images_are_read_alike(t):
    text = profile()
    put("arm64", image_parts.good_arm64(
        (json.loads(text), hashlib.sha256(text).digest())))
    done = sign("arm64", "arm64.ko")
    t.equal((done.returncode, done.stderr), (0, b""),
            "an image for arm64, of the independent writer, is signed")
    image = read_image.public(read_image.read(get("arm64.ko")))
    t.check(image["content_ok"], "hash and name fit its content")
    shown = inspect("arm64.ko")
    for name in sorted(set(image) - {"signature"}):
        t.equal(shown.get(name), image[name],
                "images for arm64 are read alike: " + name)
    t.equal([r["to"] for r in image["relocations"]],
            ["map " + image_parts.MAPS[0]["name"], "vouch_bpf_map_lookup",
             "value of %s + 4" % image_parts.MAPS[1]["name"]],
            "its relocations are those of the source")
    t.equal([e["register"] for e in image["exceptions"]], [7, 19],
            "and so are its exceptions")


def refusals_name_program_and_place(t):
    funcs = functions()
    at = funcs[0].code.index(bytes.fromhex("b802000000"))
    funcs[0].code = (funcs[0].code[:at] + bytes.fromhex("0f30909090") +
                     funcs[0].code[at + 5:])
    done = link(funcs, "out")
    t.check(done.returncode == 6 and not os.path.exists(path("out")) and
            b"xdp_test: function 0+0x%x: wrmsr" % at in done.stderr,
            "a refusal names program, place and instruction", done)


def main():
    compile_object()
    t = tap.Tap()
    for test in (captures_are_read_alike, images_are_read_alike,
                 the_same_input_gives_the_same_bytes,
                 addresses_do_not_matter, only_references_change,
                 slots_are_bounded, keys_are_made_once,
                 signing_keeps_the_content, openssl_accepts_the_signature,
                 nothing_else_is_signed, arm64_images_are_read_alike,
                 refusals_name_program_and_place):
        t.run(test)
    t.end()


if __name__ == "__main__":
    main()
