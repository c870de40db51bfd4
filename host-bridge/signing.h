/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests to whoever signs. One that is a service of its own may be started
 * anew meanwhile: requests then wait for it, and are made once more.
 *
 * That is safe. A signature that was made but never heard of has used up its
 * sequence and is recorded nowhere; the next one has a higher sequence, and is
 * the only one that is recorded.
 */
#ifndef VOUCH_SIGNING_H
#define VOUCH_SIGNING_H

#include "daemon.h"

/**
 * vouch_signing_call() - have an image signed.
 * @daemon: the daemon
 * @json: the request, borrowed until the return
 * @blob: the unsigned image, borrowed until @fn is called
 * @len: bytes of @blob
 * @fn: called once, later, unless this call fails; -ENOTCONN in its answer
 *	says that the signer was not to be reached in time
 * @ctx: for @fn
 *
 * Return: 0, -ENOMEM, or an error of vouch_conn_send().
 */
int vouch_signing_call(struct vouch_daemon *daemon, json_t *json,
		       const void *blob, size_t len, vouch_answer_fn fn,
		       void *ctx);

/**
 * vouch_signing_resume() - the signer is connected: make what waits.
 * @daemon: the daemon
 */
void vouch_signing_resume(struct vouch_daemon *daemon);

/**
 * vouch_signing_forget() - free what waits, at the daemon's end.
 * @daemon: the daemon
 */
void vouch_signing_forget(struct vouch_daemon *daemon);

#endif /* VOUCH_SIGNING_H */
