// SPDX-License-Identifier: BSD-2-Clause
/*
 * Confinement: own user, two or three capabilities, limits, and a filter that
 * leaves bpf(2) only the commands that loading needs.
 */

#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../vouch_guest_abi.h"
#include "confine.h"

#define FIRST_CLOSED 6
#define MAX_MEMORY (1ull << 30)
#define MAX_FILES 512

static int step(const char **what, const char *name, long ret)
{
	if (ret >= 0)
		return 0;
	*what = name;
	return ret == -1 && errno ? -errno : (int)ret;
}

static int set_descriptors(int pipe_fd, int guest_fd, int btf_fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int high_pipe, high_guest = -1, high_btf = -1, i;

	if (null < 0)
		return -1;
	/* Out of the way first, so that neither overwrites the other. */
	high_pipe = fcntl(pipe_fd, F_DUPFD_CLOEXEC, 64);
	if (guest_fd >= 0)
		high_guest = fcntl(guest_fd, F_DUPFD_CLOEXEC, 64);
	if (btf_fd > 0)
		high_btf = fcntl(btf_fd, F_DUPFD_CLOEXEC, 64);
	if (high_pipe < 0 || (guest_fd >= 0 && high_guest < 0) ||
	    (btf_fd > 0 && high_btf < 0))
		return -1;
	for (i = 0; i < 3; i++)
		if (dup2(null, i) < 0)
			return -1;
	if (dup3(high_pipe, VOUCH_CONFINE_PIPE, O_CLOEXEC) < 0)
		return -1;
	if (dup3(guest_fd >= 0 ? high_guest : null, VOUCH_CONFINE_GUEST,
		 O_CLOEXEC) < 0)
		return -1;
	if (dup3(btf_fd > 0 ? high_btf : null, VOUCH_CONFINE_BTF, O_CLOEXEC) <
	    0)
		return -1;
	return syscall(SYS_close_range, FIRST_CLOSED, ~0u, 0);
}

static int set_limits(const struct vouch_confinement *c)
{
	const struct {
		int what;
		rlim_t value;
	} limits[] = {
		{ RLIMIT_CORE, 0 },	   { RLIMIT_FSIZE, 0 },
		{ RLIMIT_NPROC, 0 },	   { RLIMIT_NOFILE, MAX_FILES },
		{ RLIMIT_AS, MAX_MEMORY }, { RLIMIT_CPU, c->cpu_s },
	};
	u32 i;

	for (i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		struct rlimit r = { limits[i].value, limits[i].value };

		if (setrlimit(limits[i].what, &r))
			return -1;
	}
	return 0;
}

static int drop_bounding(void)
{
	int cap;

	for (cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0))
			return -1;
	return 0;
}

static int set_user(u32 uid)
{
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || setgroups(0, NULL) ||
	    setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		return -1;
	return 0;
}

static int set_capabilities(const struct vouch_confinement *c)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = { 0 };
	int caps[4] = { CAP_BPF, CAP_NET_ADMIN };
	u32 i, n = 2;

	if (c->perfmon)
		caps[n++] = CAP_PERFMON;
	if (c->symbols)
		caps[n++] = CAP_SYSLOG;
	for (i = 0; i < n; i++)
		data[caps[i] / 32].permitted |= 1u << caps[i] % 32;
	for (i = 0; i < 2; i++)
		data[i].effective = data[i].permitted;
	return syscall(SYS_capset, &head, data);
}

static int allow_bpf(scmp_filter_ctx ctx, bool test_run)
{
	static const int commands[] = {
		BPF_MAP_CREATE,		BPF_MAP_LOOKUP_ELEM,
		BPF_MAP_UPDATE_ELEM,	BPF_MAP_FREEZE,
		BPF_PROG_LOAD,		BPF_BTF_LOAD,
		BPF_OBJ_GET_INFO_BY_FD, BPF_PROG_BIND_MAP,
		BPF_BTF_GET_NEXT_ID,	BPF_BTF_GET_FD_BY_ID,
	};
	static const int more[] = { BPF_PROG_TEST_RUN, BPF_MAP_GET_NEXT_KEY };
	u32 i;
	int err = 0;

	for (i = 0; !err && i < sizeof(commands) / sizeof(*commands); i++)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(bpf), 1,
				       SCMP_A0(SCMP_CMP_EQ, commands[i], 0));
	for (i = 0; test_run && !err && i < sizeof(more) / sizeof(*more); i++)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(bpf), 1,
				       SCMP_A0(SCMP_CMP_EQ, more[i], 0));
	return err;
}

