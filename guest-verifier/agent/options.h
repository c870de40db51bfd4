/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of a submission. */
#ifndef VOUCH_OPTIONS_H
#define VOUCH_OPTIONS_H

#include <jansson.h>

#include "base.h"

#define VOUCH_MAX_OPTIONS 64

struct vouch_option {
	char name[64];
	char value[256];
};

struct vouch_options {
	struct vouch_option set[VOUCH_MAX_OPTIONS]; /* variables */
	u32 n_set;
	struct vouch_option map_entries[VOUCH_MAX_OPTIONS];
	u32 n_map_entries;
	struct vouch_option map_types[VOUCH_MAX_OPTIONS];
	u32 n_map_types;
	struct vouch_option map_key_sizes[VOUCH_MAX_OPTIONS];
	u32 n_map_key_sizes;
	struct vouch_option map_value_sizes[VOUCH_MAX_OPTIONS];
	u32 n_map_value_sizes;
	struct vouch_option programs[VOUCH_MAX_OPTIONS]; /* names alone; none:
							  * all programs */
	u32 n_programs;
	bool allow_perfmon; /* try once more with CAP_PERFMON */
	bool record; /* tests: skip the agent's own refusals */
};

/**
 * vouch_options_read() - read the options of a frame.
 * @json: the object, or NULL for none
 * @options: filled
 * @why: set to a constant text that says what is wrong, on error
 *
 * Return: 0, or -EINVAL with @why.
 */
int vouch_options_read(const json_t *json, struct vouch_options *options,
		       const char **why);

/**
 * vouch_options_add() - add one NAME=VALUE of the command line.
 * @list: options->set or one of options->map_*
 * @n: its length, increased
 * @text: NAME=VALUE
 * @why: set to a constant text that says what is wrong, on error
 *
 * Return: 0, or -EINVAL with @why.
 */
int vouch_options_add(struct vouch_option *list, u32 *n, const char *text,
		      const char **why);

#endif /* VOUCH_OPTIONS_H */
