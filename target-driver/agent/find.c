// SPDX-License-Identifier: BSD-2-Clause
/* Finding what a request names among what is loaded. */

#include "find.h"

#include "hex.h"

#define MIN_PREFIX 4

static bool is_prefix(const char *name)
{
	size_t n = strlen(name);

	return n >= MIN_PREFIX && n <= 2ul * VOUCH_TARGET_HASH_LEN &&
	       strspn(name, "0123456789abcdef") == n;
}

static bool names_image(const char *name,
			const struct vouch_target_image_info *image)
{
	char content[2 * VOUCH_TARGET_HASH_LEN + 1];

	if (!name || !strcmp(name, image->name))
		return true;
	vouch_hex_write(image->content, sizeof(image->content), content);
	return is_prefix(name) && !strncmp(name, content, strlen(name));
}

static int not_found(struct vouch_failure *f, const char *name, u32 n,
		     const char *see)
{
	f->err = n ? -ENOTUNIQ : -ENOENT;
	f->exit = VOUCH_EXIT_REFUSED;
	if (!name)
		vouch_fail_why(f, "none is named, and there are %u", n);
	else if (n)
		vouch_fail_why(f, "%u of them fit that name", n);
	else
		vouch_fail_why(f, "there is none of that name");
	return vouch_fail_next(f, "see \"%s\" and name one exactly", see);
}

int vouch_find_image(int device, const char *name,
		     struct vouch_target_image_info *image,
		     struct vouch_failure *f)
{
	struct vouch_target_image_info it;
	u32 i, n = 0;

	vouch_fail(f, -EINVAL, VOUCH_EXIT_USAGE, "find the image%s%s",
		   name ? " " : "", name ? name : "");
	for (i = 0; !vouch_device_image(device, i, &it); i++) {
		if (!names_image(name, &it))
			continue;
		n++;
		*image = it;
	}
	return n == 1 ? 0 : not_found(f, name, n, "vouch target show");
}

int vouch_find_program(int device, const char *image, const char *name,
		       struct vouch_target_prog_info *prog,
		       struct vouch_failure *f)
{
	struct vouch_target_prog_info it;
	u32 i, n = 0;

	vouch_fail(f, -ENOENT, VOUCH_EXIT_REFUSED, "find the program%s%s of %s",
		   name ? " " : "", name ? name : "", image);
	for (i = 0; !vouch_device_program(device, image, i, &it); i++) {
		if (name && strcmp(name, it.name))
			continue;
		n++;
		*prog = it;
	}
	return n == 1 ? 0 : not_found(f, name, n, "vouch target progs");
}

/* The map of that name in one image. */
static int map_of(int device, const char *image, const char *name,
		  struct vouch_target_map_info *map)
{
	u32 i;
	int err;

	for (i = 0; !(err = vouch_device_map(device, image, i, map)); i++)
		if (!strcmp(map->name, name))
			return 0;
	return err;
}

int vouch_find_map(int device, const char *image, const char *name,
		   struct vouch_target_map_info *map, struct vouch_failure *f)
{
	struct vouch_target_image_info img;
	struct vouch_target_map_info it;
	u32 i, n = 0;

	if (image) {
		int err = vouch_find_image(device, image, &img, f);

		if (err)
			return err;
	}
	vouch_fail(f, -ENOENT, VOUCH_EXIT_REFUSED, "find the map %s%s%s", name,
		   image ? " of " : "", image ? img.name : "");
	if (image)
		return map_of(device, img.name, name, map)
			       ? not_found(f, name, 0, "vouch target map list")
			       : 0;
	for (i = 0; !vouch_device_image(device, i, &img); i++) {
		if (map_of(device, img.name, name, &it))
			continue;
		/* A map that is shared stands in each of its images. */
		if (!n || it.n_images < 2)
			n++;
		*map = it;
	}
	return n == 1 ? 0 : not_found(f, name, n, "vouch target map list");
}
