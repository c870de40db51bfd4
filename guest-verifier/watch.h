/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The watch: a designation of one load, and what was noted while the verifier
 * rewrote its program.
 *
 * A designation belongs to one open file and names one load by thread group
 * and log buffer. What is noted is written by the probes, in the loading
 * task, and read by TAKE; vouch_watch_claim() keeps them apart.
 */
#ifndef VOUCH_WATCH_H
#define VOUCH_WATCH_H

#include <linux/bpf_verifier.h>
#include <linux/list.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>

#include "access.h"
#include "replacements.h"
#include "vouch_guest_abi.h"
#include "witness.h"

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
	struct vouch_replacements replacements; /* does not change */

	/* Of a conversion, which keeps the claim while it goes on. */
	const struct bpf_prog_aux *converting; /* only compared */
	struct bpf_verifier_env *env;
	const struct bpf_verifier_ops *kernel_ops;
	struct bpf_verifier_ops ops;
	bool replace; /* all replacements fit */

	/* Under the claim. */
	struct vouch_witnesses witnesses;
	struct vouch_accesses accesses;
	bool converted; /* the accesses are of the program that was noted */
	const struct bpf_prog_aux *aux; /* only compared; NULL: no notes */
	u32 n_funcs;
	u32 n_notes;
	u32 max_notes;
	struct vouch_note notes[];
};

/**
 * vouch_watch_add() - designate a load of the calling process.
 * @log_buf: user address of its verifier log's buffer
 * @n_insns: at most that many instructions
 * @replacements: of its accesses; moves into the watch on success
 *
 * Return: the watch, to be ended by vouch_watch_remove_all(), or ERR_PTR().
 */
struct vouch_watch *vouch_watch_add(unsigned long log_buf, u32 n_insns,
				    struct vouch_replacements *replacements);

/**
 * vouch_watch_of_load() - the watch of a load of the calling task.
 * @env: the verifier's
 *
 * Return: the watch, claimed, or NULL: nobody designated that load, or it is
 * being read just now.
 */
struct vouch_watch *vouch_watch_of_load(const struct bpf_verifier_env *env);

/**
 * vouch_watch_converting() - the watch of a conversion that is under way.
 * @prog: its program
 *
 * Return: the watch, which stays claimed and there until the conversion ends,
 * or NULL.
 */
struct vouch_watch *vouch_watch_converting(const struct bpf_prog *prog);

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
