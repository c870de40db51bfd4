// SPDX-License-Identifier: BSD-2-Clause
/* The child's confinement: what it must not be able to do. */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "guest-verifier/agent/child.h"
#include "guest_test.h"

#define UID 61042

static bool denied(long ret)
{
	return ret < 0 && (errno == EPERM || errno == EACCES);
}

static bool bpf_denied(int cmd)
{
	union bpf_attr attr = { 0 };

	return denied(syscall(SYS_bpf, cmd, &attr, sizeof(attr)));
}

static void say(json_t *answer, const char *what, bool good)
{
	json_object_set_new(answer, what, json_boolean(good));
}

/* Does /proc/self/status have this line? */
static bool status_has(const char *line)
{
	char text[8192];
	int fd = open("/proc/self/status", O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n > 0 ? n : 0] = 0;
	return strstr(text, line);
}

/* In the child: try everything. */
static json_t *try_all(void *arg, int guest_fd, void **blob, size_t *blob_len)
{
	const struct vouch_confinement *c = arg;
	static const int forbidden[] = {
		BPF_PROG_ATTACH,	 BPF_PROG_DETACH,      BPF_LINK_CREATE,
		BPF_RAW_TRACEPOINT_OPEN, BPF_OBJ_PIN,	       BPF_OBJ_GET,
		BPF_PROG_GET_FD_BY_ID,	 BPF_MAP_GET_FD_BY_ID, BPF_ITER_CREATE,
		BPF_TASK_FD_QUERY,	 BPF_ENABLE_STATS,
	};
	json_t *answer = json_object();
	char text[64];
	u32 i;

	(void)guest_fd, (void)blob, (void)blob_len;
	for (i = 0; i < sizeof(forbidden) / sizeof(*forbidden); i++) {
		snprintf(text, sizeof(text), "bpf command %d", forbidden[i]);
		say(answer, text, bpf_denied(forbidden[i]));
	}
	say(answer, "running programs is as allowed",
	    bpf_denied(BPF_PROG_TEST_RUN) == !c->test_run);
	say(answer, "the user is its own", getuid() == UID && geteuid() == UID);
	say(answer, "becoming root", denied(syscall(SYS_setuid, 0)));
	say(answer, "a socket", denied(socket(AF_INET, SOCK_DGRAM, 0)));
	say(answer, "a vsock socket", denied(socket(AF_VSOCK, SOCK_STREAM, 0)));
	say(answer, "writing a file",
	    denied(open("/tmp/x", O_WRONLY | O_CREAT, 0600)));
	say(answer, "opening the device",
	    denied(open("/dev/vouch_guest", O_RDONLY)));
	say(answer, "a new process", denied(fork()));
	say(answer, "running a file",
	    denied(execl("/bin/busybox", "busybox", "true", NULL)));
	say(answer, "a signal to init", denied(kill(1, SIGTERM)));
	say(answer, "tracing", denied(ptrace(PTRACE_ATTACH, 1, 0, 0)));
	say(answer, "powering off", denied(syscall(SYS_reboot, 0, 0, 0, 0)));
	say(answer, "CAP_NET_ADMIN and CAP_BPF are all it has",
	    status_has("\nCapPrm:\t0000008000001000\n") &&
		    status_has("\nCapEff:\t0000008000001000\n"));
	say(answer, "no more capabilities can come",
	    status_has("\nCapBnd:\t0000000000000000\n") &&
		    status_has("\nCapInh:\t0000000000000000\n") &&
		    status_has("\nCapAmb:\t0000000000000000\n") &&
		    status_has("\nNoNewPrivs:\t1\n"));
	say(answer, "the filter is set", status_has("\nSeccomp:\t2\n"));
	say(answer, "the groups are its own",
	    status_has("\nGid:\t61042\t61042\t61042\t61042\n") &&
		    status_has("\nGroups:\t \n"));
	say(answer, "memory made executable",
	    denied(mprotect((void *)((uintptr_t)text & ~4095ul), 4096,
			    PROT_READ | PROT_EXEC)));
	say(answer, "an inherited descriptor",
	    lseek(7, 0, SEEK_CUR) < 0 && errno == EBADF);
	return answer;
}

static void limits_hold(bool test_run)
{
	struct vouch_child child = {
		.confinement = { .uid = UID,
				 .test_run = test_run,
				 .cpu_s = 10 },
		.timeout_ms = 20000,
		.fn = try_all,
	};
	struct vouch_message msg;
	char why[256] = "";
	const char *name;
	json_t *value;
	int err;

	dup2(0, 7);
	child.arg = &child.confinement;
	err = vouch_child_run(&child, &msg, why, sizeof(why));
	close(7);
	vouch_test_check(!err, "a confined child answers: %s", why);
	if (err)
		return;
	vouch_test_check(json_object_size(msg.json) > 20,
			 "it tried everything");
	json_object_foreach(msg.json, name, value)
		vouch_test_check(json_is_true(value), "confined%s: %s",
				 test_run ? " for a test-run" : "", name);
	vouch_message_release(&msg);
}

static _Noreturn json_t *spin(void *arg, int guest_fd, void **blob,
			      size_t *blob_len)
{
	(void)arg, (void)guest_fd, (void)blob, (void)blob_len;
	for (;;)
		__asm__ volatile("");
}

static _Noreturn json_t *crash(void *arg, int guest_fd, void **blob,
			       size_t *blob_len)
{
	(void)arg, (void)guest_fd, (void)blob, (void)blob_len;
	__builtin_trap();
}

static _Noreturn json_t *vanish(void *arg, int guest_fd, void **blob,
				size_t *blob_len)
{
	(void)arg, (void)guest_fd, (void)blob, (void)blob_len;
	_exit(0);
}

static _Noreturn json_t *hang_up(void *arg, int guest_fd, void **blob,
				 size_t *blob_len)
{
	close(VOUCH_CONFINE_PIPE);
	spin(arg, guest_fd, blob, blob_len);
}

static int run_bad(vouch_child_fn *fn, int timeout_ms, char *why, size_t size)
{
	struct vouch_child child = {
		.confinement = { .uid = UID, .cpu_s = 100 },
		.timeout_ms = timeout_ms,
		.fn = fn,
	};
	struct vouch_message msg;
	int err = vouch_child_run(&child, &msg, why, size);

	vouch_message_release(&msg);
	return err;
}

void vouch_test_confinement(void)
{
	char why[256];
	time_t start;

	limits_hold(false);
	limits_hold(true);
	start = time(NULL);
	/* Long before the limit of its CPU time would end it. */
	vouch_test_check(run_bad(spin, 500, why, sizeof(why)) == -ETIMEDOUT &&
				 time(NULL) - start < 20,
			 "a child that does not end is killed in time");
	vouch_test_check(run_bad(hang_up, 60000, why, sizeof(why)) < 0 &&
				 time(NULL) - start < 40,
			 "a child that hangs up and goes on is killed: %s",
			 why);
	vouch_test_check(run_bad(crash, 20000, why, sizeof(why)) < 0 &&
				 strstr(why, "killed by signal"),
			 "a crash of the child is told: %s", why);
	vouch_test_check(run_bad(vanish, 20000, why, sizeof(why)) < 0,
			 "a child without an answer is told: %s", why);
}
