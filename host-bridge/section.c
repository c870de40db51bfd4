// SPDX-License-Identifier: BSD-2-Clause
/* The types of programs by section, as libbpf of the verifier VM knows them. */

#include <bpf/libbpf.h>

#include "section.h"

u32 vouch_section_type(const char *name)
{
	enum bpf_attach_type attach;
	enum bpf_prog_type type;

	libbpf_set_print(NULL);
	/* A mark of programs that are not loaded by themselves. */
	name += *name == '?';
	if (libbpf_prog_type_by_name(name, &type, &attach))
		return 0;
	return type;
}
