/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The watch: notes what the 64-bit immediates of designated programs mean,
 * and tags them, while the verifier rewrites the program.
 *
 * A designation (struct vouch_watch) belongs to one open file and names one
 * load by thread group and log buffer. Its notes are written by the probe, in
 * the loading task, and read by TAKE; vouch_watch_claim() keeps them apart.
 */
#ifndef VOUCH_WATCH_H
#define VOUCH_WATCH_H

#include <linux/list.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>

#include "vouch_guest_abi.h"

struct bpf_prog_aux;

/* What one tagged immediate means. */
struct vouch_note {
	u64 value; /* offset, constant or address, by kind */
	u32 map_id;
	u16 func;
	u16 kind; /* enum vouch_ref_kind */
};

struct vouch_watch {
	struct list_head node; /* of all watches, under RCU */
	struct list_head file_node;
	struct pid *tgid;
	unsigned long log_buf;
	atomic_t claimed;

	/* Under the claim. */
	const struct bpf_prog_aux *aux; /* only compared; NULL: no notes */
	u32 n_funcs;
	u32 n_notes;
	u32 max_notes;
	struct vouch_note notes[];
};

/**
 * vouch_watch_start() - place the probe.
 *
 * Return: 0, or the error after saying in the log what is missing.
 */
int vouch_watch_start(void);

/** vouch_watch_stop() - remove the probe. No watch may be left. */
void vouch_watch_stop(void);

/**
 * vouch_watch_add() - designate a load of the calling process.
 * @log_buf: user address of its verifier log's buffer
 * @n_insns: at most that many instructions
 *
 * Return: the watch, to be ended by vouch_watch_remove_all(), or ERR_PTR().
 */
struct vouch_watch *vouch_watch_add(unsigned long log_buf, u32 n_insns);

/**
 * vouch_watch_remove_all() - end the designations of a file.
 * @file_watches: list of vouch_watch.file_node; empty afterwards, its watches
 *	freed after the probe has left them
 */
void vouch_watch_remove_all(struct list_head *file_watches);

/**
 * vouch_watch_claim() - keep the probe away from the notes.
 * @watch: the watch
 *
 * Return: false if a load is being noted just now.
 */
bool vouch_watch_claim(struct vouch_watch *watch);

/**
 * vouch_watch_release() - let the probe at the notes again.
 * @watch: the watch, which the caller has claimed
 */
void vouch_watch_release(struct vouch_watch *watch);

#endif /* VOUCH_WATCH_H */
