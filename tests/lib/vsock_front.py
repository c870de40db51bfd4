# SPDX-License-Identifier: BSD-2-Clause
"""A guest without a VM: the front end of a vhost-user vsock device and a
driver, in a second, independent hand. It may lie about everything."""

import ctypes
import fcntl
import mmap
import os
import select
import socket
import struct
import time

NUM = 64  # descriptors of each ring
SIZE = 8192  # bytes of a buffer, header included
GUEST, USER = 0x100000, 0x7f0000000000
RING = 0x4000  # bytes that the structures of one ring get
BUFFERS = 2 * RING
MEMORY = BUFFERS + 2 * NUM * SIZE
RX, TX = 0, 1
REQUEST, RESPONSE, RST, SHUTDOWN, RW, CREDIT = 1, 2, 3, 4, 5, 6
END = RST  # or a shutdown of the host's sending
HEAD = struct.Struct("<QQIIIHHIII")
FEATURES = 1 << 32 | 1 << 30
ADD_SEALS, SEAL_SHRINK, WRITABLE = 1033, 2, 2


class CutOff(Exception):
    """The device has ended the front end."""


def eventfd():
    return ctypes.CDLL(None).eventfd(0, os.O_NONBLOCK | os.O_CLOEXEC)


class Guest:
    """One VM's front end on the device's socket."""

    def __init__(self, path, cid):
        self.cid = cid
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(path)
        self.fd = os.memfd_create("guest", os.MFD_ALLOW_SEALING)
        os.ftruncate(self.fd, MEMORY)
        fcntl.fcntl(self.fd, ADD_SEALS, SEAL_SHRINK)
        self.memory = mmap.mmap(self.fd, MEMORY)
        # An index must change at once, as the device looks on; struct's
        # pack_into() would write a zero first.
        self.avail = [ctypes.c_uint16.from_buffer(self.memory,
                                                  q * RING + 0x1002)
                      for q in (RX, TX)]
        self.next, self.seen = [0, 0], [0, 0]
        self.kicks = [eventfd(), eventfd()]
        self.calls = [eventfd(), eventfd()]
        self.waiting = {}  # guest port: packets that came for it
        self.rest = {}  # guest port: bytes behind the last frame
        self.start()

    # -- the front end ---------------------------------------------------

    def tell(self, request, payload=b"", fd=None):
        data = struct.pack("<III", request, 1, len(payload)) + payload
        if fd is None:
            self.sock.sendall(data)
        else:
            socket.send_fds(self.sock, [data], [fd])

    def ask(self, request, payload=b""):
        self.tell(request, payload)
        head = self.sock.recv(12, socket.MSG_WAITALL)
        if len(head) < 12:
            raise CutOff()
        return self.sock.recv(struct.unpack("<III", head)[2],
                              socket.MSG_WAITALL)

    def start(self):
        self.tell(2, struct.pack("<Q", FEATURES))
        self.tell(5, struct.pack("<IIQQQQ", 1, 0, GUEST, MEMORY, USER, 0),
                  self.fd)
        for q in RX, TX:
            at = USER + q * RING
            self.tell(8, struct.pack("<II", q, NUM))
            self.tell(10, struct.pack("<II", q, 0))
            self.tell(9, struct.pack("<IIQQQQ", q, 0, at, at + 0x2000,
                                     at + 0x1000, 0))
            self.tell(12, struct.pack("<Q", q), self.kicks[q])
            self.tell(13, struct.pack("<Q", q), self.calls[q])
            self.tell(18, struct.pack("<II", q, 1))
        for slot in range(NUM):
            self.publish(RX, slot, SIZE, WRITABLE)
        # All of it has been served once a later question is answered.
        self.ask(1)

    def close(self):
        self.sock.close()
        self.avail = None
        self.memory.close()
        for fd in [self.fd] + self.kicks + self.calls:
            os.close(fd)

    def cut_off(self, seconds=20):
        """Has the device hung up? Waits for it."""
        self.sock.settimeout(seconds)
        try:
            return self.sock.recv(1) == b""
        except ConnectionError:
            return True
        except socket.timeout:
            return False

    # -- the driver ------------------------------------------------------

    def publish(self, q, slot, length, flags):
        ring = q * RING
        struct.pack_into("<QIHH", self.memory, ring + 16 * slot,
                         GUEST + BUFFERS + (q * NUM + slot) * SIZE, length,
                         flags, 0)
        struct.pack_into("<H", self.memory,
                         ring + 0x1000 + 4 + 2 * (self.next[q] % NUM), slot)
        self.next[q] += 1
        self.avail[q].value = self.next[q] % 65536
        os.write(self.kicks[q], struct.pack("<Q", 1))

    def packet(self, port, host_port, op, data=b"", **lies):
        """Send a packet; @lies are other values of its header."""
        if self.next[TX] - NUM >= 0:
            self.await_used(TX, self.next[TX] - NUM + 1)
        slot = self.next[TX] % NUM
        head = {"src_cid": self.cid, "dst_cid": 2, "src_port": port,
                "dst_port": host_port, "len": len(data), "type": 1, "op": op,
                "flags": 0, "buf_alloc": 1 << 20, "fwd_cnt": 0}
        head.update(lies)
        at = BUFFERS + (NUM + slot) * SIZE
        self.memory[at:at + HEAD.size + len(data)] = \
            HEAD.pack(*head.values()) + data
        self.publish(TX, slot, HEAD.size + len(data), 0)

    def used(self, q):
        return struct.unpack_from("@H", self.memory, q * RING + 0x2002)[0]

    def await_used(self, q, count, seconds=20):
        """Until the device has given back so many buffers of a ring."""
        deadline = time.monotonic() + seconds
        while (self.used(q) - count) % 65536 >= 32768:
            left = deadline - time.monotonic()
            ready = select.select([self.calls[q], self.sock], [], [],
                                  max(left, 0))[0]
            if self.sock in ready or left <= 0:
                raise CutOff()
            try:
                os.read(self.calls[q], 8)
            except BlockingIOError:
                pass

    def receive(self, port, seconds=20):
        """The next packet for a guest port: op and data. The op is END where
        no more data will come."""
        while not self.waiting.get(port):
            self.await_used(RX, self.seen[RX] + 1, seconds)
            slot, _ = struct.unpack_from(
                "<II", self.memory, 0x2004 + 8 * (self.seen[RX] % NUM))
            self.seen[RX] += 1
            at = BUFFERS + slot * SIZE
            head = HEAD.unpack_from(self.memory, at)
            data = bytes(self.memory[at + HEAD.size:at + HEAD.size + head[4]])
            self.publish(RX, slot, SIZE, WRITABLE)
            self.waiting.setdefault(head[3], []).append(
                (END, b"") if head[6] == RST or
                (head[6] == SHUTDOWN and head[7] & 2) else (head[6], data))
        return self.waiting[port].pop(0)

    def connect(self, port, host_port):
        """True if the host takes the connection."""
        self.packet(port, host_port, REQUEST)
        return self.receive(port)[0] == RESPONSE

    def say(self, port, host_port, data):
        for at in range(0, len(data), SIZE - HEAD.size):
            self.packet(port, host_port, RW, data[at:at + SIZE - HEAD.size])

    def hear(self, port, seconds=20):
        """Everything that comes until the host hangs up."""
        data = b""
        while True:
            op, part = self.receive(port, seconds)
            if op == END:
                return data
            data += part

    def hear_frame(self, port):
        """The next whole frame, as its bytes."""
        data = self.rest.pop(port, b"")
        while True:
            size = 24 + sum(struct.unpack_from("<II", data, 12)) \
                if len(data) >= 24 else 24
            if len(data) >= max(size, 25):
                self.rest[port] = data[size:]
                return data[:size]
            op, part = self.receive(port)
            if op == END:
                raise CutOff()
            data += part
