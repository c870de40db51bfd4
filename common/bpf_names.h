/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Types of programs and maps by name, spelled as bpftool and libbpf do. User
 * space only.
 */
#ifndef VOUCH_BPF_NAMES_H
#define VOUCH_BPF_NAMES_H

#include "base.h"

/**
 * vouch_prog_type_name() - name of a program type.
 * @type: enum bpf_prog_type
 *
 * Return: a constant text; "unknown" for a type without a name here.
 */
const char *vouch_prog_type_name(u32 type);

/**
 * vouch_map_type_name() - name of a map type.
 * @type: enum bpf_map_type
 *
 * Return: a constant text; "unknown" for a type without a name here.
 */
const char *vouch_map_type_name(u32 type);

/**
 * vouch_map_type_by_name() - the reverse of vouch_map_type_name().
 * @name: a name, as "hash"
 *
 * Return: enum bpf_map_type, or 0 if no type is called so.
 */
u32 vouch_map_type_by_name(const char *name);

/**
 * vouch_map_type_per_cpu() - does each CPU have a value of its own?
 * @type: enum bpf_map_type
 *
 * Return: true for the per-CPU types of array and hash.
 */
bool vouch_map_type_per_cpu(u32 type);

#endif /* VOUCH_BPF_NAMES_H */
