// SPDX-License-Identifier: GPL-2.0-only

#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fill.h"
#include "layout.h"
#include "loaded.h"
#include "slot.h"

#ifndef CONFIG_MODULE_SIG
#error "vouch_target needs a kernel that checks module signatures"
#endif

static DEFINE_MUTEX(lock);
static LIST_HEAD(admitted); /* struct vouch_admitted */
static LIST_HEAD(images); /* struct vouch_loaded, in order of loading */

/* Whatever is called as an image is one, or is not let in. */
static bool is_image(const struct module *mod)
{
	return mod != THIS_MODULE && !strncmp(mod->name, VOUCH_IMAGE_PREFIX,
					      sizeof(VOUCH_IMAGE_PREFIX) - 1);
}

static struct vouch_loaded *find(const char *name)
{
	struct vouch_loaded *l;

	lockdep_assert_held(&lock);
	list_for_each_entry(l, &images, list)
		if (!strcmp(l->name, name))
			return l;
	return NULL;
}

static struct vouch_admitted *find_admitted(const char *name)
{
	struct vouch_admitted *a;

	lockdep_assert_held(&lock);
	list_for_each_entry(a, &admitted, list)
		if (!strcmp(a->img.name, name))
			return a;
	return NULL;
}

static void drop_admitted(struct vouch_admitted *a)
{
	lockdep_assert_held(&lock);
	if (!a)
		return;
	list_del(&a->list);
	*a->owner = NULL;
	vouch_admit_free(a);
}

int vouch_loaded_expect(struct vouch_admitted *a, struct vouch_admitted **owner,
			struct vouch_reason *why)
{
	struct vouch_admitted *other;
	int err = 0;

	mutex_lock(&lock);
	other = find_admitted(a->img.name);
	if (find(a->img.name) || (other && other->owner != owner)) {
		err = vouch_refuse(
			why, -EEXIST,
			"image %s: is loaded or about to be; unload it first or link another instance",
			a->img.name);
		vouch_admit_free(a);
	} else {
		drop_admitted(*owner);
		a->owner = owner;
		*owner = a;
		list_add_tail(&a->list, &admitted);
	}
	mutex_unlock(&lock);
	return err;
}

void vouch_loaded_forget(struct vouch_admitted **owner)
{
	mutex_lock(&lock);
	drop_admitted(*owner);
	mutex_unlock(&lock);
}

static void free_image(struct vouch_loaded *l)
{
	u32 i;

	if (l->maps)
		vouch_fill_leave(l);

	for (i = 0; l->maps && i < l->req.n_maps; i++) {
		if (l->maps[i])
			l->maps[i]->n_images--;
		vouch_map_put(l->maps[i]);
	}
	kfree(l->maps);
	kfree(l->runs);
	kvfree(l->req.req);
	kfree(l);
}

static int copy_requirements(struct vouch_loaded *l,
			     const struct vouch_requirements_view *from)
{
	struct vouch_requirements_view *to = &l->req;
	size_t facts = from->n_facts * sizeof(*from->facts);
	size_t len = le32_to_cpu(from->req->size) - facts;
	void *copy = kvmalloc(len, GFP_KERNEL);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, from->req, len);
	to->req = copy;
	to->n_progs = from->n_progs;
	to->n_maps = from->n_maps;
	to->n_refs = from->n_refs;
	to->progs = (const void *)(to->req + 1);
	to->n_templates = from->n_templates;
	to->maps = (const void *)(to->progs + to->n_progs);
	to->templates = to->maps + to->n_maps;
	to->refs = (const void *)(to->templates + to->n_templates);
	return 0;
}

static struct vouch_loaded *new_image(struct module *mod,
				      const struct vouch_image *img)
{
	struct vouch_loaded *l = kzalloc(sizeof(*l), GFP_KERNEL);

	if (!l)
		return NULL;
	l->mod = mod;
	l->record = *img->record;
	strscpy(l->name, img->name, sizeof(l->name));
	if (copy_requirements(l, &img->req))
		goto free;
	l->maps = kcalloc(l->req.n_maps + 1, sizeof(*l->maps), GFP_KERNEL);
	l->runs = kcalloc(l->req.n_progs, sizeof(*l->runs), GFP_KERNEL);
	if (l->maps && l->runs)
		return l;
free:
	free_image(l);
	return NULL;
}

