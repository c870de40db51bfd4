// SPDX-License-Identifier: BSD-2-Clause
/* vouch-agent: verifies submissions in the verifier VM. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "failure.h"
#include "file.h"
#include "kernel.h"
#include "options.h"
#include "run_files.h"
#include "session.h"
#include "verify.h"

static const char usage_text[] =
	"usage: vouch-agent --connect URI\n"
	"       vouch-agent --file OBJECT [OPTION]... [--capture OUT] [--result OUT]\n"
	"       vouch-agent --file OBJECT [OPTION]... --test-run PROGRAM\n"
	"                   --packets IN [--call JSON] [--output OUT] [--result OUT]\n"
	"\n"
	"  --connect URI          serve the bridge at vsock://CID:PORT or unix:/path\n"
	"  --file OBJECT          verify an object and write what came of it\n"
	"  --set NAME=VALUE       give a variable of .rodata, .data or .bss a value\n"
	"  --map-entries NAME=N   give a map another number of entries\n"
	"  --map-type NAME=TYPE   give a map another type\n"
	"  --map-key-size NAME=N, --map-value-size NAME=N\n"
	"                         give its keys or values another size, bytes\n"
	"  --allow-perfmon        try once more with CAP_PERFMON\n"
	"  --record               capture what would be refused (for tests)\n"
	"  --capture OUT          where the capture goes\n"
	"  --result OUT           where the result goes; default: stdout\n"
	"  --test-run PROGRAM     run a program instead, on the packets of a file:\n"
	"  --packets IN           each packet behind its length, 32 bits\n"
	"  --call JSON            file with more of the call: repeat, ctx, presets, dump\n"
	"  --output OUT           where the packets go, in the same form\n"
	"  --version, --help\n";

struct arguments {
	const char *connect;
	const char *file;
	const char *program;
	const char *packets;
	const char *call;
	const char *output;
	const char *capture;
	const char *result;
	struct vouch_options options;
};

enum {
	OPT_FILE = 256,
	OPT_SET,
	OPT_ENTRIES,
	OPT_TYPE,
	OPT_KEY_SIZE,
	OPT_VALUE_SIZE,
	OPT_PERFMON,
	OPT_RECORD,
	OPT_CAPTURE,
	OPT_RESULT,
	OPT_VERSION,
	OPT_HELP,
	OPT_CONNECT,
	OPT_RUN,
	OPT_PACKETS,
	OPT_CALL,
	OPT_OUTPUT
};

static const struct option long_options[] = {
	{ "connect", required_argument, NULL, OPT_CONNECT },
	{ "test-run", required_argument, NULL, OPT_RUN },
	{ "packets", required_argument, NULL, OPT_PACKETS },
	{ "call", required_argument, NULL, OPT_CALL },
	{ "output", required_argument, NULL, OPT_OUTPUT },
	{ "file", required_argument, NULL, OPT_FILE },
	{ "set", required_argument, NULL, OPT_SET },
	{ "map-entries", required_argument, NULL, OPT_ENTRIES },
	{ "map-type", required_argument, NULL, OPT_TYPE },
	{ "map-key-size", required_argument, NULL, OPT_KEY_SIZE },
	{ "map-value-size", required_argument, NULL, OPT_VALUE_SIZE },
	{ "allow-perfmon", no_argument, NULL, OPT_PERFMON },
	{ "record", no_argument, NULL, OPT_RECORD },
	{ "capture", required_argument, NULL, OPT_CAPTURE },
	{ "result", required_argument, NULL, OPT_RESULT },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, OPT_HELP },
	{ 0 },
};

static _Noreturn void usage(const char *why)
{
	fprintf(stderr, "vouch-agent: %s\n%s", why, usage_text);
	exit(VOUCH_EXIT_USAGE);
}

/* Where a path or name of the command line goes, or NULL. */
static const char **text_option(struct arguments *args, int opt)
{
	switch (opt) {
	case OPT_CONNECT:
		return &args->connect;
	case OPT_FILE:
		return &args->file;
	case OPT_RUN:
		return &args->program;
	case OPT_PACKETS:
		return &args->packets;
	case OPT_CALL:
		return &args->call;
	case OPT_OUTPUT:
		return &args->output;
	case OPT_CAPTURE:
		return &args->capture;
	case OPT_RESULT:
		return &args->result;
	default:
		return NULL;
	}
}

/* Adds NAME=VALUE to the list that it belongs to, if there is one. */
static bool take_pair(struct vouch_options *o, int opt, const char **why)
{
	*why = NULL;
	switch (opt) {
	case OPT_SET:
		vouch_options_add(o->set, &o->n_set, optarg, why);
		return true;
	case OPT_ENTRIES:
		vouch_options_add(o->map_entries, &o->n_map_entries, optarg,
				  why);
		return true;
	case OPT_TYPE:
		vouch_options_add(o->map_types, &o->n_map_types, optarg, why);
		return true;
	case OPT_KEY_SIZE:
		vouch_options_add(o->map_key_sizes, &o->n_map_key_sizes, optarg,
				  why);
		return true;
	case OPT_VALUE_SIZE:
		vouch_options_add(o->map_value_sizes, &o->n_map_value_sizes,
				  optarg, why);
		return true;
	default:
		return false;
	}
}

