/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The device of vouch_target: what user space of a target may ask of it.
 *
 * /dev/vouch_target belongs to root (mode 0600) and takes ioctls only. Every
 * structure has one fixed layout in the CPU's byte order; an addition gets a
 * number of its own. Names are NUL-padded. Reserved bytes must be zero; what
 * a field marked "out" holds when the call is made does not matter.
 *
 * Every ioctl returns 0 or fails with errno. All but VOUCH_TARGET_INFO have
 * a member reason: a failure writes there one line of text that says what was
 * tried, on what, why it failed and what to do next. A success writes nothing
 * if the structure has no other member marked "out". Errors of all ioctls:
 *
 *	ENOTTY	no such ioctl
 *	EFAULT	the structure, or memory it points to, is not accessible
 *	EINVAL	a reserved byte is not zero, or a name is no name
 *	ENOMEM	out of memory
 *
 * How an image is brought into the kernel:
 *
 *	VOUCH_TARGET_FLOOR_SET, once per slot after boot; a slot without a
 *	floor admits nothing (a new slot starts at epoch 1, sequence 1)
 *	VOUCH_TARGET_ADMIT, on a descriptor of the image's file
 *	finit_module(2) of the same file, without parameters and flags, while
 *	the device stays open; delete_module(2) takes the image out again
 *	VOUCH_TARGET_ATTACH
 *
 * A new image for the same slot is admitted, loaded and attached beside the
 * old one, takes over the old one's maps when it is loaded and its interfaces
 * when it is attached; delete_module(2) of the old image comes last.
 */
#ifndef VOUCH_TARGET_ABI_H
#define VOUCH_TARGET_ABI_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define VOUCH_TARGET_DEVICE "/dev/vouch_target"

#define VOUCH_TARGET_REASON_LEN 160
#define VOUCH_TARGET_IMAGE_LEN 24 /* "vouch_", 16 digits, NUL, NUL */
#define VOUCH_TARGET_NAME_LEN 64 /* programs and maps */
#define VOUCH_TARGET_SLOT_LEN 32
#define VOUCH_TARGET_HOOK_LEN 128
#define VOUCH_TARGET_HASH_LEN 32

/* What the module is and for which target it was built. */
struct vouch_target_info {
	char version[16]; /* out: VOUCH_VERSION */
	__u32 abi; /* out: VOUCH_TARGET_ABI, greatest it offers */
	__u32 n_images; /* out: images that are loaded */
	__u32 n_slots; /* out: slots that have a floor */
	__u32 n_attached; /* out: attachments */
	__u8 profile[VOUCH_TARGET_HASH_LEN]; /* out: target profile's id */
	__u64 map_memory; /* out: bytes that all maps occupy */
	__u64 map_memory_max; /* out: bytes that they may occupy */
	__u8 reserved[48];
};

/*
 * The floor of a slot: the lowest epoch and sequence that it admits.
 *
 * VOUCH_TARGET_FLOOR_SET raises it, or makes it for a new slot.
 *	EPERM	the slot's floor is higher already
 *	ENOSPC	no more than 64 slots
 * VOUCH_TARGET_FLOOR_GET fills epoch and sequence.
 *	ENOENT	the slot has no floor
 */
struct vouch_target_floor {
	char slot[VOUCH_TARGET_SLOT_LEN];
	__u64 sequence; /* from 1 */
	__u32 epoch; /* from 1 */
	__u32 reserved;
	char reason[VOUCH_TARGET_REASON_LEN]; /* out */
};

