/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The object that an image was made from, as the stored image tells.
 */
#ifndef VOUCH_AGENT_OBJECT_H
#define VOUCH_AGENT_OBJECT_H

#include "base.h"

/**
 * vouch_object_hash() - SHA-256 of the object behind a loaded image.
 * @dir: state directory
 * @image: name of the image
 * @hex: filled with it in hexadecimal, or made empty if the image is not in
 *	the state directory; 2 * VOUCH_HASH_LEN + 1 bytes
 */
void vouch_object_hash(const char *dir, const char *image, char *hex);

#endif /* VOUCH_AGENT_OBJECT_H */
