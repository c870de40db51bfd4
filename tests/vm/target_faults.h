/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of failing allocations, in the VM, have in common. */
#ifndef TARGET_FAULTS_H
#define TARGET_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

#include "debug.h"
#include "vouch_target_abi.h"

/* A request's argument, which a fault may leave half written: set up anew. */
union target_arg {
	struct vouch_target_info info;
	struct vouch_target_floor floor;
	struct vouch_target_admit admit;
	struct vouch_target_image_info image;
	struct vouch_target_prog_info prog;
	struct vouch_target_map_info map;
	struct vouch_target_attach attach;
	struct vouch_target_attach_info attached;
	struct vouch_target_map_op op;
	struct vouch_target_test_run run;
	struct vouch_target_records records;
};

extern union target_arg arg;

/* Begin a request: clears arg. */
bool request(unsigned long number);

/* Make the request that was begun: 0 or -errno. */
int ask(void);

/* What a call that fails must leave as it was; did it? */
bool remember(void);
bool unchanged(void);

/* The file of an image to be loaded by do_load(). */
void use_image(const char *file);
int do_load(void);
bool undo_load(void);

/*
 * A verdict for a call, each @step-th of whose faults is tried; how often it
 * failed.
 */
unsigned int try_one(const char *what, const char *of,
		     const struct vouch_fault *f, unsigned int step);

/* The same, until @enough says so; see vouch_debug_fail_until(). */
unsigned int try_until(const char *what, const char *of,
		       const struct vouch_fault *f, unsigned int step,
		       bool (*enough)(void));

/* Has the image "kinds" such a program? */
bool has_prog(const char *name);

/* Each kind of hook that the kernel at hand offers; how often it failed. */
unsigned int try_hooks(unsigned int step);

/* A verdict for each call, all of whose faults are tried. */
void try_all(const struct vouch_fault *faults, size_t n);

#endif /* TARGET_FAULTS_H */
