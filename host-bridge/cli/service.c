// SPDX-License-Identifier: BSD-2-Clause
/* The service: a connection to vouchd, and requests over it. */

#include "service.h"

#include <stdio.h>
#include <unistd.h>

#include "../../common/dial.h"
#include "output.h"

#define DIAL_MS 5000
/* Longer than vouchd waits for a VM, so that it can say what is amiss. */
#define DEFAULT_TIMEOUT_S 300
#define MAX_TIMEOUT_S 86400

static int lost(const struct vouch_service *service, int err, const char *doing,
		const char *why, struct vouch_failure *f)
{
	vouch_fail(f, err,
		   err == -ETIMEDOUT ? VOUCH_EXIT_TIMEOUT
				     : VOUCH_EXIT_UNAVAILABLE,
		   "%s vouchd at %s (from %s)", doing, service->settings.uri,
		   service->settings.origin);
	if (why && err == -EPROTO)
		vouch_fail_why(f, "%s", why);
	if (err == -ENODATA || err == -ECONNRESET || err == -EPIPE)
		vouch_fail_why(f, "it hung up");
	if (err == -ETIMEDOUT)
		vouch_fail_next(f, "see \"vouch status\", or wait longer with "
				   "--timeout SECONDS");
	else
		vouch_fail_next(f, "see vouchd's log, then try again");
	return err;
}

/* An answer that is not what was asked for. */
static int unexpected(const struct vouch_service *service,
		      const struct vouch_message *msg, struct vouch_failure *f)
{
	if (msg->type == VOUCH_FRAME_ERROR) {
		vouch_failure_read(msg->json, f);
		return f->err;
	}
	vouch_fail(f, -EPROTO, VOUCH_EXIT_UNAVAILABLE,
		   "understand vouchd at %s", service->settings.uri);
	vouch_fail_why(f, "it answered with a frame of type %d",
		       (int)msg->type);
	return vouch_fail_next(f, "use vouch and vouchd of the same version");
}

static void show_progress(const json_t *json)
{
	char text[160];

	if (!isatty(STDERR_FILENO))
		return;
	snprintf(text, sizeof(text), "  %s: %s\n",
		 vouch_json_string(json, "stage"),
		 vouch_json_string(json, "text"));
	vouch_output_text(stderr, text);
}

/* Who was told a submission's number need not submit again. */
static int lost_submission(const struct vouch_service *service, int err,
			   const char *why, json_int_t number,
			   struct vouch_failure *f)
{
	lost(service, err, "get an answer from", why, f);
	if (number)
		vouch_fail_next(f,
				"submission %lld goes on; ask for it with "
				"\"vouch submission %lld\"",
				(long long)number, (long long)number);
	return err;
}

static int await(struct vouch_service *service, u32 id,
		 enum vouch_frame_type answer, struct vouch_message *msg,
		 struct vouch_failure *f)
{
	json_int_t number = 0;

	for (;;) {
		const char *why = NULL;
		int err;

		memset(msg, 0, sizeof(*msg));
		err = vouch_channel_recv(service->fd, VOUCH_FRAME_MAX_BLOB,
					 service->timeout_ms, msg, &why);
		if (err)
			return lost_submission(service, err, why, number, f);
		if (msg->type == answer && msg->id == id)
			return 0;
		if (msg->type != VOUCH_FRAME_PROGRESS)
			break;
		show_progress(msg->json);
		number = json_integer_value(
			json_object_get(msg->json, "submission"));
		vouch_message_release(msg);
	}
	unexpected(service, msg, f);
	vouch_message_release(msg);
	memset(msg, 0, sizeof(*msg));
	return f->err;
}

int vouch_service_ask(struct vouch_service *service, enum vouch_frame_type type,
		      json_t *json, const void *blob, size_t blob_len,
		      enum vouch_frame_type answer, struct vouch_message *msg,
		      struct vouch_failure *f)
{
	u32 id = ++service->last_id;
	int err;

	memset(msg, 0, sizeof(*msg));
	if (!json)
		return vouch_fail(f, -ENOMEM, VOUCH_EXIT_INTERNAL,
				  "make a request");
	err = vouch_channel_send(service->fd, type, id, json, blob, blob_len);
	json_decref(json);
	if (err == -EMSGSIZE) {
		vouch_fail(f, err, VOUCH_EXIT_USAGE, "send a request");
		vouch_fail_why(f, "it is longer than the protocol allows");
		return vouch_fail_next(f, "send smaller or fewer files");
	}
	/* Whoever hung up may have said why before. */
	if (err && err != -EPIPE && err != -ECONNRESET)
		return lost(service, err, "send a request to", NULL, f);
	return await(service, id, answer, msg, f);
}

static int greet(struct vouch_service *service, struct vouch_failure *f)
{
	struct vouch_message msg;
	json_t *hello = json_pack("{s:s, s:s}", "role", "developer", "version",
				  VOUCH_VERSION);
	int err = vouch_service_ask(service, VOUCH_FRAME_HELLO, hello, NULL, 0,
				    VOUCH_FRAME_WELCOME, &msg, f);

	if (!err)
		vouch_message_release(&msg);
	return err;
}

int vouch_service_open(const struct vouch_cli *cli,
		       struct vouch_service *service, struct vouch_failure *f)
{
	u64 seconds = DEFAULT_TIMEOUT_S;
	const char *remedy = NULL;
	int err;

	memset(service, 0, sizeof(*service));
	service->fd = -1;
	err = vouch_settings_read(cli, &service->settings, f);
	if (!err)
		err = vouch_cli_number(cli, "timeout", MAX_TIMEOUT_S, &seconds,
				       f);
	if (err)
		return err;
	service->timeout_ms = (int)(seconds * 1000);
	service->fd = vouch_dial(&service->settings.endpoint, DIAL_MS, &remedy);
	if (service->fd < 0) {
		err = service->fd;
		lost(service, err, "connect to", NULL, f);
		return vouch_fail_next(f, "%s", remedy);
	}
	err = greet(service, f);
	if (err)
		vouch_service_close(service);
	return err;
}

void vouch_service_close(struct vouch_service *service)
{
	if (service->fd >= 0)
		close(service->fd);
	service->fd = -1;
}

int vouch_service_call(const struct vouch_cli *cli, json_t *json,
		       const void *blob, size_t blob_len,
		       struct vouch_message *msg)
{
	struct vouch_service service;
	struct vouch_failure f;
	int err = vouch_service_open(cli, &service, &f);

	if (err) {
		json_decref(json);
		return vouch_cli_fail(cli, &f);
	}
	err = vouch_service_ask(&service, VOUCH_FRAME_CALL, json, blob,
				blob_len, VOUCH_FRAME_RESULT, msg, &f);
	vouch_service_close(&service);
	return err ? vouch_cli_fail(cli, &f) : VOUCH_EXIT_OK;
}

int vouch_service_show(const struct vouch_cli *cli, json_t *json,
		       void (*show)(const json_t *result))
{
	struct vouch_message msg;
	int exit = vouch_service_call(cli, json, NULL, 0, &msg);

	if (exit)
		return exit;
	if (vouch_cli_json(cli))
		vouch_output_json(msg.json);
	else
		show(msg.json);
	vouch_message_release(&msg);
	return VOUCH_EXIT_OK;
}
