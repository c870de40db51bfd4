// SPDX-License-Identifier: BSD-2-Clause
/* vouch-link: check and link a capture that lies in a file. */

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "check_kernel.h"
#include "crypto.h"
#include "daemon.h"
#include "file.h"
#include "link.h"
#include "object.h"
#include "path.h"
#include "profile_load.h"
#include "scan.h"

/* Exit codes of the command line. */
enum { OK = 0, INTERNAL = 1, USAGE = 2, TRUST = 5, REFUSED = 6 };

struct options {
	const char *capture, *object, *profile, *cert, *symbols, *out;
	json_t *options; /* canonical */
	u8 options_hash[VOUCH_HASH_LEN];
};

/* What the files hold. */
struct inputs {
	void *capture, *object, *symbols;
	size_t capture_len, object_len, symbols_len;
};

static int usage(FILE *to)
{
	fprintf(to,
		"usage: vouch-link --capture FILE --object FILE --profile FILE "
		"--profile-cert DER\n"
		"                  --out FILE [--symbols FILE] "
		"[--options JSON]\n"
		"Check a capture against its object and a target profile and "
		"link an unsigned\nimage. The profile must be signed with the key of "
		"--profile-cert. Without --symbols (see "
		"scripts/kernel-symbols) the names of call targets\nare those "
		"that the verifier VM gave. JSON has the options that the "
		"object was submitted\nwith, as {\"set\": {\"NAME\": "
		"\"VALUE\"}, \"map_entries\": {\"MAP\": N}}.\nExit codes: 0 linked, 1 internal "
		"error, 2 usage, 5 profile not trusted,\n6 refused.\n");
	return to == stderr ? USAGE : OK;
}

static int take_submitted(struct options *o, const char *text)
{
	json_t *json = json_loads(text, 0, NULL);
	const char *why = "no JSON";
	char *canon;
	int ret;

	ret = json ? vouch_options_canon(json, &o->options, &why) : -EINVAL;
	json_decref(json);
	if (ret) {
		fprintf(stderr, "vouch-link: --options %s: %s\n", text, why);
		return ret;
	}
	canon = vouch_options_text(o->options);
	ret = canon ? vouch_sha256(canon, strlen(canon), o->options_hash)
		    : -ENOMEM;
	free(canon);
	return ret;
}

static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "capture", required_argument, NULL, 'c' },
		{ "object", required_argument, NULL, 'o' },
		{ "profile", required_argument, NULL, 'p' },
		{ "profile-cert", required_argument, NULL, 'r' },
		{ "symbols", required_argument, NULL, 's' },
		{ "out", required_argument, NULL, 'w' },
		{ "options", required_argument, NULL, 'x' },
		{},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->capture = optarg;
			break;
		case 'o':
			o->object = optarg;
			break;
		case 'p':
			o->profile = optarg;
			break;
		case 'r':
			o->cert = optarg;
			break;
		case 's':
			o->symbols = optarg;
			break;
		case 'w':
			o->out = optarg;
			break;
		case 'x':
			if (o->options || take_submitted(o, optarg))
				return -EINVAL;
			break;
		default:
			return -EINVAL;
		}
	}
	if (!o->capture || !o->object || !o->profile || !o->cert || !o->out ||
	    optind != argc)
		return -EINVAL;
	return o->options ? 0 : take_submitted(o, "{}");
}

static int read_input(const char *path, size_t max, void **data, size_t *len)
{
	int ret = vouch_file_get(AT_FDCWD, path, max, data, len);

	if (ret)
		fprintf(stderr, "vouch-link: reading %s: %s\n", path,
			strerror(-ret));
	return ret;
}

static int read_inputs(const struct options *o, struct inputs *in)
{
	int ret;

	ret = read_input(o->capture, VOUCH_CAPTURE_MAX, &in->capture,
			 &in->capture_len);
	if (!ret)
		ret = read_input(o->object, VOUCH_OBJECT_MAX, &in->object,
				 &in->object_len);
	if (!ret && o->symbols)
		ret = read_input(o->symbols, VOUCH_SYMBOLS_MAX, &in->symbols,
				 &in->symbols_len);
	return ret;
}

