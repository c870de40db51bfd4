/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A submission on its way:
 *
 *	received -> verifying -> linking -> signing -> stored -> delivering
 *		 -> done
 *
 * and from linking on to retargeting and back, where the target's kernel has
 * fields elsewhere than the verifier kernel: the object is loaded once more,
 * with replacements.
 *
 * Each state is in the store before anything is done in it. What a crash
 * interrupts before "stored" starts again with "verifying"; from "stored" on
 * the signed image is on disk and only the delivery is done again. A verdict is
 * in the store before anybody is told of it.
 *
 * While the store cannot be written a submission is held: its client is told
 * so, and resume.c takes it up again as after a crash.
 */
#ifndef VOUCH_SUBMISSION_H
#define VOUCH_SUBMISSION_H

#include "daemon.h"

enum vouch_stage {
	VOUCH_STAGE_VERIFY,
	VOUCH_STAGE_CHECK,
	VOUCH_STAGE_LINK,
	VOUCH_STAGE_SIGN,
	VOUCH_STAGE_DELIVER,
	VOUCH_N_STAGES,
};

extern const char *const vouch_stage_names[VOUCH_N_STAGES];

/* What is left to do with one that resume.c has read. */
enum vouch_resume {
	VOUCH_RESUME_NONE, /* it is under way */
	VOUCH_RESUME_VERIFY,
	VOUCH_RESUME_DELIVER,
	VOUCH_RESUME_LATER, /* its file cannot be read now */
	VOUCH_RESUME_FAILED,
};

struct vouch_submission {
	struct vouch_submission *next;
	struct vouch_reap reap;
	struct vouch_daemon *daemon;
	struct vouch_client *client; /* who waits, NULL: nobody any more */
	u32 request; /* id of the SUBMIT */
	enum vouch_resume resume;
	u64 id;
	char submitter[64], name[64], attach[128];
	char slot[VOUCH_SLOT_LEN];
	struct vouch_vm *target; /* NULL: none */
	u32 profile; /* index in the configuration */
	bool deliver;
	u8 *object;
	size_t object_len;
	size_t held; /* bytes of the origin's quota */
	char object_hex[VOUCH_HEX_LEN];
	json_t *options; /* canonical */
	json_t *allowed; /* what the verifier agent gets of them */
	char options_hex[VOUCH_HEX_LEN];
	struct vouch_job job; /* for verifier.c */
	json_t *capture; /* the agent's answer, NULL before */
	json_t *hello; /* of the agent that gave it */
	u8 *verify_input; /* object, and what the agent is told beside it */
	u8 *link_input; /* object and captures, until it is linked */
	size_t link_len;
	/* With replacements */
	u8 *list; /* NULL before the second load */
	size_t list_len;
	size_t first_len; /* bytes of the first capture, in link_input */
	char *build_id; /* of the kernel that made the first capture */
	u32 instance; /* of the image, among those of its target */
	u8 *unsigned_image; /* between linking and signing */
	size_t unsigned_len;
	u8 *image; /* signed, until it is handed to the delivery */
	size_t image_len;
	u64 stage_us[VOUCH_N_STAGES];
	u64 began_us; /* of the current stage */
	json_t *verdict; /* what VERDICT will say, from the start */
	const struct vouch_delivery *delivery; /* goes with the verdict */
};

/**
 * vouch_submission_new() - make an empty submission of a daemon.
 * @daemon: the daemon
 *
 * Return: the submission, on the daemon's list, or NULL.
 */
struct vouch_submission *vouch_submission_new(struct vouch_daemon *daemon);

/**
 * vouch_submission_free() - take a submission off and free it.
 * @sub: the submission; freed after the batch
 */
void vouch_submission_free(struct vouch_submission *sub);

/**
 * vouch_submission_start() - begin with verifying.
 * @sub: complete, and in the store
 */
void vouch_submission_start(struct vouch_submission *sub);

/**
 * vouch_submission_verify() - hand the object to a verifier VM.
 * @sub: the submission; with a list of replacements for the second load
 */
void vouch_submission_verify(struct vouch_submission *sub);

/**
 * vouch_submission_retarget() - begin the second load.
 * @sub: with a first capture
 * @list: the replacements
 * @len: bytes
 */
void vouch_submission_retarget(struct vouch_submission *sub, const void *list,
			       size_t len);

/**
 * vouch_submission_link() - hand captures to the link process.
 * @sub: with these in its link_input
 */
void vouch_submission_link(struct vouch_submission *sub);

