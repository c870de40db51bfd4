// SPDX-License-Identifier: BSD-2-Clause
/* Seccomp filters by duty. */

#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "log.h"
#include "process.h"

#define SYS(name) SCMP_SYS(name)
/* Ends each list. */
#define END 0x7fffffff

/* What every C program does. */
static const int basic[] = {
	SYS(read),
	SYS(write),
	SYS(writev),
	SYS(readv),
	SYS(preadv2),
	SYS(close),
	SYS(brk),
	SYS(mmap),
	SYS(munmap),
	SYS(mremap),
	SYS(madvise),
	SYS(fstat),
	SYS(newfstatat),
	SYS(lseek),
	SYS(poll),
	SYS(ppoll),
	SYS(sendto),
	SYS(recvfrom),
	SYS(futex),
	SYS(getrandom),
	SYS(getpid),
	SYS(gettid),
	SYS(clock_gettime),
	SYS(gettimeofday),
	SYS(time),
	SYS(rt_sigreturn),
	SYS(rt_sigprocmask),
	SYS(rt_sigaction),
	SYS(restart_syscall),
	SYS(exit),
	SYS(exit_group),
	SYS(tgkill),
	SYS(sched_yield),
	SYS(sysinfo),
	SYS(prlimit64),
	END,
};

/* Files, for the state directory. */
static const int files[] = {
	SYS(openat),	SYS(fsync),    SYS(fdatasync), SYS(renameat),
	SYS(renameat2), SYS(unlinkat), SYS(fcntl),     END,
};

/* Databases, sockets, timers. Paths without a directory are SQLite's. */
static const int main_calls[] = {
	SYS(open),	  SYS(stat),
	SYS(lstat),	  SYS(unlink),
	SYS(access),	  SYS(readlink),
	SYS(getcwd),	  SYS(mkdir),
	SYS(ftruncate),	  SYS(pread64),
	SYS(pwrite64),	  SYS(fchmod),
	SYS(geteuid),	  SYS(getuid),
	SYS(umask),	  SYS(utimensat),
	SYS(epoll_wait),  SYS(epoll_pwait),
	SYS(epoll_ctl),	  SYS(accept4),
	SYS(accept),	  SYS(getsockopt),
	SYS(getsockname), SYS(recvmsg),
	SYS(sendmsg),	  SYS(shutdown),
	SYS(ioctl),	  SYS(uname),
	SYS(kill),	  SYS(statx),
	SYS(fchown),	  SYS(fstatfs),
	SYS(wait4),	  END,
};

static const int link_calls[] = {
	SYS(clone),	   SYS(clone3),		 SYS(fork),    SYS(vfork),
	SYS(wait4),	   SYS(waitid),		 SYS(kill),    SYS(setrlimit),
	SYS(memfd_create), SYS(ftruncate),	 SYS(pread64), SYS(pwrite64),
	SYS(fcntl),	   SYS(set_robust_list), SYS(rseq),    END,
};

#ifdef __SANITIZE_ADDRESS__
/* What the sanitizers' run time does beside the program. */
static const int sanitizer[] = {
	SYS(openat),
	SYS(readlink),
	SYS(readlinkat),
	SYS(sigaltstack),
	SYS(mprotect),
	SYS(clone),
	SYS(wait4),
	SYS(ptrace),
	SYS(prctl),
	SYS(getppid),
	SYS(set_robust_list),
	SYS(kill),
	SYS(pipe2),
	SYS(dup),
	SYS(process_vm_readv),
	SYS(getdents64),
	SYS(sched_getaffinity),
	SYS(arch_prctl),
	SYS(rseq),
	SYS(set_tid_address),
	SYS(fcntl),
	SYS(open),
	SYS(getdents),
	SYS(ioctl),
	SYS(getuid),
	SYS(geteuid),
	SYS(stat),
	SYS(lstat),
	SYS(access),
	END,
};
#endif

static int allow(scmp_filter_ctx ctx, const int *calls)
{
	int err;

	for (; *calls != END; calls++) {
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, *calls, 0);
		if (err && err != -EEXIST)
			return err;
	}
	return 0;
}

/* Sockets of this host only. */
static int allow_unix(scmp_filter_ctx ctx, int call)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call, 1,
				SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0));
}

static int add_rules(scmp_filter_ctx ctx, enum vouch_duty duty)
{
	int err = allow(ctx, basic);

	if (!err && duty != VOUCH_DUTY_LINK)
		err = allow(ctx, files);
	if (!err && duty == VOUCH_DUTY_MAIN)
		err = allow(ctx, main_calls);
	if (!err && duty == VOUCH_DUTY_MAIN)
		err = allow_unix(ctx, SYS(socketpair));
	if (!err && duty == VOUCH_DUTY_LINK)
		err = allow(ctx, link_calls);
	if (!err && duty == VOUCH_DUTY_LINK)
		err = allow_unix(ctx, SYS(socketpair));
	/* It looks through the state directory, also later on. */
	if (!err && duty == VOUCH_DUTY_MAIN)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SYS(getdents64), 0);
	/* Its children end with it. */
	if (!err && duty == VOUCH_DUTY_LINK)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SYS(getppid), 0);
	if (!err && duty == VOUCH_DUTY_LINK)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SYS(prctl), 1,
				       SCMP_A0(SCMP_CMP_EQ, PR_SET_PDEATHSIG,
					       0));
#ifdef __SANITIZE_ADDRESS__
	if (!err)
		err = allow(ctx, sanitizer);
#endif
	return err;
}

static int load_filter(enum vouch_duty duty)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int err = -ENOMEM;

	if (!ctx)
		return err;
	err = add_rules(ctx, duty);
	if (!err)
		err = seccomp_load(ctx);
	seccomp_release(ctx);
	return err;
}

int vouch_process_confine(enum vouch_duty duty)
{
	const struct rlimit no_core = {};
	int err;

	if (duty == VOUCH_DUTY_SIGN &&
	    (setrlimit(RLIMIT_CORE, &no_core) || prctl(PR_SET_DUMPABLE, 0))) {
		err = -errno;
		goto fail;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) {
		err = -errno;
		goto fail;
	}
	err = load_filter(duty);
	if (!err)
		return 0;
fail:
	vouch_error("cannot confine the process: %s; the kernel needs "
		    "CONFIG_SECCOMP_FILTER",
		    strerror(-err));
	return err;
}
