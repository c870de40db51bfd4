// SPDX-License-Identifier: BSD-2-Clause
/*
 * The sign process as a whole, told anything by its peer.
 *
 * The first line of an input is the file of the sequence, or empty for none.
 * The lines behind it are requests as in script.h; with a capital the tests'
 * image goes along.
 *
 * Parser: host-bridge/signer.c host-bridge/worker.c
 */

#include "base.h"
#include "script.h"
#include "signing.h"

#include <fcntl.h>
#include <stdarg.h>

#include "config.h"
#include "confine.h"
#include "daemon.h"
#include "file.h"
#include "log.h"
#include "process.h"
#include "worker.h"

static char *sequence; /* the file; NULL: there is none */
static u64 given; /* the last sequence that was stored */
static void *key, *cert;
static size_t key_len, cert_len;

/* ---- in place of the world ---- */

void vouch_log(int level, const char *format, ...)
{
	char line[256];
	va_list ap;

	(void)level;
	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
}

int vouch_process_drop(const char *user)
{
	(void)user;
	return 0;
}

int vouch_confine(const struct vouch_confinement *c)
{
	(void)c;
	return 0;
}

int open(const char *file, int oflag, ...)
{
	return openat(AT_FDCWD, strcmp(file, "/fuzz/sign") ? file : "/",
		      oflag & ~O_CREAT);
}

int vouch_file_get(int dir_fd, const char *name, size_t max, void **data,
		   size_t *len)
{
	bool is_key = !strcmp(name, "/key"), is_cert = !strcmp(name, "/cert");

	(void)dir_fd;
	if (!is_key && !is_cert && !sequence)
		return -ENOENT;
	*len = is_key ? key_len : is_cert ? cert_len : strlen(sequence);
	if (*len > max)
		return -EFBIG;
	*data = calloc(1, *len + 1);
	memcpy(*data, is_key ? key : is_cert ? cert : sequence, *len);
	return 0;
}

int vouch_file_lock(int dir_fd)
{
	(void)dir_fd;
	return 0;
}

int vouch_file_sweep(int dir_fd, bool (*keep)(void *ctx, const char *name),
		     void *ctx)
{
	(void)dir_fd;
	(void)keep;
	(void)ctx;
	return 0;
}

/* A sequence is on disk before it is used, and never twice. */
int vouch_file_put(int dir_fd, const char *name, const void *data, size_t len)
{
	unsigned long long next;
	unsigned int epoch;
	char text[64] = "";

	(void)dir_fd;
	fuzz_require(!strcmp(name, "sequence") && len < sizeof(text));
	memcpy(text, data, len);
	fuzz_require(sscanf(text, "%u %llu", &epoch, &next) == 2);
	fuzz_require(next > given && epoch == 3);
	given = next;
	return 0;
}

/* ---- the peer ---- */

static void run(struct fuzz_input *in)
{
	const struct vouch_signer_args args = {
		.key = "/key",
		.cert = "/cert",
		.dir = "/fuzz/sign",
		.epoch = 3,
	};
	const struct fuzz_base *base = fuzz_base();
	u32 id = 1;
	int fds[2];

	if (fuzz_pair(fds))
		return;
	while (in->left && id < 8) {
		struct fuzz_frame f;

		fuzz_script(in, &f);
		fuzz_put_frame(fds[1], &f, id++, base->image, base->image_len);
		free(f.line);
	}
	shutdown(fds[1], SHUT_WR);
	vouch_signer_run(fds[0], &args);
	close(fds[0]);
	close(fds[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = { data, len };
	const char *why;
	char *line;
	size_t n;

	if (len > 16384)
		return 0;
	if (!key && vouch_crypto_new_key("fuzz", 1, &key, &key_len, &cert,
					 &cert_len, &why))
		abort();
	given = 0;
	line = fuzz_line(&in, &n);
	sequence = NULL;
	/* The file has its newline. */
	if (n && asprintf(&sequence, "%s\n", line) < 0)
		abort();
	free(line);
	run(&in);
	free(sequence);
	return 0;
}
