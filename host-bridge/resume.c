// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a predecessor left unfinished, and what was held while the store could
 * not be written.
 */

#include <stdio.h>
#include <stdlib.h>

#include "fault.h"
#include "file.h"
#include "log.h"
#include "submission.h"

/* How often the daemon begins with one submission that ends it each time. */
#define MAX_ATTEMPTS 3u
/* Before the store is tried again that could not be written. */
#define AGAIN_MS 1000

/* ---- files that nobody knows ---- */

struct known {
	struct vouch_store *store;
	enum vouch_store_file kind;
	bool failed;
};

static bool is_known(void *ctx, const char *name)
{
	struct known *known = ctx;
	char hex[VOUCH_HEX_LEN];
	size_t len = strcspn(name, ".");
	int ret;

	/* Not one of ours. */
	if (len != VOUCH_HEX_LEN - 1 ||
	    strcmp(name + len, known->kind == VOUCH_STORE_IMAGE ? ".ko" : ""))
		return true;
	snprintf(hex, sizeof(hex), "%s", name);
	ret = vouch_store_knows(known->store, known->kind, hex);
	if (ret < 0)
		known->failed = true;
	return ret;
}

static int sweep_dir(const struct vouch_daemon *daemon, const char *name,
		     int fd, bool (*keep)(void *ctx, const char *name),
		     struct known *known)
{
	int n = vouch_file_sweep(fd, keep, known);

	if (n < 0)
		vouch_error("cannot clear %s/%s: %s; check its permissions",
			    daemon->config->state_dir, name, strerror(-n));
	else if (n)
		vouch_notice("removed %d files of %s/%s that were not finished",
			     n, daemon->config->state_dir, name);
	return n < 0 ? n : known->failed ? -EIO : 0;
}

/* Nothing is under way between a file's last step and the store's word of it,
 * so what the store does not know now it never will. */
static int sweep(const struct vouch_daemon *daemon)
{
	struct known known = { .store = daemon->store };
	int err;

	err = sweep_dir(daemon, "", daemon->state_fd, NULL, &known);
	if (!err)
		err = sweep_dir(daemon, "captures", daemon->captures_fd, NULL,
				&known);
	known.kind = VOUCH_STORE_OBJECT;
	if (!err)
		err = sweep_dir(daemon, "objects", daemon->objects_fd, is_known,
				&known);
	known.kind = VOUCH_STORE_IMAGE;
	if (!err)
		err = sweep_dir(daemon, "images", daemon->images_fd, is_known,
				&known);
	vouch_fault("resume", "swept");
	return err;
}

/* ---- submissions ---- */

static void copy(char *out, size_t size, const char *s)
{
	snprintf(out, size, "%s", s ? s : "");
}

static int restore(struct vouch_submission *sub,
		   const struct vouch_store_submission *row)
{
	const struct vouch_config *config = sub->daemon->config;
	json_t *options = json_loads(row->options, 0, NULL);
	struct vouch_failure f;
	int vm, err;

	copy(sub->submitter, sizeof(sub->submitter), row->submitter);
	copy(sub->name, sizeof(sub->name), row->name);
	copy(sub->slot, sizeof(sub->slot), row->slot);
	copy(sub->attach, sizeof(sub->attach), row->attach);
	sub->deliver = row->deliver;
	sub->profile = row->profile;
	err = vouch_submission_choose(sub, options, &f);
	json_decref(options);
	if (err)
		return err;
	if (row->target) {
		vm = vouch_config_target(config, row->target);
		if (vm < 0)
			return vm;
		sub->target = &sub->daemon->vms[vm];
		sub->profile = sub->target->config->profile_index;
	}
	return sub->profile < config->n_profiles ? 0 : -ENOENT;
}

static int restore_image(struct vouch_submission *sub,
			 const struct vouch_store_submission *row)
{
	char name[VOUCH_HEX_LEN + 4];
	json_t *verdict;
	void *data;
	int err;

	snprintf(name, sizeof(name), "%s.ko", row->image);
	err = vouch_file_get(sub->daemon->images_fd, name, VOUCH_FRAME_MAX_BLOB,
			     &data, &sub->image_len);
	if (err)
		return err;
	sub->image = data;
	verdict = json_loads(row->verdict, 0, NULL);
	if (!json_is_object(verdict)) {
		json_decref(verdict);
		return -EINVAL;
	}
	json_decref(sub->verdict);
	sub->verdict = verdict;
	return 0;
}

static int restore_object(struct vouch_submission *sub)
{
	void *data;
	int err;

	err = vouch_file_get(sub->daemon->objects_fd, sub->object_hex,
			     VOUCH_MAX_OBJECT, &data, &sub->object_len);
	if (!err)
		sub->object = data;
	return err;
}

