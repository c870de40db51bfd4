// SPDX-License-Identifier: BSD-2-Clause
/* Objects for a target whose kernel differs from the verifier kernel. */

#include <bpf/btf.h>
#include <stdio.h>
#include <stdlib.h>

#include "guest-verifier/agent/btf.h"
#include "guest-verifier/agent/file.h"
#include "guest-verifier/agent/verify.h"
#include "guest_test.h"

#define SIZE_MORE 64

static struct vouch_kernel kernel;

/* Of the verifier kernel. */
static u32 pid, tgid, task_size;

/* A target, with the lengths that a frame would give. */
struct frame {
	u8 *blob;
	size_t len;
	json_t *json;
};

struct outcome {
	json_t *result;
	struct vouch_test_capture capture;
};

static const char *text_of(const json_t *json, const char *key)
{
	const char *s = json_string_value(json_object_get(json, key));

	return s ? s : "";
}

static struct btf_member *member_of(const struct btf *btf, const char *name)
{
	s32 id = btf__find_by_name_kind(btf, "task_struct", BTF_KIND_STRUCT);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, id) : NULL;
	u32 i;

	for (i = 0; t && i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(btf,
						btf_members(t)[i].name_off),
			    name))
			return (struct btf_member *)&btf_members(t)[i];
	return NULL;
}

/* The fields exchanged, a larger structure, and one field by another name. */
static struct btf *mutated(void)
{
	struct btf *btf = vouch_btf_kernel();
	s32 id = btf__find_by_name_kind(btf, "task_struct", BTF_KIND_STRUCT);
	s32 name = btf__add_str(btf, "vouch_there");
	struct btf_member *a = member_of(btf, "pid");
	struct btf_member *b = member_of(btf, "tgid");
	struct btf_member *c = member_of(btf, "exit_code");
	u32 offset;

	if (!a || !b || !c || name < 0) {
		vouch_test_check(false, "the kernel's BTF has what is needed");
		return btf;
	}
	offset = a->offset;
	pid = a->offset / 8;
	tgid = b->offset / 8;
	a->offset = b->offset;
	b->offset = offset;
	c->name_off = (u32)name;
	task_size = btf__type_by_id(btf, (u32)id)->size;
	((struct btf_type *)btf__type_by_id(btf, (u32)id))->size += SIZE_MORE;
	return btf;
}

static void make_frame(struct frame *f, const char *object, struct btf *btf,
		       const char *kconfig, const void *list, size_t list_len)
{
	char path[128];
	size_t object_len = 0, at;
	u32 btf_len = 0;
	const void *raw = btf ? btf__raw_data(btf, &btf_len) : NULL;
	size_t kconfig_len = btf ? strlen(kconfig) : 0;
	void *data;

	snprintf(path, sizeof(path), "/objects/%s.o", object);
	data = vouch_file_read(path, VOUCH_MAX_OBJECT, &object_len);
	vouch_test_check(data, "%s is there", path);
	f->len = object_len + btf_len + kconfig_len + list_len;
	f->blob = malloc(f->len);
	at = object_len;
	memcpy(f->blob, data, object_len);
	if (btf_len)
		memcpy(f->blob + at, raw, btf_len);
	at += btf_len;
	memcpy(f->blob + at, kconfig, kconfig_len);
	if (list_len)
		memcpy(f->blob + at + kconfig_len, list, list_len);
	f->json = json_pack("{s:{s:I, s:I, s:I, s:I}, s:s}", "parts", "object",
			    (json_int_t)object_len, "btf", (json_int_t)btf_len,
			    "kconfig", (json_int_t)kconfig_len, "retarget",
			    (json_int_t)list_len, "release", "6.1.77-vouch");
	free(data);
}

