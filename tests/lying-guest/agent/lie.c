// SPDX-License-Identifier: BSD-2-Clause
/* What is said of the capture. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../edit.h"
#include "lie.h"

#define MODULE_LIE "/sys/module/vouch_guest/parameters/lie"
#define ROOM 4096 /* that edits may add, bytes */

/* The lie over the submission that is being verified. */
static char lie[128];

/* The capture of the submission before. */
static u8 *last;
static size_t last_len;

static const char *lie_of(char kind)
{
	return lie[0] == kind && lie[1] == ':' ? lie + 2 : NULL;
}

int lying_channel_recv(int fd, u32 max_blob, int timeout_ms,
		       struct vouch_message *msg, const char **why)
{
	int err = vouch_channel_recv(fd, max_blob, timeout_ms, msg, why);
	const char *name;

	if (err)
		return err;
	name = json_string_value(json_object_get(msg->json, "name"));
	snprintf(lie, sizeof(lie), "%s",
		 name && msg->type == VOUCH_FRAME_VERIFY ? name : "");
	return 0;
}

static void tell_module(const char *script)
{
	int fd = open(MODULE_LIE, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(script);

	/* An empty write changes nothing; a newline alone is an empty lie. */
	if (fd < 0 || write(fd, len ? script : "\n", len ? len : 1) < 0)
		perror("lying agent: " MODULE_LIE);
	close(fd);
}

static json_t *broken(json_t *result, const char *why)
{
	json_decref(result);
	return json_pack("{s:s, s:s, s:[]}", "verdict", "error", "reason", why,
			 "programs");
}

static json_t *edit_capture(json_t *result, const char *script, u8 **capture,
			    size_t *len)
{
	struct lying_edit edit = { .len = *len, .size = *len + ROOM };

	edit.buf = *capture ? realloc(*capture, edit.size) : NULL;
	if (!edit.buf)
		return result;
	*capture = edit.buf;
	if (!lying_edit_run(&edit, script))
		return broken(result, "the lie does not fit the capture");
	*len = edit.len;
	return result;
}

/* Remember this one, and give the one before if that is the lie. */
static void replay(u8 **capture, size_t *len)
{
	u8 *copy = malloc(*len + 1), *before = last;
	size_t before_len = last_len;

	if (!copy)
		return;
	memcpy(copy, *capture, *len);
	last = copy;
	last_len = *len;
	if (!lie_of('r') || !before) {
		free(before);
		return;
	}
	free(*capture);
	*capture = before;
	*len = before_len;
}

json_t *lying_verify_object(const struct vouch_kernel *kernel,
			    const struct vouch_options *options,
			    const struct vouch_target *target, const void *data,
			    size_t size, u8 **capture, size_t *capture_len)
{
	const char *script = lie_of('m');
	json_t *result;

	tell_module(script ? script : "");
	result = vouch_verify_object(kernel, options, target, data, size,
				     capture, capture_len);
	if (!result || !*capture)
		return result;
	replay(capture, capture_len);
	script = lie_of('c');
	return script ? edit_capture(result, script, capture, capture_len)
		      : result;
}

int lying_channel_send(int fd, enum vouch_frame_type type, u32 id,
		       const json_t *json, const void *blob, size_t blob_len)
{
	const struct lying_answer answer = {
		fd, type, id, json, blob, blob_len
	};
	const char *name = lie_of('f');

	if (name && type == VOUCH_FRAME_CAPTURE)
		return lying_frames_send(name, &answer);
	return vouch_channel_send(fd, type, id, json, blob, blob_len);
}
