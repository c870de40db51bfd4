/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What requests are made of: files, and the options of a submission.
 */
#ifndef VOUCH_CLI_REQUEST_H
#define VOUCH_CLI_REQUEST_H

#include "command.h"

/**
 * vouch_request_file() - read a file that goes into a request.
 * @path: of the file
 * @data: set to what it holds, to be freed
 * @len: set to its length in bytes, not 0
 * @f: filled on error
 *
 * Return: 0 or a negative errno.
 */
int vouch_request_file(const char *path, void **data, size_t *len,
		       struct vouch_failure *f);

/**
 * vouch_request_name() - what a file is called, for vouchd.
 * @path: of the file
 *
 * Return: the part behind the last slash, within @path.
 */
const char *vouch_request_name(const char *path);

/**
 * vouch_request_options() - OPTIONS from --set and --map-entries.
 * @cli: the invocation
 * @options: set to a new object
 * @f: filled on error
 *
 * Return: 0 or -EINVAL.
 */
int vouch_request_options(const struct vouch_cli *cli, json_t **options,
			  struct vouch_failure *f);

#endif /* VOUCH_CLI_REQUEST_H */
