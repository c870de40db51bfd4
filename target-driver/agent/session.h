/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The session: connected to vouchd, one request after the other.
 */
#ifndef VOUCH_AGENT_SESSION_H
#define VOUCH_AGENT_SESSION_H

#include "agent.h"
#include "endpoint.h"

/**
 * vouch_session_run() - serve vouchd for ever.
 * @agent: the agent
 * @ep: where vouchd listens
 * @uri: the same as text, for messages
 *
 * Dials again, at growing intervals of up to ten seconds, whenever vouchd is
 * not there or the connection ends.
 */
void __attribute__((noreturn))
vouch_session_run(struct vouch_agent *agent, const struct vouch_endpoint *ep,
		  const char *uri);

#endif /* VOUCH_AGENT_SESSION_H */
