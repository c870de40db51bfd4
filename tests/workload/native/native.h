/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects that libbpf alone loads, where they are attached, what they put out.
 */
#ifndef NATIVE_H
#define NATIVE_H

#include <bpf/libbpf.h>

/* One object, and what is to be done with it. */
struct native_row {
	char name[64];
	struct bpf_object *object;
};

/*
 * A line of the list, which has a row's object, or an act on the row before:
 *
 *	object NAME PATH
 *	use PROGRAM		this one is loaded
 *	set SECTION OFFSET HEX	bytes of .rodata, .data or .bss
 *	entries MAP N
 *
 * After all of these are loaded, also as one line each:
 *
 *	value NAME MAP KEY VALUE (in hex; of a per-CPU map, each CPU's)
 *	listen NAME MAP		whose records are to be kept
 *	attach NAME PROGRAM HOOK
 *	dump NAME MAP
 *
 * All return 0 or -errno.
 */
int native_prepare(struct native_row *row, char **words);
int native_value(struct native_row *row, char **words);

/* Attach for good: nothing is given back but by the VM's end. */
int native_attach(struct native_row *row, const char *program,
		  const char *hook);

/* Keep the records that come through a perf_event_array. */
int native_listen(struct native_row *row, const char *name);

/* Print what a map holds, or what records came through it. */
int native_dump(struct native_row *row, const char *name);

/* Bytes from hexadecimal digits; how many, or -EINVAL. */
int native_bytes(const char *hex, void *out, size_t size);

#endif /* NATIVE_H */
