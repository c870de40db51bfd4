/* SPDX-License-Identifier: BSD-2-Clause */
/* A new image key, as files. */
#ifndef VOUCH_KEYFILE_H
#define VOUCH_KEYFILE_H

#define VOUCH_KEYFILE_KEY "image.key"
#define VOUCH_KEYFILE_CERT "image.der"

/**
 * vouch_keyfile_new() - make an image key and its certificate in a directory.
 * @dir: an existing directory
 * @name: common name in the certificate
 * @why: set to a constant text that says what is wrong, on error
 *
 * The key is readable by its owner alone. Files that exist are left alone.
 *
 * Return: 0, -EEXIST, -EINVAL or another negative errno, with @why.
 */
int vouch_keyfile_new(const char *dir, const char *name, const char **why);

#endif /* VOUCH_KEYFILE_H */
