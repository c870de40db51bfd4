/* SPDX-License-Identifier: BSD-2-Clause */
/* What the agent itself, which holds the channel, keeps of root. */
#ifndef VOUCH_PARENT_H
#define VOUCH_PARENT_H

/**
 * vouch_parent_confine() - give up what starting children does not need.
 * @what: set to a constant text that says which step failed, on error
 *
 * For good; see vouch_privileges_keep(). Descriptors beyond standard error are
 * closed, so call it before dialling.
 *
 * Return: 0 or the negative error; the process must then end.
 */
int vouch_parent_confine(const char **what);

#endif /* VOUCH_PARENT_H */
