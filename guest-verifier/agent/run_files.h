/* SPDX-License-Identifier: BSD-2-Clause */
/* A test-run by files, for tests without a bridge. */
#ifndef VOUCH_RUN_FILES_H
#define VOUCH_RUN_FILES_H

#include "run.h"

struct vouch_run_files {
	const char *object;
	const char *program; /* its name */
	const char
		*packets; /* each behind its length, 32 bits, little-endian */
	const char *call; /* more of the CALL frame's object; may be NULL */
	const char *output; /* packets afterwards, same form; may be NULL */
};

/**
 * vouch_run_files() - test-run by files.
 * @files: their paths
 * @options: of the submission
 * @failure: filled when there is no result
 *
 * Return: the result, or NULL with @failure.
 */
json_t *vouch_run_files(const struct vouch_run_files *files,
			const struct vouch_options *options,
			struct vouch_failure *failure);

#endif /* VOUCH_RUN_FILES_H */
