/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hooks that a program's section names, as in "kprobe/do_exit".
 */
#ifndef VOUCH_AGENT_SECTION_H
#define VOUCH_AGENT_SECTION_H

#include "../vouch_target_abi.h"

/* In a hook's place: where each program's section says. */
#define VOUCH_HOOK_SECTION "section"

/**
 * vouch_section_hook() - the hook that a section names.
 * @section: of the program
 * @hook: set to the hook's text; VOUCH_TARGET_HOOK_LEN bytes
 *
 * Return: 0; -ENOENT if the section names no place (an interface, say, is
 * never named there).
 */
int vouch_section_hook(const char *section, char *hook);

#endif /* VOUCH_AGENT_SECTION_H */
