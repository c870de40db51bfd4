// SPDX-License-Identifier: BSD-2-Clause
/* Connections and peers: frames in pieces, answers, time-outs, bad bytes. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../common/channel.h"
#include "../../host-bridge/peer.h"

struct seen {
	struct vouch_loop loop;
	struct vouch_timer stop;
	u32 n_frames, n_closed;
	u32 last_id, last_blob;
	char why[128];
	bool close_at_first;
};

static void on_stop(struct vouch_timer *timer)
{
	vouch_container(timer, struct seen, stop)->loop.stop = true;
}

/* Lets the loop turn for a while. */
static void turn(struct seen *s, u32 ms)
{
	s->loop.stop = false;
	s->stop.expire = on_stop;
	vouch_timer_set(&s->loop, &s->stop, ms);
	assert_int_equal(vouch_loop_run(&s->loop), 0);
}

static void on_frame(struct vouch_conn *conn, const struct vouch_frame *frame,
		     json_t *json)
{
	struct seen *s = conn->owner;

	assert_true(json_is_object(json));
	s->n_frames++;
	s->last_id = frame->id;
	s->last_blob = frame->blob_len;
	if (s->close_at_first)
		vouch_conn_close(conn);
}

static void on_closed(struct vouch_conn *conn, const char *why)
{
	struct seen *s = conn->owner;

	s->n_closed++;
	snprintf(s->why, sizeof(s->why), "%s", why);
}

static const struct vouch_conn_ops ops = { on_frame, on_closed };

static struct vouch_conn *begin(struct seen *s, u32 max_blob, int *other)
{
	struct vouch_conn *conn;
	int pair[2];

	memset(s, 0, sizeof(*s));
	assert_int_equal(vouch_loop_init(&s->loop), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	conn = vouch_conn_open(&s->loop, pair[0], max_blob, &ops, s);
	assert_non_null(conn);
	*other = pair[1];
	return conn;
}

static void end(struct seen *s, struct vouch_conn *conn, int other)
{
	if (!s->n_closed)
		vouch_conn_close(conn);
	close(other);
	vouch_loop_end(&s->loop);
}

static size_t make_frame(u8 *buf, u32 id, const char *json, size_t blob_len)
{
	struct vouch_frame_head head;

	vouch_frame_head_init(&head, VOUCH_FRAME_CALL, id, (u32)strlen(json),
			      (u32)blob_len);
	memcpy(buf, &head, sizeof(head));
	memcpy(buf + sizeof(head), json, strlen(json));
	memset(buf + sizeof(head) + strlen(json), 'x', blob_len);
	return sizeof(head) + strlen(json) + blob_len;
}

static void takes_frames_in_pieces(void **state)
{
	struct vouch_conn *conn;
	struct seen s;
	size_t i, len;
	u8 buf[256];
	int other;

	(void)state;
	conn = begin(&s, 10, &other);
	len = make_frame(buf, 7, "{\"a\":1}", 10);
	for (i = 0; i < len; i++) {
		assert_int_equal(s.n_frames, 0);
		assert_int_equal(write(other, buf + i, 1), 1);
		turn(&s, 1);
	}
	assert_int_equal(s.n_frames, 1);
	assert_int_equal(s.last_id, 7);
	assert_int_equal(s.last_blob, 10);
	/* Two at once are two. */
	memcpy(buf + len, buf, len);
	assert_int_equal(write(other, buf, 2 * len), 2 * len);
	turn(&s, 5);
	assert_int_equal(s.n_frames, 3);
	end(&s, conn, other);
}

static void refuses_bad_bytes(void **state)
{
	static const struct {
		size_t at;
		u8 value;
		const char *json, *why;
	} bad[] = {
		{ 0, 'X', "{}", "magic" },
		{ 4, 2, "{}", "version" },
		{ 6, 99, "{}", "type" },
		{ 20, 1, "{}", "reserved" },
		{ 16, 11, "{}", "blob is too long" },
		{ 15, 1, "{}", "JSON is too long" },
		{ 8, 1, "[]", "not an object" },
		{ 8, 1, "{\"a\":1,\"a\":2}", "not an object" },
		{ 8, 1, "{\"a\"", "not an object" },
	};
	struct vouch_conn *conn;
	struct seen s;
	size_t i, len;
	u8 buf[256];
	int other;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		conn = begin(&s, 10, &other);
		len = make_frame(buf, 1, bad[i].json, 0);
		buf[bad[i].at] = bad[i].value;
		assert_int_equal(write(other, buf, len), len);
		turn(&s, 5);
		assert_int_equal(s.n_frames, 0);
		assert_int_equal(s.n_closed, 1);
		if (!strstr(s.why, bad[i].why))
			fail_msg("'%s', not '%s'", s.why, bad[i].why);
		end(&s, conn, other);
	}
}

static void a_claim_is_no_memory(void **state)
{
	struct vouch_conn *conn;
	struct seen s;
	size_t len;
	u8 buf[128];
	int other;

	(void)state;
	conn = begin(&s, VOUCH_FRAME_MAX_BLOB, &other);
	len = make_frame(buf, 1, "{}", 0);
	buf[19] = 3; /* a blob of 48 MiB is to come */
	assert_int_equal(write(other, buf, len), len);
	turn(&s, 5);
	assert_int_equal(s.n_closed, 0);
	assert_true(conn->in_size < (1u << 20));
	end(&s, conn, other);
}

