/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vouch doctor: what is looked at, and what is found.
 *
 *	doctor		the command: configuration and service
 *	finding		findings, one by one, and how they are shown
 *	doctor_host	accelerator, QEMU, vsock mode
 *	doctor_guest	kernels of verifier VMs, modules and profiles of targets
 *	doctor_kernel	symbols and BTF of a verifier's kernel
 *	doctor_keys	the image key and who has its certificate
 *	doctor_state	disk and clock
 *	doctor_trial	a VM that is started to see whether one comes up
 *
 * Each check says what it looked at even where it could not: a daemon that is
 * down or a file that is not readable makes a finding unknown, never good.
 */
#ifndef VOUCH_CLI_DOCTOR_H
#define VOUCH_CLI_DOCTOR_H

#include <jansson.h>

#include "../config.h"
#include "command.h"

enum vouch_finding_state {
	VOUCH_FINDING_OK,
	VOUCH_FINDING_WARNING, /* works, but not as it should */
	VOUCH_FINDING_PROBLEM,
	VOUCH_FINDING_UNKNOWN, /* could not be looked at */
	VOUCH_N_FINDING_STATES,
};

struct vouch_finding {
	const char *check; /* "keys" */
	enum vouch_finding_state state;
	enum vouch_exit exit; /* if it is a problem */
	char subject[192];
	char looked_at[512];
	char why[512];
	char remedy[512]; /* a command, or words and then a command; empty if
			   * and only if all is good */
};

struct vouch_doctor {
	struct vouch_cli *cli;
	bool has_config;
	char config_path[512];
	struct vouch_config config;
	json_t *status; /* vouchd's, NULL if it does not answer */
	char uri[256]; /* of the configuration's vouchd */
	char trial[8]; /* accelerator of a trial that went well, or empty */
	json_t *findings;
	u32 counts[VOUCH_N_FINDING_STATES];
	enum vouch_exit exit; /* of the first problem */
};

/**
 * vouch_finding_begin() - begin a finding, which is good so far.
 * @f: filled
 * @check: what is checked, one word
 * @exit: exit code if it turns out to be a problem
 * @subject: format of what it is about
 */
void vouch_finding_begin(struct vouch_finding *f, const char *check,
			 enum vouch_exit exit, const char *subject, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * vouch_finding_look() - say what is looked at.
 * @f: begun
 * @looked_at: format
 */
void vouch_finding_look(struct vouch_finding *f, const char *looked_at, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * vouch_finding_say() - say how it is and why.
 * @f: begun
 * @state: how it is
 * @why: format
 */
void vouch_finding_say(struct vouch_finding *f, enum vouch_finding_state state,
		       const char *why, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * vouch_finding_mend() - say what mends it.
 * @f: begun
 * @remedy: format of a command, or of what to do and then a command
 */
void vouch_finding_mend(struct vouch_finding *f, const char *remedy, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * vouch_finding_denied() - tell what may not be seen from what is not good.
 * @f: a problem, as if nobody could see more; unknown if root might
 * @err: why something cannot be looked at, negative errno
 * @config: path of the configuration
 */
void vouch_finding_denied(struct vouch_finding *f, int err, const char *config);

/**
 * vouch_finding_end() - add a finding to the others.
 * @d: the doctor
 * @f: complete
 */
void vouch_finding_end(struct vouch_doctor *d, const struct vouch_finding *f);

/**
 * vouch_finding_show() - write all findings to standard output.
 * @d: the doctor
 */
void vouch_finding_show(const struct vouch_doctor *d);

/* Ends a sentence; its one argument is the configuration's path. */
#define VOUCH_DOCTOR_RESTART                                               \
	"systemctl restart vouchd, or without systemd end it and: vouchd " \
	"--config %s"

/**
 * vouch_doctor_vm() - what vouchd says of a VM.
 * @d: the doctor
 * @name: the VM's
 *
 * Return: its object, borrowed; NULL if vouchd does not answer.
 */
const json_t *vouch_doctor_vm(const struct vouch_doctor *d, const char *name);

/* The checks; each adds its findings. All but the last need a configuration,
 * and say so themselves where they need more. */
void vouch_doctor_host(struct vouch_doctor *d);
void vouch_doctor_guests(struct vouch_doctor *d);
void vouch_doctor_keys(struct vouch_doctor *d);
void vouch_doctor_state(struct vouch_doctor *d);
void vouch_doctor_versions(struct vouch_doctor *d);

/**
 * vouch_doctor_kernel() - compare what is known of a verifier kernel with it.
 * @d: the doctor
 * @vm: the verifier VM
 */
void vouch_doctor_kernel(struct vouch_doctor *d,
			 const struct vouch_vm_config *vm);

/**
 * vouch_doctor_trial() - start a verifier VM and see whether it comes up.
 * @d: the doctor, with a configuration
 */
void vouch_doctor_trial(struct vouch_doctor *d);

#endif /* VOUCH_CLI_DOCTOR_H */
