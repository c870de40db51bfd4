// SPDX-License-Identifier: BSD-2-Clause
/* The launch process. */

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/channel.h"
#include "../common/failure.h"
#include "fault.h"
#include "launch.h"
#include "log.h"
#include "qemu.h"
#include "qmp.h"
#include "replug.h"

/* For the guest to let go of its device and for QEMU to plug it again. */
#define REPLUG_MS 30000

struct guest {
	pid_t pid; /* 0: not running */
	pid_t replug; /* plugs the device of a VM that others started; 0: none
		       */
	struct vouch_qmp qmp;
};

struct launcher {
	const struct vouch_config *config;
	int fd, signal_fd;
	struct guest guests[VOUCH_MAX_VMS];
};

/* As the configured user, with that user's groups, for /dev/kvm. */
static int become(const char *user)
{
	const struct passwd *pw;

	if (!user || geteuid())
		return 0;
	pw = getpwnam(user);
	if (!pw || initgroups(user, pw->pw_gid) || setgid(pw->pw_gid) ||
	    setuid(pw->pw_uid))
		return -EPERM;
	return 0;
}

/* A child as that user, which ends with its parent. Returns -ESRCH when that
 * has ended already: nobody is left to tell. */
static int belong(const char *user, pid_t parent)
{
	int err = become(user);

	if (err)
		return err;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		return -errno;
	return getppid() == parent ? 0 : -ESRCH;
}

/* QEMU has much to say that is not the daemon's: a file beside its state. */
static int redirect(const struct launcher *l, const char *vm)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s.qemu.log", l->config->state_dir,
		 vm);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (fd < 0)
		return -errno;
	return dup3(fd, STDERR_FILENO, 0) < 0 ? -errno : 0;
}

static void exec_qemu(const struct launcher *l, const char *vm,
		      struct vouch_qemu *qemu, int qmp_fd, pid_t parent)
{
	sigset_t none;
	int err;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	/* Out of reach of an interrupt at the terminal. */
	setsid();
	vouch_fault_rename("vm");
	vouch_fault("vm", "begun");
	err = belong(l->config->user, parent);
	if (err == -ESRCH)
		_exit(127);
	errno = -err;
	if (!err && !fcntl(qmp_fd, F_SETFD, 0) && !redirect(l, vm) &&
	    !vouch_fault("vm", "set"))
		execvp(qemu->argv[0], qemu->argv);
	vouch_error(
		"cannot start %s: %s; install qemu-system-x86 (qemu-system-arm "
		"for arm64), or name it as \"qemu\" (\"qemu_arm64\")",
		qemu->argv[0], strerror(errno));
	_exit(127);
}

/* QEMU does not remove the socket that it binds. */
static void clear_net(const struct vouch_net_config *net)
{
	struct stat st;

	if (net->local && net->local[0] == '/' && !lstat(net->local, &st) &&
	    S_ISSOCK(st.st_mode))
		unlink(net->local);
}

static int start(struct launcher *l, u32 vm, enum vouch_accel accel)
{
	const struct vouch_vm_config *config = &l->config->vms[vm];
	struct guest *g = &l->guests[vm];
	pid_t parent = getpid();
	struct vouch_qemu qemu;
	int err, pair[2];

	if (g->pid)
		return -EALREADY;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -errno;
	err = vouch_qemu_init(&qemu, l->config, config, accel, pair[1]);
	if (!err)
		err = vouch_qmp_open(&g->qmp, pair[0]);
	else
		close(pair[0]);
	if (!err) {
		clear_net(&config->launch.net);
		g->pid = fork();
		if (!g->pid)
			exec_qemu(l, config->name, &qemu, pair[1], parent);
		vouch_fault("vm", "forked");
		if (g->pid < 0) {
			err = -errno;
			g->pid = 0;
			vouch_qmp_close(&g->qmp);
		}
	}
	close(pair[1]);
	vouch_qemu_release(&qemu);
	return err;
}

static void stop(struct guest *g)
{
	if (!g->pid)
		return;
	if (kill(g->pid, SIGKILL))
		vouch_error("cannot end process %d: %s", (int)g->pid,
			    strerror(errno));
}

static _Noreturn void run_replug(const struct launcher *l, u32 vm, pid_t parent)
{
	sigset_t none;
	int err = -EPERM;

	/* Its end is the main process's sign that launch is gone. */
	close(l->fd);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (!belong(l->config->user, parent))
		err = vouch_replug_run(&l->config->vms[vm], REPLUG_MS);
	_exit(err == -ENOENT ? 2 : !!err);
}

static int replug(struct launcher *l, u32 vm)
{
	struct guest *g = &l->guests[vm];
	pid_t parent = getpid();

	if (g->replug)
		return -EALREADY;
	g->replug = fork();
	if (!g->replug)
		run_replug(l, vm, parent);
	if (g->replug > 0)
		return 0;
	g->replug = 0;
	return -errno;
}

static enum vouch_accel read_accel(const json_t *json)
{
	const char *s = json_string_value(json_object_get(json, "accel"));

	return s && !strcmp(s, "kvm") ? VOUCH_ACCEL_KVM : VOUCH_ACCEL_TCG;
}

