// SPDX-License-Identifier: BSD-2-Clause
/* vouch target map */

#include <linux/bpf.h>
#include <stdlib.h>

#include "../../common/hex.h"
#include "commands.h"
#include "data.h"
#include "output.h"
#include "records.h"
#include "target.h"

#define MAX_BYTES 65536
#define MAX_ELEMENTS 4194304
#define ABOUT_IMAGE "which image's map, if several have one"

struct map {
	const char *name, *image; /* image may be NULL */
	u32 key_size, value_size;
};

static void show_list(const json_t *json)
{
	json_t *rows = json_array(), *it;
	size_t i;

	json_array_foreach(json_object_get(json, "maps"), i, it)
		json_array_append_new(
			rows,
			json_pack("[o, o, o, o, o, o, s]",
				  vouch_json_text(it, "image"),
				  vouch_json_text(it, "name"),
				  vouch_json_text(it, "type"),
				  vouch_json_text(it, "key_size"),
				  vouch_json_text(it, "value_size"),
				  vouch_json_text(it, "max_entries"),
				  json_is_true(json_object_get(it, "frozen"))
					  ? "frozen"
					  : "-"));
	vouch_output_table(json_pack("[s, s, s, s, s, s, s]", "IMAGE", "MAP",
				     "TYPE", "KEY", "VALUE", "MAX", "FLAGS"),
			   rows);
}

static int run_list(struct vouch_cli *cli)
{
	return vouch_target_show(cli, "map.list", NULL, show_list);
}

/* As bpftool: one line, or a line for each CPU. */
static void show_entry(const json_t *entry)
{
	const json_t *values = json_object_get(entry, "values"), *value;
	const json_t *key = json_object_get(entry, "key");
	size_t cpu;

	if (key) {
		printf("key:%c", values ? '\n' : ' ');
		vouch_output_hex(json_string_value(key));
		printf("%s", values ? "\n" : "  ");
	}
	if (!values) {
		printf("value: ");
		vouch_output_hex(vouch_json_string(entry, "value"));
		if (*vouch_json_string(entry, "inner"))
			printf("  map %s", vouch_json_string(entry, "inner"));
		putchar('\n');
	}
	json_array_foreach(values, cpu, value) {
		printf("value (CPU %02zu): ", cpu);
		vouch_output_hex(json_string_value(value));
		putchar('\n');
	}
}

static void show_dump(const json_t *json)
{
	const json_t *entries = json_object_get(json, "entries"), *entry;
	size_t i, n = json_array_size(entries);

	json_array_foreach(entries, i, entry)
		show_entry(entry);
	printf("Found %zu element%s\n", n, n == 1 ? "" : "s");
}

static json_t *map_args(const struct vouch_cli *cli)
{
	return json_pack("{s:s, s:s*}", "map", cli->argv[1], "image",
			 vouch_cli_option(cli, "image"));
}

/* Take the elements of one part of the dump; -1 if it has no end. */
static int gather(json_t *all, const json_t *part, json_t **next)
{
	json_t *entries = json_object_get(all, "entries");

	json_array_extend(entries, json_object_get(part, "entries"));
	json_decref(*next);
	*next = json_incref(json_object_get(part, "next"));
	return json_array_size(entries) > MAX_ELEMENTS ? -1 : 0;
}

static int too_many(const struct vouch_cli *cli)
{
	struct vouch_failure f;

	vouch_fail(&f, -EMSGSIZE, VOUCH_EXIT_REFUSED, "dump the map %s",
		   cli->argv[1]);
	vouch_fail_why(&f, "it has more than %d elements", MAX_ELEMENTS);
	vouch_fail_next(&f, "read single elements with \"vouch target map "
			    "get\"");
	return vouch_cli_fail(cli, &f);
}

/* A large map comes in parts, each of which says where the next begins. */
static int fetch(const struct vouch_cli *cli, json_t *all)
{
	json_t *next = json_null();
	int exit;

	do {
		json_t *args = map_args(cli);
		struct vouch_message msg;

		json_object_set(args, "after", next);
		exit = vouch_target_call(cli, cli->argv[0], "map.dump", args,
					 &msg);
		if (exit)
			break;
		if (!json_object_get(all, "type"))
			json_object_set(all, "type",
					json_object_get(msg.json, "type"));
		if (gather(all, msg.json, &next))
			exit = too_many(cli);
		vouch_message_release(&msg);
	} while (!exit && json_is_string(next));
	json_decref(next);
	return exit;
}

