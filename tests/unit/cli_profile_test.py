#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""vouch target add, show and check, and the profiles that they refuse."""

import json
import os
import sys

from cli_harness import SCRATCH, TOP, Fake, vouch
import tap
import wire

sys.path.insert(0, os.path.join(TOP, "tests", "independent"))
import profile_file  # noqa: E402  pylint: disable=wrong-import-position


def path(name):
    return os.path.join(SCRATCH.name, name)


def configuration(good):
    with open(path("vouchd.json"), "w", encoding="ascii") as f:
        json.dump({"state_dir": "/s", "socket": "/sock", "key": "/k",
                   "cert": "/c", "profile_certs": [good.cert],
                   "vms": [{"name": "demo", "role": "target",
                            "profile": good.path, "slots": ["a"],
                            "agent_socket": "/a"}]}, f)
    return path("vouchd.json")


def profile():
    with open(os.path.join(TOP, "tests", "daemon", "data", "profile.json"),
              "rb") as f:
        return profile_file.Made(SCRATCH.name, f.read())


def unsigned(good):
    with open(good.path, "rb") as f:
        data = f.read()
    _, signature = profile_file.read(data)
    with open(path("unsigned.profile"), "wb") as f:
        f.write(data[:len(data) - len(signature)])
    return path("unsigned.profile")


def test_show(t):
    good = profile()
    config = configuration(good)
    got = vouch("target", "show", good.path, "--config", config, "--json")
    shown = json.loads(got.stdout)
    t.equal((got.returncode, shown.get("profile"), shown.get("release")),
            (0, good.identity.hex(), good.object["release"]),
            "a profile is shown")
    got = vouch("target", "show", unsigned(good), "--config", config)
    t.check(got.returncode == 5 and "not signed" in got.stderr,
            "an unsigned one is refused", got)


def test_add(t):
    good = profile()
    config = configuration(good)
    got = vouch("target", "add", good.path, "--config", config, "--name",
                "edge", "--agent-socket", "/run/edge", "--slot", "one")
    with open(config, encoding="ascii") as f:
        vms = json.load(f)["vms"]
    t.equal((got.returncode, vms[1:]), (0, [
        {"name": "edge", "role": "target", "profile": good.path,
         "agent_socket": "/run/edge", "slots": ["one"]}]),
        "a target is added to the configuration")
    for name, code, args in (
            ("one of a name that there is", 2, (good.path, "--name", "demo",
                                                "--agent-socket", "/x")),
            ("one that cannot be reached", 2, (good.path, "--name", "b")),
            ("an unsigned profile", 5, (unsigned(good),)),
            ("what is no profile", 2, (config,))):
        got = vouch("target", "add", *args, "--config", config)
        with open(config, encoding="ascii") as f:
            t.equal((got.returncode, json.load(f)["vms"]), (code, vms),
                    "not added: " + name)


def test_check(t):
    good = profile()
    facts = {"name": "demo", "profile": good.identity.hex(), "abi": 1,
             "release": good.object["release"], "build_id": "00"}

    def check(**change):
        fake = Fake([(wire.RESULT, {"targets": [dict(facts, **change)]})])
        got = fake.vouch("target", "check", "demo", "--config",
                         configuration(good), "--json")
        return got.returncode, json.loads(got.stdout).get("same")
    t.equal(check(), (0, True), "a target is the one of its profile")
    for what, value in (("profile", "00" * 32), ("release", "6.1.0-old"),
                        ("abi", 0)):
        t.equal(check(**{what: value}), (6, False),
                "a target of another %s is not" % what)
    t.equal(check(profile=None)[0], 4, "one that is away is not looked at")


def main():
    t = tap.Tap()
    for test in (test_show, test_add, test_check):
        t.run(test)
    t.end()


if __name__ == "__main__":
    main()
