/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the host knows of the verifier kernel without asking the guest, and
 * what the guest said at first, against what a capture says.
 */
#ifndef VOUCH_CHECK_KERNEL_H
#define VOUCH_CHECK_KERNEL_H

#include <jansson.h>

#include "check.h"
#include "symbols.h"

/**
 * vouch_check_hello() - is a capture of the kernel that said HELLO?
 * @cap: the parsed capture
 * @hello: the HELLO of the connection that the capture came over
 * @why: filled on refusal
 *
 * Compares release, build id, CPU model, number of CPUs and features.
 *
 * Return: 0, or -EPERM with @why.
 */
int vouch_check_hello(const struct vouch_capture_view *cap, const json_t *hello,
		      struct vouch_refusal *why);

/**
 * vouch_check_names() - does the kernel have those functions at those places?
 * @cap: the parsed capture
 * @chk: what vouch_check() found in it
 * @symbols: of the kernel that the host gave to the verifier VM
 * @why: filled on refusal
 *
 * The build ids must agree, and each call of a helper and each exit must lie,
 * by its machine code, where @symbols has the name that the capture gives it:
 * all by the one distance by which KASLR may move a kernel.
 *
 * Return: 0, or -EPERM with @why.
 */
int vouch_check_names(const struct vouch_capture_view *cap,
		      const struct vouch_checked *chk,
		      const struct vouch_symbols *symbols,
		      struct vouch_refusal *why);

#endif /* VOUCH_CHECK_KERNEL_H */
