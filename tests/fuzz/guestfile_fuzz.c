// SPDX-License-Identifier: BSD-2-Clause
/*
 * Kernels, modules and initramfs archives that "vouch doctor" looks into: an
 * input is such a file, and everything is asked of it.
 *
 * Parser: host-bridge/cli/guestfile.c
 */

#include "fuzz.h"

#include <sys/mman.h>

#include "cli/guestfile.h"

static bool within(const struct vouch_guestfile *part,
		   const struct vouch_guestfile *whole)
{
	return part->data >= whole->data && part->len <= whole->len &&
	       (size_t)(part->data - whole->data) <= whole->len - part->len;
}

static void ask(const struct vouch_guestfile *file)
{
	struct vouch_guest_kernel kernel;
	struct vouch_guestfile part;
	const char *vermagic;

	if (!vouch_guestfile_kernel(file, &kernel)) {
		fuzz_require(kernel.release[0]);
		fuzz_require(strlen(kernel.build_id) < sizeof(kernel.build_id));
	}
	if (!vouch_guestfile_section(file, ".BTF", &part))
		fuzz_require(within(&part, file));
	if (!vouch_guestfile_member(file, "vouch_guest.ko", &part)) {
		fuzz_require(within(&part, file) && part.len);
		vermagic = vouch_guestfile_vermagic(&part);
		if (vermagic)
			fuzz_touch(vermagic, strlen(vermagic) + 1);
	}
}

/* As a file, by its name. */
static void open_it(const u8 *data, size_t len)
{
	struct vouch_guestfile file;
	char path[64];
	int fd = memfd_create("fuzz", MFD_CLOEXEC), err;

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	err = vouch_guestfile_open(path, &file);
	fuzz_require(len ? !err && file.len == len : err == -EINVAL);
	vouch_guestfile_close(&file);
	close(fd);
	fuzz_require(vouch_guestfile_open(path, &file) < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	u8 *copy = fuzz_copy(data, len);
	const struct vouch_guestfile file = { copy, len };

	ask(&file);
	open_it(copy, len);
	free(copy);
	return 0;
}
