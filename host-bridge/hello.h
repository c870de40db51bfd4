/* SPDX-License-Identifier: BSD-2-Clause */
/* What a HELLO may say: the one check before anything of it is used. */
#ifndef VOUCH_HELLO_H
#define VOUCH_HELLO_H

#include <jansson.h>

#include "../common/failure.h"

/* Bytes of a HELLO's JSON. */
#define VOUCH_HELLO_MAX_JSON (16u << 10)

/**
 * vouch_hello_check() - are the members of a HELLO what the protocol says?
 * @hello: the object
 * @f: described; its reason is set on error
 *
 * Members that are not there, and those that are not known, are nobody's
 * concern here.
 *
 * Return: 0, or the error of @f.
 */
int vouch_hello_check(const json_t *hello, struct vouch_failure *f);

#endif /* VOUCH_HELLO_H */