static int run_dump(struct vouch_cli *cli)
{
	json_t *all = json_pack("{s:[]}", "entries");
	int exit = fetch(cli, all);

	if (!exit && vouch_cli_json(cli))
		vouch_output_json(all);
	else if (!exit)
		show_dump(all);
	json_decref(all);
	return exit;
}

/* Does an entry of map.list fit what the command line names? */
static bool fits(const json_t *it, const struct map *map)
{
	if (strcmp(vouch_json_string(it, "name"), map->name))
		return false;
	/* A hash can only be told apart by the target: sizes are checked
	 * there again. */
	return !map->image || strncmp(map->image, "vouch_", 6) ||
	       !strcmp(vouch_json_string(it, "image"), map->image);
}

static int read_sizes(const json_t *list, struct map *map,
		      struct vouch_failure *f)
{
	json_t *it;
	size_t i;
	int n = 0;

	vouch_fail(f, -ENOENT, VOUCH_EXIT_REFUSED, "use the map %s", map->name);
	vouch_fail_next(f, "see \"vouch target map list\", and name the image "
			   "with --image");
	json_array_foreach(json_object_get(list, "maps"), i, it) {
		json_int_t key, value;

		if (!fits(it, map))
			continue;
		key = json_integer_value(json_object_get(it, "key_size"));
		value = json_integer_value(json_object_get(it, "value_size"));
		if (key < 0 || key > MAX_BYTES || value <= 0 ||
		    value > MAX_BYTES)
			return vouch_fail_why(f, "its elements are too large "
						 "for the command line");
		if (n++ && (key != map->key_size || value != map->value_size))
			return vouch_fail_why(f, "several images have one, of "
						 "different sizes");
		map->key_size = (u32)key;
		map->value_size = (u32)value;
	}
	return n ? 0 : vouch_fail_why(f, "no image on the target has it");
}

static int find_map(const struct vouch_cli *cli, struct map *map)
{
	struct vouch_message msg;
	struct vouch_failure f;
	int exit;

	memset(map, 0, sizeof(*map));
	map->name = cli->argv[1];
	map->image = vouch_cli_option(cli, "image");
	exit = vouch_target_call(cli, cli->argv[0], "map.list", NULL, &msg);
	if (exit)
		return exit;
	if (read_sizes(msg.json, map, &f))
		exit = vouch_cli_fail(cli, &f);
	vouch_message_release(&msg);
	return exit;
}

/* Read a part of the element, "key DATA" or "value DATA", into args. A map
 * without keys has no first part. */
static int read_part(const struct vouch_cli *cli, const char *part, int *at,
		     u32 size, json_t *args)
{
	struct vouch_failure f;
	u8 *bytes;
	int used;

	if (!size) {
		json_object_set_new(args, part, json_string(""));
		return 0;
	}
	if (*at >= cli->argc || strcmp(cli->argv[*at], part))
		return vouch_cli_misuse(cli, "the word \"%s\" is missing",
					part);
	bytes = calloc(1, size + 1);
	vouch_fail(&f, -ENOMEM, VOUCH_EXIT_INTERNAL, "read the %s", part);
	used = bytes ? vouch_data_read(cli->argv + *at + 1, cli->argc - *at - 1,
				       size, bytes, &f)
		     : -ENOMEM;
	if (used >= 0) {
		json_object_set_new(args, part, vouch_hex_json(bytes, size));
		*at += 1 + used;
	}
	free(bytes);
	return used < 0 ? vouch_cli_fail(cli, &f) : 0;
}

/* In the place of a value: "path PATH", of a cgroup on the target, or "map
 * NAME", of a map to be put into another. */
static bool read_name(const struct vouch_cli *cli, int *at, json_t *args)
{
	static const char *const words[][2] = { { "path", "path" },
						{ "map", "inner" } };
	int i;

	for (i = 0; i < 2 && *at + 1 < cli->argc; i++) {
		if (strcmp(cli->argv[*at], words[i][0]))
			continue;
		json_object_set_new(args, words[i][1],
				    json_string(cli->argv[*at + 1]));
		*at += 2;
		return true;
	}
	return false;
}

/* A bloom filter is asked for a value. */
static bool asks_value(const struct vouch_cli *cli, int at,
		       const struct map *map)
{
	return !map->key_size && at < cli->argc &&
	       !strcmp(cli->argv[at], "value");
}

static void read_flags(const struct vouch_cli *cli, bool has_words, int *at,
		       json_t *args)
{
	static const char *const words[] = { "any", "noexist", "exist" };
	int i, flags = 0;

	for (i = 0; has_words && *at < cli->argc && i < 3; i++) {
		if (strcmp(words[i], cli->argv[*at]))
			continue;
		flags = i;
		++*at;
		break;
	}
	if (vouch_cli_option(cli, "lock"))
		flags |= BPF_F_LOCK;
	if (flags)
		json_object_set_new(args, "flags", json_integer(flags));
}

