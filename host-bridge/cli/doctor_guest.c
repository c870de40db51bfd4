// SPDX-License-Identifier: BSD-2-Clause
/* Do kernels, modules and profiles of the guests belong to one another? */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../common/hex.h"
#include "../file.h"
#include "../profile_load.h"
#include "doctor.h"
#include "guestfile.h"
#include "output.h"

#define GUEST_MODULE "vouch_guest.ko"
#define TARGET_MODULE "vouch_target.ko"
#define MAKE_PROFILE \
	"make profile KDIR=... OUT=... CERT=... KEY=... KEY_CERT=..."

static bool is_for(const char *vermagic, const char *release)
{
	size_t n = strlen(release);

	return !strncmp(vermagic, release, n) &&
	       (vermagic[n] == ' ' || !vermagic[n]);
}

/* ---- verifier VMs ---- */

/* Unless told otherwise, kernel and module belong together. */
static void compare_files(const struct vouch_doctor *d, struct vouch_finding *f,
			  const struct vouch_launch_config *launch,
			  struct vouch_guest_kernel *kernel)
{
	struct vouch_guestfile file, initrd = {}, module;
	const char *vermagic;
	int err;

	err = vouch_guestfile_open(launch->kernel, &file);
	if (!err)
		err = vouch_guestfile_kernel(&file, kernel);
	vouch_guestfile_close(&file);
	if (err) {
		vouch_finding_say(f, VOUCH_FINDING_PROBLEM,
				  "the kernel cannot be used: %s",
				  strerror(-err));
		vouch_finding_mend(f, "make kernels, or correct \"kernel\"");
		vouch_finding_denied(f, err, d->config.path);
		return;
	}
	err = vouch_guestfile_open(launch->initrd ? launch->initrd : "",
				   &initrd);
	if (!err)
		err = vouch_guestfile_member(&initrd, GUEST_MODULE, &module);
	vermagic = err ? NULL : vouch_guestfile_vermagic(&module);
	if (err == -ENOEXEC) {
		vouch_finding_say(f, VOUCH_FINDING_UNKNOWN,
				  "%s is no plain cpio archive, so its module "
				  "cannot be seen",
				  launch->initrd);
		vouch_finding_mend(f,
				   "make guests, or zcat %s > FILE and "
				   "name that as \"initrd\"",
				   launch->initrd);
	} else if (!vermagic) {
		vouch_finding_say(f, VOUCH_FINDING_PROBLEM,
				  "no " GUEST_MODULE " in %s: %s",
				  launch->initrd ? launch->initrd : "no initrd",
				  strerror(err ? -err : EINVAL));
		vouch_finding_mend(f, "make guests, or correct \"initrd\"");
		vouch_finding_denied(f, err, d->config.path);
	} else if (!is_for(vermagic, kernel->release)) {
		vouch_finding_say(f, VOUCH_FINDING_PROBLEM,
				  GUEST_MODULE " is made for %.64s, the kernel "
					       "is %s",
				  vermagic, kernel->release);
		vouch_finding_mend(f,
				   "make guests, then: " VOUCH_DOCTOR_RESTART,
				   d->config.path);
	} else {
		vouch_finding_say(f, VOUCH_FINDING_OK,
				  "%s, and " GUEST_MODULE " is made for it",
				  kernel->release);
	}
	vouch_guestfile_close(&initrd);
}

static void compare_running(struct vouch_finding *f,
			    const struct vouch_doctor *d,
			    const struct vouch_launch_config *launch,
			    const json_t *vm,
			    const struct vouch_guest_kernel *kernel)
{
	const char *release = vouch_json_string(vm, "release");
	const char *id = vouch_json_string(vm, "build_id");

	if (f->state != VOUCH_FINDING_OK)
		return;
	if (strcmp(vouch_json_string(vm, "state"), "ready") != 0) {
		vouch_finding_say(f, VOUCH_FINDING_UNKNOWN,
				  "%s, but the VM is not up (%s)",
				  kernel->release,
				  vm ? vouch_json_string(vm, "state")
				     : "vouchd does not answer");
		if (vm && launch->console)
			vouch_finding_mend(f, "vouch status; less %s",
					   launch->console);
		else if (vm)
			vouch_finding_mend(f, "vouch status");
		else
			vouch_finding_mend(f, "vouchd --config %s",
					   d->config.path);
		return;
	}
	if (!strcmp(release, kernel->release) &&
	    (!*kernel->build_id || !strcmp(id, kernel->build_id)))
		return;
	vouch_finding_say(f, VOUCH_FINDING_PROBLEM,
			  "the VM runs %.64s (%.8s), the file is %s (%.8s)",
			  release, id, kernel->release, kernel->build_id);
	vouch_finding_mend(f, VOUCH_DOCTOR_RESTART, d->config.path);
}

static void check_verifier(struct vouch_doctor *d,
			   const struct vouch_vm_config *vm)
{
	struct vouch_guest_kernel kernel = {};
	const json_t *state = vouch_doctor_vm(d, vm->name);
	struct vouch_finding f;

	vouch_finding_begin(&f, "kernel", VOUCH_EXIT_UNAVAILABLE,
			    "verifier VM %s", vm->name);
	if (vm->launched) {
		vouch_finding_look(&f, "%s; " GUEST_MODULE " in %s; the VM",
				   vm->launch.kernel,
				   vm->launch.initrd ? vm->launch.initrd : "-");
		compare_files(d, &f, &vm->launch, &kernel);
		compare_running(&f, d, &vm->launch, state, &kernel);
	} else {
		vouch_finding_look(&f, "the VM, which vouchd did not start");
		if (!strcmp(vouch_json_string(state, "state"), "ready")) {
			vouch_finding_say(&f, VOUCH_FINDING_OK, "it runs %s",
					  vouch_json_string(state, "release"));
		} else {
			vouch_finding_say(&f, VOUCH_FINDING_UNKNOWN,
					  "it is not connected");
			vouch_finding_mend(&f, "start it, and in it: "
					       "vouch-agent --connect "
					       "vsock://2:7001");
		}
	}
	vouch_finding_end(d, &f);
}

