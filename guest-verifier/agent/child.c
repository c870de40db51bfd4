// SPDX-License-Identifier: BSD-2-Clause
/* Forking, confining, waiting. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "guest.h"

static json_t *error_answer(const char *what, int err)
{
	char reason[256];

	snprintf(reason, sizeof(reason), "in the child: %s: %s", what,
		 strerror(-err));
	return json_pack("{s:s, s:s, s:[]}", "verdict", "error", "reason",
			 reason, "programs");
}

static int answer_parent(int fd, const json_t *answer, const void *blob,
			 size_t blob_len)
{
	int err = vouch_channel_send(fd, VOUCH_FRAME_CAPTURE, 0, answer, blob,
				     blob_len);

	if (err == -EMSGSIZE)
		err = vouch_channel_send(fd, VOUCH_FRAME_CAPTURE, 0,
					 error_answer("answering", err), NULL,
					 0);
	return err;
}

static _Noreturn void child_main(const struct vouch_child *child, int pipe_fd)
{
	int guest_fd = child->guest ? vouch_guest_open() : -1;
	const char *what = "";
	size_t blob_len = 0;
	void *blob = NULL;
	json_t *answer;
	int err;

	/* It has nothing to live for without the agent. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (child->guest && guest_fd < 0) {
		answer = error_answer("opening " VOUCH_GUEST_DEVICE, guest_fd);
		_exit(!!answer_parent(pipe_fd, answer, NULL, 0));
	}
	err = vouch_confine(&child->confinement, pipe_fd, guest_fd, &what);
	if (err)
		answer = error_answer(what, err);
	else
		answer = child->fn(child->arg,
				   child->guest ? VOUCH_CONFINE_GUEST : -1,
				   &blob, &blob_len);
	if (err)
		_exit(!!answer_parent(pipe_fd, answer, NULL, 0));
	_exit(!!answer_parent(VOUCH_CONFINE_PIPE, answer, blob, blob_len));
}

static int describe_end(int err, const char *channel_why, int status, char *why,
			size_t size)
{
	if (err == -ETIMEDOUT)
		snprintf(
			why, size,
			"the child did not end in time; the object is too large or too complex for the time limit");
	else if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		snprintf(why, size, "the child was killed by signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(why, size, "the child gave no answer: %s",
			 channel_why);
	return err;
}

int vouch_child_run(const struct vouch_child *child, struct vouch_message *msg,
		    char *why, size_t size)
{
	const char *channel_why = "";
	int fds[2], status = 0, err;
	pid_t pid;

	memset(msg, 0, sizeof(*msg));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds)) {
		err = -errno;
		snprintf(why, size, "making a pipe: %s", strerror(-err));
		return err;
	}
	pid = fork();
	if (pid < 0) {
		err = -errno;
		snprintf(why, size, "starting a child: %s", strerror(-err));
		close(fds[0]);
		close(fds[1]);
		return err;
	}
	if (!pid)
		child_main(child, fds[1]);
	close(fds[1]);
	err = vouch_channel_recv(fds[0], VOUCH_FRAME_MAX_BLOB,
				 child->timeout_ms, msg, &channel_why);
	close(fds[0]);
	/* Whatever it may still be at: its answer is here, or is not to be. */
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return err ? describe_end(err, channel_why, status, why, size) : 0;
}
