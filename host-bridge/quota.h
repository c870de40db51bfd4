/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A quota: how much of something may be held at a time, and how much is held.
 * A quota may be part of a larger one; what is taken is taken of both.
 */
#ifndef VOUCH_QUOTA_H
#define VOUCH_QUOTA_H

#include "../common/base.h"

struct vouch_quota {
	struct vouch_quota *whole; /* NULL: it is no part */
	size_t held, max; /* bytes */
};

/**
 * vouch_quota_take() - hold more.
 * @quota: the quota; NULL has no bound
 * @n: how much more, bytes
 *
 * Return: false if there is no room, and nothing is taken.
 */
static inline bool vouch_quota_take(struct vouch_quota *quota, size_t n)
{
	struct vouch_quota *q;

	for (q = quota; q; q = q->whole)
		if (q->held > q->max || n > q->max - q->held)
			return false;
	for (q = quota; q; q = q->whole)
		q->held += n;
	return true;
}

/**
 * vouch_quota_give() - give back what was taken.
 * @quota: the quota, may be NULL
 * @n: how much, bytes
 */
static inline void vouch_quota_give(struct vouch_quota *quota, size_t n)
{
	for (; quota; quota = quota->whole)
		quota->held -= n;
}

#endif /* VOUCH_QUOTA_H */
