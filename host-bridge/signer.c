// SPDX-License-Identifier: BSD-2-Clause
/* The sign process: unsigned image in, signed image out. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../common/hex.h"
#include "../common/image.h"
#include "confine.h"
#include "crypto.h"
#include "fault.h"
#include "file.h"
#include "listen_fd.h"
#include "log.h"
#include "process.h"
#include "sign.h"
#include "worker.h"

#define SEQUENCE_FILE "sequence"
#define MAX_KEY_FILE (64u << 10)
#define SEQUENCE_TEXT 64

struct signer {
	struct vouch_signer *key;
	char key_id[2 * VOUCH_HASH_LEN + 1]; /* SHA-256 of the certificate */
	const char *dir; /* path of ... */
	int dir_fd; /* holds the sequence */
	u32 epoch;
	u64 sequence; /* the last one that was given out */
};

/* A lost file would let sequences repeat, so only a new epoch goes without. */
static int sequence_text(char text[SEQUENCE_TEXT], unsigned int epoch,
			 unsigned long long sequence)
{
	return snprintf(text, SEQUENCE_TEXT, "%u %llu\n", epoch, sequence);
}

/* A file says what it says only if it was written so to the byte. */
static bool read_sequence(const char *text, unsigned int *epoch,
			  unsigned long long *sequence)
{
	char again[SEQUENCE_TEXT];

	if (sscanf(text, "%u %llu", epoch, sequence) != 2)
		return false;
	sequence_text(again, *epoch, *sequence);
	return !strcmp(text, again);
}

static int load_sequence(struct signer *s)
{
	unsigned long long sequence;
	unsigned int epoch;
	bool readable;
	size_t len;
	void *text;
	int err;

	err = vouch_file_get(s->dir_fd, SEQUENCE_FILE, SEQUENCE_TEXT, &text,
			     &len);
	if (err == -ENOENT) {
		vouch_notice("no sequence so far: epoch %u starts", s->epoch);
		return 0;
	}
	if (err) {
		vouch_error("cannot read the sequence: %s", strerror(-err));
		return err;
	}
	readable = read_sequence(text, &epoch, &sequence);
	free(text);
	if (!readable) {
		vouch_error("the file of the sequence is not \"EPOCH "
			    "SEQUENCE\"; restore it, or raise \"epoch\" with a "
			    "new key");
		return -EINVAL;
	}
	if (epoch > s->epoch) {
		vouch_error("epoch %u was in use already, and the "
			    "configuration says %u; correct \"epoch\"",
			    epoch, s->epoch);
		return -EINVAL;
	}
	if (epoch == s->epoch)
		s->sequence = sequence;
	return 0;
}

static int store_sequence(struct signer *s, u64 sequence)
{
	char text[SEQUENCE_TEXT];
	int n = sequence_text(text, s->epoch, sequence);

	return vouch_file_put(s->dir_fd, SEQUENCE_FILE, text, (size_t)n);
}

static int copy_text(const json_t *json, const char *key, char *out,
		     size_t size)
{
	const char *s = json_string_value(json_object_get(json, key));

	if (!s || strlen(s) >= size)
		return -EINVAL;
	memcpy(out, s, strlen(s));
	return 0;
}

static int make_record(const struct signer *s, const json_t *json,
		       struct vouch_record *rec, struct vouch_failure *f)
{
	const char *log = json_string_value(json_object_get(json, "log"));
	const struct vouch_record *parsed;
	const char *why = "a text is missing or too long";

	memcpy(rec->magic, VOUCH_RECORD_MAGIC, sizeof(rec->magic));
	rec->version = cpu_to_le32(VOUCH_MANIFEST_VERSION);
	rec->size = cpu_to_le32(sizeof(*rec));
	rec->time = cpu_to_le64((u64)time(NULL));
	rec->sequence = cpu_to_le64(s->sequence + 1);
	rec->epoch = cpu_to_le32(s->epoch);
	if (copy_text(json, "slot", rec->slot, sizeof(rec->slot)) ||
	    copy_text(json, "submitter", rec->submitter,
		      sizeof(rec->submitter)) ||
	    copy_text(json, "object_name", rec->object_name,
		      sizeof(rec->object_name)) ||
	    !log || vouch_hex_read(log, rec->log, sizeof(rec->log)) ||
	    vouch_record_parse(rec, sizeof(*rec), &parsed, &why)) {
		vouch_fail(f, -EINVAL, VOUCH_EXIT_TRUST, "make the record");
		return vouch_fail_why(f, "%s", why);
	}
	return 0;
}

/* What the image calls itself, read back from what was signed. */
static json_t *describe(const struct signer *s, const void *image, size_t len)
{
	char content[2 * VOUCH_HASH_LEN + 1];
	struct vouch_image img;
	u32 elf_len, sig_len;
	const char *why;

	if (vouch_image_split(image, len, &elf_len, &sig_len, &why) ||
	    vouch_image_parse(image, elf_len, &img, &why))
		return NULL;
	vouch_hex_write(img.req.req->content, VOUCH_HASH_LEN, content);
	return json_pack("{s:s, s:s, s:s, s:I, s:I}", "content", content,
			 "name", img.name, "key_id", s->key_id, "epoch",
			 (json_int_t)s->epoch, "sequence",
			 (json_int_t)s->sequence);
}

