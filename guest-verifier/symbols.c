// SPDX-License-Identifier: GPL-2.0-only
/* Candidates for call targets, and their names. */

#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "arch.h"
#include "symbols.h"

int vouch_symbols_add(struct vouch_symbols *s, u64 address)
{
	if (s->n == s->max) {
		u32 max = s->max ? s->max * 2 : 256;
		u64 *p = kvmalloc_array(max, sizeof(*p), GFP_KERNEL_ACCOUNT);

		if (!p)
			return -ENOMEM;
		if (s->n)
			memcpy(p, s->addresses, s->n * sizeof(*p));
		kvfree(s->addresses);
		s->addresses = p;
		s->max = max;
	}
	s->addresses[s->n++] = address;
	return 0;
}

int vouch_symbols_scan(struct vouch_symbols *s, const u8 *code, u32 len)
{
	struct vouch_capture_sym sym;
	u32 i;
	u64 to;
	int err;

	for (i = 0; i < len; i++) {
		if (!vouch_arch_jump(code + i, len - i, &to) ||
		    !vouch_symbols_name(to, &sym))
			continue;
		err = vouch_symbols_add(s, to);
		if (err)
			return err;
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

void vouch_symbols_sort(struct vouch_symbols *s)
{
	u32 i, n = 0;

	if (!s->n)
		return;
	sort(s->addresses, s->n, sizeof(*s->addresses), compare, NULL);
	for (i = 1; i < s->n; i++)
		if (s->addresses[i] != s->addresses[n])
			s->addresses[++n] = s->addresses[i];
	s->n = n + 1;
}

/*
 * What lies among the modules without being of one is code that was made at
 * run time: eBPF, trampolines.
 */
static bool made_at_run_time(u64 address, const char *module)
{
	if (!module)
		return address >= MODULES_VADDR && address < MODULES_END;
	return !strncmp(module, " [__builtin__", 13) ||
	       !strcmp(module, " [bpf]");
}

/* "name+0x0/0x1f" or "name+0x0/0x1f [module]", or a number if unknown. */
bool vouch_symbols_name(u64 address, struct vouch_capture_sym *sym)
{
	char text[KSYM_SYMBOL_LEN];
	char *plus, *module;

	sprint_symbol(text, address);
	plus = strstr(text, "+0x0/");
	if (!plus)
		return false;
	module = strstr(plus, " [");
	*plus = 0;
	if (made_at_run_time(address, module))
		return false;
	memset(sym, 0, sizeof(*sym));
	sym->address = cpu_to_le64(address);
	if (module) {
		module += 2;
		module[strcspn(module, "] ")] = 0;
	}
	if (snprintf(sym->name, sizeof(sym->name), "%s%s%s", text,
		     module ? "@" : "", module ?: "") >= (int)sizeof(sym->name))
		return false;
	return vouch_name_ok(sym->name, sizeof(sym->name));
}

void vouch_symbols_free(struct vouch_symbols *s)
{
	kvfree(s->addresses);
	memset(s, 0, sizeof(*s));
}
