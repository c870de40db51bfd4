// SPDX-License-Identifier: BSD-2-Clause
/*
 * "vouch inspect" of a file that came from anywhere: an input is a file, or,
 * if its first byte is '@', changes to the tests' capture (first bit of the
 * next byte) or to their image, signed and then changed.
 *
 * Parser: host-bridge/cli/inspect.c host-bridge/cli/inspect_show.c
 * Parser: host-bridge/cli/inspect_image.c host-bridge/cli/cms.c
 * Parser: host-bridge/cli/inspect_capture.c
 */

#include "base.h"

#include "cli/commands.h"
#include "crypto.h"
#include "file.h"
#include "quiet.h"
#include "sign.h"

static struct {
	u8 *data;
	size_t len;
	u8 *image; /* signed */
	size_t image_len;
	u8 *cert;
	size_t cert_len;
} files;

int vouch_file_get(int dir_fd, const char *name, size_t max, void **data,
		   size_t *len)
{
	bool cert = !strcmp(name, "cert");

	(void)dir_fd;
	(void)max;
	*len = cert ? files.cert_len : files.len;
	*data = fuzz_copy(cert ? files.cert : files.data, *len);
	return 0;
}

int vouch_file_put(int dir_fd, const char *name, const void *data, size_t len)
{
	(void)dir_fd;
	(void)name;
	(void)data;
	(void)len;
	return -EROFS;
}

static void make_signed(void)
{
	const struct fuzz_base *base = fuzz_base();
	const struct vouch_record rec = {
		.epoch = cpu_to_le32(3),
		.sequence = cpu_to_le64(7),
		.slot = "edge0",
	};
	struct vouch_signer *signer;
	void *key, *cert, *out;
	const char *why = "";
	size_t key_len;

	if (files.image)
		return;
	if (vouch_crypto_new_key("fuzz image key", 1, &key, &key_len, &cert,
				 &files.cert_len, &why) ||
	    vouch_signer_new(key, key_len, cert, files.cert_len, &signer,
			     &why) ||
	    vouch_sign(signer, &rec, base->image, base->image_len, &out,
		       &files.image_len, &why))
		abort();
	files.cert = cert;
	files.image = out;
	free(key);
	vouch_signer_free(signer);
}

/* Changes near the end of an image are those of its signature. */
static void change_signature(struct fuzz_edited *e, struct fuzz_input *in)
{
	size_t tail = e->len < 700 ? e->len : 700;
	struct fuzz_edited part = fuzz_editable(e->data + e->len - tail, tail);

	fuzz_edit(&part, in);
	if (e->len - tail + part.len <= e->max) {
		memcpy(e->data + e->len - tail, part.data, part.len);
		e->len = e->len - tail + part.len;
	}
	free(part.data);
}

static void make_file(struct fuzz_input *in, u8 how)
{
	const struct vouch_capture_writer *w = &fuzz_base()->fixture.writer;
	struct fuzz_edited e =
		how & 1 ? fuzz_editable(w->buf, w->len)
			: fuzz_editable(files.image, files.image_len);

	if (how & 2)
		change_signature(&e, in);
	else
		fuzz_edit(&e, in);
	files.len = e.len;
	files.data = fuzz_edited_end(&e);
}

static void give(struct vouch_cli *cli, bool given, const char *name,
		 const char *value)
{
	if (!given)
		return;
	cli->given[cli->n_given].name = name;
	cli->given[cli->n_given++].value = value;
}

static void inspect(u8 how)
{
	struct vouch_cli_command command = { .name = "inspect" };
	char *argv[] = { "file", NULL };
	struct vouch_cli cli = {
		.command = &command,
		.path = "vouch inspect",
		.argc = 1,
		.argv = argv,
	};

	give(&cli, how & 4, "disassemble", "");
	give(&cli, how & 8, "cert", "cert");
	give(&cli, how & 16, "json", "");
	vouch_inspect_run(&cli);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = { data, len };
	u8 how = 0;

	fuzz_quiet();
	make_signed();
	if (len && data[0] == '@') {
		fuzz_u8(&in);
		how = fuzz_u8(&in);
		make_file(&in, how);
	} else {
		files.data = fuzz_copy(data, len);
		files.len = len;
	}
	inspect(how);
	free(files.data);
	files.data = NULL;
	return 0;
}
