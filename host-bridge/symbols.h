/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Symbols of a verifier kernel, as scripts/kernel-symbols reads them from the
 * kernel's image. The verifier VM has no part in it.
 *
 * The file is text: a line "build-id HEX", then a line for each symbol of
 * code: its address as linked, in 16 hexadecimal digits, a blank, its name.
 */
#ifndef VOUCH_SYMBOLS_H
#define VOUCH_SYMBOLS_H

#include "../common/base.h"

#define VOUCH_SYMBOLS_MAX (32u << 20) /* bytes of the file */
#define VOUCH_BUILD_ID_LEN 20

struct vouch_symbols;

/**
 * vouch_symbols_parse() - read a file of symbols.
 * @text: the file's bytes
 * @len: their number
 * @symbols: set on success; release with vouch_symbols_free()
 * @why: set to a constant text that says what is wrong, on -EINVAL
 *
 * Return: 0, -EINVAL with @why, or -ENOMEM.
 */
int vouch_symbols_parse(const void *text, size_t len,
			struct vouch_symbols **symbols, const char **why);

/**
 * vouch_symbols_free() - release symbols.
 * @symbols: may be NULL
 */
void vouch_symbols_free(struct vouch_symbols *symbols);

/**
 * vouch_symbols_build_id() - whose symbols they are.
 * @symbols: the symbols
 *
 * Return: VOUCH_BUILD_ID_LEN bytes, owned by the symbols.
 */
const u8 *vouch_symbols_build_id(const struct vouch_symbols *symbols);

/**
 * vouch_symbols_find() - the places of a name.
 * @symbols: the symbols
 * @name: the name
 * @address: set to the first address, as linked; more stand behind it
 *
 * Return: how many places have this name.
 */
size_t vouch_symbols_find(const struct vouch_symbols *symbols, const char *name,
			  const u64 **address);

#endif /* VOUCH_SYMBOLS_H */
