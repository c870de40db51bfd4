// SPDX-License-Identifier: BSD-2-Clause
/* A new image key, as files. */

#include "keyfile.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../common/bytes.h"
#include "crypto.h"

#define KEY_YEARS 10

static int write_new(int dir, const char *name, mode_t mode, const void *data,
		     size_t len)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			mode);
	int err;

	if (fd < 0)
		return -errno;
	err = vouch_bytes_write(fd, data, len);
	if (!err && fsync(fd))
		err = -errno;
	close(fd);
	if (err)
		unlinkat(dir, name, 0);
	return err;
}

static int write_both(int dir, const void *key, size_t key_len,
		      const void *cert, size_t cert_len, const char **why)
{
	int err;

	*why = "the key cannot be written; one that exists is never replaced";
	err = write_new(dir, VOUCH_KEYFILE_KEY, 0600, key, key_len);
	if (err)
		return err;
	*why = "the certificate cannot be written";
	err = write_new(dir, VOUCH_KEYFILE_CERT, 0644, cert, cert_len);
	if (err)
		unlinkat(dir, VOUCH_KEYFILE_KEY, 0);
	return err;
}

int vouch_keyfile_new(const char *dir, const char *name, const char **why)
{
	void *key = NULL, *cert = NULL;
	size_t key_len = 0, cert_len = 0;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;

	*why = "the directory cannot be opened";
	if (fd < 0)
		return -errno;
	err = vouch_crypto_new_key(name, KEY_YEARS, &key, &key_len, &cert,
				   &cert_len, why);
	if (!err) {
		err = write_both(fd, key, key_len, cert, cert_len, why);
		explicit_bzero(key, key_len);
		free(key);
		free(cert);
	}
	close(fd);
	return err;
}
