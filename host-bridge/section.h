/* SPDX-License-Identifier: BSD-2-Clause */
/* What the name of an object's section says of the programs in it. */
#ifndef VOUCH_SECTION_H
#define VOUCH_SECTION_H

#include "../common/base.h"

/**
 * vouch_section_type() - of which type are a section's programs?
 * @name: as in the object
 *
 * Return: enum bpf_prog_type, or 0 if the name says nothing of it.
 */
u32 vouch_section_type(const char *name);

#endif /* VOUCH_SECTION_H */
