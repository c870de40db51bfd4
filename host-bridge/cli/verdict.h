/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A verdict, for people.
 */
#ifndef VOUCH_CLI_VERDICT_H
#define VOUCH_CLI_VERDICT_H

#include <jansson.h>
#include <stdbool.h>

/**
 * vouch_verdict_show() - write what became of a submission.
 * @path: the object
 * @verdict: the VERDICT frame's object
 * @whole_log: write the whole log of the verifier, not only where it fails
 */
void vouch_verdict_show(const char *path, const json_t *verdict,
			bool whole_log);

/**
 * vouch_verdict_exit() - the exit code that an answer asks for.
 * @result: a VERDICT, or another object with the member "exit"
 *
 * Return: the exit code; VOUCH_EXIT_INTERNAL if there is none.
 */
int vouch_verdict_exit(const json_t *result);

#endif /* VOUCH_CLI_VERDICT_H */
