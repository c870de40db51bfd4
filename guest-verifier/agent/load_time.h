/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long the verifier kernel needs to load an object as it would be loaded
 * without vouch: no tags, no log, no capture.
 */
#ifndef VOUCH_LOAD_TIME_H
#define VOUCH_LOAD_TIME_H

#include <jansson.h>

#include "failure.h"
#include "options.h"

#define VOUCH_LOAD_TIME_MAX_COUNT 1000

/**
 * vouch_load_time() - load an object several times and take the time.
 * @call: the CALL frame's object: "options" and "count"
 * @blob: the object
 * @blob_len: its length in bytes
 * @failure: filled when there is no result
 *
 * Return: the RESULT frame's object, or NULL with @failure.
 */
json_t *vouch_load_time(const json_t *call, const void *blob, size_t blob_len,
			struct vouch_failure *failure);

#endif /* VOUCH_LOAD_TIME_H */
