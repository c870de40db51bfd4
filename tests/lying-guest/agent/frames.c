// SPDX-License-Identifier: BSD-2-Clause
/* Lies that frames tell: whose they are, how many, how long. */

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lie.h"

#define FLOOD 20000u /* frames */
#define DEEP 3000u /* levels of JSON */
#define MANY 200000u /* programs of one verdict */

static int send_answer(const struct lying_answer *a)
{
	return vouch_channel_send(a->fd, a->type, a->id, a->json, a->blob,
				  a->blob_len);
}

static int send_bytes(int fd, const void *data, size_t len)
{
	const u8 *p = data;

	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Until the bridge hangs up, which it must. */
static int wait_end(int fd)
{
	u8 byte;

	while (recv(fd, &byte, 1, 0) > 0)
		;
	return -ECONNRESET;
}

static int send_head(const struct lying_answer *a, u32 json_len, u32 blob_len)
{
	struct vouch_frame_head head;

	vouch_frame_head_init(&head, a->type, a->id, json_len, blob_len);
	return send_bytes(a->fd, &head, sizeof(head));
}

/* The answer goes to a request that nobody has made yet. */
static int wrong_id(const struct lying_answer *a)
{
	struct lying_answer other = *a;

	other.id = a->id + 1;
	return send_answer(&other) ?: wait_end(a->fd);
}

/* The answer goes to a request that was answered before. */
static int other_id(const struct lying_answer *a)
{
	struct lying_answer other = *a;

	other.id = a->id - 1;
	return send_answer(&other) ?: wait_end(a->fd);
}

static int unasked(const struct lying_answer *a)
{
	struct lying_answer other = *a;

	other.id = 0;
	return send_answer(&other) ?: wait_end(a->fd);
}

static int other_type(const struct lying_answer *a)
{
	struct lying_answer other = *a;

	other.type = VOUCH_FRAME_RESULT;
	return send_answer(&other);
}

static int twice(const struct lying_answer *a)
{
	return send_answer(a) ?: send_answer(a);
}

static int empty(const struct lying_answer *a)
{
	struct lying_answer other = *a;

	other.blob_len = 0;
	return send_answer(&other);
}

/* Small frames, whose ids the bridge has used or not. */
static int flood_ids(const struct lying_answer *a, u32 id)
{
	int err = 0;
	u32 i;

	for (i = 0; !err && i < FLOOD; i++)
		err = vouch_channel_send(a->fd, a->type, id, NULL, NULL, 0);
	return err ?: wait_end(a->fd);
}

static int flood(const struct lying_answer *a)
{
	return flood_ids(a, a->id + 1);
}

static int flood_answered(const struct lying_answer *a)
{
	return flood_ids(a, a->id - 1);
}

static int long_json(const struct lying_answer *a)
{
	return send_head(a, UINT32_MAX, 0) ?: wait_end(a->fd);
}

static int long_blob(const struct lying_answer *a)
{
	return send_head(a, 2, UINT32_MAX) ?: wait_end(a->fd);
}

/* As much as is allowed, and none of it true. */
static int zeros(const struct lying_answer *a)
{
	size_t len = VOUCH_FRAME_MAX_BLOB - (16u << 20);
	void *blob = calloc(1, len);
	int err = blob ? vouch_channel_send(a->fd, a->type, a->id, a->json,
					    blob, len)
		       : -ENOMEM;

	free(blob);
	return err;
}

static int deep_json(const struct lying_answer *a)
{
	char json[2 * DEEP];

	memset(json, '[', DEEP);
	memset(json + DEEP, ']', DEEP);
	return send_head(a, sizeof(json), 0) ?:
	       send_bytes(a->fd, json, sizeof(json)) ?:
	       wait_end(a->fd);
}

/* A verdict that is not one, about more programs than there can be. */
static int many_programs(const struct lying_answer *a)
{
	json_t *json = json_pack("{s:i, s:[], s:s}", "verdict", 7, "programs",
				 "reason", "\033[2J\033]0;owned\007\n\xc2\x9b");
	json_t *list = json_object_get(json, "programs");
	int err;
	u32 i;

	for (i = 0; i < MANY; i++)
		json_array_append_new(list, json_object());
	err = vouch_channel_send(a->fd, a->type, a->id, json, NULL, 0);
	json_decref(json);
	return err;
}

/* Half of the answer, and then nothing. */
static int stall(const struct lying_answer *a)
{
	char *json = json_dumps(a->json, JSON_COMPACT);
	size_t len = strlen(json);
	int err = send_head(a, (u32)len, (u32)a->blob_len) ?:
		  send_bytes(a->fd, json, len) ?:
		  send_bytes(a->fd, a->blob, a->blob_len / 2);

	free(json);
	return err ?: wait_end(a->fd);
}

static int hang_up(const struct lying_answer *a)
{
	(void)a;
	return -EIO;
}

static const struct {
	const char *name;
	int (*send)(const struct lying_answer *a);
} lies[] = {
	{ "wrong id", wrong_id },
	{ "other id", other_id },
	{ "unasked", unasked },
	{ "other type", other_type },
	{ "twice", twice },
	{ "empty", empty },
	{ "flood", flood },
	{ "flood answered", flood_answered },
	{ "long json", long_json },
	{ "long blob", long_blob },
	{ "zeros", zeros },
	{ "deep json", deep_json },
	{ "many programs", many_programs },
	{ "stall", stall },
	{ "hang up", hang_up },
};

int lying_frames_send(const char *name, const struct lying_answer *answer)
{
	size_t i;

	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
		if (!strcmp(name, lies[i].name))
			return lies[i].send(answer);
	fprintf(stderr, "lying agent: no lie '%s'\n", name);
	return -EINVAL;
}
