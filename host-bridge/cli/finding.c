// SPDX-License-Identifier: BSD-2-Clause
/* Findings of vouch doctor, one by one. */

#include <stdarg.h>
#include <stdio.h>

#include "doctor.h"
#include "output.h"

static const char *const names[VOUCH_N_FINDING_STATES] = {
	[VOUCH_FINDING_OK] = "ok",
	[VOUCH_FINDING_WARNING] = "warning",
	[VOUCH_FINDING_PROBLEM] = "problem",
	[VOUCH_FINDING_UNKNOWN] = "unknown",
};

void vouch_finding_begin(struct vouch_finding *f, const char *check,
			 enum vouch_exit exit, const char *subject, ...)
{
	va_list ap;

	memset(f, 0, sizeof(*f));
	f->check = check;
	f->exit = exit;
	va_start(ap, subject);
	vsnprintf(f->subject, sizeof(f->subject), subject, ap);
	va_end(ap);
}

void vouch_finding_look(struct vouch_finding *f, const char *looked_at, ...)
{
	va_list ap;

	va_start(ap, looked_at);
	vsnprintf(f->looked_at, sizeof(f->looked_at), looked_at, ap);
	va_end(ap);
}

void vouch_finding_say(struct vouch_finding *f, enum vouch_finding_state state,
		       const char *why, ...)
{
	va_list ap;

	f->state = state;
	va_start(ap, why);
	vsnprintf(f->why, sizeof(f->why), why, ap);
	va_end(ap);
}

void vouch_finding_mend(struct vouch_finding *f, const char *remedy, ...)
{
	va_list ap;

	va_start(ap, remedy);
	vsnprintf(f->remedy, sizeof(f->remedy), remedy, ap);
	va_end(ap);
}

void vouch_finding_denied(struct vouch_finding *f, int err, const char *config)
{
	if (err != -EACCES)
		return;
	f->state = VOUCH_FINDING_UNKNOWN;
	vouch_finding_mend(f, "sudo vouch doctor --config %s", config);
}

/* Bytes of others that are not UTF-8 would make no JSON. */
static json_t *text(const char *s)
{
	char clean[512], *p;

	if (!*s)
		return json_null();
	snprintf(clean, sizeof(clean), "%s", s);
	for (p = clean; *p; p++)
		if ((unsigned char)*p >= 0x7f || *p < ' ')
			*p = '?';
	return json_string(clean);
}

void vouch_finding_end(struct vouch_doctor *d, const struct vouch_finding *f)
{
	d->counts[f->state]++;
	if (f->state == VOUCH_FINDING_PROBLEM && !d->exit)
		d->exit = f->exit;
	json_array_append_new(
		d->findings,
		json_pack("{s:s, s:o, s:s, s:o, s:o, s:o}", "check", f->check,
			  "subject", text(f->subject), "state", names[f->state],
			  "looked_at", text(f->looked_at), "why", text(f->why),
			  "remedy", text(f->remedy)));
}

static void show_one(const json_t *f)
{
	const char *state = vouch_json_string(f, "state");
	const char *remedy = json_string_value(json_object_get(f, "remedy"));
	bool good = !strcmp(state, names[VOUCH_FINDING_OK]);
	bool bad = !strcmp(state, names[VOUCH_FINDING_PROBLEM]);

	printf("%s%-8s%s %-13s ",
	       vouch_output_mark(stdout, bad	? VOUCH_MARK_BAD
					 : good ? VOUCH_MARK_GOOD
						: VOUCH_MARK_NONE),
	       state, vouch_output_mark(stdout, VOUCH_MARK_NONE),
	       vouch_json_string(f, "check"));
	vouch_output_text(stdout, vouch_json_string(f, "subject"));
	printf(": ");
	vouch_output_text(stdout, vouch_json_string(f, "why"));
	putchar('\n');
	if (good)
		return;
	printf("         looked at: ");
	vouch_output_text(stdout, vouch_json_string(f, "looked_at"));
	putchar('\n');
	if (!remedy)
		return;
	printf("         to mend:   ");
	vouch_output_text(stdout, remedy);
	putchar('\n');
}

static void show_json(const struct vouch_doctor *d)
{
	json_t *counts = json_object(), *json;
	u32 i;

	for (i = 0; i < VOUCH_N_FINDING_STATES; i++)
		json_object_set_new(counts, names[i],
				    json_integer(d->counts[i]));
	json = json_pack("{s:i, s:O, s:o, s:i}", "schema_version",
			 VOUCH_SCHEMA_VERSION, "findings", d->findings,
			 "counts", counts, "exit", (int)d->exit);
	vouch_output_json(json);
	json_decref(json);
}

void vouch_finding_show(const struct vouch_doctor *d)
{
	const json_t *f;
	size_t i;

	if (vouch_cli_json(d->cli)) {
		show_json(d);
		return;
	}
	json_array_foreach(d->findings, i, f)
		show_one(f);
	printf("%u good, %u warnings, %u problems, %u unknown\n",
	       d->counts[VOUCH_FINDING_OK], d->counts[VOUCH_FINDING_WARNING],
	       d->counts[VOUCH_FINDING_PROBLEM],
	       d->counts[VOUCH_FINDING_UNKNOWN]);
}
