// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The one parser of captures. */

#include <stdlib.h>

#include "capture_parse.h"

#define MAP_TYPE_ARRAY 2 /* BPF_MAP_TYPE_ARRAY */
#define MAP_TYPE_PROG_ARRAY 3 /* BPF_MAP_TYPE_PROG_ARRAY */

static const char *check_head(const void *buf, size_t len)
{
	const struct vouch_capture_head *h = buf;

	if ((uintptr_t)buf % 8)
		return "capture: buffer is not aligned to 8 bytes";
	if (len < sizeof(*h) || len > VOUCH_CAPTURE_MAX)
		return "capture: too short or too long";
	if (memcmp(h->magic, VOUCH_CAPTURE_MAGIC, sizeof(h->magic)))
		return "capture: wrong magic";
	if (le32_to_cpu(h->version) != VOUCH_CAPTURE_VERSION)
		return "capture: unknown version";
	if (le64_to_cpu(h->size) != len)
		return "capture: size in the header is not the size";
	return NULL;
}

static const char *take_env(struct vouch_capture_cursor *c,
			    struct vouch_capture_view *view)
{
	const struct vouch_capture_env *env;
	struct vouch_capture_item r;
	const char *why = vouch_capture_peek(c, &r);

	if (why)
		return why;
	if (r.type != VOUCH_RECORD_ENV || r.length != sizeof(*env))
		return "capture: does not begin with an ENV record";
	env = (const void *)r.data;
	if (!vouch_name_ok(env->release, sizeof(env->release)) ||
	    !vouch_text_ok(env->cpu_model, sizeof(env->cpu_model)) ||
	    !vouch_text_ok(env->license, sizeof(env->license)))
		return "capture: ENV: a text is not proper";
	if (le32_to_cpu(env->arch) != VOUCH_ARCH_X86_64 &&
	    le32_to_cpu(env->arch) != VOUCH_ARCH_ARM64)
		return "capture: ENV: unknown architecture";
	if (le32_to_cpu(env->features) & ~VOUCH_FEATURE_ALL)
		return "capture: ENV: unknown feature";
	if (le32_to_cpu(env->privileges) & ~VOUCH_PRIV_ALL)
		return "capture: ENV: unknown privilege";
	if (env->jit_harden)
		return "capture: ENV: made with constant blinding";
	if (!env->nr_cpus)
		return "capture: ENV: no CPU";
	if (!vouch_all_zero(env->reserved, sizeof(env->reserved)))
		return "capture: ENV: reserved bytes are not zero";
	view->env = env;
	vouch_capture_step(c, &r);
	return NULL;
}

static bool fact_ascends(const struct vouch_capture_fact *a,
			 const struct vouch_capture_fact *b)
{
	int cmp = strcmp(a->structure, b->structure);

	return cmp < 0 || (!cmp && strcmp(a->field, b->field) < 0);
}

static const char *take_fact(struct vouch_capture_view *view,
			     const struct vouch_capture_item *r)
{
	const struct vouch_capture_fact *fact = (const void *)r->data;

	if (view->n_facts == VOUCH_MAX_FACTS)
		return "capture: too many FACT records";
	if (r->length != sizeof(*fact))
		return "capture: FACT: wrong length";
	if (!vouch_name_ok(fact->structure, sizeof(fact->structure)) ||
	    !vouch_name_ok(fact->field, sizeof(fact->field)))
		return "capture: FACT: a name is not proper";
	if (view->n_facts &&
	    !fact_ascends(view->facts[view->n_facts - 1], fact))
		return "capture: FACT: not in ascending order";
	view->facts[view->n_facts++] = fact;
	return NULL;
}

static bool may_have_data(const struct vouch_capture_map *map, u32 len)
{
	u32 n = le32_to_cpu(map->max_entries);

	if (le32_to_cpu(map->type) == MAP_TYPE_PROG_ARRAY ||
	    vouch_map_holds_maps(le32_to_cpu(map->type)))
		return n <= VOUCH_MAX_ENTRIES && len == 4 * n &&
		       le32_to_cpu(map->key_size) == 4;
	return le32_to_cpu(map->type) == MAP_TYPE_ARRAY && n == 1 &&
	       map->value_size == map->data_len;
}

/* Entries are programs, or maps, of the capture. */
static const char *check_map_entries(const struct vouch_capture_view *view,
				     const struct vouch_capture_map_view *m)
{
	/* Each of the n_maps is set. NOLINTNEXTLINE */
	u32 type = le32_to_cpu(m->map->type), i, n;
	const __le32 *entries = (const void *)m->data;
	bool maps = vouch_map_holds_maps(type);

	if (maps != !!m->template)
		return "capture: MAP: what the maps in it are like is not stated";
	if (!entries || (!maps && type != MAP_TYPE_PROG_ARRAY))
		return NULL;
	n = le32_to_cpu(m->map->max_entries);
	for (i = 0; i < n; i++)
		if (le32_to_cpu(entries[i]) >
		    (maps ? view->n_maps : view->n_progs))
			return "capture: MAP: an entry that is not there";
	return NULL;
}

static const char *check_entries(const struct vouch_capture_view *view)
{
	const char *why = NULL;
	u32 i;

	for (i = 0; !why && i < view->n_maps; i++)
		why = check_map_entries(view, &view->maps[i]);
	return why;
}

