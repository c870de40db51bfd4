// SPDX-License-Identifier: BSD-2-Clause
/* Opening an object, applying options, loading it. */

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "bpf_call.h"
#include "btf.h"
#include "btf_whole.h"
#include "confine.h"
#include "guest.h"
#include "kconfig.h"
#include "load.h"
#include "prototype.h"
#include "relocate.h"

#define STATS_LOG (64u << 10) /* bytes for a summary */
#define FULL_LOG (64u << 20) /* bytes for every step */
#define LEVEL_STATS 4
#define LEVEL_STEPS 1

/* How libbpf finds the target's BTF. */
#define STRING(x) #x
#define FD_PATH(fd) "/proc/self/fd/" STRING(fd)
#define BTF_PATH FD_PATH(VOUCH_CONFINE_BTF)

bool vouch_load_fail(struct vouch_load *load, const char *reason, ...)
{
	va_list args;

	va_start(args, reason);
	vsnprintf(load->reason, sizeof(load->reason), reason, args);
	va_end(args);
	load->verdict = VOUCH_VERDICT_ERROR;
	return false;
}

bool vouch_load_refuse(struct vouch_load *load, int prog, const char *reason,
		       ...)
{
	va_list args;

	va_start(args, reason);
	vsnprintf(load->reason, sizeof(load->reason), reason, args);
	va_end(args);
	load->verdict = VOUCH_VERDICT_UNSUPPORTED;
	load->failed = prog;
	return false;
}

bool vouch_load_blame(struct vouch_load *load)
{
	load->usage = true;
	return false;
}

/* Is it known what the program is to find on its target? */
static bool for_target(const struct vouch_load *load)
{
	return load->target && load->target->btf_len;
}

static bool judge_object(struct vouch_load *load)
{
	char why[512];
	int err;

	if (load->object->btf.data &&
	    !vouch_btf_whole(load->object->btf.data, load->object->btf.size)) {
		vouch_load_fail(load, "the object's BTF is broken");
		return vouch_load_blame(load);
	}
	if (load->options->record)
		return true;
	err = vouch_btf_judge(load->object, load->native || for_target(load),
			      why, sizeof(why));
	if (!err && for_target(load))
		err = vouch_kconfig_text(load->object, load->target,
					 &load->kconfig, why, sizeof(why));
	if (!err)
		return true;
	if (err == -EOPNOTSUPP)
		return vouch_load_refuse(load, -1, "%s", why);
	vouch_load_fail(load, "%s", why);
	return vouch_load_blame(load);
}

static bool open_object(struct vouch_load *load, const char *btf_path)
{
	/* A fixed name: it becomes part of the names of maps. */
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "vouch",
		    .kconfig = load->kconfig, .btf_custom_path = btf_path);

	load->bpf = bpf_object__open_mem(load->object->data, load->object->size,
					 &opts);
	if (load->bpf)
		return true;
	load->err = -errno;
	return vouch_load_explain(load, "opening");
}

/* Names go into captures, symbols and logs: what fits there, or nothing. */
static bool name_fits(const char *name, bool text)
{
	char field[64] = { 0 };

	if (strlen(name) >= sizeof(field))
		return false;
	memcpy(field, name, strlen(name));
	return text ? vouch_text_ok(field, sizeof(field))
		    : vouch_name_ok(field, sizeof(field));
}

static bool judge_names(struct vouch_load *load)
{
	struct bpf_program *prog;
	struct bpf_map *map;
	u32 i = 0;

	bpf_object__for_each_program(prog, load->bpf) {
		if (!name_fits(bpf_program__name(prog), false) ||
		    !name_fits(bpf_program__section_name(prog), true))
			return vouch_load_fail(
				load,
				"the name or section of program %u has more than 63 characters, or one that is not printable ASCII",
				i);
		i++;
	}
	i = 0;
	bpf_object__for_each_map(map, load->bpf) {
		if (!name_fits(vouch_load_map_name(map), false))
			return vouch_load_fail(
				load,
				"the name of map %u has more than 63 characters, or one that is not printable ASCII",
				i);
		i++;
	}
	return true;
}

static bool is_chosen(const struct vouch_options *o, const char *name)
{
	u32 i;

	for (i = 0; i < o->n_programs; i++)
		if (!strcmp(o->programs[i].name, name))
			return true;
	return !o->n_programs;
}

static bool find_chosen(struct vouch_load *load)
{
	const struct vouch_options *o = load->options;
	u32 i;

	for (i = 0; i < o->n_programs; i++)
		if (!bpf_object__find_program_by_name(load->bpf,
						      o->programs[i].name))
			return vouch_load_fail(
				load, "programs: the object has no program %s",
				o->programs[i].name);
	return true;
}

static bool judge_programs(struct vouch_load *load)
{
	struct bpf_program *prog;

	if (!find_chosen(load))
		return false;
	bpf_object__for_each_program(prog, load->bpf) {
		if (!is_chosen(load->options, bpf_program__name(prog))) {
			bpf_program__set_autoload(prog, false);
			continue;
		}
		if (load->n_progs == VOUCH_MAX_PROGS)
			return vouch_load_fail(
				load, "the object has more than %u programs",
				VOUCH_MAX_PROGS);
		load->progs[load->n_progs++].prog = prog;
		bpf_program__set_autoload(prog, true);
	}
	return load->n_progs ||
	       vouch_load_fail(load, "the object has no program");
}