/**
 * vouch_submission_sign() - go on with signing.
 * @sub: with an unsigned image
 */
void vouch_submission_sign(struct vouch_submission *sub);

/**
 * vouch_submission_deliver() - go on with delivering.
 * @sub: with a signed image
 */
void vouch_submission_deliver(struct vouch_submission *sub);

/**
 * vouch_submission_finish() - give the verdict and forget the submission.
 * @sub: the submission; freed after the batch
 */
void vouch_submission_finish(struct vouch_submission *sub);

/**
 * vouch_submission_move() - record a transition.
 * @sub: the submission; held on error
 * @state: the new state, a constant
 *
 * Nothing is done in a state that the store does not know.
 *
 * Return: true if the submission may go on.
 */
bool vouch_submission_move(struct vouch_submission *sub, const char *state);

/**
 * vouch_submission_hold() - put a submission off: the store cannot be written.
 * @sub: the submission, in the store; freed after the batch
 *
 * Its client is told, and it is taken up again when the store can be written.
 */
void vouch_submission_hold(struct vouch_submission *sub);

/**
 * vouch_submission_choose() - take a submission's options.
 * @sub: the submission
 * @options: as submitted, NULL for none
 * @f: says why not
 *
 * Return: 0 or -EINVAL with @f.
 */
int vouch_submission_choose(struct vouch_submission *sub, const json_t *options,
			    struct vouch_failure *f);

/**
 * vouch_submission_begin() - enter a stage: tell the client, take the time.
 * @sub: the submission
 * @stage: the stage
 * @text: more about it
 */
void vouch_submission_begin(struct vouch_submission *sub,
			    enum vouch_stage stage, const char *text);

/**
 * vouch_submission_end() - leave a stage.
 * @sub: the submission
 * @stage: the stage
 */
void vouch_submission_end(struct vouch_submission *sub, enum vouch_stage stage);

/**
 * vouch_submission_stages() - put the stages' times into the verdict.
 * @sub: the submission
 */
void vouch_submission_stages(struct vouch_submission *sub);

/**
 * vouch_submission_give_up() - finish with the verdict "error".
 * @sub: the submission; freed after the batch
 * @exit: exit code
 * @reason: why, and what to do
 */
void vouch_submission_give_up(struct vouch_submission *sub,
			      enum vouch_exit exit, const char *reason);

/**
 * vouch_verdict_begin() - start a submission's verdict.
 * @sub: with id and object; its verdict is "error" until more is known
 *
 * Return: 0 or -ENOMEM.
 */
int vouch_verdict_begin(struct vouch_submission *sub);

/**
 * vouch_verdict_set() - say how a submission ends.
 * @sub: the submission
 * @verdict: as in the protocol
 * @exit: exit code
 * @reason: why, or NULL
 */
void vouch_verdict_set(struct vouch_submission *sub, const char *verdict,
		       enum vouch_exit exit, const char *reason);

/**
 * vouch_verdict_text() - a text that an agent sent, fit to be shown.
 * @text: what it sent; may be NULL or no text
 *
 * Return: a new text of printable ASCII, cut after 1023 bytes; or null.
 */
json_t *vouch_verdict_text(const json_t *text);

/**
 * vouch_verdict_blame() - the exit code of an error that the agent tells.
 * @capture: the CAPTURE's JSON, with the verdict "error"
 *
 * Return: that of wrong usage, of a time-out or of an internal error.
 */
enum vouch_exit vouch_verdict_blame(const json_t *capture);

/**
 * vouch_verdict_capture() - take over what the verifier agent told.
 * @sub: with its capture's JSON
 */
void vouch_verdict_capture(struct vouch_submission *sub);

/**
 * vouch_verdict_program() - mark the program that was refused.
 * @sub: the submission
 * @program: its name; ignored if there is none such
 * @reason: why
 */
void vouch_verdict_program(struct vouch_submission *sub, const char *program,
			   const char *reason);

/**
 * vouch_verdict_relocations() - take over what the link process counted.
 * @sub: the submission
 * @programs: list of objects with "name" and "relocations"
 */
void vouch_verdict_relocations(struct vouch_submission *sub,
			       const json_t *programs);

/**
 * vouch_verdict_delivery() - add what became of the delivery.
 * @sub: the submission
 * @delivery: as deliver.c tells it
 */
void vouch_verdict_delivery(struct vouch_submission *sub,
			    const struct vouch_delivery *delivery);

#endif /* VOUCH_SUBMISSION_H */
