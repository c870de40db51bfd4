// SPDX-License-Identifier: BSD-2-Clause
/* Channels: whole frames, and what a bad or lazy peer may do. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "channel.h"

struct pair {
	int near;
	int far;
};

static struct pair connected(void)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	return (struct pair){ fds[0], fds[1] };
}

static void hang_up(struct pair *p)
{
	close(p->near);
	if (p->far >= 0)
		close(p->far);
}

/* Send raw bytes, then hang up, and see what the receiver says. */
static int receive_raw(const void *bytes, size_t len, u32 max_blob)
{
	struct pair p = connected();
	struct vouch_message msg;
	const char *why = "";
	int err;

	assert_int_equal(write(p.far, bytes, len), len);
	close(p.far);
	p.far = -1;
	err = vouch_channel_recv(p.near, max_blob, 1000, &msg, &why);
	if (err)
		assert_string_not_equal(why, "");
	vouch_message_release(&msg);
	hang_up(&p);
	return err;
}

static size_t frame(u8 *buf, const char *json, u32 blob_len)
{
	u32 json_len = strlen(json);

	vouch_frame_head_init((void *)buf, VOUCH_FRAME_CALL, 3, json_len,
			      blob_len);
	memcpy(buf + sizeof(struct vouch_frame_head), json, json_len);
	memset(buf + sizeof(struct vouch_frame_head) + json_len, 'b', blob_len);
	return sizeof(struct vouch_frame_head) + json_len + blob_len;
}

static void message_arrives_whole(void **state)
{
	json_t *json = json_pack("{s:i}", "a", 1);
	struct pair p = connected();
	struct vouch_message msg;
	const char *why;

	(void)state;
	assert_int_equal(vouch_channel_send(p.far, VOUCH_FRAME_VERIFY, 9, json,
					    "blob", 4),
			 0);
	assert_int_equal(
		vouch_channel_send(p.far, VOUCH_FRAME_CALL, 10, NULL, NULL, 0),
		0);
	assert_int_equal(vouch_channel_recv(p.near, 4, 1000, &msg, &why), 0);
	assert_int_equal(msg.type, VOUCH_FRAME_VERIFY);
	assert_int_equal(msg.id, 9);
	assert_true(json_equal(msg.json, json));
	assert_int_equal(msg.blob_len, 4);
	assert_memory_equal(msg.blob, "blob", 4);
	assert_int_equal((uintptr_t)msg.blob % 8, 0);
	vouch_message_release(&msg);
	/* The second one was not touched by reading the first. */
	assert_int_equal(vouch_channel_recv(p.near, 0, 1000, &msg, &why), 0);
	assert_int_equal(msg.id, 10);
	assert_null(msg.blob);
	assert_int_equal(json_object_size(msg.json), 0);
	vouch_message_release(&msg);
	json_decref(json);
	hang_up(&p);
}

static void every_cut_is_told(void **state)
{
	u8 buf[64];
	size_t len, n = frame(buf, "{\"a\":1}", 5);

	(void)state;
	assert_int_equal(receive_raw(buf, 0, 5), -ENODATA);
	for (len = 1; len < n; len++)
		assert_int_equal(receive_raw(buf, len, 5), -ECONNRESET);
	assert_int_equal(receive_raw(buf, n, 5), 0);
}

static void bad_frames_are_refused(void **state)
{
	u8 buf[64];
	size_t n;

	(void)state;
	n = frame(buf, "{}", 5);
	assert_int_equal(receive_raw(buf, n, 4), -EPROTO);
	buf[0]++;
	assert_int_equal(receive_raw(buf, n, 5), -EPROTO);
	n = frame(buf, "[1]", 0);
	assert_int_equal(receive_raw(buf, n, 0), -EPROTO);
	n = frame(buf, "{\"a\":", 0);
	assert_int_equal(receive_raw(buf, n, 0), -EPROTO);
	n = frame(buf, "{\"a\":1,\"a\":2}", 0);
	assert_int_equal(receive_raw(buf, n, 0), -EPROTO);
	n = frame(buf, "", 0);
	assert_int_equal(receive_raw(buf, n, 0), -EPROTO);
}

static void lazy_peer_is_timed_out(void **state)
{
	struct pair p = connected();
	struct vouch_message msg;
	const char *why = "";
	u8 buf[64];

	(void)state;
	assert_int_equal(vouch_channel_recv(p.near, 0, 20, &msg, &why),
			 -ETIMEDOUT);
	frame(buf, "{}", 0);
	assert_int_equal(write(p.far, buf, 10), 10);
	assert_int_equal(vouch_channel_recv(p.near, 0, 20, &msg, &why),
			 -ETIMEDOUT);
	hang_up(&p);
}

static void what_cannot_be_sent_is_told(void **state)
{
	struct pair p = connected();

	(void)state;
	assert_int_equal(vouch_channel_send(p.far, VOUCH_FRAME_CALL, 1, NULL,
					    NULL, VOUCH_FRAME_MAX_BLOB + 1ul),
			 -EMSGSIZE);
	close(p.near);
	assert_int_equal(
		vouch_channel_send(p.far, VOUCH_FRAME_CALL, 1, NULL, NULL, 0),
		-EPIPE);
	close(p.far);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(message_arrives_whole),
		cmocka_unit_test(every_cut_is_told),
		cmocka_unit_test(bad_frames_are_refused),
		cmocka_unit_test(lazy_peer_is_timed_out),
		cmocka_unit_test(what_cannot_be_sent_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
