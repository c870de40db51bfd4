/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The device of the guest module: how the agent captures a load.
 *
 * A process opens /dev/vouch_guest (mode 0600) and says with ARM which of its
 * own next loads to capture. A load is named by the address of its verifier
 * log's buffer, together with the thread group that armed: libbpf's feature
 * probes and the loads of others have another buffer or none, so they are
 * left alone. While the verifier rewrites an armed program, the module notes
 * what its 64-bit immediates mean and writes tags (VOUCH_TAG()) in their
 * place; and it notes what the kernel puts in the place of each access
 * through a context, a socket or a kernel structure, or puts replacements
 * there. A program so loaded must never run. TAKE then reads it.
 *
 * Designations end with DISARM, with the file, and apply to no other process.
 *
 * All of them: ENOTTY for an unknown number, EINVAL for reserved bytes that
 * are not zero, EFAULT for a bad pointer.
 */
#ifndef VOUCH_GUEST_ABI_H
#define VOUCH_GUEST_ABI_H

#include <linux/ioctl.h>

#include "capture.h"
#include "retarget.h"

#define VOUCH_GUEST_DEVICE "/dev/vouch_guest"
#define VOUCH_GUEST_ABI 2
#define VOUCH_GUEST_MAX_FACTS 128
#define VOUCH_GUEST_MAX_INSNS 1000000u

/*
 * What the module knows of its kernel. Behind the facts for the capture come
 * those that only the module itself relies on; a field "" is the structure
 * as a whole. The agent compares all of them with the kernel's BTF.
 */
struct vouch_guest_info {
	__le32 abi; /* VOUCH_GUEST_ABI */
	__le32 arch;
	__le32 features; /* VOUCH_FEATURE_* */
	__le32 nr_cpus; /* possible CPUs */
	__le32 n_facts;
	__le32 n_own_facts;
	struct vouch_capture_fact facts[VOUCH_GUEST_MAX_FACTS];
};
VOUCH_ASSERT_SIZE(struct vouch_guest_info, 24 + 128 * 72);

struct vouch_guest_arm {
	__le64 log_buf; /* address of the load's log buffer */
	__le32 n_insns; /* at most that many instructions */
	__le32 reserved;
	/* address of the program's entries of a list of retarget.h */
	__le64 list;
	__le64 list_size; /* bytes; 0: the kernel's own conversion stands */
};
VOUCH_ASSERT_SIZE(struct vouch_guest_arm, 32);

struct vouch_guest_take {
	__le64 log_buf; /* as armed */
	__le32 prog_fd; /* of the program that was loaded */
	__le32 prog_type; /* its enum bpf_prog_type */
	__le64 map_ids; /* address of n_maps __le32, in the object's order */
	__le32 n_maps;
	__le32 n_records; /* out */
	__le64 buf; /* where the records go */
	__le64 size; /* in: of the buffer; out: of the records */
	char why[96]; /* out, on error: what is wrong */
};
VOUCH_ASSERT_SIZE(struct vouch_guest_take, 144);

/* An access, and where it was in the program as it was loaded. */
struct vouch_guest_origin {
	__le32 insn; /* index then */
	__le32 base; /* enum vouch_base, but no prologue */
	__le32 structure; /* as in struct vouch_access */
	__le32 offset;
};
VOUCH_ASSERT_SIZE(struct vouch_guest_origin, 16);

struct vouch_guest_origins {
	__le64 log_buf; /* as armed */
	__le64 buf; /* where the origins go */
	__le32 n; /* in: there is room for; out: there are */
	__le32 reserved;
	char why[96]; /* out, on error: what is wrong */
};
VOUCH_ASSERT_SIZE(struct vouch_guest_origins, 120);

/*
 * What the kernel knows of a map beside what bpf(2) tells: what it found in its
 * BTF, and what the maps in it are like.
 */
struct vouch_guest_map {
	__le32 fd;
	__le32 flags; /* out: VOUCH_MAP_LOCK or 0 */
	__le32 lock; /* out: where in each value it is, bytes */
	/* out: of the maps in it; all 0: it holds none */
	__le32 type; /* enum bpf_map_type */
	__le32 key_size;
	__le32 value_size;
	__le32 max_entries;
	__le32 map_flags; /* BPF_F_* */
	__le32 reserved[2];
};
VOUCH_ASSERT_SIZE(struct vouch_guest_map, 40);

/* Facts of the kernel. */
#define VOUCH_GUEST_INFO _IOR('v', 0x40, struct vouch_guest_info)

/*
 * Designate a load. EEXIST: that buffer is armed already; E2BIG: n_insns is
 * 0 or beyond VOUCH_GUEST_MAX_INSNS, or list_size beyond
 * VOUCH_RETARGET_MAX; EINVAL: the replacements are none; ENOSPC:
 * VOUCH_MAX_PROGS are armed; EPERM: another process armed this file.
 */
#define VOUCH_GUEST_ARM _IOW('v', 0x41, struct vouch_guest_arm)

/* End all designations of this file. */
#define VOUCH_GUEST_DISARM _IO('v', 0x42)

/*
 * Take the records of a loaded program: PROG (with empty name and section,
 * and attach_type 0, which the agent fills in), FUNCs, ACCESSes, INSNS, SYMs.
 *
 * ENOENT: not armed, or that load never came by; EBADF, EINVAL: prog_fd is
 * no program of that type; ENOSPC: the buffer is too small; EILSEQ: the
 * program and what was noted of it do not fit, it cannot be captured, or a
 * replacement does not fit (see why); ENOMEM.
 */
#define VOUCH_GUEST_TAKE _IOWR('v', 0x43, struct vouch_guest_take)

/*
 * Ask where the accesses of a loaded program were before verification.
 * ENOENT, ENOSPC, EILSEQ, ENOMEM as for TAKE.
 */
#define VOUCH_GUEST_ORIGINS _IOWR('v', 0x44, struct vouch_guest_origins)

/* Ask for a map's lock. EBADF, EINVAL: fd is no map. */
#define VOUCH_GUEST_MAP _IOWR('v', 0x45, struct vouch_guest_map)

#endif /* VOUCH_GUEST_ABI_H */
