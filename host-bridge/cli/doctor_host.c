// SPDX-License-Identifier: BSD-2-Clause
/* What VMs need of the host: an accelerator, QEMU, a vsock device. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../file.h"
#include "doctor.h"
#include "output.h"
#include "tool.h"

#define TOOL_MS 20000
#define DEVICE "vhost-user-vsock-pci" /* what qemu.c asks for */
#define KVM "/dev/kvm"
#define VHOST "/dev/vhost-vsock"

static bool launches(const struct vouch_config *config)
{
	u32 i;

	for (i = 0; i < config->n_vms; i++)
		if (config->vms[i].launched)
			return true;
	return false;
}

/* ---- accelerator ---- */

/* What vouchd remembers of its trial: "kvm 6.1.0-28-amd64". */
static bool remembered(const struct vouch_doctor *d, char *accel, size_t size)
{
	char path[512], release[65] = "";
	struct utsname u = {};
	size_t len;
	void *text;
	bool found;

	snprintf(path, sizeof(path), "%s/accelerator", d->config.state_dir);
	if (vouch_file_get(AT_FDCWD, path, 128, &text, &len))
		return false;
	uname(&u);
	found = sscanf(text, "%7s %64s", accel, release) == 2 && size >= 8 &&
		!strcmp(release, u.release);
	free(text);
	return found;
}

/* A VM that is up is the best proof. */
static const char *proven(const struct vouch_doctor *d, const char **name)
{
	u32 i;

	for (i = 0; i < d->config.n_vms; i++) {
		const char *vm_name = d->config.vms[i].name;
		const json_t *vm = vouch_doctor_vm(d, vm_name);

		if (!d->config.vms[i].launched ||
		    strcmp(vouch_json_string(vm, "state"), "ready"))
			continue;
		*name = vm_name;
		return vouch_json_string(vm, "accelerator");
	}
	return NULL;
}

static void judge(struct vouch_finding *f, const struct vouch_doctor *d,
		  const char *accel, const char *how)
{
	if (!strcmp(accel, "kvm")) {
		vouch_finding_say(f, VOUCH_FINDING_OK, "kvm: %s", how);
		return;
	}
	vouch_finding_say(f, VOUCH_FINDING_WARNING,
			  "tcg: %s; VMs are emulated, which is slower and "
			  "otherwise the same",
			  how);
	if (access(KVM, F_OK))
		vouch_finding_mend(f, "modprobe kvm_intel || modprobe kvm_amd");
	else if (access(KVM, R_OK | W_OK))
		vouch_finding_mend(f, "usermod -aG kvm %s",
				   d->config.user ? d->config.user : "$USER");
	else
		vouch_finding_mend(
			f,
			"to have it tried anew: rm -f %s/accelerator, "
			"then: " VOUCH_DOCTOR_RESTART,
			d->config.state_dir, d->config.path);
}

static void check_accelerator(struct vouch_doctor *d)
{
	const char *name = NULL, *accel = proven(d, &name);
	struct vouch_finding f;
	char how[128], file[8];

	vouch_finding_begin(&f, "accelerator", VOUCH_EXIT_UNAVAILABLE, "host");
	vouch_finding_look(&f,
			   "whether a guest came up: VMs that vouchd has, and "
			   "%s/accelerator",
			   d->config.state_dir);
	if (accel) {
		snprintf(how, sizeof(how), "VM '%s' came up with it", name);
		judge(&f, d, accel, how);
	} else if (*d->trial) {
		judge(&f, d, d->trial, "a VM came up with it on trial");
	} else if (remembered(d, file, sizeof(file))) {
		judge(&f, d, file, "vouchd remembers it from its trial");
	} else {
		vouch_finding_say(&f, VOUCH_FINDING_UNKNOWN,
				  "no guest has come up so far; that " KVM
				  " %s proves nothing",
				  access(KVM, R_OK | W_OK) ? "does not open"
							   : "opens");
		vouch_finding_mend(&f, "vouch doctor --trial --config %s",
				   d->config.path);
	}
	vouch_finding_end(d, &f);
}

/* ---- QEMU and its vsock device ---- */

