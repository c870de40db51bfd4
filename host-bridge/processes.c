// SPDX-License-Identifier: BSD-2-Clause
/* Forking what is not a service of its own. */

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#include "launch.h"
#include "log.h"
#include "process.h"
#include "processes.h"
#include "signing.h"
#include "worker.h"

/* What the other processes get to end by themselves. */
#define END_TRIES 120
#define END_TRY_MS 25

/* A descriptor is the only means to signal one. */
static pid_t pids[VOUCH_N_PROCESSES];
static int pid_fds[VOUCH_N_PROCESSES] = { -1, -1, -1 };

static void process_gone(struct vouch_daemon *daemon, const char *name)
{
	if (daemon->stopping)
		return;
	vouch_error("the %s process is gone; vouchd ends, start it again",
		    name);
	daemon->exit = VOUCH_EXIT_INTERNAL;
	daemon->stopping = true;
	daemon->loop.stop = true;
}

static void launch_gone(struct vouch_peer *peer, const char *why)
{
	struct vouch_daemon *daemon =
		vouch_container(peer, struct vouch_daemon, launch);

	if (!daemon->launcher.path) {
		process_gone(daemon, "launch");
	} else if (!daemon->stopping) {
		vouch_outside_lost(&daemon->launcher, why);
		vouch_machine_orphan(daemon);
	}
}

static void link_gone(struct vouch_peer *peer, const char *why)
{
	(void)why;
	process_gone(vouch_container(peer, struct vouch_daemon, link), "link");
}

static void sign_gone(struct vouch_peer *peer, const char *why)
{
	struct vouch_daemon *daemon =
		vouch_container(peer, struct vouch_daemon, sign);

	if (!daemon->signer.path)
		process_gone(daemon, "sign");
	else if (!daemon->stopping)
		vouch_outside_lost(&daemon->signer, why);
}

static const struct vouch_peer_ops launch_ops = {
	.notice = vouch_machine_notice,
	.gone = launch_gone,
};

static const struct vouch_peer_ops link_ops = {
	.gone = link_gone,
};

static const struct vouch_peer_ops sign_ops = {
	.gone = sign_gone,
};

static const struct vouch_conn_ops no_ops;

struct member {
	const char *log_name;
	int (*run)(int fd, const void *ctx);
	const void *ctx;
	struct vouch_peer *peer;
	const struct vouch_peer_ops *ops;
	bool outside;
	int fd;
};

static int adopt(struct vouch_daemon *daemon, struct member *m)
{
	struct vouch_conn *conn;

	m->peer->ops = m->ops;
	if (m->outside)
		return 0;
	conn = vouch_conn_open(&daemon->loop, m->fd, VOUCH_FRAME_MAX_BLOB,
			       &no_ops, NULL);
	if (!conn)
		return -ENOMEM;
	vouch_peer_adopt(m->peer, conn);
	return 0;
}

/* All forks come before the loop: no process inherits its epoll. */
static int start_all(struct vouch_daemon *daemon, struct member *list,
		     int log_level)
{
	int err = 0;
	u32 i;

	for (i = 0; !err && i < VOUCH_N_PROCESSES; i++) {
		if (list[i].outside)
			continue;
		err = vouch_process_spawn(list[i].log_name, log_level,
					  list[i].run, list[i].ctx, &list[i].fd,
					  &pids[i]);
		if (!err)
			pid_fds[i] = pidfd_open(pids[i], 0);
	}
	if (!err)
		err = vouch_loop_init(&daemon->loop);
	for (i = 0; !err && i < VOUCH_N_PROCESSES; i++)
		err = adopt(daemon, &list[i]);
	return err;
}

static void signer_ready(struct vouch_outside *outside)
{
	vouch_signing_resume(
		vouch_container(outside, struct vouch_daemon, signer));
}

static void launcher_ready(struct vouch_outside *outside)
{
	vouch_machine_adopt(
		vouch_container(outside, struct vouch_daemon, launcher));
}

void vouch_processes_dial(struct vouch_daemon *daemon)
{
	daemon->signer = (struct vouch_outside){
		.loop = &daemon->loop,
		.peer = &daemon->sign,
		.name = "signer",
		.path = daemon->config->signer,
		.ready = signer_ready,
	};
	daemon->launcher = (struct vouch_outside){
		.loop = &daemon->loop,
		.peer = &daemon->launch,
		.name = "launcher",
		.path = daemon->config->launcher,
		.ready = launcher_ready,
	};
	if (daemon->signer.path)
		vouch_outside_start(&daemon->signer);
	if (daemon->launcher.path)
		vouch_outside_start(&daemon->launcher);
}

int vouch_processes_start(struct vouch_daemon *daemon,
			  const struct vouch_linker_args *linker, int log_level)
{
	const struct vouch_config *config = daemon->config;
	char sign_dir[512];
	const struct vouch_signer_args signer = {
		.key = config->key,
		.cert = config->cert,
		.dir = sign_dir,
		.user = config->user,
		.epoch = config->epoch,
	};
	struct member list[VOUCH_N_PROCESSES] = {
		{ "vouchd[launch]", vouch_launch_run, config, &daemon->launch,
		  &launch_ops, config->launcher, -1 },
		{ "vouchd[link]", vouch_linker_run, linker, &daemon->link,
		  &link_ops, false, -1 },
		{ "vouchd[sign]", vouch_signer_run, &signer, &daemon->sign,
		  &sign_ops, config->signer, -1 },
	};
	int err;

	snprintf(sign_dir, sizeof(sign_dir), "%s/sign", config->state_dir);
	err = start_all(daemon, list, log_level);
	if (err) {
		vouch_error("cannot start a process: %s", strerror(-err));
		return VOUCH_EXIT_INTERNAL;
	}
	return 0;
}

/* Returns true when it has ended. */
static bool has_ended(pid_t pid, int flags)
{
	pid_t ret;

	do
		ret = waitpid(pid, NULL, flags);
	while (ret < 0 && errno == EINTR);
	return ret;
}

/* One that is stopped or hangs must not keep the daemon from its end. */
void vouch_processes_wait(enum vouch_process_id which)
{
	int i;

	if (pids[which] <= 0)
		return;
	for (i = 0; i < END_TRIES; i++) {
		if (has_ended(pids[which], WNOHANG))
			return;
		poll(NULL, 0, END_TRY_MS);
	}
	vouch_warning("process %d does not end; it is killed",
		      (int)pids[which]);
	if (!pidfd_send_signal(pid_fds[which], SIGKILL, NULL, 0))
		has_ended(pids[which], 0);
}
