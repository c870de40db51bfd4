#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""gen-certs' CMS must be what OpenSSL signs with, but for the RSA value."""

import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
from tap import Tap  # noqa: E402  pylint: disable=wrong-import-position

RSA_LEN = 384
# Lengths of names make DER lengths of one, two and three bytes.
CASES = [
    ("short", "/CN=a", "1"),
    ("ordinary", "/O=vouch lab/CN=vouch lab image key", "12345678901234"),
    ("serial with its top bit set", "/CN=image", "0x80112233445566778899"),
    ("serial of 20 bytes", "/CN=image", "0x7f" + "ab" * 19),
    ("name of 130 bytes", "/O=" + "x" * 60 + "/CN=" + "y" * 60, "77"),
    ("name of 500 bytes", "/O=%s/OU=%s/OU=%s/OU=%s/OU=%s/OU=%s/CN=%s" %
     tuple(c * 60 for c in "abcdefg"), "78"),
]


def run(*command, **kwargs):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, **kwargs).stdout


def new_cert(path, subject, serial, kind="rsa:3072"):
    run("openssl", "req", "-new", "-x509", "-newkey", kind, "-sha256",
        "-nodes", "-days", "10", "-subj", subject, "-set_serial", serial,
        "-keyout", path + ".key", "-out", path + ".pem")
    run("openssl", "x509", "-in", path + ".pem", "-outform", "DER", "-out",
        path + ".der")


def cms(path, data):
    return run("openssl", "cms", "-sign", "-binary", "-noattr", "-nocerts",
               "-nosmimecap", "-md", "sha256", "-outform", "DER", "-signer",
               path + ".pem", "-inkey", path + ".key", input=data)


def array(text, name):
    body = re.search(r"vouch_%s\[\] = \{(.*?)\}" % name, text, re.S).group(1)
    return bytes(int(x, 16) for x in re.findall(r"0x(..)", body))


def refuses(tool, *args):
    return subprocess.run([tool, *args], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False).returncode


def test(tap, tmp):
    tool = os.path.join(tmp, "gen-certs")
    run("cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", tool,
        os.path.join(ROOT, "target-driver/gen/certs.c"), "-lcrypto")
    paths = []
    for i, (_, subject, serial) in enumerate(CASES):
        paths.append(os.path.join(tmp, "cert%d" % i))
        new_cert(paths[-1], subject, serial)
    text = run(tool, *[p + ".der" for p in paths]).decode()
    for i, (name, _, _) in enumerate(CASES):
        der = open(paths[i] + ".der", "rb").read()
        tap.check(array(text, "cert_%d" % (i + 1)) == der,
                  "certificate: " + name)
        real = cms(paths[i], b"some data")
        tap.check(array(text, "cms_%d" % (i + 1)) == real[:-RSA_LEN],
                  "CMS template: " + name)
    new_cert(os.path.join(tmp, "small"), "/CN=small", "1", "rsa:2048")
    tap.check(refuses(tool, os.path.join(tmp, "small.der")),
              "a key of another size is refused")
    tap.check(refuses(tool, paths[0] + ".pem"), "PEM is refused")
    tap.check(refuses(tool), "no certificate is refused")


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as tmp:
        tap.run(test, tmp)
    tap.end()


if __name__ == "__main__":
    main()
