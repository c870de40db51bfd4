# SPDX-License-Identifier: BSD-2-Clause
"""A second, independent speaker of the wire frame (see common/frame.h)."""

import json
import socket
import struct

HELLO, WELCOME, SUBMIT, PROGRESS, VERDICT, VERIFY, CAPTURE, DELIVER, STATUS, \
    CALL, RESULT, ERROR = range(1, 13)
HEAD = struct.Struct("<4sHHIIII")


class WireError(Exception):
    """The peer answered with an ERROR frame, or not as the protocol says."""


class Client:
    """A developer's connection to vouchd."""

    def __init__(self, path, timeout=600):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)
        self.sock.settimeout(timeout)
        self.ids = 0
        kind, _, welcome, _ = self.request(
            HELLO, {"role": "developer", "version": "0.1.0"})
        if kind != WELCOME:
            raise WireError("HELLO: %s" % welcome)

    def close(self):
        self.sock.close()

    def read(self, n):
        data = bytearray()
        while len(data) < n:
            part = self.sock.recv(min(n - len(data), 1 << 20))
            if not part:
                raise WireError("the peer hung up")
            data += part
        return bytes(data)

    def send(self, kind, body, blob=b""):
        self.ids += 1
        text = json.dumps(body).encode()
        self.sock.sendall(HEAD.pack(b"VCHF", 1, kind, self.ids, len(text),
                                    len(blob), 0) + text + blob)
        return self.ids

    def receive(self):
        magic, version, kind, ident, json_len, blob_len, reserved = \
            HEAD.unpack(self.read(HEAD.size))
        if magic != b"VCHF" or version != 1 or reserved:
            raise WireError("not a frame")
        body = json.loads(self.read(json_len))
        return kind, ident, body, self.read(blob_len)

    def request(self, kind, body, blob=b""):
        ident = self.send(kind, body, blob)
        while True:
            answer = self.receive()
            if answer[0] == PROGRESS:
                continue
            if answer[1] != ident:
                raise WireError("an answer to another request")
            return answer

    def call(self, method, blob=b"", **arguments):
        kind, _, body, data = self.request(
            CALL, dict(arguments, method=method), blob)
        if kind != RESULT:
            raise WireError("%s: %s" % (method, body))
        return body, data
