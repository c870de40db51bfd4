# SPDX-License-Identifier: BSD-2-Clause
"""Where abused images are collected, and the reasons that many share."""

from image_parts import Parts

NUMBER = "not the sections of an image"
HEADER = "a section header is not as it must be"
NAME = "a section's name is not as it must be"
PLACE = "a section is not where it must be"
END = "section headers are not at the end"


class Table:
    """Makes each file from an image that would be signed."""

    def __init__(self, good):
        self.good = good
        self.rows = []

    def add(self, name, reason, change):
        """@change alters the parts, or gives the bytes themselves."""
        parts = Parts(self.good)
        data = change(parts)
        if data is None:
            data = parts.seal()
        if data == self.good:
            raise ValueError("%s changes nothing" % name)
        self.rows.append((name, reason, data))

    def field(self, what, reason, section, **change):
        def alter(parts):
            for key, value in change.items():
                setattr(parts.section(section), key, value)
        self.add(what, reason, alter)

    def head(self, what, reason, **change):
        self.add(what, reason, lambda p: p.forced.update(change))
