# SPDX-License-Identifier: BSD-2-Clause
"""The far end of the target's interface: frames in, frames out."""

import select
import struct
import time

HOST_MAC = bytes.fromhex("0200000000aa")
# What ARP replies come from, so that a filter can let them pass and nothing
# else of ours.
ARP_MAC = bytes.fromhex("0200000000bb")
HOST_IP = bytes((10, 77, 0, 1))
TARGET_IP = bytes((10, 77, 0, 2))


def checksum(data):
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def echo_request(src, ident):
    """An ICMP echo request to the target, as a frame."""
    body = struct.pack(">BBHHH", 8, 0, 0, ident, 1) + b"vouch---"
    body = body[:2] + struct.pack(">H", checksum(body)) + body[4:]
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, 1, 0)
    head = head + src + TARGET_IP
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    return (b"\xff" * 6 + HOST_MAC + b"\x08\x00" + head + body).ljust(60, b"\0")


def arp_reply(request):
    """We have every address that the target asks for."""
    sender_mac, sender_ip, _, wanted = struct.unpack(
        "6s4s6s4s", request[22:42])
    return (sender_mac + ARP_MAC + b"\x08\x06" +
            struct.pack(">HHBBH", 1, 0x0800, 6, 4, 2) + HOST_MAC + wanted +
            sender_mac + sender_ip).ljust(60, b"\0")


def echo_replies(lab, requests, last, timeout=60):
    """Send echo requests (src, ident); return the idents answered until the
    answer to `last` arrives, which must come, or the time is up."""
    for src, ident in requests:
        lab.send(echo_request(src, ident))
    answered = set()
    deadline = time.monotonic() + timeout
    while last not in answered and time.monotonic() < deadline:
        if not select.select([lab.wire], [], [], 1)[0]:
            # The target may have dropped it while it learnt our address.
            lab.send(echo_request(*[r for r in requests if r[1] == last][0]))
            continue
        frame = lab.wire.recv(65536)
        if frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\1":
            lab.send(arp_reply(frame))
        elif frame[12:14] == b"\x08\x00" and frame[23] == 1 and \
                frame[34] == 0:
            answered.add(struct.unpack(">H", frame[38:40])[0])
    return answered


__all__ = ["packets", "echo_request", "echo_replies", "HOST_IP", "TARGET_IP"]