static int allow_plain(scmp_filter_ctx ctx)
{
	/* What the C library, libelf and libbpf need to read and allocate. */
	static const int calls[] = {
		SCMP_SYS(read),
		SCMP_SYS(pread64),
		SCMP_SYS(write),
		SCMP_SYS(close),
		SCMP_SYS(lseek),
		SCMP_SYS(fstat),
		SCMP_SYS(newfstatat),
		SCMP_SYS(stat),
		SCMP_SYS(statx),
		SCMP_SYS(access),
		SCMP_SYS(faccessat),
		SCMP_SYS(faccessat2),
		SCMP_SYS(readlink),
		SCMP_SYS(getdents64),
		SCMP_SYS(poll),
		SCMP_SYS(uname),
		SCMP_SYS(sysinfo),
		SCMP_SYS(mmap),
		SCMP_SYS(munmap),
		SCMP_SYS(mremap),
		SCMP_SYS(madvise),
		SCMP_SYS(brk),
		SCMP_SYS(rt_sigaction),
		SCMP_SYS(rt_sigprocmask),
		SCMP_SYS(rt_sigreturn),
		SCMP_SYS(getpid),
		SCMP_SYS(gettid),
		SCMP_SYS(getuid),
		SCMP_SYS(geteuid),
		SCMP_SYS(getrandom),
		SCMP_SYS(clock_gettime),
		SCMP_SYS(futex),
		SCMP_SYS(restart_syscall),
		SCMP_SYS(exit),
		SCMP_SYS(exit_group),
		SCMP_SYS(dup),
	};
	u32 i;
	int err = 0;

	for (i = 0; !err && i < sizeof(calls) / sizeof(*calls); i++)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0);
	return err;
}

static int allow_bounded(scmp_filter_ctx ctx)
{
	static const u32 ioctls[] = { VOUCH_GUEST_ARM, VOUCH_GUEST_DISARM,
				      VOUCH_GUEST_TAKE, VOUCH_GUEST_ORIGINS,
				      VOUCH_GUEST_MAP };
	u32 i;
	int err;

	/* Files only for reading; memory never both writable and code. */
	err = seccomp_rule_add(
		ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
		SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT, O_RDONLY));
	if (!err)
		err = seccomp_rule_add(
			ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (!err)
		err = seccomp_rule_add(
			ctx, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 1,
			SCMP_A0(SCMP_CMP_EQ, VOUCH_CONFINE_PIPE, 0));
	/* libbpf moves low descriptors with it. */
	if (!err)
		err = seccomp_rule_add(
			ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
			SCMP_A1(SCMP_CMP_EQ, F_DUPFD_CLOEXEC, 0));
	for (i = 0; !err && i < sizeof(ioctls) / sizeof(*ioctls); i++)
		err = seccomp_rule_add(
			ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 2,
			SCMP_A0(SCMP_CMP_EQ, VOUCH_CONFINE_GUEST, 0),
			SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, ioctls[i]));
	return err;
}

/* Whatever is not allowed fails with EPERM, which the child survives and
 * reports; what it must never do it does not get done either way. */
static int set_filter(const struct vouch_confinement *c)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int err = -ENOMEM;

	if (!ctx)
		return err;
	err = allow_plain(ctx);
	if (!err)
		err = allow_bounded(ctx);
	if (!err)
		err = allow_bpf(ctx, c->test_run);
	if (!err)
		err = seccomp_load(ctx);
	seccomp_release(ctx);
	return err;
}

int vouch_confine(const struct vouch_confinement *c, int pipe_fd, int guest_fd,
		  const char **what)
{
	int err;

	errno = 0;
	err = step(what, "arranging descriptors",
		   set_descriptors(pipe_fd, guest_fd, c->btf_fd));
	if (!err)
		err = step(what, "dropping the bounding set", drop_bounding());
	if (!err)
		err = step(what, "changing user", set_user(c->uid));
	if (!err)
		err = step(what, "setting capabilities", set_capabilities(c));
	if (!err)
		err = step(what, "setting limits", set_limits(c));
	if (!err)
		err = step(what, "setting no_new_privs",
			   prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	if (!err)
		err = step(what, "forbidding dumps",
			   prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
	errno = 0;
	if (!err)
		err = step(what, "setting the system call filter",
			   set_filter(c));
	return err;
}
