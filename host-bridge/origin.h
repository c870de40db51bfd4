/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An origin: where connections come from, which is one VM or one user of the
 * Unix socket. What all connections of an origin have is counted together, so
 * that no origin can take what the others need.
 */
#ifndef VOUCH_ORIGIN_H
#define VOUCH_ORIGIN_H

#include "quota.h"

/* Bytes of frames and objects that clients' connections may hold. */
#define VOUCH_MAX_HELD (256u << 20)
#define VOUCH_MAX_HELD_EACH (96u << 20) /* of one origin */

struct vouch_daemon;

struct vouch_origin {
	struct vouch_origin *next;
	char name[64]; /* "vm:NAME" or "unix:uid=N" */
	u32 n_greetings, n_clients, n_submissions, n_verifier_calls;
	u64 turn; /* of its last job at a verifier VM */
	struct vouch_quota held;
};

/**
 * vouch_origin_find() - the origin of a name, made anew if it is not known.
 * @daemon: the daemon
 * @name: its name
 *
 * Return: the origin, which stays as long as the daemon, or NULL when out of
 * memory.
 */
struct vouch_origin *vouch_origin_find(struct vouch_daemon *daemon,
				       const char *name);

/**
 * vouch_origin_forget() - free all origins.
 * @daemon: the daemon, without connections
 */
void vouch_origin_forget(struct vouch_daemon *daemon);

#endif /* VOUCH_ORIGIN_H */
