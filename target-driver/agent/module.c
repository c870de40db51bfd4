// SPDX-License-Identifier: BSD-2-Clause
/* The kernel's module loader: load, unload, and its errors in words. */

#include "module.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define UNLOAD_TRIES 10
#define UNLOAD_PAUSE_NS 50000000

struct loader_error {
	int err;
	enum vouch_exit exit;
	const char *why, *remedy;
};

static const struct loader_error loader_errors[] = {
	{ ENOKEY, VOUCH_EXIT_TRUST,
	  "the kernel's keyring has no key for its signature (ENOKEY)",
	  "build the image certificate into the target's kernel, or sign with "
	  "the key that it trusts" },
	{ EKEYREJECTED, VOUCH_EXIT_TRUST,
	  "the kernel rejects its signature (EKEYREJECTED)",
	  "sign with the image key whose certificate the target's kernel has" },
	{ EBADMSG, VOUCH_EXIT_TRUST,
	  "the kernel cannot read its signature (EBADMSG)",
	  "deliver the file again; it was damaged on the way" },
	{ ENOEXEC, VOUCH_EXIT_REFUSED,
	  "the kernel does not take the file: its vermagic or form differ "
	  "(ENOEXEC)",
	  "link against the profile of the kernel that is running" },
	{ ENOENT, VOUCH_EXIT_REFUSED,
	  "a symbol that it imports is not there (ENOENT)",
	  "load the vouch_target.ko of the profile it was linked for" },
	{ EEXIST, VOUCH_EXIT_REFUSED, "it is loaded already (EEXIST)",
	  "unload it first with \"vouch target unload\"" },
	{ EPERM, VOUCH_EXIT_REFUSED, "loading modules is not permitted (EPERM)",
	  "run vouch-targetd with CAP_SYS_MODULE, and see that "
	  "kernel.modules_disabled is 0" },
	{ ETXTBSY, VOUCH_EXIT_REFUSED,
	  "somebody has the file open for writing (ETXTBSY)",
	  "keep everybody else out of the state directory" },
	{ ENOMEM, VOUCH_EXIT_REFUSED, "the kernel is out of memory (ENOMEM)",
	  "unload an image, or submit with smaller maps" },
	{ ENOSYS, VOUCH_EXIT_REFUSED,
	  "the kernel has no loadable modules (ENOSYS)",
	  "build it with CONFIG_MODULES and CONFIG_MODULE_SIG_FORCE" },
};

static void explain(struct vouch_failure *f)
{
	size_t i;

	for (i = 0; i < sizeof(loader_errors) / sizeof(*loader_errors); i++) {
		const struct loader_error *e = &loader_errors[i];

		if (e->err != -f->err)
			continue;
		f->exit = e->exit;
		vouch_fail_why(f, "%s", e->why);
		vouch_fail_next(f, "%s", e->remedy);
		return;
	}
	vouch_fail_next(f, "see the target's kernel log");
}

int vouch_module_load(int fd, const char *name, struct vouch_failure *f)
{
	if (!syscall(SYS_finit_module, fd, "", 0))
		return 0;
	vouch_fail(f, -errno, VOUCH_EXIT_REFUSED, "load the image %s", name);
	explain(f);
	return f->err;
}

int vouch_module_unload(const char *name, struct vouch_failure *f)
{
	static const struct timespec pause = { .tv_nsec = UNLOAD_PAUSE_NS };
	int tries;

	for (tries = 0; tries < UNLOAD_TRIES; tries++) {
		if (!syscall(SYS_delete_module, name, O_NONBLOCK))
			return 0;
		if (errno != EAGAIN && errno != EBUSY)
			break;
		nanosleep(&pause, NULL);
	}
	vouch_fail(f, -errno, VOUCH_EXIT_REFUSED, "unload the image %s", name);
	if (f->err == -EAGAIN || f->err == -EBUSY)
		vouch_fail_why(f, "something still uses it");
	return vouch_fail_next(f, "detach its programs (vouch target progs) "
				  "and try again");
}

int vouch_module_refs(const char *name)
{
	char path[96];
	FILE *file;
	int refs;

	snprintf(path, sizeof(path), "/sys/module/%.32s/refcnt", name);
	file = fopen(path, "re");
	if (!file)
		return -1;
	if (fscanf(file, "%d", &refs) != 1)
		refs = -1;
	fclose(file);
	return refs;
}
