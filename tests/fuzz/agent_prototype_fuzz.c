// SPDX-License-Identifier: BSD-2-Clause
/*
 * Tracepoints' prototypes in two kernels: both begin alike, and the input is
 * changes to the target's types.
 *
 * Parser: guest-verifier/agent/prototype.c
 */

#include "edits.h"

#include <bpf/libbpf.h>

#include "../../guest-verifier/agent/prototype.h"

static const char *const names[] = { "same", "deep", "forward", "long",
				     "nothing" };

/* typedef void (*btf_trace_NAME)(ARGS...) */
static void add_tracepoint(struct btf *btf, const char *name, const int *args,
			   u32 n)
{
	char type[64];
	int id = btf__add_func_proto(btf, 0);
	u32 i;

	fuzz_require(id > 0);
	for (i = 0; i < n; i++)
		fuzz_require(!btf__add_func_param(btf, "a", args[i]));
	id = btf__add_ptr(btf, id);
	snprintf(type, sizeof(type), "btf_trace_%s", name);
	fuzz_require(btf__add_typedef(btf, type, id) > 0);
}

static struct btf *make_types(void)
{
	struct btf *btf = btf__new_empty();
	int integer = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	int any = btf__add_ptr(btf, 0);
	int task = btf__add_struct(btf, "task_struct", 8), constant, pointer;
	int choice, part, deep, fwd;

	fuzz_require(!btf__add_field(btf, "pid", integer, 0, 0));
	constant = btf__add_const(btf, task);
	pointer = btf__add_ptr(btf, constant);
	choice = btf__add_enum(btf, "choice", 4);
	fuzz_require(!btf__add_enum_value(btf, "first", 1));
	part = btf__add_union(btf, "part", 4);
	fuzz_require(!btf__add_field(btf, "all", integer, 0, 0));
	deep = btf__add_ptr(btf, btf__add_ptr(btf, pointer));
	fwd = btf__add_ptr(btf, btf__add_fwd(btf, "sock", BTF_FWD_STRUCT));
	add_tracepoint(btf, "same", (int[]){ any, integer, pointer }, 3);
	add_tracepoint(btf, "deep", (int[]){ any, deep }, 2);
	add_tracepoint(btf, "forward", (int[]){ any, fwd, choice }, 3);
	add_tracepoint(btf, "long", (int[]){ any, part, task, choice, any }, 5);
	return btf;
}

static void compare(const struct btf *own, const u8 *raw, u32 size)
{
	struct btf *target = btf__new(raw, size);
	u32 i;

	if (libbpf_get_error(target))
		return;
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		enum vouch_prototype is =
			vouch_prototype_compare(own, target, names[i]);

		fuzz_require((is == VOUCH_PROTOTYPE_UNKNOWN) ==
			     !strcmp(names[i], "nothing"));
	}
	btf__free(target);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct btf *own;
	struct fuzz_input in = { data, len };
	struct fuzz_edited e;
	const void *raw;
	u32 size, i;
	u8 *copy;

	if (!own) {
		libbpf_set_print(NULL);
		own = make_types();
		for (i = 0; i < sizeof(names) / sizeof(*names) - 1; i++)
			fuzz_require(
				vouch_prototype_compare(own, own, names[i]) ==
				VOUCH_PROTOTYPE_SAME);
	}
	raw = btf__raw_data(own, &size);
	e = fuzz_editable(raw, size);
	fuzz_edit(&e, &in);
	size = (u32)e.len;
	copy = fuzz_edited_end(&e);
	compare(own, copy, size);
	free(copy);
	return 0;
}
