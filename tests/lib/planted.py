# SPDX-License-Identifier: BSD-2-Clause
"""No image of a lab holds an unexplained value, and a planted one is found.

image_plant scans an image, and puts addresses of the verifier kernel into it,
each of which the scan of the link process must find. PLACES of them go into
each image, VOUCH_PLACES if that is set.
"""

import collections
import os
import re
import sqlite3
import subprocess

import lab as lab_module

PLACES = os.environ.get("VOUCH_PLACES", "4")
# Where functions and variables of the very kernel are, and what its symbols
# cannot tell: a module, the direct map, the vmalloc area, a CPU's own data.
SYMBOLS = ("_stext", "bpf_ktime_get_ns", "htab_map_update_elem",
           "bpf_int_jit_compile")
REGIONS = {
    "x86_64": ("ffffffffc0201000", "ffff888005359800", "ffffc90000435000",
               "fffffe0000000010"),
    "arm64": ("ffff800001201000", "ffff000005359800", "ffff80000c435000",
              "fffffc0000000010"),
}


def addresses(lab):
    with open(lab.path(lab.machine.folder, "verifier", "symbols"),
              encoding="ascii") as f:
        known = {name: address for address, name in
                 (line.split()[:2] for line in f if line[0] != "b")}
    return [known[name] for name in SYMBOLS if name in known] + \
        list(REGIONS[lab.arch])


def made(lab):
    """(target, object, options, image) of each image, by hash."""
    db = sqlite3.connect("file:%s?mode=ro" % os.path.join(lab.state,
                                                         "vouchd.db"),
                         uri=True)
    rows = db.execute("SELECT s.target, s.object, s.options, i.sha256 "
                      "FROM images i JOIN submissions s ON s.id = "
                      "i.submission ORDER BY i.sequence").fetchall()
    db.close()
    return rows


def plant(lab, profile, obj, options, image):
    return subprocess.run(
        [os.path.join(lab_module.BUILD, "image_plant"), profile,
         lab.profile_key()[1], os.path.join(lab.state, "objects", obj),
         options, os.path.join(lab.state, "images", image + ".ko"), PLACES,
         *addresses(lab)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        check=False)


def check(t, lab):
    """All images that the lab has made so far, for targets with a profile;
    how much of what was in them."""
    profiles = {vm["name"]: vm["profile"] for vm in lab.vms()
                if vm.get("profile")}
    tried = {}
    total = collections.Counter()
    for target, obj, options, image in made(lab):
        # The same object under the same options is linked alike.
        if target not in profiles or (target, obj, options) in tried:
            continue
        done = plant(lab, profiles[target], obj, options, image)
        tried[target, obj, options] = done.returncode == 0
        for n, what in re.findall(r"(\d+) ([a-z ]+)", done.stdout.decode(
                errors="replace")):
            total[what] += int(n)
        if done.returncode:
            t.note("%s, %s: %s" % (obj, options,
                                   done.stdout.decode(errors="replace")))
    t.check(tried and all(tried.values()),
            "of %d images none holds an address of the verifier kernel, and "
            "each that is planted is found" % len(tried))
    return total
