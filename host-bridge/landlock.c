// SPDX-License-Identifier: BSD-2-Clause
/*
 * Directories by duty, with Landlock (Linux 5.13 and later).
 *
 * The C library has no functions for it. What a newer kernel can restrict in
 * addition is named here by number, since headers may be older.
 */

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confine.h"

/* Reading and changing files, but not running them. */
#define FILES                                                          \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |  \
	 LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE)
#define ABI_1 ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)
#define REFER (1ull << 13) /* ABI 2 */
#define TRUNCATE (1ull << 14) /* ABI 3 */
#define DEVICE_IOCTL (1ull << 15) /* ABI 5 */
#define TCP (3ull) /* ABI 4: bind and connect */
#define SCOPES (1ull) /* ABI 6: abstract sockets; signals are filter.c's */

/* Longer than the header's; what the kernel does not know must be zero. */
struct ruleset {
	u64 fs, net, scoped;
};

static long abi_version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0,
		       LANDLOCK_CREATE_RULESET_VERSION);
}

static u64 handled(long abi)
{
	u64 fs = ABI_1;

	if (abi >= 2)
		fs |= REFER;
	if (abi >= 3)
		fs |= TRUNCATE;
	if (abi >= 5)
		fs |= DEVICE_IOCTL;
	return fs;
}

static int add_dir(int rules, const struct vouch_confine_dir *dir, u64 fs)
{
	struct landlock_path_beneath_attr attr = {};
	int err;

	attr.parent_fd = open(dir->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (attr.parent_fd < 0)
		return -errno;
	if (dir->files)
		attr.allowed_access |= (FILES | TRUNCATE) & fs;
	if (dir->sockets)
		attr.allowed_access |= LANDLOCK_ACCESS_FS_REMOVE_FILE;
	err = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
		      &attr, 0)
		      ? -errno
		      : 0;
	close(attr.parent_fd);
	return err;
}

int vouch_landlock_load(const struct vouch_confine_dir *dirs, u32 n)
{
	long abi = abi_version();
	struct ruleset set = { .fs = handled(abi) };
	int rules, err = 0;
	u32 i;

	if (abi < 1)
		return -EOPNOTSUPP;
	if (abi >= 4)
		set.net = TCP;
	if (abi >= 6)
		set.scoped = SCOPES;
	rules = (int)syscall(SYS_landlock_create_ruleset, &set, sizeof(set), 0);
	if (rules < 0)
		return -errno;
	for (i = 0; !err && i < n; i++)
		err = add_dir(rules, &dirs[i], set.fs);
	if (!err && syscall(SYS_landlock_restrict_self, rules, 0))
		err = -errno;
	close(rules);
	return err;
}
