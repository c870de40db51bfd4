// SPDX-License-Identifier: BSD-2-Clause
/* Opening an object, applying options, loading it. */

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "bpf_names.h"
#include "btf.h"
#include "guest.h"
#include "load.h"

#define STATS_LOG (64u << 10) /* bytes for a summary */
#define FULL_LOG (64u << 20) /* bytes for every step */
#define LOG_KEPT (1u << 20) /* bytes that are sent */
#define LEVEL_STATS 4
#define LEVEL_STEPS 1
#define MAX_MESSAGES 4096

/* What libbpf complained of; it has no context to hand over. */
static char messages[MAX_MESSAGES];

static int keep_message(enum libbpf_print_level level, const char *format,
			va_list args)
{
	size_t n = strlen(messages);

	if (level == LIBBPF_WARN && n < sizeof(messages) - 1)
		vsnprintf(messages + n, sizeof(messages) - n, format, args);
	return 0;
}

static bool fail(struct vouch_load *load, enum vouch_verdict verdict,
		 const char *reason, ...) __attribute__((format(printf, 3, 4)));

static bool fail(struct vouch_load *load, enum vouch_verdict verdict,
		 const char *reason, ...)
{
	va_list args;

	va_start(args, reason);
	vsnprintf(load->reason, sizeof(load->reason), reason, args);
	va_end(args);
	load->verdict = verdict;
	return false;
}

bool vouch_load_fail(struct vouch_load *load, const char *reason, ...)
{
	va_list args;

	va_start(args, reason);
	vsnprintf(load->reason, sizeof(load->reason), reason, args);
	va_end(args);
	load->verdict = VOUCH_VERDICT_ERROR;
	return false;
}

bool vouch_load_blame(struct vouch_load *load)
{
	load->usage = true;
	return false;
}

static bool judge_object(struct vouch_load *load)
{
	char why[512];
	int err;

	if (load->options->record)
		return true;
	err = vouch_btf_judge(load->object, why, sizeof(why));
	if (!err)
		return true;
	if (err == -EOPNOTSUPP)
		return fail(load, VOUCH_VERDICT_UNSUPPORTED, "%s", why);
	vouch_load_fail(load, "%s", why);
	return vouch_load_blame(load);
}

/* What the kernel or this process had not; the rest is the object's fault. */
static bool lacks_means(int err)
{
	return err == -ENOMEM || err == -EMFILE || err == -ENFILE ||
	       err == -EAGAIN || err == -EPERM;
}

static bool open_object(struct vouch_load *load)
{
	/* A fixed name: it becomes part of the names of maps. */
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "vouch");

	libbpf_set_print(keep_message);
	load->bpf = bpf_object__open_mem(load->object->data, load->object->size,
					 &opts);
	if (load->bpf)
		return true;
	load->err = -errno;
	vouch_load_fail(load, "opening the object: %s: %.700s",
			strerror(-load->err), messages);
	return lacks_means(load->err) ? false : vouch_load_blame(load);
}

/* Names go into captures, symbols and logs: what fits there, or nothing. */
static bool name_fits(const char *name, bool text)
{
	char field[64] = { 0 };

	if (strlen(name) >= sizeof(field))
		return false;
	memcpy(field, name, strlen(name));
	return text ? vouch_text_ok(field, sizeof(field))
		    : vouch_name_ok(field, sizeof(field));
}

static bool judge_names(struct vouch_load *load)
{
	struct bpf_program *prog;
	struct bpf_map *map;
	u32 i = 0;

	bpf_object__for_each_program(prog, load->bpf) {
		if (!name_fits(bpf_program__name(prog), false) ||
		    !name_fits(bpf_program__section_name(prog), true))
			return vouch_load_fail(
				load,
				"the name or section of program %u has more than 63 characters, or one that is not printable ASCII",
				i);
		i++;
	}
	i = 0;
	bpf_object__for_each_map(map, load->bpf) {
		if (!name_fits(vouch_load_map_name(map), false))
			return vouch_load_fail(
				load,
				"the name of map %u has more than 63 characters, or one that is not printable ASCII",
				i);
		i++;
	}
	return true;
}

static bool judge_programs(struct vouch_load *load)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, load->bpf) {
		if (load->n_progs == VOUCH_MAX_PROGS)
			return vouch_load_fail(
				load, "the object has more than %u programs",
				VOUCH_MAX_PROGS);
		load->progs[load->n_progs++].prog = prog;
		bpf_program__set_autoload(prog, true);
	}
	return load->n_progs ||
	       vouch_load_fail(load, "the object has no program");
}

static bool prepare_maps(struct vouch_load *load)
{
	struct bpf_map *map;
	u32 i = 0;

	bpf_object__for_each_map(map, load->bpf) {
		if (i == VOUCH_MAX_MAPS)
			return vouch_load_fail(
				load, "the object has more than %u maps",
				VOUCH_MAX_MAPS);
		/* Nothing of a submission may outlive it in this VM. */
		if (bpf_map__pin_path(map)) {
			load->pinned_maps[i / 32] |= 1u << i % 32;
			bpf_map__set_pin_path(map, NULL);
		}
		i++;
	}
	return true;
}

static bool set_entries(struct vouch_load *load, const struct vouch_option *o)
{
	struct bpf_map *map = bpf_object__find_map_by_name(load->bpf, o->name);
	char *end;
	unsigned long n = strtoul(o->value, &end, 10);

	if (!map || bpf_map__is_internal(map)) {
		vouch_load_fail(load, "map_entries: the object has no map %s",
				o->name);
		return vouch_load_blame(load);
	}
	if (!isdigit((unsigned char)*o->value) || *end || !n || n > ~0u) {
		vouch_load_fail(
			load,
			"map_entries: %s is no number of entries for map %s",
			o->value, o->name);
		return vouch_load_blame(load);
	}
	return !bpf_map__set_max_entries(map, n) ||
	       vouch_load_fail(load, "cannot set the entries of map %s",
			       o->name);
}

