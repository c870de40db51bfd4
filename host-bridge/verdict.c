// SPDX-License-Identifier: BSD-2-Clause
/* What VERDICT says. */

#include <stdio.h>

#include "submission.h"

#define TEXT_MAX 1024 /* bytes of a text of an agent's */

const char *const vouch_stage_names[VOUCH_N_STAGES] = {
	"verify", "check", "link", "sign", "deliver",
};

int vouch_verdict_begin(struct vouch_submission *sub)
{
	sub->verdict = json_pack("{s:i, s:I, s:s, s:s, s:n, s:i, s:[], s:n,"
				 " s:[], s:{}, s:s}",
				 "schema_version", 1, "submission",
				 (json_int_t)sub->id, "object", sub->object_hex,
				 "verdict", "error", "reason", "exit",
				 VOUCH_EXIT_INTERNAL, "programs", "image",
				 "deliveries", "stages_us", "log", "");
	return sub->verdict ? 0 : -ENOMEM;
}

void vouch_verdict_set(struct vouch_submission *sub, const char *verdict,
		       enum vouch_exit exit, const char *reason)
{
	json_object_set_new(sub->verdict, "verdict", json_string(verdict));
	json_object_set_new(sub->verdict, "exit", json_integer(exit));
	json_object_set_new(sub->verdict, "reason",
			    reason ? json_string(reason) : json_null());
}

/* What an agent says of itself: no longer than anybody reads, and nothing
 * that a terminal would obey. */
json_t *vouch_verdict_text(const json_t *text)
{
	char plain[TEXT_MAX], *c;

	if (!json_is_string(text))
		return json_null();
	snprintf(plain, sizeof(plain), "%s", json_string_value(text));
	for (c = plain; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return json_string(plain);
}

/* Only what the protocol names, and only of the right type. */
static json_t *copy_program(const json_t *from)
{
	static const char *const texts[] = { "name", "section", "type",
					     "verdict", "reason" };
	static const char *const numbers[] = { "insns_processed",
					       "code_bytes" };
	json_t *to = json_object();
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const json_t *v = json_object_get(from, texts[i]);

		json_object_set_new(to, texts[i], vouch_verdict_text(v));
	}
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		json_t *v = json_object_get(from, numbers[i]);

		json_object_set_new(to, numbers[i],
				    json_integer(json_integer_value(v)));
	}
	/* Known once it is linked, and not from the agent. */
	json_object_set_new(to, "relocations", json_integer(0));
	return to;
}

/* The agent tells its own faults from those of the submission. */
enum vouch_exit vouch_verdict_blame(const json_t *capture)
{
	const char *kind = json_string_value(json_object_get(capture, "error"));

	if (kind && !strcmp(kind, "usage"))
		return VOUCH_EXIT_USAGE;
	if (kind && !strcmp(kind, "timeout"))
		return VOUCH_EXIT_TIMEOUT;
	return VOUCH_EXIT_INTERNAL;
}

void vouch_verdict_capture(struct vouch_submission *sub)
{
	json_t *to = json_object_get(sub->verdict, "programs");
	const json_t *from = json_object_get(sub->capture, "programs");
	const json_t *log = json_object_get(sub->capture, "log");
	const json_t *prog;
	size_t i;

	json_array_clear(to);
	json_array_foreach(from, i, prog)
		if (i < VOUCH_MAX_PROGS)
			json_array_append_new(to, copy_program(prog));
	if (json_is_string(log))
		json_object_set(sub->verdict, "log", (json_t *)log);
}

void vouch_verdict_program(struct vouch_submission *sub, const char *program,
			   const char *reason)
{
	json_t *progs = json_object_get(sub->verdict, "programs"), *prog;
	size_t i;

	json_array_foreach(progs, i, prog) {
		const char *name =
			json_string_value(json_object_get(prog, "name"));

		if (!name || strcmp(name, program))
			continue;
		json_object_set_new(prog, "verdict", json_string("refused"));
		json_object_set_new(prog, "reason", json_string(reason));
	}
}

void vouch_verdict_relocations(struct vouch_submission *sub,
			       const json_t *programs)
{
	json_t *progs = json_object_get(sub->verdict, "programs"), *prog;
	const json_t *from;
	size_t i, k;

	json_array_foreach(programs, i, from) {
		json_t *name = json_object_get(from, "name");

		json_array_foreach(progs, k, prog)
			if (json_equal(json_object_get(prog, "name"), name))
				json_object_set(
					prog, "relocations",
					json_object_get(from, "relocations"));
	}
}

void vouch_verdict_delivery(struct vouch_submission *sub,
			    const struct vouch_delivery *delivery)
{
	static const char *const times[] = { "admit_us", "load_us" };
	json_t *list = json_object_get(sub->verdict, "deliveries");
	json_t *entry;
	size_t i;

	entry = json_pack("{s:s, s:s, s:s, s:s?}", "target",
			  sub->target->config->name, "slot", sub->slot,
			  "status", delivery->status, "reason",
			  delivery->reason);
	if (!entry)
		return;
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		json_t *v = json_object_get(delivery->answer, times[i]);

		if (json_is_integer(v))
			json_object_set(entry, times[i], v);
	}
	json_array_append_new(list, entry);
}
