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

#define POLL_MS 250
#define SPARE_S 60 /* beside twice the time for a HELLO: two accelerators */

struct trial {
	struct vouch_doctor *d;
	const struct vouch_vm_config *vm;
	char dir[64];
	char socket[96], log[96];
	pid_t pid;
};

static const struct vouch_vm_config *find_vm(const struct vouch_config *c)
{
	u32 i;

	for (i = 0; i < c->n_vms; i++)
		if (c->vms[i].role == VOUCH_ROLE_VERIFIER && c->vms[i].launched)
			return &c->vms[i];
	return NULL;
}

static json_t *in_dir(const struct trial *t, const char *name)
{
	return json_sprintf("%s/%s", t->dir, name);
}

static json_t *config_of(const struct trial *t)
{
	const struct vouch_launch_config *l = &t->vm->launch;
	const struct vouch_config *c = &t->d->config;
	json_t *profiles = json_array(), *certs = json_array(), *launch;
	u32 i;

	for (i = 0; i < c->n_profiles; i++)
		json_array_append_new(profiles, json_string(c->profiles[i]));
	for (i = 0; i < c->n_profile_certs; i++)
		json_array_append_new(certs, json_string(c->profile_certs[i]));
	launch = json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:o}", "kernel",
			   l->kernel, "append", l->append, "cpu", l->cpu,
			   "memory_mb", (int)l->memory_mb, "cpus", (int)l->cpus,
			   "hello_s", (int)l->hello_s, "console",
			   in_dir(t, "console.log"));
	if (l->initrd)
		json_object_set_new(launch, "initrd", json_string(l->initrd));
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:[{s:s, s:s, s:i, "
		"s:o, s:o}]}",
		"state_dir", in_dir(t, "state"), "socket",
		json_string(t->socket), "key", in_dir(t, VOUCH_KEYFILE_KEY),
		"cert", in_dir(t, VOUCH_KEYFILE_CERT), "qemu", c->qemu,
		"profiles", profiles, "profile_certs", certs, "vms", "name",
		"trial", "role", "verifier", "cid", 3, "vsock",
		in_dir(t, "vsock"), "launch", launch);
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

static void await(struct trial *t, struct vouch_finding *f)
{
	const time_t end =
		time(NULL) + 2 * (time_t)t->vm->launch.hello_s + SPARE_S;
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000l };

	vouch_finding_say(f, VOUCH_FINDING_PROBLEM,
			  "no VM came up within %lld s",
			  2ll * t->vm->launch.hello_s + SPARE_S);
	while (time(NULL) < end) {
		json_t *vm = ask(t);
		const char *state = vouch_json_string(vm, "state");
		const char *accel = vouch_json_string(vm, "accelerator");

		if (!strcmp(state, "ready"))
			snprintf(t->d->trial, sizeof(t->d->trial), "%s", accel);
		if (!strcmp(state, "ready"))
			vouch_finding_say(f, VOUCH_FINDING_OK,
					  "a VM came up with %s, kernel %s",
					  accel,
					  vouch_json_string(vm, "release"));
		if (!strcmp(state, "failed"))
			vouch_finding_say(f, VOUCH_FINDING_PROBLEM,
					  "VMs end before they say HELLO");
		json_decref(vm);
		if (f->state == VOUCH_FINDING_OK || !strcmp(state, "failed"))
			return;
		if (has_ended(t)) {
			vouch_finding_say(f, VOUCH_FINDING_PROBLEM,
					  "vouchd itself ended");
			return;
		}
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

void vouch_doctor_trial(struct vouch_doctor *d)
{
	struct trial t = { .d = d, .vm = find_vm(&d->config) };
	struct vouch_finding f;
	const char *why = "";
	char config[96];
	int err;

	vouch_finding_begin(&f, "trial", VOUCH_EXIT_UNAVAILABLE,
			    "verifier VM %s", t.vm ? t.vm->name : "-");
	vouch_finding_look(&f, "whether such a VM says HELLO to a vouchd of "
			       "its own");
	if (!t.vm) {
		vouch_finding_say(&f, VOUCH_FINDING_UNKNOWN,
				  "the configuration has no verifier VM with "
				  "\"launch\"");
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
		vouch_finding_mend(&f, "less %s/vouchd.log %s/console.log",
				   t.dir, t.dir);
	stop(&t, f.state != VOUCH_FINDING_OK);
	vouch_finding_end(d, &f);
}
