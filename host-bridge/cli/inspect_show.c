// SPDX-License-Identifier: BSD-2-Clause
/* What an image or a capture holds, for people. */

#include "inspect_show.h"

#include "output.h"

#define NAME_WIDTH 18

static void show_value(const json_t *value)
{
	const json_t *it;
	size_t i;

	if (json_is_string(value))
		vouch_output_text(stdout, json_string_value(value));
	else if (json_is_integer(value))
		printf("%lld", (long long)json_integer_value(value));
	else if (json_is_boolean(value))
		printf("%s", json_is_true(value) ? "yes" : "no");
	else if (json_is_null(value) || !json_array_size(value))
		printf("none");
	json_array_foreach(value, i, it) {
		printf("%s", i ? " " : "");
		show_value(it);
	}
}

/* The members that are no tables, one a line, in the order of the text. */
static void show_object(const char *title, const json_t *object)
{
	const char *key;
	json_t *value;

	if (title)
		printf("\n%s\n", title);
	json_object_foreach((json_t *)object, key, value) {
		if (json_is_object(value) ||
		    json_is_object(json_array_get(value, 0)))
			continue;
		printf("  %-*s ", NAME_WIDTH, key);
		show_value(value);
		putchar('\n');
	}
}

static void show_table(const char *title, const json_t *list,
		       const char *const *keys)
{
	json_t *heads = json_array(), *rows = json_array(), *it;
	size_t i, k;

	for (k = 0; keys[k]; k++)
		json_array_append_new(heads, json_string(keys[k]));
	json_array_foreach(list, i, it) {
		json_t *row = json_array();

		for (k = 0; keys[k]; k++)
			json_array_append_new(row,
					      vouch_json_text(it, keys[k]));
		json_array_append_new(rows, row);
	}
	if (json_array_size(rows)) {
		printf("\n%s\n", title);
		vouch_output_table(heads, rows);
		return;
	}
	json_decref(heads);
	json_decref(rows);
}

static void show_code(const char *name, const json_t *code)
{
	const json_t *it;
	size_t i;

	if (!code)
		return;
	printf("\ncode of %s\n", name);
	json_array_foreach(code, i, it) {
		printf("%6llx:  %-30s  ",
		       (unsigned long long)json_integer_value(
			       json_object_get(it, "offset")),
		       vouch_json_string(it, "bytes"));
		vouch_output_text(stdout, vouch_json_string(it, "text"));
		putchar('\n');
	}
}

static const char *const map_keys[] = { "name",	      "type",	     "key_size",
					"value_size", "max_entries", "data_len",
					NULL };

static void show_functions(const json_t *program)
{
	static const char *const keys[] = { "kind", "to", NULL };
	const json_t *func;
	char title[128];
	size_t i;

	json_array_foreach(json_object_get(program, "functions"), i, func) {
		snprintf(title, sizeof(title), "references of %s, function %zu",
			 vouch_json_string(program, "name"), i);
		show_table(title, json_object_get(func, "references"), keys);
		show_code(vouch_json_string(program, "name"),
			  json_object_get(func, "code"));
	}
}

static void show_capture(const json_t *json)
{
	static const char *const progs[] = { "name",  "section",	 "type",
					     "insns", "insns_processed", NULL };
	static const char *const facts[] = { "structure", "field", "offset",
					     "size", NULL };
	const json_t *it;
	size_t i;

	show_object("environment", json_object_get(json, "environment"));
	show_table("facts", json_object_get(json, "facts"), facts);
	show_table("maps", json_object_get(json, "maps"), map_keys);
	show_table("programs", json_object_get(json, "programs"), progs);
	json_array_foreach(json_object_get(json, "programs"), i, it)
		show_functions(it);
}

static void show_image(const json_t *json)
{
	static const char *const progs[] = { "name",   "section", "type",
					     "offset", "length",  NULL };
	static const char *const fields[] = {
		"program",	 "insn", "name", "offset",
		"target_offset", "size", NULL
	};
	static const char *const relas[] = { "offset", "kind", "to", NULL };
	const json_t *signature = json_object_get(json, "signature"), *it;
	size_t i;

	show_object(json_is_null(signature) ? NULL : "signature", signature);
	show_object("requirements", json_object_get(json, "requirements"));
	show_object("record", json_object_get(json, "record"));
	show_table("programs", json_object_get(json, "programs"), progs);
	show_table("maps", json_object_get(json, "maps"), map_keys);
	show_table("fields", json_object_get(json, "fields"), fields);
	show_table("relocations", json_object_get(json, "relocations"), relas);
	json_array_foreach(json_object_get(json, "functions"), i, it)
		show_code(vouch_json_string(it, "name"),
			  json_object_get(it, "code"));
}

void vouch_inspect_show(const json_t *json)
{
	show_object(NULL, json);
	if (!strcmp(vouch_json_string(json, "kind"), "image"))
		show_image(json);
	else
		show_capture(json);
}
