#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Take out each check of the target driver and see its VM test fail.

usage: target_mutants.py KDIR PROFILE KEYS OUT [NAME...]

The arguments are what target_driver_test.py takes as options; OUT is a
scratch folder. Says "ok" for each mutant that a test caught, and by which.
"""

import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

# name: file, what stands there, what stands there instead; perhaps more
MUTANTS = {
    "template": ("keyring.c", "if (!fits_template(cms, cms_len))", "if (0)"),
    "signature": ("keyring.c", "if (err) return vouch_refuse( why, err,"
                  " \"signature: does", "if (0) return vouch_refuse(why, err,"
                  " \"signature: does"),
    "shape": ("admit.c", "if (vouch_image_parse(a->file, elf_len, &a->img,"
              " &what))", "if (vouch_image_parse(a->file, elf_len, &a->img,"
              " &what) && strncmp(what, \"modinfo\", 7))"),
    "content": ("admit.c", "if (memcmp(hash, img->req.req->content,"
                " sizeof(hash)))", "if (0)"),
    "name": ("admit.c", "if (strcmp(img->name + sizeof(VOUCH_IMAGE_PREFIX) -"
             " 1, digits))", "if (0)"),
    "profile": ("suit.c", "if (memcmp(req->profile, profile,"
                " sizeof(profile)))", "if (0)"),
    "vermagic": ("suit.c", "if (strcmp(img->vermagic, VERMAGIC_STRING))",
                 "if (0)"),
    "module": ("suit.c", "if (img->module_size != sizeof(struct module) ||",
               "if (0 && "),
    "abi": ("suit.c", "if (le32_to_cpu(req->target_abi) > VOUCH_TARGET_ABI)",
            "if (0)"),
    "rethunk": ("suit.c", "if (vouch_return_is_thunk() &&", "if (0 &&"),
    "retpoline": ("suit.c", "IS_ENABLED(CONFIG_RETPOLINE) &&", "0 &&"),
    "call-depth": ("suit.c", "if (features & VOUCH_FEATURE_CALL_DEPTH)",
                   "if (0)"),
    "import": ("suit.c", "		    !vouch_export_find(name))", "		    0)"),
    "prog-type": ("suit.c", "if (le32_to_cpu(p->type) != BPF_PROG_TYPE_XDP)",
                  "if (0)"),
    "prog-twin": ("suit.c", "if (!memcmp(req->progs[k].name",
                  "if (0 && !memcmp(req->progs[k].name"),
    "map-twin": ("suit.c", "if (!err && same_map_name(req, i))", "if (0)"),
    "map-flags": ("maps/map.c", "if (def->map_flags & ~ops->map_flags)",
                  "if (0)"),
    "map-layout": ("maps/map.c", "if (def->map_max_entries < sizeof(struct"
                   " vouch_map_block) ||", "if (0 &&"),
    "map-memory": ("maps/map.c", "if (need > limit || *memory > limit)",
                   "if (0)"),
    "map-check": ("maps/map.c", "|| ops->check(def))", ")"),
    "floor-admit": ("admit.c", "	return vouch_slot_check(rec->slot,"
                    " le32_to_cpu(rec->epoch),\n"
                    "				le64_to_cpu(rec->sequence), why);",
                    "	(void)rec;\n	return 0;"),
    "floor-load": ("loaded.c", "	err = vouch_slot_check(rec->slot,"
                   " le32_to_cpu(rec->epoch),\n"
                   "			       le64_to_cpu(rec->sequence), why);",
                   "	err = 0;\n	(void)rec;"),
    "floor-falls": ("slot.c", "if (s && below(epoch, sequence, s))",
                    "if (0)"),
    "admitted": ("loaded.c", "	else if (!a)\n		err = vouch_refuse(",
                 "	else if (!a)\n		err = 0 && vouch_refuse("),
    "consumed": ("loaded.c", "	drop_admitted(a);\n	mutex_unlock(&lock);\n"
                 "	if (err)\n		pr_warn", "	mutex_unlock(&lock);\n"
                 "	if (err)\n		pr_warn"),
    "text": ("layout.c", "memcmp(l->text + pos, img->text + pos, start - pos)"
             " ||", "0 ||"),
    "call": ("layout.c", "return rel32_is(field, vouch_export_find(name) +"
             " r->r_addend);", "return true;"),
    "slot": ("layout.c", "return rel32_is(field, (unsigned long)l->slots +"
             " r->r_addend);", "return true;"),
    # Two checks, of which a file that the kernel takes fails both.
    "return": ("layout.c", "return vouch_return_ok(field - 1);",
               "return true;", " || !return_sites_ok(img, layout))", ")"),
    "padding": ("layout.c", "if (!rest_ok(img, layout, base, &p))", "if (0)"),
    "frozen": ("mapio.c", "if (map->def.flags & VOUCH_MAP_FROZEN)", "if (0)"),
    "length": ("mapio.c", "if (op->key_len != map->def.key_size ||"
               " op->value_len != value_len)", "if (0)"),
    "array-bound": ("maps/array.c", "if (index >= map->def.max_entries)\n"
                    "		return -ENOENT;\n	for_each", "	for_each"),
    "xdp-slot": ("hooks/xdp.c", "if (memcmp(old->image->record.slot,"
                 " l->record.slot,\n		   sizeof(l->record.slot)))",
                 "if (0)"),
    "xdp-twice": ("hooks/xdp.c", "if (old->image == l && old->index == prog)",
                  "if (0)"),
    "xdp-image": ("hooks/xdp.c", "a->image != l || (prog >= 0 && a->index !="
                  " prog)", "0"),
    "xdp-holds": ("hooks/xdp.c", "	__module_get(l->mod);\n	a->image = l;",
                  "	a->image = l;"),
    "redirect": ("hooks/xdp.c", "	vouch_redirect_clear();\n", ""),
    "reserved": ("device.c", "if (vouch_all_zero(arg + c->reserved,"
                 " c->reserved_len) &&", "if (1 ||"),
    "repeat": ("testrun.c", "t->repeat <= MAX_REPEAT", "1"),
    "md": ("testrun.c", "md->data_end > t->data_size_in ||", "0 ||"),
    "short": ("testrun.c", "t->data_size_in - r->meta_len < ETH_HLEN", "0"),
    "share": ("maps/map.c", "return !(def->flags & (VOUCH_MAP_FROZEN |"
              " VOUCH_MAP_INTERNAL)) &&", "return"),
    "holds-us": ("loaded.c", "	__module_get(THIS_MODULE);\n", ""),
    "hash-full": ("maps/table.c", "for (i = n; i-- > 0;) {",
                  "for (i = n; i-- > 1;) {"),
}


def edit(name, text, old, new):
    """Replace @old, which must be there once however lines are broken."""
    pattern = r"\s*".join(re.escape(part) for part in old.split())
    if len(re.findall(pattern, text)) != 1:
        sys.exit("mutant %s: this is not there once: %s" % (name, old))
    return re.sub(pattern, lambda m: new, text)


def build(args, name):
    kdir, profile, _, build_dir = args
    src = os.path.join(build_dir, "src")
    for part in "target-driver", "common":
        shutil.rmtree(os.path.join(src, part), ignore_errors=True)
        shutil.copytree(os.path.join(ROOT, part), os.path.join(src, part),
                        ignore=shutil.ignore_patterns("agent"))
    # What a mutant no longer uses is no error.
    kbuild = os.path.join(src, "target-driver/Kbuild")
    text = open(kbuild).read()
    open(kbuild, "w").write(text.replace(" -Werror", ""))
    if name:
        file, *edits = MUTANTS[name]
        path = os.path.join(src, "target-driver", file)
        text = open(path).read()
        for old, new in zip(edits[::2], edits[1::2]):
            text = edit(name, text, old, new)
        open(path, "w").write(text)
    log = open(os.path.join(build_dir, "build.log"), "w")
    if subprocess.call(["make", "-C", kdir, "M=" + src + "/target-driver",
                        "VOUCH_GEN=" + os.path.abspath(profile),
                        "modules"], stdout=log,
                       stderr=log):
        sys.exit("mutant %s does not build; see %s" % (name, log.name))
    return os.path.join(src, "target-driver/vouch_target.ko")


def test(args, module):
    kdir, profile, keys, build_dir = args
    done = subprocess.run(
        [os.path.join(HERE, "target_driver_test.py"), "--kdir", kdir,
         "--profile", profile, "--module", module, "--keys", keys, "--out",
         os.path.join(build_dir, "vm"), "--timeout", "90"],
        stdout=subprocess.PIPE, check=False)
    lines = done.stdout.decode(errors="replace").splitlines()
    caught = [re.sub("^not ok [0-9]* - ", "", line) for line in lines
              if line.startswith("not ok")]
    return done.returncode, caught


def main():
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    args = [os.path.abspath(a) for a in sys.argv[1:5]]
    missed = 0
    for name in sys.argv[5:] or MUTANTS:
        status, caught = test(args, build(args, name))
        missed += not status
        print("%s %s - %s" % ("ok" if status else "not ok", name,
                              caught[0] if caught else
                              "the kernel or the test came to no good end"
                              if status else "no test noticed"), flush=True)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
