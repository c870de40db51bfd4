/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the commands below "vouch target" share.
 */
#ifndef VOUCH_CLI_TARGET_H
#define VOUCH_CLI_TARGET_H

#include "service.h"

/**
 * vouch_target_call() - call a method of a target.
 * @cli: the invocation
 * @target: its name
 * @method: without "target."
 * @args: further arguments, an object, stolen; NULL: none
 * @msg: the RESULT; release with vouch_message_release()
 *
 * A failure is reported.
 *
 * Return: the exit code.
 */
int vouch_target_call(const struct vouch_cli *cli, const char *target,
		      const char *method, json_t *args,
		      struct vouch_message *msg);

/**
 * vouch_target_show() - call a method and show its result.
 * @cli: the invocation; its first operand is the target
 * @method: without "target."
 * @args: as for vouch_target_call()
 * @show: writes the result for people
 *
 * Return: the exit code.
 */
int vouch_target_show(const struct vouch_cli *cli, const char *method,
		      json_t *args, void (*show)(const json_t *result));

#endif /* VOUCH_CLI_TARGET_H */
