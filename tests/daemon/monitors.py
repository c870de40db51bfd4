# SPDX-License-Identifier: BSD-2-Clause
"""The monitor of a VM that somebody else started, right and wrong."""

import json
import os
import socket
import tempfile
import threading

from harness import BTF, Daemon, SYMBOLS

GREETING = {"QMP": {"version": {}, "capabilities": []}}
GONE = {"event": "DEVICE_DELETED", "data": {"device": "vsock"}}
OTHER = {"event": "DEVICE_DELETED", "data": {"path": "/machine/x"}}
NOT_FOUND = {"error": {"class": "DeviceNotFound",
                       "desc": "Device 'vsock' not found"}}


class Monitor:
    """Says what it is told to, one list of lines for each command."""

    def __init__(self, path, greeting=GREETING, **answers):
        self.answers = {"device_del": [{"return": {}}, OTHER, GONE],
                        "query-chardev": [{"return": [
                            {"label": "qmp"}, {"label": "vsock0"}]}]}
        self.answers.update(
            (k.replace("_", "-") if k != "device_add" else k, v)
            for k, v in answers.items())
        self.greeting = greeting
        self.asked = []
        self.calls = 0
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.bind(path)
        self.sock.listen(4)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                conn = self.sock.accept()[0]
            except OSError:
                return
            self.calls += 1
            try:
                with conn, conn.makefile("rwb") as stream:
                    self.talk(stream)
            except OSError:
                pass

    def talk(self, stream):
        if self.greeting is None:
            return
        self.say(stream, self.greeting)
        for line in stream:
            command = json.loads(line)
            self.asked.append(command)
            for answer in self.answers.get(command["execute"],
                                           [{"return": {}}]):
                self.say(stream, answer)

    @staticmethod
    def say(stream, what):
        stream.write(what if isinstance(what, bytes)
                     else json.dumps(what).encode() + b"\n")
        stream.flush()

    def commands(self):
        return [c["execute"] for c in self.asked]


def vm(directory, suffix="", cid=3):
    return {"name": "verifier" + suffix, "role": "verifier", "cid": cid,
            "vsock": os.path.join(directory, "vsock" + suffix),
            "qmp": os.path.join(directory, "qmp" + suffix),
            "symbols": SYMBOLS, "btf": BTF}


def start(directory, *more, **changes):
    """A daemon whose verifier VM has a monitor."""
    return Daemon(vms=[vm(directory), *more], **changes)


def try_monitor(tap, says, what, **kinds):
    with tempfile.TemporaryDirectory(prefix="vouchd-") as directory:
        monitor = Monitor(os.path.join(directory, "qmp"), **kinds)
        d = start(directory)
        tap.check(d.wait_for(lambda: says in d.text(), 20), what,
                  d.text()[-500:])
        tap.equal(d.stop(), 0, "and the daemon ends well")
        monitor.sock.close()
        return monitor, directory


def test_plugs_again(tap):
    monitor, directory = try_monitor(
        tap, "its vsock device is plugged again",
        "a running VM's device is plugged again")
    tap.equal(monitor.commands(),
              ["qmp_capabilities", "device_del", "query-chardev",
               "chardev-remove", "chardev-add", "device_add"],
              "step by step")
    add, device = (c["arguments"] for c in monitor.asked[-2:])
    tap.equal((add["backend"]["data"]["addr"]["data"]["path"],
               add["backend"]["data"]["server"]),
              (os.path.join(directory, "vsock"), False),
              "to where vouchd listens")
    tap.equal(device, {"driver": "vhost-user-vsock-pci", "id": "vsock",
                       "chardev": "vsock0", "bus": "port1"},
              "under the names that the manual gives")


def test_half_plugged(tap):
    monitor, _ = try_monitor(
        tap, "its vsock device is plugged again",
        "what was left half done is finished", device_del=[NOT_FOUND],
        query_chardev=[{"return": [{"label": "qmp"}]}])
    tap.equal(monitor.commands()[3:], ["chardev-add", "device_add"],
              "without what is done already")


def test_wrong_monitors(tap):
    for says, what, kinds in (
            ("QEMU has hung up", "a monitor that hangs up",
             {"greeting": None}),
            ("what is no JSON", "a monitor that speaks otherwise",
             {"greeting": b"(qemu) \n"}),
            ("no QEMU monitor", "another server of JSON",
             {"greeting": {"hello": 1}}),
            ("more than 65536 bytes", "a line without end",
             {"greeting": b"x" * 70000}),
            ("device_add: Bus 'port1' not found", "a VM without the port",
             {"device_add": [{"error": {
                 "class": "GenericError",
                 "desc": "Bus 'port1' not found"}}]})):
        monitor, _ = try_monitor(tap, says, what + " is told of", **kinds)
        tap.check(monitor.calls >= 1, "after it was asked")


def test_no_monitor(tap):
    with tempfile.TemporaryDirectory(prefix="vouchd-") as directory:
        d = start(directory)
        tap.check(d.wait_for(lambda: "it does not run" in d.text(), 20),
                  "a VM that does not run is waited for")
        tap.equal(d.stop(), 0, "and the daemon ends well")


def test_tries_again(tap):
    with tempfile.TemporaryDirectory(prefix="vouchd-") as directory:
        monitor = Monitor(os.path.join(directory, "qmp"), greeting=None)
        d = start(directory)
        tap.check(d.wait_for(lambda: monitor.calls > 1, 30),
                  "a device that could not be plugged is tried again")
        d.stop()
        monitor.sock.close()


def test_connects_itself(tap):
    with tempfile.TemporaryDirectory(prefix="vouchd-") as directory:
        monitor = Monitor(os.path.join(directory, "qmp"))
        other = Monitor(os.path.join(directory, "qmp2"), greeting=None)
        d = start(directory, vm(directory, "2", 4))
        with socket.socket(socket.AF_UNIX) as front_end:
            front_end.connect(os.path.join(directory, "vsock"))
            tap.check(d.wait_for(lambda: other.calls > 2, 30),
                      "a VM without a front end is tried again and again")
            tap.equal(monitor.calls, 0,
                      "one whose front end is there is left alone")
        d.stop()
        monitor.sock.close()
        other.sock.close()
