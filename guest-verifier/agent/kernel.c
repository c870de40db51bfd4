// SPDX-License-Identifier: BSD-2-Clause
/* Facts of the running kernel: from the module, /proc, /sys and BTF. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "btf.h"
#include "guest.h"
#include "hex.h"
#include "kernel.h"
#include "load.h"

#define NT_GNU_BUILD_ID_NUMBER 3

/* Up to @size - 1 bytes of a file, NUL-terminated. Return: bytes or error. */
static ssize_t read_file(const char *path, void *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t got = 0;
	ssize_t n = 0;

	if (fd < 0)
		return -errno;
	while (got < size - 1 &&
	       (n = read(fd, (char *)buf + got, size - 1 - got)) > 0)
		got += n;
	if (n < 0)
		n = -errno;
	close(fd);
	((char *)buf)[got] = 0;
	return n < 0 ? n : (ssize_t)got;
}

static int read_build_id(u8 id[20])
{
	u8 notes[4096];
	ssize_t len = read_file("/sys/kernel/notes", notes, sizeof(notes));
	size_t off = 0;

	if (len < 0)
		return len;
	while (vouch_range_ok(off, sizeof(Elf64_Nhdr), len)) {
		Elf64_Nhdr nh;
		size_t name, desc;

		memcpy(&nh, notes + off, sizeof(nh));
		name = off + sizeof(nh);
		desc = name + (((size_t)nh.n_namesz + 3) & ~3ul);
		off = desc + (((size_t)nh.n_descsz + 3) & ~3ul);
		if (off > (size_t)len)
			break;
		if (nh.n_type != NT_GNU_BUILD_ID_NUMBER || nh.n_namesz != 4 ||
		    memcmp(notes + name, "GNU", 4) || nh.n_descsz != 20)
			continue;
		memcpy(id, notes + desc, 20);
		return 0;
	}
	return -ENOENT;
}

/* What a line of /proc/cpuinfo says behind its colon, of the first CPU. */
static bool cpu_line(const char *text, const char *name, char *out, size_t size)
{
	const char *p = strstr(text, name);

	p = p ? strstr(p, ": ") : NULL;
	if (p)
		snprintf(out, size, "%.*s", (int)strcspn(p + 2, "\n"), p + 2);
	return p != NULL;
}

/* x86-64 names the model, arm64 has numbers only. */
static int read_cpu_model(char *model, size_t size)
{
	char text[4096], maker[16], part[16];
	ssize_t len = read_file("/proc/cpuinfo", text, sizeof(text));

	if (len < 0)
		return len;
	if (cpu_line(text, "model name", model, size))
		return 0;
	if (!cpu_line(text, "CPU implementer", maker, sizeof(maker)) ||
	    !cpu_line(text, "CPU part", part, sizeof(part)))
		return -ENOENT;
	snprintf(model, size, "implementer %s part %s", maker, part);
	return 0;
}

static int read_harden(__le32 *harden)
{
	char text[16];
	ssize_t n = read_file("/proc/sys/net/core/bpf_jit_harden", text,
			      sizeof(text));

	if (n < 0)
		return n;
	*harden = cpu_to_le32(strtoul(text, NULL, 10));
	return 0;
}

static int failed(char *why, size_t size, int err, const char *what)
{
	snprintf(why, size, "cannot read %s: %s", what, strerror(-err));
	return err;
}

static int read_env(struct vouch_capture_env *env, char *why, size_t size)
{
	struct utsname uts;
	int err;

	if (uname(&uts))
		return failed(why, size, -errno, "the kernel's release");
	if (strlen(uts.release) >= sizeof(env->release))
		return failed(why, size, -E2BIG, "the kernel's release");
	memcpy(env->release, uts.release, strlen(uts.release));
	err = read_build_id(env->build_id);
	if (err)
		return failed(why, size, err,
			      "the build id in /sys/kernel/notes");
	err = read_cpu_model(env->cpu_model, sizeof(env->cpu_model));
	if (err)
		return failed(why, size, err,
			      "the model name in /proc/cpuinfo");
	err = read_harden(&env->jit_harden);
	if (err)
		return failed(why, size, err, "net.core.bpf_jit_harden");
	if (env->jit_harden) {
		snprintf(
			why, size,
			"the JIT blinds constants; set net.core.bpf_jit_harden to 0");
		return -EINVAL;
	}
	return 0;
}

