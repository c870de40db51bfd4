# SPDX-License-Identifier: BSD-2-Clause
"""Waiting for something that must come, with an end to it."""

import time


def wait_for(what, seconds):
    """Whether what() becomes true within so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if what():
            return True
        time.sleep(0.1)
    return False
