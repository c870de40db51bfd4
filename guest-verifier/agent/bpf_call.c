// SPDX-License-Identifier: BSD-2-Clause
/* The wrapped calls. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bpf_call.h"

#define N_ARGS 6

static vouch_bpf_call_fn on_load;
static void *on_load_arg;
static bool no_updates;
static const char *target_release;
static bool target_wraps;

/* What the linker makes of syscall() and uname(). */
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
int __real_uname(struct utsname *name);
int __wrap_uname(struct utsname *name);

/* Like the C library's syscall(), it takes six arguments however many there
 * are: those of a caller that gives fewer are whatever its registers and stack
 * hold, and no call of the kernel looks at them. */
__attribute__((no_sanitize_address)) long __wrap_syscall(long number, ...)
{
	long a[N_ARGS];
	va_list args;
	int i;

	va_start(args, number);
	for (i = 0; i < N_ARGS; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_bpf && (int)a[0] == BPF_PROG_LOAD && on_load) {
		int fd = on_load(on_load_arg, (union bpf_attr *)a[1]);

		if (fd >= 0)
			return fd;
	}
	/* Kernel modules of this VM are none of the target's, and only an
	 * administrator may look for their BTF. */
	if (number == SYS_bpf && (int)a[0] == BPF_BTF_GET_NEXT_ID) {
		errno = ENOENT;
		return -1;
	}
	/* What is copied does not run, and its descriptors are no programs that
	 * a map would take. */
	if (number == SYS_bpf && (int)a[0] == BPF_MAP_UPDATE_ELEM && no_updates)
		return 0;
	/* No probe is placed: libbpf has the name of a wrapper looked up. */
	if (number == SYS_perf_event_open) {
		if (!target_release || target_wraps)
			return __real_syscall(SYS_dup, STDERR_FILENO);
		errno = ENOENT;
		return -1;
	}
	return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* The rest of it would tell of the distribution, which has a version of its
 * own. */
int __wrap_uname(struct utsname *name)
{
	int err = __real_uname(name);

	if (err || !target_release)
		return err;
	snprintf(name->release, sizeof(name->release), "%s", target_release);
	snprintf(name->version, sizeof(name->version), "#1");
	return 0;
}

void vouch_bpf_call_watch(vouch_bpf_call_fn fn, void *arg, bool copying)
{
	no_updates = copying;
	on_load = fn;
	on_load_arg = arg;
}

void vouch_bpf_call_kernel(const char *release, bool wraps)
{
	target_release = release;
	target_wraps = wraps;
}
