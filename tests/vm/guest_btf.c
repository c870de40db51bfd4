// SPDX-License-Identifier: BSD-2-Clause
/* BTF that refers to types that it does not have, from each place. */

#include <bpf/btf.h>

#include "guest-verifier/agent/btf_whole.h"
#include "guest_test.h"

#define NUMBER 1 /* the type that is there */
#define ABSENT 100

static void add_array(struct btf *btf, int type)
{
	btf__add_array(btf, NUMBER, type, 4);
}

static void add_index(struct btf *btf, int type)
{
	btf__add_array(btf, type, NUMBER, 4);
}

static void add_structure(struct btf *btf, int type)
{
	btf__add_struct(btf, "pair", 8);
	btf__add_field(btf, "first", NUMBER, 0, 0);
	btf__add_field(btf, "second", type, 32, 0);
}

static void add_union(struct btf *btf, int type)
{
	btf__add_union(btf, "either", 4);
	btf__add_field(btf, "one", type, 0, 0);
}

static void add_result(struct btf *btf, int type)
{
	btf__add_func_proto(btf, type);
}

static void add_parameter(struct btf *btf, int type)
{
	btf__add_func_proto(btf, NUMBER);
	btf__add_func_param(btf, "first", NUMBER);
	btf__add_func_param(btf, "second", type);
}

static void add_section(struct btf *btf, int type)
{
	btf__add_datasec(btf, ".data", 8);
	btf__add_datasec_var_info(btf, NUMBER, 0, 4);
	btf__add_datasec_var_info(btf, type, 4, 4);
}

static void add_pointer(struct btf *btf, int type)
{
	btf__add_ptr(btf, type);
}

static bool is_whole(void (*add)(struct btf *btf, int type), int type)
{
	struct btf *btf = btf__new_empty();
	const void *data;
	bool whole;
	u32 size;

	btf__add_int(btf, "number", 4, 0);
	add(btf, type);
	data = btf__raw_data(btf, &size);
	whole = data && vouch_btf_whole(data, size);
	btf__free(btf);
	return whole;
}

void vouch_test_btf(void)
{
	static const struct {
		void (*add)(struct btf *btf, int type);
		const char *from;
	} places[] = {
		{ add_array, "an array's elements" },
		{ add_index, "an array's index" },
		{ add_structure, "a member" },
		{ add_union, "a member of a union" },
		{ add_result, "a function's result" },
		{ add_parameter, "a parameter" },
		{ add_section, "a variable" },
		{ add_pointer, "a pointer" },
	};
	u32 i;

	for (i = 0; i < sizeof(places) / sizeof(*places); i++)
		vouch_test_check(is_whole(places[i].add, NUMBER) &&
					 !is_whole(places[i].add, ABSENT),
				 "BTF without the type of %s is broken",
				 places[i].from);
	vouch_test_check(!is_whole(add_pointer, NUMBER + 2),
			 "and so it is where the type would be the next");
	vouch_test_check(!vouch_btf_whole("\x9f\xeb\1", 3),
			 "and what libbpf cannot read");
}
