/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes that answer requests of the main one: link and sign. Each takes
 * one CALL at a time from its socket pair and answers RESULT or ERROR.
 */
#ifndef VOUCH_WORKER_H
#define VOUCH_WORKER_H

#include <sys/types.h>

#include "../common/channel.h"
#include "../common/failure.h"
#include "btf.h"
#include "config.h"
#include "profile.h"
#include "symbols.h"

/* What a worker answers. Released by the loop. */
struct vouch_reply {
	json_t *json; /* RESULT; NULL: @failure says why not */
	void *blob;
	size_t blob_len;
	struct vouch_failure failure;
};

/**
 * vouch_worker_run() - answer requests until the main process is gone.
 * @fd: end of the socket pair
 * @handle: answers one request
 * @ctx: for @handle
 *
 * Return: 0 when the main process closed, or 1.
 */
int vouch_worker_run(int fd,
		     void (*handle)(void *ctx, const struct vouch_message *msg,
				    struct vouch_reply *reply),
		     void *ctx);

/* What the link process needs. */
struct vouch_linker_args {
	struct vouch_profile *const *profiles;
	u32 n_profiles;
	/* By VM; of verifiers. */
	struct vouch_symbols *const *symbols;
	struct vouch_kbtf *const *btf;
	u32 n_kernels;
	const char *user;
};

/**
 * vouch_linker_run() - the link process.
 * @fd: end of the socket pair
 * @args: struct vouch_linker_args
 *
 * Has neither key nor network. Each request is worked on by a child of its
 * own, so that a capture that crashes the check takes nothing else with it.
 *
 * Return: exit status.
 */
int vouch_linker_run(int fd, const void *args);

/* What the sign process needs. */
struct vouch_signer_args {
	const char *key, *cert; /* paths of PEM and DER */
	const char *dir; /* where the sequence is kept */
	const char *user; /* whom to be, NULL: stay as it is */
	u32 epoch;
	bool listens; /* on the descriptor, as a service of its own */
	uid_t peer; /* of a service: the only user that may connect */
};

/**
 * vouch_signer_run() - the sign process.
 * @fd: end of the socket pair, or the listening socket of a service
 * @args: struct vouch_signer_args
 *
 * Has the key and nothing else. The sequence is on disk before the signature
 * that carries it is released, so that no two signatures share one.
 *
 * Return: exit status.
 */
int vouch_signer_run(int fd, const void *args);

#endif /* VOUCH_WORKER_H */
