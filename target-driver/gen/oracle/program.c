// SPDX-License-Identifier: GPL-2.0-only
/* Asks the oracle about every access, and writes all that it says. */

#include <stdio.h>
#include <string.h>

#include "samples.h"

#define LONGEST_CONTEXT 1024 /* bytes; none of Linux has as many */

/* Does what is in place of a load depend on it that another field is used? */
static int differs(struct question q)
{
	struct sample with = {}, without = {};

	q.tstamp_type = 0;
	vouch_oracle_convert(&q, &without);
	q.tstamp_type = 1;
	vouch_oracle_convert(&q, &with);
	return memcmp(&with, &without, sizeof(with));
}

static int put(const struct sample *s)
{
	return fwrite(s, sizeof(*s), 1, stdout) == 1 ? 0 : -1;
}

/* All pairs of registers. */
static int convert(struct question *q, const struct sample *known)
{
	for (q->dst = 0; q->dst < SAMPLE_REGISTERS; q->dst++)
		for (q->src = 0; q->src < SAMPLE_REGISTERS; q->src++) {
			struct sample s = *known;

			s.dst = q->dst;
			s.src = q->src;
			vouch_oracle_convert(q, &s);
			if (put(&s))
				return -1;
		}
	return 0;
}

/* An access is valid if a program of some attach type may make it. */
static int ask(struct question *q)
{
	struct sample s = { .off = q->off, .size = q->size, .write = q->write };
	unsigned char field_size;
	int i, valid = 0;

	for (i = 0; i < vouch_oracle_attach_types; i++) {
		q->attach_type = i;
		if (!vouch_oracle_valid(q, &field_size))
			continue;
		if (valid && field_size != s.field_size) {
			fprintf(stderr,
				"offset %u: a field of %u and %u "
				"bytes\n",
				q->off, field_size, s.field_size);
			return -1;
		}
		s.field_size = field_size;
		valid = 1;
	}
	if (!valid)
		return 0;
	vouch_oracle_name(q->row, &s);
	if (s.field_size > q->size)
		return put(&s);
	q->tstamp_type = 0;
	q->dst = 1;
	q->src = 2;
	if (!differs(*q))
		return convert(q, &s);
	if (convert(q, &s))
		return -1;
	q->tstamp_type = s.tstamp_type = 1;
	return convert(q, &s);
}

static int ask_row(unsigned int row)
{
	static const unsigned char sizes[] = { 1, 2, 4, 8 };
	struct question q = { .row = row };
	struct sample s = {};
	unsigned int i;
	int off;

	if (vouch_oracle_prologue(row, &s) && put(&s))
		return -1;
	for (off = 0; off < LONGEST_CONTEXT; off++)
		for (i = 0; i < sizeof(sizes); i++)
			for (q.write = 0; q.write < 2; q.write++) {
				q.off = off;
				q.size = sizes[i];
				if (ask(&q))
					return -1;
			}
	return 0;
}

int main(void)
{
	unsigned int row;

	for (row = 0; row < vouch_oracle_rows(); row++)
		if (ask_row(row))
			return 1;
	return fflush(stdout) ? 1 : 0;
}
