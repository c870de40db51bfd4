/* SPDX-License-Identifier: BSD-2-Clause */
/* The maps of a test-run: what is written before it and read after it. */
#ifndef VOUCH_AGENT_RUN_MAPS_H
#define VOUCH_AGENT_RUN_MAPS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct vouch_load;

/**
 * vouch_run_preset() - write elements before the first run.
 * @load: the object, loaded
 * @presets: list of {"map", "key", "value"}, or NULL
 * @why: filled on error
 * @size: bytes of @why
 *
 * Return: whether all were written.
 */
bool vouch_run_preset(const struct vouch_load *load, const json_t *presets,
		      char *why, size_t size);

/**
 * vouch_run_dump() - read maps after the last run.
 * @load: the object, loaded
 * @wanted: true for all, or a list of names
 * @maps: object that gets a list of elements for each
 * @why: filled on error
 * @size: bytes of @why
 *
 * Return: whether all were read.
 */
bool vouch_run_dump(const struct vouch_load *load, const json_t *wanted,
		    json_t *maps, char *why, size_t size);

/**
 * vouch_run_hex() - bytes as a JSON string in hexadecimal.
 * @p: the bytes
 * @len: how many
 *
 * Return: the string; NULL when out of memory.
 */
json_t *vouch_run_hex(const void *p, size_t len);

#endif /* VOUCH_AGENT_RUN_MAPS_H */
