/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store: what the daemon must not forget, in SQLite.
 *
 * Each transition of a submission is written here before it is acted on, so
 * that after a crash vouch_store_pending() names all that is to be taken up
 * again. The log table only grows.
 */
#ifndef VOUCH_STORE_H
#define VOUCH_STORE_H

#include "../common/base.h"

struct vouch_store;

/* Texts are borrowed; NULL stands for "not given". */
struct vouch_store_submission {
	u64 id;
	const char *submitter, *name;
	const char *object; /* SHA-256 of the object, hexadecimal */
	const char *options; /* canonical JSON */
	const char *target, *slot, *attach;
	u32 profile; /* index in the configuration */
	bool deliver;
	const char *state;
	const char *image; /* SHA-256 of the image's file, hexadecimal */
	const char *verdict; /* JSON, as far as it is known */
	u32 attempts; /* how often the daemon has taken it up */
};

struct vouch_store_image {
	const char *sha256, *content, *name, *key_id, *slot;
	u64 submission, size, sequence;
	u32 epoch;
};

/**
 * vouch_store_open() - open the database, or make it.
 * @store: set on success; end with vouch_store_close()
 * @path: the database file
 * @why: text that says what failed, on error
 * @why_len: size of @why in bytes
 *
 * Return: 0, or -EIO with @why.
 */
int vouch_store_open(struct vouch_store **store, const char *path, char *why,
		     size_t why_len);

/**
 * vouch_store_close() - close the database.
 * @store: the store, may be NULL
 */
void vouch_store_close(struct vouch_store *store);

/**
 * vouch_store_why() - say why something failed.
 * @store: the store, with which something failed
 *
 * Return: a text that holds until the next failure.
 */
const char *vouch_store_why(const struct vouch_store *store);

/**
 * vouch_store_begin() - begin a transaction.
 * @store: the store, with no transaction open
 * @name: of the transaction, a constant
 *
 * What follows happens as a whole or not at all. Once a step fails no other
 * may follow but vouch_store_end().
 *
 * Return: 0 or -EIO, which is logged; no transaction is open then.
 */
int vouch_store_begin(struct vouch_store *store, const char *name);

/**
 * vouch_store_end() - commit a transaction, or undo it.
 * @store: the store
 * @name: as it was begun
 * @err: 0 commits, anything else undoes
 *
 * An error of the commit itself leaves open what a later start finds if
 * nothing is written before: all of the transaction or nothing.
 *
 * Return: 0 or -EIO, which is logged.
 */
int vouch_store_end(struct vouch_store *store, const char *name, int err);

/**
 * vouch_store_submission_add() - record a submission in its first state.
 * @store: the store
 * @sub: the submission; @sub->id is set
 *
 * Return: 0 or -EIO, which is logged.
 */
int vouch_store_submission_add(struct vouch_store *store,
			       struct vouch_store_submission *sub);

/**
 * vouch_store_submission_move() - record a transition.
 * @store: the store
 * @id: of the submission
 * @state: its new state
 * @image: SHA-256 of its image, or NULL to leave what is there
 * @verdict: JSON so far, or NULL to leave what is there
 *
 * Return: 0 or -EIO, which is logged.
 */
int vouch_store_submission_move(struct vouch_store *store, u64 id,
				const char *state, const char *image,
				const char *verdict);

/**
 * vouch_store_pending() - name what a predecessor left unfinished.
 * @store: the store
 * @each: called for every submission that is not done, oldest first; it does
 *	not write to the store
 * @ctx: for @each
 *
 * Return: 0 or -EIO, which is logged.
 */
int vouch_store_pending(struct vouch_store *store,
			void (*each)(void *ctx,
				     const struct vouch_store_submission *sub),
			void *ctx);

/**
 * vouch_store_attempt() - count that a submission is taken up again.
 * @store: the store
 * @id: of the submission
 *
 * Return: 0 or -EIO, which is logged.
 */
int vouch_store_attempt(struct vouch_store *store, u64 id);