/* No signature leaves this process before its sequence is on disk. */
static void release(struct signer *s, struct vouch_reply *reply,
		    struct vouch_failure *f)
{
	int err = store_sequence(s, s->sequence + 1);

	if (err) {
		vouch_fail(f, err, VOUCH_EXIT_UNAVAILABLE,
			   "store the sequence in %s", s->dir);
		vouch_fail_next(f, "make space there, then submit again");
		return;
	}
	s->sequence++;
	reply->json = describe(s, reply->blob, reply->blob_len);
	if (reply->json)
		return;
	vouch_fail(f, -EINVAL, VOUCH_EXIT_TRUST, "sign an image");
	vouch_fail_why(f, "what was signed is no image");
}

static void handle(void *ctx, const struct vouch_message *msg,
		   struct vouch_reply *reply)
{
	struct vouch_failure *f = &reply->failure;
	struct vouch_record rec = {};
	struct signer *s = ctx;
	const char *why = NULL;
	int err;

	if (make_record(s, msg->json, &rec, f))
		return;
	err = vouch_sign(s->key, &rec, msg->blob, msg->blob_len, &reply->blob,
			 &reply->blob_len, &why);
	if (err) {
		vouch_fail(f, err, VOUCH_EXIT_TRUST, "sign an image");
		vouch_fail_why(f, "%s", why ? why : strerror(-err));
		vouch_error("%s: %s", f->what, f->why);
		return;
	}
	vouch_fault("signature", "made");
	/* What was refused above has used none up. */
	release(s, reply, f);
}

static int load_key(struct signer *s, const struct vouch_signer_args *args)
{
	size_t key_len = 0, cert_len = 0;
	void *key = NULL, *cert = NULL;
	u8 hash[VOUCH_HASH_LEN];
	const char *what = args->key, *why = NULL;
	int err;

	vouch_crypto_guard();
	err = vouch_file_get(AT_FDCWD, args->key, MAX_KEY_FILE, &key, &key_len);
	if (!err) {
		what = args->cert;
		err = vouch_file_get(AT_FDCWD, args->cert, MAX_KEY_FILE, &cert,
				     &cert_len);
	}
	if (!err) {
		what = "key and certificate";
		err = vouch_signer_new(key, key_len, cert, cert_len, &s->key,
				       &why);
	}
	if (!err)
		err = vouch_sha256(cert, cert_len, hash);
	if (err)
		vouch_error("cannot take the image key into use: %s: %s; give "
			    "the image key (PEM) and its certificate (DER) "
			    "that 'vouch key new' made",
			    what, why ? why : strerror(-err));
	else
		vouch_hex_write(hash, sizeof(hash), s->key_id);
	if (key)
		explicit_bzero(key, key_len);
	free(key);
	free(cert);
	return err;
}

static int open_signer(struct signer *s, const struct vouch_signer_args *args)
{
	int err;

	s->epoch = args->epoch;
	s->dir = args->dir;
	s->dir_fd = open(args->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir_fd < 0) {
		vouch_error("cannot open %s: %s; make the directory, for the "
			    "user that signs",
			    args->dir, strerror(errno));
		return -errno;
	}
	/* A predecessor that was killed may be about to write it. */
	err = vouch_file_lock(s->dir_fd);
	if (err) {
		vouch_error("cannot lock %s: %s; is another signer running "
			    "there?",
			    args->dir, strerror(-err));
		return err;
	}
	err = vouch_file_sweep(s->dir_fd, NULL, NULL);
	if (err < 0) {
		vouch_error("cannot clear %s: %s; check its permissions",
			    args->dir, strerror(-err));
		return err;
	}
	return load_key(s, args);
}

static int confine(const struct signer *s, const struct vouch_signer_args *args)
{
	const struct vouch_confinement c = {
		.duty = VOUCH_DUTY_SIGN,
		.dir_fd = s->dir_fd,
		.listens = args->listens,
		.dirs = { { args->dir, true, false } },
		.n_dirs = 1,
	};

	return vouch_confine(&c);
}

static int serve(int fd, void *ctx)
{
	return vouch_worker_run(fd, handle, ctx);
}

int vouch_signer_run(int fd, const void *args)
{
	const struct vouch_signer_args *a = args;
	struct signer s = {};
	int ret = 1;

	/* The tables of JSON objects are seeded from a file otherwise. */
	json_object_seed(0);
	if (!open_signer(&s, a) && !vouch_process_drop(a->user) &&
	    !load_sequence(&s) && !confine(&s, a))
		ret = a->listens ? vouch_listen_fd_serve(fd, a->peer, serve, &s)
				 : serve(fd, &s);
	vouch_signer_free(s.key);
	close(s.dir_fd);
	return ret;
}
