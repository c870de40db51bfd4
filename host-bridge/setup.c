// SPDX-License-Identifier: BSD-2-Clause
/* The rungs of the init ladder. */

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault.h"
#include "file.h"
#include "log.h"
#include "profile_load.h"
#include "process.h"
#include "processes.h"
#include "signing.h"
#include "setup.h"

static struct vouch_config config;
static struct vouch_profile *profiles[VOUCH_MAX_PROFILES];
static struct vouch_setup_kernels kernels; /* of verifiers */
static char config_path[512];
static int log_level = LOG_INFO;

/* ---- configuration ---- */

static int set_log_level(const struct vouch_setup_flags *flags)
{
	const char *env = getenv("VOUCHD_LOG_LEVEL");
	const char *name = flags->log_level;

	if (!name)
		name = env && *env ? env : config.log_level;
	if (!name)
		return 0;
	log_level = vouch_log_level(name);
	if (log_level < 0) {
		vouch_error("'%s' is no log level; use error, warning, notice, "
			    "info or debug",
			    name);
		return VOUCH_EXIT_USAGE;
	}
	vouch_log_init("vouchd", log_level);
	return 0;
}

static int load_profile(struct vouch_daemon *daemon, u32 i)
{
	const char *path = config.profiles[i];
	char why[256] = "";
	int err;

	err = vouch_profile_load(path, config.profile_certs,
				 config.n_profile_certs, &profiles[i], why,
				 sizeof(why));
	if (err == -EKEYREJECTED) {
		vouch_error("target profile %s is not to be trusted: %s; make "
			    "it with 'make profile' and a key whose "
			    "certificate is in \"profile_certs\"",
			    path, why);
		return VOUCH_EXIT_TRUST;
	}
	if (err) {
		vouch_error("cannot take target profile %s: %s; make it with "
			    "'make profile'",
			    path, why);
		return VOUCH_EXIT_USAGE;
	}
	daemon->profile_data[i] = profiles[i];
	memcpy(daemon->profiles[i], vouch_profile_identity(profiles[i]),
	       VOUCH_HASH_LEN);
	return 0;
}

int vouch_setup_config(struct vouch_daemon *daemon,
		       const struct vouch_setup_flags *flags)
{
	const char *path;
	char why[512];
	u32 i;
	int ret;

	vouch_process_close_inherited(STDERR_FILENO + 1);
	vouch_fault_duty("main");
	daemon->config = &config;
	daemon->signal_fd = daemon->state_fd = daemon->objects_fd = -1;
	daemon->images_fd = daemon->captures_fd = daemon->listener.fd = -1;
	daemon->loop.epoll_fd = -1;
	daemon->held.max = VOUCH_MAX_HELD;
	path = vouch_config_find(flags->config, config_path,
				 sizeof(config_path));
	if (!path) {
		vouch_error("no configuration; name one with --config, see "
			    "vouchd(8)");
		return VOUCH_EXIT_USAGE;
	}
	if (vouch_config_load(path, &config, why, sizeof(why))) {
		vouch_error("configuration %s: %s", path, why);
		return VOUCH_EXIT_USAGE;
	}
	ret = set_log_level(flags);
	for (i = 0; !ret && i < config.n_profiles; i++)
		ret = load_profile(daemon, i);
	for (i = 0; !ret && i < config.n_vms; i++)
		ret = vouch_setup_kernel(&config, i, &kernels);
	if (!ret && flags->check)
		printf("%s: %u profiles, %u VMs: valid\n", path,
		       config.n_profiles, config.n_vms);
	return ret;
}

/* ---- state ---- */

