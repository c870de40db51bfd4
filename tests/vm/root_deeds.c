// SPDX-License-Identifier: BSD-2-Clause
/* Deeds of a root, none of which does harm where it succeeds. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "root_deeds.h"

#define OTHERS_FILE "/others"
#define OTHER 61001 /* a user */

static long read_others_file(void)
{
	return open(OTHERS_FILE, O_RDONLY | O_CLOEXEC);
}

static long take_others_file(void)
{
	return chown(OTHERS_FILE, 0, 0);
}

static long make_device(void)
{
	return mknod("/node", S_IFCHR | 0600, makedev(1, 3));
}

static long change_mounts(void)
{
	return mount(NULL, "/", NULL, MS_PRIVATE, NULL);
}

static long rename_host(void)
{
	return sethostname("vouch", 5);
}

static long open_raw_socket(void)
{
	return socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
}

static long set_restart_key(void)
{
	return reboot(RB_DISABLE_CAD);
}

static long trace_init(void)
{
	return ptrace(PTRACE_SEIZE, 1, 0, 0);
}

static long raise_priority(void)
{
	errno = 0;
	return nice(-1) == -1 && errno ? -1 : 0;
}

static const struct deed deeds[] = {
	{ "reading another user's file", read_others_file },
	{ "taking another user's file", take_others_file },
	{ "making a device node", make_device },
	{ "changing mounts", change_mounts },
	{ "renaming the host", rename_host },
	{ "a raw socket", open_raw_socket },
	{ "what restarts the machine", set_restart_key },
	{ "tracing init", trace_init },
	{ "a higher priority", raise_priority },
};

struct outcome {
	const char *what;
	bool denied;
};

struct outcomes {
	bool confined;
	unsigned int n;
	struct outcome at[MAX_DEEDS];
};

static void add(struct outcomes *o, const char *what, bool denied)
{
	o->at[o->n++] = (struct outcome){ what, denied };
}

static void try_some(struct outcomes *o, const struct deed *some,
		     unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		bool failed = some[i].try() < 0;

		add(o, some[i].what,
		    failed && (errno == EPERM || errno == EACCES));
	}
}

static void try_all(struct outcomes *o, const struct deed *more,
		    unsigned int n_more)
{
	try_some(o, deeds, sizeof(deeds) / sizeof(*deeds));
	try_some(o, more, n_more);
	add(o, "an inherited descriptor", fcntl(LEFT_OPEN, F_GETFD) < 0);
	add(o, "being dumped", !prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
}

bool root_deeds_try(int (*confine)(const char **what), const struct deed *more,
		    unsigned int n_more,
		    void (*tell)(bool denied, const char *what))
{
	struct outcomes *o = mmap(NULL, sizeof(*o), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const char *what;
	unsigned int i;
	bool confined;
	pid_t pid;

	if (o == MAP_FAILED)
		return false;
	close(open(OTHERS_FILE, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	if (chown(OTHERS_FILE, OTHER, OTHER) || dup2(0, LEFT_OPEN) < 0)
		return false;
	pid = fork();
	if (!pid) {
		o->confined = !confine(&what);
		if (o->confined)
			try_all(o, more, n_more);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	close(LEFT_OPEN);
	unlink(OTHERS_FILE);
	unlink("/node");
	for (i = 0; i < o->n; i++)
		tell(o->at[i].denied, o->at[i].what);
	confined = o->confined;
	munmap(o, sizeof(*o));
	return confined;
}

bool root_status_has(pid_t pid, const char *line)
{
	char path[64], text[8192];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = 0;
	return strstr(text, line);
}
