/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kinds of hooks: one file each, one entry each in the table of hook.c.
 *
 * An attachment is a place that runs a program. Its runner is replaced while
 * it is in place, so that no event is without a program or has two.
 */
#ifndef VOUCH_KIND_H
#define VOUCH_KIND_H

#include <linux/list.h>
#include <linux/rtnetlink.h>

#include "hooks/runner.h"

struct net_device;

/* Starts what a kind of hook knows of a place. Guarded by RTNL. */
struct vouch_attachment {
	struct list_head list;
	const struct vouch_hook_kind *kind;
	struct vouch_runner __rcu *runner;
	struct net_device *dev; /* that it ends with, or NULL */
	char place[VOUCH_TARGET_HOOK_LEN]; /* behind the prefix and a colon */
	bool stuck; /* the kernel holds on to it, so it must stay in memory */
};

/**
 * struct vouch_hook_kind - a kind of hook.
 * @prefix: what its texts start with, before the colon
 * @size: of its attachments, a struct vouch_attachment being their start
 * @shared: a place may have programs of several slots and names
 * @takes: whether it runs programs of that type
 * @find: read @place and fill what tells places apart, without taking
 *	anything that must be given back
 * @same: whether two attachments that @find filled are at one place; NULL:
 *	they are if interface and text are equal
 * @attach: start to run the program of @runner there
 * @replace: get ready for another runner, while the old one runs; may be NULL
 * @detach: run nothing there any more and wait for what runs; may leave @stuck
 *	behind
 * @drain: wait for whatever has seen a former runner; may be NULL
 *
 * Each is called under RTNL and returns 0 or -errno with @why filled.
 */
struct vouch_hook_kind {
	const char *prefix;
	size_t size;
	bool shared;
	bool (*takes)(const struct vouch_req_prog *p);
	int (*find)(struct vouch_attachment *a, struct vouch_reason *why);
	bool (*same)(const struct vouch_attachment *a,
		     const struct vouch_attachment *b);
	int (*attach)(struct vouch_attachment *a, struct vouch_reason *why);
	int (*replace)(struct vouch_attachment *a, struct vouch_runner *r,
		       struct vouch_reason *why);
	int (*detach)(struct vouch_attachment *a, struct vouch_reason *why);
	void (*drain)(void);
};

extern const struct vouch_hook_kind vouch_xdp_kind, vouch_tc_kind,
	vouch_kprobe_kind, vouch_kretprobe_kind, vouch_tracepoint_kind,
	vouch_raw_tp_kind, vouch_tp_btf_kind, vouch_socket_kind,
	vouch_perf_event_kind;

/**
 * vouch_kind_find_dev() - the interface that a place names.
 * @a: its dev is set and its place made the rest of @place
 * @len: characters of the interface's name, at the start of @place
 * @why: filled on error
 *
 * Return: 0 or -ENODEV.
 */
int vouch_kind_find_dev(struct vouch_attachment *a, size_t len,
			struct vouch_reason *why);

/**
 * vouch_kind_runner() - an attachment's runner, for whom RTNL protects it.
 * @a: the attachment
 */
static inline struct vouch_runner *
vouch_kind_runner(const struct vouch_attachment *a)
{
	return rtnl_dereference(a->runner);
}

#endif /* VOUCH_KIND_H */