static void verify(const char *object, struct btf *btf, const char *kconfig,
		   const void *list, size_t list_len, struct outcome *o)
{
	const struct vouch_options options = { .allow_perfmon = true };
	struct vouch_target_object data;
	struct vouch_target target;
	const char *why = "";
	struct frame f;

	memset(o, 0, sizeof(*o));
	make_frame(&f, object, btf, kconfig, list, list_len);
	if (vouch_target_read(f.json, f.blob, f.len, &data, &target, &why))
		vouch_test_check(false, "%s: %s", object, why);
	o->result = vouch_verify_object(&kernel, &options, &target, data.data,
					data.size, &o->capture.data,
					&o->capture.len);
	if (o->capture.data &&
	    vouch_capture_parse(o->capture.data, o->capture.len,
				&o->capture.view, &why))
		vouch_test_check(false, "%s: %s", object, why);
	vouch_target_release(&target);
	free(f.blob);
	json_decref(f.json);
}

static void release(struct outcome *o)
{
	vouch_capture_release(&o->capture.view);
	free(o->capture.data);
	json_decref(o->result);
	memset(o, 0, sizeof(*o));
}

static const struct bpf_insn *find_insn(const struct outcome *o, u32 prog,
					u8 code, s32 imm)
{
	const struct vouch_capture_prog_view *p = &o->capture.view.progs[prog];
	const struct bpf_insn *insns = (const void *)p->insns;
	u32 i;

	for (i = 0; i < p->n_insns; i++)
		if (insns[i].code == code && insns[i].imm == imm)
			return &insns[i];
	return NULL;
}

static bool moves(const struct outcome *o, u32 value)
{
	return find_insn(o, 1, BPF_ALU64 | BPF_MOV | BPF_K, (s32)value);
}

static s32 setting(const struct outcome *o, u32 offset)
{
	s32 value = -1;
	u32 i;

	for (i = 0; i < o->capture.view.n_maps; i++) {
		const struct vouch_capture_map_view *m =
			&o->capture.view.maps[i];

		if (!strcmp(m->map->name, ".kconfig") &&
		    offset + sizeof(value) <= le32_to_cpu(m->map->data_len))
			memcpy(&value, m->data + offset, sizeof(value));
	}
	return value;
}

static bool is_setting(const struct outcome *o, s32 value)
{
	return setting(o, 0) == value || setting(o, 4) == value ||
	       setting(o, 8) == value;
}

static const struct vouch_access *first_access(const struct outcome *o)
{
	const struct vouch_capture_prog_view *p = &o->capture.view.progs[0];
	u32 i;

	for (i = 0; i < p->n_accesses; i++)
		if (le32_to_cpu(p->accesses[i].access->base) == VOUCH_BASE_BTF)
			return p->accesses[i].access;
	return NULL;
}

static bool reads_field(const struct outcome *o, u32 verified, u32 there)
{
	const struct vouch_access *a = first_access(o);

	return a && le32_to_cpu(a->offset) == verified &&
	       ((const struct bpf_insn *)(a + 1))->off == (short)there;
}

static bool accepted(const struct outcome *o)
{
	return !strcmp(text_of(o->result, "verdict"), "accepted") &&
	       o->capture.view.n_progs;
}

#define KCONFIG "CONFIG_HZX=7\nCONFIG_HZ=321\n# CONFIG_BPF_SYSCALL is not set\n"

static void values_are_the_targets(struct btf *btf)
{
	struct outcome o;

	verify("relocate", btf, KCONFIG, NULL, 0, &o);
	vouch_test_check(accepted(&o), "an object is verified for a target: %s",
			 text_of(o.result, "reason"));
	if (!accepted(&o)) {
		printf("%s\n", text_of(o.result, "log"));
		release(&o);
		return;
	}
	vouch_test_check(
		reads_field(&o, pid, pid),
		"a load from a structure keeps the verifier kernel's offset");
	vouch_test_check(
		moves(&o, tgid) && moves(&o, pid),
		"offsets as numbers are the target's, exchanged ones too");
	vouch_test_check(moves(&o, 0x1111),
			 "a field that only the target has exists");
	vouch_test_check(moves(&o, task_size + SIZE_MORE) &&
				 !moves(&o, task_size),
			 "a size is the target's");
	vouch_test_check(is_setting(&o, 0x6014d),
			 "the version is the target's");
	vouch_test_check(is_setting(&o, 321), "a setting is the target's");
	vouch_test_check(moves(&o, 0x4444) && !moves(&o, 0x3333),
			 "a setting that the target has not got is not set");
	vouch_test_check(
		!vouch_all_zero(o.capture.view.env->layout, 32) &&
			vouch_all_zero(o.capture.view.env->retarget, 32),
		"the capture says for which target it is");
	release(&o);
}

