// SPDX-License-Identifier: BSD-2-Clause
/*
 * The system calls of each duty.
 *
 * A row is here because something was seen to need it; tests/confine/ holds
 * the list against one of its own, call by call.
 */

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "confine.h"

#define SYS(name) SCMP_SYS(name)

#define M (1u << VOUCH_DUTY_MAIN)
#define L (1u << VOUCH_DUTY_LINK)
#define C (1u << VOUCH_DUTY_LINK_CHILD)
#define S (1u << VOUCH_DUTY_SIGN)
/* What a child may do its parent must be able to: filters only add up. */
#define LC (L | C)
#define ALL (M | LC | S)

#define MAX_ARGS 2

#define EQ(arg, value)                     \
	{                                  \
		arg, SCMP_CMP_EQ, value, 0 \
	}
/* No bit of @mask but those of @value. */
#define BITS(arg, mask, value)                       \
	{                                            \
		arg, SCMP_CMP_MASKED_EQ, mask, value \
	}

struct rule {
	int call;
	unsigned int duties;
	struct scmp_arg_cmp args[MAX_ARGS];
	unsigned int n_args;
};

/* What is worded here holds whatever the values at run time are. */
static const struct rule rules[] = {
	/* Messages and lines of the log. */
	{ SYS(read), ALL, {}, 0 },
	{ SYS(write), ALL, {}, 0 },
	{ SYS(writev), ALL, {}, 0 }, /* the C library's last words */
	{ SYS(close), ALL, {}, 0 },
	{ SYS(sendto), ALL, { EQ(4, 0) }, 1 }, /* no address: connected */
	{ SYS(poll), ALL, {}, 0 },

	/* Memory that is never code. */
	{ SYS(brk), ALL, {}, 0 },
	{ SYS(mmap), M, { BITS(2, PROT_EXEC, 0) }, 1 },
	{ SYS(mmap),
	  LC | S,
	  { BITS(2, PROT_EXEC, 0),
	    BITS(3, MAP_SHARED | MAP_ANONYMOUS, MAP_ANONYMOUS) },
	  2 },
	{ SYS(munmap), ALL, {}, 0 },
	{ SYS(mremap), ALL, { EQ(3, MREMAP_MAYMOVE) }, 1 },
	{ SYS(madvise), M, { EQ(2, MADV_DONTDUMP) }, 1 },
	{ SYS(sysinfo), ALL, {}, 0 }, /* qsort() asks how much there is */

	/* Time, chance and oneself. */
	{ SYS(clock_gettime), ALL, {}, 0 },
	{ SYS(gettimeofday), ALL, {}, 0 },
	{ SYS(getrandom), M | S, {}, 0 },
	{ SYS(getpid), ALL, {}, 0 },
	{ SYS(gettid), ALL, {}, 0 },
	{ SYS(futex), ALL, {}, 0 },
	{ SYS(restart_syscall), ALL, {}, 0 }, /* behind SIGCONT */
	{ SYS(rt_sigprocmask), ALL, {}, 0 }, /* abort() */
	{ SYS(exit_group), ALL, {}, 0 },

	/* Files: of main the database's and its own; of link's child a memory
	 * file that libelf writes to; of sign see add_dir_rules(). */
	{ SYS(newfstatat), M, {}, 0 },
	{ SYS(newfstatat), LC, { BITS(3, ~0u, AT_EMPTY_PATH) }, 1 },
	{ SYS(fstat), M | LC, {}, 0 },
	{ SYS(pread64), M | LC, {}, 0 },
	{ SYS(pwrite64), M | LC, {}, 0 },
	{ SYS(ftruncate), M | LC, {}, 0 },
	{ SYS(memfd_create), LC, {}, 0 },
	{ SYS(fcntl), LC, { EQ(1, F_GETFD) }, 1 },
	{ SYS(fsync), M | S, {}, 0 },
	{ SYS(fdatasync), M, {}, 0 },
	{ SYS(openat), M, {}, 0 },
	{ SYS(renameat), M, {}, 0 },
	{ SYS(unlinkat), M, {}, 0 },
	{ SYS(unlink), M, {}, 0 },
	{ SYS(access), M, {}, 0 },
	{ SYS(readlink), M, {}, 0 },
	{ SYS(getdents64), M, {}, 0 },
	{ SYS(lseek), M, {}, 0 },
	{ SYS(fstatfs), M, {}, 0 },
	{ SYS(fchmod), M, {}, 0 },
	{ SYS(geteuid), M, {}, 0 },
	{ SYS(fcntl), M, { EQ(1, F_GETFD) }, 1 },
	{ SYS(fcntl), M, { EQ(1, F_SETFD) }, 1 },
	{ SYS(fcntl), M, { EQ(1, F_GETFL) }, 1 },
	{ SYS(fcntl), M, { EQ(1, F_SETFL) }, 1 },
	{ SYS(fcntl), M, { EQ(1, F_GETLK) }, 1 },
	{ SYS(fcntl), M, { EQ(1, F_SETLK) }, 1 },
	{ SYS(fcntl), M, { EQ(1, F_GET_SEALS) }, 1 },
	/* The database waits for whoever has locked it. */
	{ SYS(nanosleep), M, {}, 0 },
	{ SYS(clock_nanosleep), M, {}, 0 },

	/* Sockets of this host, connected or listening already. */
	{ SYS(epoll_wait), M, {}, 0 },
	{ SYS(epoll_pwait), M, {}, 0 },
	{ SYS(epoll_ctl), M, {}, 0 },
	{ SYS(preadv2), M, {}, 0 }, /* a kick, without waiting */
	{ SYS(timerfd_settime), M, { EQ(1, 0) }, 1 }, /* calls to come */
	{ SYS(accept4), M, {}, 0 },
	{ SYS(getsockopt), M, { EQ(1, SOL_SOCKET) }, 1 },
	{ SYS(recvfrom), M, { EQ(4, 0) }, 1 },
	{ SYS(recvmsg), M, {}, 0 },
	{ SYS(sendmsg), M, {}, 0 },
	{ SYS(shutdown), M, {}, 0 },
	{ SYS(socketpair), M | L, { EQ(0, AF_UNIX) }, 1 },
	{ SYS(uname), M, {}, 0 },
	{ SYS(wait4), M | L, {}, 0 },

	/* Children, by descriptors of theirs: nobody else can be signalled.
	 * Link makes them, bounds them and confines them. */
	{ SYS(clone), L, { EQ(0, CLONE_PIDFD | SIGCHLD) }, 1 },
	{ SYS(pidfd_send_signal), M | L, { EQ(1, SIGKILL) }, 1 },
	{ SYS(prlimit64), L, { EQ(0, 0), EQ(1, RLIMIT_CPU) }, 2 },
	{ SYS(prlimit64), L, { EQ(0, 0), EQ(1, RLIMIT_AS) }, 2 },
	{ SYS(seccomp), L, { EQ(0, SECCOMP_SET_MODE_FILTER) }, 1 },
	{ SYS(prctl), L, { EQ(0, PR_SET_NO_NEW_PRIVS) }, 1 },
	{ SYS(prctl), L, { EQ(0, PR_SET_PDEATHSIG), EQ(1, SIGKILL) }, 2 },
	{ SYS(getppid), L, {}, 0 },

#ifdef __SANITIZE_ADDRESS__
	/* What the sanitizers' run time does beside the program. */
	{ SYS(openat), ALL, {}, 0 },
	{ SYS(open), ALL, {}, 0 },
	{ SYS(readlink), ALL, {}, 0 },
	{ SYS(readlinkat), ALL, {}, 0 },
	{ SYS(newfstatat), ALL, {}, 0 },
	{ SYS(fstat), ALL, {}, 0 },
	{ SYS(stat), ALL, {}, 0 },
	{ SYS(lstat), ALL, {}, 0 },
	{ SYS(access), ALL, {}, 0 },
	{ SYS(lseek), ALL, {}, 0 },
	{ SYS(getdents), ALL, {}, 0 },
	{ SYS(getdents64), ALL, {}, 0 },
	{ SYS(mmap), ALL, {}, 0 },
	{ SYS(mprotect), ALL, {}, 0 },
	{ SYS(madvise), ALL, {}, 0 },
	{ SYS(mremap), ALL, {}, 0 },
	{ SYS(clone), ALL, {}, 0 },
	{ SYS(wait4), ALL, {}, 0 },
	{ SYS(ptrace), ALL, {}, 0 },
	{ SYS(prctl), ALL, {}, 0 },
	{ SYS(arch_prctl), ALL, {}, 0 },
	{ SYS(prlimit64), ALL, {}, 0 },
	{ SYS(process_vm_readv), ALL, {}, 0 },
	{ SYS(getppid), ALL, {}, 0 },
	{ SYS(getuid), ALL, {}, 0 },
	{ SYS(geteuid), ALL, {}, 0 },
	{ SYS(kill), ALL, {}, 0 },
	{ SYS(tgkill), ALL, {}, 0 },
	{ SYS(pipe2), ALL, {}, 0 },
	{ SYS(dup), ALL, {}, 0 },
	{ SYS(fcntl), ALL, {}, 0 },
	{ SYS(ioctl), ALL, {}, 0 },
	{ SYS(sigaltstack), ALL, {}, 0 },
	{ SYS(rt_sigaction), ALL, {}, 0 },
	{ SYS(rt_sigreturn), ALL, {}, 0 },
	{ SYS(sched_getaffinity), ALL, {}, 0 },
	{ SYS(sched_yield), ALL, {}, 0 },
	{ SYS(set_robust_list), ALL, {}, 0 },
	{ SYS(set_tid_address), ALL, {}, 0 },
	{ SYS(rseq), ALL, {}, 0 },
	{ SYS(exit), ALL, {}, 0 },
#endif
#ifdef VOUCH_FAULT_POINTS
	/* A fault point ends or stops its own process. */
	{ SYS(tgkill), ALL, {}, 0 },
#endif
};

