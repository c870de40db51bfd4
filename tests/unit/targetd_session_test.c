// SPDX-License-Identifier: BSD-2-Clause
/* The target agent's session: it greets, answers each request by its id,
 * outlives a vouchd that goes away, and does not dial without pause. */

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The agent is a program of its own; this file of it is tested as it is. */
#include "../../target-driver/agent/session.c"

#define WAIT_MS 20000

json_t *vouch_facts_hello(const struct vouch_target_info *info)
{
	return json_pack("{s:s, s:i}", "role", "target", "abi", (int)info->abi);
}

/* A delivery of one byte is good; any other is refused. */
json_t *vouch_delivery_take(struct vouch_agent *agent, const json_t *args,
			    const u8 *file, size_t len, struct vouch_failure *f)
{
	(void)agent;
	(void)args;
	(void)file;
	if (len == 1)
		return json_pack("{s:s}", "status", "loaded");
	vouch_fail(f, -EPERM, VOUCH_EXIT_REFUSED, "take it");
	return json_pack("{s:s, s:s}", "status", "refused", "reason", "why");
}

int vouch_call(struct vouch_agent *agent, const struct vouch_message *msg,
	       struct vouch_reply *reply, struct vouch_failure *f)
{
	(void)agent;
	if (!json_object_get(msg->json, "good"))
		return vouch_fail(f, -EINVAL, VOUCH_EXIT_USAGE, "call it");
	reply->json = json_pack("{s:i}", "schema_version", 1);
	return 0;
}

struct fixture {
	struct vouch_endpoint ep;
	int listener;
	pid_t agent;
};

static void run_agent(const struct fixture *fx)
{
	struct vouch_agent agent = { .device = -1, .info = { .abi = 7 } };

	if (!freopen("/dev/null", "w", stderr))
		_exit(1);
	vouch_session_run(&agent, &fx->ep, "unix:test");
}

static int listen_at(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    listen(fd, 8))
		return -1;
	return fd;
}

static int setup(void **state)
{
	static struct fixture fx;

	memset(&fx, 0, sizeof(fx));
	fx.ep.kind = VOUCH_ENDPOINT_UNIX;
	snprintf(fx.ep.path, sizeof(fx.ep.path), "/tmp/vouch-session-%d",
		 (int)getpid());
	unlink(fx.ep.path);
	fx.listener = listen_at(fx.ep.path);
	fx.agent = fork();
	if (!fx.agent)
		run_agent(&fx);
	*state = &fx;
	return fx.listener < 0 || fx.agent < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	struct fixture *fx = *state;

	kill(fx->agent, SIGKILL);
	waitpid(fx->agent, NULL, 0);
	close(fx->listener);
	unlink(fx->ep.path);
	return 0;
}

static bool is_ready(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

static int accept_agent(const struct fixture *fx)
{
	assert_true(is_ready(fx->listener, WAIT_MS));
	return accept(fx->listener, NULL, NULL);
}

static void receive(int fd, enum vouch_frame_type type, u32 id,
		    struct vouch_message *msg)
{
	const char *why = NULL;

	assert_int_equal(vouch_channel_recv(fd, VOUCH_FRAME_MAX_BLOB, WAIT_MS,
					    msg, &why),
			 0);
	assert_int_equal(msg->type, type);
	assert_int_equal(msg->id, id);
}

static int welcome_agent(const struct fixture *fx)
{
	int fd = accept_agent(fx);
	struct vouch_message hello;

	receive(fd, VOUCH_FRAME_HELLO, 0, &hello);
	assert_string_equal(
		json_string_value(json_object_get(hello.json, "role")),
		"target");
	assert_int_equal(json_integer_value(json_object_get(hello.json, "abi")),
			 7);
	vouch_message_release(&hello);
	assert_int_equal(
		vouch_channel_send(fd, VOUCH_FRAME_WELCOME, 0, NULL, NULL, 0),
		0);
	return fd;
}

static void ask(int fd, enum vouch_frame_type type, u32 id, const char *json,
		size_t blob_len, enum vouch_frame_type answer)
{
	json_t *args = json_loads(json, 0, NULL);
	struct vouch_message msg;

	assert_int_equal(vouch_channel_send(fd, type, id, args, "xy", blob_len),
			 0);
	json_decref(args);
	receive(fd, answer, id, &msg);
	vouch_message_release(&msg);
}

static void requests_are_answered(void **state)
{
	int fd = welcome_agent(*state);

	ask(fd, VOUCH_FRAME_DELIVER, 5, "{}", 1, VOUCH_FRAME_STATUS);
	ask(fd, VOUCH_FRAME_DELIVER, 9, "{}", 2, VOUCH_FRAME_STATUS);
	ask(fd, VOUCH_FRAME_CALL, 6, "{\"good\": 1}", 0, VOUCH_FRAME_RESULT);
	ask(fd, VOUCH_FRAME_CALL, 7, "{}", 0, VOUCH_FRAME_ERROR);
	ask(fd, VOUCH_FRAME_SUBMIT, 8, "{}", 0, VOUCH_FRAME_ERROR);
	close(fd);
}

static void it_dials_again(void **state)
{
	int i, fd;

	for (i = 0; i < 3; i++) {
		fd = welcome_agent(*state);
		ask(fd, VOUCH_FRAME_CALL, 1, "{\"good\": 1}", 0,
		    VOUCH_FRAME_RESULT);
		close(fd);
	}
	/* What is no frame ends the connection, not the agent. */
	fd = welcome_agent(*state);
	assert_int_equal(send(fd, "no frame at all, but bytes", 26, 0), 26);
	while (is_ready(fd, WAIT_MS) && recv(fd, &(char){ 0 }, 1, 0) > 0)
		;
	close(fd);
	close(welcome_agent(*state));
}

static void it_does_not_dial_without_pause(void **state)
{
	const struct fixture *fx = *state;
	int fd, n = 0;

	/* Refused each time: pauses of 100, 200, 400, 800 ms. */
	while (is_ready(fx->listener, 1000) && n < 5) {
		fd = accept(fx->listener, NULL, NULL);
		close(fd);
		n++;
	}
	assert_in_range(n, 2, 5);
	assert_false(is_ready(fx->listener, 200));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(requests_are_answered, setup,
						teardown),
		cmocka_unit_test_setup_teardown(it_dials_again, setup,
						teardown),
		cmocka_unit_test_setup_teardown(it_does_not_dial_without_pause,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
