/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small capture with its object, target profile and image key, which tests
 * of the bridge change in one place and expect to be refused.
 */
#ifndef VOUCH_BRIDGE_FIXTURE_H
#define VOUCH_BRIDGE_FIXTURE_H

#include "../../common/capture_write.h"
#include "../../host-bridge/link.h"

#define FIXTURE_CODE 512 /* room for a function */
#define FIXTURE_REFS 16
#define FIXTURE_FUNCS 3

/* Addresses in the imaginary verifier kernel. */
#define FIXTURE_TEXT 0xffffffffc0100000ull
#define FIXTURE_FUNC(i) (FIXTURE_TEXT + (i) * 0x1000ull)
#define FIXTURE_LOOKUP (FIXTURE_TEXT + 0x100000)
#define FIXTURE_THUNK (FIXTURE_TEXT + 0x200000)
#define FIXTURE_OTHER (FIXTURE_TEXT + 0x300000)

#define FIXTURE_CONST 0x1122334455667788ull /* the object's */
#define FIXTURE_CONST32 0x12345678u

struct fixture_func {
	u8 code[FIXTURE_CODE];
	u32 len;
	struct vouch_capture_ref refs[FIXTURE_REFS];
	u32 n_refs;
};

struct fixture {
	struct vouch_capture_env env;
	struct vouch_capture_fact facts[8];
	u32 n_facts;
	struct vouch_capture_map maps[4];
	u8 data[4][64]; /* of the maps */
	u32 n_maps;
	struct vouch_capture_prog prog;
	struct fixture_func funcs[FIXTURE_FUNCS];
	u32 n_funcs;
	struct vouch_capture_sym syms[4];
	u32 n_syms;
	u8 object[4096];
	size_t object_len;
	bool keep_hash; /* leave env.object as it is */
	char profile[4096];
	/* Made by fixture_check() */
	struct vouch_capture_writer writer;
	struct vouch_capture_view view;
	struct vouch_profile *target;
	struct vouch_checked chk;
	struct vouch_refusal why;
};

/* Offsets in function 0, for mutations. */
struct fixture_marks {
	u32 body, call, je, map, value, constant, subcall, mov, epilogue;
};
extern struct fixture_marks marks;

/* An extern in the object, for fixture_object(). */
struct fixture_extern {
	const char *name; /* NULL: none */
	u8 type;	  /* STT_* */
};

void fixture_init(struct fixture *f);
void fixture_release(struct fixture *f);

/* The object anew, with an undefined symbol or CO-RE relocations. */
void fixture_object(struct fixture *f, struct fixture_extern ext, bool core);

/* Checks (and releases what an earlier call made); -EPERM with f->why. */
int fixture_check(struct fixture *f);

/* Checks and links; fails the test if either does not succeed. */
void *fixture_link(struct fixture *f, size_t *len);

/* Puts bytes into function @func before the epilogue. */
void fixture_insert(struct fixture *f, u32 func, u32 off, const void *bytes,
		    u32 len);

/* Replaces @old in the profile, which must hold it, by @new. */
void fixture_profile(struct fixture *f, const char *old, const char *new);

/* Sets the rel32 at @off + 1 so that it reaches @target. */
void fixture_aim(struct fixture *f, u32 func, u32 off, u64 target);

#endif /* VOUCH_BRIDGE_FIXTURE_H */
