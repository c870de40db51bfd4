# SPDX-License-Identifier: BSD-2-Clause
"""Say what passed and what failed, one line each, and count."""

import sys
import traceback


class Tap:
    """Checks that passed and failed so far, each told in a line, and what
    cannot be tried here."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def check(self, good, name, detail=""):
        if good:
            self.passed += 1
            print("ok " + name, flush=True)
        else:
            self.failed += 1
            print("not ok %s%s" % (name, ": %s" % (detail,) if detail else ""),
                  flush=True)
        return good

    def equal(self, got, want, name):
        return self.check(got == want, name, "got %r, not %r" % (got, want))

    def skip(self, text):
        """Something is not tried: what, and what it needs."""
        self.skipped += 1
        print("skip " + text, flush=True)

    def note(self, text):
        print("# " + text, flush=True)

    def run(self, test, *args):
        """Run one test function; an exception is its failure."""
        try:
            test(self, *args)
        except Exception as e:  # pylint: disable=broad-except
            traceback.print_exc()
            self.check(False, test.__name__, repr(e))

    def end(self):
        print("%d passed, %d failed%s" % (
            self.passed, self.failed,
            ", %d skipped" % self.skipped if self.skipped else ""))
        sys.exit(1 if self.failed or not self.passed else 0)
