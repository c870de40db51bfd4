// SPDX-License-Identifier: BSD-2-Clause
/* Target profiles that lie in files. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "crypto.h"
#include "file.h"
#include "profile_load.h"

#define CERT_MAX 65536u /* bytes */

static int load_cert(const char *path, struct vouch_profile_cert *cert,
		     char *why, size_t why_size)
{
	const char *reason;
	void *der;
	int err;

	err = vouch_file_get(AT_FDCWD, path, CERT_MAX, &der, &cert->len);
	if (err) {
		snprintf(why, why_size,
			 "the certificate %.160s of a profile "
			 "key: %s",
			 path, strerror(-err));
		return err;
	}
	cert->der = der;
	err = vouch_crypto_cert_check(der, cert->len, &reason);
	if (err)
		snprintf(why, why_size,
			 "the certificate %.160s of a profile "
			 "key: %s",
			 path, reason);
	return err;
}

static int load_file(const char *path, const struct vouch_profile_cert *certs,
		     u32 n_certs, struct vouch_profile **profile, char *why,
		     size_t why_size)
{
	size_t len;
	void *data;
	int err;

	err = vouch_file_get(AT_FDCWD, path, VOUCH_PROFILE_MAX, &data, &len);
	if (!err) {
		why[0] = 0;
		err = vouch_profile_open(data, len, certs, n_certs, profile,
					 why, why_size);
		free(data);
		if (!err || why[0])
			return err;
	}
	snprintf(why, why_size, "%s", strerror(-err));
	return err;
}

int vouch_profile_load(const char *path, const char *const *certs, u32 n_certs,
		       struct vouch_profile **profile, char *why,
		       size_t why_size)
{
	struct vouch_profile_cert loaded[VOUCH_PROFILE_CERTS] = {};
	int err = 0;
	u32 i;

	if (n_certs > VOUCH_PROFILE_CERTS) {
		snprintf(why, why_size, "more than %u certificates",
			 VOUCH_PROFILE_CERTS);
		return -EINVAL;
	}
	for (i = 0; !err && i < n_certs; i++)
		err = load_cert(certs[i], &loaded[i], why, why_size);
	if (!err)
		err = load_file(path, loaded, n_certs, profile, why, why_size);
	for (i = 0; i < n_certs; i++)
		free((void *)(uintptr_t)loaded[i].der);
	return err;
}