static bool is_under_way(const struct vouch_daemon *daemon, u64 id)
{
	const struct vouch_submission *sub;

	for (sub = daemon->submissions; sub; sub = sub->next)
		if (sub->id == id)
			return true;
	return false;
}

/* What is gone or malformed stays so; a disk may have a bad moment. */
static bool may_pass(int err)
{
	return err != -ENOENT && err != -EINVAL && err != -EFBIG;
}

static void take(void *ctx, const struct vouch_store_submission *row)
{
	bool sealed = row->image && row->verdict;
	struct vouch_daemon *daemon = ctx;
	struct vouch_submission *sub;
	int err = -ENOMEM;

	if (is_under_way(daemon, row->id))
		return;
	/* Those that are left have their turn later. */
	if (daemon->n_submissions < VOUCH_MAX_SUBMISSIONS)
		sub = vouch_submission_new(daemon);
	else
		sub = NULL;
	if (!sub) {
		vouch_resume_later(daemon);
		return;
	}
	copy(sub->object_hex, sizeof(sub->object_hex), row->object);
	sub->id = row->id;
	sub->resume = VOUCH_RESUME_FAILED;
	if (vouch_verdict_begin(sub)) {
		vouch_submission_free(sub);
		vouch_resume_later(daemon);
		return;
	}
	vouch_notice("submission %llu: taken up again at '%s'",
		     (unsigned long long)row->id, row->state);
	if (row->attempts < MAX_ATTEMPTS) {
		err = restore(sub, row);
		if (!err)
			err = sealed ? restore_image(sub, row)
				     : restore_object(sub);
	}
	if (!err)
		sub->resume = sealed ? VOUCH_RESUME_DELIVER
				     : VOUCH_RESUME_VERIFY;
	else if (row->attempts < MAX_ATTEMPTS && may_pass(err))
		sub->resume = VOUCH_RESUME_LATER;
}

static void go_on(struct vouch_submission *sub)
{
	enum vouch_resume how = sub->resume;

	sub->resume = VOUCH_RESUME_NONE;
	if (how == VOUCH_RESUME_VERIFY) {
		vouch_submission_start(sub);
	} else if (how == VOUCH_RESUME_DELIVER) {
		vouch_submission_deliver(sub);
	} else if (how == VOUCH_RESUME_LATER) {
		vouch_submission_free(sub);
		vouch_resume_later(sub->daemon);
	} else {
		vouch_verdict_set(sub, "error", VOUCH_EXIT_INTERNAL,
				  "it was interrupted by the end of the daemon "
				  "and cannot be taken up again; submit again");
		vouch_submission_finish(sub);
	}
	vouch_fault("resume", "taken");
}

/* The oldest that was taken and has not gone on. */
static struct vouch_submission *next_taken(const struct vouch_daemon *daemon)
{
	struct vouch_submission *sub, *found = NULL;

	for (sub = daemon->submissions; sub; sub = sub->next)
		if (sub->resume && (!found || sub->id < found->id))
			found = sub;
	return found;
}

/* What ended the daemon may do so again; what was only held did not, unless
 * its file cannot be read. */
static int count(struct vouch_daemon *daemon, bool start)
{
	const struct vouch_submission *sub;
	int err = 0;

	for (sub = daemon->submissions; !err && sub; sub = sub->next)
		if (sub->resume && (start || sub->resume == VOUCH_RESUME_LATER))
			err = vouch_store_attempt(daemon->store, sub->id);
	return err;
}

static void take_up(struct vouch_daemon *daemon, bool start)
{
	struct vouch_submission *sub;
	int err;

	/* A store that takes this can be written again. */
	err = vouch_store_log(daemon->store, 0, "resume", VOUCH_VERSION);
	if (!err)
		err = vouch_store_pending(daemon->store, take, daemon);
	if (!err)
		err = count(daemon, start);
	if (!err)
		err = sweep(daemon);
	vouch_fault("resume", "read");
	while ((sub = next_taken(daemon))) {
		if (err)
			vouch_submission_free(sub);
		else
			go_on(sub);
	}
	if (err)
		vouch_resume_later(daemon);
}

static void on_timer(struct vouch_timer *timer)
{
	take_up(vouch_container(timer, struct vouch_daemon, resume), false);
}

void vouch_resume_later(struct vouch_daemon *daemon)
{
	daemon->resume.expire = on_timer;
	vouch_timer_set(&daemon->loop, &daemon->resume, AGAIN_MS);
}

void vouch_resume_start(struct vouch_daemon *daemon)
{
	take_up(daemon, true);
}
