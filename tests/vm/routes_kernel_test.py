#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The target's look-up of routes against that of the kernel it runs in.

usage: routes_kernel_test.py [OPTION of scripts/vm-test]...

The files of bpf_fib_lookup() are built for the verifier kernel as well, whose
configuration has what the lab's target has not: tables for policies, routes of
several ways, routes through tunnels. There both are asked the same, and have the
same secrets, so that each flow takes the same way.
"""

import os
import random
import subprocess
import sys

import routes_test as routes

BUILD = routes.BUILD
VERIFIER = os.path.join(BUILD, "verifier")
OUT = os.path.join(BUILD, "vm", "routes-kernel")
BLOCKS = int(os.environ.get("VOUCH_BLOCKS", "6"))  # of questions
MORE = """
neighbour add 10.2.0.6 lladdr 02:00:00:00:02:06 dev f1 nud permanent
route add 10.40.0.0/16 nexthop via 10.2.0.2 weight 1 nexthop via 10.2.0.4 weight 3
route add 10.41.0.0/16 nexthop via 10.2.0.3 nexthop via 10.2.0.4 nexthop dev f3
nexthop add id 9 via 10.2.0.4 dev f1
nexthop add id 21 group 5/9
nexthop add id 22 group 5,3/9,1 type resilient buckets 32
nexthop add id 23 group 5/8
route add 10.42.0.0/16 nhid 21
route add 10.43.0.0/16 nhid 22
route add 10.44.0.0/16 nhid 23
route add 10.45.0.0/16 encap ip id 1 dst 10.2.0.2 dev f1
route add 10.46.0.0/16 nexthop via inet6 fd00:2::2 dev f1 nexthop via 10.2.0.4
route add 10.20.0.0/16 via 10.2.0.6 table 77
route add 10.40.0.0/16 table 77 nexthop via 10.2.0.2 nexthop via 10.2.0.6
route add blackhole default table 77
route add fd00:40::/32 nexthop via fd00:2::2 dev f1 nexthop via fd00:2::4 dev f1
route add fd00:45::/32 encap seg6 mode encap segs fd00:2::2 dev f1
route add fd00:20::/32 via fd00:2::4 dev f1 table 77
route add prohibit ::/0 table 77
"""
IPV4 = routes.IPV4 + ["10.%d.9.9" % i for i in range(38, 48)]
IPV6 = routes.IPV6 + ["fd00:%d::9" % i for i in range(35, 48)]


def any_question(rng):
    q = routes.any_question(rng)
    q = q._replace(
        flags=q.flags | rng.choice((0,) * 50 + (1 << 5, 1 << 31)),
        table=rng.choice((0, 77, 77, 78, 254, 255)),
        ports=(rng.getrandbits(16), rng.getrandbits(16)))
    if q.family == routes.INET:
        # Many flows that have a choice.
        q = q._replace(to=rng.choice((
            rng.choice(IPV4), "10.%d.%d.%d" % (
                rng.randrange(40, 47), rng.randrange(256),
                rng.randrange(256)))))
        return q._replace(source=rng.choice((q.source, "10.1.0.8")))
    return q._replace(
        to=rng.choice((rng.choice(IPV6),
                       "fd00:40::%x" % rng.randrange(1, 65536))),
        source=rng.choice((q.source, "fd00:1::8")))


def write(name, data):
    path = os.path.join(OUT, name)
    with open(path, "wb") as f:
        f.write(data)
    return path


def make_initrd():
    with open(os.path.join(VERIFIER, "release"), encoding="ascii") as f:
        kdir = "/lib/modules/%s/build" % f.read().strip()
    built = os.path.join(OUT, "module")
    subprocess.run(["scripts/build-module", "tests/fib target-driver", built,
                    kdir], check=True)
    init = routes.compiled("tests/vm/routes_kernel.c", OUT, "-lbpf", "-lelf",
                           "-lz")
    rng = random.Random(routes.SEED)
    questions = [q for q, _ in routes.certain()]
    questions += [any_question(rng)
                  for _ in range(routes.N * BLOCKS - len(questions))]
    initrd = os.path.join(OUT, "initrd")
    subprocess.run(
        ["scripts/initramfs", initrd, init, *routes.guest_files(OUT),
         "modules/fib_native.ko=" + os.path.join(built, "fib_native.ko"),
         "fib.o=" + os.path.join(BUILD, "objects", "fib.o"),
         "questions=" + write("questions", b"".join(
             map(routes.pack, questions))),
         "heard4=" + write("heard4", routes.too_long4(900)),
         "heard6=" + write("heard6", routes.too_long6(1290)),
         "more_routes=" + write("more_routes", MORE.encode())], check=True)
    return initrd


def main():
    os.makedirs(OUT, exist_ok=True)
    return subprocess.run(
        ["scripts/vm-test", "--kernel", os.path.join(VERIFIER, "vmlinux"),
         "--initrd", make_initrd(), "--cpus", "1", "--append",
         "quiet rdinit=/bin/routes", "--log",
         os.path.join(OUT, "console.log"),
         "--allow", "tests/vm/guest_kmsg.allow",
         "--allow", "tests/vm/kmsg.allow",
         *sys.argv[1:]], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
