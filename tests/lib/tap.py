# SPDX-License-Identifier: BSD-2-Clause
"""Say what passed and what failed, one line each, and count."""

import sys
import traceback


class Tap:
    """Checks that passed and failed so far, each told in a line."""

    def __init__(self):
        self.passed = self.failed = 0

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
        print("%d passed, %d failed" % (self.passed, self.failed))
        sys.exit(1 if self.failed or not self.passed else 0)
