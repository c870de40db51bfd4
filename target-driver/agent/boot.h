/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is attached when vouch-targetd starts: for slots in a declared order,
 * the image that the state directory has, and the hooks of its programs.
 */
#ifndef VOUCH_AGENT_BOOT_H
#define VOUCH_AGENT_BOOT_H

#include "agent.h"

/**
 * vouch_boot_run() - load and attach what the list says.
 * @agent: the agent, whose device has all floors
 * @boot: the list, checked by vouch_boot_list_check()
 *
 * What fails is told on stderr, and the rest is done all the same.
 *
 * Return: a list of {"slot", "image", "program", "hook", "status", "reason"},
 * one for each hook, or for a slot that has none; a new reference.
 */
json_t *vouch_boot_run(struct vouch_agent *agent, const json_t *boot);

#endif /* VOUCH_AGENT_BOOT_H */
