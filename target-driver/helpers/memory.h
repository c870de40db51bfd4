/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that may not be there. */
#ifndef VOUCH_MEMORY_H
#define VOUCH_MEMORY_H

#include "helpers/export.h"

/**
 * vouch_memory_read() - copy kernel memory.
 * @to: filled, with zeroes on error
 * @size: bytes
 * @from: any address
 *
 * Return: 0, -EFAULT, or -ERANGE for an address that is not the kernel's.
 */
long vouch_memory_read(void *to, u32 size, u64 from);

/**
 * vouch_memory_read_text() - copy a string from kernel memory.
 * @to: filled up to a NUL, with zeroes on error
 * @size: bytes that it may occupy with its NUL; a longer one is cut
 * @from: any address
 *
 * Return: bytes with the NUL, or as vouch_memory_read().
 */
long vouch_memory_read_text(char *to, u32 size, u64 from);

/**
 * vouch_memory_read_user_text() - copy a string of the current task.
 * @to: filled up to a NUL, with zeroes on error
 * @size: bytes that it may occupy with its NUL; a longer one is cut
 * @from: any address
 *
 * Return: bytes with the NUL, but 0 of an empty one, as in the kernel; or
 * -EFAULT.
 */
long vouch_memory_read_user_text(char *to, u32 size, u64 from);

#endif /* VOUCH_MEMORY_H */
