/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What this target is: the facts of its HELLO.
 */
#ifndef VOUCH_AGENT_FACTS_H
#define VOUCH_AGENT_FACTS_H

#include "device.h"

/**
 * vouch_facts_hello() - the object of the HELLO frame.
 * @info: what the module said of itself
 *
 * Return: a new reference, or NULL when out of memory.
 */
json_t *vouch_facts_hello(const struct vouch_target_info *info);

/**
 * vouch_facts_build_id() - find the GNU build id in ELF notes.
 * @notes: the notes
 * @len: their length in bytes
 * @hex: filled with it in hexadecimal, or made empty
 * @size: room in @hex, bytes
 */
void vouch_facts_build_id(const u8 *notes, size_t len, char *hex, size_t size);

#endif /* VOUCH_AGENT_FACTS_H */