/* ---- targets ---- */

static struct vouch_profile *load_profile(const struct vouch_doctor *d,
					  struct vouch_finding *f,
					  const char *path)
{
	struct vouch_profile *profile = NULL;
	char why[256] = "";
	int err;

	err = vouch_profile_load(path, d->config.profile_certs,
				 d->config.n_profile_certs, &profile, why,
				 sizeof(why));
	if (!err)
		return profile;
	if (err == -EKEYREJECTED)
		f->exit = VOUCH_EXIT_TRUST;
	vouch_finding_say(f, VOUCH_FINDING_PROBLEM, "%s: %s", path, why);
	vouch_finding_mend(f, MAKE_PROFILE);
	vouch_finding_denied(f, err, d->config.path);
	return NULL;
}

/* The module that lies in the guest's initramfs, if it can be seen. */
static bool module_fits(const struct vouch_vm_config *vm, const char *want,
			char *got, size_t size)
{
	struct vouch_guestfile initrd = {}, module;
	const char *vermagic = NULL;
	bool fits;

	if (!vm->launched || !vm->launch.initrd ||
	    vouch_guestfile_open(vm->launch.initrd, &initrd))
		return true;
	if (!vouch_guestfile_member(&initrd, TARGET_MODULE, &module))
		vermagic = vouch_guestfile_vermagic(&module);
	fits = !vermagic || !strcmp(vermagic, want);
	if (!fits)
		snprintf(got, size, "%.100s", vermagic);
	vouch_guestfile_close(&initrd);
	return fits;
}

static void compare_target(struct vouch_finding *f, const json_t *vm,
			   const struct vouch_profile *profile)
{
	const char *release = vouch_json_string(vm, "release");
	const char *got = vouch_json_string(vm, "profile");
	json_int_t abi = json_integer_value(json_object_get(vm, "abi"));
	char want[2 * VOUCH_HASH_LEN + 1];

	vouch_hex_write(vouch_profile_identity(profile), VOUCH_HASH_LEN, want);
	if (strcmp(vouch_json_string(vm, "state"), "ready") != 0) {
		vouch_finding_say(f, VOUCH_FINDING_UNKNOWN,
				  "profile %.8s is good, but the target is not "
				  "connected",
				  want);
		vouch_finding_mend(f, "vouch target list; if it does not run "
				      "on the target: vouch-targetd");
	} else if (strcmp(got, want) != 0) {
		vouch_finding_say(f, VOUCH_FINDING_PROBLEM,
				  "its vouch_target was built with profile "
				  "%.8s, the file is profile %.8s",
				  got, want);
		vouch_finding_mend(
			f,
			"name the profile that was made with its "
			"vouch_target.ko, or build that anew: " MAKE_PROFILE);
	} else if (strcmp(release, vouch_profile_release(profile)) != 0) {
		vouch_finding_say(f, VOUCH_FINDING_PROBLEM,
				  "it runs %.64s, its profile is for %.64s",
				  release, vouch_profile_release(profile));
		vouch_finding_mend(f, MAKE_PROFILE
				   " with that kernel's build tree");
	} else if (abi < VOUCH_TARGET_ABI) {
		vouch_finding_say(f, VOUCH_FINDING_PROBLEM,
				  "its vouch_target has ABI %lld, its profile "
				  "says %d",
				  (long long)abi, VOUCH_TARGET_ABI);
		vouch_finding_mend(f, "on the target, with the vouch_target.ko "
				      "of this profile: rmmod vouch_target; "
				      "insmod vouch_target.ko");
	} else {
		vouch_finding_say(f, VOUCH_FINDING_OK,
				  "%s, profile %.8s, ABI %lld", release, want,
				  (long long)abi);
	}
}

static void check_target(struct vouch_doctor *d,
			 const struct vouch_vm_config *vm)
{
	struct vouch_profile *profile;
	struct vouch_finding f;
	char got[128] = "";

	vouch_finding_begin(&f, "target", VOUCH_EXIT_REFUSED, "%s", vm->name);
	vouch_finding_look(&f, "%s; what its vouch_target says", vm->profile);
	profile = load_profile(d, &f, vm->profile);
	if (profile && !module_fits(vm, vouch_profile_vermagic(profile), got,
				    sizeof(got))) {
		vouch_finding_say(&f, VOUCH_FINDING_PROBLEM,
				  TARGET_MODULE " in %s is made for '%s', the "
						"profile for '%s'",
				  vm->launch.initrd, got,
				  vouch_profile_vermagic(profile));
		vouch_finding_mend(&f, "make guests");
	} else if (profile) {
		compare_target(&f, vouch_doctor_vm(d, vm->name), profile);
	}
	vouch_finding_end(d, &f);
	vouch_profile_free(profile);
}

void vouch_doctor_guests(struct vouch_doctor *d)
{
	u32 i;

	for (i = 0; i < d->config.n_vms; i++) {
		const struct vouch_vm_config *vm = &d->config.vms[i];

		if (vm->role == VOUCH_ROLE_VERIFIER) {
			check_verifier(d, vm);
			vouch_doctor_kernel(d, vm);
		}
		if (vm->role == VOUCH_ROLE_TARGET)
			check_target(d, vm);
	}
}
