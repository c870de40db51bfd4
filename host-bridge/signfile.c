// SPDX-License-Identifier: BSD-2-Clause
/* vouch-sign: sign an image that lies in a file, or make an image key. */

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "file.h"
#include "keyfile.h"
#include "path.h"
#include "sign.h"

#define MAX_KEY 65536 /* bytes of a key or certificate file */
#define MAX_LOG (64u << 20) /* bytes of a verifier's log */

/* Exit codes of the command line. */
enum { OK = 0, INTERNAL = 1, USAGE = 2, TRUST = 5 };

struct options {
	const char *key, *cert, *log, *in, *out; /* paths */
	const char *new_key, *cn;
	struct vouch_record record;
	bool has_slot, has_epoch, has_sequence;
};

static int usage(FILE *to)
{
	fprintf(to, "usage: vouch-sign --key PEM --cert DER --slot S --epoch E "
		    "--sequence N\n"
		    "                  [--submitter T] [--object-name T] "
		    "[--log FILE]\n"
		    "                  --in FILE --out FILE\n"
		    "       vouch-sign --new-key DIR --cn NAME\n"
		    "Sign an image, or make an image key: DIR/image.key and "
		    "DIR/image.der.\nExit codes: 0 done, 1 internal error, 2 "
		    "usage, 5 not what may be signed.\n");
	return to == stderr ? USAGE : OK;
}

static bool number(const char *s, u64 max, u64 *out)
{
	char *end;

	if (*s < '1' || *s > '9')
		return false;
	errno = 0;
	*out = strtoull(s, &end, 10);
	return !errno && !*end && *out <= max;
}

static bool text(char *to, size_t size, const char *from)
{
	if (strlen(from) >= size)
		return false;
	memset(to, 0, size);
	memcpy(to, from, strlen(from));
	return vouch_text_ok(to, size);
}

/* Options of the record; 0 if @c is none of them. */
static int record_option(int c, struct options *o)
{
	struct vouch_record *r = &o->record;
	u64 n = 0;

	switch (c) {
	case 's':
		o->has_slot = text(r->slot, sizeof(r->slot), optarg) &&
			      vouch_name_ok(r->slot, sizeof(r->slot));
		return o->has_slot ? 1 : -EINVAL;
	case 'e':
		o->has_epoch = number(optarg, UINT32_MAX, &n);
		r->epoch = cpu_to_le32((u32)n);
		return o->has_epoch ? 1 : -EINVAL;
	case 'q':
		o->has_sequence = number(optarg, UINT64_MAX, &n);
		r->sequence = cpu_to_le64(n);
		return o->has_sequence ? 1 : -EINVAL;
	case 't':
		return text(r->submitter, sizeof(r->submitter), optarg)
			       ? 1
			       : -EINVAL;
	case 'n':
		return text(r->object_name, sizeof(r->object_name), optarg)
			       ? 1
			       : -EINVAL;
	default:
		return 0;
	}
}

static const char **path_option(int c, struct options *o)
{
	switch (c) {
	case 'k':
		return &o->key;
	case 'c':
		return &o->cert;
	case 'l':
		return &o->log;
	case 'i':
		return &o->in;
	case 'w':
		return &o->out;
	case 'N':
		return &o->new_key;
	case 'C':
		return &o->cn;
	default:
		return NULL;
	}
}

