/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The methods of CALL, one function each; call.c has the table.
 */
#ifndef VOUCH_AGENT_CALL_H
#define VOUCH_AGENT_CALL_H

#include "agent.h"
#include "channel.h"

/**
 * vouch_call() - answer a CALL.
 * @agent: the agent
 * @msg: the request
 * @reply: filled on success
 * @f: filled on error
 *
 * Return: 0 or a negative errno.
 */
int vouch_call(struct vouch_agent *agent, const struct vouch_message *msg,
	       struct vouch_reply *reply, struct vouch_failure *f);

typedef int vouch_call_fn(struct vouch_agent *agent,
			  const struct vouch_message *msg,
			  struct vouch_reply *reply, struct vouch_failure *f);

vouch_call_fn vouch_call_show, vouch_call_progs, vouch_call_attach,
	vouch_call_detach, vouch_call_unload;
vouch_call_fn vouch_call_map_list, vouch_call_map_dump, vouch_call_map_get,
	vouch_call_map_set, vouch_call_map_delete, vouch_call_map_records;
vouch_call_fn vouch_call_printed, vouch_call_test_run;

#endif /* VOUCH_AGENT_CALL_H */
