// SPDX-License-Identifier: BSD-2-Clause
/* Results: JSON, tables, and text that others wrote. */

#include "output.h"

#include <stdlib.h>
#include <unistd.h>

#define MAX_COLUMNS 16

void vouch_output_json(json_t *json)
{
	if (!json_object_get(json, "schema_version"))
		json_object_set_new(json, "schema_version",
				    json_integer(VOUCH_SCHEMA_VERSION));
	json_dumpf(json, stdout, JSON_COMPACT | JSON_SORT_KEYS);
	putchar('\n');
}

static char printable(char c)
{
	bool control = ((unsigned char)c < ' ' && c != '\n' && c != '\t') ||
		       c == 0x7f;

	return control ? '?' : c;
}

void vouch_output_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		/* U+0080 to U+009f steer some terminals, too. */
		if (text[0] == '\xc2' && (text[1] & '\xe0') == '\x80') {
			fputc('?', out);
			text++;
		} else {
			fputc(printable(*text), out);
		}
	}
}

const char *vouch_output_mark(FILE *out, enum vouch_mark mark)
{
	static const char *const marks[] = { "\033[0m", "\033[32m",
					     "\033[31m" };
	const char *no_color = getenv("NO_COLOR");

	if ((no_color && *no_color) || !isatty(fileno(out)))
		return "";
	return marks[mark];
}

static void widen(const json_t *row, int *widths)
{
	const json_t *cell;
	size_t i;

	json_array_foreach(row, i, cell) {
		int n = (int)json_string_length(cell);

		if (i < MAX_COLUMNS && n > widths[i])
			widths[i] = n;
	}
}

static void write_row(const json_t *row, const int *widths)
{
	const json_t *cell;
	size_t i, n = json_array_size(row);

	json_array_foreach(row, i, cell) {
		const char *text = json_string_value(cell);
		int pad =
			i < MAX_COLUMNS && i + 1 < n
				? widths[i] - (int)json_string_length(cell) + 2
				: 0;

		vouch_output_text(stdout, text ? text : "-");
		printf("%*s", pad, "");
	}
	putchar('\n');
}

void vouch_output_table(json_t *heads, json_t *rows)
{
	int widths[MAX_COLUMNS] = { 0 };
	const json_t *row;
	size_t i;

	widen(heads, widths);
	json_array_foreach(rows, i, row)
		widen(row, widths);
	write_row(heads, widths);
	json_array_foreach(rows, i, row)
		write_row(row, widths);
	json_decref(heads);
	json_decref(rows);
}

void vouch_output_targets(const json_t *json)
{
	json_t *rows = json_array(), *it;
	size_t i;

	json_array_foreach(json_object_get(json, "targets"), i, it)
		json_array_append_new(
			rows,
			json_pack("[o, o, o, o]", vouch_json_text(it, "name"),
				  vouch_json_text(it, "state"),
				  vouch_json_text(it, "release"),
				  vouch_json_text(it, "profile")));
	vouch_output_table(json_pack("[s, s, s, s]", "TARGET", "STATE",
				     "RELEASE", "PROFILE"),
			   rows);
}

void vouch_output_hex(const char *hex)
{
	for (; hex && hex[0] && hex[1]; hex += 2)
		printf("%c%c%s", printable(hex[0]), printable(hex[1]),
		       hex[2] ? " " : "");
}

json_t *vouch_json_text(const json_t *json, const char *key)
{
	const json_t *value = json_object_get(json, key);

	if (json_is_string(value))
		return json_string(json_string_value(value));
	if (json_is_integer(value))
		return json_sprintf("%lld",
				    (long long)json_integer_value(value));
	return json_string("-");
}

const char *vouch_json_string(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? text : "-";
}
