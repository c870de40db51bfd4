/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What /dev/fib_native takes and gives. */
#ifndef FIB_NATIVE_H
#define FIB_NATIVE_H

#include <linux/bpf.h>
#include <linux/ioctl.h>

struct fib_native {
	struct bpf_fib_lookup params;
	__u32 flags, unused;
	__s64 said; /* by the helper */
};

#define FIB_NATIVE_ASK _IOWR('v', 1, struct fib_native)

#endif /* FIB_NATIVE_H */
