# SPDX-License-Identifier: BSD-2-Clause
"""A suite of tests in a lab of its own, which is up before the first of them
and down behind the last."""

import shutil

import lab as lab_module
import planted
import tap
import wire


def run(name, target, *tests, **more):
    """Run the tests, each test(t, lab), with sanitised programs; does not
    return. @name is the lab's, @target the kind of its target VM, @more what
    else is said of the lab."""
    t = tap.Tap()
    lab = lab_module.Lab(name, target=target, variant="asan", **more)
    # Images of a run before may be of another format.
    shutil.rmtree(lab.state, ignore_errors=True)
    try:
        lab.up()
        for test in tests:
            t.run(test, lab)
        t.run(planted.check, lab)
    except (lab_module.LabError, wire.WireError) as e:
        t.check(False, "the lab", e)
    finally:
        t.check(lab.down(), "the lab stops")
    t.end()
