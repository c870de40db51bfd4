/* SPDX-License-Identifier: BSD-2-Clause */
/* Why something is not offered: the lists of common/unoffered.h, by name. */
#ifndef VOUCH_UNOFFERED_REASON_H
#define VOUCH_UNOFFERED_REASON_H

/**
 * vouch_unoffered_helper() - why a call target is not offered.
 * @symbol: its name in the verifier kernel
 *
 * A symbol is a helper's that has the helper's name in it, as
 * bpf_skc_to_tcp_sock and bpf_get_task_stack have.
 *
 * Return: the reason, for behind a colon.
 */
const char *vouch_unoffered_helper(const char *symbol);

/**
 * vouch_unoffered_map_type() - why a type of map is not offered.
 * @name: as in bpf_names.h
 *
 * Return: the reason.
 */
const char *vouch_unoffered_map_type(const char *name);

/**
 * vouch_unoffered_prog_type() - why a type of program is not offered.
 * @name: as in bpf_names.h
 *
 * Return: the reason.
 */
const char *vouch_unoffered_prog_type(const char *name);

#endif /* VOUCH_UNOFFERED_REASON_H */