/* The section that an internal map holds, or NULL. */
static const char *section_of(const struct bpf_map *map)
{
	return bpf_map__is_internal(map) ? strchr(bpf_map__name(map), '.')
					 : NULL;
}

/* libbpf puts the object's name before the section's. */
const char *vouch_load_map_name(const struct bpf_map *map)
{
	const char *section = section_of(map);

	return section ? section : bpf_map__name(map);
}

static bool set_variable(struct vouch_load *load, const struct vouch_option *o)
{
	const struct btf *btf = bpf_object__btf(load->bpf);
	char why[256], known[512] = "";
	struct bpf_map *map;

	bpf_object__for_each_map(map, load->bpf) {
		const char *section = section_of(map);
		size_t size = 0;
		void *data;
		int err;

		if (!section || !btf)
			continue;
		data = (void *)bpf_map__initial_value(map, &size);
		if (!data)
			continue;
		err = vouch_btf_set(btf, section, data, size, o->name, o->value,
				    why, sizeof(why));
		if (!err)
			return true;
		if (err != -ENOENT) {
			vouch_load_fail(load, "set: cannot set %s: %s", o->name,
					why);
			return vouch_load_blame(load);
		}
		vouch_btf_list(btf, section, known, sizeof(known));
	}
	vouch_load_fail(load, "set: the object has no variable %s; it has: %s",
			o->name, *known ? known : "none");
	return vouch_load_blame(load);
}

static bool apply_options(struct vouch_load *load)
{
	const struct vouch_options *o = load->options;
	u32 i;

	for (i = 0; i < o->n_map_entries; i++)
		if (!set_entries(load, &o->map_entries[i]))
			return false;
	for (i = 0; i < o->n_set; i++)
		if (!set_variable(load, &o->set[i]))
			return false;
	return true;
}

static char *new_log(size_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/*
 * The log's buffer designates the load for the module, so that each program
 * has its own; the full log, made in a run of its own without the module,
 * is the last program's.
 */
static bool prepare_logs(struct vouch_load *load)
{
	u32 size = load->full_log ? FULL_LOG : STATS_LOG;
	char *shared = load->full_log ? new_log(size) : NULL;
	u32 i;

	if (load->quiet)
		return true;
	for (i = 0; i < load->n_progs; i++) {
		struct vouch_load_prog *p = &load->progs[i];
		int err = 0;

		p->log_buf = load->full_log ? shared : new_log(size);
		if (!p->log_buf)
			return vouch_load_fail(load, "no memory for logs");
		bpf_program__set_log_buf(p->prog, p->log_buf, size);
		bpf_program__set_log_level(
			p->prog,
			LEVEL_STATS | (load->full_log ? LEVEL_STEPS : 0));
		if (load->guest_fd >= 0)
			err = vouch_guest_arm(load->guest_fd, p->log_buf,
					      load->object->n_insns, NULL, 0);
		if (err)
			return vouch_load_fail(
				load, "arming the guest module for %s: %s",
				bpf_program__name(p->prog), strerror(-err));
	}
	return true;
}

/* The verifier's last word: the line before its statistics. */
static void last_line(const char *log, char *out, size_t size)
{
	const char *end = log + strlen(log);

	*out = 0;
	while (end > log) {
		const char *start;

		while (end > log && end[-1] == '\n')
			end--;
		start = end;
		while (start > log && start[-1] != '\n')
			start--;
		if (end > start && strncmp(start, "processed ", 10) &&
		    strncmp(start, "verification time ", 18) &&
		    strncmp(start, "stack depth ", 12)) {
			snprintf(out, size, "%.*s", (int)(end - start), start);
			return;
		}
		end = start;
	}
}

static bool explain_failure(struct vouch_load *load)
{
	char line[512] = "";
	const char *log;
	u32 i;

	for (i = 0; i < load->n_progs; i++)
		if (bpf_program__fd(load->progs[i].prog) < 0)
			break;
	if (i == load->n_progs ||
	    !strstr(messages, "BPF program load failed")) {
		vouch_load_fail(load, "loading the object: %s: %.700s",
				strerror(-load->err), messages);
		return lacks_means(load->err) ? false : vouch_load_blame(load);
	}
	load->failed = i;
	log = load->progs[i].log_buf;
	last_line(log ? log : "", line, sizeof(line));
	return fail(load, VOUCH_VERDICT_REJECTED, "program %s: %s (%s)",
		    bpf_program__name(load->progs[i].prog),
		    *line ? line : "the kernel refused it",
		    strerror(-load->err));
}

bool vouch_load_object(struct vouch_load *load)
{
	load->failed = -1;
	messages[0] = 0;
	if (!judge_object(load) || !open_object(load))
		return false;
	if (!judge_names(load) || !judge_programs(load) || !prepare_maps(load))
		return vouch_load_blame(load);
	if (!apply_options(load) || !prepare_logs(load))
		return false;
	if (bpf_object__load(load->bpf)) {
		load->err = -errno;
		return explain_failure(load);
	}
	load->verdict = VOUCH_VERDICT_ACCEPTED;
	return true;
}

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

void vouch_load_release(struct vouch_load *load)
{
	bpf_object__close(load->bpf);
	load->bpf = NULL;
}

const char *vouch_load_library(void)
{
	return libbpf_version_string();
}
