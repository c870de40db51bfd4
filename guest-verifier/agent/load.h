/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loading an object through libbpf, in the confined child. load*.c,
 * btf.c, collect.c, kconfig.c, prototype.c, relocate.c and run.c are the only
 * users of libbpf.
 */
#ifndef VOUCH_LOAD_H
#define VOUCH_LOAD_H

#include <jansson.h>

#include "capture_write.h"
#include "object.h"
#include "options.h"
#include "target.h"

struct bpf_map;
struct bpf_object;
struct bpf_program;
struct vouch_kernel;

enum vouch_verdict {
	VOUCH_VERDICT_ACCEPTED,
	VOUCH_VERDICT_REJECTED, /* by the verifier */
	VOUCH_VERDICT_UNSUPPORTED, /* by the agent, whatever the verifier says
				    */
	VOUCH_VERDICT_ERROR, /* anything else */
};

struct vouch_load_prog {
	struct bpf_program *prog;
	char *log_buf;
};

struct vouch_load {
	/* Given. */
	const struct vouch_object *object;
	const struct vouch_options *options;
	const struct vouch_target *target; /* NULL, or of no BTF: load as for
					    * the verifier kernel alone */
	int guest_fd; /* negative: load without capturing */
	bool native; /* to run here: all that it learns is this kernel's */
	bool full_log; /* have the verifier tell every step */
	bool quiet; /* have it tell nothing; only without capturing */

	/* Found. */
	struct bpf_object *bpf;
	char *kconfig; /* the target's settings that it asks for, or NULL */
	struct vouch_load_prog progs[VOUCH_MAX_PROGS];
	u32 n_progs;
	u32 pinned_maps[VOUCH_MAX_MAPS / 32]; /* bit per map */
	enum vouch_verdict verdict;
	int err; /* negative, of the load, or 0 */
	int failed; /* index of the program that failed, or -1 */
	bool usage; /* an error is the object's or an option's */
	char reason[1024]; /* unless accepted */
};

/**
 * vouch_load_object() - open, prepare and load an object.
 * @load: what and how; filled. Release with vouch_load_release().
 *
 * Return: true if the verifier accepted every program.
 */
bool vouch_load_object(struct vouch_load *load);

/**
 * vouch_load_result() - the result as JSON.
 * @load: after vouch_load_object()
 *
 * Return: a new object ("verdict", "reason", "programs", "log", "errno",
 * "usage"), or NULL when out of memory.
 */
json_t *vouch_load_result(const struct vouch_load *load);

/**
 * vouch_load_fail() - replace the verdict by an error.
 * @load: the load
 * @reason: format of the reason
 *
 * Return: false.
 */
bool vouch_load_fail(struct vouch_load *load, const char *reason, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * vouch_load_refuse() - replace the verdict: cannot be retargeted.
 * @load: the load
 * @prog: index of the program, or -1
 * @reason: format of the reason
 *
 * Return: false.
 */
bool vouch_load_refuse(struct vouch_load *load, int prog, const char *reason,
		       ...) __attribute__((format(printf, 3, 4)));

/**
 * vouch_load_blame() - say that an error is the object's or an option's.
 * @load: the load
 *
 * Return: false.
 */
bool vouch_load_blame(struct vouch_load *load);

/**
 * vouch_load_apply() - put the submission's options into the object.
 * @load: with the object opened
 *
 * Return: true, or false after vouch_load_fail().
 */
bool vouch_load_apply(struct vouch_load *load);

/**
 * vouch_load_refuse_map() - refuse a map for what it occupies.
 * @load: the load
 * @map: the map, of the object
 * @why: who has not the room
 *
 * Return: false.
 */
bool vouch_load_refuse_map(struct vouch_load *load, const struct bpf_map *map,
			   const char *why);

/**
 * vouch_load_maps_fit() - would the object's maps leave the VM memory?
 * @load: with the object opened and the options applied
 *
 * Before the kernel is asked, and all maps together: keys and values alone.
 *
 * Return: true, or false after vouch_load_refuse().
 */
bool vouch_load_maps_fit(struct vouch_load *load);

/**
 * vouch_load_listen() - keep what libbpf complains of from now on.
 *
 * What it said before is forgotten.
 */
void vouch_load_listen(void);

/**
 * vouch_load_explain() - say why libbpf or the kernel failed, and blame for it.
 * @load: with err, of a call after vouch_load_listen()
 * @what: what was done with the object, as "loading"
 *
 * Return: false, as vouch_load_fail() and vouch_load_refuse().
 */
bool vouch_load_explain(struct vouch_load *load, const char *what);

/**
 * vouch_load_map_section() - the section that a map holds.
 * @map: a map
 *
 * Return: its name, or NULL if it holds none.
 */
const char *vouch_load_map_section(const struct bpf_map *map);

/**
 * vouch_load_map_name() - the name of a map in captures and results.
 * @map: a map of a loaded object
 *
 * Return: its name; of an internal map the section's name, as ".rodata".
 */
const char *vouch_load_map_name(const struct bpf_map *map);

/**
 * vouch_load_library() - the version of libbpf that loads objects.
 *
 * Return: a constant text.
 */
const char *vouch_load_library(void);

/** vouch_load_release() - close the object; its programs and maps vanish. */
void vouch_load_release(struct vouch_load *load);

/**
 * vouch_collect_capture() - write the capture of a loaded object.
 * @load: an accepted load with a guest_fd
 * @kernel: the kernel's facts
 * @privileges: VOUCH_PRIV_* of this process
 * @hash: of the object
 * @w: filled
 *
 * Return: true, or false after vouch_load_fail().
 */
bool vouch_collect_capture(struct vouch_load *load,
			   const struct vouch_kernel *kernel, u32 privileges,
			   const u8 hash[VOUCH_HASH_LEN],
			   struct vouch_capture_writer *w);

#endif /* VOUCH_LOAD_H */