static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "key", required_argument, NULL, 'k' },
		{ "cert", required_argument, NULL, 'c' },
		{ "slot", required_argument, NULL, 's' },
		{ "epoch", required_argument, NULL, 'e' },
		{ "sequence", required_argument, NULL, 'q' },
		{ "submitter", required_argument, NULL, 't' },
		{ "object-name", required_argument, NULL, 'n' },
		{ "log", required_argument, NULL, 'l' },
		{ "in", required_argument, NULL, 'i' },
		{ "out", required_argument, NULL, 'w' },
		{ "new-key", required_argument, NULL, 'N' },
		{ "cn", required_argument, NULL, 'C' },
		{},
	};
	int c, index = 0, ret;

	while ((c = getopt_long(argc, argv, "", longs, &index)) != -1) {
		const char **path = path_option(c, o);

		if (path) {
			*path = optarg;
			continue;
		}
		ret = record_option(c, o);
		if (ret < 0)
			fprintf(stderr,
				"vouch-sign: --%s %s: out of range or "
				"not printable\n",
				longs[index].name, optarg);
		if (ret <= 0)
			return -EINVAL;
	}
	if (optind != argc)
		return -EINVAL;
	if (o->new_key)
		return o->cn ? 0 : -EINVAL;
	return o->key && o->cert && o->in && o->out && o->has_slot &&
			       o->has_epoch && o->has_sequence
		       ? 0
		       : -EINVAL;
}

static int read_input(const char *path, size_t max, void **data, size_t *len)
{
	int ret = vouch_file_get(AT_FDCWD, path, max, data, len);

	if (ret)
		fprintf(stderr, "vouch-sign: reading %s: %s\n", path,
			strerror(-ret));
	return ret;
}

static int hash_log(struct options *o)
{
	void *data;
	size_t len;
	int ret;

	if (!o->log)
		return 0;
	ret = read_input(o->log, MAX_LOG, &data, &len);
	if (ret)
		return ret;
	ret = vouch_sha256(data, len, o->record.log);
	free(data);
	return ret;
}

static int load_signer(const struct options *o, struct vouch_signer **signer)
{
	void *key = NULL, *cert = NULL;
	size_t key_len = 0, cert_len = 0;
	const char *why = NULL;
	int ret;

	ret = read_input(o->key, MAX_KEY, &key, &key_len);
	if (!ret)
		ret = read_input(o->cert, MAX_KEY, &cert, &cert_len);
	if (!ret) {
		ret = vouch_signer_new(key, key_len, cert, cert_len, signer,
				       &why);
		if (ret)
			fprintf(stderr, "vouch-sign: using key %s: %s\n",
				o->key, why ? why : strerror(-ret));
	}
	if (key)
		explicit_bzero(key, key_len);
	free(key);
	free(cert);
	return ret;
}

static int write_file(const char *path, const void *data, size_t len)
{
	int ret = vouch_path_put(path, data, len);

	if (ret)
		fprintf(stderr, "vouch-sign: writing %s: %s\n", path,
			strerror(-ret));
	return ret;
}

static int sign_file(struct options *o)
{
	struct vouch_signer *signer = NULL;
	void *elf = NULL, *image = NULL;
	const char *why = NULL;
	size_t len, out_len;
	int ret;

	o->record.time = cpu_to_le64((u64)time(NULL));
	if (hash_log(o) || read_input(o->in, VOUCH_IMAGE_MAX, &elf, &len))
		return INTERNAL;
	ret = load_signer(o, &signer);
	if (ret) {
		free(elf);
		return ret == -EINVAL ? TRUST : INTERNAL;
	}
	ret = vouch_sign(signer, &o->record, elf, len, &image, &out_len, &why);
	vouch_signer_free(signer);
	free(elf);
	if (ret)
		fprintf(stderr, "vouch-sign: signing %s: %s\n", o->in,
			why ? why : strerror(-ret));
	else if (write_file(o->out, image, out_len))
		ret = -EIO;
	free(image);
	return ret == -EPERM ? TRUST : ret ? INTERNAL : OK;
}

static int new_key(const struct options *o)
{
	const char *why;
	int ret = vouch_keyfile_new(o->new_key, o->cn, &why);

	if (ret)
		fprintf(stderr,
			"vouch-sign: making an image key in %s: %s: %s\n",
			o->new_key, why, strerror(-ret));
	return !ret ? OK : ret == -EINVAL ? USAGE : INTERNAL;
}

int main(int argc, char **argv)
{
	struct options o = {};

	if (argc == 2 && !strcmp(argv[1], "--help"))
		return usage(stdout);
	if (parse_options(argc, argv, &o))
		return usage(stderr);
	return o.new_key ? new_key(&o) : sign_file(&o);
}
