/* SPDX-License-Identifier: BSD-2-Clause */
/* Verifying one object: the attempts, each in a child of its own. */
#ifndef VOUCH_VERIFY_H
#define VOUCH_VERIFY_H

#include <jansson.h>

#include "kernel.h"
#include "object.h"
#include "options.h"
#include "target.h"

/* Milliseconds that one attempt may take; a test may have a slower kernel. */
#ifndef VOUCH_VERIFY_TIMEOUT
#define VOUCH_VERIFY_TIMEOUT 120000
#endif

/**
 * vouch_verify_object() - have the verifier judge an object and capture it.
 * @kernel: the kernel's facts
 * @options: of the submission
 * @target: what is known of the target; may be all zero
 * @data: the object
 * @size: its length in bytes
 * @capture: set to the capture, to be freed, if accepted; else NULL
 * @capture_len: its length in bytes
 *
 * Return: the result, as the CAPTURE frame carries it ("error" tells usage,
 * time-out and internal errors apart), or NULL when out of memory.
 */
json_t *vouch_verify_object(const struct vouch_kernel *kernel,
			    const struct vouch_options *options,
			    const struct vouch_target *target, const void *data,
			    size_t size, u8 **capture, size_t *capture_len);

#endif /* VOUCH_VERIFY_H */
