// SPDX-License-Identifier: BSD-2-Clause
/* Are a verifier kernel's symbols and BTF those of the kernel that is booted?
 * A file of another build has every capture refused, or read wrongly. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "../../common/hex.h"
#include "../file.h"
#include "../symbols.h"
#include "doctor.h"
#include "guestfile.h"
#include "output.h"

#define ID_DIGITS (2 * VOUCH_BUILD_ID_LEN + 1)

/* Whose symbols they are, in hexadecimal. */
static bool read_symbols(const struct vouch_doctor *d, struct vouch_finding *f,
			 const char *path, char id[ID_DIGITS])
{
	struct vouch_symbols *symbols;
	const char *why = NULL;
	void *data;
	size_t len;
	int err;

	err = vouch_file_get(AT_FDCWD, path, VOUCH_SYMBOLS_MAX, &data, &len);
	if (!err) {
		err = vouch_symbols_parse(data, len, &symbols, &why);
		free(data);
	}
	if (err) {
		vouch_finding_say(f, VOUCH_FINDING_PROBLEM, "%s: %s", path,
				  why ? why : strerror(-err));
		vouch_finding_denied(f, err, d->config.path);
		return false;
	}
	vouch_hex_write(vouch_symbols_build_id(symbols), VOUCH_BUILD_ID_LEN,
			id);
	vouch_symbols_free(symbols);
	return true;
}

/* Only an uncompressed kernel has its BTF where it can be seen. */
static bool is_btf_of(const struct vouch_doctor *d, struct vouch_finding *f,
		      const char *path, const struct vouch_guestfile *kernel)
{
	struct vouch_guestfile section, file;
	bool same;
	int err;

	if (vouch_guestfile_section(kernel, ".BTF", &section))
		return true;
	err = vouch_guestfile_open(path, &file);
	if (err) {
		vouch_finding_say(f, VOUCH_FINDING_PROBLEM, "%s: %s", path,
				  strerror(-err));
		vouch_finding_denied(f, err, d->config.path);
		return false;
	}
	same = file.len == section.len &&
	       !memcmp(file.data, section.data, file.len);
	vouch_guestfile_close(&file);
	if (!same)
		vouch_finding_say(f, VOUCH_FINDING_PROBLEM,
				  "%s is not the BTF that the kernel carries",
				  path);
	return same;
}

static void compare(const struct vouch_doctor *d, struct vouch_finding *f,
		    const struct vouch_vm_config *vm,
		    const struct vouch_guestfile *file, const char *running)
{
	struct vouch_guest_kernel kernel = {};
	const char *booted = running;
	char id[ID_DIGITS];

	if (file->data && !vouch_guestfile_kernel(file, &kernel) &&
	    *kernel.build_id)
		booted = kernel.build_id;
	if (!read_symbols(d, f, vm->symbols, id))
		return;
	if (!*booted) {
		vouch_finding_say(f, VOUCH_FINDING_UNKNOWN,
				  "the kernel's file has no build id, and the "
				  "VM is not up");
		vouch_finding_mend(f,
				   "vouch status, and once it is up: vouch "
				   "doctor --config %s",
				   d->config.path);
	} else if (strcmp(id, booted) != 0) {
		vouch_finding_say(f, VOUCH_FINDING_PROBLEM,
				  "%s is of the build %.8s, the kernel is %.8s",
				  vm->symbols, id, booted);
	} else if (!file->data || is_btf_of(d, f, vm->btf, file)) {
		vouch_finding_say(f, VOUCH_FINDING_OK,
				  "both are of the build %.8s", booted);
	}
}

void vouch_doctor_kernel(struct vouch_doctor *d,
			 const struct vouch_vm_config *vm)
{
	const json_t *state = vouch_doctor_vm(d, vm->name);
	struct vouch_guestfile file = {};
	struct vouch_finding f;

	vouch_finding_begin(&f, "symbols", VOUCH_EXIT_UNAVAILABLE,
			    "verifier VM %s", vm->name);
	vouch_finding_look(&f, "%s; %s; the kernel that it boots", vm->symbols,
			   vm->btf);
	/* What is wrong with the kernel's file is another finding. */
	if (vm->launched)
		(void)vouch_guestfile_open(vm->launch.kernel, &file);
	compare(d, &f, vm, &file, vouch_json_string(state, "build_id"));
	if (f.state != VOUCH_FINDING_OK && !*f.remedy)
		vouch_finding_mend(&f,
				   "scripts/kernel-symbols VMLINUX > %s, "
				   "scripts/kernel-btf VMLINUX %s, "
				   "then: " VOUCH_DOCTOR_RESTART,
				   vm->symbols, vm->btf, d->config.path);
	vouch_finding_end(d, &f);
	vouch_guestfile_close(&file);
}
