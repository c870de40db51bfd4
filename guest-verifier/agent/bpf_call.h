/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What libbpf asks the kernel, seen on the way: the agent is linked with
 * --wrap=syscall and --wrap=uname. libbpf has finished a program's
 * instructions only inside its one call that loads an object, and takes the
 * kernel's version from uname(2); whether system calls have wrappers it learns
 * by placing a probe at one.
 */
#ifndef VOUCH_BPF_CALL_H
#define VOUCH_BPF_CALL_H

#include <linux/bpf.h>

#include "base.h"

/**
 * typedef vouch_bpf_call_fn - look at a BPF_PROG_LOAD before it is made.
 * @arg: as given to vouch_bpf_call_watch()
 * @attr: what is loaded; may be changed
 *
 * Return: negative to make the call, or the descriptor that it is said to
 * have given.
 */
typedef int (*vouch_bpf_call_fn)(void *arg, union bpf_attr *attr);

/**
 * vouch_bpf_call_watch() - see the program loads of this process.
 * @fn: called before each one; NULL: not any more
 * @arg: handed to it
 * @copying: nothing is really loaded; updates of maps are not made either
 */
void vouch_bpf_call_watch(vouch_bpf_call_fn fn, void *arg, bool copying);

/**
 * vouch_bpf_call_kernel() - set which kernel libbpf sees.
 * @release: of the target's kernel, as uname(2) gives it; NULL: that of the
 *	running one
 * @wraps: its system calls have wrappers; those of a running one do
 */
void vouch_bpf_call_kernel(const char *release, bool wraps);

#endif /* VOUCH_BPF_CALL_H */
