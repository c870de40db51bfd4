// SPDX-License-Identifier: BSD-2-Clause
/* What is attached at start, by the configuration. */

#include "boot.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "attach.h"
#include "deliver.h"
#include "file.h"
#include "image.h"
#include "store.h"

/* The newest image of a slot that the state directory has. */
struct kept {
	u8 *file; /* NULL: there is none */
	size_t len;
	u32 epoch;
	u64 sequence;
};

/* Whether that is an image of the slot, and newer than what was found. */
static bool is_newer(const struct kept *kept, const char *slot, const u8 *file,
		     size_t len, struct kept *found)
{
	struct vouch_image image;
	u32 elf_len, sig_len;
	const char *why;

	if (vouch_image_split(file, len, &elf_len, &sig_len, &why) ||
	    vouch_image_parse(file, elf_len, &image, &why) ||
	    strcmp(image.record->slot, slot))
		return false;
	found->epoch = le32_to_cpu(image.record->epoch);
	found->sequence = le64_to_cpu(image.record->sequence);
	return !kept->file || found->epoch > kept->epoch ||
	       (found->epoch == kept->epoch &&
		found->sequence > kept->sequence);
}

static void consider(const char *path, const char *slot, struct kept *kept)
{
	struct vouch_failure unreadable;
	struct kept found = { 0 };

	if (vouch_file_read(path, &found.file, &found.len, &unreadable))
		return;
	if (!is_newer(kept, slot, found.file, found.len, &found)) {
		free(found.file);
		return;
	}
	free(kept->file);
	*kept = found;
}

static bool is_image(const char *name)
{
	const char *dot = strrchr(name, '.');

	return !strncmp(name, VOUCH_IMAGE_PREFIX,
			sizeof(VOUCH_IMAGE_PREFIX) - 1) &&
	       dot && !strcmp(dot, ".ko") && strlen(name) < 60;
}

static int find_kept(const char *state, const char *slot, struct kept *kept,
		     struct vouch_failure *f)
{
	char path[VOUCH_STORE_PATH_LEN];
	DIR *dir = opendir(state);
	struct dirent *it;

	vouch_fail(f, -ENOENT, VOUCH_EXIT_REFUSED, "load the image of slot %s",
		   slot);
	vouch_fail_next(f, "deliver one to that slot");
	while (dir && (it = readdir(dir))) {
		if (!is_image(it->d_name))
			continue;
		vouch_store_path(path, state, it->d_name);
		consider(path, slot, kept);
	}
	if (dir)
		closedir(dir);
	return kept->file ? 0
			  : vouch_fail_why(f, "%s has no image for it", state);
}

static void say(const struct vouch_failure *f)
{
	fprintf(stderr, "vouch-targetd: at start: cannot %s: %s\n", f->what,
		f->why);
}

static void note(json_t *results, const char *slot, const char *image,
		 const json_t *hook, const struct vouch_failure *f)
{
	const char *good = hook ? "attached" : "loaded";

	if (f)
		say(f);
	json_array_append_new(
		results,
		json_pack("{s:s, s:s?, s:s?, s:s?, s:s, s:o}", "slot", slot,
			  "image", image, "program",
			  json_string_value(json_object_get(hook, "program")),
			  "hook",
			  json_string_value(json_object_get(hook, "hook")),
			  "status", f ? "refused" : good, "reason",
			  f ? json_sprintf("cannot %s: %s", f->what, f->why)
			    : json_null()));
}

/* Its name, or NULL with @f. */
static char *load(struct vouch_agent *agent, const char *slot,
		  struct vouch_failure *f)
{
	json_t *args = json_pack("{s:s, s:n}", "slot", slot, "attach");
	struct kept kept = { 0 };
	json_t *status = NULL;
	char *name = NULL;

	if (!find_kept(agent->state, slot, &kept, f))
		status = vouch_delivery_take(agent, args, kept.file, kept.len,
					     f);
	if (status && !json_object_get(status, "failure"))
		name = strdup(
			json_string_value(json_object_get(status, "image")));
	json_decref(status);
	json_decref(args);
	free(kept.file);
	return name;
}

static void run_entry(struct vouch_agent *agent, const json_t *entry,
		      json_t *results)
{
	const char *slot = json_string_value(json_object_get(entry, "slot"));
	json_t *hooks = json_object_get(entry, "attach"), *it;
	struct vouch_failure f = { 0 };
	char *image = load(agent, slot, &f);
	size_t i;

	if (!image || !json_array_size(hooks)) {
		note(results, slot, image, NULL, image ? NULL : &f);
		free(image);
		return;
	}
	json_array_foreach(hooks, i, it) {
		const char *program =
			json_string_value(json_object_get(it, "program"));
		const char *hook =
			json_string_value(json_object_get(it, "hook"));
		int err = vouch_attach(agent->device, image, program, hook, &f);

		note(results, slot, image, it, err ? &f : NULL);
	}
	free(image);
}

json_t *vouch_boot_run(struct vouch_agent *agent, const json_t *boot)
{
	json_t *results = json_array(), *entry;
	size_t i;

	json_array_foreach((json_t *)boot, i, entry)
		run_entry(agent, entry, results);
	return results;
}
