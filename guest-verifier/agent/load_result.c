// SPDX-License-Identifier: BSD-2-Clause
/* What came of a load, as JSON. */

#include <bpf/libbpf.h>
#include <stdlib.h>

#include "bpf_names.h"
#include "load.h"

#define LOG_KEPT (1u << 20) /* bytes that are sent */

static const char *verdict_name(enum vouch_verdict verdict)
{
	static const char *const names[] = { "accepted", "rejected",
					     "unsupported", "error" };

	return names[verdict];
}

/* A JSON text of @log's end: its bytes come from the submitter. */
static json_t *log_text(const char *log)
{
	size_t i, n = strlen(log), from = n > LOG_KEPT ? n - LOG_KEPT : 0;
	char *text = strdup(log + from);
	json_t *json;

	if (!text)
		return NULL;
	for (i = 0; text[i]; i++)
		if ((text[i] < ' ' && text[i] != '\n' && text[i] != '\t') ||
		    text[i] >= 0x7f)
			text[i] = '?';
	json = json_string(text);
	free(text);
	return json;
}

static json_t *program_result(const struct vouch_load *load, u32 i)
{
	const struct bpf_program *prog = load->progs[i].prog;
	const char *verdict = "not loaded";
	bool failed = load->failed == (int)i;

	if (failed || load->verdict == VOUCH_VERDICT_ACCEPTED)
		verdict = verdict_name(load->verdict);
	else if (bpf_program__fd(prog) >= 0)
		verdict = "accepted";
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s?}", "name", bpf_program__name(prog),
		"section", bpf_program__section_name(prog), "type",
		vouch_prog_type_name(bpf_program__type(prog)), "verdict",
		verdict, "reason", failed ? load->reason : NULL);
}

json_t *vouch_load_result(const struct vouch_load *load)
{
	json_t *programs = json_array();
	const char *log = "";
	u32 i;

	for (i = 0; i < load->n_progs; i++)
		json_array_append_new(programs, program_result(load, i));
	if (load->failed >= 0 && load->progs[load->failed].log_buf)
		log = load->progs[load->failed].log_buf;
	else if (load->verdict == VOUCH_VERDICT_ACCEPTED)
		log = load->progs[load->n_progs - 1].log_buf;
	return json_pack("{s:s, s:o?, s:o, s:o?, s:i, s:b}", "verdict",
			 verdict_name(load->verdict), "reason",
			 load->verdict ? log_text(load->reason) : NULL,
			 "programs", programs, "log", log_text(log), "errno",
			 -load->err, "usage", load->usage);
}
