// SPDX-License-Identifier: BSD-2-Clause
/*
 * The target driver's test in a VM: files that must not be admitted, whatever
 * is wrong with their signature, their length or their kind, and files that
 * change between admission and load.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "target_client.h"

#define MAX_IMAGE 65536
#define BIG "/big" /* a tmpfs: holes take no memory when they are read */
#define CHANGED BIG "/changed"
#define N_EXTRA 12 /* images with a section more, by target_images.py */

static uint8_t image[MAX_IMAGE];

static size_t read_image(const char *file)
{
	char path[96];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/images/%s", file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = read(fd, image, sizeof(image));
	close(fd);
	return n > 0 && n < MAX_IMAGE ? (size_t)n : 0;
}

static int admit_fd(int fd, char *reason)
{
	struct vouch_target_admit a = { .fd = fd };
	int err = call(VOUCH_TARGET_ADMIT, &a, a.reason);

	strcpy(reason, a.reason);
	return err;
}

static int load_fd(int fd)
{
	return syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;
}

/* A file that is open for writing is neither admitted nor loaded. */
static int put(const char *path, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n = write(fd, image, len);

	close(fd);
	return n == (ssize_t)len ? open(path, O_RDONLY | O_CLOEXEC) : -1;
}

/* The last thing that the driver refused to load, by the kernel's log. */
static bool was_refused_for(const char *text)
{
	static const char mark[] = "refused to load";
	static char log[1 << 18];
	char *last = NULL, *p;
	int n;

	n = klogctl(3 /* SYSLOG_ACTION_READ_ALL */, log, sizeof(log) - 1);
	log[n > 0 ? n : 0] = 0;
	for (p = log; (p = strstr(p, mark)); p++)
		last = p;
	if (!last)
		return false;
	last[strcspn(last, "\n")] = 0;
	printf("# %s\n", last);
	return strstr(last, text);
}

/* As /images/refusals has them: name, errno, part of the reason. */
static void test_signatures(void)
{
	FILE *list = fopen("/images/refusals", "r");
	char line[256], name[64], reason[VOUCH_TARGET_REASON_LEN];
	unsigned int n = 0;
	int want, at;

	while (list && fgets(line, sizeof(line), list)) {
		line[strcspn(line, "\n")] = 0;
		if (sscanf(line, "%63s %d %n", name, &want, &at) != 2)
			break;
		int err = admit(name, reason);

		verdict(err == -want && strstr(reason, line + at),
			"%s is refused: %s (%d)", name, line + at, err);
		n++;
	}
	if (list)
		fclose(list);
	verdict(n > 50, "%u signatures are tried", n);
}

/* Cut at each length around signature and trailer, and longer by a byte. */
static void test_lengths(void)
{
	char reason[VOUCH_TARGET_REASON_LEN];
	size_t len = read_image("count"), cut;
	unsigned int admitted = 0, unsaid = 0;
	int fd;

	for (cut = len - 600; cut <= len + 1; cut++) {
		if (cut == len)
			continue;
		fd = put(CHANGED, cut);
		int err = admit_fd(fd, reason);

		close(fd);
		admitted += err != -EBADMSG;
		unsaid += !strstr(reason, "no signature");
	}
	verdict(!admitted && !unsaid,
		"no file of another length near the trailer is admitted");
}

static void refused_fd(int fd, int err, const char *text, const char *what)
{
	char reason[VOUCH_TARGET_REASON_LEN];
	int got = admit_fd(fd, reason);

	verdict(got == -err && strstr(reason, text), "%s is refused (%d)", what,
		got);
	close(fd);
}

