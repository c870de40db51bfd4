// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Sending and receiving whole frames. */

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "channel.h"

static s64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (s64)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Wait until @fd is ready; @deadline in ms of the monotonic clock, or -1. */
static int wait_for(int fd, short events, s64 deadline)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n;

	for (;;) {
		s64 left = deadline < 0 ? -1 : deadline - now_ms();

		if (deadline >= 0 && left <= 0)
			return -ETIMEDOUT;
		n = poll(&p, 1, left);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
}

static ssize_t write_some(int fd, const void *buf, size_t len)
{
	ssize_t n = send(fd, buf, len, MSG_NOSIGNAL);

	if (n < 0 && errno == ENOTSOCK)
		n = write(fd, buf, len);
	return n;
}

static int write_all(int fd, const void *buf, size_t len)
{
	const u8 *p = buf;

	while (len) {
		ssize_t n = write_some(fd, p, len);
		int err;

		if (n >= 0) {
			p += n;
			len -= n;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return -errno;
		err = wait_for(fd, POLLOUT, -1);
		if (err)
			return err;
	}
	return 0;
}

int vouch_channel_send(int fd, enum vouch_frame_type type, u32 id,
		       const json_t *json, const void *blob, size_t blob_len)
{
	struct vouch_frame_head head;
	char *text = json ? json_dumps(json, JSON_COMPACT) : strdup("{}");
	size_t json_len;
	int err;

	if (!text)
		return -EINVAL;
	json_len = strlen(text);
	err = -EMSGSIZE;
	if (json_len > VOUCH_FRAME_MAX_JSON || blob_len > VOUCH_FRAME_MAX_BLOB)
		goto out;
	vouch_frame_head_init(&head, type, id, json_len, blob_len);
	err = write_all(fd, &head, sizeof(head));
	if (!err)
		err = write_all(fd, text, json_len);
	if (!err)
		err = write_all(fd, blob, blob_len);
out:
	free(text);
	return err;
}

static int read_all(int fd, void *buf, size_t len, s64 deadline)
{
	u8 *p = buf;
	size_t got = 0;

	while (got < len) {
		int err = wait_for(fd, POLLIN, deadline);
		ssize_t n;

		if (err)
			return err;
		n = read(fd, p + got, len - got);
		if (!n)
			return got ? -ECONNRESET : -ENODATA;
		if (n > 0)
			got += n;
		else if (errno != EINTR && errno != EAGAIN)
			return -errno;
	}
	return 0;
}

static const char *read_error(int err)
{
	switch (err) {
	case -ETIMEDOUT:
		return "channel: no whole frame in time";
	case -ENODATA:
		return "channel: closed by the peer";
	case -ECONNRESET:
		return "channel: closed by the peer within a frame";
	default:
		return "channel: cannot read";
	}
}

static int decode(const struct vouch_frame *frame, struct vouch_message *msg,
		  const char **why)
{
	msg->json = json_loadb(frame->json, frame->json_len,
			       JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(msg->json)) {
		*why = "channel: the JSON of a frame is not an object";
		return -EPROTO;
	}
	msg->type = frame->type;
	msg->id = frame->id;
	if (!frame->blob_len)
		return 0;
	/* A copy, since the JSON before it spoils the alignment. */
	msg->blob = malloc(frame->blob_len);
	if (!msg->blob) {
		*why = "channel: out of memory";
		return -ENOMEM;
	}
	memcpy((void *)msg->blob, frame->blob, frame->blob_len);
	msg->blob_len = frame->blob_len;
	return 0;
}

int vouch_channel_recv(int fd, u32 max_blob, int timeout_ms,
		       struct vouch_message *msg, const char **why)
{
	s64 deadline = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
	struct vouch_frame_head head;
	struct vouch_frame frame;
	u8 *buf = NULL;
	int err;

	memset(msg, 0, sizeof(*msg));
	err = read_all(fd, &head, sizeof(head), deadline);
	if (err) {
		*why = read_error(err);
		return err;
	}
	err = vouch_frame_parse(&head, sizeof(head), max_blob, &frame, why);
	if (err && err != -EAGAIN)
		return err;
	buf = malloc(frame.size);
	if (!buf) {
		*why = "channel: out of memory";
		return -ENOMEM;
	}
	memcpy(buf, &head, sizeof(head));
	err = read_all(fd, buf + sizeof(head), frame.size - sizeof(head),
		       deadline);
	if (err) {
		err = err == -ENODATA ? -ECONNRESET : err;
		*why = read_error(err);
		goto out;
	}
	err = vouch_frame_parse(buf, frame.size, max_blob, &frame, why);
	if (!err)
		err = decode(&frame, msg, why);
out:
	free(buf);
	if (err)
		vouch_message_release(msg);
	return err;
}

void vouch_message_release(struct vouch_message *msg)
{
	json_decref(msg->json);
	free((void *)msg->blob);
	memset(msg, 0, sizeof(*msg));
}
