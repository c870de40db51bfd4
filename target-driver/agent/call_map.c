// SPDX-License-Identifier: BSD-2-Clause
/* Methods on maps. */

#include "call.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <linux/bpf.h>

#include "args.h"
#include "bpf_names.h"
#include "capture.h"
#include "map.h"

static void list_maps_of(int device, const char *image, json_t *maps)
{
	struct vouch_target_map_info it;
	u32 i;

	for (i = 0; !vouch_device_map(device, image, i, &it); i++)
		json_array_append_new(
			maps,
			json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:b, "
				  "s:I, s:I}",
				  "image", image, "name", it.name, "type",
				  vouch_map_type_name(it.type), "key_size",
				  (json_int_t)it.key_size, "value_size",
				  (json_int_t)it.value_size, "max_entries",
				  (json_int_t)it.max_entries, "flags",
				  (json_int_t)it.map_flags, "frozen",
				  !!(it.flags & VOUCH_MAP_FROZEN), "entries",
				  (json_int_t)it.n_entries, "memory",
				  (json_int_t)it.memory));
}

int vouch_call_map_list(struct vouch_agent *agent,
			const struct vouch_message *msg,
			struct vouch_reply *reply, struct vouch_failure *f)
{
	struct vouch_target_image_info img;
	json_t *maps = json_array();
	u32 i;

	(void)msg;
	(void)f;
	for (i = 0; !vouch_device_image(agent->device, i, &img); i++)
		list_maps_of(agent->device, img.name, maps);
	reply->json = json_pack("{s:o}", "maps", maps);
	return 0;
}

static int open_map(struct vouch_agent *agent, const json_t *args,
		    struct vouch_map *map, struct vouch_failure *f)
{
	const char *image, *name;
	int err = vouch_arg_map(args, &image, &name, f);

	memset(map, 0, sizeof(*map));
	return err ? err : vouch_map_open(agent->device, image, name, map, f);
}

static int open_element(struct vouch_agent *agent, const json_t *args,
			struct vouch_map *map, struct vouch_failure *f)
{
	int err = open_map(agent, args, map, f);

	if (!err)
		err = vouch_arg_bytes(args, "key", map->info.key_size, map->key,
				      f);
	return err;
}

int vouch_call_map_dump(struct vouch_agent *agent,
			const struct vouch_message *msg,
			struct vouch_reply *reply, struct vouch_failure *f)
{
	const json_t *after = json_object_get(msg->json, "after");
	bool resume = after && !json_is_null(after), more = false;
	struct vouch_map map;
	json_t *entries;
	int err = open_map(agent, msg->json, &map, f);

	if (!err && resume)
		err = vouch_arg_bytes(msg->json, "after", map.info.key_size,
				      map.key, f);
	if (!err)
		err = vouch_map_entries(&map, false, resume, &entries, &more,
					f);
	if (!err)
		reply->json = json_pack(
			"{s:s, s:o, s:o}", "type",
			vouch_map_type_name(map.info.type), "entries", entries,
			"next", more ? vouch_map_key_json(&map) : json_null());
	vouch_map_close(&map);
	return err;
}

int vouch_call_map_get(struct vouch_agent *agent,
		       const struct vouch_message *msg,
		       struct vouch_reply *reply, struct vouch_failure *f)
{
	struct vouch_map map;
	u64 flags = 0;
	int err = open_element(agent, msg->json, &map, f);

	if (!err)
		err = vouch_arg_number(msg->json, "flags", BPF_F_LOCK, &flags,
				       f);
	/* A bloom filter is asked for a value, and gives it back. */
	if (!err && map.info.type == BPF_MAP_TYPE_BLOOM_FILTER)
		err = vouch_map_value_read(&map, msg->json, f);
	if (!err)
		err = vouch_map_lookup(&map, flags, f);
	if (!err) {
		reply->json = json_object();
		vouch_map_value_json(&map, reply->json);
	}
	vouch_map_close(&map);
	return err;
}

/* A map is put into another by its number among those of the image. */
static int name_inner(struct vouch_map *map, const json_t *args,
		      struct vouch_failure *f)
{
	const char *name = json_string_value(json_object_get(args, "inner"));
	struct vouch_target_map_info it;
	u32 i;

	for (i = 0;
	     name && !vouch_device_map(map->device, map->info.image, i, &it);
	     i++)
		if (!strcmp(it.name, name)) {
			memcpy(map->value, &i, sizeof(i));
			return 0;
		}
	vouch_fail(f, -ENOENT, VOUCH_EXIT_REFUSED, "put the map %s into %s",
		   name ? name : "", map->info.name);
	vouch_fail_why(f, "the image has no map of that name");
	return vouch_fail_next(f, "name one of \"vouch target map list\"");
}

/* A cgroup is put into an array by a descriptor of its directory. */
static int open_cgroup(struct vouch_map *map, const json_t *args, int *fd,
		       struct vouch_failure *f)
{
	const json_t *value = json_object_get(args, "path");
	const char *path = json_string_value(value);

	if (!path || *path != '/' || json_string_length(value) >= PATH_MAX ||
	    strlen(path) != json_string_length(value)) {
		vouch_fail(f, -EINVAL, VOUCH_EXIT_USAGE, "put a cgroup into %s",
			   map->info.name);
		vouch_fail_why(f, "its path is no absolute path");
		return vouch_fail_next(f, "give the path of its directory");
	}
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0) {
		vouch_fail(f, -errno, VOUCH_EXIT_REFUSED, "open the cgroup %s",
			   path);
		vouch_fail_why(f, "%s", strerror(errno));
		return vouch_fail_next(f, "name a directory of the target's "
					  "cgroup2 file system");
	}
	memcpy(map->value, fd, sizeof(*fd));
	return 0;
}

int vouch_call_map_set(struct vouch_agent *agent,
		       const struct vouch_message *msg,
		       struct vouch_reply *reply, struct vouch_failure *f)
{
	struct vouch_map map;
	u64 flags = BPF_ANY;
	int fd = -1, err = open_element(agent, msg->json, &map, f);

	if (!err)
		err = vouch_arg_number(msg->json, "flags",
				       BPF_EXIST | BPF_F_LOCK, &flags, f);
	if (!err && map.info.type == BPF_MAP_TYPE_CGROUP_ARRAY)
		err = open_cgroup(&map, msg->json, &fd, f);
	else if (!err && json_object_get(msg->json, "inner"))
		err = name_inner(&map, msg->json, f);
	else if (!err)
		err = vouch_map_value_read(&map, msg->json, f);
	if (!err)
		err = vouch_map_update(&map, flags, f);
	if (fd >= 0)
		close(fd);
	if (!err)
		reply->json = json_object();
	vouch_map_close(&map);
	return err;
}

int vouch_call_map_delete(struct vouch_agent *agent,
			  const struct vouch_message *msg,
			  struct vouch_reply *reply, struct vouch_failure *f)
{
	struct vouch_map map;
	int err = open_element(agent, msg->json, &map, f);

	if (!err)
		err = vouch_map_remove(&map, f);
	if (!err)
		reply->json = json_object();
	vouch_map_close(&map);
	return err;
}
