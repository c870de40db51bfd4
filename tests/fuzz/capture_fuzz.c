// SPDX-License-Identifier: BSD-2-Clause
/* The capture parser: what it accepts must be safe to follow. */

#include <stdlib.h>

#include "capture.h"

static volatile u64 sink;

static void touch(const void *p, size_t len)
{
	const u8 *b = p;

	while (len--)
		sink += *b++;
}

static void follow(const struct vouch_capture_view *v)
{
	u32 i, j;

	touch(v->env, sizeof(*v->env));
	for (i = 0; i < v->n_facts; i++)
		touch(v->facts[i], sizeof(*v->facts[i]));
	for (i = 0; i < v->n_maps; i++)
		touch(v->maps[i].data, le32_to_cpu(v->maps[i].map->data_len));
	for (i = 0; i < v->n_progs; i++) {
		const struct vouch_capture_prog_view *p = &v->progs[i];

		for (j = 0; j < p->n_syms; j++)
			touch(p->syms[j], sizeof(*p->syms[j]));
		for (j = 0; j < p->n_funcs; j++) {
			touch(p->funcs[j].code, p->funcs[j].code_len);
			touch(p->funcs[j].refs,
			      p->funcs[j].n_refs * sizeof(*p->funcs[j].refs));
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct vouch_capture_view view = { 0 };
	const char *why = NULL;
	u8 *copy = malloc(len ? len : 1);

	if (!copy)
		return 0;
	memcpy(copy, data, len);
	switch (vouch_capture_parse(copy, len, &view, &why)) {
	case 0:
		follow(&view);
		vouch_capture_release(&view);
		break;
	case -EINVAL:
		if (!why)
			abort();
		break;
	default:
		break;
	}
	free(copy);
	return 0;
}
