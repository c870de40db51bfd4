// SPDX-License-Identifier: BSD-2-Clause
/*
 * The trial: a vouchd of its own, in a directory of its own, with a key that
 * signs nothing, starts one verifier VM as the configuration describes it.
 * Whether that says HELLO is the answer; all else goes away again.
 */

#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../keyfile.h"
#include "doctor.h"
#include "output.h"
#include "service.h"

#define CONSOLE "console.log"
#define POLL_MS 250
#define SPARE_S 60 /* beside twice the time for a HELLO: two accelerators */

struct trial {
	struct vouch_doctor *d;
	const struct vouch_vm_config *vm;
	char dir[64];
	char socket[96], log[96];
	pid_t pid;
};

/* Its number in the configuration, or that of no VM. */
static u32 find_vm(const struct vouch_config *c)
{
	u32 i;

	for (i = 0; i < c->n_vms; i++)
		if (c->vms[i].role == VOUCH_ROLE_VERIFIER && c->vms[i].launched)
			break;
	return i;
}

static json_t *in_dir(const struct trial *t, const char *name)
{
	return json_sprintf("%s/%s", t->dir, name);
}

/* As it is configured, but with paths of its own and no network. */
static json_t *vm_of(const struct trial *t)
{
	const struct vouch_config *c = &t->d->config;
	json_t *vm = json_deep_copy(json_array_get(
		json_object_get(c->root, "vms"), (size_t)(t->vm - c->vms)));
	json_t *launch = json_object_get(vm, "launch");

	json_object_set_new(vm, "name", json_string("trial"));
	json_object_set_new(vm, "vsock", in_dir(t, "vsock"));
	json_object_set_new(launch, "console", in_dir(t, CONSOLE));
	json_object_del(launch, "net");
	return vm;
}

static json_t *config_of(const struct trial *t)
{
	const struct vouch_config *c = &t->d->config;
	json_t *profiles = json_array();
	u32 i;

	/* Targets' among them: without any vouchd has nothing to link for. */
	for (i = 0; i < c->n_profiles; i++)
		json_array_append_new(profiles, json_string(c->profiles[i]));
	return json_pack("{s:o, s:s, s:o, s:o, s:s, s:o, s:O, s:[o]}",
			 "state_dir", in_dir(t, "state"), "socket", t->socket,
			 "key", in_dir(t, VOUCH_KEYFILE_KEY), "cert",
			 in_dir(t, VOUCH_KEYFILE_CERT), "qemu", c->qemu,
			 "profiles", profiles, "profile_certs",
			 json_object_get(c->root, "profile_certs"), "vms",
			 vm_of(t));
}

static int prepare(struct trial *t, char *path, size_t size, const char **why)
{
	const char *base = getenv("XDG_RUNTIME_DIR");
	json_t *config;
	int err;

	*why = "no directory can be made";
	/* Paths of sockets have little room. */
	snprintf(t->dir, sizeof(t->dir), "%.30s/vouch-trial-XXXXXX",
		 base && strlen(base) < 30 ? base : "/tmp");
	if (!mkdtemp(t->dir)) {
		t->dir[0] = 0;
		return -errno;
	}
	snprintf(t->socket, sizeof(t->socket), "%s/vouchd.sock", t->dir);
	snprintf(t->log, sizeof(t->log), "%s/vouchd.log", t->dir);
	snprintf(path, size, "%s/vouchd.json", t->dir);
	err = vouch_keyfile_new(t->dir, "trial", why);
	if (err)
		return err;
	*why = "its configuration cannot be written";
	config = config_of(t);
	err = config && !json_dump_file(config, path, 0) ? 0 : -EIO;
	json_decref(config);
	return err;
}

/* Beside this program, or where "make install" puts it, or in PATH. */
static void find_vouchd(char *out, size_t size)
{
	static const char *const places[] = { "vouchd", "../sbin/vouchd" };
	char self[400] = "";
	size_t i;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) > 0) {
		const char *dir = dirname(self);

		for (i = 0; i < 2; i++) {
			snprintf(out, size, "%s/%s", dir, places[i]);
			if (!access(out, X_OK))
				return;
		}
	}
	snprintf(out, size, "vouchd");
}

static int start(struct trial *t, const char *config)
{
	posix_spawn_file_actions_t actions;
	char program[512], *argv[] = { program, "--config",
				       (char *)(uintptr_t)config, NULL };
	int err;

	find_vouchd(program, sizeof(program));
	err = posix_spawn_file_actions_init(&actions);
	if (err)
		return -err;
	err = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null",
					       O_RDONLY, 0);
	if (!err)
		err = posix_spawn_file_actions_addopen(
			&actions, 1, t->log, O_WRONLY | O_CREAT, 0600);
	if (!err)
		err = posix_spawn_file_actions_adddup2(&actions, 1, 2);
	if (!err)
		err = posix_spawnp(&t->pid, program, &actions, NULL, argv,
				   environ);
	posix_spawn_file_actions_destroy(&actions);
	if (err)
		t->pid = 0;
	return -err;
}