/*
 * VOUCH_TARGET_ADMIT: check a file and remember it for the load to come.
 *
 * One admitted image per open device: a further one replaces it, closing the
 * device forgets it, and so does its load as soon as it comes to vouch_target,
 * with good or bad end. A load that the kernel refuses before (ENOKEY,
 * EKEYREJECTED, ENOEXEC, ENOENT ...) leaves it as it is.
 *
 *	EBADF, EFBIG, EINVAL, ETXTBSY
 *			the descriptor cannot be read; the file is too big, is
 *			empty or no regular file, or is open for writing
 *	EBADMSG		not of the one shape that images and signatures have,
 *			or its content hash is wrong
 *	EKEYREJECTED, ENOKEY
 *			the signature is bad, or not by a key of this target
 *	ENOEXEC		made for another target: profile, vermagic, ABI,
 *			mitigations, an import or map that is not offered
 *	ENOENT		its slot has no floor
 *	EPERM		epoch and sequence are below the slot's floor
 *	EEXIST		an image of this name is loaded or being loaded
 */
struct vouch_target_admit {
	__s32 fd;
	__u32 epoch; /* out */
	__u64 sequence; /* out */
	char name[VOUCH_TARGET_IMAGE_LEN]; /* out: of the kernel module */
	char slot[VOUCH_TARGET_SLOT_LEN]; /* out */
	__u8 content[VOUCH_TARGET_HASH_LEN]; /* out: content hash */
	__u8 reserved[32];
	char reason[VOUCH_TARGET_REASON_LEN]; /* out */
};

/*
 * VOUCH_TARGET_IMAGE_INFO: the loaded image with number @index, from 0, in
 * the order of loading.
 *	ENOENT	there are not so many
 */
struct vouch_target_image_info {
	__u32 index;
	__u32 epoch; /* out */
	__u64 sequence; /* out */
	__u64 time; /* out: of signing, seconds since 1970 */
	__u32 n_progs; /* out */
	__u32 n_maps; /* out */
	char name[VOUCH_TARGET_IMAGE_LEN]; /* out */
	char slot[VOUCH_TARGET_SLOT_LEN]; /* out */
	__u8 content[VOUCH_TARGET_HASH_LEN]; /* out */
	char object_name[VOUCH_TARGET_NAME_LEN]; /* out */
	char submitter[VOUCH_TARGET_NAME_LEN]; /* out */
	__u8 reserved[32];
	char reason[VOUCH_TARGET_REASON_LEN]; /* out */
};

/*
 * VOUCH_TARGET_PROG_INFO: program @index, from 0, of an image.
 *	ENOENT	no such image or program
 */
struct vouch_target_prog_info {
	char image[VOUCH_TARGET_IMAGE_LEN];
	__u32 index;
	__u32 type; /* out: enum bpf_prog_type */
	__u32 attach_type; /* out: enum bpf_attach_type */
	__u32 stack_depth; /* out: bytes */
	__u32 n_attached; /* out: attachments of this program */
	__u32 reserved0;
	__u64 runs; /* out: runs at hooks, test-runs not among them */
	char name[VOUCH_TARGET_NAME_LEN]; /* out */
	char section[VOUCH_TARGET_NAME_LEN]; /* out */
	__u8 reserved[32];
	char reason[VOUCH_TARGET_REASON_LEN]; /* out */
};

/*
 * VOUCH_TARGET_MAP_INFO: map @index, from 0, of an image.
 *	ENOENT	no such image or map
 */
struct vouch_target_map_info {
	char image[VOUCH_TARGET_IMAGE_LEN];
	__u32 index;
	__u32 type; /* out: enum bpf_map_type */
	__u32 key_size; /* out: bytes */
	__u32 value_size; /* out: bytes, of one CPU's value if per CPU */
	__u32 max_entries; /* out */
	__u32 map_flags; /* out: BPF_F_* */
	__u32 flags; /* out: VOUCH_MAP_* of capture.h */
	__u32 n_images; /* out: images that share it, this one included */
	__u32 value_io; /* out: bytes that lookup and update exchange */
	__u32 n_entries; /* out: elements now; arrays: max_entries */
	__u64 memory; /* out: bytes */
	char name[VOUCH_TARGET_NAME_LEN]; /* out */
	__u8 reserved[32];
	char reason[VOUCH_TARGET_REASON_LEN]; /* out */
};