static void may_close_in_a_callback(void **state)
{
	struct vouch_conn *conn;
	struct seen s;
	size_t len;
	u8 buf[128];
	int other;

	(void)state;
	conn = begin(&s, 0, &other);
	s.close_at_first = true;
	len = make_frame(buf, 1, "{}", 0);
	memcpy(buf + len, buf, len);
	assert_int_equal(write(other, buf, 2 * len), 2 * len);
	turn(&s, 5);
	assert_int_equal(s.n_frames, 1);
	assert_int_equal(s.n_closed, 0);
	s.n_closed = 1;
	end(&s, conn, other);
}

static void bounds_what_waits(void **state)
{
	static const size_t len = VOUCH_FRAME_MAX_BLOB;
	struct vouch_conn *conn;
	json_t *json = json_object();
	u8 *blob = calloc(1, len);
	struct seen s;
	int other;

	(void)state;
	conn = begin(&s, 0, &other);
	assert_int_equal(
		vouch_conn_send(conn, VOUCH_FRAME_CALL, 1, json, blob, len + 1),
		-EMSGSIZE);
	assert_int_equal(
		vouch_conn_send(conn, VOUCH_FRAME_CALL, 1, json, blob, len), 0);
	assert_int_equal(
		vouch_conn_send(conn, VOUCH_FRAME_CALL, 2, json, blob, len), 0);
	assert_int_equal(
		vouch_conn_send(conn, VOUCH_FRAME_CALL, 3, json, blob, len),
		-ENOBUFS);
	json_decref(json);
	free(blob);
	end(&s, conn, other);
}

/* ---- peers ---- */

struct outcome {
	int n, err;
	enum vouch_frame_type type;
};

static int n_gone;

static void on_answer(void *ctx, const struct vouch_answer *answer)
{
	struct outcome *o = ctx;

	o->n++;
	o->err = answer->err;
	o->type = answer->err ? 0 : answer->frame->type;
}

static void on_gone(struct vouch_peer *peer, const char *why)
{
	(void)peer;
	(void)why;
	n_gone++;
}

static const struct vouch_peer_ops peer_ops = { .gone = on_gone };

static void peers_answer(void **state)
{
	struct vouch_peer peer = { .ops = &peer_ops };
	struct outcome a = {}, b = {}, late = {};
	json_t *json = json_object();
	struct vouch_conn *conn;
	struct seen s;
	int other;

	(void)state;
	n_gone = 0;
	conn = begin(&s, 0, &other);
	vouch_peer_adopt(&peer, conn);
	vouch_peer_call(&peer, VOUCH_FRAME_CALL, json, NULL, 0, 1000, on_answer,
			&a);
	vouch_peer_call(&peer, VOUCH_FRAME_CALL, json, NULL, 0, 1000, on_answer,
			&b);
	vouch_peer_call(&peer, VOUCH_FRAME_CALL, json, NULL, 0, 10, on_answer,
			&late);
	/* In another order, each to its own; a late one to nobody. */
	turn(&s, 50);
	assert_int_equal(late.err, -ETIMEDOUT);
	vouch_channel_send(other, VOUCH_FRAME_RESULT, 3, json, NULL, 0);
	vouch_channel_send(other, VOUCH_FRAME_ERROR, 2, json, NULL, 0);
	vouch_channel_send(other, VOUCH_FRAME_RESULT, 1, json, NULL, 0);
	turn(&s, 10);
	assert_int_equal(a.n, 1);
	assert_int_equal(a.type, VOUCH_FRAME_RESULT);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.type, VOUCH_FRAME_ERROR);
	assert_int_equal(late.n, 1);
	assert_int_equal(n_gone, 0);
	/* What is under way when the peer goes is answered too. */
	memset(&a, 0, sizeof(a));
	vouch_peer_call(&peer, VOUCH_FRAME_CALL, json, NULL, 0, 1000, on_answer,
			&a);
	close(other);
	turn(&s, 10);
	assert_int_equal(a.n, 1);
	assert_int_equal(a.err, -ECONNRESET);
	assert_int_equal(n_gone, 1);
	assert_int_equal(vouch_peer_call(&peer, VOUCH_FRAME_CALL, json, NULL, 0,
					 1000, on_answer, &a),
			 -ENOTCONN);
	json_decref(json);
	vouch_loop_end(&s.loop);
}

static void peers_do_not_speak_unasked(void **state)
{
	struct vouch_peer peer = { .ops = &peer_ops };
	json_t *json = json_object();
	struct vouch_conn *conn;
	struct seen s;
	int other;

	(void)state;
	n_gone = 0;
	conn = begin(&s, 0, &other);
	vouch_peer_adopt(&peer, conn);
	vouch_channel_send(other, VOUCH_FRAME_RESULT, 1, json, NULL, 0);
	turn(&s, 10);
	assert_int_equal(n_gone, 1);
	assert_null(peer.conn);
	json_decref(json);
	close(other);
	vouch_loop_end(&s.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_frames_in_pieces),
		cmocka_unit_test(refuses_bad_bytes),
		cmocka_unit_test(a_claim_is_no_memory),
		cmocka_unit_test(may_close_in_a_callback),
		cmocka_unit_test(bounds_what_waits),
		cmocka_unit_test(peers_answer),
		cmocka_unit_test(peers_do_not_speak_unasked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
