# SPDX-License-Identifier: BSD-2-Clause
"""Signatures that vouch_target must not take, for the target driver's test.

Each file is an image that would be admitted, signed or finished in another
way. refusals() is the list of (name, errno, part of the reason).
"""

import errno
import os
import struct
import subprocess

import make_image

PLAIN = ("-nocerts", "-noattr", "-nosmimecap")
DIGEST = "another digest than SHA-256"
SIGNER = "not by an image key"
TRAILER = "not of the kernel's CMS kind"
LENGTH = "length of the signature"


def openssl(*args, data=None):
    return subprocess.run(["openssl", *args], input=data, check=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


def cms(elf, *signers, digest="sha256", options=PLAIN, extra=()):
    """@signers: (certificate, key), paths of PEM files."""
    args = ["cms", "-sign", "-binary", "-md", digest, "-outform", "DER",
            *options]
    for cert, key in signers:
        args += ["-signer", cert, "-inkey", key, *extra]
    return openssl(*args, data=elf)


def trailer(length, algo=0, digest=0, kind=2, signer=0, key_id=0, pad=b"\0\0\0",
            magic=make_image.MAGIC):
    return struct.pack(">BBBBB3sI", algo, digest, kind, signer, key_id, pad,
                       length) + magic


class Keys:
    """Certificates like that of the image key, made where it is not known."""

    def __init__(self, folder, image):
        self.folder, self.image = folder, image
        subject = openssl("x509", "-in", image + ".pem", "-noout", "-subject",
                          "-nameopt", "compat").decode().strip()
        self.subject = subject[subject.index("/"):].replace(" = ", "=")
        serial = openssl("x509", "-in", image + ".pem", "-noout", "-serial")
        self.serial = "0x" + serial.decode().strip().partition("=")[2]

    def path(self, name):
        return os.path.join(self.folder, name)

    def pair(self, name):
        return self.path(name + ".pem"), self.path(name + ".key")

    def make(self, name, algorithm, subject, serial):
        cert, key = self.pair(name)
        if not os.path.exists(key):
            openssl("genpkey", *algorithm, "-out", key)
        self.certify(name, key, subject, serial)
        return cert, key

    def certify(self, name, key, subject, serial):
        cert = self.path(name + ".pem")
        openssl("req", "-new", "-x509", "-key", key, "-sha256", "-days",
                "3650", "-subj", subject, "-set_serial", serial, "-addext",
                "subjectKeyIdentifier=hash", "-out", cert)
        return cert, key

    def rsa(self, name, bits):
        """As the image key's, but for the key."""
        return self.make(name, ("-algorithm", "RSA", "-pkeyopt",
                                "rsa_keygen_bits:%d" % bits), self.subject,
                         self.serial)


def signatures(elf, keys, other):
    """(name, CMS, errno, part of the reason)"""
    image = (keys.image + ".pem", keys.image + ".key")
    good = cms(elf, image)
    bad, none, wrong = errno.EBADMSG, errno.ENOKEY, errno.EKEYREJECTED
    renewed = keys.certify("renewed", image[1], keys.subject, "0x7777")
    renamed = keys.certify("renamed", image[1], "/CN=renamed image key",
                           keys.serial)
    twin, small, large = (keys.rsa(n, b) for n, b in (
        ("twin", 3072), ("small", 2048), ("large", 4096)))
    curve = keys.make("curve", ("-algorithm", "EC", "-pkeyopt",
                                "ec_paramgen_curve:P-256"), keys.subject,
                      keys.serial)
    for digest in "sha1", "sha224", "sha384", "sha512":
        yield digest, cms(elf, image, digest=digest), bad, DIGEST
    yield "two-signers", cms(elf, image, curve), bad, "more than one signer"
    yield "two-large-signers", cms(elf, image, other), bad, LENGTH
    yield "two-of-one-key", cms(elf, image, renewed), bad, LENGTH
    yield "other-key", cms(elf, other), none, SIGNER
    yield "renewed-certificate", cms(elf, renewed), none, SIGNER
    yield "renamed-certificate", cms(elf, renamed), none, SIGNER
    yield "twin-key", cms(elf, twin), wrong, "does not match the file"
    yield "small-key", cms(elf, small), bad, "not 3072 bits"
    yield "large-key", cms(elf, large), bad, "not 3072 bits"
    yield "curve-key", cms(elf, curve), bad, "signature: it "
    yield ("pss", cms(elf, image, extra=("-keyopt", "rsa_padding_mode:pss")),
           bad, "another algorithm than RSA")
    yield ("attributes", cms(elf, image, options=("-nocerts",)), bad,
           "has attributes")
    yield ("certificates", cms(elf, image, options=PLAIN + (
        "-certfile", curve[0])), bad, "holds certificates")
    yield ("own-certificate", cms(elf, image, options=(
        "-noattr", "-nosmimecap")), bad, LENGTH)
    yield ("key-identifier", cms(elf, image, options=PLAIN + ("-keyid",)), bad,
           "another version")
    yield ("content-inside", cms(b"x" * 99, image, options=PLAIN + (
        "-nodetach",)), bad, "not of detached data")
    yield ("content-type", cms(elf, image, options=PLAIN + (
        "-econtent_type", "1.2.840.113549.1.9.16.1.4")), bad,
        "signature: it ")
    yield ("data", openssl("cms", "-data_create", "-binary", "-outform", "DER",
                           data=b"x" * 500), bad, "no signed data")
    yield ("digested", openssl("cms", "-digest_create", "-binary", "-md",
                               "sha256", "-outform", "DER", data=b"x" * 300),
           bad, "no signed data")
    yield ("other-file", cms(elf + b"\0", image), wrong, "does not match")
    yield "junk", good + bytes(16), bad, "longer than what it says"
    yield "junk-byte", good + b"\0", bad, "longer than what it says"
    yield "cut", good[:-1], bad, "or shorter"
    yield "cut-head", good[:40], bad, "signature: it "
    yield "one-byte", good[:1], bad, "signature: it "
    yield "twice", good + good, bad, LENGTH
    yield "random", bytes(range(256)) * 2, bad, "not the kernel's CMS"
    yield ("indefinite", b"\x30\x80" + good[4:] + b"\0\0", bad,
           "signature: it ")
    swapped = good[:-384] + good[:-385:-1]
    yield "reversed-value", swapped, wrong, "does not match"
    yield "zero-value", good[:-384] + bytes(384), wrong, "does not match"


def trailers(elf, keys):
    """(name, bytes, errno, part of the reason)"""
    sig = cms(elf, (keys.image + ".pem", keys.image + ".key"))
    bad, n = errno.EBADMSG, len(sig)
    for name, end, reason in (
            ("trailer-algorithm", trailer(n, algo=1), TRAILER),
            ("trailer-digest", trailer(n, digest=4), TRAILER),
            ("trailer-kind-0", trailer(n, kind=0), TRAILER),
            ("trailer-kind-1", trailer(n, kind=1), TRAILER),
            ("trailer-kind-3", trailer(n, kind=3), TRAILER),
            ("trailer-signer", trailer(n, signer=1), TRAILER),
            ("trailer-key-id", trailer(n, key_id=20), TRAILER),
            ("trailer-pad", trailer(n, pad=b"\0\0\1"), TRAILER),
            ("trailer-zero", trailer(0), LENGTH),
            ("trailer-longest", trailer(1025), LENGTH),
            ("trailer-2-gib", trailer(1 << 31), LENGTH),
            ("trailer-4-gib", trailer((1 << 32) - 1), LENGTH),
            ("trailer-file", trailer(len(elf) + n), LENGTH),
            ("trailer-shorter", trailer(n - 1), "signature: it "),
            ("trailer-longer", trailer(n + 1), "signature: it "),
            ("trailer-marker", trailer(n, magic=make_image.MAGIC[:-1] +
                                       b"\r"), "no signature"),
            ("trailer-twice", trailer(n) + trailer(n), "signature: it "),
            ("byte-behind", trailer(n) + b"\0", "no signature"),
            ("newline-behind", trailer(n) + b"\n", "no signature"),
            ("page-behind", trailer(n) + bytes(4096), "no signature")):
        yield name, elf + sig + end, bad, reason
    signed = elf + sig + trailer(n)
    again = cms(signed, (keys.image + ".pem", keys.image + ".key"))
    yield ("signed-twice", signed + again + trailer(len(again)), bad,
           "section headers are not at the end")
    yield ("signature-alone", sig + trailer(n), bad, LENGTH)
    yield ("gap", elf + b"\0" + sig + trailer(n), errno.EKEYREJECTED,
           "does not match")


def files(elf, keys, other):
    """(name, file, errno, part of the reason) of all of them."""
    for name, sig, err, reason in signatures(elf, keys, other):
        yield name, elf + sig + trailer(len(sig)), err, reason
    yield from trailers(elf, keys)
