// SPDX-License-Identifier: BSD-2-Clause
/*
 * A capture against the HELLO of its connection and the symbols of its kernel.
 * All three begin as they should be and are changed as the input says; whatever
 * is accepted is compared once more, the long way.
 *
 * An input is a list of parts; each begins with a byte that says what is
 * changed, then a byte that says how often.
 *
 * Parser: host-bridge/check_kernel.c host-bridge/symbols.c
 */

#include "base.h"

#include "check_kernel.h"

#define TEXT_MAX 4096u
#define BUILD_ID "b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1"
#define STEP (2ull << 20) /* of KASLR */
#define MAX_SLIDES 512u

enum part {
	PART_SYMBOLS, /* the text */
	PART_ADD_SYMBOL,
	PART_HELLO,
	PART_ENV,
	PART_SYMS, /* of the capture */
	PART_AIM, /* a call */
	PART_SLIDE, /* all symbols at once */
	N_PARTS,
};

struct text {
	char s[TEXT_MAX + 1];
	size_t len;
};

static struct text symbols, hello;
static u64 slide;

static void begin(void)
{
	slide = 0;
	hello.len = (size_t)snprintf(
		hello.s, TEXT_MAX,
		"{\"release\":\"6.1.0-test-amd64\",\"cpu_model\":\"AMD EPYC "
		"Processor\",\"nr_cpus\":1,\"features\":[\"rethunk\"],"
		"\"build_id\":\"" BUILD_ID "\"}");
	symbols.len = 0;
}

static void add_line(struct text *t, u64 address, const char *name)
{
	char line[128];
	int n = snprintf(line, sizeof(line), "%016llx %s\n",
			 (unsigned long long)address, name);

	if (t->len + (size_t)n > TEXT_MAX)
		return;
	memcpy(t->s + t->len, line, (size_t)n);
	t->len += (size_t)n;
}

static void add_symbols(void)
{
	symbols.len = (size_t)snprintf(symbols.s, TEXT_MAX,
				       "build-id " BUILD_ID "\n");
	add_line(&symbols, FIXTURE_THUNK - slide, "srso_return_thunk");
	add_line(&symbols, FIXTURE_LOOKUP - slide, "__htab_map_lookup_elem");
}

static void add_symbol(struct fuzz_input *in)
{
	static const char *const names[] = { "srso_return_thunk",
					     "__htab_map_lookup_elem",
					     "commit_creds" };
	static const u64 places[] = { FIXTURE_THUNK, FIXTURE_LOOKUP,
				      FIXTURE_OTHER };
	u8 which = fuzz_u8(in);
	u64 steps = fuzz_u16(in);

	add_line(&symbols,
		 places[which % 3] - slide - steps * STEP +
			 (u64)(int8_t)fuzz_u8(in),
		 names[which / 3 % 3]);
}

static void change_text(struct text *t, u8 times, struct fuzz_input *in)
{
	struct fuzz_edited e = fuzz_editable(t->s, t->len);
	u8 i;

	if (e.max > TEXT_MAX)
		e.max = TEXT_MAX;
	for (i = 0; i < times % 8 && in->left; i++)
		fuzz_edit_once(&e, in);
	memcpy(t->s, e.data, e.len);
	t->len = e.len;
	free(e.data);
}

/* Changes that keep the length. */
static void change(void *p, size_t len, u8 times, struct fuzz_input *in)
{
	struct fuzz_edited e = fuzz_editable(p, len);
	u8 i;

	e.max = len;
	for (i = 0; i < times % 8 && in->left; i++)
		fuzz_edit_once(&e, in);
	memcpy(p, e.data, len);
	free(e.data);
}

static void aim(struct fixture *f, struct fuzz_input *in)
{
	static const u64 targets[] = { FIXTURE_LOOKUP, FIXTURE_THUNK,
				       FIXTURE_OTHER };
	u32 func = fuzz_u8(in) % 2, off = fuzz_u16(in) % FIXTURE_CODE;

	if (off + 5 <= f->funcs[func].len)
		fixture_aim(f, func, off, targets[fuzz_u8(in) % 3]);
}

static void change_part(struct fixture *f, struct fuzz_input *in)
{
	enum part part = fuzz_u8(in) % N_PARTS;
	u8 times = fuzz_u8(in);

	if (part == PART_SYMBOLS) {
		change_text(&symbols, times, in);
	} else if (part == PART_ADD_SYMBOL) {
		add_symbol(in);
	} else if (part == PART_HELLO) {
		change_text(&hello, times, in);
	} else if (part == PART_ENV) {
		change(&f->env, sizeof(f->env), times, in);
	} else if (part == PART_SYMS) {
		change(f->syms, sizeof(f->syms), times, in);
	} else if (part == PART_AIM) {
		aim(f, in);
	} else {
		slide = times * (fuzz_u8(in) % 4 ? STEP : 4096);
		add_symbols();
	}
}