static void check_qemu(struct vouch_doctor *d)
{
	const char *const argv[] = { d->config.qemu, "--version", NULL };
	struct vouch_finding f;
	char out[256];
	int err;

	vouch_finding_begin(&f, "qemu", VOUCH_EXIT_UNAVAILABLE, "%s",
			    d->config.qemu);
	vouch_finding_look(&f, "%s --version", d->config.qemu);
	err = vouch_tool_run(argv, out, sizeof(out), TOOL_MS);
	out[strcspn(out, "\n")] = 0;
	if (!err) {
		vouch_finding_say(&f, VOUCH_FINDING_OK, "%s", out);
	} else {
		vouch_finding_say(&f, VOUCH_FINDING_PROBLEM,
				  "it does not run: %s",
				  err < 0 ? strerror(-err) : out);
		vouch_finding_mend(&f, "apt install qemu-system-x86");
	}
	vouch_finding_end(d, &f);
}

static void check_vsock(struct vouch_doctor *d)
{
	const char *const argv[] = { d->config.qemu, "-device", "help", NULL };
	const size_t size = 1 << 20;
	struct vouch_finding f;
	char *out = malloc(size);
	int err = -ENOMEM;

	vouch_finding_begin(&f, "vsock", VOUCH_EXIT_UNAVAILABLE,
			    "vhost-user device");
	vouch_finding_look(&f, "%s -device help; " VHOST, d->config.qemu);
	if (out)
		err = vouch_tool_run(argv, out, size, TOOL_MS);
	if (!err && strstr(out, "\"" DEVICE "\"")) {
		vouch_finding_say(&f, VOUCH_FINDING_OK,
				  "vouchd serves the device itself; " VHOST
				  " %s and is not needed",
				  access(VHOST, R_OK | W_OK) ? "does not open"
							     : "opens");
	} else {
		vouch_finding_say(&f, VOUCH_FINDING_PROBLEM,
				  "QEMU has no " DEVICE ", by which VMs reach "
				  "vouchd%s%s",
				  err < 0 ? ": " : "",
				  err < 0 ? strerror(-err) : "");
		vouch_finding_mend(&f, "apt install qemu-system-x86, of "
				       "version 7.2 or later");
	}
	vouch_finding_end(d, &f);
	free(out);
}

/* Sockets are made when vouchd starts, in directories that must be there. */
static void check_sockets(struct vouch_doctor *d)
{
	struct vouch_finding f;
	char dir[256];
	char *slash;
	int err;
	u32 i;

	vouch_finding_begin(&f, "sockets", VOUCH_EXIT_USAGE, "%s",
			    d->config.socket);
	vouch_finding_look(&f, "the directory of each socket");
	vouch_finding_say(&f, VOUCH_FINDING_OK, "each has its directory");
	for (i = 0; i <= d->config.n_vms; i++) {
		const struct vouch_vm_config *vm = &d->config.vms[i];
		const char *path = i == d->config.n_vms ? d->config.socket
				   : vm->vsock		? vm->vsock
							: vm->agent_socket;

		snprintf(dir, sizeof(dir), "%s", path);
		slash = strrchr(dir, '/');
		if (!slash || slash == dir)
			continue;
		*slash = 0;
		if (!access(dir, F_OK))
			continue;
		err = -errno;
		vouch_finding_say(&f, VOUCH_FINDING_PROBLEM,
				  "there is no directory for %s: %s", path,
				  strerror(-err));
		vouch_finding_mend(&f, "mkdir -p -m 700 %s", dir);
		vouch_finding_denied(&f, err, d->config.path);
		break;
	}
	vouch_finding_end(d, &f);
}

/* Then vouchd starts no QEMU itself. */
static void check_launcher(struct vouch_doctor *d)
{
	struct vouch_finding f;

	vouch_finding_begin(&f, "launcher", VOUCH_EXIT_UNAVAILABLE, "%s",
			    d->config.launcher);
	vouch_finding_look(&f, "socket of the launcher, which starts VMs");
	if (access(d->config.launcher, F_OK)) {
		int err = -errno;

		vouch_finding_say(&f, VOUCH_FINDING_PROBLEM,
				  "there is no launcher: %s", strerror(-err));
		vouch_finding_mend(&f, "systemctl start vouch-launch.socket");
		vouch_finding_denied(&f, err, d->config.path);
	} else {
		vouch_finding_say(&f, VOUCH_FINDING_OK,
				  "the launcher has a service of its own");
	}
	vouch_finding_end(d, &f);
}

void vouch_doctor_host(struct vouch_doctor *d)
{
	check_sockets(d);
	if (d->config.launcher)
		check_launcher(d);
	if (!launches(&d->config))
		return;
	check_qemu(d);
	check_vsock(d);
	check_accelerator(d);
}
