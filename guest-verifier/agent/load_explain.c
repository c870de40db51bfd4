// SPDX-License-Identifier: BSD-2-Clause
/* Why an object was not loaded, from what libbpf, kernel and verifier said. */

#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "load.h"

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

void vouch_load_listen(void)
{
	messages[0] = 0;
	libbpf_set_print(keep_message);
}

/* What the kernel or this process had not; the rest is the object's fault. */
static bool lacks_means(int err)
{
	return err == -ENOMEM || err == -EMFILE || err == -ENFILE ||
	       err == -EAGAIN || err == -EPERM;
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

/* That libbpf says it is: all are unloaded by now. */
static u32 find_program(const struct vouch_load *load)
{
	char said[160];
	u32 i;

	for (i = 0; i < load->n_progs; i++) {
		snprintf(said, sizeof(said),
			 "prog '%s': BPF program load failed",
			 bpf_program__name(load->progs[i].prog));
		if (strstr(messages, said))
			break;
	}
	return i;
}

/* The map that the kernel did not make, or NULL. */
static const struct bpf_map *find_map(const struct vouch_load *load)
{
	struct bpf_map *map;
	char said[160];

	if (!load->bpf)
		return NULL;
	bpf_object__for_each_map(map, load->bpf) {
		snprintf(said, sizeof(said), "map '%s': failed to create",
			 bpf_map__name(map));
		if (strstr(messages, said))
			return map;
	}
	return NULL;
}

static bool explain_program(struct vouch_load *load, u32 i)
{
	const struct vouch_load_prog *p = &load->progs[i];
	char line[512] = "";

	if (p->log_buf)
		last_line(p->log_buf, line, sizeof(line));
	vouch_load_fail(load, "program %s: %s (%s)", bpf_program__name(p->prog),
			*line ? line : "the kernel refused it",
			strerror(-load->err));
	load->verdict = VOUCH_VERDICT_REJECTED;
	load->failed = (int)i;
	return false;
}

bool vouch_load_explain(struct vouch_load *load, const char *what)
{
	const struct bpf_map *map = find_map(load);
	const u32 i = find_program(load);

	if (i < load->n_progs)
		return explain_program(load, i);
	/* What the kernel needs beside keys and values cannot be foreseen; see
	 * vouch_load_maps_fit(). */
	if (map && load->err == -ENOMEM)
		return vouch_load_refuse_map(
			load, map,
			"the verifier VM's kernel has no memory for it");
	vouch_load_fail(load, "%s the object: %s: %.700s", what,
			strerror(-load->err), messages);
	return lacks_means(load->err) ? false : vouch_load_blame(load);
}
