/* SPDX-License-Identifier: BSD-2-Clause */
/* Types of an object and of a target, for CO-RE relocations between them. */
#ifndef VOUCH_CORE_FIXTURE_H
#define VOUCH_CORE_FIXTURE_H

#include <linux/btf.h>

#include "btf_text.h"

/* Types by their ids, the same in both. */
enum { INT = 1, ARRAY, INNER, TASK, ENUM, TYPEDEF, ONLY_HERE };

static inline u32 core_structure(struct btf_text *b, const char *name,
				 const struct btf_member *m, u32 n, u32 size,
				 bool bits)
{
	return btf_add(b, name,
		       BTF_KIND_STRUCT << 24 | (bits ? 1u << 31 : 0) | n, size,
		       m, n * sizeof(*m));
}

/* @moved: as the target has it, with other members before. */
static inline void core_types(struct btf_text *b, bool moved)
{
	const u32 number = 32;
	const struct btf_array four = { INT, INT, 4 };
	const u32 shift = moved ? 800 : 0;
	struct btf_enum letters[] = { { 0, moved ? 700 : 1 } };
	struct btf_member inner[] = { { 0, INT, 0 } };
	struct btf_member task[] = { { 0, INT, shift },
				     { 0, ARRAY, shift + 32 },
				     { 0, INNER, shift + 160 },
				     { 0, INT, (shift + 201) | 3 << 24 } };

	b->strings_len = 1;
	inner[0].name_off = btf_string(b, "deep");
	task[0].name_off = btf_string(b, "pid");
	task[1].name_off = btf_string(b, "four");
	task[3].name_off = btf_string(b, "flag");
	letters[0].name_off = btf_string(b, moved ? "A" : "A___mine");
	btf_add(b, "int", BTF_KIND_INT << 24, 4, &number, sizeof(number));
	btf_add(b, "", BTF_KIND_ARRAY << 24, 0, &four, sizeof(four));
	core_structure(b, "", inner, 1, 4, false);
	core_structure(b, moved ? "task" : "task___mine", task, 4,
		       moved ? 500 : 28, true);
	btf_add(b, "letter", BTF_KIND_ENUM << 24 | 1, 4, letters,
		sizeof(letters));
	btf_add(b, "task_t", BTF_KIND_TYPEDEF << 24, TASK, NULL, 0);
	if (!moved)
		core_structure(b, "here", inner, 1, 4, false);
}

#endif /* VOUCH_CORE_FIXTURE_H */
