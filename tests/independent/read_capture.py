#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""An independent reader of captures, after the prose of common/capture.h.

usage: read_capture.py FILE

Prints what `vouch inspect --json FILE` prints; a difference is a bug in one
of the two. Refuses what the prose does not allow.
"""

import json
import struct
import sys

ENV, FACT, MAP, PROG, FUNC, SYM, ACCESS, INSNS, TEMPLATE = range(1, 10)
PROLOGUE = 0xffffffff  # index of a prologue
BASES = ["prologue", "ctx", "socket", "sock_common", "tcp_sock", "xdp_sock",
         "btf"]
ARCHES = {1: "x86_64", 2: "arm64"}
FEATURES = ["rethunk", "retpoline", "ibt", "la57", "call_depth"]
PRIVILEGES = ["perfmon"]
MAP_FLAGS = ["frozen", "pinned", "internal", "lock"]
PROG_FLAGS = ["jited", "sleepable", "calls_tail", "cb_access"]
BLOOM_FILTER = 30
MAP_TYPES = {1: "hash", 2: "array", 3: "prog_array", 5: "percpu_hash",
             6: "percpu_array", 12: "array_of_maps", 13: "hash_of_maps"}
PROG_TYPES = {6: "xdp"}
KINDS = {1: "call", 2: "subcall", 3: "map", 4: "map_value", 5: "constant",
         6: "function", 7: "btf_id", 8: "other"}


class Malformed(Exception):
    pass


def need(good, text):
    if not good:
        raise Malformed(text)


def text(field):
    """A NUL-padded ASCII text."""
    head, _, tail = field.partition(b"\0")
    need(len(head) < len(field) and not tail.strip(b"\0"), "text")
    need(all(0x20 <= c < 0x7f for c in head), "text")
    return head.decode()


def bits(value, names):
    need(value < 1 << len(names), "flags")
    return [n for i, n in enumerate(names) if value >> i & 1]


def records(data):
    need(len(data) >= 24, "length")
    magic, version, count, size = struct.unpack_from("<8sIIQ", data)
    need(magic == b"VOUCHCAP" and version == 1 and size == len(data), "head")
    pos = 24
    for _ in range(count):
        need(pos + 8 <= size, "record")
        kind, length = struct.unpack_from("<II", data, pos)
        end = pos + 8 + (length + 7) // 8 * 8
        need(ENV <= kind <= INSNS and end <= size, "record")
        need(not data[pos + 8 + length:end].strip(b"\0"), "padding")
        yield kind, data[pos + 8:pos + 8 + length]
        pos = end
    need(pos == size, "bytes behind the last record")


def read_env(data):
    need(len(data) == 336, "ENV")
    arch, features, privileges, harden, cpus = struct.unpack_from(
        "<5I", data, 212)
    need(arch in ARCHES and not data[328:].strip(b"\0"), "ENV")
    return {"release": text(data[:64]), "cpu_model": text(data[64:128]),
            "license": text(data[128:192]), "build_id": data[192:212].hex(),
            "arch": ARCHES[arch], "features": bits(features, FEATURES),
            "privileges": bits(privileges, PRIVILEGES),
            "jit_harden": harden, "nr_cpus": cpus,
            "object": data[232:264].hex(), "layout": data[264:296].hex(),
            "retarget": data[296:328].hex()}


def read_fact(data):
    need(len(data) == 72, "FACT")
    offset, size = struct.unpack_from("<II", data, 64)
    return {"structure": text(data[:32]), "field": text(data[32:64]),
            "offset": offset, "size": size}


def extra_ok(kind, _, value, flags, __, extra):
    """Hash functions of a bloom filter, or where in a value its lock is."""
    if not flags & 1 << MAP_FLAGS.index("lock"):
        return extra <= (15 if kind == BLOOM_FILTER else 0)
    return kind in (1, 2) and extra % 4 == 0 and extra + 4 <= value


def map_json(name, numbers):
    kind, key, value, entries, map_flags, flags, data_len, extra = numbers
    return {"name": name, "type": MAP_TYPES.get(kind, "unknown"),
            "key_size": key, "value_size": value, "max_entries": entries,
            "map_flags": map_flags, "flags": bits(flags, MAP_FLAGS),
            "data_len": data_len, "extra": extra}


def read_map(data):
    need(len(data) >= 96, "MAP")
    numbers = struct.unpack_from("<8I", data, 64)
    need(len(data) == 96 + numbers[6] and
         extra_ok(*numbers[:3], *numbers[5:]), "MAP")
    return map_json(text(data[:64]), numbers)


def holds_maps(entry):
    return entry["type"] in ("array_of_maps", "hash_of_maps")


def read_template(data, maps):
    need(maps and "inner" not in maps[-1] and len(data) == 96, "TEMPLATE")
    inner = read_map(data)
    need(not inner["flags"] and not inner["extra"] and not inner["data_len"]
         and not holds_maps(inner), "TEMPLATE")
    maps[-1]["inner"] = inner


def read_prog(data):
    need(len(data) == 176, "PROG")
    (kind, _, funcs, syms, insns, processed, extable, _, depth, flags,
     reserved) = struct.unpack_from("<10IQ", data, 128)
    need(not reserved and funcs, "PROG")
    return {"name": text(data[:64]), "section": text(data[64:128]),
            "type": PROG_TYPES.get(kind, "unknown"), "insns": insns,
            "insns_processed": processed, "stack_depth": depth,
            "flags": bits(flags, PROG_FLAGS), "functions": [],
            "accesses": [], "_insns": b"", "_funcs": funcs, "_syms": syms,
            "_names": {}, "_extable": extable}


def read_func(data):
    need(len(data) >= 24, "FUNC")
    index, code_len, n_refs, n_extable, address = struct.unpack_from(
        "<4IQ", data)
    start = 24 + (code_len + 7) // 8 * 8
    end = start + 24 * n_refs
    need(len(data) == end + 16 * n_extable, "FUNC")
    return {"index": index, "length": code_len, "_address": address,
            "_code": data[24:24 + code_len],
            "_refs": list(struct.iter_unpack("<IIQQ", data[start:end])),
            "exceptions": read_extable(data[end:], code_len)}


def read_extable(data, code_len):
    out, last = [], 0
    for off, length, reg, reserved in struct.iter_unpack("<4I", data):
        need(not reserved and length and last <= off and
             off + length <= code_len, "exception table")
        last = off + length
        out.append({"offset": off, "length": length, "register": reg})
    return out


def read_access(data, prog):
    need(len(data) >= 40, "ACCESS")
    insn, base = struct.unpack_from("<II", data)
    field, structure, offset, size, n_insns, target = struct.unpack_from(
        "<6I", data, 16)
    need(len(data) == 40 + 8 * n_insns and 1 <= n_insns <= 16, "ACCESS")
    need(1 <= base <= len(BASES) and field <= 8 and target <= 8, "ACCESS")
    kind = BASES[base - 1]
    need((insn == PROLOGUE) == (kind == "prologue"), "ACCESS")
    need(insn == PROLOGUE or insn < prog["insns"], "ACCESS")
    if kind == "btf":
        need(structure and size and not field and not target and
             n_insns == 1, "ACCESS")
    else:
        need(not structure and not offset and not size, "ACCESS")
    if kind == "prologue":
        need(not field and not target, "ACCESS")
    before = [PROLOGUE if a["insn"] is None else a["insn"]
              for a in prog["accesses"][-1:]]
    need(all(b == PROLOGUE != insn or b < insn != PROLOGUE for b in before),
         "order")
    prog["accesses"].append({
        "insn": None if insn == PROLOGUE else insn, "base": kind,
        "code": data[8:16].hex(), "field_size": field,
        "structure": structure, "offset": offset, "size": size,
        "target_size": target, "insns": data[40:].hex()})


def read_insns(data, prog):
    need(data and len(data) == 8 * prog["insns"] and not prog["_insns"],
         "INSNS")
    prog["_insns"] = data


def meaning(ref, maps, names):
    kind, index, value, _ = ref
    if kind == 1:
        return names[value]
    if kind in (2, 6):
        return "function %d" % index
    if kind == 3:
        return maps[index]["name"]
    if kind == 4:
        return "%s + %d" % (maps[index]["name"], value)
    return "0x%x" % value


def references(out):
    for prog in out["programs"]:
        for func in prog["functions"]:
            func["references"] = [
                {"kind": KINDS[ref[0]], "tag": "%016x" % ref[3],
                 "to": meaning(ref, out["maps"], prog["_names"])}
                for ref in func["_refs"]]


def complete(progs):
    return not progs or (
        len(progs[-1]["functions"]) == progs[-1]["_funcs"] and
        len(progs[-1]["_names"]) == progs[-1]["_syms"] and
        bool(progs[-1]["_insns"]) and
        sum(len(f["exceptions"]) for f in progs[-1]["functions"]) ==
        progs[-1]["_extable"])


def read_part(kind, payload, prog):
    if kind == FUNC:
        prog["functions"].append(read_func(payload))
    elif kind == ACCESS:
        read_access(payload, prog)
    elif kind == INSNS:
        read_insns(payload, prog)
    else:
        need(len(payload) == 72, "SYM")
        address, = struct.unpack_from("<Q", payload)
        prog["_names"][address] = text(payload[8:])


# SYMs come last, though they have not the highest number.
PLACES = {kind: place for place, kind in enumerate(
    (ENV, FACT, MAP, PROG, FUNC, ACCESS, INSNS, SYM))}
PLACES[TEMPLATE] = PLACES[MAP]


def read(data):
    """The whole capture; keys with '_' are not for printing."""
    out = {"schema_version": 1, "kind": "capture", "size": len(data),
           "facts": [], "maps": [], "programs": []}
    last = ENV
    for kind, payload in records(data):
        need(PLACES[kind] >= PLACES[last] or kind == PROG, "order")
        last = kind
        if kind == ENV:
            need("environment" not in out, "order")
            out["environment"] = read_env(payload)
        elif kind == FACT:
            out["facts"].append(read_fact(payload))
        elif kind == MAP:
            out["maps"].append(read_map(payload))
        elif kind == TEMPLATE:
            read_template(payload, out["maps"])
        elif kind == PROG:
            need(complete(out["programs"]), "PROG")
            out["programs"].append(read_prog(payload))
        else:
            need(out["programs"], "order")
            read_part(kind, payload, out["programs"][-1])
    need(all(holds_maps(m) == ("inner" in m) for m in out["maps"]), "MAP")
    need("environment" in out and complete(out["programs"]), "PROG")
    references(out)
    return out


def public(value):
    """Without the keys that are not for printing."""
    if isinstance(value, dict):
        return {k: public(v) for k, v in value.items() if k[0] != "_"}
    if isinstance(value, list):
        return [public(v) for v in value]
    return value


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as f:
        out = read(f.read())
    print(json.dumps(public(out), sort_keys=True))


if __name__ == "__main__":
    main()
