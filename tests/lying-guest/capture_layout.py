# SPDX-License-Identifier: BSD-2-Clause
"""Where things stand in a capture, and edits of them (see edit.h).

Offsets of programs, functions and symbols are those in the records of the
first program, as the guest module hands them out; those of the rest are
offsets in the capture. `start` turns the first into the second.
"""

import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "independent"))
import read_capture  # noqa: E402  pylint: disable=wrong-import-position

HEAD, RECORD, FUNC, REF = 24, 8, 24, 24
PROLOGUE = 11  # bytes of the JIT's, before the stack is made
EXIT = 5  # bytes of the jump to a return thunk
PUSHES = (b"\x53", b"\x41\x55", b"\x41\x56", b"\x41\x57")
CALL, SUBCALL, MAP, MAP_VALUE, CONST = 1, 2, 3, 4, 5


def add(at, n):
    """To, or from, the 32-bit integer there."""
    return "%d%s%d" % (at, "-" if n < 0 else "+", abs(n))


class Function:
    """One FUNC record; `at` is its payload."""

    def __init__(self, data, base, at):
        self.at = at
        self.index, self.code_len, self.n_refs, _, self.address = \
            struct.unpack_from("<4IQ", data, base + at)
        self.code_at = at + FUNC
        self.code = data[base + self.code_at:][:self.code_len]
        self.pad = -self.code_len % 8
        self.refs_at = self.code_at + self.code_len + self.pad
        self.refs = [struct.unpack_from("<IIQQ", data,
                                        base + self.refs_at + REF * i)
                     for i in range(self.n_refs)]
        self.exceptions_at = self.refs_at + REF * self.n_refs
        self.body = PROLOGUE
        if self.code[self.body:].startswith(b"\x48\x81\xec"):
            self.body += 7
        for push in PUSHES:
            if self.code[self.body:].startswith(push):
                self.body += len(push)

    def ref(self, i):
        return self.refs_at + REF * (i % self.n_refs)

    def calls(self):
        """(offset of a call's instruction, its target), as declared."""
        targets = [r[2] for r in self.refs if r[0] == CALL]
        found = []
        for i in range(self.body, self.code_len - 4):
            to = (self.address + i + 5 + struct.unpack_from(
                "<i", self.code, i + 1)[0]) % (1 << 64)
            if self.code[i] == 0xe8 and to in targets:
                found.append((i, to))
        return found

    # -- edits -----------------------------------------------------------

    def grow(self, n):
        """Edits that make room for n bytes of code in the record, where the
        code is n bytes longer already; offsets are those afterwards."""
        edits = [add(self.at + 4, n)]
        more = (self.code_len + n) + -(self.code_len + n) % 8 \
            - self.code_len - self.pad
        end = self.code_at + self.code_len + n
        if more > n:
            edits.append("%d!%d" % (end, more - n))
        elif more < n:
            edits.append("%d>%d" % (end, n - more))
        if more:
            edits.append(add(self.at - 4, more))
        return edits

    def insert(self, code, at=None):
        """More code at the start of the body. The function begins as much
        lower, so that all it calls is where it was."""
        at = self.body if at is None else at
        n = len(code)
        return ",".join(["%d<%s" % (self.code_at + at, code.hex())] +
                        self.grow(n) + ["%d/%d" % (self.at + 16, n)])

    def write(self, at, code):
        return "%d=%s" % (self.code_at + at, code.hex())

    def end_with(self, code):
        """Other bytes, fewer than those, in the place of the exit."""
        at = self.code_len - EXIT
        less = EXIT - len(code)
        return ",".join([self.write(at, code), "%d>%d" %
                         (self.code_at + at + len(code), less)] +
                        self.grow(-less))

    def hide(self, i):
        return "%d>24,%d-24,%d-1" % (self.ref(i), self.at - 4, self.at + 8)

    def declare(self, kind, index):
        """One more reference, behind the others."""
        at = self.refs_at + REF * self.n_refs
        return "%d!24,%d=%02x,%d=%02x,%d+24,%d+1" % (
            at, at, kind, at + 4, index, self.at - 4, self.at + 8)


class Access:
    """One ACCESS record of a single instruction; `at` is its payload."""

    def __init__(self, data, at):
        self.at = at
        self.verified = data[at + 10:at + 12]  # the offset, as written
        self.placed = data[at + 42:at + 44]  # as it is in its place

    def hide(self):
        """Edits of the whole capture: as if it had not been told."""
        return "%d>56,12-1,16-56" % (self.at - RECORD)


class Layout:
    def __init__(self, data):
        self.data = data
        self.facts, self.maps, self.syms = {}, [], []
        self.funcs = []  # as the module sees them
        self.captured = []  # the same in the whole capture
        self.accesses = []  # in the whole capture
        pos = HEAD
        self.start = None
        for kind, payload in read_capture.records(data):
            at = pos + RECORD
            pos = at + len(payload) + -len(payload) % 8
            if kind == read_capture.ENV:
                self.env = at
            elif kind == read_capture.FACT:
                fact = read_capture.read_fact(payload)
                self.facts["%(structure)s.%(field)s" % fact] = at
            elif kind == read_capture.MAP:
                self.maps.append(at)
            elif kind == read_capture.PROG:
                self.start = at - RECORD
            elif kind == read_capture.FUNC:
                self.funcs.append(Function(data, self.start, at - self.start))
                self.captured.append(Function(data, 0, at))
            elif kind == read_capture.ACCESS:
                self.accesses.append(Access(data, at))
            elif kind == read_capture.INSNS:
                self.insns_at = at
                self.insns = payload
            elif kind == read_capture.SYM:
                self.syms.append((at - self.start,
                                  read_capture.text(payload[8:])))

    def sym(self, name):
        return [at for at, n in self.syms if n == name][0]