/* ---- the long way ---- */

static bool has_symbol(u64 address, const char *name)
{
	char line[160];
	int n = snprintf(line, sizeof(line), "\n%016llx %s\n",
			 (unsigned long long)address, name);

	return memmem(symbols.s, symbols.len, line, (size_t)n);
}

/* Is every call by this slide where the capture says that it is? */
static bool all_at(const struct fixture *f, u64 by)
{
	const struct vouch_capture_prog_view *prog = &f->view.progs[0];
	u32 i, j, k;

	for (i = 0; i < f->chk.progs[0].n_funcs; i++) {
		const struct vouch_checked_func *c = &f->chk.progs[0].funcs[i];

		for (j = 0; j < c->n_fixups; j++) {
			u32 off = c->fixups[j].off;
			bool found = false;
			s32 rel;
			u64 to;

			if (c->fixups[j].kind != VOUCH_FIXUP_HELPER &&
			    c->fixups[j].kind != VOUCH_FIXUP_EXIT)
				continue;
			memcpy(&rel, prog->funcs[i].code + off + 1, 4);
			to = le64_to_cpu(prog->funcs[i].func->address) + off +
			     5 + (u64)(s64)rel;
			for (k = 0; k < prog->n_syms && !found; k++)
				found = le64_to_cpu(prog->syms[k]->address) ==
						to &&
					has_symbol(to - by,
						   prog->syms[k]->name);
			if (!found)
				return false;
		}
	}
	return true;
}

static void confirm_names(const struct fixture *f)
{
	u64 i;

	for (i = 0; i < MAX_SLIDES; i++)
		if (all_at(f, i * STEP))
			return;
	fuzz_require(false);
}

static void confirm_hello(const struct fixture *f, const json_t *json)
{
	const struct vouch_capture_env *env = f->view.env;
	const char *release =
		json_string_value(json_object_get(json, "release"));
	const char *model =
		json_string_value(json_object_get(json, "cpu_model"));

	fuzz_require(release && !strcmp(release, env->release));
	fuzz_require(model && !strcmp(model, env->cpu_model));
	fuzz_require(json_integer_value(json_object_get(json, "nr_cpus")) ==
		     le32_to_cpu(env->nr_cpus));
	fuzz_require(
		json_array_size(json_object_get(json, "features")) ==
		(size_t)__builtin_popcount(le32_to_cpu(env->features) & 31));
}

/* ---- the input ---- */

static void ask_hello(struct fixture *f)
{
	json_t *json = json_loadb(hello.s, hello.len, 0, NULL);
	int ret;

	if (!json)
		return;
	f->why.text[0] = 0;
	ret = vouch_check_hello(&f->view, json, &f->why);
	fuzz_require(!ret || (ret == -EPERM && f->why.text[0]));
	if (!ret)
		confirm_hello(f, json);
	json_decref(json);
}

static void ask_names(struct fixture *f, const u8 *data, size_t len)
{
	char *text = fuzz_copy(symbols.s, symbols.len);
	struct vouch_symbols *s = NULL;
	const char *why = NULL;
	int ret;

	fuzz_alloc_arm(data, len);
	ret = vouch_symbols_parse(text, symbols.len, &s, &why);
	if (!fuzz_alloc_disarm())
		fuzz_require(!ret || (ret == -EINVAL && why));
	free(text);
	if (ret)
		return;
	f->why.text[0] = 0;
	ret = vouch_check_names(&f->view, &f->chk, s, &f->why);
	fuzz_require(!ret || (ret == -EPERM && f->why.text[0]));
	if (!ret)
		confirm_names(f);
	vouch_symbols_free(s);
}

static void check(struct fixture *f, const u8 *data, size_t len)
{
	char reason[256] = "";
	const char *why = NULL;

	drop(f);
	write_capture(f);
	if (vouch_capture_parse(f->writer.buf, f->writer.len, &f->view, &why) ||
	    profile_of_json(f->profile, &f->target, reason, sizeof(reason)))
		return;
	ask_hello(f);
	if (!vouch_check(&f->view, f->object, f->object_len, NULL, f->target,
			 NULL, &f->chk, &f->why))
		ask_names(f, data, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct fixture f;
	struct fuzz_input in = { data, len };
	int i;

	fixture_init(&f);
	begin();
	add_symbols();
	for (i = 0; i < 16 && in.left; i++)
		change_part(&f, &in);
	check(&f, data, len);
	fixture_release(&f);
	return 0;
}
