/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What programs and native C note at each hit, for user space to compare. */
#ifndef HOOKS_RECORD_H
#define HOOKS_RECORD_H

#include <linux/types.h>

#define HOOKS_KEPT 32 /* hits */
#define HOOKS_VALUES 8
#define HOOKS_ETH_P 0x88b5 /* of frames that programs note */

struct hooks_record {
	__u64 n; /* hits */
	__u64 at[HOOKS_KEPT][HOOKS_VALUES]; /* of hit N at N % HOOKS_KEPT */
};

/* Records, in the order of the programs' maps and of the native device. */
enum hooks_place {
	HOOKS_TC_IN,
	HOOKS_TC_OUT,
	HOOKS_CALL, /* kprobe */
	HOOKS_RETURN, /* kretprobe */
	HOOKS_RENAME, /* raw tracepoint */
	HOOKS_SIGNAL, /* raw tracepoint with narrow arguments */
	HOOKS_RECORD, /* tracepoint's record of a renaming */
	HOOKS_INNER, /* kprobe on what the helper calls */
	HOOKS_SOCKET, /* a packet socket's filter */
	HOOKS_EVENT, /* a perf event: page faults */
	HOOKS_XDP,
	HOOKS_NMI, /* kprobe on what an NMI calls */
	HOOKS_NMI_RECORD, /* tracepoint's record of that NMI */
	HOOKS_BUSY, /* kprobe on what a map calls under its lock */
	HOOKS_FAULT, /* loads that fault */
	HOOKS_N
};

/* Of native C, in a record of HOOKS_NMI. */
#define HOOKS_NMI_CONTEXT 2 /* is it in an NMI? */
#define HOOKS_NMI_HANDLER 3 /* address of who handles it */

/*
 * Written to the native device; one of other bytes asks for an NMI, which
 * calls hooks_native_nmi() with those eight bytes.
 */
struct hooks_call {
	__u64 args[6];
	__u64 result;
};

#endif /* HOOKS_RECORD_H */
