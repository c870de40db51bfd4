// SPDX-License-Identifier: BSD-2-Clause
/*
 * One image, each of its bytes changed in turn: no change is admitted, and
 * none within what is signed gets past the kernel's own check of the
 * signature, although the good file has been admitted.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "debug.h"
#include "target_client.h"

#define FLIPPED "/flipped"
#define MAX_IMAGE 65536
#define MARKER 28 /* "~Module signature appended~\n" */
#define TRAILER 12 /* the kernel's struct module_signature */

static uint8_t image[MAX_IMAGE];

static size_t read_image(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, image, sizeof(image));

	close(fd);
	return n > MARKER + TRAILER && n < MAX_IMAGE ? (size_t)n : 0;
}

/* The length that the trailer gives, big-endian in its last four bytes. */
static size_t signature_len(size_t len)
{
	const uint8_t *p = image + len - MARKER - 4;

	return (size_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* A file that is open for writing cannot be loaded: write, close, open. */
static int open_flipped(size_t len, size_t at)
{
	int fd = open(FLIPPED, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n;

	image[at] ^= 1u << at % 8;
	n = write(fd, image, len);
	image[at] ^= 1u << at % 8;
	close(fd);
	return n == (ssize_t)len ? open(FLIPPED, O_RDONLY | O_CLOEXEC) : -1;
}

static int admit_quietly(int fd)
{
	struct vouch_target_admit a = { .fd = fd };

	return ioctl(dev, VOUCH_TARGET_ADMIT, &a) ? -errno : 0;
}

/* A debug kernel, which is many times as slow, gets some of the bytes. */
static unsigned int step(void)
{
	return vouch_debug_wanted() ? 17 : 1;
}

void test_flips(void)
{
	size_t len = read_image("/images/count"), content, at;
	unsigned int admitted = 0, past = 0, n = 0;

	if (!verdict(len > 0, "an image to flip bytes of"))
		return;
	content = len - MARKER - TRAILER - signature_len(len);
	for (at = 0; at < len; at += step(), n++) {
		int fd = open_flipped(len, at);

		if (admit_quietly(fd) >= 0 || fd < 0) {
			printf("# byte %zu flipped: admitted\n", at);
			admitted++;
		}
		close(fd);
	}
	verdict(!admitted, "none of %u flipped bytes is admitted", n);

	if (!verdict(!admit("count", NULL), "the good file is admitted"))
		return;
	n = 0;
	for (at = 0; at < content; at += step(), n++) {
		int fd = open_flipped(len, at), err;

		err = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;
		if (err != -EKEYREJECTED) {
			printf("# byte %zu flipped: finit_module %d\n", at,
			       err);
			past++;
		}
		close(fd);
	}
	verdict(!past,
		"the kernel itself refuses each of %u flipped signed bytes", n);
	verdict(!load("count") && !unload("count"),
		"and the good file still loads");
	unlink(FLIPPED);
}
