/* SPDX-License-Identifier: BSD-2-Clause */
/* What the agent states about the verifier kernel, read once at its start. */
#ifndef VOUCH_KERNEL_H
#define VOUCH_KERNEL_H

#include <jansson.h>

#include "capture.h"

#define VOUCH_KERNEL_MAX_FACTS 80

struct vouch_kernel {
	struct vouch_capture_env env; /* without license, privileges, object */
	struct vouch_capture_fact facts[VOUCH_KERNEL_MAX_FACTS];
	u32 n_facts;
};

/**
 * vouch_kernel_read() - read what the kernel and the module say.
 * @kernel: filled
 * @why: filled with what is wrong and what to do, on error
 * @size: bytes of @why
 *
 * The module's layouts are compared with the kernel's BTF.
 *
 * Return: 0 or the negative error with @why.
 */
int vouch_kernel_read(struct vouch_kernel *kernel, char *why, size_t size);

/**
 * vouch_kernel_hello() - what HELLO says of the kernel.
 * @kernel: the facts
 *
 * Return: a new object, or NULL when out of memory.
 */
json_t *vouch_kernel_hello(const struct vouch_kernel *kernel);

#endif /* VOUCH_KERNEL_H */
