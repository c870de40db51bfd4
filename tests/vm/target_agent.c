// SPDX-License-Identifier: BSD-2-Clause
/*
 * The target driver's test in a VM: the agent of the product runs beside the
 * test, and can do nothing but load modules.
 */
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "root_deeds.h"
#include "target-driver/agent/confine.h"
#include "target_client.h"

#define AGENT "/vouch-targetd"
#define PATH "/agent.sock"
#define STATE "/agent-state"
#define PATIENCE_MS 120000
#define DUTY "0000000000010000" /* CAP_SYS_MODULE */
#define NONE "0000000000000000"

static long become_other(void)
{
	return setuid(61001);
}

static long move_interface(void)
{
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	long ret = ioctl(s, SIOCSIFFLAGS, &r);

	close(s);
	return ret;
}

static void tell(bool denied, const char *what)
{
	verdict(denied, "denied to the agent: %s", what);
}

static int listen_at(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(name.sun_path, path);
	if (bind(s, (struct sockaddr *)&name, sizeof(name)) || listen(s, 1))
		return -1;
	return s;
}

static pid_t start_agent(void)
{
	pid_t pid;

	dup2(0, LEFT_OPEN);
	pid = fork();
	if (!pid) {
		execl(AGENT, AGENT, "--connect", "unix:" PATH, "--state", STATE,
		      NULL);
		_exit(127);
	}
	close(LEFT_OPEN);
	return pid;
}

/* The agent says HELLO: it has dialled and has all that it will ever have. */
static bool says_hello(int listener)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };
	char byte;
	int s;

	if (poll(&p, 1, PATIENCE_MS) <= 0)
		return false;
	s = accept(listener, NULL, NULL);
	p.fd = s;
	return poll(&p, 1, PATIENCE_MS) > 0 && recv(s, &byte, 1, 0) == 1;
}

static bool is_left_open(pid_t pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, LEFT_OPEN);
	return !lstat(path, &st);
}

static void check_status(pid_t pid)
{
	verdict(root_status_has(pid, "\nCapPrm:\t" DUTY "\n") &&
			root_status_has(pid, "\nCapEff:\t" DUTY "\n"),
		"the agent's only capability is CAP_SYS_MODULE");
	verdict(root_status_has(pid, "\nCapBnd:\t" DUTY "\n") &&
			root_status_has(pid, "\nCapInh:\t" NONE "\n") &&
			root_status_has(pid, "\nCapAmb:\t" NONE "\n") &&
			root_status_has(pid, "\nNoNewPrivs:\t1\n"),
		"and no other can come to it");
	verdict(!is_left_open(pid), "it has no descriptor that was left open");
}

void test_agent(void)
{
	static const struct deed more[] = {
		{ "becoming another user", become_other },
		{ "changing an interface", move_interface },
	};
	int listener = listen_at(PATH);
	pid_t pid;

	verdict(root_deeds_try(vouch_agent_confine, more, 2, tell),
		"the agent can be confined");
	pid = start_agent();
	if (verdict(says_hello(listener), "the agent says HELLO"))
		check_status(pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(listener);
}
