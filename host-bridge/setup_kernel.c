// SPDX-License-Identifier: BSD-2-Clause
/* What the host knows of the verifier VMs' kernels; VMs of one share it. */

#include <fcntl.h>
#include <stdlib.h>

#include "file.h"
#include "log.h"
#include "setup.h"

static int complain(const char *what, const char *path, const char *why,
		    const char *remedy)
{
	vouch_error("the verifier kernel's %s %s cannot be used: %s; %s", what,
		    path, why, remedy);
	return VOUCH_EXIT_USAGE;
}

static int load_symbols(const char *path, struct vouch_symbols **symbols)
{
	static const char remedy[] = "make them with 'scripts/kernel-symbols'";
	const char *why = NULL;
	size_t len;
	void *data;
	int err;

	err = vouch_file_get(AT_FDCWD, path, VOUCH_SYMBOLS_MAX, &data, &len);
	if (err)
		return complain("symbols", path, strerror(-err), remedy);
	err = vouch_symbols_parse(data, len, symbols, &why);
	free(data);
	return err ? complain("symbols", path, why ? why : strerror(-err),
			      remedy)
		   : 0;
}

static int load_btf(const char *path, struct vouch_kbtf **btf)
{
	static const char remedy[] =
		"take section .BTF of its vmlinux, as scripts/kernel-btf does";
	size_t len;
	void *data;
	int err;

	err = vouch_file_get(AT_FDCWD, path, VOUCH_BTF_MAX, &data, &len);
	if (err)
		return complain("BTF", path, strerror(-err), remedy);
	err = vouch_kbtf_parse(data, len, btf);
	free(data);
	return err ? complain("BTF", path,
			      err == -EINVAL ? "it is no BTF" : strerror(-err),
			      remedy)
		   : 0;
}

int vouch_setup_kernel(const struct vouch_config *config, u32 vm,
		       struct vouch_setup_kernels *kernels)
{
	const struct vouch_vm_config *own = &config->vms[vm];
	int ret = 0;
	u32 i;

	for (i = 0; i < vm; i++) {
		const struct vouch_vm_config *other = &config->vms[i];

		if (own->symbols && other->symbols &&
		    !strcmp(own->symbols, other->symbols))
			kernels->symbols[vm] = kernels->symbols[i];
		if (own->btf && other->btf && !strcmp(own->btf, other->btf))
			kernels->btf[vm] = kernels->btf[i];
	}
	if (own->symbols && !kernels->symbols[vm])
		ret = load_symbols(own->symbols, &kernels->symbols[vm]);
	if (!ret && own->btf && !kernels->btf[vm])
		ret = load_btf(own->btf, &kernels->btf[vm]);
	return ret;
}

void vouch_setup_kernels_free(struct vouch_setup_kernels *kernels)
{
	u32 i, j;

	for (i = 0; i < VOUCH_MAX_VMS; i++) {
		struct vouch_symbols *symbols = kernels->symbols[i];
		struct vouch_kbtf *btf = kernels->btf[i];

		for (j = i; j < VOUCH_MAX_VMS; j++) {
			if (kernels->symbols[j] == symbols)
				kernels->symbols[j] = NULL;
			if (kernels->btf[j] == btf)
				kernels->btf[j] = NULL;
		}
		vouch_symbols_free(symbols);
		vouch_kbtf_free(btf);
	}
}