static void take_option(struct arguments *args, int opt)
{
	const char **text = text_option(args, opt), *why;
	struct vouch_options *o = &args->options;

	if (text) {
		*text = optarg;
		return;
	}
	if (take_pair(o, opt, &why)) {
		if (why)
			usage(why);
		return;
	}
	switch (opt) {
	case OPT_PERFMON:
		o->allow_perfmon = true;
		return;
	case OPT_RECORD:
		o->record = true;
		return;
	case OPT_VERSION:
		puts("vouch-agent " VOUCH_VERSION);
		exit(0);
	case OPT_HELP:
		fputs(usage_text, stdout);
		exit(0);
	default:
		usage("unknown option");
	}
}

static int exit_code(const json_t *result)
{
	const char *verdict =
		json_string_value(json_object_get(result, "verdict"));
	const char *error = json_string_value(json_object_get(result, "error"));

	if (!verdict)
		return VOUCH_EXIT_INTERNAL;
	if (!strcmp(verdict, "accepted"))
		return VOUCH_EXIT_OK;
	if (!strcmp(verdict, "rejected"))
		return VOUCH_EXIT_REJECTED;
	if (!strcmp(verdict, "unsupported"))
		return VOUCH_EXIT_REFUSED;
	if (error && !strcmp(error, "usage"))
		return VOUCH_EXIT_USAGE;
	return error && !strcmp(error, "timeout") ? VOUCH_EXIT_TIMEOUT
						  : VOUCH_EXIT_INTERNAL;
}

static void write_out(const char *path, const void *data, size_t len)
{
	int err = vouch_file_write(path, data, len);

	if (!err)
		return;
	fprintf(stderr, "vouch-agent: cannot write %s: %s\n", path,
		strerror(-err));
	exit(VOUCH_EXIT_INTERNAL);
}

static void *read_in(const char *path, size_t max, size_t *size)
{
	void *data = vouch_file_read(path, max, size);

	if (data)
		return data;
	fprintf(stderr, "vouch-agent: cannot read %s: %s\n", path,
		strerror(errno));
	exit(VOUCH_EXIT_USAGE);
}

static void write_result(const struct arguments *args, const json_t *result)
{
	char *text = json_dumps(result, JSON_INDENT(2));

	if (!text) {
		fprintf(stderr, "vouch-agent: out of memory\n");
		exit(VOUCH_EXIT_INTERNAL);
	}
	if (args->result)
		write_out(args->result, text, strlen(text));
	else
		puts(text);
	free(text);
}

static int verify_file(const struct vouch_kernel *kernel,
		       const struct arguments *args)
{
	const struct vouch_target target = { 0 };
	size_t size, capture_len;
	u8 *capture;
	void *object = read_in(args->file, VOUCH_MAX_OBJECT, &size);
	json_t *result = vouch_verify_object(kernel, &args->options, &target,
					     object, size, &capture,
					     &capture_len);
	int code = exit_code(result);

	if (capture && args->capture)
		write_out(args->capture, capture, capture_len);
	write_result(args, result);
	free(capture);
	free(object);
	json_decref(result);
	return code;
}

static int run_file(const struct arguments *args)
{
	struct vouch_run_files files = {
		.object = args->file,
		.program = args->program,
		.packets = args->packets,
		.call = args->call,
		.output = args->output,
	};
	struct vouch_failure failure;
	json_t *result = vouch_run_files(&files, &args->options, &failure);

	if (!result) {
		fprintf(stderr, "vouch-agent: %s: %s\n  %s\n", failure.what,
			failure.why, failure.remedy);
		return failure.exit;
	}
	write_result(args, result);
	json_decref(result);
	return VOUCH_EXIT_OK;
}

int main(int argc, char **argv)
{
	struct arguments args = { 0 };
	struct vouch_kernel kernel;
	char why[256];
	int opt;

	while ((opt = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		take_option(&args, opt);
	if (optind != argc || !args.file == !args.connect ||
	    !args.program != !args.packets)
		usage("say what to do");
	if (args.program)
		return run_file(&args);
	if (vouch_kernel_read(&kernel, why, sizeof(why))) {
		fprintf(stderr, "vouch-agent: %s\n", why);
		return VOUCH_EXIT_UNAVAILABLE;
	}
	return args.connect ? vouch_session_connect(args.connect, &kernel)
			    : verify_file(&kernel, &args);
}
