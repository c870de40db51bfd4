/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Images: those that are admitted, and those that the kernel has loaded.
 *
 * A notifier watches every module whose name is an image's. It refuses what
 * was not admitted or is not byte for byte what was, makes or takes over the
 * maps, fills the pointer table, and publishes the image when it is live.
 *
 * An image is used with a reference on its module, so it cannot go while a
 * program runs or its maps are accessed; and each image holds vouch_target.
 */
#ifndef VOUCH_LOADED_H
#define VOUCH_LOADED_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/module.h>

#include "admit.h"
#include "maps/map.h"

struct vouch_loaded {
	struct list_head list;
	struct module *mod;
	bool live;
	char name[VOUCH_TARGET_IMAGE_LEN];
	struct vouch_requirements_view req; /* own copy, without facts */
	struct vouch_record record;
	const u8 *text;
	struct vouch_map **maps; /* req.n_maps */
	struct vouch_entries *entries; /* of prog arrays; NULL: none used */
	atomic64_t *runs; /* req.n_progs; of attachments that have ended */
};

/**
 * vouch_loaded_init() - start to watch modules.
 *
 * Return: 0 or -errno.
 */
int vouch_loaded_init(void);

/** vouch_loaded_exit() - stop; there are no images any more. */
void vouch_loaded_exit(void);

/**
 * vouch_loaded_expect() - keep an admitted image for its load.
 * @a: the image; taken over, also on error
 * @owner: where the one pointer to it is kept; a former one is replaced
 * @why: filled on error
 *
 * Return: 0, or -EEXIST if it is admitted or loaded already.
 */
int vouch_loaded_expect(struct vouch_admitted *a, struct vouch_admitted **owner,
			struct vouch_reason *why);

/**
 * vouch_loaded_forget() - forget an admitted image, if its load did not.
 * @owner: where the pointer is kept; set to NULL
 */
void vouch_loaded_forget(struct vouch_admitted **owner);

/**
 * vouch_loaded_get() - find a live image and take a reference.
 * @name: VOUCH_TARGET_IMAGE_LEN bytes
 * @why: filled on error
 *
 * Return: the image, for vouch_loaded_put(); ERR_PTR(-EINVAL or -ENOENT).
 */
struct vouch_loaded *vouch_loaded_get(const char *name,
				      struct vouch_reason *why);

/**
 * vouch_loaded_at() - the live image with a number, in order of loading.
 * @index: from 0
 * @why: filled on error
 *
 * Return: the image, for vouch_loaded_put(); ERR_PTR(-ENOENT).
 */
struct vouch_loaded *vouch_loaded_at(u32 index, struct vouch_reason *why);

/**
 * vouch_loaded_put() - drop a reference.
 * @l: the image
 */
void vouch_loaded_put(struct vouch_loaded *l);

/** vouch_loaded_count() - number of live images. */
u32 vouch_loaded_count(void);

/**
 * vouch_loaded_prog() - find a program of an image.
 * @l: the image
 * @name: VOUCH_TARGET_NAME_LEN bytes
 * @why: filled on error
 *
 * Return: its index, -EINVAL or -ENOENT.
 */
int vouch_loaded_prog(const struct vouch_loaded *l, const char *name,
		      struct vouch_reason *why);

/**
 * vouch_loaded_map() - find a map of an image.
 * @l: the image, which must be held as long as the map is used
 * @name: VOUCH_TARGET_NAME_LEN bytes
 * @why: filled on error
 *
 * Return: the map, ERR_PTR(-EINVAL or -ENOENT).
 */
struct vouch_map *vouch_loaded_map(const struct vouch_loaded *l,
				   const char *name, struct vouch_reason *why);

/**
 * vouch_loaded_sharers() - number of images that use a map.
 * @map: the map
 */
u32 vouch_loaded_sharers(const struct vouch_map *map);

typedef u32 (*vouch_entry_fn)(const void *ctx, const void *insn);

/**
 * vouch_loaded_entry() - where a program's code starts.
 * @l: the image
 * @prog: index of the program
 *
 * Return: its address, to be called as the kernel calls a bpf_func.
 */
static inline vouch_entry_fn vouch_loaded_entry(const struct vouch_loaded *l,
						u32 prog)
{
	return (vouch_entry_fn)(l->text +
				le32_to_cpu(l->req.progs[prog].text_off));
}

#endif /* VOUCH_LOADED_H */