static int open_dir(int base, const char *name, const struct passwd *owner)
{
	int fd;

	if (mkdirat(base, name, 0750) && errno != EEXIST)
		return -errno;
	fd = openat(base, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (owner && fchown(fd, owner->pw_uid, owner->pw_gid)) {
		close(fd);
		return -errno;
	}
	return fd;
}

int vouch_setup_state(struct vouch_daemon *daemon)
{
	struct {
		const char *name;
		int *fd;
	} dirs[] = {
		{ "objects", &daemon->objects_fd },
		{ "images", &daemon->images_fd },
		{ "captures", &daemon->captures_fd },
	};
	const struct passwd *owner = NULL;
	int fd;
	size_t i;

	if (!geteuid() && config.user) {
		owner = getpwnam(config.user);
		if (!owner) {
			vouch_error("there is no user '%s'; add it",
				    config.user);
			return VOUCH_EXIT_USAGE;
		}
	}
	fd = open_dir(AT_FDCWD, config.state_dir, owner);
	daemon->state_fd = fd;
	/* Two signers of one sequence would give out the same one twice. */
	if (fd >= 0 && vouch_file_lock(fd)) {
		vouch_error("cannot lock %s; is another vouchd running there?",
			    config.state_dir);
		return VOUCH_EXIT_INTERNAL;
	}
	for (i = 0; fd >= 0 && i < 3; i++)
		*dirs[i].fd = fd =
			open_dir(daemon->state_fd, dirs[i].name, owner);
	if (fd >= 0) {
		fd = open_dir(daemon->state_fd, "sign", owner);
		if (fd >= 0)
			close(fd);
	}
	if (fd >= 0)
		return 0;
	vouch_error("cannot make the state directory %s: %s; check its parent "
		    "and permissions",
		    config.state_dir, strerror(-fd));
	return VOUCH_EXIT_INTERNAL;
}

/* ---- processes ---- */

int vouch_setup_processes(struct vouch_daemon *daemon)
{
	const struct vouch_linker_args linker = {
		.profiles = profiles,
		.n_profiles = config.n_profiles,
		.symbols = kernels.symbols,
		.btf = kernels.btf,
		.n_kernels = config.n_vms,
		.user = config.user,
	};

	return vouch_processes_start(daemon, &linker, log_level);
}

/* ---- service ---- */

static void on_signal(struct vouch_event *ev, u32 events)
{
	struct vouch_daemon *daemon =
		vouch_container(ev, struct vouch_daemon, signals);
	struct signalfd_siginfo info;

	(void)events;
	if (read(daemon->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	vouch_notice("ends at signal %u", info.ssi_signo);
	daemon->stopping = true;
	daemon->loop.stop = true;
}

static int catch_signals(struct vouch_daemon *daemon)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	daemon->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (daemon->signal_fd < 0)
		return -errno;
	daemon->signals.handle = on_signal;
	return vouch_event_set(daemon->loop.epoll_fd, EPOLL_CTL_ADD,
			       daemon->signal_fd, EPOLLIN, &daemon->signals);
}

static void agent_gone(struct vouch_peer *peer, const char *why)
{
	vouch_machine_lost(vouch_container(peer, struct vouch_vm, agent), why);
}

static const struct vouch_peer_ops agent_ops = {
	.gone = agent_gone,
};

static int open_store(struct vouch_daemon *daemon)
{
	char path[512], why[256];

	snprintf(path, sizeof(path), "%s/vouchd.db", config.state_dir);
	if (!vouch_store_open(&daemon->store, path, why, sizeof(why)))
		return 0;
	vouch_error("cannot open the %s; is the state directory on a full or "
		    "read-only disk?",
		    why);
	return -EIO;
}

int vouch_setup_service(struct vouch_daemon *daemon)
{
	u32 i;

	for (i = 0; i < config.n_vms; i++) {
		daemon->vms[i].daemon = daemon;
		daemon->vms[i].config = &config.vms[i];
		daemon->vms[i].agent.ops = &agent_ops;
		daemon->vms[i].listener.fd = -1;
	}
	if (catch_signals(daemon) || vouch_process_drop(config.user))
		return VOUCH_EXIT_INTERNAL;
	vouch_processes_dial(daemon);
	if (open_store(daemon) || vouch_intake_open(daemon) ||
	    vouch_setup_confine(daemon))
		return VOUCH_EXIT_INTERNAL;
	return 0;
}

int vouch_setup_serve(struct vouch_daemon *daemon)
{
	daemon->started_us = vouch_clock_us();
	vouch_machine_start(daemon);
	vouch_resume_start(daemon);
	vouch_notice("serves at unix:%s", config.socket);
	if (vouch_loop_run(&daemon->loop))
		return VOUCH_EXIT_INTERNAL;
	return daemon->exit;
}

/* ---- the end ---- */

static void hang_up(struct vouch_daemon *daemon)
{
	u32 i;

	for (i = 0; i < config.n_vms; i++) {
		vouch_peer_drop(&daemon->vms[i].agent, "vouchd ends");
		json_decref(daemon->vms[i].hello);
		daemon->vms[i].hello = NULL;
	}
	vouch_peer_drop(&daemon->link, "vouchd ends");
	vouch_peer_drop(&daemon->sign, "vouchd ends");
	vouch_signing_forget(daemon);
	vouch_submission_forget(daemon);
	while (daemon->clients) {
		struct vouch_client *client = daemon->clients;

		/* What was decided last is not for the next daemon to tell. */
		vouch_conn_flush(client->conn);
		vouch_conn_close(client->conn);
		client->conn = NULL;
		client->refs = 1;
		vouch_client_put(client);
	}
}

void vouch_setup_end(struct vouch_daemon *daemon)
{
	u32 i;

	daemon->stopping = true;
	if (daemon->loop.epoll_fd >= 0) {
		/* VMs first: QEMU complains when its channel goes before it. */
		vouch_peer_drop(&daemon->launch, "vouchd ends");
		vouch_processes_wait(VOUCH_PROCESS_LAUNCH);
		vouch_intake_close(daemon);
		hang_up(daemon);
		vouch_processes_wait(VOUCH_PROCESS_LINK);
		vouch_processes_wait(VOUCH_PROCESS_SIGN);
		vouch_loop_end(&daemon->loop);
		vouch_origin_forget(daemon);
	}
	vouch_store_close(daemon->store);
	for (i = 0; i < config.n_profiles; i++)
		vouch_profile_free(profiles[i]);
	vouch_setup_kernels_free(&kernels);
	vouch_config_release(&config);
}
