// SPDX-License-Identifier: BSD-2-Clause
/* Programs on raw tracepoints, which must get on the target what they are
 * verified for. */

#include <bpf/libbpf.h>

#include "btf.h"
#include "prototype.h"

/* The tracepoint of a program whose arguments are raw, or NULL. */
static const char *tracepoint(const struct bpf_program *prog)
{
	static const char *const prefixes[] = { "tp_btf/", "raw_tp/",
						"raw_tracepoint/" };
	const char *section = bpf_program__section_name(prog);
	u32 i;

	for (i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (!strncmp(section, prefixes[i], strlen(prefixes[i])))
			return section + strlen(prefixes[i]);
	return NULL;
}

static bool judge_program(struct vouch_load *load, const struct btf *own,
			  const struct btf *target, u32 i)
{
	const char *program = bpf_program__name(load->progs[i].prog);
	const char *name = tracepoint(load->progs[i].prog);

	switch (name ? vouch_prototype_compare(own, target, name)
		     : VOUCH_PROTOTYPE_SAME) {
	case VOUCH_PROTOTYPE_MISSING:
		return vouch_load_refuse(
			load, (int)i,
			"program %s: the target's kernel is not known to have a tracepoint %s",
			program, name);
	case VOUCH_PROTOTYPE_OTHER:
		return vouch_load_refuse(
			load, (int)i,
			"program %s: tracepoint %s has other arguments on the target",
			program, name);
	default:
		/* What is unknown here is not for libbpf either, if it needs
		 * one. */
		return true;
	}
}

bool vouch_prototype_judge(struct vouch_load *load)
{
	struct btf *own = NULL, *target = NULL;
	bool good = true;
	u32 i, n = 0;

	for (i = 0; i < load->n_progs; i++)
		n += !!tracepoint(load->progs[i].prog);
	if (!n)
		return true;
	own = vouch_btf_kernel();
	target = btf__new(load->target->btf, load->target->btf_len);
	if (!own || !target)
		good = vouch_load_fail(load, "reading the %s BTF: %s",
				       own ? "target's" : "verifier kernel's",
				       strerror(errno));
	for (i = 0; good && i < load->n_progs; i++)
		good = judge_program(load, own, target, i);
	btf__free(own);
	btf__free(target);
	return good;
}
