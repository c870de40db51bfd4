// SPDX-License-Identifier: BSD-2-Clause
/* Forking and giving up root. */

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fault.h"
#include "log.h"
#include "process.h"

/* Leaves 0 to 2 and @fd open. */
static int close_others(int fd)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0)
		return -errno;
	if (fd > 3 && close_range(3, (unsigned int)fd - 1, 0))
		return -errno;
	return close_range((unsigned int)fd + 1, ~0u, 0) ? -errno : 0;
}

static void child(const char *name, int level, pid_t parent,
		  int (*run)(int fd, const void *ctx), const void *ctx, int fd)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_IGN);
	/* An interrupt at the terminal is the main process's business. */
	signal(SIGINT, SIG_IGN);
	vouch_log_init(name, level);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent ||
	    close_others(fd))
		_exit(1);
	vouch_fault_duty(name);
	/* Not exit(): what the main process set up is not this one's to end. */
	_exit(run(fd, ctx));
}

int vouch_process_spawn(const char *name, int level,
			int (*run)(int fd, const void *ctx), const void *ctx,
			int *fd, pid_t *pid)
{
	pid_t parent = getpid();
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -errno;
	*pid = fork();
	if (!*pid)
		child(name, level, parent, run, ctx, pair[1]);
	close(pair[1]);
	if (*pid < 0) {
		close(pair[0]);
		return -errno;
	}
	*fd = pair[0];
	return 0;
}

int vouch_process_close_inherited(int first)
{
	return close_range((unsigned int)first, ~0u, 0) ? -errno : 0;
}

/* What root could come by again; nobody else can shrink it. */
static int drop_bounding_set(void)
{
	cap_value_t cap;

	for (cap = 0; cap_get_bound(cap) >= 0; cap++)
		if (cap_get_bound(cap) && cap_drop_bound(cap))
			return -errno;
	return 0;
}

int vouch_process_drop(const char *user)
{
	const struct passwd *pw;
	int death_signal = 0;

	if (geteuid())
		return 0;
	if (!user) {
		vouch_warning("runs as root; name a \"user\" in the "
			      "configuration to have it dropped");
		return 0;
	}
	pw = getpwnam(user);
	if (!pw) {
		vouch_error("cannot drop root: no user '%s'; add it", user);
		return -ENOENT;
	}
	prctl(PR_GET_PDEATHSIG, &death_signal);
	if (drop_bounding_set() || setgroups(0, NULL) || setgid(pw->pw_gid) ||
	    setuid(pw->pw_uid)) {
		vouch_error("cannot become user '%s': %s", user,
			    strerror(errno));
		return -errno;
	}
	/* Setting ids clears it. */
	return prctl(PR_SET_PDEATHSIG, death_signal) ? -errno : 0;
}
