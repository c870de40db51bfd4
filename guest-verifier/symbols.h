/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's symbols that code may reach by a 32-bit displacement. */
#ifndef VOUCH_SYMBOLS_H
#define VOUCH_SYMBOLS_H

#include "capture.h"

struct vouch_symbols {
	u64 *addresses; /* candidates, then sorted and without doubles */
	u32 n;
	u32 max;
};

/**
 * vouch_symbols_add() - note an address as a candidate.
 * @s: the symbols; starts all zero
 * @address: any value
 *
 * Return: 0, or -ENOMEM.
 */
int vouch_symbols_add(struct vouch_symbols *s, u64 address);

/**
 * vouch_symbols_scan() - note what any jump in code could reach.
 * @s: the symbols
 * @code: where the code lies
 * @len: its length in bytes
 *
 * Looks at every byte, for the module does not tell instructions apart.
 *
 * Return: 0, or -ENOMEM.
 */
int vouch_symbols_scan(struct vouch_symbols *s, const u8 *code, u32 len);

/** vouch_symbols_sort() - sort the candidates and drop doubles. */
void vouch_symbols_sort(struct vouch_symbols *s);

/**
 * vouch_symbols_name() - name an address.
 * @address: any value
 * @sym: filled on success
 *
 * Return: true if a symbol of the kernel or of a module begins there whose
 * name fits.
 */
bool vouch_symbols_name(u64 address, struct vouch_capture_sym *sym);

/** vouch_symbols_free() - free the candidates. */
void vouch_symbols_free(struct vouch_symbols *s);

#endif /* VOUCH_SYMBOLS_H */
