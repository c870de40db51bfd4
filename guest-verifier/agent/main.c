// SPDX-License-Identifier: BSD-2-Clause
/* vouch-agent: verifies submissions in the verifier VM. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "failure.h"
#include "file.h"
#include "kernel.h"
#include "options.h"
#include "verify.h"

static const char usage_text[] =
	"usage: vouch-agent --file OBJECT [OPTION]... [--capture OUT] [--result OUT]\n"
	"\n"
	"  --file OBJECT          verify an object and write what came of it\n"
	"  --set NAME=VALUE       give a variable of .rodata, .data or .bss a value\n"
	"  --map-entries NAME=N   give a map another number of entries\n"
	"  --allow-perfmon        try once more with CAP_PERFMON\n"
	"  --record               capture what would be refused (for tests)\n"
	"  --capture OUT          where the capture goes\n"
	"  --result OUT           where the result goes; default: stdout\n"
	"  --version, --help\n";

struct arguments {
	const char *file;
	const char *capture;
	const char *result;
	struct vouch_options options;
};

enum { OPT_FILE = 256, OPT_SET, OPT_ENTRIES, OPT_PERFMON, OPT_RECORD,
       OPT_CAPTURE, OPT_RESULT, OPT_VERSION, OPT_HELP };

static const struct option long_options[] = {
	{ "file", required_argument, NULL, OPT_FILE },
	{ "set", required_argument, NULL, OPT_SET },
	{ "map-entries", required_argument, NULL, OPT_ENTRIES },
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

static void take_option(struct arguments *args, int opt)
{
	struct vouch_options *o = &args->options;
	const char *why;

	switch (opt) {
	case OPT_FILE:
		args->file = optarg;
		return;
	case OPT_SET:
		if (vouch_options_add(o->set, &o->n_set, optarg, &why))
			usage(why);
		return;
	case OPT_ENTRIES:
		if (vouch_options_add(o->map_entries, &o->n_map_entries,
				      optarg, &why))
			usage(why);
		return;
	case OPT_PERFMON:
		o->allow_perfmon = true;
		return;
	case OPT_RECORD:
		o->record = true;
		return;
	case OPT_CAPTURE:
		args->capture = optarg;
		return;
	case OPT_RESULT:
		args->result = optarg;
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
	const char *error =
		json_string_value(json_object_get(result, "error"));

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
	return error && !strcmp(error, "timeout") ? VOUCH_EXIT_TIMEOUT :
						    VOUCH_EXIT_INTERNAL;
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

static int verify_file(const struct vouch_kernel *kernel,
		       const struct arguments *args)
{
	size_t size, capture_len;
	u8 *capture;
	void *object = vouch_file_read(args->file, VOUCH_MAX_OBJECT, &size);
	json_t *result;
	char *text;
	int code;

	if (!object) {
		fprintf(stderr, "vouch-agent: cannot read %s: %s\n",
			args->file, strerror(errno));
		return VOUCH_EXIT_USAGE;
	}
	result = vouch_verify_object(kernel, &args->options, object, size,
				     &capture, &capture_len);
	text = json_dumps(result, JSON_INDENT(2));
	if (!text) {
		fprintf(stderr, "vouch-agent: out of memory\n");
		return VOUCH_EXIT_INTERNAL;
	}
	if (capture && args->capture)
		write_out(args->capture, capture, capture_len);
	write_out(args->result ? args->result : "/dev/stdout", text,
		  strlen(text));
	code = exit_code(result);
	free(text);
	free(capture);
	free(object);
	json_decref(result);
	return code;
}

int main(int argc, char **argv)
{
	struct arguments args = { 0 };
	struct vouch_kernel kernel;
	char why[256];
	int opt;

	while ((opt = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		take_option(&args, opt);
	if (optind != argc || !args.file)
		usage("say what to do");
	if (vouch_kernel_read(&kernel, why, sizeof(why))) {
		fprintf(stderr, "vouch-agent: %s\n", why);
		return VOUCH_EXIT_UNAVAILABLE;
	}
	return verify_file(&kernel, &args);
}