static void report(const char *path, const struct vouch_refusal *why)
{
	char line[512];

	vouch_refusal_format(why, line, sizeof(line));
	fprintf(stderr, "vouch-link: linking %s: refused: %s\n", path, line);
}

static int write_image(const struct options *o, const void *image, size_t len)
{
	int ret = vouch_path_put(o->out, image, len);

	if (ret)
		fprintf(stderr, "vouch-link: writing %s: %s\n", o->out,
			strerror(-ret));
	return ret;
}

/* Without a file of symbols nothing is held against them. */
static int check_names(const struct options *o, const struct inputs *in,
		       const struct vouch_capture_view *view,
		       const struct vouch_checked *chk,
		       struct vouch_refusal *why)
{
	struct vouch_symbols *symbols = NULL;
	const char *reason = NULL;
	int ret;

	if (!o->symbols)
		return 0;
	ret = vouch_symbols_parse(in->symbols, in->symbols_len, &symbols,
				  &reason);
	if (ret == -EINVAL)
		return vouch_refuse(why, "symbols %s: %s", o->symbols, reason);
	if (!ret)
		ret = vouch_check_names(view, chk, symbols, why);
	vouch_symbols_free(symbols);
	return ret;
}

static int link_capture(const struct options *o, const struct inputs *in,
			const struct vouch_capture_view *view,
			const struct vouch_profile *profile)
{
	struct vouch_refusal why = {};
	struct vouch_checked chk = {};
	void *image = NULL;
	size_t len = 0;
	int ret;

	ret = vouch_check(view, in->object, in->object_len, o->options, profile,
			  NULL, &chk, &why);
	if (!ret)
		ret = check_names(o, in, view, &chk, &why);
	if (!ret)
		ret = vouch_link(view, &chk, profile, o->options_hash, 0,
				 &image, &len, &why);
	if (!ret)
		ret = vouch_scan_image(image, len, in->object, in->object_len,
				       o->options, NULL, &why);
	vouch_checked_release(&chk);
	if (ret == -EPERM)
		report(o->capture, &why);
	else if (ret)
		fprintf(stderr, "vouch-link: linking %s: %s\n", o->capture,
			strerror(-ret));
	if (!ret && write_image(o, image, len))
		ret = -EIO;
	free(image);
	return ret == -EPERM ? REFUSED : ret ? INTERNAL : OK;
}

static int link_inputs(const struct options *o, const struct inputs *in)
{
	struct vouch_profile *profile = NULL;
	struct vouch_capture_view view = {};
	const char *reason = NULL;
	char why[256];
	int ret;

	ret = vouch_profile_load(o->profile, &o->cert, 1, &profile, why,
				 sizeof(why));
	if (ret) {
		fprintf(stderr, "vouch-link: reading target profile %s: %s\n",
			o->profile, why);
		return ret == -EKEYREJECTED ? TRUST
		       : ret == -EINVAL	    ? REFUSED
					    : INTERNAL;
	}
	ret = vouch_capture_parse(in->capture, in->capture_len, &view, &reason);
	if (ret)
		fprintf(stderr, "vouch-link: reading %s: %s\n", o->capture,
			reason ? reason : strerror(-ret));
	ret = ret == -EINVAL ? REFUSED
	      : ret	     ? INTERNAL
			     : link_capture(o, in, &view, profile);
	vouch_capture_release(&view);
	vouch_profile_free(profile);
	return ret;
}

int main(int argc, char **argv)
{
	struct options o = {};
	struct inputs in = {};
	int ret;

	if (argc == 2 && !strcmp(argv[1], "--help"))
		return usage(stdout);
	if (parse_options(argc, argv, &o))
		ret = usage(stderr);
	else
		ret = read_inputs(&o, &in) ? INTERNAL : link_inputs(&o, &in);
	json_decref(o.options);
	free(in.capture);
	free(in.object);
	free(in.symbols);
	return ret;
}
