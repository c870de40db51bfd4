// SPDX-License-Identifier: GPL-2.0-only

#include <linux/bpf.h>

#include "fill.h"
#include "maps/entries.h"
#include "maps/nested.h"

static bool is_prog_array(const struct vouch_map *map)
{
	return map->def.type == VOUCH_MAP_PROG_ARRAY;
}

void vouch_fill_leave(struct vouch_loaded *l)
{
	u32 i;

	if (!l->entries)
		return;
	for (i = 0; i < l->req.n_maps; i++)
		if (l->maps[i] && is_prog_array(l->maps[i]))
			vouch_entries_leave(l->maps[i], l->entries);
	synchronize_rcu();
	vouch_entries_free(l->entries);
}

static int join_arrays(struct vouch_loaded *l, const struct vouch_image *img,
		       struct vouch_reason *why)
{
	u32 i;
	int err;

	if (!l->req.req->prog_func)
		return 0;
	l->entries = vouch_entries_new(&l->req, l->text);
	if (!l->entries)
		return vouch_refuse(why, -ENOMEM, "image %s: out of memory",
				    l->name);
	for (i = 0; i < l->req.n_maps; i++) {
		const struct vouch_req_map *m = &l->req.maps[i];
		const void *values = img->data + le32_to_cpu(m->data_off);

		if (!is_prog_array(l->maps[i]))
			continue;
		err = vouch_entries_join(l->maps[i], l->entries,
					 m->data_len ? values : NULL);
		if (err)
			return vouch_refuse(
				why, err,
				"map %s: starts with a program that is not there or of another type; link the image anew",
				l->maps[i]->def.name);
	}
	return 0;
}

/* The map that an entry of a map of maps says, which starts with it. */
static struct vouch_map *inner_map(const struct vouch_loaded *l,
				   const struct vouch_map *map, __le32 entry)
{
	u32 i = le32_to_cpu(entry);

	if (i > l->req.n_maps || !vouch_nested_fits(map, l->maps[i - 1]))
		return NULL;
	return l->maps[i - 1];
}

static int fill_map(struct vouch_loaded *l, struct vouch_map *map,
		    const __le32 *entries, bool check)
{
	u32 key;

	for (key = 0; key < map->def.max_entries; key++) {
		struct vouch_map *inner;
		int err;

		if (!entries[key])
			continue;
		inner = inner_map(l, map, entries[key]);
		if (!inner)
			return -EINVAL;
		err = check ? 0 : map->ops->store(map, &key, &inner, BPF_ANY);
		if (err)
			return err;
	}
	return 0;
}

/* Maps that another image uses too get nothing before all is known to fit. */
static int fill_maps(struct vouch_loaded *l, const struct vouch_image *img,
		     bool check, struct vouch_reason *why)
{
	u32 i;
	int err;

	for (i = 0; i < l->req.n_maps; i++) {
		const struct vouch_req_map *m = &l->req.maps[i];
		const void *values = img->data + le32_to_cpu(m->data_off);

		if (!m->data_len || !vouch_map_holds_maps(le32_to_cpu(m->type)))
			continue;
		err = fill_map(l, l->maps[i], values, check);
		if (err)
			return vouch_refuse(
				why, err,
				"map %s: starts with a map that is not there, not like those that it holds, or finds no room (%d); link the image anew",
				l->maps[i]->def.name, err);
	}
	return 0;
}

int vouch_fill(struct vouch_loaded *l, const struct vouch_image *img,
	       struct vouch_reason *why)
{
	int err = fill_maps(l, img, true, why);

	if (!err)
		err = join_arrays(l, img, why);
	return err ? err : fill_maps(l, img, false, why);
}
