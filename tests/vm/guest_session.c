// SPDX-License-Identifier: BSD-2-Clause
/* The agent's talk: HELLO, VERIFY, test-run, and refusals. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "channel.h"
#include "guest-verifier/agent/file.h"
#include "guest-verifier/agent/object.h"
#include "guest-verifier/agent/session.h"
#include "guest_test.h"

#define TIMEOUT 600000 /* ms; a debug kernel on a busy host is slow */

static pid_t start_agent(int *fd)
{
	static struct vouch_kernel kernel;
	char why[256];
	int fds[2];
	pid_t pid;

	if (vouch_kernel_read(&kernel, why, sizeof(why)) ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		return -1;
	pid = fork();
	if (!pid) {
		close(fds[0]);
		_exit(vouch_session_serve(fds[1], &kernel, why, sizeof(why))
			      ? 1
			      : 0);
	}
	close(fds[1]);
	*fd = fds[0];
	return pid;
}

static const char *text_of(const json_t *json, const char *key)
{
	const char *s = json_string_value(json_object_get(json, key));

	return s ? s : "";
}

static bool receive(int fd, struct vouch_message *msg)
{
	const char *why = "";
	int err = vouch_channel_recv(fd, VOUCH_FRAME_MAX_BLOB, TIMEOUT, msg,
				     &why);

	vouch_test_check(!err, "the agent answers: %s", why);
	return !err;
}

static void ask(int fd, enum vouch_frame_type type, u32 id, json_t *json,
		const void *blob, size_t len)
{
	vouch_channel_send(fd, type, id, json, blob, len);
	json_decref(json);
}

static void hello_names_the_kernel(int fd)
{
	struct vouch_message msg;

	if (!receive(fd, &msg))
		return;
	vouch_test_check(
		msg.type == VOUCH_FRAME_HELLO &&
			!strcmp(text_of(msg.json, "role"), "verifier") &&
			strlen(text_of(msg.json, "build_id")) == 40 &&
			json_array_size(json_object_get(msg.json, "features")) >
				0,
		"HELLO names role and kernel %s", text_of(msg.json, "release"));
	vouch_message_release(&msg);
	ask(fd, VOUCH_FRAME_WELCOME, 0, NULL, NULL, 0);
}

static void verify_brings_a_capture(int fd, const u8 *object, size_t size)
{
	struct vouch_capture_view view;
	struct vouch_message msg;
	const char *why = "";

	ask(fd, VOUCH_FRAME_VERIFY, 41,
	    json_pack("{s:s, s:{s:b}}", "name", "xdp_count.o", "options",
		      "allow_perfmon", 1),
	    object, size);
	if (!receive(fd, &msg))
		return;
	vouch_test_check(
		msg.type == VOUCH_FRAME_CAPTURE && msg.id == 41 &&
			!strcmp(text_of(msg.json, "verdict"), "accepted"),
		"VERIFY brings the verdict");
	vouch_test_check(
		!vouch_capture_parse(msg.blob, msg.blob_len, &view, &why),
		"and a capture %s", why);
	vouch_capture_release(&view);
	vouch_message_release(&msg);
}

static void bad_requests_are_refused(int fd, const u8 *object, size_t size)
{
	struct vouch_message msg;

	ask(fd, VOUCH_FRAME_DELIVER, 5, NULL, NULL, 0);
	if (!receive(fd, &msg))
		return;
	vouch_test_check(msg.type == VOUCH_FRAME_ERROR && msg.id == 5,
			 "a frame of another role is refused: %s",
			 text_of(msg.json, "why"));
	vouch_message_release(&msg);
	ask(fd, VOUCH_FRAME_CALL, 6, json_pack("{s:s}", "method", "format"),
	    NULL, 0);
	if (!receive(fd, &msg))
		return;
	vouch_test_check(msg.type == VOUCH_FRAME_ERROR,
			 "an unknown method is refused: %s",
			 text_of(msg.json, "why"));
	vouch_message_release(&msg);
	ask(fd, VOUCH_FRAME_VERIFY, 7,
	    json_pack("{s:{s:[i]}}", "options", "set", 1), object, size);
	if (!receive(fd, &msg))
		return;
	vouch_test_check(msg.type == VOUCH_FRAME_ERROR,
			 "options of the wrong type are refused: %s",
			 text_of(msg.json, "why"));
	vouch_message_release(&msg);
	ask(fd, VOUCH_FRAME_VERIFY, 8, json_object(), NULL, 0);
	if (!receive(fd, &msg))
		return;
	vouch_test_check(msg.id == 8 && !msg.blob_len &&
				 !strcmp(text_of(msg.json, "error"), "usage"),
			 "VERIFY without an object is refused: %s",
			 text_of(msg.json, "reason"));
	vouch_message_release(&msg);
}

static const char *value_of(const json_t *entries, const char *key)
{
	json_t *entry;
	size_t i;

	json_array_foreach((json_t *)entries, i, entry)
		if (!strcmp(text_of(entry, "key"), key))
			return text_of(entry, "value");
	return "";
}

/* A packet that is counted (UDP), and one that is none of IPv4's. */
static const u8 packets[2][64] = {
	{ [12] = 8, [14] = 0x45, [17] = 50, [23] = 17, [26] = 192, 0, 2, 1 },
	{ [12] = 0x86, 0xdd },
};

static void test_run_runs(int fd, const u8 *object, size_t size)
{
	u8 *blob = malloc(size + sizeof(packets));
	struct vouch_message msg;
	json_t *runs, *maps;

	memcpy(blob, object, size);
	memcpy(blob + size, packets, sizeof(packets));
	ask(fd, VOUCH_FRAME_CALL, 8,
	    json_pack("{s:s, s:s, s:[i, i], s:I, s:b, s:{s:{s:s}},"
		      " s:[{s:s, s:s, s:s}]}",
		      "method", "test-run", "program", "xdp_count", "packets",
		      64, 64, "object_len", (json_int_t)size, "dump", 1,
		      "options", "set", "drop_protocol", "17", "presets", "map",
		      "protocols", "key", "11000000", "value",
		      "0700000000000000"),
	    blob, size + sizeof(packets));
	free(blob);
	if (!receive(fd, &msg))
		return;
	runs = json_object_get(msg.json, "runs");
	maps = json_object_get(msg.json, "maps");
	vouch_test_check(
		msg.type == VOUCH_FRAME_RESULT && json_array_size(runs) == 2,
		"test-run runs both packets %s", text_of(msg.json, "why"));
	vouch_test_check(
		json_integer_value(json_object_get(json_array_get(runs, 0),
						   "retval")) == 1 &&
			json_integer_value(json_object_get(
				json_array_get(runs, 1), "retval")) == 2,
		"untagged, and with the settings");
	vouch_test_check(msg.blob_len == sizeof(packets) &&
				 !memcmp(msg.blob, packets, sizeof(packets)),
			 "the packets come back");
	vouch_test_check(!strcmp(value_of(json_object_get(maps, "protocols"),
					  "11000000"),
				 "0800000000000000"),
			 "maps start with the presets and are dumped");
	vouch_test_check(
		!strcmp(value_of(json_object_get(maps, "sources"), "c0000201"),
			"01000000000000003200000000000000"),
		"what the program wrote is dumped");
	vouch_message_release(&msg);
}

static bool are_times(const json_t *list, size_t count)
{
	size_t i;
	json_t *us;

	json_array_foreach((json_t *)list, i, us)
		if (json_integer_value(us) <= 0)
			return false;
	return json_array_size(list) == count;
}

static bool has_no_time(int fd, int count, const void *object, size_t size)
{
	struct vouch_message msg;
	bool refused;

	ask(fd, VOUCH_FRAME_CALL, 10,
	    json_pack("{s:s, s:i}", "method", "load-time", "count", count),
	    object, size);
	if (!receive(fd, &msg))
		return false;
	refused = msg.type == VOUCH_FRAME_ERROR && *text_of(msg.json, "why");
	vouch_message_release(&msg);
	return refused;
}

/* Of programs that are no XDP a load cannot be taken apart. */
static void whole_load_time_is_taken(int fd)
{
	struct vouch_message msg;
	size_t size;
	u8 *object = vouch_file_read("/objects/skb_filter.o", VOUCH_MAX_OBJECT,
				     &size);

	ask(fd, VOUCH_FRAME_CALL, 9,
	    json_pack("{s:s, s:i, s:{s:b}}", "method", "load-time", "count", 2,
		      "options", "allow_perfmon", 1),
	    object, size);
	if (!receive(fd, &msg))
		return;
	vouch_test_check(
		msg.type == VOUCH_FRAME_RESULT &&
			!json_object_get(msg.json, "program_load_us") &&
			are_times(json_object_get(msg.json, "object_load_us"),
				  2),
		"load-time tells of a socket filter whole %s",
		text_of(msg.json, "why"));
	vouch_message_release(&msg);
	free(object);
}

static void load_time_is_taken(int fd, const u8 *object, size_t size)
{
	struct vouch_message msg;
	size_t rejected_size;
	u8 *rejected = vouch_file_read("/objects/refuse/rejected.o",
				       VOUCH_MAX_OBJECT, &rejected_size);

	ask(fd, VOUCH_FRAME_CALL, 9,
	    json_pack("{s:s, s:i}", "method", "load-time", "count", 3), object,
	    size);
	if (!receive(fd, &msg))
		return;
	vouch_test_check(
		msg.type == VOUCH_FRAME_RESULT &&
			are_times(json_object_get(msg.json, "program_load_us"),
				  3) &&
			are_times(json_object_get(msg.json, "object_load_us"),
				  3),
		"load-time tells of three loads %s", text_of(msg.json, "why"));
	vouch_message_release(&msg);
	whole_load_time_is_taken(fd);
	vouch_test_check(has_no_time(fd, 1, rejected, rejected_size),
			 "a load that the verifier rejects has no time");
	vouch_test_check(has_no_time(fd, 0, object, size) &&
				 has_no_time(fd, 1001, object, size),
			 "counts out of bounds are refused");
	free(rejected);
}

/* A bridge that comes late, and that comes back. */
static void agent_dials_again(const u8 *object, size_t size)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX,
				    .sun_path = "/tmp/bridge" };
	static struct vouch_kernel kernel;
	char why[256];
	int listener, fd, i;
	pid_t pid;

	vouch_kernel_read(&kernel, why, sizeof(why));
	pid = fork();
	if (!pid)
		_exit(vouch_session_connect("unix:/tmp/bridge", &kernel));
	usleep(300000);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	vouch_test_check(
		!bind(listener, (struct sockaddr *)&name, sizeof(name)) &&
			!listen(listener, 1),
		"a bridge comes late");
	for (i = 0; i < 2; i++) {
		fd = accept(listener, NULL, NULL);
		hello_names_the_kernel(fd);
		if (i)
			vouch_test_parent(pid);
		if (i)
			verify_brings_a_capture(fd, object, size);
		close(fd);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(listener);
	vouch_test_check(vouch_session_connect("file:/tmp/bridge", &kernel) ==
				 2,
			 "what cannot be dialled is a usage error");
}

void vouch_test_session(void)
{
	size_t size;
	u8 *object = vouch_file_read("/objects/xdp_count.o", VOUCH_MAX_OBJECT,
				     &size);
	int fd = -1, status = -1;
	pid_t pid = start_agent(&fd);

	vouch_test_check(pid > 0 && object, "an agent serves a session");
	hello_names_the_kernel(fd);
	verify_brings_a_capture(fd, object, size);
	bad_requests_are_refused(fd, object, size);
	test_run_runs(fd, object, size);
	load_time_is_taken(fd, object, size);
	close(fd);
	waitpid(pid, &status, 0);
	vouch_test_check(!status, "and ends when the bridge hangs up");
	agent_dials_again(object, size);
	free(object);
}