static int allow(scmp_filter_ctx ctx, const struct rule *rule)
{
	int err = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, rule->call,
					 rule->n_args, rule->args);

	/* A wider rule may be there already. */
	return err == -EEXIST ? 0 : err;
}

static int allow_all(scmp_filter_ctx ctx, const struct rule *list, size_t n)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < n; i++)
		err = allow(ctx, &list[i]);
	return err;
}

/* Whole files are put in place in one directory, never read. */
static int add_dir_rules(scmp_filter_ctx ctx, int fd)
{
	const u64 dir = (unsigned int)fd;
	const struct rule list[] = {
		{ SYS(openat),
		  S,
		  { BITS(0, ~0u, dir), BITS(2, ~0u,
					    O_WRONLY | O_CREAT | O_TRUNC |
						    O_CLOEXEC | O_NOFOLLOW) },
		  2 },
		{ SYS(renameat),
		  S,
		  { BITS(0, ~0u, dir), BITS(2, ~0u, dir) },
		  2 },
		{ SYS(unlinkat), S, { BITS(0, ~0u, dir), EQ(2, 0) }, 2 },
	};

	return allow_all(ctx, list, sizeof(list) / sizeof(list[0]));
}

/* To a service of this host that the configuration names. */
static int add_dial_rules(scmp_filter_ctx ctx)
{
	static const struct rule list[] = {
		{ SYS(socket),
		  M,
		  { EQ(0, AF_UNIX),
		    EQ(1, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK) },
		  2 },
		{ SYS(connect), M, {}, 0 },
	};

	return allow_all(ctx, list, sizeof(list) / sizeof(list[0]));
}

