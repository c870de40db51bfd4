/* SPDX-License-Identifier: BSD-2-Clause */
/* Target profiles on the command line; whoever signed one is looked up in
 * vouchd's configuration. */
#ifndef VOUCH_CLI_TARGET_PROFILE_H
#define VOUCH_CLI_TARGET_PROFILE_H

#include "command.h"

/**
 * vouch_target_is_file() - is an operand a file, and no target's name?
 * @operand: the text
 *
 * Return: true if it has a slash, which names have not.
 */
bool vouch_target_is_file(const char *operand);

/**
 * vouch_target_show_file() - show the profile in a file.
 * @cli: the invocation; its first operand is the path
 *
 * Return: the exit code.
 */
int vouch_target_show_file(const struct vouch_cli *cli);

/**
 * vouch_target_add() - put a profile into vouchd's configuration.
 * @cli: the invocation; its first operand is the path
 *
 * Return: the exit code.
 */
int vouch_target_add(struct vouch_cli *cli);

/**
 * vouch_target_check() - is a running target the one of its profile?
 * @cli: the invocation; its first operand is the target
 *
 * Return: the exit code.
 */
int vouch_target_check(struct vouch_cli *cli);

#endif /* VOUCH_CLI_TARGET_PROFILE_H */
