/* SPDX-License-Identifier: GPL-2.0-only */
/* Functions of the kernel that it does not export. */
#ifndef VOUCH_LOOKUP_H
#define VOUCH_LOOKUP_H

#include <linux/bpf.h>

/* A conversion of accesses through a context or a socket. */
typedef u32 (*vouch_convert_fn)(enum bpf_access_type type,
				const struct bpf_insn *si, struct bpf_insn *buf,
				struct bpf_prog *prog, u32 *target_size);

struct vouch_lookup {
	vouch_convert_fn sock;
	vouch_convert_fn tcp_sock;
	vouch_convert_fn xdp_sock;
	struct btf *(*btf_vmlinux)(void);
};

/**
 * vouch_lookup_failed() - say in the log that a function cannot be watched.
 * @name: of the function
 * @err: what placing a probe returned
 */
void vouch_lookup_failed(const char *name, int err);

/**
 * vouch_lookup_start() - find the functions.
 *
 * Return: 0, or the error after saying in the log what is missing.
 */
int vouch_lookup_start(void);

/**
 * vouch_lookup() - the functions.
 *
 * Return: all of them, once vouch_lookup_start() has succeeded.
 */
const struct vouch_lookup *vouch_lookup(void);

#endif /* VOUCH_LOOKUP_H */
