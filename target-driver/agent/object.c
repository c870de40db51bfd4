// SPDX-License-Identifier: BSD-2-Clause
/* The object that an image was made from, as the stored image tells. */

#include "object.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hex.h"
#include "image.h"
#include "store.h"

static void read_hash(const u8 *file, size_t len, char *hex)
{
	struct vouch_image image;
	const char *why;
	u32 elf_len, sig_len;

	if (!vouch_image_split(file, len, &elf_len, &sig_len, &why) &&
	    !vouch_image_parse(file, elf_len, &image, &why))
		vouch_hex_write(image.req.req->object, VOUCH_HASH_LEN, hex);
}

void vouch_object_hash(const char *dir, const char *image, char *hex)
{
	char path[VOUCH_STORE_PATH_LEN], name[40];
	struct stat st;
	void *file;
	int fd;

	hex[0] = 0;
	snprintf(name, sizeof(name), "%.32s.ko", image);
	vouch_store_path(path, dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (!fstat(fd, &st) && st.st_size > 0 &&
	    st.st_size <= VOUCH_IMAGE_MAX) {
		file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE,
			    fd, 0);
		if (file != MAP_FAILED) {
			read_hash(file, (size_t)st.st_size, hex);
			munmap(file, (size_t)st.st_size);
		}
	}
	close(fd);
}
