// SPDX-License-Identifier: BSD-2-Clause
/* Children in the confinement of a duty. */

#include <fcntl.h>
#include <ftw.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cell.h"
#include "../../host-bridge/log.h"

/* As the sixth argument: answer, but do not do it. */
#define ASKING 0x564f5543
#define ANSWER EXDEV
#define BROKEN 255

char vouch_cell_state[64];
char vouch_cell_secret[64];
static char base[32] = "/tmp/vouch-confine-XXXXXX";

static void need(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

void vouch_cell_open(void)
{
	int fd, pair[2];

	need(mkdtemp(base), "mkdtemp");
	snprintf(vouch_cell_state, sizeof(vouch_cell_state), "%s/state", base);
	snprintf(vouch_cell_secret, sizeof(vouch_cell_secret), "%s/image.key",
		 base);
	need(!mkdir(vouch_cell_state, 0700), "mkdir");
	fd = open(vouch_cell_secret, O_WRONLY | O_CREAT, 0600);
	need(fd >= 0 && write(fd, "secret", 6) == 6 && !close(fd), "secret");
	fd = open(vouch_cell_state, O_RDONLY | O_DIRECTORY);
	need(fd >= 0 && dup2(fd, CELL_DIR) == CELL_DIR && !close(fd), "state");
	need(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair) &&
		     dup2(pair[0], CELL_PAIR) == CELL_PAIR && !close(pair[0]),
	     "socketpair");
	vouch_log_init("cell", LOG_ERR);
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void vouch_cell_close(void)
{
	need(!nftw(base, remove_one, 8, FTW_DEPTH | FTW_PHYS), base);
}

bool vouch_cell_has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0,
		       LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

int vouch_cell_enter(const struct cell *cell)
{
	struct vouch_confinement c = { .duty = cell->duty,
				       .dir_fd = -1,
				       .dials = cell->dials,
				       .listens = cell->listens };

	if (c.duty == VOUCH_DUTY_LINK_CHILD) {
		c.duty = VOUCH_DUTY_LINK;
		if (vouch_confine(&c))
			return -1;
		c.duty = VOUCH_DUTY_LINK_CHILD;
	}
	if (c.duty == VOUCH_DUTY_SIGN)
		c.dir_fd = CELL_DIR;
	if (c.duty == VOUCH_DUTY_MAIN || c.duty == VOUCH_DUTY_SIGN) {
		c.dirs[0].path = vouch_cell_state;
		c.dirs[0].files = true;
		c.n_dirs = 1;
	}
	return vouch_confine(&c);
}

static int run(const struct cell *cell, int (*deed)(const void *arg),
	       const void *arg)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (vouch_cell_enter(cell))
			_exit(BROKEN);
		errno = 0;
		_exit(deed(arg) ? errno & 127 : 0);
	}
	need(pid > 0 && waitpid(pid, &status, 0) == pid, "fork");
	return status;
}

enum cell_end vouch_cell_try(const struct cell *cell,
			     int (*deed)(const void *arg), const void *arg,
			     int *err)
{
	int status = run(cell, deed, arg);

	*err = 0;
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS    ? CELL_KILLED
		       : WTERMSIG(status) == SIGABRT ? CELL_ABORTED
						     : CELL_BROKEN;
	*err = WEXITSTATUS(status);
	if (*err == BROKEN)
		return CELL_BROKEN;
	return *err ? CELL_FAILED : CELL_WORKED;
}

/* Filters are asked in turn, and the strictest answer counts. */
static int set_answer(void)
{
	static struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[5])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ASKING, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ANSWER),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	static const struct sock_fprog program = { 4, code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

struct question {
	long call;
	const long *args;
};

static int ask(const void *arg)
{
	const struct question *q = arg;

	syscall(q->call, q->args[0], q->args[1], q->args[2], q->args[3],
		q->args[4], (long)ASKING);
	return errno == ANSWER ? 0 : -1;
}

int vouch_cell_allows(const struct cell *cell, long call, const long args[5])
{
	const struct question q = { call, args };
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (set_answer() || vouch_cell_enter(cell))
			_exit(BROKEN);
		/* Not _exit(), which would leave the sixth argument as is. */
		syscall(SYS_exit_group, ask(&q) ? 1 : 0, 0, 0, 0, 0, 0L);
	}
	need(pid > 0 && waitpid(pid, &status, 0) == pid, "fork");
	/* Some calls of the kernel's own end whoever makes them otherwise. */
	if (WIFSIGNALED(status))
		return 0;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 1 : -1;
}
