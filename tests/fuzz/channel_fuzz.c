// SPDX-License-Identifier: BSD-2-Clause
/*
 * Frames as programs that block receive them: from a peer that sends any
 * bytes, or frames with any JSON, and stops or hangs up anywhere. What was
 * received, sent on, is received the same.
 *
 * The first byte: 1: frames instead of bytes, 2: the peer stays connected,
 * 4: the answer goes through a pipe, 8: it may send no blob.
 *
 * Parser: common/channel.c common/failure.c common/hex.c
 */

#include "fuzz.h"

#include <sys/socket.h>
#include <unistd.h>

#include "../../common/channel.h"
#include "../../common/failure.h"
#include "../../common/hex.h"

#define MAX_BLOB 4096

static void put(int fd, const void *data, size_t len)
{
	if (len && send(fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		shutdown(fd, SHUT_WR);
}

/* Type, id, length of the blob, and the JSON as a line. */
static void put_frame(int fd, struct fuzz_input *in)
{
	static const u8 blob[256];
	u8 type = fuzz_u8(in), id = fuzz_u8(in), blob_len = fuzz_u8(in);
	struct vouch_frame_head head;
	size_t len;
	char *json = fuzz_line(in, &len);

	vouch_frame_head_init(&head, type, id, (u32)len, blob_len);
	put(fd, &head, sizeof(head));
	put(fd, json, len);
	put(fd, blob, blob_len);
	free(json);
}

static void read_failure(const json_t *json)
{
	struct vouch_failure f;
	json_t *again;

	vouch_failure_read(json, &f);
	fuzz_require(f.exit < VOUCH_N_EXITS);
	fuzz_touch(f.what, strlen(f.what));
	again = vouch_failure_json(&f);
	fuzz_require(again);
	json_decref(again);
}

static void read_hex(const json_t *json)
{
	const char *hex = json_string_value(json_object_get(json, "hex"));
	u8 bytes[16];
	char back[2 * sizeof(bytes) + 1];
	json_t *text;

	if (!hex || vouch_hex_read(hex, bytes, sizeof(bytes)))
		return;
	vouch_hex_write(bytes, sizeof(bytes), back);
	fuzz_require(!strcmp(back, hex));
	text = vouch_hex_json(bytes, sizeof(bytes));
	fuzz_require(!text || !strcmp(json_string_value(text), hex));
	json_decref(text);
}

static void send_on(const struct vouch_message *msg, bool through_pipe)
{
	struct vouch_message back;
	const char *why;
	int fds[2];

	if (msg->blob_len > MAX_BLOB ||
	    (through_pipe ? pipe(fds)
			  : socketpair(AF_UNIX, SOCK_STREAM, 0, fds)))
		return;
	fuzz_require(!vouch_channel_send(fds[1], msg->type, msg->id, msg->json,
					 msg->blob, msg->blob_len));
	fuzz_require(!vouch_channel_recv(fds[0], MAX_BLOB, 1000, &back, &why));
	fuzz_require(json_equal(back.json, msg->json) && back.id == msg->id &&
		     back.type == msg->type && back.blob_len == msg->blob_len);
	vouch_message_release(&back);
	close(fds[0]);
	close(fds[1]);
}

static void receive(int fd, u8 how, const struct fuzz_input *in)
{
	int err = 0, i;

	for (i = 0; i < 16 && !err; i++) {
		struct vouch_message msg;
		const char *why = NULL;

		fuzz_alloc_arm(in->pos, in->left);
		err = vouch_channel_recv(fd, how & 8 ? 0 : MAX_BLOB,
					 how & 2 ? 1 : -1, &msg, &why);
		fuzz_alloc_disarm();
		fuzz_require(!err || why);
		if (err)
			break;
		fuzz_touch(msg.blob, msg.blob_len);
		read_failure(msg.json);
		read_hex(msg.json);
		if (msg.blob_len + json_object_size(msg.json) < 1000)
			send_on(&msg, how & 4);
		vouch_message_release(&msg);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = { data, len };
	const struct fuzz_input whole = in;
	u8 how = fuzz_u8(&in);
	int fds[2];

	if (len > 32768 || socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		return 0;
	if (how & 1)
		while (in.left)
			put_frame(fds[1], &in);
	else
		put(fds[1], in.pos, in.left);
	if (!(how & 2))
		shutdown(fds[1], SHUT_WR);
	receive(fds[0], how, &whole);
	close(fds[0]);
	close(fds[1]);
	return 0;
}
