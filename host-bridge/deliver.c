// SPDX-License-Identifier: BSD-2-Clause
/* Bringing signed images to targets. */

#include <stdlib.h>

#include "../common/hex.h"
#include "daemon.h"
#include "fault.h"
#include "log.h"

#define POLL_MS 100

struct delivery {
	struct vouch_timer poll;
	struct vouch_reap reap;
	struct vouch_vm *vm;
	char slot[VOUCH_SLOT_LEN];
	char *attach;
	const u8 *profile;
	void *image;
	size_t len;
	u64 until_us;
	vouch_delivery_fn done;
	void *ctx;
};

static void delivery_free(struct vouch_reap *reap)
{
	struct delivery *d = vouch_container(reap, struct delivery, reap);

	free(d->attach);
	free(d->image);
	free(d);
}

static void finish(struct delivery *d, const char *status, const char *reason,
		   enum vouch_exit exit, json_t *answer)
{
	const struct vouch_delivery result = {
		.status = status,
		.reason = reason,
		.exit = exit,
		.answer = answer,
	};

	vouch_loop_reap(&d->vm->daemon->loop, &d->reap);
	d->done(d->ctx, &result);
}

/* The target knows best what kind of failure it was. */
static enum vouch_exit exit_of(const json_t *json, enum vouch_exit otherwise)
{
	const json_t *failure = json_object_get(json, "failure");
	struct vouch_failure f;

	if (!json_is_object(failure))
		return otherwise;
	vouch_failure_read(failure, &f);
	return f.exit == VOUCH_EXIT_OK ? otherwise : f.exit;
}

static void take_status(struct delivery *d, json_t *json)
{
	const char *status = json_string_value(json_object_get(json, "status"));
	const char *reason = json_string_value(json_object_get(json, "reason"));

	if (status &&
	    (!strcmp(status, "loaded") || !strcmp(status, "attached")))
		finish(d, status, reason, VOUCH_EXIT_OK, json);
	else if (status && !strcmp(status, "refused"))
		finish(d, status, reason ? reason : "no reason given",
		       exit_of(json, VOUCH_EXIT_REFUSED), json);
	else
		finish(d, "error", reason ? reason : "no reason given",
		       exit_of(json, VOUCH_EXIT_INTERNAL), json);
}

static void on_answer(void *ctx, const struct vouch_answer *answer)
{
	struct delivery *d = ctx;
	struct vouch_failure f;

	vouch_fault("delivery", "answered");
	if (answer->err == -ETIMEDOUT) {
		finish(d, "error",
		       "the target did not answer in time; see its "
		       "console",
		       VOUCH_EXIT_TIMEOUT, NULL);
	} else if (answer->err) {
		finish(d, "error",
		       "the target was lost during the delivery; "
		       "see its console, then deliver the image with "
		       "'vouch deliver'",
		       VOUCH_EXIT_UNAVAILABLE, NULL);
	} else if (answer->frame->type == VOUCH_FRAME_STATUS) {
		take_status(d, answer->json);
	} else if (answer->frame->type == VOUCH_FRAME_ERROR) {
		vouch_failure_read(answer->json, &f);
		finish(d, "error", f.why, f.exit, NULL);
	} else {
		finish(d, "error",
		       "the target answered with another frame "
		       "than STATUS",
		       VOUCH_EXIT_INTERNAL, NULL);
	}
}

/* The target would refuse it anyway; this says more clearly why. */
static bool profile_differs(const struct delivery *d)
{
	const char *hex = !d->profile ? NULL
				      : json_string_value(json_object_get(
						d->vm->hello, "profile"));
	u8 profile[VOUCH_HASH_LEN];

	return hex && (vouch_hex_read(hex, profile, sizeof(profile)) ||
		       memcmp(profile, d->profile, sizeof(profile)));
}

static void send_image(struct delivery *d)
{
	json_t *json;
	int err;

	if (profile_differs(d)) {
		finish(d, "refused",
		       "the target runs another profile than the "
		       "one configured for it; make the profile again, or "
		       "boot the kernel that it describes",
		       VOUCH_EXIT_REFUSED, NULL);
		return;
	}
	json = json_pack("{s:s, s:s?}", "slot", d->slot, "attach", d->attach);
	err = json ? vouch_peer_call(&d->vm->agent, VOUCH_FRAME_DELIVER, json,
				     d->image, d->len,
				     d->vm->daemon->config->timeouts.deliver_s *
					     1000,
				     on_answer, d)
		   : -ENOMEM;
	json_decref(json);
	vouch_fault("delivery", "asked");
	if (err)
		finish(d, "error", strerror(-err), VOUCH_EXIT_INTERNAL, NULL);
}

static void on_poll(struct vouch_timer *timer)
{
	struct delivery *d = vouch_container(timer, struct delivery, poll);

	if (d->vm->agent.conn)
		send_image(d);
	else if (d->vm->state == VOUCH_VM_FAILED ||
		 vouch_clock_us() >= d->until_us)
		finish(d, "unavailable",
		       "the target is not connected; start it, then "
		       "deliver the image with 'vouch deliver'",
		       VOUCH_EXIT_UNAVAILABLE, NULL);
	else
		vouch_timer_set(&d->vm->daemon->loop, timer, POLL_MS);
}

void vouch_deliver(struct vouch_vm *vm, const char *slot, const char *attach,
		   const u8 *profile, void *image, size_t len,
		   vouch_delivery_fn done, void *ctx)
{
	static const struct vouch_delivery no_memory = {
		.status = "error",
		.reason = "out of memory",
		.exit = VOUCH_EXIT_INTERNAL,
	};
	struct delivery *d = calloc(1, sizeof(*d));

	char *copy = attach ? strdup(attach) : NULL;

	if (!d || (attach && !copy)) {
		free(d);
		free(copy);
		free(image);
		done(ctx, &no_memory);
		return;
	}
	d->poll.expire = on_poll;
	d->reap.free = delivery_free;
	d->vm = vm;
	strncpy(d->slot, slot, sizeof(d->slot) - 1);
	d->attach = copy;
	d->profile = profile;
	d->image = image;
	d->len = len;
	d->until_us = vouch_clock_us() +
		      vm->daemon->config->timeouts.wait_s * 1000000ull;
	d->done = done;
	d->ctx = ctx;
	vouch_timer_set(&vm->daemon->loop, &d->poll, 0);
}