static int handle(struct launcher *l, const json_t *json)
{
	const char *method = json_string_value(json_object_get(json, "method"));
	json_int_t vm = json_integer_value(json_object_get(json, "vm"));

	if (!method || vm < 0 || vm >= l->config->n_vms)
		return -EINVAL;
	if (!strcmp(method, "replug") && l->config->vms[vm].qmp)
		return replug(l, (u32)vm);
	if (!l->config->vms[vm].launched)
		return -EINVAL;
	if (!strcmp(method, "start"))
		return start(l, (u32)vm, read_accel(json));
	if (strcmp(method, "stop"))
		return -EINVAL;
	stop(&l->guests[vm]);
	return 0;
}

/* Returns false when the main process is gone. */
static bool serve(struct launcher *l)
{
	struct vouch_failure f;
	struct vouch_message msg;
	enum vouch_frame_type type = VOUCH_FRAME_RESULT;
	const char *why;
	json_t *json;
	int err;

	if (vouch_channel_recv(l->fd, 0, -1, &msg, &why))
		return false;
	vouch_fault("request", "received");
	err = handle(l, msg.json);
	if (err) {
		type = VOUCH_FRAME_ERROR;
		vouch_fail(&f, err, VOUCH_EXIT_UNAVAILABLE, "start a VM");
		json = vouch_failure_json(&f);
	} else {
		json = json_object();
	}
	err = vouch_channel_send(l->fd, type, msg.id, json, NULL, 0);
	json_decref(json);
	vouch_message_release(&msg);
	vouch_fault("request", "answered");
	return !err;
}

static void describe_end(const struct guest *g, int status, char *how,
			 size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(how, size, "signal %d", WTERMSIG(status));
	else
		snprintf(how, size, "status %d%s%s", WEXITSTATUS(status),
			 g->qmp.reason[0] ? ", " : "", g->qmp.reason);
}

static bool report(struct launcher *l, u32 vm, int status)
{
	struct guest *g = &l->guests[vm];
	char how[64];
	json_t *json;
	int err;

	if (g->qmp.fd >= 0)
		vouch_qmp_read(&g->qmp);
	vouch_qmp_close(&g->qmp);
	g->pid = 0;
	describe_end(g, status, how, sizeof(how));
	vouch_fault("vm", "reaped");
	json = json_pack("{s:s, s:i, s:s, s:b}", "method", "ended", "vm",
			 (int)vm, "how", how, "panicked", g->qmp.panicked);
	err = vouch_channel_send(l->fd, VOUCH_FRAME_CALL, 0, json, NULL, 0);
	json_decref(json);
	return !err;
}

static bool report_replug(struct launcher *l, u32 vm, int status)
{
	static const char *const results[] = { "plugged", "failed", "absent" };
	u32 n = WIFEXITED(status) && WEXITSTATUS(status) < 3
			? (u32)WEXITSTATUS(status)
			: 1;
	json_t *json = json_pack("{s:s, s:i, s:s}", "method", "replugged", "vm",
				 (int)vm, "replug", results[n]);
	int err;

	l->guests[vm].replug = 0;
	err = vouch_channel_send(l->fd, VOUCH_FRAME_CALL, 0, json, NULL, 0);
	json_decref(json);
	return !err;
}

/* Returns false when the main process is gone. */
static bool child_ended(struct launcher *l, pid_t pid, int status)
{
	u32 i;

	for (i = 0; i < l->config->n_vms; i++) {
		if (l->guests[i].pid == pid)
			return report(l, i, status);
		if (l->guests[i].replug == pid)
			return report_replug(l, i, status);
	}
	return true;
}

static bool reap(struct launcher *l)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	if (read(l->signal_fd, &info, sizeof(info)) < 0 && errno != EAGAIN)
		return false;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (!child_ended(l, pid, status))
			return false;
	return true;
}

static void await(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* The main process is gone or has hung up. A VM keeps nothing worth an
 * orderly end. */
static void end_all(struct launcher *l)
{
	u32 i;

	for (i = 0; i < l->config->n_vms; i++) {
		struct guest *g = &l->guests[i];

		if (g->replug) {
			kill(g->replug, SIGKILL);
			await(g->replug);
		}
		if (g->pid) {
			stop(g);
			await(g->pid);
		}
		vouch_qmp_close(&g->qmp);
	}
}

static bool turn(struct launcher *l)
{
	struct pollfd fds[2 + VOUCH_MAX_VMS] = {
		{ .fd = l->fd, .events = POLLIN },
		{ .fd = l->signal_fd, .events = POLLIN },
	};
	u32 i;

	for (i = 0; i < l->config->n_vms; i++) {
		fds[2 + i].fd = l->guests[i].qmp.fd;
		fds[2 + i].events = POLLIN;
	}
	if (poll(fds, 2 + l->config->n_vms, -1) < 0)
		return errno == EINTR;
	for (i = 0; i < l->config->n_vms; i++)
		if (fds[2 + i].revents && l->guests[i].qmp.fd >= 0)
			vouch_qmp_read(&l->guests[i].qmp);
	if (fds[1].revents && !reap(l))
		return false;
	return !fds[0].revents || serve(l);
}

int vouch_launch_run(int fd, const void *config)
{
	struct launcher l = { .config = config, .fd = fd };
	sigset_t set;
	u32 i;

	for (i = 0; i < VOUCH_MAX_VMS; i++)
		l.guests[i].qmp.fd = -1;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	l.signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (l.signal_fd < 0) {
		vouch_error("cannot wait for VMs: %s", strerror(errno));
		return 1;
	}
	/* Other descriptors of this process are not QEMU's business. */
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	while (turn(&l))
		;
	end_all(&l);
	close(l.signal_fd);
	return 0;
}