/* The module's layout must be that of the running kernel's BTF. */
static int check_fact(const struct btf *btf,
		      const struct vouch_capture_fact *fact, char *why,
		      size_t size)
{
	struct vouch_capture_fact seen = *fact;

	if (!vouch_btf_layout(btf, &seen) && !memcmp(&seen, fact, sizeof(seen)))
		return 0;
	snprintf(
		why, size,
		"vouch_guest.ko and the kernel's BTF differ about %.31s.%.31s; build the module for this kernel",
		fact->structure, fact->field);
	return -EINVAL;
}

static int compare_facts(const void *a, const void *b)
{
	const struct vouch_capture_fact *x = a, *y = b;
	int cmp = strcmp(x->structure, y->structure);

	return cmp ? cmp : strcmp(x->field, y->field);
}

static int read_facts(struct vouch_kernel *kernel,
		      const struct vouch_guest_info *info, char *why,
		      size_t size)
{
	static const struct vouch_capture_fact private[] = {
		{ .structure = "bpf_lru_node", .field = "ref" },
		{ .structure = "htab_elem", .field = "key" },
		{ .structure = "htab_elem", .field = "lru_node" },
	};
	struct btf *btf = vouch_btf_kernel();
	u32 i, n = le32_to_cpu(info->n_facts);
	u32 n_all = n + le32_to_cpu(info->n_own_facts);
	int err = 0;

	if (!btf)
		return failed(why, size, -errno, "/sys/kernel/btf/vmlinux");
	for (i = 0; !err && i < n_all; i++) {
		err = check_fact(btf, &info->facts[i], why, size);
		if (i < n)
			kernel->facts[kernel->n_facts++] = info->facts[i];
	}
	for (i = 0; !err && i < sizeof(private) / sizeof(*private); i++) {
		struct vouch_capture_fact *f =
			&kernel->facts[kernel->n_facts++];

		*f = private[i];
		err = vouch_btf_layout(btf, f);
		if (err)
			snprintf(why, size, "the kernel's BTF has no %s.%s",
				 f->structure, f->field);
	}
	vouch_btf_free(btf);
	qsort(kernel->facts, kernel->n_facts, sizeof(*kernel->facts),
	      compare_facts);
	return err;
}

int vouch_kernel_read(struct vouch_kernel *kernel, char *why, size_t size)
{
	struct vouch_guest_info info;
	int fd, err;

	memset(kernel, 0, sizeof(*kernel));
	err = read_env(&kernel->env, why, size);
	if (err)
		return err;
	fd = vouch_guest_open();
	err = fd < 0 ? fd : vouch_guest_info(fd, &info);
	if (fd >= 0)
		close(fd);
	if (err) {
		snprintf(why, size,
			 "cannot use " VOUCH_GUEST_DEVICE
			 ": %s; load vouch_guest.ko of this version",
			 strerror(-err));
		return err;
	}
	kernel->env.arch = info.arch;
	kernel->env.features = info.features;
	kernel->env.nr_cpus = info.nr_cpus;
	return read_facts(kernel, &info, why, size);
}

json_t *vouch_kernel_hello(const struct vouch_kernel *kernel)
{
	static const struct {
		u32 bit;
		const char *name;
	} names[] = {
		{ VOUCH_FEATURE_RETHUNK, "rethunk" },
		{ VOUCH_FEATURE_RETPOLINE, "retpoline" },
		{ VOUCH_FEATURE_IBT, "ibt" },
		{ VOUCH_FEATURE_LA57, "la57" },
		{ VOUCH_FEATURE_CALL_DEPTH, "call_depth" },
	};
	char id[2 * sizeof(kernel->env.build_id) + 1];
	json_t *features = json_array();
	u32 i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (le32_to_cpu(kernel->env.features) & names[i].bit)
			json_array_append_new(features,
					      json_string(names[i].name));
	vouch_hex_write(kernel->env.build_id, sizeof(kernel->env.build_id), id);
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:s}", "role",
		"verifier", "version", VOUCH_VERSION, "release",
		kernel->env.release, "build_id", id, "cpu_model",
		kernel->env.cpu_model, "features", features, "nr_cpus",
		(json_int_t)le32_to_cpu(kernel->env.nr_cpus), "time",
		(json_int_t)time(NULL), "libbpf", vouch_load_library());
}
