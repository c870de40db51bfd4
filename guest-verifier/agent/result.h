/* SPDX-License-Identifier: BSD-2-Clause */
/* The result of a submission, as the agent passes it on. */
#ifndef VOUCH_RESULT_H
#define VOUCH_RESULT_H

#include <jansson.h>

#include "base.h"

/**
 * vouch_result_rebuild() - take from a child's answer what a result may hold.
 * @answer: the child's, not trusted
 *
 * Verdicts are of the four, texts are texts, programs are at most as many as
 * an object may have; "errno" and "usage" stay for the agent. Whatever else
 * the child says is dropped.
 *
 * Return: a new object, or NULL if the answer is no result.
 */
json_t *vouch_result_rebuild(const json_t *answer);

/**
 * vouch_result_is() - does a result have a verdict?
 * @result: the result
 * @verdict: "accepted", "rejected", "unsupported" or "error"
 *
 * Return: true if so.
 */
bool vouch_result_is(const json_t *result, const char *verdict);

/**
 * vouch_result_error() - a result for what the verifier did not judge.
 * @kind: "usage", "timeout" or "internal"
 * @format: of the reason
 *
 * Return: a new object, or NULL when out of memory.
 */
json_t *vouch_result_error(const char *kind, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* VOUCH_RESULT_H */
