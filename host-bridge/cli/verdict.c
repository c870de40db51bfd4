// SPDX-License-Identifier: BSD-2-Clause
/* A verdict, for people. */

#include "verdict.h"

#include <stdlib.h>

#include "../../common/failure.h"
#include "output.h"

#define LOG_LINES 10

static void show_text(const char *head, const char *text)
{
	printf("  %-9s ", head);
	vouch_output_text(stdout, text);
	putchar('\n');
}

static void show_programs(const json_t *programs, const char *known)
{
	json_t *rows = json_array(), *it;
	size_t i;

	json_array_foreach(programs, i, it)
		json_array_append_new(
			rows, json_pack("[s, o, o, o, o, o, o]", "",
					vouch_json_text(it, "name"),
					vouch_json_text(it, "section"),
					vouch_json_text(it, "verdict"),
					vouch_json_text(it, "insns_processed"),
					vouch_json_text(it, "code_bytes"),
					vouch_json_text(it, "relocations")));
	vouch_output_table(json_pack("[s, s, s, s, s, s, s]", "", "PROGRAM",
				     "SECTION", "VERDICT", "INSNS", "BYTES",
				     "RELOCATIONS"),
			   rows);
	json_array_foreach(programs, i, it) {
		const char *reason =
			json_string_value(json_object_get(it, "reason"));

		if (reason && *reason && (!known || strcmp(reason, known)))
			show_text(vouch_json_string(it, "name"), reason);
	}
}

static long long number(const json_t *json, const char *key)
{
	return (long long)json_integer_value(json_object_get(json, key));
}

static void show_image(const json_t *image)
{
	printf("  %-9s ", "image");
	vouch_output_text(stdout, vouch_json_string(image, "name"));
	printf(", %lld bytes, epoch %lld, sequence %lld, slot ",
	       number(image, "size"), number(image, "epoch"),
	       number(image, "sequence"));
	vouch_output_text(stdout, vouch_json_string(image, "slot"));
	putchar('\n');
	show_text("key", vouch_json_string(image, "key_id"));
	show_text("file", vouch_json_string(image, "path"));
}

static void show_deliveries(const json_t *deliveries)
{
	const json_t *it;
	size_t i;

	json_array_foreach(deliveries, i, it) {
		const char *reason =
			json_string_value(json_object_get(it, "reason"));
		char text[512];

		snprintf(text, sizeof(text), "%s, slot %s: %s%s%s",
			 vouch_json_string(it, "target"),
			 vouch_json_string(it, "slot"),
			 vouch_json_string(it, "status"), reason ? ": " : "",
			 reason ? reason : "");
		show_text("target", text);
	}
}

static void show_stages(const json_t *stages)
{
	static const char *const names[] = { "verify", "check", "link", "sign",
					     "deliver" };
	const char *between = "";
	size_t i;

	if (!json_object_size(stages))
		return;
	printf("  %-9s ", "time");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!json_object_get(stages, names[i]))
			continue;
		printf("%s%s %.1f ms", between, names[i],
		       (double)number(stages, names[i]) / 1000);
		between = ", ";
	}
	putchar('\n');
}

/* Lines that close a log and say nothing of the failure. */
static bool is_closing(const char *line, size_t len)
{
	static const char *const heads[] = { "processed ", "verification time",
					     "stack depth", "-- END",
					     "libbpf: -- END" };
	size_t i;

	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (!strncmp(line, heads[i], strlen(heads[i])))
			return true;
	return !len;
}

/* The last lines of a log that tell why the verifier said no. */
static void show_failing(const char *log)
{
	const char *lines[LOG_LINES] = { 0 }, *line;
	unsigned int n = 0, i;
	size_t len;

	for (line = log; *line; line += len + !!line[len]) {
		len = strcspn(line, "\n");
		if (!is_closing(line, len))
			lines[n++ % LOG_LINES] = line;
	}
	for (i = n > LOG_LINES ? n - LOG_LINES : 0; i < n; i++) {
		char *copy;

		line = lines[i % LOG_LINES];
		copy = strndup(line, strcspn(line, "\n"));
		if (!copy)
			return;
		printf("    ");
		vouch_output_text(stdout, copy);
		putchar('\n');
		free(copy);
	}
}

/* The log tells why only where it was the verifier that said no. */
static void show_log(const json_t *verdict, bool whole)
{
	const char *log = json_string_value(json_object_get(verdict, "log"));
	bool rejected =
		!strcmp(vouch_json_string(verdict, "verdict"), "rejected");

	if (!log || !*log || (!rejected && !whole))
		return;
	printf("  %s\n", whole ? "the verifier's log:"
			       : "the verifier's log ends (--log shows all):");
	if (!whole) {
		show_failing(log);
		return;
	}
	vouch_output_text(stdout, log);
	if (log[strlen(log) - 1] != '\n')
		putchar('\n');
}

int vouch_verdict_exit(const json_t *result)
{
	const json_t *exit = json_object_get(result, "exit");
	json_int_t n = json_integer_value(exit);

	if (!json_is_integer(exit) || n < 0 || n >= VOUCH_N_EXITS)
		return VOUCH_EXIT_INTERNAL;
	return (int)n;
}

void vouch_verdict_show(const char *path, const json_t *verdict, bool whole_log)
{
	const char *word = vouch_json_string(verdict, "verdict");
	const char *reason =
		json_string_value(json_object_get(verdict, "reason"));
	const json_t *programs = json_object_get(verdict, "programs");
	const json_t *image = json_object_get(verdict, "image");
	bool accepted = !strcmp(word, "accepted");

	printf("%s: %s", path,
	       vouch_output_mark(stdout,
				 accepted ? VOUCH_MARK_GOOD : VOUCH_MARK_BAD));
	vouch_output_text(stdout, word);
	printf("%s (submission %lld)\n",
	       vouch_output_mark(stdout, VOUCH_MARK_NONE),
	       number(verdict, "submission"));
	if (reason && *reason)
		show_text("reason", reason);
	if (json_array_size(programs))
		show_programs(programs, reason);
	if (json_is_object(image))
		show_image(image);
	show_deliveries(json_object_get(verdict, "deliveries"));
	show_stages(json_object_get(verdict, "stages_us"));
	show_log(verdict, whole_log);
}
