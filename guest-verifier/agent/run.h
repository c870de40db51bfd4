/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Running a program on packets in the verifier VM, as a reference for what
 * it does on a target. The object is loaded anew, without tags.
 */
#ifndef VOUCH_RUN_H
#define VOUCH_RUN_H

#include <jansson.h>

#include "failure.h"
#include "options.h"

#define VOUCH_RUN_MAX_PACKETS 65536
#define VOUCH_RUN_MAX_PACKET 65535 /* bytes */
#define VOUCH_RUN_MAX_REPEAT 1000000

/**
 * vouch_run_object() - run a program of an object.
 * @call: the CALL frame's object: "program", "packets", "repeat", "ctx",
 *	"presets", "dump", "options" and "object_len"
 * @blob: the object, then the packets
 * @blob_len: their length in bytes
 * @out: set to the packets afterwards, one behind the other, to be freed
 * @out_len: their length in bytes
 * @failure: filled when there is no result
 *
 * Return: the RESULT frame's object, or NULL with @failure.
 */
json_t *vouch_run_object(const json_t *call, const void *blob, size_t blob_len,
			 u8 **out, size_t *out_len,
			 struct vouch_failure *failure);

#endif /* VOUCH_RUN_H */