/*
 * VOUCH_TARGET_ATTACH: run a program at a hook. Hooks by their text:
 *
 *	xdp:IFNAME	natively, on a network interface of the caller's
 *			network namespace
 *	tc:IFNAME:ingress, tc:IFNAME:egress
 *			as a classifier with direct action
 *	socket:IFNAME	as the filter of a packet socket that nobody reads
 *	kprobe:FUNCTION[+OFFSET], kretprobe:FUNCTION
 *	tracepoint:CATEGORY:NAME
 *			on the record that a tracepoint makes for perf
 *	perf_event:TYPE:CONFIG:PERIOD[:CPU]
 *			each time a counter has counted that many, on each CPU
 *			or one; numbers as of struct perf_event_attr, and a
 *			PERIOD as 99hz for a frequency
 *	raw_tp:NAME	on a tracepoint's arguments
 *	tp_btf:NAME	the same for a program that was verified with their
 *			types, and for this tracepoint
 *
 * Which of them are there depends on the kernel's configuration. An interface
 * has one XDP program and one of tc a way; the others take any number.
 *
 * If a program of an image of the same slot (and for the others, of the same
 * name) is at the hook, the new one takes its place without a gap.
 *	ENOENT		no such image, program or function
 *	ENODEV		no such interface, tracepoint or event
 *	EINVAL		the text is not of that form; a program verified for
 *			another tracepoint
 *	EOPNOTSUPP	no such kind of hook here, the program is not of the
 *			type that it runs, the driver has no XDP, or
 *			vouch_target no probe for the tracepoint
 *	EBUSY		another slot's or a foreign program is at the hook, or
 *			a foreign ingress or clsact qdisc
 *	EEXIST		this very program is there already
 *	...		what the driver or the kernel says
 *
 * VOUCH_TARGET_DETACH: take the image's program off the hook. @prog may be
 * empty: whichever is there.
 *	ENOENT		no such image, or none of its programs is there
 *
 * An interface that goes away, and the module's own end, detach by
 * themselves. While a program is attached its image cannot be unloaded.
 */
struct vouch_target_attach {
	char image[VOUCH_TARGET_IMAGE_LEN];
	char prog[VOUCH_TARGET_NAME_LEN];
	char hook[VOUCH_TARGET_HOOK_LEN];
	__u8 reserved[32];
	char reason[VOUCH_TARGET_REASON_LEN]; /* out */
};

/*
 * VOUCH_TARGET_ATTACH_INFO: attachment @index, from 0.
 *	ENOENT	there are not so many
 */
struct vouch_target_attach_info {
	__u32 index;
	__u32 ifindex; /* out: 0 if the hook is at no interface */
	__u64 runs; /* out: since this program was attached */
	char image[VOUCH_TARGET_IMAGE_LEN]; /* out */
	char prog[VOUCH_TARGET_NAME_LEN]; /* out */
	char hook[VOUCH_TARGET_HOOK_LEN]; /* out */
	__u8 reserved[32];
	char reason[VOUCH_TARGET_REASON_LEN]; /* out */
};

/*
 * Map operations with the meaning of bpf(2)'s BPF_MAP_*_ELEM.
 *
 * key_len must be the map's key_size, value_len its value_io (see
 * VOUCH_TARGET_MAP_INFO): value_size, or for a per-CPU map its multiple of 8
 * times the number of possible CPUs.
 *
 *	request		key	value	next_key	flags
 *
 *	MAP_LOOKUP	in	out	0		0
 *
 *	MAP_UPDATE	in	in	0		BPF_ANY, BPF_EXIST ...
 *
 *	MAP_DELETE	in	0	0		0
 *
 *	MAP_NEXT_KEY	in or 0	0	out		0
 *
 * A pointer to what has no bytes, as the key of a queue, is 0.
 *
 *	EINVAL		a length, pointer or flag is wrong; deleting from an
 *			array
 *	ENOENT		no such image, map or element; no next key
 *	EEXIST, E2BIG	as bpf(2)
 *	EPERM		the map is frozen, or BPF_F_WRONLY, BPF_F_RDONLY
 */