static const char *check_map(const struct vouch_capture_map *map,
			     const struct vouch_capture_item *r)
{
	u32 data_len;

	if (r->length < sizeof(*map))
		return "capture: MAP: wrong length";
	data_len = le32_to_cpu(map->data_len);
	if (data_len > VOUCH_MAX_MAP_DATA ||
	    r->length - sizeof(*map) != data_len)
		return "capture: MAP: wrong length";
	if (!vouch_name_ok(map->name, sizeof(map->name)))
		return "capture: MAP: the name is not proper";
	if (le32_to_cpu(map->flags) & ~VOUCH_MAP_FLAGS_ALL)
		return "capture: MAP: unknown flag";
	if (!vouch_map_extra_ok(le32_to_cpu(map->type), le32_to_cpu(map->flags),
				le32_to_cpu(map->value_size),
				le32_to_cpu(map->extra)))
		return "capture: MAP: more is stated than such a map has";
	if (data_len && !may_have_data(map, data_len))
		return "capture: MAP: data for a map that cannot have them";
	return NULL;
}

static const char *take_map(struct vouch_capture_view *view,
			    const struct vouch_capture_item *r)
{
	const struct vouch_capture_map *map = (const void *)r->data;
	const char *why;
	u32 data_len;

	if (view->n_maps == VOUCH_MAX_MAPS)
		return "capture: too many MAP records";
	why = check_map(map, r);
	if (why)
		return why;
	data_len = le32_to_cpu(map->data_len);
	view->maps[view->n_maps].map = map;
	view->maps[view->n_maps].data = data_len ? r->data + sizeof(*map)
						 : NULL;
	view->n_maps++;
	return NULL;
}

static const char *take_template(struct vouch_capture_view *view,
				 const struct vouch_capture_item *r)
{
	const struct vouch_capture_map *map = (const void *)r->data;
	const char *why = check_map(map, r);

	if (why)
		return why;
	if (!view->n_maps || view->maps[view->n_maps - 1].template)
		return "capture: TEMPLATE: not behind a map";
	if (map->flags || map->extra || map->data_len ||
	    vouch_map_holds_maps(le32_to_cpu(map->type)))
		return "capture: TEMPLATE: of what no map in a map can have";
	view->maps[view->n_maps - 1].template = map;
	return NULL;
}

static const char *take_record(struct vouch_capture_view *view,
			       const struct vouch_capture_item *r)
{
	if (r->type == VOUCH_RECORD_FACT)
		return take_fact(view, r);
	return r->type == VOUCH_RECORD_MAP ? take_map(view, r)
					   : take_template(view, r);
}

static const char *take_records(struct vouch_capture_cursor *c,
				struct vouch_capture_view *view)
{
	struct vouch_capture_item r;
	const char *why;
	u32 last = VOUCH_RECORD_FACT;

	why = take_env(c, view);
	while (!why) {
		why = vouch_capture_peek(c, &r);
		if (why || !r.type)
			break;
		if (r.type == VOUCH_RECORD_TEMPLATE
			    ? last != VOUCH_RECORD_MAP
			    : r.type < last || r.type > VOUCH_RECORD_PROG)
			return "capture: a record is out of order";
		if (r.type != VOUCH_RECORD_TEMPLATE)
			last = r.type;
		if (r.type == VOUCH_RECORD_PROG) {
			why = vouch_capture_take_prog(c, view, &r);
			continue;
		}
		why = take_record(view, &r);
		vouch_capture_step(c, &r);
	}
	if (!why && c->pos != c->end)
		why = "capture: bytes behind the last record";
	if (!why && !view->n_progs)
		why = "capture: no program";
	return why ? why : check_entries(view);
}

int vouch_capture_parse(const void *buf, size_t len,
			struct vouch_capture_view *view, const char **why)
{
	const struct vouch_capture_head *head = buf;
	struct vouch_capture_cursor c;

	memset(view, 0, sizeof(*view));
	*why = check_head(buf, len);
	if (*why)
		return -EINVAL;
	c.pos = (const u8 *)(head + 1);
	c.end = (const u8 *)buf + len;
	c.left = le32_to_cpu(head->n_records);
	view->facts = calloc(VOUCH_MAX_FACTS, sizeof(*view->facts));
	view->maps = calloc(VOUCH_MAX_MAPS, sizeof(*view->maps));
	view->progs = calloc(VOUCH_MAX_PROGS, sizeof(*view->progs));
	if (!view->facts || !view->maps || !view->progs)
		*why = vouch_capture_no_memory;
	else
		*why = take_records(&c, view);
	if (!*why)
		return 0;
	vouch_capture_release(view);
	return *why == vouch_capture_no_memory ? -ENOMEM : -EINVAL;
}

void vouch_capture_release(struct vouch_capture_view *view)
{
	u32 i;

	for (i = 0; i < view->n_progs; i++) {
		/* There are none without memory for them. NOLINTNEXTLINE */
		free(view->progs[i].funcs);
		free(view->progs[i].syms);
		free(view->progs[i].accesses);
	}
	free(view->progs);
	free(view->maps);
	free(view->facts);
	memset(view, 0, sizeof(*view));
}
