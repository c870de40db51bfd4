// SPDX-License-Identifier: BSD-2-Clause
/*
 * Files that the target's agent reads: floors, configuration, stored images,
 * ELF notes of the kernel. The first byte of an input says which, the rest is
 * the file.
 *
 * Parser: target-driver/agent/floor.c target-driver/agent/options.c
 * Parser: target-driver/agent/object.c target-driver/agent/boot_list.c
 */

#include "fuzz.h"
#include "quiet.h"

#include <sys/mman.h>
#include <unistd.h>

#include "../../target-driver/agent/facts.h"
#include "../../target-driver/agent/floor.h"
#include "../../target-driver/agent/object.h"
#include "../../target-driver/agent/options.h"
#include "../../target-driver/agent/store.h"

static struct fuzz_input in;
static int file_fd;
static char *stored; /* what was written last */
static int floor_end; /* how the module answers a floor */

/* ---- in place of the world ---- */

void vouch_store_path(char *path, const char *dir, const char *name)
{
	(void)dir;
	(void)name;
	snprintf(path, VOUCH_STORE_PATH_LEN, "/proc/self/fd/%d", file_fd);
}

int vouch_store_write(const char *dir, const char *name, const void *data,
		      size_t len, struct vouch_failure *f)
{
	(void)dir;
	(void)name;
	(void)f;
	free(stored);
	stored = strndup(data, len);
	return 0;
}

void vouch_store_remove(const char *dir, const char *name)
{
	(void)dir;
	(void)name;
}

int vouch_device_call(int device, unsigned long request, void *arg,
		      const char *reason, struct vouch_failure *f)
{
	struct vouch_target_floor *floor = arg;

	(void)device;
	(void)reason;
	if (request == VOUCH_TARGET_FLOOR_GET) {
		floor->epoch = 7;
		floor->sequence = 7;
		return floor_end == 2 ? -ENOMEM : 0;
	}
	f->err = -EPERM;
	return floor_end ? -EPERM : 0;
}

static json_t *loaded;

json_t *json_load_file(const char *path, size_t flags, json_error_t *error)
{
	(void)path;
	loaded = json_loadb((const char *)in.pos, in.left, flags, error);
	return loaded;
}

/* ---- the files ---- */

static void put_file(void)
{
	fuzz_require(!ftruncate(file_fd, 0) &&
		     pwrite(file_fd, in.pos, in.left, 0) == (ssize_t)in.left);
	lseek(file_fd, 0, SEEK_SET);
}

/* What is raised, and read back, is what was there and the new one. */
static void read_floors(void)
{
	static const struct vouch_floor to = { "edge0", 3, 5 };
	struct vouch_floors floors, back;
	struct vouch_failure f = {};

	put_file();
	if (vouch_floors_load("/fuzz", &floors, &f)) {
		fuzz_require(f.why[0]);
		return;
	}
	if (vouch_floors_hand_over(9, &floors, &f) ||
	    vouch_floors_raise("/fuzz", 9, &floors, &to, &f) || !stored)
		return;
	in = (struct fuzz_input){ (u8 *)stored, strlen(stored) };
	put_file();
	fuzz_require(!vouch_floors_load("/fuzz", &back, &f) &&
		     back.n == floors.n);
}

static void read_options(u8 how)
{
	static const char *const lines[][6] = {
		{ "t", "--config", "/c" },
		{ "t", "--config", "/c", "--state", "/s" },
		{ "t", "--connect", "vsock://2:1", "--config", "/c" },
		{ "t", "--file", "f", "--attach", "xdp:a" },
		{ "t", "--attach", "xdp:a" },
		{ "t", "--help" },
		{ "t", "--version" },
		{ "t", "--none" },
		{ "t", "x" },
	};
	const char *const *line = lines[how % 9];
	struct vouch_options options;
	struct vouch_failure f = {};
	char *argv[7] = {};
	int argc = 0;

	for (; line[argc]; argc++)
		argv[argc] = (char *)line[argc];
	optind = 0;
	opterr = 0;
	loaded = NULL;
	if (vouch_options_read(argc, argv, &options, &f) < 0)
		fuzz_require(f.err && f.why[0]);
	json_decref(loaded);
}

static void read_image(void)
{
	char hex[2 * VOUCH_HASH_LEN + 1];

	put_file();
	vouch_object_hash("/fuzz", "vouch_0123456789abcdef", hex);
	fuzz_require(!hex[0] || strlen(hex) == 2ul * VOUCH_HASH_LEN);
}

static void read_notes(void)
{
	char hex[41];
	u8 *copy = fuzz_copy(in.pos, in.left);

	vouch_facts_build_id(copy, in.left, hex, sizeof(hex));
	fuzz_require(memchr(hex, 0, sizeof(hex)));
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	u8 how;

	fuzz_quiet();
	if (!file_fd)
		file_fd = memfd_create("file", MFD_CLOEXEC);
	in = (struct fuzz_input){ data, len };
	how = fuzz_u8(&in);
	floor_end = how / 4 % 3;
	switch (how % 4) {
	case 0:
		read_floors();
		break;
	case 1:
		read_options(how / 4);
		break;
	case 2:
		read_image();
		break;
	default:
		read_notes();
	}
	free(stored);
	stored = NULL;
	return 0;
}