/* The one VM's object in its status; a new reference, or NULL. */
static json_t *ask(struct trial *t)
{
	struct vouch_cli *cli = t->d->cli;
	struct vouch_service service;
	struct vouch_message msg = {};
	struct vouch_failure f;
	char uri[128];
	json_t *vm = NULL;

	snprintf(uri, sizeof(uri), "unix:%s", t->socket);
	if (!vouch_cli_give(cli, "endpoint", uri))
		return NULL;
	if (!vouch_service_open(cli, &service, &f)) {
		if (!vouch_service_ask(&service, VOUCH_FRAME_CALL,
				       json_pack("{s:s}", "method", "status"),
				       NULL, 0, VOUCH_FRAME_RESULT, &msg, &f))
			vm = json_incref(json_array_get(
				json_object_get(msg.json, "verifiers"), 0));
		vouch_message_release(&msg);
		vouch_service_close(&service);
	}
	cli->n_given--;
	return vm;
}

static bool has_ended(struct trial *t)
{
	if (waitpid(t->pid, NULL, WNOHANG) != t->pid)
		return false;
	t->pid = 0;
	return true;
}

/* Whether that is how it ends; else it goes on. */
static bool judge(struct trial *t, const json_t *vm, struct vouch_finding *f)
{
	const char *state = vouch_json_string(vm, "state");
	const char *accel = vouch_json_string(vm, "accelerator");

	if (!strcmp(state, "ready")) {
		snprintf(t->d->trial, sizeof(t->d->trial), "%s", accel);
		vouch_finding_say(f, VOUCH_FINDING_OK,
				  "a VM came up with %s, kernel %s", accel,
				  vouch_json_string(vm, "release"));
		return true;
	}
	if (!strcmp(state, "failed")) {
		vouch_finding_say(f, VOUCH_FINDING_PROBLEM,
				  "VMs end before they say HELLO");
		return true;
	}
	if (has_ended(t)) {
		vouch_finding_say(f, VOUCH_FINDING_PROBLEM,
				  "vouchd itself ended");
		return true;
	}
	return false;
}

static void await(struct trial *t, struct vouch_finding *f)
{
	const time_t end =
		time(NULL) + 2 * (time_t)t->vm->launch.hello_s + SPARE_S;
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000l };
	bool done = false;

	vouch_finding_say(f, VOUCH_FINDING_PROBLEM,
			  "no VM came up within %lld s",
			  2ll * t->vm->launch.hello_s + SPARE_S);
	while (!done && time(NULL) < end) {
		json_t *vm = ask(t);

		done = judge(t, vm, f);
		json_decref(vm);
		if (!done)
			nanosleep(&pause, NULL);
	}
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

static void stop(struct trial *t, bool keep)
{
	if (t->pid) {
		kill(t->pid, SIGTERM);
		while (waitpid(t->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (*t->dir && !keep)
		nftw(t->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void name_logs(const struct trial *t, struct vouch_finding *f)
{
	char console[96];

	snprintf(console, sizeof(console), "%s/" CONSOLE, t->dir);
	if (!*t->dir)
		vouch_finding_mend(f,
				   "XDG_RUNTIME_DIR=DIR vouch doctor --trial "
				   "--config %s, with a DIR to write in",
				   t->d->config.path);
	else if (access(console, F_OK))
		vouch_finding_mend(f, "less %s", t->log);
	else
		vouch_finding_mend(f, "less %s %s", t->log, console);
}

void vouch_doctor_trial(struct vouch_doctor *d)
{
	u32 i = find_vm(&d->config);
	struct trial t = { .d = d, .vm = &d->config.vms[i] };
	struct vouch_finding f;
	const char *why = "";
	char config[96];
	int err;

	vouch_finding_begin(&f, "trial", VOUCH_EXIT_UNAVAILABLE,
			    "verifier VM %s",
			    i < d->config.n_vms ? t.vm->name : "-");
	vouch_finding_look(&f, "whether such a VM says HELLO to a vouchd of "
			       "its own");
	if (i == d->config.n_vms) {
		vouch_finding_say(&f, VOUCH_FINDING_UNKNOWN,
				  "the configuration has no verifier VM with "
				  "\"launch\"");
		vouch_finding_mend(&f,
				   "give one \"launch\", as vouchd(8) says, "
				   "then: vouch doctor --trial --config %s",
				   d->config.path);
		vouch_finding_end(d, &f);
		return;
	}
	err = prepare(&t, config, sizeof(config), &why);
	if (!err) {
		why = "vouchd does not start";
		err = start(&t, config);
	}
	if (err)
		vouch_finding_say(&f, VOUCH_FINDING_PROBLEM, "%s: %s", why,
				  strerror(-err));
	else
		await(&t, &f);
	if (f.state != VOUCH_FINDING_OK)
		name_logs(&t, &f);
	stop(&t, f.state != VOUCH_FINDING_OK);
	vouch_finding_end(d, &f);
}
