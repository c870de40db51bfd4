#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""An independent reader of images, after the prose of common/image.h and
common/manifest.h.

usage: read_image.py FILE

Prints what `vouch inspect --json FILE` prints but for what needs the CMS
itself; a difference is a bug in one of the two. The content hash is computed
anew.
"""

import hashlib
import json
import struct
import sys

from image_forms import BY_MACHINE, NOBITS, SLOTS
from read_capture import (bits, holds_maps, map_json, need, public, text,
                          ARCHES, FEATURES, PRIVILEGES, PROG_TYPES)

MAGIC = b"~Module signature appended~\n"


def split(data):
    """ELF file and CMS; None for a file without signature."""
    if not data.endswith(MAGIC):
        return data, None
    data = data[:-len(MAGIC)]
    algo, digest, kind, signer, key, pad, size = struct.unpack(
        ">BBBBB3sI", data[-12:])
    need((algo, digest, kind, signer, key, pad) == (0, 0, 2, 0, 0, bytes(3)),
         "module_signature")
    data = data[:-12]
    need(0 < size < len(data), "length of the signature")
    return data[:-size], data[-size:]


def zero_string(data, off):
    return data[off:data.index(b"\0", off)].decode()


def sections(elf):
    """(offset, content) by name, for the fixed sequence of sections."""
    need(elf[:7] == b"\x7fELF\x02\x01\x01", "ELF")
    form = BY_MACHINE[struct.unpack_from("<H", elf, 18)[0]]
    shoff, = struct.unpack_from("<Q", elf, 40)
    count, names = struct.unpack_from("<HH", elf, 60)
    need(count == len(form.names) and shoff + 64 * count == len(elf), "ELF")
    heads = list(struct.iter_unpack("<IIQQQQIIQQ", elf[shoff:]))
    out = {"form": form}
    for want, h in zip(form.names, heads):
        name = zero_string(elf, heads[names][4] + h[0])
        need(name == want, "section " + name)
        content = b"" if h[1] == NOBITS else elf[h[4]:h[4] + h[5]]
        out[name] = h[4], content
    out["slots"] = heads[form.index(SLOTS)][5] // 8
    return out


def note(section, kind):
    """(offset in the section, descriptor)"""
    owner, size, number = struct.unpack_from("<III", section)
    need(owner == 6 and number == kind, "note")
    need(section[12:24] == b"vouch" + bytes(7), "note")
    return 24, section[24:24 + size]


def content_hash(elf, parts, name):
    """SHA-256 with name, content hash and record replaced by zeros."""
    data = bytearray(elf)
    for part in (".modinfo", ".gnu.linkonce.this_module"):
        off, content = parts[part]
        at = off + content.index(name.encode()) + len("vouch_")
        data[at:at + 16] = bytes(16)
    req = parts[".note.vouch.requirements"][0] + 24 + 16
    data[req:req + 32] = bytes(32)
    off, content = parts[".note.vouch.record"]
    start, desc = note(content, 2)
    data[off + start:off + start + len(desc)] = bytes(len(desc))
    return hashlib.sha256(data).hexdigest()


def read_fields(data, n_progs):
    """Fields that the target has elsewhere than the verifier kernel."""
    out, last = [], None
    for prog, insn, name, off, target, size, zero in struct.iter_unpack(
            "<II80sIIII", data):
        place = (prog, (insn + 1) % (1 << 32))
        need(prog < n_progs and size <= 8 and not zero and
             (last is None or last < place), "requirements")
        last = place
        out.append({"program": prog, "name": text(name), "offset": off,
                    "insn": None if insn == 0xffffffff else insn,
                    "target_offset": target, "size": size})
    return out


def read_requirements(desc):
    (magic, version, size, content, obj, options, profile, vermagic, license_,
     release, model, build_id, arch, features, privileges, abi, instance,
     array_value, entries, key, n_progs, n_maps, n_refs, n_facts, data_len,
     prog_func, n_fields, lru_ref, n_inner, reserved) = struct.unpack_from(
         "<8sII32s32s32s32s128s32s64s64s20s17I24s", desc)
    need(magic == b"VOUCHREQ" and version == 1 and size == len(desc) and
         not reserved.strip(b"\0"), "requirements")
    need(size == 544 + 152 * n_progs + 104 * (n_maps + n_inner) +
         16 * n_refs + 72 * n_facts + 104 * n_fields, "requirements")
    head = {"object": obj.hex(), "options": options.hex(),
            "profile": profile.hex(), "verifier_build_id": build_id.hex(),
            "verifier_release": text(release), "cpu_model": text(model),
            "arch": ARCHES[arch], "features": bits(features, FEATURES),
            "privileges": bits(privileges, PRIVILEGES), "target_abi": abi,
            "instance": instance, "array_value": array_value,
            "map_max_entries": entries, "htab_key": key,
            "prog_func": prog_func, "lru_ref": lru_ref}
    pos = 544
    progs = [desc[pos + 152 * i:pos + 152 * (i + 1)] for i in range(n_progs)]
    pos += 152 * n_progs
    maps = [desc[pos + 104 * i:pos + 104 * (i + 1)] for i in range(n_maps)]
    pos += 104 * n_maps
    inner = [desc[pos + 104 * i:pos + 104 * (i + 1)] for i in range(n_inner)]
    pos += 104 * n_inner
    refs = list(struct.iter_unpack("<IIQ", desc[pos:pos + 16 * n_refs]))
    pos += 16 * n_refs + 72 * n_facts
    fields = read_fields(desc[pos:], n_progs)
    return {"head": head, "content": content.hex(), "license": text(license_),
            "fields": fields,
            "vermagic": text(vermagic), "progs": progs, "maps": maps,
            "inner": inner, "refs": refs, "data_len": data_len}


def read_prog(data):
    kind, _, off, length, depth, reserved = struct.unpack_from("<6I", data,
                                                               128)
    need(not reserved, "requirements")
    return {"name": text(data[:64]), "section": text(data[64:128]),
            "type": PROG_TYPES.get(kind, "unknown"), "offset": off,
            "length": length, "stack_depth": depth}


def read_map(data):
    numbers = struct.unpack_from("<10I", data, 64)
    need(not numbers[9], "requirements")
    return map_json(text(data[:64]), numbers[:6] + numbers[7:9])


def read_record(desc):
    (magic, version, size, time, sequence, epoch, zero, slot, submitter, name,
     log, reserved) = struct.unpack("<8sIIQQII32s64s64s32s32s", desc)
    need(magic == b"VOUCHREC" and version == 1 and size == len(desc) and
         not zero and not reserved.strip(b"\0"), "record")
    return {"time": time, "epoch": epoch, "sequence": sequence,
            "slot": text(slot), "submitter": text(submitter),
            "object_name": text(name), "log": log.hex()}


def read_symbols(parts):
    """(name, info, section, value, size) of each symbol."""
    strings = parts[".strtab"][1]
    return [(zero_string(strings, s[0]), s[1], s[3], s[4], s[5]) for s in
            struct.iter_unpack("<IBBHQQ", parts[".symtab"][1])]


def slot_text(req, maps, slot):
    kind, index, offset = req["refs"][slot]
    if kind == 1:
        return "map " + maps[index]["name"]
    return "value of %s + %d" % (maps[index]["name"], offset)


def read_relocations(parts, syms, req, maps):
    out, form = [], parts["form"]
    for off, info, addend in struct.iter_unpack("<QQq",
                                                parts[".rela.text"][1]):
        sym, kind = info >> 32, info & 0xffffffff
        if kind == form.call:
            need(addend == form.addend, "relocation")
            out.append({"offset": off, "kind": "call", "to": syms[sym][0]})
        elif kind == form.wide:
            need(sym == 1, "relocation")
            out.append({"offset": off, "kind": "function", "to":
                        next(s[0] for s in syms
                             if s[1] == 2 and s[3] == addend)})
        else:
            need(kind == form.slot and sym == 2 and
                 (addend - form.addend) % 8 == 0, "relocation")
            out.append({"offset": off, "kind": "slot", "to":
                        slot_text(req, maps, (addend - form.addend) // 8)})
    return out


def fault_word(form, reg):
    """The third word of an exception, after which @reg is 0."""
    return 17 | reg << 8 if form.machine == 62 else 3 | (31 | reg << 5) << 16


def read_faults(parts):
    table, relas = parts["__ex_table"][1], parts[".rela__ex_table"][1]
    form = parts["form"]
    need(len(relas) == 4 * len(table), "__ex_table")
    out = []
    for i, (insn, fixup, data) in enumerate(struct.iter_unpack("<3I", table)):
        (at, kind, start), (behind, other, end) = struct.iter_unpack(
            "<QQq", relas[48 * i:48 * i + 48])
        reg = data >> form.fault_shift
        need((insn, fixup, data) == (0, 0, fault_word(form, reg)),
             "__ex_table")
        need((at, behind) == (12 * i, 12 * i + 4), "__ex_table")
        need(kind == other == 1 << 32 | form.table, "__ex_table")
        out.append({"offset": start, "length": end - start, "register": reg})
    return out


def site_relocations(parts, name):
    return list(struct.iter_unpack("<QQq", parts.get(name, (0, b""))[1]))


def read(data):
    """The whole image; keys with '_' are not for printing."""
    elf, cms = split(data)
    parts = sections(elf)
    tags = dict(t.split("=", 1) for t in
                parts[".modinfo"][1].decode().rstrip("\0").split("\0"))
    req = read_requirements(note(parts[".note.vouch.requirements"][1], 1)[1])
    need(req["head"]["arch"] == ARCHES[parts["form"].number], "requirements")
    syms = read_symbols(parts)
    maps = [read_map(m) for m in req["maps"]]
    holders = [m for m in maps if holds_maps(m)]
    need(len(holders) == len(req["inner"]), "requirements")
    for holder, inner in zip(holders, req["inner"]):
        holder["inner"] = read_map(inner)
    digest = content_hash(elf, parts, tags["name"])
    need(len(req["refs"]) == parts["slots"], "slots")
    return {
        "schema_version": 1, "kind": "image", "size": len(data),
        "name": tags["name"], "content": req["content"],
        "content_ok": digest == req["content"] and
        tags["name"] == "vouch_" + digest[:16],
        "vermagic": tags["vermagic"], "license": tags["license"],
        "retpoline": tags.get("retpoline") == "Y",
        "signature": {"length": len(cms)} if cms else None,
        "requirements": req["head"],
        "record": read_record(note(parts[".note.vouch.record"][1], 2)[1]),
        "programs": [read_prog(p) for p in req["progs"]],
        "functions": [{"name": s[0], "offset": s[3], "length": s[4]}
                      for s in syms if s[1] == 2],
        "maps": maps, "fields": req["fields"],
        "imports": [s[0] for s in syms if s[1] == 0x10],
        "relocations": read_relocations(parts, syms, req, maps),
        "returns": len(site_relocations(parts, ".rela.return_sites")),
        "retpolines": len(site_relocations(parts, ".rela.retpoline_sites")),
        "exceptions": read_faults(parts),
        "_text": parts[".text"][1],
        "_returns": [r[2] for r in
                     site_relocations(parts, ".rela.return_sites")],
    }


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as f:
        out = read(f.read())
    print(json.dumps(public(out), sort_keys=True))


if __name__ == "__main__":
    main()