/* Of a socket that was handed over, and who connects. */
static int add_listen_rules(scmp_filter_ctx ctx)
{
	static const struct rule list[] = {
		{ SYS(accept4), S, { EQ(1, 0), EQ(3, SOCK_CLOEXEC) }, 2 },
		{ SYS(getsockopt),
		  S,
		  { EQ(1, SOL_SOCKET), EQ(2, SO_PEERCRED) },
		  2 },
	};

	return allow_all(ctx, list, sizeof(list) / sizeof(list[0]));
}

static int add_rules(scmp_filter_ctx ctx, const struct vouch_confinement *c)
{
	/* abort(): a signal to oneself. */
	const struct rule own = {
		SYS(tgkill), M | S, { EQ(0, (u64)getpid()) }, 1
	};
	size_t i;
	int err = 0;

	for (i = 0; !err && i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].duties & 1u << c->duty)
			err = allow(ctx, &rules[i]);
	if (!err && own.duties & 1u << c->duty)
		err = allow(ctx, &own);
	if (!err && c->dir_fd >= 0)
		err = add_dir_rules(ctx, c->dir_fd);
	if (!err && c->dials)
		err = add_dial_rules(ctx);
	if (!err && c->listens)
		err = add_listen_rules(ctx);
	return err;
}

int vouch_filter_load(const struct vouch_confinement *c)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int err;

	if (!ctx)
		return -ENOMEM;
	/* Calls of another architecture of the same processor. */
	err = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
			       SCMP_ACT_KILL_PROCESS);
	if (!err)
		err = add_rules(ctx, c);
	if (!err)
		err = seccomp_load(ctx);
	seccomp_release(ctx);
	return err;
}
