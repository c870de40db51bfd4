// SPDX-License-Identifier: GPL-2.0-only
/* A probe that is placed and removed again tells where a function lies. */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/string.h>

#include "lookup.h"

static struct vouch_lookup found;

/* Where an entry begins with endbr64, the probe lies behind that. */
static unsigned long entry_of(unsigned long address)
{
	char text[KSYM_SYMBOL_LEN];
	unsigned long offset;
	char *plus;

	sprint_symbol(text, address);
	plus = strstr(text, "+0x");
	if (!plus || sscanf(plus, "+0x%lx/", &offset) != 1 || offset > 4)
		return 0;
	return address - offset;
}

void vouch_lookup_failed(const char *name, int err)
{
	pr_err("cannot place a probe at %s (error %d): %s\n", name, err,
	       err == -ENOMEM
		       ? "the kernel has no memory left; give the VM more"
		       : "this kernel is not known; use one of the 6.1 series");
}

static int find(const char *name, unsigned long *address)
{
	struct kprobe probe = { .symbol_name = name };
	int err = register_kprobe(&probe);

	if (!err) {
		*address = entry_of((unsigned long)probe.addr);
		unregister_kprobe(&probe);
		if (!*address)
			err = -ENOENT;
	}
	if (err)
		vouch_lookup_failed(name, err);
	return err;
}

int vouch_lookup_start(void)
{
	static const struct {
		const char *name;
		unsigned long *address;
	} functions[] = {
		{ "bpf_sock_convert_ctx_access", (void *)&found.sock },
		{ "bpf_tcp_sock_convert_ctx_access", (void *)&found.tcp_sock },
		{ "bpf_xdp_sock_convert_ctx_access", (void *)&found.xdp_sock },
		{ "bpf_get_btf_vmlinux", (void *)&found.btf_vmlinux },
	};
	int i, err = 0;

	for (i = 0; !err && i < ARRAY_SIZE(functions); i++)
		err = find(functions[i].name, functions[i].address);
	return err;
}

const struct vouch_lookup *vouch_lookup(void)
{
	return &found;
}
