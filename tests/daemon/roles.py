# SPDX-License-Identifier: BSD-2-Clause
"""Who may play which role, over vsock: guests that lie about it."""


from harness import BTF, Daemon, OBJECT, PROFILE, SYMBOLS
from clients import frame
import vsock_front
import wire

PORTS = {"verifier": 7001, "target": 7002, "developer": 7003}


def daemon_with_vms():
    """Two VMs of the role developer, a verifier's and a target's, all of them
    behind vsock devices of their own."""
    d = Daemon()
    d.stop()
    profile = PROFILE.path
    d.config["vms"] = [
        {"name": "spare", "role": "verifier", "symbols": SYMBOLS, "btf": BTF,
         "agent_socket": d.path("verifier.sock")},
        {"name": "v", "role": "verifier", "symbols": SYMBOLS, "btf": BTF,
         "cid": 3, "vsock": d.path("v")},
        {"name": "demo", "role": "target", "cid": 4, "vsock": d.path("t"),
         "slots": ["default"], "profile": profile},
        {"name": "one", "role": "developer", "cid": 5, "vsock": d.path("d1")},
        {"name": "two", "role": "developer", "cid": 6, "vsock": d.path("d2")}]
    d.start()
    return d


def hello(role):
    return frame(wire.HELLO, {"role": role, "version": "0.1.0"})


def kind_of(data):
    """Type and JSON of a frame, or (0, {}) for nothing."""
    if not data:
        return 0, {}
    head = wire.HEAD.unpack_from(data)
    return head[2], wire.json.loads(data[24:24 + head[4]])


def greeted(guest, port):
    """A developer's guest says HELLO and asks for the status."""
    guest.connect(port, 7003)
    guest.say(port, 7003, hello("developer"))
    if kind_of(guest.hear_frame(port))[0] != wire.WELCOME:
        return False
    guest.say(port, 7003, frame(wire.CALL, {"method": "status"}))
    return kind_of(guest.hear_frame(port))[0] == wire.RESULT


def test_other_frames(tap):
    """Of a developer's VM that has said who it is, and then is an agent."""
    d = daemon_with_vms()
    d.verifier()
    one = vsock_front.Guest(d.path("d1"), 5)
    two = vsock_front.Guest(d.path("d2"), 6)
    tap.check(greeted(two, 1000), "another developer's VM is served")
    for port, kind in enumerate((wire.CAPTURE, wire.STATUS, wire.VERIFY,
                                 wire.DELIVER, wire.RESULT), 2000):
        tap.check(greeted(one, port), "a developer's VM gets its answer")
        one.say(port, 7003, frame(kind, {}))
        got, body = kind_of(one.hear_frame(port))
        tap.check((got, body.get("exit")) == (wire.ERROR, 2) and
                  "a client sends SUBMIT and CALL" in body.get("why", ""),
                  "a frame of type %d is refused" % kind, (got, body))
        tap.equal(one.hear(port), b"", "and hung up on")
    two.say(1000, 7003, frame(wire.CALL, {"method": "status"}))
    tap.equal(kind_of(two.hear_frame(1000))[0], wire.RESULT,
              "the other VM's connection lives")
    tap.equal(d.submit(deliver=False)[1]["exit"], 0, "and so do submissions")
    one.close()
    two.close()
    d.stop()


def test_other_roles(tap):
    d = daemon_with_vms()
    guests = {"verifier": vsock_front.Guest(d.path("v"), 3),
              "target": vsock_front.Guest(d.path("t"), 4),
              "developer": vsock_front.Guest(d.path("d1"), 5)}
    names = {"verifier": "v", "target": "demo", "developer": "one"}
    other = vsock_front.Guest(d.path("d2"), 6)
    tap.check(greeted(other, 1000), "a developer's VM gets its answer")
    port = 2000
    for role, guest in guests.items():
        for at, number in PORTS.items():
            for says in PORTS:
                if role == at == says:
                    continue
                port += 1
                guest.connect(port, number)
                guest.say(port, number, hello(says))
                kind, body = kind_of(guest.hear_frame(port))
                why = "not for a VM of the role " + role if role != at else \
                    "is for the role " + role
                tap.check((kind, body.get("exit")) == (wire.ERROR, 2) and
                          why in body.get("why", ""),
                          "a %s's VM that dials port %d and says %s is "
                          "refused" % (role, number, says), body)
                if kind == wire.ERROR:
                    guest.hear(port)
        tap.check("vm:%s: greet vm:%s: " % (names[role], names[role]) in
                  d.text(), "which the log tells, by VM")
        port += 1
        tap.check(not guest.connect(port, 7004), "it has no other port")
        port += 1
    tap.check(greeted(guests["developer"], port),
              "who was refused may still play its own role")
    other.say(1000, 7003, frame(wire.CALL, {"method": "status"}))
    tap.equal(kind_of(other.hear_frame(1000))[0], wire.RESULT,
              "and the other VM's connection lives")
    d.verifier()
    tap.equal(d.submit(deliver=False)[1]["exit"], 0, "and so do submissions")
    for guest in [*guests.values(), other]:
        guest.close()
    d.stop()


def test_other_cid(tap):
    d = daemon_with_vms()
    one = vsock_front.Guest(d.path("d1"), 5)
    two = vsock_front.Guest(d.path("d2"), 6)
    tap.check(greeted(one, 1000) and greeted(two, 1000), "two VMs are served")
    # On a connection that the other has under the same port, and on none.
    for op in vsock_front.RW, vsock_front.REQUEST, vsock_front.RST:
        one.packet(1000, 7003, op, src_cid=6)
        tap.check(one.cut_off(), "a guest that sends as another is cut off")
        one.close()
        one = vsock_front.Guest(d.path("d1"), 5)
        tap.check(greeted(one, 1000), "and may come back as itself")
    tap.equal(d.text().count("vsock of 'one': CID 5: serving vsock to the VM "
                             "on %s ended: the guest sends as CID 6" %
                             d.path("d1")), 3, "the log tells which VM did it")
    two.say(1000, 7003, frame(wire.CALL, {"method": "status"}))
    tap.equal(kind_of(two.hear_frame(1000))[0], wire.RESULT,
              "the connection of the other goes on")
    one.packet(3000, 7003, vsock_front.REQUEST, dst_cid=6)
    tap.equal(one.receive(3000)[0], vsock_front.RST,
              "no VM can dial another")
    d.verifier()
    client = d.client()
    tap.equal(client.request(wire.SUBMIT, {"name": "x", "deliver": False},
                             OBJECT)[2]["exit"], 0, "nor are others harmed")
    client.close()
    one.close()
    two.close()
    d.stop()
