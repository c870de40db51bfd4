/* SPDX-License-Identifier: BSD-2-Clause */
/* What the agent gives up at its start. */
#ifndef VOUCH_AGENT_CONFINE_H
#define VOUCH_AGENT_CONFINE_H

/**
 * vouch_agent_confine() - keep one capability: to load modules.
 * @what: set to a constant text that says which step failed, on error
 *
 * For good; see vouch_privileges_keep(). Descriptors beyond standard error are
 * closed, so call it before the device is opened.
 *
 * There is no filter of system calls: a device's kernel may have none, and
 * that of the lab's target has none.
 *
 * Return: 0 or the negative error; the process must then end.
 */
int vouch_agent_confine(const char **what);

#endif /* VOUCH_AGENT_CONFINE_H */
