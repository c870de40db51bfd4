/* SPDX-License-Identifier: BSD-2-Clause */
/* What a fixture consists of: an object, its capture and a profile. */
#ifndef VOUCH_FIXTURE_H
#define VOUCH_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <linux/bpf.h>
#include <linux/btf.h>

#include "../../common/capture_write.h"
#include "../../host-bridge/crypto.h"
#include "../../host-bridge/link.h"
#include "profile_fixture.h"

#define FIXTURE_CODE 512 /* room for a function */
#define FIXTURE_REFS 16
#define FIXTURE_EXTABLE 4
#define FIXTURE_FUNCS 3

/* Addresses in the imaginary verifier kernel. */
#define FIXTURE_TEXT 0xffffffffc0100000ull
#define FIXTURE_FUNC(i) (FIXTURE_TEXT + (i)*0x1000ull)
#define FIXTURE_LOOKUP (FIXTURE_TEXT + 0x100000)
#define FIXTURE_THUNK (FIXTURE_TEXT + 0x200000)
#define FIXTURE_OTHER (FIXTURE_TEXT + 0x300000)

#define FIXTURE_CONST 0x1122334455667788ull /* the object's */
#define FIXTURE_CONST32 0x12345678u
#define FIXTURE_RELOCATED 0x0badf00d /* in a call that is relocated */
#define FIXTURE_RELOCATED64 0x0badf00d0badf00dull

/* The variables of the object: greeting, limit, way, flag. */
#define FIXTURE_DATA "hello\0\0\0\5\0\0\0\1\0\1\0"

struct fixture_func {
	u8 code[FIXTURE_CODE];
	u32 len;
	struct vouch_capture_ref refs[FIXTURE_REFS];
	struct vouch_capture_extable extable[FIXTURE_EXTABLE];
	u32 n_extable;
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
	u8 object[4096] __attribute__((aligned(8)));
	size_t object_len;
	const char *options; /* JSON, or NULL */
	u32 nearer; /* bytes by which other functions lie lower */
	bool keep_hash; /* leave env.object as it is */
	bool object_calls_tail; /* instead of looking up */
	char profile[4096];
	u32 instance;
	const struct vouch_retargeting *retargeted; /* NULL: not compared */
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
static struct fixture_marks marks;

/* An extern in the object, for fixture_object(). */
struct fixture_extern {
	const char *name; /* NULL: none */
	u32 kind; /* BTF_KIND_VAR or _FUNC; 0: BTF says nothing */
	const char *section; /* that holds it in BTF */
};

#endif /* VOUCH_FIXTURE_H */
