# SPDX-License-Identifier: BSD-2-Clause
"""Writes and reads the files of target profiles, after docs/profile.md."""

import hashlib
import json
import os
import struct
import subprocess

KINDS = ("json", "btf", "oracle", "kconfig")
NO_ORACLE = struct.pack("<8sIIII", b"VOUCHORC", 1, 0, 0, 0)


def pack(text, btf=b"", oracle=NO_ORACLE, kconfig=b"CONFIG_NET=y\n"):
    """The bytes that are signed; @text is the JSON part."""
    at, rows, rest = 24 + 24 * len(KINDS), b"", b""
    for kind, part in enumerate((text, btf, oracle, kconfig)):
        rows += struct.pack("<IIQQ", kind, 0, at + len(rest), len(part))
        rest += part + bytes(-len(part) % 8)
    return struct.pack("<8sIIQ", b"VOUCHPRF", 1, len(KINDS),
                       at + len(rest)) + rows + rest


def read(data):
    """(part for each kind, the signature); all of it must be as it must be."""
    magic, version, n, size = struct.unpack_from("<8sIIQ", data)
    assert (magic, version, n) == (b"VOUCHPRF", 1, len(KINDS))
    assert size <= len(data)
    parts, at = {}, 24 + 24 * n
    for i, name in enumerate(KINDS):
        kind, zero, offset, length = struct.unpack_from("<IIQQ", data,
                                                        24 + 24 * i)
        assert (kind, zero, offset) == (i, 0, at)
        at = offset + length + -length % 8
        assert at <= size and not any(data[offset + length:at])
        parts[name] = data[offset:offset + length]
    assert at == size
    return parts, data[size:]


def load(path):
    """(the JSON object, the identity) of a profile's file."""
    with open(path, "rb") as f:
        data = f.read()
    parts, signature = read(data)
    signed = data[:len(data) - len(signature)]
    return json.loads(parts["json"]), hashlib.sha256(signed).digest()


def new_key(folder, name="profile"):
    """NAME.key and NAME.pem, and NAME.der, in @folder."""
    path = os.path.join(folder, name)
    subprocess.run(
        ["openssl", "req", "-new", "-x509", "-newkey", "rsa:3072", "-sha256",
         "-nodes", "-days", "3650", "-subj", "/CN=vouch test %s key" % name,
         "-addext", "basicConstraints=critical,CA:FALSE",
         "-addext", "keyUsage=digitalSignature",
         "-addext", "subjectKeyIdentifier=hash",
         "-keyout", path + ".key", "-out", path + ".pem"],
        check=True, stderr=subprocess.DEVNULL)
    subprocess.run(["openssl", "x509", "-in", path + ".pem", "-outform",
                    "DER", "-out", path + ".der"], check=True)
    return path + ".der"


def sign(data, folder, name="profile"):
    """@data with the signature behind it, by a key of new_key()."""
    path = os.path.join(folder, name)
    return data + subprocess.run(
        ["openssl", "cms", "-sign", "-binary", "-noattr", "-nocerts",
         "-nosmimecap", "-md", "sha256", "-outform", "DER", "-signer",
         path + ".pem", "-inkey", path + ".key"], input=data, check=True,
        stdout=subprocess.PIPE).stdout


class Made:
    """A signed profile of a JSON text: path, cert, identity, object."""

    def __init__(self, folder, text, name="target.profile", **parts):
        if not os.path.exists(os.path.join(folder, "profile.der")):
            new_key(folder)
        self.cert = os.path.join(folder, "profile.der")
        self.path = os.path.join(folder, name)
        data = pack(text, **parts)
        self.identity = hashlib.sha256(data).digest()
        self.object = json.loads(text)
        with open(self.path, "wb") as f:
            f.write(sign(data, folder))
