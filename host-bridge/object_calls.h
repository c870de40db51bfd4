/* SPDX-License-Identifier: BSD-2-Clause */
/* Which helpers a submitted object's instructions call. */
#ifndef VOUCH_OBJECT_CALLS_H
#define VOUCH_OBJECT_CALLS_H

#include <linux/bpf.h>

#include "object.h"

/**
 * vouch_object_calls_note() - note what an instruction calls, if it does.
 * @o: for whose vouch_object_calls()
 * @insn: the instruction, without relocation
 */
void vouch_object_calls_note(struct vouch_object *o,
			     const struct bpf_insn *insn);

#endif /* VOUCH_OBJECT_CALLS_H */
