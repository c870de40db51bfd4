/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an image or a capture holds, as JSON; people get theirs from that.
 */
#ifndef VOUCH_CLI_INSPECT_H
#define VOUCH_CLI_INSPECT_H

#include <jansson.h>

#include "../../common/capture.h"
#include "../../common/failure.h"

struct vouch_file_bytes {
	const char *path;
	const u8 *data; /* 8-byte aligned */
	size_t len;
};

/**
 * vouch_inspect_image() - describe an image.
 * @file: the file
 * @code: whether to list its instructions, too
 * @cert: DER of the certificate to check the signature with; data NULL: none
 * @f: filled on error
 *
 * Return: a new object, or NULL with @f.
 */
json_t *vouch_inspect_image(const struct vouch_file_bytes *file, bool code,
			    const struct vouch_file_bytes *cert,
			    struct vouch_failure *f);

/**
 * vouch_inspect_capture() - describe a capture.
 * @file: the file
 * @code: whether to list its instructions, too
 * @f: filled on error
 *
 * Return: a new object, or NULL with @f.
 */
json_t *vouch_inspect_capture(const struct vouch_file_bytes *file, bool code,
			      struct vouch_failure *f);

/**
 * vouch_inspect_code() - list instructions.
 * @arch: VOUCH_ARCH_
 * @code: the code
 * @len: its length in bytes
 *
 * Return: a new list of {offset, bytes, text}; it ends where no instruction
 * is.
 */
json_t *vouch_inspect_code(u32 arch, const u8 *code, size_t len);

/**
 * vouch_inspect_bits() - names of the bits that are set.
 * @bits: the bits
 * @names: of each bit from bit 0
 * @n: how many names
 *
 * Return: a new list of texts.
 */
json_t *vouch_inspect_bits(u32 bits, const char *const *names, size_t n);

/**
 * vouch_inspect_map() - describe a map.
 * @map: the map
 *
 * Return: a new object.
 */
json_t *vouch_inspect_map(const struct vouch_capture_map *map);

/* Names of VOUCH_FEATURE_* and VOUCH_PRIV_*, from bit 0. */
extern const char *const vouch_feature_names[5];
extern const char *const vouch_privilege_names[1];

#endif /* VOUCH_CLI_INSPECT_H */
