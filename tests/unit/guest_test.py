#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A guest that tests itself is judged; a QEMU that crashes before is not."""

import contextlib
import io
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(TOP, p) for p in ("scripts", "tests/lib")]

import guest  # noqa: E402  pylint: disable=wrong-import-position
import tap  # noqa: E402  pylint: disable=wrong-import-position

LOG = """echo VOUCH-KMSG-BEGIN
echo '<5>[    0.000000] Linux version 6.1.0 (somebody@somewhere)'
echo VOUCH-KMSG-END"""
GOOD = "echo ok one\n%s\necho VOUCH-TEST-END 1 passed, 0 failed" % LOG
CRASH = "kill -SEGV $$"
# A shell's script stands in QEMU's place: only so it crashes when it should.
CASES = (
    ("a guest that passes", GOOD, (1, 0), 1, ""),
    ("what ends each line on a serial line is not part of it",
     "printf 'VOUCH-TEST-END 1 passed, 0 failed\\r\\n'\n"
     "printf 'VOUCH-KMSG-BEGIN\\r\\n'\n"
     "printf '<5>[    0.000000] Linux version 6.1.0\\r\\n'\n"
     "printf 'VOUCH-KMSG-END\\r\\n'", (1, 0), 1, ""),
    ("a guest that is done is ended", GOOD + "\necho VOUCH-VM-DONE\n"
     "exec sleep 600", (1, 0), 1, ""),
    ("a guest without an end in time", "exec sleep 600", (0, 3), 1,
     "no end within 5 s"),
    ("a guest that ends without a word", "true", (0, 2), 1,
     "did not come to its end"),
    ("a guest whose kernel warned", GOOD.replace(
        "echo VOUCH-KMSG-END", "echo '<4>[ 1.0] a warning'\n"
        "echo VOUCH-KMSG-END"), (1, 1), 1, "kernel log: a warning"),
    ("a guest whose kernel panicked",
     GOOD + "\necho 'Kernel panic - not syncing: x'", (1, 1), 1,
     "Kernel panic"),
    ("a guest in which a test failed", "echo not ok three\n" +
     GOOD.replace("0 failed", "1 failed"), (1, 1), 1, "not ok three"),
    ("a test to end at, before what comes behind it", "echo not ok two\n"
     "sleep 600", (0, 2), 1, "not ok two"),
    ("QEMU that crashes once before the test",
     "[ $n = 1 ] && %s\n%s" % (CRASH, GOOD), (1, 0), 2,
     "QEMU died of SIGSEGV before"),
    ("QEMU that crashes whenever it starts", "echo booting\n" + CRASH, (0, 2),
     guest.STARTS, "did not come to its end"),
    ("QEMU that crashes within the test", "echo ok one\n" + CRASH, (0, 2), 1,
     "did not come to its end"),
    ("QEMU that ends with an error", "echo cannot start; exit 1", (0, 2), 1,
     "did not come to its end"),
)


def judge(folder, script):
    """((passed, failed), how often it was started, what was printed)."""
    count = os.path.join(folder, "count")
    open(count, "w").close()
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        result = guest.run(
            ["sh", "-c", "echo >>%s; n=$(wc -l <%s)\n%s" % (
                count, count, script)],
            os.path.join(folder, "console.log"),
            5 if "exec sleep" in script and "DONE" not in script else 120,
            [], "two")
    with open(count) as f:
        return result, len(f.readlines()), said.getvalue()


def main():
    t = tap.Tap()
    with tempfile.TemporaryDirectory() as folder:
        for name, script, expected, starts, text in CASES:
            result, n, said = judge(folder, script)
            t.check(result == expected and n == starts and text in said, name,
                    "%s, started %d times: %s" % (result, n, said))
    t.end()


if __name__ == "__main__":
    main()