/* @size bytes, and the good image at its end, with holes before. */
static int big_file(off_t size, size_t len)
{
	int fd = open(CHANGED, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool good = !ftruncate(fd, size) &&
		    pwrite(fd, image, len, size - (off_t)len) == (ssize_t)len;

	close(fd);
	return good ? open(CHANGED, O_RDONLY | O_CLOEXEC) : -1;
}

static void test_large_files(void)
{
	static const struct {
		off_t size;
		int err;
		const char *text, *what;
	} files[] = {
		{ 64 << 20, EKEYREJECTED, "does not match the file",
		  "an image behind 64 MiB of holes" },
		{ (64 << 20) + 1, EFBIG, "at most", "a byte more than 64 MiB" },
		{ 0x7fffffff, EFBIG, "at most", "a byte less than 2 GiB" },
		{ 0x80000000, EFBIG, "at most", "2 GiB" },
		{ 0xffffffff, EFBIG, "at most", "a byte less than 4 GiB" },
		{ 0x100000000, EFBIG, "at most", "4 GiB" },
	};
	size_t len = read_image("count"), i;

	for (i = 0; i < sizeof(files) / sizeof(*files); i++)
		refused_fd(big_file(files[i].size, len), files[i].err,
			   files[i].text, files[i].what);
	refused_fd(big_file(0x100000000 + (off_t)len, len), EFBIG, "at most",
		   "4 GiB more than an image");
	unlink(CHANGED);
}

static void test_kinds_of_file(void)
{
	int pair[2], fd;

	refused_fd(put(CHANGED, 0), EINVAL, "regular file", "an empty file");
	refused_fd(open("/images", O_RDONLY | O_DIRECTORY), EINVAL,
		   "regular file", "a directory");
	refused_fd(open("/images/count", O_PATH), EBADF, "regular file",
		   "a path without its file");
	refused_fd(open("/dev/zero", O_RDONLY), EINVAL, "regular file",
		   "a device");
	refused_fd(open("/proc/version", O_RDONLY), EINVAL, "regular file",
		   "a file of proc");
	refused_fd(dup(dev), EINVAL, "regular file", "the driver's own device");
	if (!pipe(pair)) {
		refused_fd(pair[0], EINVAL, "regular file", "a pipe");
		close(pair[1]);
	}
	refused_fd(open("/images/count", O_WRONLY), EBADF, "regular file",
		   "a file that is not open for reading");
	close(put(CHANGED, read_image("count")));
	fd = open(CHANGED, O_RDWR);
	refused_fd(dup(fd), ETXTBSY, "regular file",
		   "a file that somebody may be writing");
	close(fd);
}

/* The very file that was admitted, but not what stood in it then. */
static void test_changed(void)
{
	static const struct {
		const char *file;
		int err;
		const char *reason; /* of the driver, NULL: the kernel's */
	} changes[] = {
		{ "swap-code", EBADMSG, "its code in memory" },
		{ "swap-slot", EBADMSG, "its code in memory" },
		{ "pass", EPERM, "was not admitted" },
		{ "flip-code", EKEYREJECTED, NULL },
		{ "unsigned", EKEYREJECTED, NULL },
	};
	char reason[VOUCH_TARGET_REASON_LEN];
	size_t i;
	int fd, err;

	for (i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		fd = put(CHANGED, read_image("count"));
		verdict(!admit_fd(fd, reason), "an image is admitted");
		close(fd);
		fd = put(CHANGED, read_image(changes[i].file));
		err = load_fd(fd);
		verdict(err == -changes[i].err &&
				(!changes[i].reason ||
				 was_refused_for(changes[i].reason)),
			"and %s is refused that takes its place (%d)",
			changes[i].file, err);
		close(fd);
	}
	verdict(!load_admitted("count") && !unload("count"),
		"the image itself still loads");
}

/* Named and signed as an admitted image, with something more in it. */
static void test_extra_sections(void)
{
	char file[16];
	int i, err;

	for (i = 0; i < N_EXTRA; i++) {
		snprintf(file, sizeof(file), "extra-%d", i);
		err = admit("count", NULL);
		if (!err)
			err = load(file);
		verdict(err == -EBADMSG && was_refused_for("that was admitted"),
			"a module with section %d too many is refused (%d)", i,
			err);
		if (!err)
			unload("count");
	}
}

static void test_load_reasons(void)
{
	verdict(load("count") == -EPERM && was_refused_for("was not admitted"),
		"a module that was never admitted is refused by name");
	verdict(load("other-name") == -EPERM &&
			was_refused_for("vouch_other: was not admitted"),
		"so is one that no image is called like");
	verdict(!admit("late", NULL) && !set_floor("late", 1, 2) &&
			load("late") == -EPERM &&
			was_refused_for("below the floor"),
		"the floor counts at the load, too");
	verdict(!admit("inner-unlike", NULL) &&
			load("inner-unlike") == -EINVAL &&
			was_refused_for("not like those that it holds"),
		"a map starts with no map that is not like its template");
	verdict(!admit("inner-none", NULL) && load("inner-none") == -EINVAL &&
			was_refused_for("a map that is not there"),
		"nor with one that is not there");
	verdict(!admit("count", NULL) &&
			load_with("count", "debug=1") == -EBADMSG &&
			was_refused_for("without parameters"),
		"an image takes no parameters");
}

void test_admission(void)
{
	mkdir(BIG, 0700);
	verdict(!mount("tmpfs", BIG, "tmpfs", 0, NULL), "a tmpfs is there");
	test_signatures();
	test_lengths();
	test_large_files();
	test_kinds_of_file();
	test_load_reasons();
	test_changed();
	test_extra_sections();
	umount(BIG);
}
