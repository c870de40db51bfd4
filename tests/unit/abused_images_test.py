#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""vouch-sign is given files that abuse the module loader: none is signed.

VOUCH_ABUSES=all tries each of them; otherwise one for each reason, and some of
the others.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
for part in ("lib", "independent"):
    sys.path.insert(0, os.path.join(TOP, "tests", part))

import image_abuses  # noqa: E402  pylint: disable=wrong-import-position
import image_parts  # noqa: E402  pylint: disable=wrong-import-position
import tap  # noqa: E402  pylint: disable=wrong-import-position

BUILD = os.environ.get("VOUCH_BUILD", os.path.join(TOP, "build"))
PROFILE = os.path.join(TOP, "tests", "daemon", "data", "profile.json")
SCRATCH = tempfile.TemporaryDirectory()
# Not the sanitised one, which takes many times as long to start.
SIGN = next(filter(os.path.exists, (os.path.join(BUILD, p) for p in
                                    ("vouch-sign", "asan/vouch-sign"))))
STEP = 1 if os.environ.get("VOUCH_ABUSES") == "all" else 8


def path(name):
    return os.path.join(SCRATCH.name, name)


def run(*args):
    return subprocess.run([SIGN, *args],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)


def sign(data, out="out.ko"):
    with open(path("in"), "wb") as f:
        f.write(data)
    return run("--key", path("image.key"), "--cert", path("image.der"),
               "--slot", "edge", "--epoch", "1", "--sequence", "5", "--in",
               path("in"), "--out", path(out))


def chosen(rows):
    """All, or the first for each reason and every STEPth of the rest."""
    seen = set()
    for i, row in enumerate(rows):
        if row[1] not in seen or i % STEP == 0:
            seen.add(row[1])
            yield row


def test_abuses(t):
    t.equal(run("--new-key", SCRATCH.name, "--cn", "test key").returncode, 0,
            "a key is made")
    with open(PROFILE, "rb") as f:
        text = f.read()
    facts = json.loads(text)["facts"]
    good = image_parts.good((json.loads(text), hashlib.sha256(text).digest()))
    done = sign(good, "good.ko")
    t.check(done.returncode == 0 and os.path.exists(path("good.ko")),
            "the image that the others are made of is signed", done)
    for name, reason, data in chosen(image_abuses.abuses(good, facts)):
        done = sign(data)
        t.check(done.returncode == 5 and reason in done.stderr and
                not os.path.exists(path("out.ko")), "not signed: " + name,
                (reason, done))
    t.equal(sorted(os.listdir(SCRATCH.name)),
            ["good.ko", "image.der", "image.key", "in"],
            "nothing but the good image was written")


def main():
    t = tap.Tap()
    t.run(test_abuses)
    t.end()


if __name__ == "__main__":
    main()