struct vouch_target_map_op {
	char image[VOUCH_TARGET_IMAGE_LEN];
	char map[VOUCH_TARGET_NAME_LEN];
	__aligned_u64 key;
	__aligned_u64 value;
	__aligned_u64 next_key;
	__u64 flags;
	__u32 key_len; /* bytes */
	__u32 value_len; /* bytes; 0 where value is not used */
	__u8 reserved[16];
	char reason[VOUCH_TARGET_REASON_LEN]; /* out */
};

/*
 * VOUCH_TARGET_TEST_RUN: run a program on a given packet, with the meaning of
 * bpf(2)'s BPF_PROG_TEST_RUN without flags.
 *
 * ctx_in and ctx_out, if given, are a struct xdp_md each, or a struct
 * __sk_buff for types that have it; each has its size beside it, which is 0
 * where the context is. Other types take a context alone: no data, nothing
 * back, no repeat.
 *
 *	raw_tracepoint	up to twelve arguments; those left out are 0
 *	kprobe		a struct pt_regs
 *	tracepoint	a record, of which the first eight bytes are not used
 *
 * bpf(2) knows only the first of these three, and refuses a context that is
 * shorter than what the program reads.
 *
 *	EINVAL, E2BIG	as bpf(2); repeat beyond 1000000
 *	ENODEV		ctx_in names an interface that is not there
 *	ENOENT		no such image or program
 *	ENOSPC		data_out or ctx_out is too small; what fits was
 *			written, and the size_out fields say what is needed
 *	EINTR		a signal came
 *	EOPNOTSUPP	programs of that type cannot be test-run here
 */
struct vouch_target_test_run {
	char image[VOUCH_TARGET_IMAGE_LEN];
	char prog[VOUCH_TARGET_NAME_LEN];
	__aligned_u64 data_in;
	__aligned_u64 data_out; /* or 0 */
	__aligned_u64 ctx_in; /* or 0 */
	__aligned_u64 ctx_out; /* or 0 */
	__u32 data_size_in;
	__u32 data_size_out; /* in: room, 0: not bounded; out: size */
	__u32 ctx_size_in;
	__u32 ctx_size_out; /* in: room; out: size */
	__u32 repeat; /* 0 means 1 */
	__u32 retval; /* out */
	__u32 duration; /* out: nanoseconds, mean of the runs */
	__u32 reserved0;
	__u8 reserved[16];
	char reason[VOUCH_TARGET_REASON_LEN]; /* out */
};

/*
 * VOUCH_TARGET_RECORDS: take the records out that programs wrote to a map of
 * type ringbuf or perf_event_array; or, without image and map, the lines that
 * programs printed, each a struct vouch_target_line and its text. It does not
 * wait.
 *
 * @data is filled with struct vouch_target_record, each followed by its data
 * and zeroes up to a multiple of 8 bytes; those of one CPU, or of a ring
 * buffer, in the order in which programs began them. A record that does not
 * fit is left for the next call; one that the whole buffer cannot hold is
 * lost.
 *
 *	EINVAL		data_len is not a multiple of 8, or beyond 4 MiB
 *	ENOENT		no such image or map
 *	EOPNOTSUPP	programs do not write records to maps of that type
 */
struct vouch_target_records {
	char image[VOUCH_TARGET_IMAGE_LEN];
	char map[VOUCH_TARGET_NAME_LEN];
	__aligned_u64 data;
	__u32 data_len; /* in: room, bytes; out: bytes that were filled */
	__u32 n; /* out: records */
	__u64 lost; /* out: that found no room, since the map was made */
	__u32 more; /* out: 1 if there is one that did not fit */
	__u8 reserved[28];
	char reason[VOUCH_TARGET_REASON_LEN]; /* out */
};

#define VOUCH_TARGET_MAX_RECORDS (4u << 20) /* bytes in one call */
#define VOUCH_TARGET_NO_CPU 0xffffffffu

