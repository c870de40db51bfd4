/* SPDX-License-Identifier: BSD-2-Clause */
/* Other programs, asked what they are. */
#ifndef VOUCH_CLI_TOOL_H
#define VOUCH_CLI_TOOL_H

#include "../../common/base.h"

/**
 * vouch_tool_run() - run a program and read what it says.
 * @argv: program, by path or in PATH, and arguments; ends with NULL
 * @out: filled with standard output and error, cut to its size, NUL-terminated
 * @size: bytes of @out
 * @timeout_ms: for its whole run; it is killed then
 *
 * Return: its exit status; or a negative errno.
 */
int vouch_tool_run(const char *const *argv, char *out, size_t size,
		   int timeout_ms);

#endif /* VOUCH_CLI_TOOL_H */
