/* SPDX-License-Identifier: BSD-2-Clause */
/* The confinement of the child that handles one submission. */
#ifndef VOUCH_CONFINE_H
#define VOUCH_CONFINE_H

#include "base.h"

/* Descriptors that a confined child has, beside 0 to 2 on /dev/null. */
#define VOUCH_CONFINE_PIPE 3
#define VOUCH_CONFINE_GUEST 4
#define VOUCH_CONFINE_BTF 5

struct vouch_confinement {
	u32 uid; /* the child's own user and group */
	bool perfmon; /* CAP_PERFMON beside CAP_BPF and CAP_NET_ADMIN */
	bool symbols; /* CAP_SYSLOG too (recording for tests) */
	bool test_run; /* may run programs and read maps */
	int btf_fd; /* becomes VOUCH_CONFINE_BTF; 0: none */
	u32 cpu_s; /* CPU time, in seconds */
};

/**
 * vouch_confine() - confine the calling process, for good.
 * @c: how
 * @pipe_fd: becomes VOUCH_CONFINE_PIPE
 * @guest_fd: becomes VOUCH_CONFINE_GUEST; negative for none
 * @what: set to a constant text that says which step failed, on error
 *
 * Every other descriptor is closed.
 *
 * Return: 0 or the negative error; the process must then end.
 */
int vouch_confine(const struct vouch_confinement *c, int pipe_fd, int guest_fd,
		  const char **what);

#endif /* VOUCH_CONFINE_H */