struct vouch_target_record {
	__u32 len; /* of the data, bytes */
	__u32 cpu; /* or VOUCH_TARGET_NO_CPU: a ring buffer's */
	__u64 time; /* CLOCK_MONOTONIC, nanoseconds; 0: a ring buffer's */
};

/* A line that a program printed; without a NUL behind its text. */
struct vouch_target_line {
	__u32 cpu;
	__s32 pid; /* of the thread */
	char comm[16];
};

_Static_assert(sizeof(struct vouch_target_info) == 128, "fixed layout");
_Static_assert(sizeof(struct vouch_target_floor) == 208, "fixed layout");
_Static_assert(sizeof(struct vouch_target_admit) == 296, "fixed layout");
_Static_assert(sizeof(struct vouch_target_image_info) == 440, "fixed layout");
_Static_assert(sizeof(struct vouch_target_prog_info) == 376, "fixed layout");
_Static_assert(sizeof(struct vouch_target_map_info) == 328, "fixed layout");
_Static_assert(sizeof(struct vouch_target_attach) == 408, "fixed layout");
_Static_assert(sizeof(struct vouch_target_attach_info) == 424, "fixed layout");
_Static_assert(sizeof(struct vouch_target_map_op) == 304, "fixed layout");
_Static_assert(sizeof(struct vouch_target_test_run) == 328, "fixed layout");
_Static_assert(sizeof(struct vouch_target_records) == 304, "fixed layout");
_Static_assert(sizeof(struct vouch_target_record) == 16, "fixed layout");
_Static_assert(sizeof(struct vouch_target_line) == 24, "fixed layout");

#define VOUCH_TARGET_IOC 0xe9

#define VOUCH_TARGET_INFO _IOWR(VOUCH_TARGET_IOC, 1, struct vouch_target_info)
#define VOUCH_TARGET_FLOOR_SET \
	_IOWR(VOUCH_TARGET_IOC, 2, struct vouch_target_floor)
#define VOUCH_TARGET_FLOOR_GET \
	_IOWR(VOUCH_TARGET_IOC, 3, struct vouch_target_floor)
#define VOUCH_TARGET_ADMIT _IOWR(VOUCH_TARGET_IOC, 4, struct vouch_target_admit)
#define VOUCH_TARGET_IMAGE_INFO \
	_IOWR(VOUCH_TARGET_IOC, 5, struct vouch_target_image_info)
#define VOUCH_TARGET_PROG_INFO \
	_IOWR(VOUCH_TARGET_IOC, 6, struct vouch_target_prog_info)
#define VOUCH_TARGET_MAP_INFO \
	_IOWR(VOUCH_TARGET_IOC, 7, struct vouch_target_map_info)
#define VOUCH_TARGET_ATTACH \
	_IOWR(VOUCH_TARGET_IOC, 8, struct vouch_target_attach)
#define VOUCH_TARGET_DETACH \
	_IOWR(VOUCH_TARGET_IOC, 9, struct vouch_target_attach)
#define VOUCH_TARGET_ATTACH_INFO \
	_IOWR(VOUCH_TARGET_IOC, 10, struct vouch_target_attach_info)
#define VOUCH_TARGET_MAP_LOOKUP \
	_IOWR(VOUCH_TARGET_IOC, 11, struct vouch_target_map_op)
#define VOUCH_TARGET_MAP_UPDATE \
	_IOWR(VOUCH_TARGET_IOC, 12, struct vouch_target_map_op)
#define VOUCH_TARGET_MAP_DELETE \
	_IOWR(VOUCH_TARGET_IOC, 13, struct vouch_target_map_op)
#define VOUCH_TARGET_MAP_NEXT_KEY \
	_IOWR(VOUCH_TARGET_IOC, 14, struct vouch_target_map_op)
#define VOUCH_TARGET_TEST_RUN \
	_IOWR(VOUCH_TARGET_IOC, 15, struct vouch_target_test_run)
#define VOUCH_TARGET_RECORDS \
	_IOWR(VOUCH_TARGET_IOC, 16, struct vouch_target_records)

#endif /* VOUCH_TARGET_ABI_H */