static bool same_slot(const struct vouch_loaded *a,
		      const struct vouch_loaded *b)
{
	return !memcmp(a->record.slot, b->record.slot, sizeof(a->record.slot));
}

/* The map of the newest image of the slot that has one like it. */
static struct vouch_map *adopt_map(const struct vouch_loaded *l,
				   const struct vouch_map_def *def)
{
	struct vouch_loaded *other;
	u32 i;

	list_for_each_entry_reverse(other, &images, list) {
		if (!same_slot(l, other))
			continue;
		for (i = 0; i < other->req.n_maps; i++) {
			struct vouch_map *map = other->maps[i];

			if (!vouch_map_shareable(map, def))
				continue;
			refcount_inc(&map->refs);
			return map;
		}
	}
	return NULL;
}

static int make_maps(struct vouch_loaded *l, const struct vouch_image *img,
		     struct vouch_reason *why)
{
	struct vouch_map_def def;
	struct vouch_map *map;
	u32 i;

	for (i = 0; i < l->req.n_maps; i++) {
		const struct vouch_req_map *m = &l->req.maps[i];
		const u8 *data = img->data + le32_to_cpu(m->data_off);

		vouch_map_define(&l->req, i, &def);
		if (!m->data_len || def.type == VOUCH_MAP_PROG_ARRAY ||
		    vouch_map_holds_maps(def.type))
			data = NULL;
		map = adopt_map(l, &def);
		if (!map)
			map = vouch_map_new(&def, data, why);
		if (IS_ERR(map))
			return PTR_ERR(map);
		map->n_images++;
		l->maps[i] = map;
	}
	return 0;
}

static void fill_slots(const struct vouch_loaded *l, u64 *slots)
{
	u32 i;

	for (i = 0; i < l->req.n_refs; i++) {
		const struct vouch_req_ref *r = &l->req.refs[i];
		const struct vouch_map *map = l->maps[le32_to_cpu(r->map)];

		if (le32_to_cpu(r->kind) == VOUCH_SLOT_VALUE)
			slots[i] = (unsigned long)vouch_map_value(map) +
				   le64_to_cpu(r->offset);
		else
			slots[i] = (unsigned long)map->block;
	}
}

static int take_in(struct module *mod, const struct vouch_image *img,
		   struct vouch_reason *why)
{
	const struct vouch_record *rec = img->record;
	struct vouch_layout layout;
	struct vouch_loaded *l;
	int err;

	/* The floor may have risen since admission. */
	err = vouch_slot_check(rec->slot, le32_to_cpu(rec->epoch),
			       le64_to_cpu(rec->sequence), why);
	if (!err)
		err = vouch_layout_check(mod, img, &layout, why);
	if (err)
		return err;
	l = new_image(mod, img);
	if (!l)
		return vouch_refuse(why, -ENOMEM, "image %s: out of memory",
				    img->name);
	l->text = layout.text;
	err = make_maps(l, img, why);
	if (err) {
		free_image(l);
		return err;
	}
	fill_slots(l, layout.slots);
	err = vouch_fill(l, img, why);
	if (err) {
		free_image(l);
		return err;
	}
	list_add_tail(&l->list, &images);
	__module_get(THIS_MODULE);
	return 0;
}

static int coming(struct module *mod)
{
	struct vouch_reason why = {};
	struct vouch_admitted *a;
	int err;

	mutex_lock(&lock);
	a = find_admitted(mod->name);
	if (!is_module_sig_enforced() || !mod->sig_ok)
		err = vouch_refuse(
			&why, -EKEYREJECTED,
			"image %s: the kernel did not insist on a good signature; boot with module.sig_enforce=1",
			mod->name);
	else if (!a)
		err = vouch_refuse(
			&why, -EPERM,
			"image %s: was not admitted; load it through vouch-targetd",
			mod->name);
	else
		err = take_in(mod, &a->img, &why);
	drop_admitted(a);
	mutex_unlock(&lock);
	if (err)
		pr_warn("refused to load %s\n", why.text);
	return err;
}