enum vouch_store_file {
	VOUCH_STORE_OBJECT,
	VOUCH_STORE_IMAGE,
};

/**
 * vouch_store_knows() - tell whether a file is recorded.
 * @store: the store
 * @kind: what it is
 * @sha256: hexadecimal, of the file
 *
 * Return: 1, 0, or -EIO, which is logged.
 */
int vouch_store_knows(struct vouch_store *store, enum vouch_store_file kind,
		      const char *sha256);

/**
 * vouch_store_verdict() - look up a submission's verdict.
 * @store: the store
 * @id: of the submission
 * @verdict: set to JSON, to be freed
 *
 * Return: 0, -ENOENT, -EAGAIN while it is not done, or -EIO.
 */
int vouch_store_verdict(struct vouch_store *store, u64 id, char **verdict);

/**
 * vouch_store_image_add() - record a signed image that is on disk.
 * @store: the store
 * @image: the image
 *
 * Return: 0 or -EIO, which is logged.
 */
int vouch_store_image_add(struct vouch_store *store,
			  const struct vouch_store_image *image);

/**
 * vouch_store_image_find() - look up an image by its content.
 * @store: the store
 * @prefix: of content hash, name, or SHA-256 of the file
 * @sha256: set to the SHA-256 of the newest such file
 *
 * Return: 0, -ENOENT, -EEXIST when different contents match, or -EIO.
 */
int vouch_store_image_find(struct vouch_store *store, const char *prefix,
			   char sha256[2 * VOUCH_HASH_LEN + 1]);

/**
 * vouch_store_delivery_add() - record what became of a delivery.
 * @store: the store
 * @submission: its id; 0 if the image alone was delivered: then that of the
 *	image, if it is one of ours
 * @image: SHA-256 of the image's file, or NULL
 * @target: name of the target
 * @slot: name of the slot
 * @status: as in the protocol
 * @reason: why not, or NULL
 *
 * Return: 0 or -EIO, which is logged.
 */
int vouch_store_delivery_add(struct vouch_store *store, u64 submission,
			     const char *image, const char *target,
			     const char *slot, const char *status,
			     const char *reason);

/**
 * vouch_store_instance() - which instance of a content a slot gets.
 * @store: the store
 * @target: name of the target
 * @slot: name of the slot
 * @base: content hash of instance 0
 * @instance: set to the number: 0 for the first slot of the target that gets
 *	this content, then the next; the same slot gets the same again
 *
 * Return: 0 or -EIO, which is logged.
 */
int vouch_store_instance(struct vouch_store *store, const char *target,
			 const char *slot, const char *base, u32 *instance);

/**
 * vouch_store_target_seen() - record that a target has said HELLO.
 * @store: the store
 * @name: of the target
 * @profile: identity of its profile, hexadecimal, or NULL
 * @release: of its kernel, or NULL
 *
 * Return: 0 or -EIO, which is logged.
 */
int vouch_store_target_seen(struct vouch_store *store, const char *name,
			    const char *profile, const char *release);

/**
 * vouch_store_log() - append to the log.
 * @store: the store
 * @submission: id, or 0
 * @event: one word
 * @message: what happened
 *
 * Return: 0 or -EIO, which is logged.
 */
int vouch_store_log(struct vouch_store *store, u64 submission,
		    const char *event, const char *message);

/**
 * vouch_store_counts() - count.
 * @store: the store
 * @submissions: set to the number of submissions
 * @images: set to the number of images
 *
 * Return: 0 or -EIO, which is logged.
 */
int vouch_store_counts(struct vouch_store *store, u64 *submissions,
		       u64 *images);

/**
 * vouch_store_newest() - when the newest record of the log was made.
 * @store: the store
 * @at: set to seconds since 1970, 0 without a record
 *
 * Return: 0 or -EIO, which is logged.
 */
int vouch_store_newest(struct vouch_store *store, u64 *at);

#endif /* VOUCH_STORE_H */
