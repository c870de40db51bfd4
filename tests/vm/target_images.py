#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Handmade images for the target driver's VM test.

usage: target_images.py PROFILE.json KEYS OUT

KEYS holds image.{key,pem}, trusted by target and kernel, and other.{key,pem},
trusted by the kernel only. tests/vm/target_driver.c knows the files that are
written to OUT by name, and gets the modules' names from OUT/names.
"""

import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../independent"))
import make_image  # noqa: E402
import profile_file  # noqa: E402
import target_code_arm64  # noqa: E402
import target_code_x86  # noqa: E402
import target_kinds  # noqa: E402
import target_signatures  # noqa: E402

LOCKED_MAPS = [{"name": "locked", "type": "array", "key": 4, "value": 24,
                "entries": 2, "flags": make_image.LOCK, "extra": 8}]

CODES = {"x86_64": target_code_x86, "arm64": target_code_arm64}
COUNT_MAPS = [
    {"name": "runs", "type": "array", "key": 4, "value": 12, "entries": 3},
    {"name": "lengths", "type": "hash", "key": 4, "value": 8, "entries": 4},
    {"name": ".bss", "type": "array", "key": 4, "value": 8, "entries": 1,
     "map_flags": 1 << 10, "flags": make_image.INTERNAL},
    {"name": "percpu", "type": "percpu_array", "key": 4, "value": 8,
     "entries": 2},
    {"name": "percpu_lengths", "type": "percpu_hash", "key": 4, "value": 8,
     "entries": 4},
    {"name": ".rodata", "type": "array", "key": 4, "value": 4, "entries": 1,
     "map_flags": 1 << 10 | 1 << 7, "data": b"abcd",
     "flags": make_image.INTERNAL | make_image.FROZEN},
]
COUNT_SLOTS = [(1, 0, 0), (1, 1, 0), (2, 2, 4), (1, 3, 0), (1, 4, 0)]
COUNT_PROGS = [{"name": n, "function": n} for n in ("count", "head", "time")]


class Writer:
    """Writes images into a folder, each signed with one of two keys."""

    def __init__(self, profile, keys, out):
        self.profile = profile_file.load(profile)
        self.code = CODES[self.profile[0]["arch"]]
        self.image_key = os.path.join(keys, "image")
        self.other_key = os.path.join(keys, "other")
        self.out = out
        self.names = []

    def put(self, name, data, module):
        with open(os.path.join(self.out, name), "wb") as f:
            f.write(data)
        self.names.append("%s %s\n" % (name, module))

    def count(self, old="", new="", **kwargs):
        """With @new in the place of @old, in the code."""
        return make_image.Image(self.profile, self.code.COUNT.replace(old, new),
                                COUNT_PROGS, COUNT_MAPS, COUNT_SLOTS, **kwargs)

    def verdict(self, n, **kwargs):
        return make_image.Image(self.profile, self.code.PASS % n,
                                [{"name": "prog", "function": "prog"}],
                                **kwargs)

    def foreign(self):
        """An image for another architecture, but for that of this target."""
        code = next(c for c in CODES.values() if c is not self.code)
        return make_image.Image(self.profile, code.PASS % 2,
                                [{"name": "prog", "function": "prog"}],
                                arch=code.FORM.number)

    def good(self, name, image, key=None, **kwargs):
        data = image.sign(key or self.image_key, **kwargs)
        self.put(name, data, image.final_name)
        return data

    def refused_at_admission(self):
        self.good("content", self.verdict(2, content=bytes(32),
                                          name="vouch_" + "0" * 16))
        self.good("modinfo", self.verdict(2, extra_modinfo=b"parm=x:y\0"))
        bad_profile = self.profile[0], bytes(32)
        self.good("profile", make_image.Image(
            bad_profile, self.code.PASS % 2, [{"name": "prog", "function": "prog"}]))
        self.good("arch", self.foreign())
        self.good("vermagic", self.verdict(2, vermagic="6.1.192 mod_unload "))
        self.good("abi", self.verdict(2, target_abi=2))
        self.good("module-size", self.verdict(
            2, module_size=self.profile[0]["facts"]["module.size"] + 64))
        self.features_refused()
        self.good("low-epoch", self.verdict(2, epoch=1, sequence=99,
                                            slot="floored"))
        self.good("low-sequence", self.verdict(2, epoch=2, sequence=4,
                                               slot="floored"))
        self.good("no-floor", self.verdict(2, slot="unknown"))
        self.good("wrong-name", self.verdict(2, name="vouch_" + "a" * 16))
        self.good("import", self.count("bpf_ktime_get_ns", "bpf_nothing"))
        self.good("prog-type", make_image.Image(
            self.profile, self.code.PASS % 2,
            [{"name": "prog", "function": "prog", "type": 31}]))
        self.good("prog-twin", make_image.Image(
            self.profile, self.code.PASS % 2,
            [{"name": "prog", "function": "prog"}] * 2))
        self.good("map-twin", self.verdict(2, maps=COUNT_MAPS[:1] * 2))
        self.map_refused("map-type", type=17)
        self.map_refused("map-flags", map_flags=1 << 2)
        self.map_refused("map-big", entries=1 << 24)
        inner = dict(COUNT_MAPS[0], type="array", entries=4)
        for name, change in (("inner-type", {"type": 17}),
                             ("inner-big", {"entries": 1 << 24})):
            self.map_refused(name, type="array_of_maps", value=4,
                             inner=dict(inner, **change))
        for name, number in ("inner-unlike", 1), ("inner-none", 3):
            self.good(name, self.verdict(2, maps=[
                dict(COUNT_MAPS[0], name="inside", type="array", entries=5),
                dict(COUNT_MAPS[0], name="outside", type="array_of_maps",
                     value=4, entries=1, data=struct.pack("<I", number),
                     inner=inner)]))
        self.map_refused("map-layout", map_max_entries=4)
        self.map_refused("map-key", key=8)
        self.map_refused("map-data", type="hash", entries=1, data=bytes(12))
        self.good("slot-value", self.verdict(
            2, maps=[dict(COUNT_MAPS[1], entries=1)], slots=[(2, 0, 0)]))

    def features_refused(self):
        """What code for x86-64 must have, and what it must not."""
        if self.code is target_code_x86:
            self.good("no-rethunk", self.verdict(2, features=2))
            self.good("no-retpoline", self.verdict(2, features=1))
            self.good("call-depth", self.verdict(2, features=3 | 1 << 4))
        else:
            self.good("call-depth", self.verdict(2, features=1 << 4))

    def map_refused(self, name, **change):
        image = {k: change.pop(k) for k in list(change)
                 if k == "map_max_entries"}
        one = dict(COUNT_MAPS[0], **change)
        self.good(name, self.verdict(2, maps=[one], **image))

    def damaged(self, good):
        for part, at in (("head", 20), ("code", 70), ("middle", None),
                         ("signature", -60), ("magic", -1)):
            data = bytearray(good)
            data[len(data) // 2 if at is None else at] ^= 1
            self.put("flip-" + part, data, "-")
        self.put("short", good[:100], "-")
        self.put("unsigned", good[:good.index(b"0\x82", len(good) - 700)],
                 "-")

    def swapped(self, name):
        """Signed by the right key and named as an admitted image."""
        for swap, (old, new) in self.code.SWAPS.items():
            self.good(swap, self.count(old, new, name=name))
        self.good("swap-data", self.count(
            name=name, extra_sections=[(".rodata", 2, b"data")]))
        # What the loader acts on, which no signer of images lets through.
        for n, (section, flags, byte) in enumerate((
                (".data", 3, 1), ("x", 3, 1), (".init_array", 3, 1),
                (".rodata", 2, 1), (".exit.text", 6, 1), (".note.x", 2, 1),
                (".init.text", 6, 1), (".data..percpu", 3, 1),
                ("__bug_table", 3, 0), ("__ex_table", 2, 1),
                ("__param", 2, 0), (".noinstr.text", 6, 0))):
            self.good("extra-%d" % n, self.count(
                name=name,
                extra_sections=[(section, flags, bytes([byte] * 64))]))

    def badly_signed(self):
        """Files that C knows by OUT/refusals: name, errno, reason."""
        elf = self.verdict(2).elf()
        keys = target_signatures.Keys(os.path.dirname(self.image_key),
                                      self.image_key)
        other = (self.other_key + ".pem", self.other_key + ".key")
        with open(os.path.join(self.out, "refusals"), "w") as f:
            for name, data, err, reason in target_signatures.files(elf, keys,
                                                                   other):
                self.put("sig-" + name, data, "-")
                f.write("sig-%s %d %s\n" % (name, err, reason))

    def kinds(self):
        parts = target_kinds.parts(self.profile[0], self.code)
        for name, instance in ("kinds", 0), ("kinds2", 1):
            self.good(name, make_image.Image(self.profile, *parts,
                                             instance=instance))

    def write_all(self):
        image = self.count()
        good = self.good("count", image)
        self.good("count2", self.count(sequence=2, instance=1))
        self.good("pass", self.verdict(2))
        self.good("drop", self.verdict(1, sequence=3))
        self.good("redirect", self.verdict(4))
        self.good("bounce", make_image.Image(
            self.profile, self.code.BOUNCE, [{"name": "prog", "function": "prog"}]))
        self.good("locked", make_image.Image(
            self.profile, self.code.LOCKED, [{"name": "locked", "function": "locked"}],
            LOCKED_MAPS, [(1, 0, 0)]))
        self.good("fault", make_image.Image(
            self.profile, self.code.FAULT,
            [{"name": "fault", "function": "fault"}]))
        self.good("other-name", self.verdict(2, name="vouch_other"))
        self.good("elsewhere", self.verdict(0, slot="elsewhere"))
        self.good("late", self.verdict(3, slot="late"))
        self.kinds()
        self.good("proprietary", self.verdict(2, license="Proprietary"))
        self.swapped(image.final_name)
        self.damaged(good)
        self.badly_signed()
        self.refused_at_admission()
        with open(os.path.join(self.out, "names"), "w") as f:
            f.writelines(self.names)
            f.write("pt_regs %u\n" % self.profile[0]["facts"]["pt_regs.size"])


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    os.makedirs(sys.argv[3], exist_ok=True)
    Writer(*sys.argv[1:]).write_all()


if __name__ == "__main__":
    main()
