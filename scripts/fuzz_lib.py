# SPDX-License-Identifier: BSD-2-Clause
"""What the comment at the head of a fuzz target says, and its inputs."""

import os
import re

BUILD = os.environ.get("VOUCH_BUILD", "build")
FUZZ = os.path.join(BUILD, "fuzz")
CORPUS = os.path.join(FUZZ, "corpus")


def head(name, word):
    """The paths that lines "WORD: PATH..." of the head name."""
    with open(os.path.join("tests/fuzz", name + ".c")) as f:
        text = f.read().split("*/\n", 2)
    return " ".join(re.findall(word + r": (.*)", "".join(text[:2]))).split()


def parsers(name):
    """The source files that the target is to cover."""
    return head(name, "Parser")


def committed(name):
    """Folders of inputs that the repository has, or that a build makes."""
    folders = [os.path.join("tests/fuzz/corpus", name)] + head(name, "Seeds")
    return [f for f in folders if os.path.isdir(f)]


def grown(name):
    """The folder of what fuzzing has found so far."""
    return os.path.join(CORPUS, name)