static void live(struct module *mod)
{
	struct vouch_loaded *l;

	mutex_lock(&lock);
	l = find(mod->name);
	if (l)
		l->live = true;
	mutex_unlock(&lock);
}

/* Whoever used it held a reference, so nobody does. */
static void going(struct module *mod)
{
	struct vouch_loaded *l;

	mutex_lock(&lock);
	l = find(mod->name);
	if (l) {
		list_del(&l->list);
		free_image(l);
		module_put(THIS_MODULE);
	}
	mutex_unlock(&lock);
}

static int notify(struct notifier_block *nb, unsigned long state, void *data)
{
	struct module *mod = data;

	if (!is_image(mod))
		return NOTIFY_DONE;
	switch (state) {
	case MODULE_STATE_COMING:
		return notifier_from_errno(coming(mod));
	case MODULE_STATE_LIVE:
		live(mod);
		break;
	case MODULE_STATE_GOING:
		going(mod);
		break;
	}
	return NOTIFY_OK;
}

static struct notifier_block notifier = { .notifier_call = notify };

int vouch_loaded_init(void)
{
	return register_module_notifier(&notifier);
}

void vouch_loaded_exit(void)
{
	unregister_module_notifier(&notifier);
}

struct vouch_loaded *vouch_loaded_get(const char *name,
				      struct vouch_reason *why)
{
	struct vouch_loaded *l;

	if (!vouch_name_ok(name, VOUCH_TARGET_IMAGE_LEN))
		return ERR_PTR(vouch_refuse(
			why, -EINVAL,
			"image: the name is empty, unprintable or not NUL-padded"));
	mutex_lock(&lock);
	l = find(name);
	if (!l || !l->live || !try_module_get(l->mod))
		l = ERR_PTR(vouch_refuse(
			why, -ENOENT,
			"image %s: is not loaded; admit and load it first",
			name));
	mutex_unlock(&lock);
	return l;
}

struct vouch_loaded *vouch_loaded_at(u32 index, struct vouch_reason *why)
{
	struct vouch_loaded *l;
	u32 n = 0;

	mutex_lock(&lock);
	list_for_each_entry(l, &images, list)
		if (l->live && n++ == index && try_module_get(l->mod))
			goto found;
	l = ERR_PTR(vouch_refuse(why, -ENOENT, "image %u: only %u are loaded",
				 index, n));
found:
	mutex_unlock(&lock);
	return l;
}

void vouch_loaded_put(struct vouch_loaded *l)
{
	module_put(l->mod);
}

u32 vouch_loaded_count(void)
{
	struct vouch_loaded *l;
	u32 n = 0;

	mutex_lock(&lock);
	list_for_each_entry(l, &images, list)
		n += l->live;
	mutex_unlock(&lock);
	return n;
}

int vouch_loaded_prog(const struct vouch_loaded *l, const char *name,
		      struct vouch_reason *why)
{
	u32 i;

	if (!vouch_name_ok(name, VOUCH_TARGET_NAME_LEN))
		return vouch_refuse(
			why, -EINVAL,
			"program: the name is empty, unprintable or not NUL-padded");
	for (i = 0; i < l->req.n_progs; i++)
		if (!memcmp(l->req.progs[i].name, name, VOUCH_TARGET_NAME_LEN))
			return i;
	return vouch_refuse(why, -ENOENT,
			    "program %s: image %s has none of that name", name,
			    l->name);
}

struct vouch_map *vouch_loaded_map(const struct vouch_loaded *l,
				   const char *name, struct vouch_reason *why)
{
	u32 i;

	if (!vouch_name_ok(name, VOUCH_TARGET_NAME_LEN))
		return ERR_PTR(vouch_refuse(
			why, -EINVAL,
			"map: the name is empty, unprintable or not NUL-padded"));
	for (i = 0; i < l->req.n_maps; i++)
		if (!memcmp(l->maps[i]->def.name, name, VOUCH_TARGET_NAME_LEN))
			return l->maps[i];
	return ERR_PTR(vouch_refuse(why, -ENOENT,
				    "map %s: image %s has none of that name",
				    name, l->name));
}

u32 vouch_loaded_sharers(const struct vouch_map *map)
{
	u32 n;

	mutex_lock(&lock);
	n = map->n_images;
	mutex_unlock(&lock);
	return n;
}