static void own_kernel_is_as_before(void)
{
	struct outcome o;

	verify("relocate", NULL, "", NULL, 0, &o);
	vouch_test_check(!strcmp(text_of(o.result, "verdict"), "unsupported"),
			 "without a target's BTF such an object is refused: %s",
			 text_of(o.result, "reason"));
	release(&o);
}

static void bitfields_are_refused(struct btf *btf)
{
	struct outcome o;

	verify("refuse/bitfield", btf, KCONFIG, NULL, 0, &o);
	vouch_test_check(
		!strcmp(text_of(o.result, "verdict"), "unsupported") &&
			strstr(text_of(o.result, "reason"), "task_struct") &&
			strstr(text_of(o.result, "reason"),
			       "BPF_CORE_READ_BITFIELD"),
		"a bitfield through a pointer is refused by name: %s",
		text_of(o.result, "reason"));
	release(&o);
}

/* Weak ones read 0, as "relocate" does. */
static void settings_that_are_not_set_are_refused(struct btf *btf)
{
	struct outcome o;

	verify("refuse/strong", btf, KCONFIG, NULL, 0, &o);
	vouch_test_check(
		!strcmp(text_of(o.result, "verdict"), "unsupported") &&
			strstr(text_of(o.result, "reason"),
			       "CONFIG_BPF_SYSCALL is not set"),
		"a strong extern that the target has not got is refused by "
		"name: %s",
		text_of(o.result, "reason"));
	release(&o);
	verify("refuse/strong", btf, KCONFIG "CONFIG_BPF_SYSCALL=y\n", NULL, 0,
	       &o);
	vouch_test_check(accepted(&o), "and accepted where it is set: %s",
			 text_of(o.result, "reason"));
	release(&o);
}

static u8 *make_list(const struct outcome *o, short off, size_t *len)
{
	const struct vouch_access *a = first_access(o);
	struct vouch_retarget_head *head;
	struct vouch_replacement *r;
	struct bpf_insn *insn;

	*len = sizeof(*head) + sizeof(*r) + sizeof(*insn);
	head = calloc(1, *len);
	r = (void *)(head + 1);
	insn = (void *)(r + 1);
	memcpy(head->magic, VOUCH_RETARGET_MAGIC, sizeof(head->magic));
	head->version = cpu_to_le32(VOUCH_RETARGET_VERSION);
	head->n_entries = cpu_to_le32(1);
	head->size = cpu_to_le64(*len);
	r->insn = a->insn;
	r->base = a->base;
	memcpy(r->expected, a->code, sizeof(r->expected));
	r->n_insns = cpu_to_le32(1);
	memcpy(insn, a + 1, sizeof(*insn));
	insn->off = off;
	return (u8 *)head;
}

static void second_pass_replaces(struct btf *btf)
{
	struct outcome o, p;
	size_t len;
	u8 *list;

	verify("relocate", btf, KCONFIG, NULL, 0, &o);
	if (!accepted(&o)) {
		release(&o);
		return;
	}
	list = make_list(&o, (short)tgid, &len);
	verify("relocate", btf, KCONFIG, list, len, &p);
	vouch_test_check(accepted(&p) && reads_field(&p, pid, tgid),
			 "the second pass puts the target's offset there: %s",
			 text_of(p.result, "reason"));
	vouch_test_check(
		accepted(&p) &&
			!vouch_all_zero(p.capture.view.env->retarget, 32),
		"and the capture says by which list");
	release(&p);
	free(list);
	list = make_list(&o, (short)(tgid + 4), &len);
	verify("relocate", btf, KCONFIG, list, len, &p);
	vouch_test_check(
		!strcmp(text_of(p.result, "verdict"), "error") &&
			strstr(text_of(p.result, "reason"), "relocation"),
		"a list that contradicts the object's relocation is refused: %s",
		text_of(p.result, "reason"));
	release(&p);
	free(list);
	release(&o);
}

