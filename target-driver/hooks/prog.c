// SPDX-License-Identifier: GPL-2.0-only

#include <linux/string.h>

#include "hooks/prog.h"

struct bpf_prog *vouch_prog_new(const struct vouch_req_prog *p,
				vouch_prog_fn fn, const void *data)
{
	const unsigned int insns =
		DIV_ROUND_UP(sizeof(data), sizeof(struct bpf_insn));
	struct bpf_prog *prog;

	prog = bpf_prog_alloc(bpf_prog_size(insns), GFP_USER);
	if (!prog)
		return NULL;
	prog->len = insns;
	prog->type = le32_to_cpu(p->type);
	strscpy(prog->aux->name, p->name, sizeof(prog->aux->name));
	memcpy(prog->insnsi, &data, sizeof(data));
	prog->bpf_func = fn;
	return prog;
}
