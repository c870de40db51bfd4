# SPDX-License-Identifier: BSD-2-Clause
"""Packets from a seed, over all that the filters under test branch on."""

import random
import struct

MACS = [bytes.fromhex(m) for m in ("020000000001", "020000000002",
                                   "020000000003", "0200000000fe")]
IPV4 = [bytes((10, 77, 0, n)) for n in range(1, 7)]
IPV6 = [bytes.fromhex("fd77") + bytes(13) + bytes((n,)) for n in range(1, 7)]
PORTS = [22, 53, 80, 443, 4433]
TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58


def l4(rng, proto):
    sport, dport = rng.choice(PORTS), rng.choice(PORTS)
    if proto == TCP:
        return struct.pack(">HHIIBBHHH", sport, dport, 1, 2, 5 << 4, 2, 512,
                           0, 0)
    if proto == UDP:
        return struct.pack(">HHHH", sport, dport, 8, 0)
    return bytes(rng.randrange(256) for _ in range(8))


def ipv4(rng, proto):
    options = bytes(4 * rng.choice((0, 0, 0, 1, 2)))
    payload = l4(rng, proto)
    ihl = 5 + len(options) // 4
    return struct.pack(">BBHHHBBH", 4 << 4 | ihl, 0,
                       ihl * 4 + len(payload), rng.randrange(65536), 0, 64,
                       proto, 0) + rng.choice(IPV4) + rng.choice(IPV4) + \
        options + payload


def ipv6(rng, proto):
    payload = l4(rng, proto)
    nexthdr, extension = proto, b""
    if rng.random() < 0.2:  # a hop-by-hop header before it
        nexthdr, extension = 0, bytes((proto, 0, 1, 4, 0, 0, 0, 0))
    return struct.pack(">IHBB", 6 << 28, len(extension) + len(payload),
                       nexthdr, 64) + rng.choice(IPV6) + rng.choice(IPV6) + \
        extension + payload


def packet(rng):
    ethertype, body = rng.choice((
        lambda: (0x0800, ipv4(rng, TCP)), lambda: (0x0800, ipv4(rng, UDP)),
        lambda: (0x0800, ipv4(rng, ICMP)), lambda: (0x0800, ipv4(rng, 47)),
        lambda: (0x86dd, ipv6(rng, TCP)), lambda: (0x86dd, ipv6(rng, UDP)),
        lambda: (0x86dd, ipv6(rng, ICMP6)), lambda: (0x0806, bytes(28)),
        lambda: (rng.randrange(65536), bytes(20))))()
    tags = b""
    for _ in range(rng.choice((0, 0, 0, 0, 1, 2))):
        tags += struct.pack(">HH", rng.choice((0x8100, 0x88a8)), 5)
    data = rng.choice(MACS) + rng.choice(MACS) + tags + \
        struct.pack(">H", ethertype) + body
    if rng.random() < 0.1:  # cut short somewhere, as BPF_PROG_TEST_RUN allows
        data = data[:rng.randrange(14, len(data) + 1)]
    return data + bytes(rng.choice((0, 0, 1, 20)))


def packets(seed, count):
    rng = random.Random(seed)
    return [packet(rng) for _ in range(count)]


def ethernet_ipv4(src, proto, payload=b"", dst=IPV4[1], smac=MACS[0],
                  dmac=b"\xff" * 6):
    """A whole frame for the wire, padded to the least Ethernet size."""
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 64, proto,
                     0) + src + dst + payload
    return (dmac + smac + b"\x08\x00" + ip).ljust(60, b"\0")
