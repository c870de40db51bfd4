/* SPDX-License-Identifier: GPL-2.0-only */
/* What the bridge wants in the place of a program's accesses. */
#ifndef VOUCH_REPLACEMENTS_H
#define VOUCH_REPLACEMENTS_H

#include <linux/filter.h>

#include "retarget.h"

/* One replacement, pointing into the list. */
struct vouch_replace {
	const struct vouch_replacement *head;
	const struct bpf_insn *insns;
	u32 n_insns;
};

struct vouch_replacements {
	struct vouch_replace *all; /* ascending, the prologue first */
	u32 n; /* 0: the kernel's own conversion stands */
	void *list;
};

/**
 * vouch_replacements_read() - validate and index a program's replacements.
 * @r: filled; ends with vouch_replacements_free()
 * @list: entries as in a list of retarget.h, without its head; owned by @r
 *	from here on, freed with kvfree()
 * @size: bytes
 *
 * Return: 0, -EINVAL for what is no such list, or -ENOMEM.
 */
int vouch_replacements_read(struct vouch_replacements *r, void *list, u64 size);

/** vouch_replacements_free() - free the list and its index. */
void vouch_replacements_free(struct vouch_replacements *r);

#endif /* VOUCH_REPLACEMENTS_H */