static struct btf_type *prototype_of(const struct btf *btf)
{
	s32 id = btf__find_by_name_kind(btf, "btf_trace_sched_switch",
					BTF_KIND_TYPEDEF);
	const struct btf_type *t = btf__type_by_id(btf, (u32)id);

	t = t ? btf__type_by_id(btf, t->type) : NULL;
	t = t ? btf__type_by_id(btf, t->type) : NULL;
	return t && btf_is_func_proto(t) ? (struct btf_type *)t : NULL;
}

static void other_arguments_are_refused(struct btf *btf)
{
	struct btf_type *proto = prototype_of(btf);
	struct btf_param *params = proto ? btf_params(proto) : NULL;
	struct outcome o;
	u32 type;
	u32 n = proto ? btf_vlen(proto) : 0;

	vouch_test_check(n == 5, "the tracepoint's prototype is known");
	if (n != 5)
		return;
	type = params[2].type;
	params[2].type = params[1].type;
	/* Makes libbpf forget the bytes that it had made of the types. */
	btf__add_str(btf, "again");
	verify("relocate", btf, KCONFIG, NULL, 0, &o);
	vouch_test_check(strstr(text_of(o.result, "reason"),
				"sched_switch has other arguments"),
			 "an argument of another type is refused: %s",
			 text_of(o.result, "reason"));
	release(&o);
	params[2].type = type;
}

static const char *read_wrong(json_t *parts, const char *release_text,
			      size_t len)
{
	struct vouch_target_object object;
	struct vouch_target target;
	const char *why = "";
	json_t *json = json_pack("{s:o, s:s}", "parts", parts, "release",
				 release_text);

	if (!vouch_target_read(json, "0123456789", len, &object, &target,
			       &why)) {
		vouch_target_release(&target);
		why = "";
	}
	json_decref(json);
	return why;
}

static json_t *parts_of(int object, int btf, int kconfig, int list)
{
	return json_pack("{s:i, s:i, s:i, s:i}", "object", object, "btf", btf,
			 "kconfig", kconfig, "retarget", list);
}

static void wrong_parts_are_refused(void)
{
	vouch_test_check(!*read_wrong(parts_of(4, 3, 3, 0), "6.1", 10),
			 "parts that add up are read");
	vouch_test_check(*read_wrong(parts_of(4, 3, 3, 1), "6.1", 10),
			 "parts that do not add up are refused");
	vouch_test_check(*read_wrong(parts_of(14, -2, -2, 0), "6.1", 10),
			 "parts of negative length are refused");
	vouch_test_check(*read_wrong(parts_of(4, 6, 0, 0), "6.1", 10),
			 "BTF without settings is refused");
	vouch_test_check(*read_wrong(parts_of(4, 3, 3, 0), "", 10),
			 "BTF without a release is refused");
	vouch_test_check(*read_wrong(parts_of(4, 0, 0, 6), "6.1", 10),
			 "replacements that are none are refused");
}

void vouch_test_retarget(void)
{
	char why[256];
	struct btf *btf;

	if (vouch_kernel_read(&kernel, why, sizeof(why))) {
		vouch_test_check(false, "%s", why);
		return;
	}
	btf = mutated();
	wrong_parts_are_refused();
	own_kernel_is_as_before();
	values_are_the_targets(btf);
	bitfields_are_refused(btf);
	settings_that_are_not_set_are_refused(btf);
	second_pass_replaces(btf);
	other_arguments_are_refused(btf);
	btf__free(btf);
}
