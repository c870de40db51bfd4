# SPDX-License-Identifier: BSD-2-Clause
"""Files that abuse the kernel's module loader, and why none is signed.

The loader acts on sections, symbols and modinfo tags by name: the names here
are those of Linux 6.1's kernel/module/, arch/x86/kernel/module.c, lib/bug.c
and of what they call. Each entry of abuses() is (name, reason, file): part of
the text that must refuse it, and the bytes.
"""

import abuse_content
import abuse_shape
from abuse_table import Table


def abuses(good, facts):
    """@facts: of the target profile, for struct module."""
    t = Table(good)
    for part in (abuse_shape.section_names, abuse_shape.section_lists,
                 abuse_shape.section_fields, abuse_shape.overlaps,
                 abuse_shape.headers, abuse_shape.whole_files,
                 abuse_shape.changed_content, abuse_content.modinfo,
                 abuse_content.manifest, abuse_content.symbols,
                 abuse_content.relocations):
        part(t)
    abuse_content.this_module(t, facts)
    return t.rows
