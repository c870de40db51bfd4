/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A failure in four parts: what was tried and on what, why it failed, what to
 * do next, and the exit code that the command line ends with. It is what the
 * ERROR frame carries. User space only.
 */
#ifndef VOUCH_FAILURE_H
#define VOUCH_FAILURE_H

#include <jansson.h>

#include "base.h"

enum vouch_exit {
	VOUCH_EXIT_OK = 0,
	VOUCH_EXIT_INTERNAL = 1,
	VOUCH_EXIT_USAGE = 2,
	VOUCH_EXIT_REJECTED = 3, /* by the verifier */
	VOUCH_EXIT_UNAVAILABLE = 4, /* service or VM: try again */
	VOUCH_EXIT_TRUST = 5, /* signature or key */
	VOUCH_EXIT_REFUSED = 6, /* for or by the target */
	VOUCH_EXIT_TIMEOUT = 7,
	VOUCH_EXIT_REGRESSION = 8,
	VOUCH_N_EXITS,
};

struct vouch_failure {
	int err; /* negative errno */
	enum vouch_exit exit;
	char what[192];
	char why[320];
	char remedy[320];
};

/**
 * vouch_fail() - describe a failure.
 * @f: filled
 * @err: negative errno
 * @exit: exit code of the command line
 * @what: format of what was tried on what, as "attach xdp_count to eth0"
 *
 * The reason becomes strerror() of @err; vouch_fail_why() and
 * vouch_fail_next() replace the parts. Too long texts are cut.
 *
 * Return: @err.
 */
int vouch_fail(struct vouch_failure *f, int err, enum vouch_exit exit,
	       const char *what, ...) __attribute__((format(printf, 4, 5)));

/**
 * vouch_fail_why() - say why.
 * @f: described by vouch_fail()
 * @why: format of the reason
 *
 * Return: the failure's error.
 */
int vouch_fail_why(struct vouch_failure *f, const char *why, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * vouch_fail_next() - say what to do next.
 * @f: described by vouch_fail()
 * @remedy: format of the remedy
 *
 * Return: the failure's error.
 */
int vouch_fail_next(struct vouch_failure *f, const char *remedy, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * vouch_failure_json() - the object of an ERROR frame.
 * @f: the failure
 *
 * Return: a new reference, or NULL when out of memory.
 */
json_t *vouch_failure_json(const struct vouch_failure *f);

/**
 * vouch_failure_read() - read the object of an ERROR frame.
 * @json: the object
 * @f: filled; what is missing or of a wrong type reads as unknown, and an exit
 *	code out of range as VOUCH_EXIT_INTERNAL. Characters that are not
 *	printable become '?'.
 */
void vouch_failure_read(const json_t *json, struct vouch_failure *f);

#endif /* VOUCH_FAILURE_H */