static void show_nothing(const json_t *json)
{
	(void)json;
}

/* The commands on one element: which parts they take, what they show. */
static int run_element(const struct vouch_cli *cli, const char *method,
		       bool has_value, void (*show)(const json_t *))
{
	json_t *args = map_args(cli);
	struct map map;
	int at = 2, exit = find_map(cli, &map);

	if (!exit)
		exit = read_part(cli, "key", &at, map.key_size, args);
	if (!exit && (has_value ? !read_name(cli, &at, args)
				: asks_value(cli, at, &map)))
		exit = read_part(cli, "value", &at, map.value_size, args);
	if (!exit)
		read_flags(cli, has_value, &at, args);
	if (!exit && at < cli->argc)
		exit = vouch_cli_misuse(cli, "\"%s\" is one word too many",
					cli->argv[at]);
	if (!exit)
		return vouch_target_show(cli, method, args, show);
	json_decref(args);
	return exit;
}

static int run_get(struct vouch_cli *cli)
{
	return run_element(cli, "map.get", false, show_entry);
}

static int run_set(struct vouch_cli *cli)
{
	return run_element(cli, "map.set", true, show_nothing);
}

static int run_delete(struct vouch_cli *cli)
{
	return run_element(cli, "map.delete", false, show_nothing);
}

#define ABOUT_DATA                                                              \
	"DATA is written as for bpftool: bytes in decimal, or in hexadecimal\n" \
	"with 0x, or all in hexadecimal behind the word hex, as in\n"           \
	"\"key 1 0 0 0\" or \"key hex 01 00 00 00\". One number alone stands\n" \
	"for a little-endian integer of the whole size, up to 8 bytes, as in\n" \
	"\"key 1\".\n"

static const char about_data[] = ABOUT_DATA;

static const char about_get[] = ABOUT_DATA
	"\"key DATA\" is left out of a map without keys: a queue or "
	"a stack shows the\nvalue that is next. In a bloom_filter, "
	"\"value DATA\" asks for a value; it is\nshown if it may be "
	"there.\n";

static const char about_set[] =
	"DATA is written as for \"map get\". \"key DATA\" is left out of a map "
	"without keys,\nto which the value is added. In the place of \"value "
	"DATA\" stands, for a\ncgroup_array, \"path PATH\", a cgroup's "
	"directory on the target, and for an\narray_of_maps or a hash_of_maps, "
	"\"map NAME\", another map of the image.\n";

static const struct vouch_cli_option map_options[] = {
	{ "image", "IMAGE", ABOUT_IMAGE },
	{ NULL, NULL, NULL },
};

static const struct vouch_cli_option value_options[] = {
	{ "image", "IMAGE", ABOUT_IMAGE },
	{ "lock", NULL, "take the lock that is in the value" },
	{ NULL, NULL, NULL },
};

const struct vouch_cli_command vouch_map_commands[] = {
	{ .name = "list",
	  .operands = "TARGET",
	  .summary = "List the maps on a target",
	  .min = 1,
	  .max = 1,
	  .run = run_list },
	{ .name = "dump",
	  .operands = "TARGET MAP",
	  .summary = "Show every element of a map",
	  .min = 2,
	  .max = 2,
	  .options = map_options,
	  .run = run_dump },
	{ .name = "records",
	  .operands = "TARGET MAP",
	  .summary = "Take out the records that programs wrote to a map",
	  .details = "The map is a ringbuf or a perf_event_array. A record is "
		     "shown once, by\nwhoever asks first.\n",
	  .min = 2,
	  .max = 2,
	  .options = vouch_records_options,
	  .run = vouch_records_run },
	{ .name = "get",
	  .operands = "TARGET MAP key DATA",
	  .summary = "Show the value of a key",
	  .details = about_get,
	  .min = 2,
	  .max = -1,
	  .options = value_options,
	  .run = run_get },
	{ .name = "set",
	  .operands = "TARGET MAP key DATA value DATA [any|exist|noexist]",
	  .summary = "Set the value of a key; in a per-CPU map, of every CPU",
	  .details = about_set,
	  .min = 4,
	  .max = -1,
	  .options = value_options,
	  .run = run_set },
	{ .name = "delete",
	  .operands = "TARGET MAP key DATA",
	  .summary = "Delete a key",
	  .details = about_data,
	  .min = 4,
	  .max = -1,
	  .options = map_options,
	  .run = run_delete },
	{ .name = NULL },
};
