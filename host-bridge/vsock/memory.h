/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest memory as the front end hands it over: up to eight shared regions.
 */
#ifndef VOUCH_VSOCK_MEMORY_H
#define VOUCH_VSOCK_MEMORY_H

#include "../../common/base.h"

#define VOUCH_MEMORY_REGIONS 8u

/* A region in SET_MEM_TABLE, in the host's byte order as vhost-user has it. */
struct vouch_memory_entry {
	u64 guest; /* guest physical address */
	u64 size; /* bytes */
	u64 user; /* address in the front end */
	u64 offset; /* into the file */
};
VOUCH_ASSERT_SIZE(struct vouch_memory_entry, 32);

struct vouch_memory_region {
	struct vouch_memory_entry entry;
	u8 *map; /* of the file, from its start */
	u64 map_len;
};

struct vouch_memory {
	u32 n;
	struct vouch_memory_region regions[VOUCH_MEMORY_REGIONS];
};

/**
 * vouch_memory_map() - replace the memory by a new table.
 * @mem: the memory; the old mappings are released, on error too
 * @entries: the table, validated here
 * @fds: one file per entry; stay the caller's
 * @n: number of entries
 * @why: set to a constant text on error
 *
 * Takes only files that cannot shrink under the mapping, since an access
 * beyond the end of a file would kill the process.
 *
 * Return: 0, -EINVAL with @why, or -errno with @why.
 */
int vouch_memory_map(struct vouch_memory *mem,
		     const struct vouch_memory_entry *entries, const int *fds,
		     u32 n, const char **why);

/**
 * vouch_memory_release() - unmap everything.
 * @mem: the memory; empty afterwards
 */
void vouch_memory_release(struct vouch_memory *mem);

/**
 * vouch_memory_guest() - translate a guest physical range.
 * @mem: the memory
 * @addr: guest physical address
 * @len: bytes; 0 is never inside
 *
 * Return: pointer to the range, or NULL unless it lies in one region.
 */
void *vouch_memory_guest(const struct vouch_memory *mem, u64 addr, u64 len);

/**
 * vouch_memory_user() - translate a range of front-end addresses.
 * @mem: the memory
 * @addr: address in the front end
 * @len: bytes; 0 is never inside
 *
 * Return: pointer to the range, or NULL unless it lies in one region.
 */
void *vouch_memory_user(const struct vouch_memory *mem, u64 addr, u64 len);

#endif /* VOUCH_VSOCK_MEMORY_H */
