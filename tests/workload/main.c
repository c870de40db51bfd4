// SPDX-License-Identifier: BSD-2-Clause
/*
 * A workload that programs are to see, the same in two VMs.
 *
 * usage: workload --setup		make what the others need
 *	  workload --run		do it once
 *	  workload --serve INTERFACE	do it each time that a frame asks for it
 *	  workload --child CODE		what it executes itself
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "work.h"

void work_need(int good, const char *what)
{
	if (good)
		return;
	printf("VOUCH-WORK-FAIL %s: %s\n", what, strerror(errno));
	fflush(stdout);
	_exit(1);
}

void work_name(const char *part)
{
	char name[16];

	snprintf(name, sizeof(name), "vw-%s", part);
	prctl(PR_SET_NAME, name);
}

int work_fork(int pid)
{
	pid_t wanted = pid;
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (unsigned long)&wanted,
		.set_tid_size = 1,
	};
	long got = syscall(SYS_clone3, &args, sizeof(args));

	work_need(got >= 0, "clone3");
	return (int)got;
}

void work_aside(int pid, const char *part, void (*act)(void))
{
	if (!work_fork(pid)) {
		work_name(part);
		act();
		_exit(0);
	}
	work_need(waitpid(pid, NULL, 0) == pid, "waitpid");
}

/* Nothing that is not of real time gets between its steps. */
static void work(void)
{
	const struct sched_param first = { .sched_priority = 50 };
	int fd = open("/proc/sys/kernel/sched_rt_runtime_us", O_WRONLY);

	work_name("start");
	work_need(fd >= 0 && write(fd, "-1", 2) == 2, "sched_rt_runtime_us");
	close(fd);
	work_need(!sched_setscheduler(0, SCHED_FIFO, &first),
		  "sched_setscheduler");
	work_files();
	work_tasks();
	work_turns();
	work_faults();
	work_streams();
	work_frames();
	work_blocks();
	work_name("end");
}

static int run(void)
{
	int status = 0, pid = work_fork(WORK_PID);

	if (!pid) {
		/* The next descriptor is 3 for whoever started this. */
		close_range(3, ~0U, 0);
		work();
		_exit(0);
	}
	work_need(waitpid(pid, &status, 0) == pid, "waitpid");
	return !WIFEXITED(status) || WEXITSTATUS(status);
}

static void serve(const char *interface)
{
	int err, fd = work_listen(interface);

	printf("VOUCH-WORK-READY\n");
	fflush(stdout);
	for (unsigned int i = 1;; i++) {
		work_await(fd);
		err = run();
		printf("VOUCH-WORK-%s %u\n", err ? "FAIL" : "DONE", i);
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "--child"))
		return argc > 2 ? atoi(argv[2]) : 0;
	if (!strcmp(what, "--run"))
		return run();
	if (!strcmp(what, "--setup")) {
		work_make_taps();
		work_make_namespace();
		return 0;
	}
	if (!strcmp(what, "--serve") && argc == 3) {
		work_make_taps();
		work_make_namespace();
		serve(argv[2]);
	}
	return 2;
}
