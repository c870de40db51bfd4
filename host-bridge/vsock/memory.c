// SPDX-License-Identifier: BSD-2-Clause
/*
 * Guest memory: validate, map, translate.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "memory.h"

/* Of all regions together. More than any lab machine has. */
#define MAX_MEMORY (1ull << 40)

static bool overlap(u64 a, u64 b, u64 a_len, u64 b_len)
{
	return a < b + b_len && b < a + a_len;
}

static const char *check_entry(const struct vouch_memory_entry *e)
{
	if (!e->size || e->size > MAX_MEMORY)
		return "the size of a region is zero or beyond all bounds";
	if (e->guest > UINT64_MAX - e->size || e->user > UINT64_MAX - e->size)
		return "a region wraps around the end of the address space";
	if (e->offset > MAX_MEMORY)
		return "the file offset of a region is beyond all bounds";
	return NULL;
}

static const char *check_table(const struct vouch_memory_entry *e, u32 n)
{
	const char *why;
	u64 total = 0;
	u32 i, j;

	if (!n || n > VOUCH_MEMORY_REGIONS)
		return "the table has no region or more than eight";
	for (i = 0; i < n; i++) {
		why = check_entry(&e[i]);
		if (why)
			return why;
		total += e[i].size;
		if (total > MAX_MEMORY)
			return "the regions together are beyond all bounds";
		for (j = 0; j < i; j++)
			if (overlap(e[i].guest, e[j].guest, e[i].size,
				    e[j].size) ||
			    overlap(e[i].user, e[j].user, e[i].size, e[j].size))
				return "two regions overlap";
	}
	return NULL;
}

static const char *check_file(int fd, const struct vouch_memory_entry *e)
{
	struct statfs fs;
	struct stat st;
	int seals;

	if (fstat(fd, &st) || fstatfs(fd, &fs) || !S_ISREG(st.st_mode))
		return "the memory is not a regular file";
	/* A missing huge page is a SIGBUS as well. */
	if (fs.f_type != TMPFS_MAGIC)
		return "the memory is not an ordinary memfd (no huge pages)";
	seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0 || !(seals & F_SEAL_SHRINK))
		return "the memory file can shrink: use "
		       "memory-backend-memfd,share=on,seal=on";
	if (!vouch_range_ok(e->offset, e->size, (u64)st.st_size))
		return "a region reaches beyond the end of its file";
	return NULL;
}

static int map_region(struct vouch_memory_region *r,
		      const struct vouch_memory_entry *e, int fd)
{
	u64 len = e->offset + e->size;
	void *map;

	map = mmap(NULL, len, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	/* A core dump of ours shall not hold the guest's memory. */
	madvise(map, len, MADV_DONTDUMP);
	r->entry = *e;
	r->map = map;
	r->map_len = len;
	return 0;
}

int vouch_memory_map(struct vouch_memory *mem,
		     const struct vouch_memory_entry *entries, const int *fds,
		     u32 n, const char **why)
{
	u32 i;
	int err;

	vouch_memory_release(mem);
	*why = check_table(entries, n);
	for (i = 0; i < n && !*why; i++)
		*why = check_file(fds[i], &entries[i]);
	if (*why)
		return -EINVAL;
	for (i = 0; i < n; i++) {
		err = map_region(&mem->regions[i], &entries[i], fds[i]);
		if (err) {
			*why = "a region cannot be mapped";
			vouch_memory_release(mem);
			return err;
		}
		mem->n++;
	}
	return 0;
}

void vouch_memory_release(struct vouch_memory *mem)
{
	while (mem->n) {
		struct vouch_memory_region *r = &mem->regions[--mem->n];

		munmap(r->map, r->map_len);
		memset(r, 0, sizeof(*r));
	}
}

void *vouch_memory_guest(const struct vouch_memory *mem, u64 addr, u64 len)
{
	u32 i;

	for (i = 0; i < mem->n; i++) {
		const struct vouch_memory_region *r = &mem->regions[i];
		u64 off = addr - r->entry.guest;

		if (addr >= r->entry.guest && len &&
		    vouch_range_ok(off, len, r->entry.size))
			return r->map + r->entry.offset + off;
	}
	return NULL;
}

void *vouch_memory_user(const struct vouch_memory *mem, u64 addr, u64 len)
{
	u32 i;

	for (i = 0; i < mem->n; i++) {
		const struct vouch_memory_region *r = &mem->regions[i];
		u64 off = addr - r->entry.user;

		if (addr >= r->entry.user && len &&
		    vouch_range_ok(off, len, r->entry.size))
			return r->map + r->entry.offset + off;
	}
	return NULL;
}
