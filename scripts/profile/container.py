# SPDX-License-Identifier: BSD-2-Clause
"""The file of a target profile: common/profile_file.h."""

import hashlib
import os
import struct
import tempfile

from tree import run

MAGIC = b"VOUCHPRF"
VERSION = 1
HEAD = struct.Struct("<8sIIQ")
PART = struct.Struct("<IIQQ")
KINDS = ("json", "btf", "oracle", "kconfig")


def pack(parts):
    """The bytes that are signed, of a dict with a part for each kind."""
    at = HEAD.size + PART.size * len(KINDS)
    heads, bodies = b"", b""
    for kind, name in enumerate(KINDS):
        body = parts[name]
        heads += PART.pack(kind, 0, at + len(bodies), len(body))
        bodies += body + bytes(-len(body) % 8)
    size = at + len(bodies)
    return HEAD.pack(MAGIC, VERSION, len(KINDS), size) + heads + bodies


def unpack(data):
    """The parts, and the signature, of a file that this project made."""
    magic, version, n, size = HEAD.unpack_from(data)
    assert (magic, version, n) == (MAGIC, VERSION, len(KINDS))
    parts = {}
    for i, name in enumerate(KINDS):
        _, _, at, length = PART.unpack_from(data, HEAD.size + i * PART.size)
        parts[name] = data[at:at + length]
    return parts, data[size:]


def identity(data):
    """Of the bytes that are signed."""
    return hashlib.sha256(data).digest()


def sign(data, key, cert):
    """A detached CMS as images have, by a key in PEM with a certificate in
    DER."""
    with tempfile.TemporaryDirectory(prefix="vouch-sign-") as tmp:
        path, pem = os.path.join(tmp, "data"), os.path.join(tmp, "cert.pem")
        with open(path, "wb") as f:
            f.write(data)
        run("reading the certificate " + cert, "openssl", "x509", "-inform",
            "DER", "-in", cert, "-out", pem)
        return run("signing the profile with " + key, "openssl", "cms",
                   "-sign", "-binary", "-noattr", "-nocerts", "-nosmimecap",
                   "-md", "sha256", "-outform", "DER", "-signer", pem,
                   "-inkey", key, "-in", path)