static bool prepare_maps(struct vouch_load *load)
{
	struct bpf_map *map;
	u32 i = 0;

	bpf_object__for_each_map(map, load->bpf) {
		if (i == VOUCH_MAX_MAPS)
			return vouch_load_fail(
				load, "the object has more than %u maps",
				VOUCH_MAX_MAPS);
		/* Nothing of a submission may outlive it in this VM. */
		if (bpf_map__pin_path(map)) {
			load->pinned_maps[i / 32] |= 1u << i % 32;
			bpf_map__set_pin_path(map, NULL);
		}
		i++;
	}
	return true;
}

const char *vouch_load_map_section(const struct bpf_map *map)
{
	return bpf_map__is_internal(map) ? strchr(bpf_map__name(map), '.')
					 : NULL;
}

/* libbpf puts the object's name before the section's. */
const char *vouch_load_map_name(const struct bpf_map *map)
{
	const char *section = vouch_load_map_section(map);

	return section ? section : bpf_map__name(map);
}

static char *new_log(size_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static int arm(const struct vouch_load *load, const struct vouch_load_prog *p,
	       u32 i)
{
	size_t size = 0;
	const void *list =
		load->target ? vouch_target_entries(load->target, i, &size)
			     : NULL;

	return vouch_guest_arm(load->guest_fd, p->log_buf,
			       load->object->n_insns, list, size);
}

/*
 * The log's buffer designates the load for the module, so that each program
 * has its own; the full log, made in a run of its own without the module,
 * is the last program's.
 */
static bool prepare_logs(struct vouch_load *load)
{
	u32 size = load->full_log ? FULL_LOG : STATS_LOG;
	char *shared = load->full_log ? new_log(size) : NULL;
	u32 i;

	if (load->quiet)
		return true;
	for (i = 0; i < load->n_progs; i++) {
		struct vouch_load_prog *p = &load->progs[i];
		int err = 0;

		p->log_buf = load->full_log ? shared : new_log(size);
		if (!p->log_buf)
			return vouch_load_fail(load, "no memory for logs");
		bpf_program__set_log_buf(p->prog, p->log_buf, size);
		bpf_program__set_log_level(
			p->prog,
			LEVEL_STATS | (load->full_log ? LEVEL_STEPS : 0));
		if (load->guest_fd >= 0)
			err = arm(load, p, i);
		if (err)
			return vouch_load_fail(
				load, "arming the guest module for %s: %s",
				bpf_program__name(p->prog), strerror(-err));
	}
	return true;
}

static bool prepare_object(struct vouch_load *load, const char *btf_path)
{
	vouch_load_listen();
	load->n_progs = 0;
	memset(load->pinned_maps, 0, sizeof(load->pinned_maps));
	if (!open_object(load, btf_path))
		return false;
	if (!judge_names(load) || !judge_programs(load) || !prepare_maps(load))
		return vouch_load_blame(load);
	return vouch_load_apply(load) && vouch_load_maps_fit(load);
}

static bool load_prepared(struct vouch_load *load)
{
	if (!prepare_logs(load))
		return false;
	if (!bpf_object__load(load->bpf))
		return true;
	load->err = -errno;
	return vouch_load_explain(load, "loading");
}

static void close_object(struct vouch_load *load)
{
	bpf_object__close(load->bpf);
	load->bpf = NULL;
}

static bool copy_programs(struct vouch_load *load, struct vouch_relocate *r)
{
	static const char *const paths[] = { NULL, BTF_PATH };
	u32 i;

	for (i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		if (!prepare_object(load, paths[i]) ||
		    (!i && !load->options->record &&
		     !vouch_prototype_judge(load)))
			return false;
		load->err = vouch_relocate_copy(load, r, paths[i]);
		if (load->err)
			return vouch_load_explain(load, "loading");
		close_object(load);
	}
	return !vouch_relocate_begin(r) ||
	       vouch_load_fail(
		       load,
		       "the object's relocations change what its instructions are");
}

/* Logs are the last round's: each has buffers of its own. */
static void forget_round(struct vouch_load *load)
{
	u32 i;

	close_object(load);
	vouch_guest_disarm(load->guest_fd);
	for (i = 0; i < load->n_progs; i++) {
		munmap(load->progs[i].log_buf, STATS_LOG);
		load->progs[i].log_buf = NULL;
	}
}

static bool load_mixed(struct vouch_load *load, struct vouch_relocate *r)
{
	bool again = true;
	int round;

	for (round = 0; again && round < VOUCH_RELOCATE_ROUNDS; round++) {
		if (round)
			forget_round(load);
		if (!prepare_object(load, NULL) || !load_prepared(load))
			return false;
		again = false;
		if (load->guest_fd >= 0 &&
		    !vouch_relocate_judge(load, r, &again))
			return false;
	}
	return !again ||
	       vouch_load_refuse(
		       load, -1,
		       "an access of the object is through the context or a kernel structure only if it is relocated for the verifier kernel");
}

static bool load_for_target(struct vouch_load *load)
{
	struct vouch_relocate r = { 0 };
	bool good;

	vouch_bpf_call_kernel(load->target->release,
			      vouch_kconfig_wraps(load->target));
	good = copy_programs(load, &r) && load_mixed(load, &r);
	vouch_relocate_release(&r);
	vouch_bpf_call_kernel(NULL, false);
	return good;
}

bool vouch_load_object(struct vouch_load *load)
{
	bool good;

	load->failed = -1;
	if (!judge_object(load))
		return false;
	if (for_target(load))
		good = load_for_target(load);
	else
		good = prepare_object(load, NULL) && load_prepared(load);
	if (good)
		load->verdict = VOUCH_VERDICT_ACCEPTED;
	return good;
}

void vouch_load_release(struct vouch_load *load)
{
	close_object(load);
	free(load->kconfig);
	load->kconfig = NULL;
}

const char *vouch_load_library(void)
{
	return libbpf_version_string();
}
