// SPDX-License-Identifier: BSD-2-Clause
/* The test of vouch_target's hooks: signals that programs send to who runs. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "hooks.h"

#define CALL "kprobe:hooks_native_call"
#define NMI "kprobe:hooks_native_nmi"
#define MARK 0x700d0000ull /* so that an NMI's value is none of others */
#define TRIES 100000

/* What somebody found, in memory that is shared. */
struct found {
	bool thread, process; /* for whom it was pending */
	int code, pid; /* of its siginfo */
	bool again; /* it came twice */
};

static bool fire(const char *place, __u64 value)
{
	struct hooks_call as_call = { .args = { value } };
	bool in_nmi = !strcmp(place, NMI);
	size_t len = in_nmi ? sizeof(value) : sizeof(as_call);
	int fd = open("/dev/hooks_native", O_RDWR | O_CLOEXEC);
	bool done = write(fd, in_nmi ? (void *)&value : (void *)&as_call,
			  len) == (ssize_t)len;

	close(fd);
	return done;
}

static bool is_pending(const char *field, int sig)
{
	FILE *f = fopen("/proc/thread-self/status", "re");
	unsigned long long set = 0;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, field, strlen(field)))
			set = strtoull(line + strlen(field), NULL, 16);
	if (f)
		fclose(f);
	return set >> (sig - 1) & 1;
}

static void look(struct found *out, int sig)
{
	struct timespec now = {};
	siginfo_t info = {};
	unsigned int i;
	sigset_t set;

	for (i = 0; i < TRIES && !out->thread && !out->process; i++) {
		out->thread = is_pending("SigPnd:", sig);
		out->process = is_pending("ShdPnd:", sig);
	}
	sigemptyset(&set);
	sigaddset(&set, sig);
	if (sigtimedwait(&set, &info, &now) == sig) {
		out->code = info.si_code;
		out->pid = info.si_pid;
	}
	out->again = sigtimedwait(&set, &info, &now) == sig;
}

struct job {
	const char *place;
	int sig;
	bool whole;
	struct found *out;
};

/* In a thread that is not the first of its process. */
static void *do_job(void *arg)
{
	const struct job *j = arg;

	if (fire(j->place, MARK | (j->whole ? 0x100 : 0) | j->sig) &&
	    j->sig < NSIG)
		look(j->out, j->sig);
	return NULL;
}

/* In a process of its own: the first one gets no signals. */
static void in_child(struct job *j)
{
	pid_t child = fork();
	pthread_t thread;
	sigset_t set;

	if (child) {
		waitpid(child, NULL, 0);
		return;
	}
	sigemptyset(&set);
	sigaddset(&set, j->sig);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (!pthread_create(&thread, NULL, do_job, j))
		pthread_join(thread, NULL);
	_exit(0);
}

/* What the program's helper returned for the last value. */
static long returned(void)
{
	struct hooks_record r = noted("one", HOOKS_CALL);

	return r.n ? (long)r.at[(r.n - 1) % HOOKS_KEPT][0] : 1;
}

static void test_place(const char *place, struct found *shared)
{
	static const bool ways[] = { true, false };
	unsigned int i;

	verdict(!hook(VOUCH_TARGET_ATTACH, "one", "on_kill", place),
		"a program that sends signals attaches to %s", place);
	fire(place, MARK | SIGKILL);
	verdict(returned() == -EPERM, "the first process gets none");
	for (i = 0; i < 2; i++) {
		struct job j = { place, SIGUSR1 + (int)i, ways[i], shared };

		memset(shared, 0, sizeof(*shared));
		in_child(&j);
		verdict(!returned() && shared->process == ways[i] &&
				shared->thread == !ways[i],
			"a signal is pending for the %s (%ld)",
			ways[i] ? "process" : "thread", returned());
		verdict(shared->code == SI_KERNEL && !shared->pid &&
				!shared->again,
			"from the kernel, once (%d)", shared->code);
		j.sig = NSIG;
		in_child(&j);
		verdict(returned() == -EINVAL, "there is no signal %d", j.sig);
	}
	verdict(!hook(VOUCH_TARGET_DETACH, "one", "", place), "it detaches");
}

void test_send(void)
{
	struct found *shared = mmap(NULL, sizeof(*shared),
				    PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED) {
		verdict(false, "there is memory to share");
		return;
	}
	test_place(CALL, shared);
	test_place(NMI, shared);
	munmap(shared, sizeof(*shared));
}
