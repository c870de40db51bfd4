// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that may not be there; the meaning is kernel/trace/bpf_trace.c's.
 *
 * Strings are read here, since the kernel's strncpy_from_*_nofault() are not
 * exported.
 */

#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "helpers/memory.h"

/* Reads of this many bytes, aligned, do not reach into another page. */
#define STRIDE 64u

static __always_inline void *ptr(u64 r)
{
	return (void *)(unsigned long)r;
}

vouch_untraced long vouch_memory_read(void *to, u32 size, u64 from)
{
	long err = copy_from_kernel_nofault(to, ptr(from), size);

	if (unlikely(err))
		memset(to, 0, size);
	return err;
}

static vouch_untraced long read_user(void *to, u32 size, u64 from)
{
	long err = copy_from_user_nofault(to, (void __user *)ptr(from), size);

	if (unlikely(err))
		memset(to, 0, size);
	return err;
}

/*
 * Copies up to and with a NUL. The kernel does so byte by byte: a fault counts
 * only before the string's end, so no read may reach beyond the page of its
 * first byte. What lies in @to behind the end is left as it was; where @to is
 * itself a later part of the string, what was written there is read in its
 * turn, so no read may reach what is not written yet.
 */
static vouch_untraced long copy_text(char *to, u32 size, u64 from)
{
	u64 ahead = (unsigned long)to - from;
	u64 most = ahead ? ahead : size;
	char part[STRIDE];
	u32 done = 0;

	while (done < size) {
		u64 at = from + done;
		u32 n = min3((u64)(size - done), STRIDE - at % STRIDE, most);
		long err = copy_from_kernel_nofault(part, ptr(at), n);
		u32 len = err ? 0 : strnlen(part, n);

		if (unlikely(err)) /* only the start can be out of range */
			return done ? -EFAULT : err;
		memcpy(to + done, part, len);
		done += len;
		if (len < n) {
			to[done] = 0;
			return done + 1;
		}
	}
	if (size)
		to[size - 1] = 0;
	return size;
}

vouch_untraced long vouch_memory_read_text(char *to, u32 size, u64 from)
{
	long ret = (s32)size > 0 ? copy_text(to, size, from) : 0;

	if (unlikely(ret < 0))
		memset(to, 0, size);
	return ret;
}

vouch_untraced long vouch_memory_read_user_text(char *to, u32 size, u64 from)
{
	long ret;

	if (unlikely((s32)size <= 0))
		return 0;
	pagefault_disable();
	ret = strncpy_from_user(to, (void __user *)ptr(from), size);
	pagefault_enable();
	if (unlikely(ret < 0)) {
		memset(to, 0, size);
	} else if (ret >= size) {
		ret = size;
		to[size - 1] = 0;
	} else if (ret > 0) { /* of an empty string it is 0 */
		ret++;
	}
	return ret;
}

VOUCH_HELPER(probe_read_kernel)
{
	return vouch_memory_read(ptr(r1), r2, r3);
}

VOUCH_HELPER(probe_read_kernel_str)
{
	return vouch_memory_read_text(ptr(r1), r2, r3);
}

VOUCH_HELPER(probe_read_user)
{
	return read_user(ptr(r1), r2, r3);
}

VOUCH_HELPER(probe_read_user_str)
{
	return vouch_memory_read_user_text(ptr(r1), r2, r3);
}

VOUCH_HELPER(probe_read_compat)
{
	return r3 < TASK_SIZE ? read_user(ptr(r1), r2, r3)
			      : vouch_memory_read(ptr(r1), r2, r3);
}

VOUCH_HELPER(probe_read_compat_str)
{
	return r3 < TASK_SIZE ? vouch_memory_read_user_text(ptr(r1), r2, r3)
			      : vouch_memory_read_text(ptr(r1), r2, r3);
}
