#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Help, man page, completion and source of the command line agree."""

import glob
import os
import re
import subprocess

from cli_harness import TOP, VOUCH, vouch
import tap


def help_tree(path=()):
    """{("target", "map", "get"): (usage line, {option: argument})}"""
    text = vouch(*path, "--help").stdout
    commands = re.search(r"\nCommands:\n((?:  .*\n)+)", text)
    if commands:
        found = {}
        for line in commands.group(1).splitlines():
            found.update(help_tree(path + (line.split()[0],)))
        return found
    usage = re.match(r"Usage: (.*)", text).group(1)
    own = re.search(r"\nOptions:\n((?:  .*\n)+)", text)
    options = re.findall(r"^  --([a-z-]+)(?: (\S+))?  ", own.group(1), re.M) \
        if own else []
    return {path: (usage, dict(options))}


def man_tree():
    with open(os.path.join(TOP, "man", "vouch.1"), encoding="ascii") as f:
        text = f.read().replace("\\-", "-")
    found = {}
    for part in re.split(r"^\.SS ", text, flags=re.M)[1:]:
        head, _, body = part.partition("\n")
        body = re.split(r"^\.SH", body, flags=re.M)[0]
        options = re.findall(r'^\.TP\n\.BI? --([a-z-]+)(?: " ?(\S+)")?$', body,
                             re.M)
        words = head.split()[1:]
        path = []
        while words and re.fullmatch(r"[a-z-]+", words[0]):
            path.append(words.pop(0))
        found[tuple(path)] = (head, dict(options))
    return found


def source_words():
    """Every option and every command that the tables name."""
    options, commands = set(), set()
    for path in glob.glob(os.path.join(TOP, "host-bridge", "cli", "*.c")):
        with open(path, encoding="ascii") as f:
            text = f.read()
        for table in re.findall(r"_options\[\] = \{(.*?)\n\};", text, re.S):
            options.update(re.findall(r'\{ "([a-z-]+)",', table))
        commands.update(re.findall(r'\.name = "([a-z-]+)"', text))
    return options, commands - {"vouch"}


def test_documents(t):
    helped, manual = help_tree(), man_tree()
    t.check(len(helped) > 10, "--help lists the commands at every level")
    t.equal(sorted(manual), sorted(helped),
            "man page and --help know the same commands")
    for path, (usage, options) in helped.items():
        name = " ".join(path)
        t.equal(manual.get(path), (usage, options),
                "man page and --help agree on " + name)
    options, commands = source_words()
    every = {o for _, own in helped.values() for o in own}
    top = re.findall(r"^  --([a-z-]+)", vouch("--help").stdout, re.M)
    t.equal(options, every | set(top), "every option of the source is shown")
    t.equal(commands, {w for path in helped for w in path},
            "every command of the source is shown")
    t.equal(vouch("--help", "target", "map").stdout,
            vouch("target", "map", "--help").stdout,
            "--help may stand before the command")


def completed(*words):
    script = os.path.join(TOP, "host-bridge", "cli", "completion.bash")
    out = subprocess.run(
        ["bash", "-c", 'source "$1"; shift; COMP_WORDS=("$@"); '
         'COMP_CWORD=$(($# - 1)); _vouch; printf "%s\\n" "${COMPREPLY[@]}"',
         "-", script, VOUCH, *words], stdout=subprocess.PIPE, text=True,
        timeout=60, check=True).stdout
    return sorted(out.split())


def test_completion(t):
    helped = help_tree()
    t.equal(completed(""), sorted({path[0] for path in helped}),
            "completion offers every command")
    t.equal(completed("target", "map", ""),
            sorted({p[2] for p in helped if p[:2] == ("target", "map")}),
            "and every command below another")
    t.check(set(completed("submit", "x.o", "--")) >=
            {"--" + o for o in helped[("submit",)][1]},
            "and the options of a command")
    t.equal(completed("subm"), ["submission", "submit"], "and only what fits")


def main():
    t = tap.Tap()
    for test in (test_documents, test_completion):
        t.run(test)
    t.end()


if __name__ == "__main__":
    main()
