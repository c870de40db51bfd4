/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The service: a connection to vouchd, and requests over it.
 */
#ifndef VOUCH_CLI_SERVICE_H
#define VOUCH_CLI_SERVICE_H

#include "../../common/channel.h"
#include "settings.h"

struct vouch_service {
	int fd;
	u32 last_id;
	int timeout_ms;
	struct vouch_settings settings;
};

/**
 * vouch_service_open() - connect to vouchd and greet it.
 * @cli: the invocation
 * @service: filled; close with vouch_service_close()
 * @f: filled on error
 *
 * Return: 0 or a negative errno.
 */
int vouch_service_open(const struct vouch_cli *cli,
		       struct vouch_service *service, struct vouch_failure *f);

/**
 * vouch_service_close() - hang up.
 * @service: opened
 */
void vouch_service_close(struct vouch_service *service);

/**
 * vouch_service_ask() - send a request and await its answer.
 * @service: opened
 * @type: type of the request
 * @json: its object, stolen; NULL counts as out of memory
 * @blob: its blob, or NULL
 * @blob_len: bytes
 * @answer: type that the answer must have
 * @msg: filled on success; release with vouch_message_release()
 * @f: filled on error, also with what an ERROR frame says
 *
 * Shows PROGRESS on standard error if that is a terminal.
 *
 * Return: 0 or a negative errno.
 */
int vouch_service_ask(struct vouch_service *service, enum vouch_frame_type type,
		      json_t *json, const void *blob, size_t blob_len,
		      enum vouch_frame_type answer, struct vouch_message *msg,
		      struct vouch_failure *f);

/**
 * vouch_service_call() - connect, make one CALL, hang up.
 * @cli: the invocation
 * @json: the CALL's object, stolen
 * @blob: its blob, or NULL
 * @blob_len: bytes
 * @msg: the RESULT; release with vouch_message_release()
 *
 * A failure is reported.
 *
 * Return: the exit code.
 */
int vouch_service_call(const struct vouch_cli *cli, json_t *json,
		       const void *blob, size_t blob_len,
		       struct vouch_message *msg);

/**
 * vouch_service_show() - make one CALL and show its result, as JSON if so
 * asked.
 * @cli: the invocation
 * @json: the CALL's object, stolen
 * @show: writes the result for people
 *
 * A failure is reported.
 *
 * Return: the exit code.
 */
int vouch_service_show(const struct vouch_cli *cli, json_t *json,
		       void (*show)(const json_t *result));

#endif /* VOUCH_CLI_SERVICE_H */
