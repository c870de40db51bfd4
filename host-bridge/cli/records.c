// SPDX-License-Identifier: BSD-2-Clause
/* vouch target map records, vouch target printed */

#include <stdlib.h>
#include <time.h>

#include "../../common/hex.h"
#include "commands.h"
#include "output.h"
#include "records.h"
#include "service.h"

#define PAUSE_MS 200 /* between questions that brought nothing */

/* What is shown, and how. */
struct reader {
	const struct vouch_cli *cli;
	const char *method, *list; /* of the CALL, and in its RESULT */
	void (*show)(const json_t *record);
	bool follow;
	u64 left; /* records to show */
	json_int_t lost;
};

static void show_raw(const json_t *record)
{
	const char *hex = vouch_json_string(record, "data");
	size_t len = strlen(hex) / 2;
	u8 *data = malloc(len + 1);

	if (data && !vouch_hex_read(hex, data, len))
		fwrite(data, 1, len, stdout);
	free(data);
}

static long long number(const json_t *record, const char *key)
{
	return json_integer_value(json_object_get(record, key));
}

/* A ring buffer's records have neither time nor CPU. */
static void show_place(const json_t *record)
{
	long long time = number(record, "time_ns");

	if (json_object_get(record, "cpu"))
		printf("%lld.%09lld  CPU %02lld  ", time / 1000000000,
		       time % 1000000000, number(record, "cpu"));
}

static void show_hex(const json_t *record)
{
	show_place(record);
	vouch_output_hex(vouch_json_string(record, "data"));
	putchar('\n');
}

static void show_line(const json_t *record)
{
	const char *text = vouch_json_string(record, "text");
	size_t len = strlen(text);

	show_place(record);
	vouch_output_text(stdout, vouch_json_string(record, "comm"));
	printf("-%lld  ", number(record, "pid"));
	vouch_output_text(stdout, text);
	if (!len || text[len - 1] != '\n')
		putchar('\n');
}

static void show_record(const struct reader *r, json_t *record)
{
	if (vouch_cli_json(r->cli))
		vouch_output_json(record);
	else
		r->show(record);
}

static json_t *make_call(const struct reader *r)
{
	const struct vouch_cli *cli = r->cli;

	return json_pack("{s:s, s:s, s:s*, s:s*}", "method", r->method,
			 "target", cli->argv[0], "map",
			 cli->argc > 1 ? cli->argv[1] : NULL, "image",
			 vouch_cli_option(cli, "image"));
}

/* A line of its own in JSON; else beside the results. */
static void show_lost(struct reader *r, json_int_t lost)
{
	json_t *line;

	if (lost <= r->lost)
		return;
	if (vouch_cli_json(r->cli)) {
		line = json_pack("{s:I}", "lost", lost);
		vouch_output_json(line);
		json_decref(line);
	} else {
		fprintf(stderr,
			"vouch: %lld records were lost, which found no "
			"room; ask more often\n",
			(long long)lost);
	}
	r->lost = lost;
}

/* Ask once; *n is how many records there were, *more whether there are more. */
static int ask(struct reader *r, struct vouch_service *service, size_t *n,
	       bool *more)
{
	struct vouch_message msg;
	struct vouch_failure f;
	json_t *records, *record;
	size_t i;
	int err = vouch_service_ask(service, VOUCH_FRAME_CALL, make_call(r),
				    NULL, 0, VOUCH_FRAME_RESULT, &msg, &f);

	if (err)
		return vouch_cli_fail(r->cli, &f);
	records = json_object_get(msg.json, r->list);
	*n = json_array_size(records);
	*more = json_is_true(json_object_get(msg.json, "more"));
	json_array_foreach(records, i, record) {
		if (!r->left)
			break;
		show_record(r, record);
		r->left--;
	}
	show_lost(r, json_integer_value(json_object_get(msg.json, "lost")));
	vouch_message_release(&msg);
	fflush(stdout);
	return VOUCH_EXIT_OK;
}

static int read_all(struct reader *r, struct vouch_service *service)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	bool more = false;
	size_t n = 0;
	int exit;

	for (;;) {
		exit = ask(r, service, &n, &more);
		if (exit || !r->left || ferror(stdout) || (!more && !r->follow))
			return exit;
		if (!n)
			nanosleep(&pause, NULL);
	}
}

static int run(struct reader *r)
{
	struct vouch_service service;
	struct vouch_failure f;
	int exit;

	r->follow = vouch_cli_option(r->cli, "follow");
	r->left = ~0ull;
	if (vouch_cli_number(r->cli, "count", ~0u, &r->left, &f) ||
	    vouch_service_open(r->cli, &service, &f))
		return vouch_cli_fail(r->cli, &f);
	exit = read_all(r, &service);
	vouch_service_close(&service);
	return exit;
}

int vouch_records_run(struct vouch_cli *cli)
{
	struct reader r = {
		.cli = cli,
		.method = "target.map.records",
		.list = "records",
		.show = vouch_cli_option(cli, "raw") ? show_raw : show_hex,
	};

	return run(&r);
}

int vouch_printed_run(struct vouch_cli *cli)
{
	struct reader r = {
		.cli = cli,
		.method = "target.printed",
		.list = "lines",
		.show = show_line,
	};

	return run(&r);
}

const struct vouch_cli_option vouch_records_options[] = {
	{ "image", "IMAGE", "which image's map, if several have one" },
	{ "follow", NULL, "go on as records come" },
	{ "count", "N", "end after so many" },
	{ "raw", NULL, "write the records' bytes, and nothing else" },
	{ NULL, NULL, NULL },
};

const struct vouch_cli_option vouch_printed_options[] = {
	{ "follow", NULL, "go on as lines come" },
	{ "count", "N", "end after so many" },
	{ NULL, NULL, NULL },
};
