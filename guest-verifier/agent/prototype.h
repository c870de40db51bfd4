/* SPDX-License-Identifier: BSD-2-Clause */
/* Prototypes of tracepoints, in the verifier kernel and in the target's. */
#ifndef VOUCH_PROTOTYPE_H
#define VOUCH_PROTOTYPE_H

#include "load.h"

/**
 * vouch_prototype_judge() - does each program get on the target what it is
 * verified for?
 * @load: opened, with a target whose BTF is known
 *
 * Return: true, or false after the load has failed: the tracepoint of a
 * program is missing on the target or has other arguments.
 */
bool vouch_prototype_judge(struct vouch_load *load);

#endif /* VOUCH_PROTOTYPE_H */
