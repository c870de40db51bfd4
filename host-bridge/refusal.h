/* SPDX-License-Identifier: BSD-2-Clause */
/* Why the bridge refuses something, and where. */
#ifndef VOUCH_REFUSAL_H
#define VOUCH_REFUSAL_H

#include "../common/base.h"

#define VOUCH_REFUSAL_TEXT 384

struct vouch_refusal {
	char program[64]; /* empty: the submission as a whole */
	u32 function; /* index in the program */
	u32 offset; /* of the instruction in the function, bytes */
	bool at_code; /* function and offset mean something */
	char text[VOUCH_REFUSAL_TEXT]; /* what, why, and what to do */
};

/**
 * vouch_refuse() - state a refusal that concerns the submission as a whole.
 * @why: overwritten
 * @fmt: printf format of the text
 *
 * Bytes that are not printable ASCII become '?', since names in the text may
 * come from a submitter.
 *
 * Return: -EPERM, for the caller to return.
 */
int vouch_refuse(struct vouch_refusal *why, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * vouch_refuse_prog() - state a refusal that concerns a program.
 * @why: overwritten
 * @program: the program's name
 * @fmt: printf format of the text
 *
 * Return: -EPERM, for the caller to return.
 */
int vouch_refuse_prog(struct vouch_refusal *why, const char *program,
		      const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * vouch_refuse_code() - state a refusal that concerns an instruction.
 * @why: overwritten
 * @program: the program's name
 * @function: index of the function in the program
 * @offset: of the instruction in the function, bytes
 * @fmt: printf format of the text
 *
 * Return: -EPERM, for the caller to return.
 */
int vouch_refuse_code(struct vouch_refusal *why, const char *program,
		      u32 function, u32 offset, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/**
 * vouch_refusal_format() - write a refusal as one line.
 * @why: the refusal
 * @buf: receives the NUL-terminated line, without newline
 * @size: of @buf, bytes; 512 holds every refusal
 */
void vouch_refusal_format(const struct vouch_refusal *why, char *buf,
			  size_t size);

#endif /* VOUCH_REFUSAL_H */
