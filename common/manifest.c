// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The one parser of requirements and record, for signer and target. */

#include "manifest.h"

static const char *const licenses[] = {
	/* license_is_gpl_compatible() of include/linux/license.h */
	"GPL",
	"GPL v2",
	"GPL and additional rights",
	"Dual BSD/GPL",
	"Dual MIT/GPL",
	"Dual MPL/GPL",
	/* what every other licence becomes */
	"Proprietary",
};

bool vouch_license_ok(const char *license)
{
	size_t i;

	for (i = 0; i < sizeof(licenses) / sizeof(licenses[0]); i++)
		if (!strcmp(license, licenses[i]))
			return true;
	return false;
}

static const char *check_head(const struct vouch_requirements *req, size_t len)
{
	if (memcmp(req->magic, VOUCH_REQUIREMENTS_MAGIC, sizeof(req->magic)))
		return "requirements: wrong magic";
	if (le32_to_cpu(req->version) != VOUCH_MANIFEST_VERSION)
		return "requirements: unknown version";
	if (le32_to_cpu(req->size) != len)
		return "requirements: size differs from the note's";
	if (!vouch_all_zero(req->reserved, sizeof(req->reserved)))
		return "requirements: reserved bytes are not zero";
	if (!vouch_text_ok(req->vermagic, sizeof(req->vermagic)) ||
	    !vouch_text_ok(req->license, sizeof(req->license)) ||
	    !vouch_text_ok(req->verifier_release,
			   sizeof(req->verifier_release)) ||
	    !vouch_text_ok(req->cpu_model, sizeof(req->cpu_model)))
		return "requirements: a text is not NUL-padded ASCII";
	if (!vouch_license_ok(req->license))
		return "requirements: unknown licence";
	if (le32_to_cpu(req->arch) != VOUCH_ARCH_X86_64 &&
	    le32_to_cpu(req->arch) != VOUCH_ARCH_ARM64)
		return "requirements: unknown architecture";
	if (le32_to_cpu(req->features) & ~VOUCH_FEATURE_ALL)
		return "requirements: unknown feature";
	if (le32_to_cpu(req->privileges) & ~VOUCH_PRIV_ALL)
		return "requirements: unknown privilege";
	if (!le32_to_cpu(req->target_abi))
		return "requirements: no target ABI";
	if (!le32_to_cpu(req->n_progs) ||
	    le32_to_cpu(req->n_progs) > VOUCH_MAX_PROGS)
		return "requirements: number of programs out of range";
	if (le32_to_cpu(req->n_maps) > VOUCH_MAX_MAPS ||
	    le32_to_cpu(req->n_templates) > VOUCH_MAX_MAPS ||
	    le32_to_cpu(req->n_refs) > VOUCH_MAX_SLOTS_REFS ||
	    le32_to_cpu(req->n_facts) > VOUCH_MAX_FACTS ||
	    le32_to_cpu(req->n_fields) > VOUCH_MAX_FIELDS)
		return "requirements: a table is too long";
	/* Small enough to compute with, large enough for every kernel. */
	if (le32_to_cpu(req->array_value) > 4096 ||
	    le32_to_cpu(req->map_max_entries) > 4092 ||
	    le32_to_cpu(req->htab_key) > 4096 ||
	    le32_to_cpu(req->lru_ref) > 4096 ||
	    le32_to_cpu(req->array_value) % 8 ||
	    le32_to_cpu(req->map_max_entries) % 4 ||
	    le32_to_cpu(req->htab_key) % 8)
		return "requirements: map layout out of range";
	return NULL;
}

static const char *check_prog(const struct vouch_req_prog *p, u32 text_len)
{
	if (!vouch_name_ok(p->name, sizeof(p->name)))
		return "requirements: a program's name is not a name";
	if (!vouch_text_ok(p->section, sizeof(p->section)))
		return "requirements: a program's section is not a text";
	if (le32_to_cpu(p->reserved))
		return "requirements: reserved bytes are not zero";
	if (!le32_to_cpu(p->text_len) || le32_to_cpu(p->text_off) % 16 ||
	    !vouch_range_ok(le32_to_cpu(p->text_off), le32_to_cpu(p->text_len),
			    text_len))
		return "requirements: a program's entry is outside .text";
	return NULL;
}

static bool is_prog_array(const struct vouch_req_map *m)
{
	return le32_to_cpu(m->type) == VOUCH_MAP_PROG_ARRAY;
}

static const char *check_map(const struct vouch_req_map *m, u32 *data_end)
{
	u32 len = le32_to_cpu(m->data_len);
	u32 flags = le32_to_cpu(m->flags);

	if (!vouch_name_ok(m->name, sizeof(m->name)))
		return "requirements: a map's name is not a name";
	if (is_prog_array(m))
		flags &= (1u << VOUCH_MAP_OWNER_SHIFT) - 1;
	if (flags & ~VOUCH_MAP_FLAGS_ALL)
		return "requirements: unknown map flag";
	if (!vouch_map_extra_ok(le32_to_cpu(m->type), flags,
				le32_to_cpu(m->value_size),
				le32_to_cpu(m->extra)))
		return "requirements: more is stated than such a map has";
	if (m->reserved)
		return "requirements: reserved bytes are not zero";
	if (vouch_map_holds_maps(le32_to_cpu(m->type)) &&
	    le32_to_cpu(m->value_size) != VOUCH_MAP_NUMBER_LEN)
		return "requirements: a map's number has four bytes";
	if (!len)
		return le32_to_cpu(m->data_off)
			       ? "requirements: offset of no map data"
			       : NULL;
	if (is_prog_array(m) || vouch_map_holds_maps(le32_to_cpu(m->type))) {
		if (le32_to_cpu(m->max_entries) > VOUCH_MAX_ENTRIES ||
		    len != 4 * le32_to_cpu(m->max_entries) ||
		    le32_to_cpu(m->key_size) != 4)
			return "requirements: map data is not a list of entries";
	} else if (len != le32_to_cpu(m->value_size) ||
		   le32_to_cpu(m->max_entries) != 1)
		return "requirements: map data is not the value of one entry";
	if (le32_to_cpu(m->data_off) != *data_end || len > VOUCH_MAX_MAP_DATA)
		return "requirements: map data is not where it must be";
	*data_end += len;
	return NULL;
}

static const char *check_template(const struct vouch_req_map *m)
{
	u32 data_end = 0;
	const char *why = check_map(m, &data_end);

	if (why)
		return why;
	if (m->flags || m->extra || m->data_len ||
	    vouch_map_holds_maps(le32_to_cpu(m->type)))
		return "requirements: a template of what no map in a map can have";
	return NULL;
}

static const char *check_ref(const struct vouch_req_ref *r,
			     const struct vouch_req_map *maps, u32 n_maps)
{
	u32 map = le32_to_cpu(r->map);

	if (map >= n_maps)
		return "requirements: a slot names no map";
	switch (le32_to_cpu(r->kind)) {
	case VOUCH_SLOT_MAP:
		return le64_to_cpu(r->offset)
			       ? "requirements: a map's slot has an offset"
			       : NULL;
	case VOUCH_SLOT_VALUE:
		/* Only arrays of one entry have an address in the code. */
		if (le32_to_cpu(maps[map].max_entries) != 1 ||
		    le64_to_cpu(r->offset) >= le32_to_cpu(maps[map].value_size))
			return "requirements: a slot is outside its map";
		return NULL;
	default:
		return "requirements: unknown kind of slot";
	}
}

static const char *check_fact(const struct vouch_capture_fact *f)
{
	if (!vouch_name_ok(f->structure, sizeof(f->structure)) ||
	    !vouch_name_ok(f->field, sizeof(f->field)))
		return "requirements: a field's name is not a name";
	return NULL;
}

/* In order, the prologue, whose index is the last one, first. */
static bool field_ascends(const struct vouch_req_field *a,
			  const struct vouch_req_field *b)
{
	if (a->prog != b->prog)
		return le32_to_cpu(a->prog) < le32_to_cpu(b->prog);
	return le32_to_cpu(a->insn) + 1 < le32_to_cpu(b->insn) + 1;
}

static const char *check_field(const struct vouch_requirements_view *v, u32 i)
{
	const struct vouch_req_field *f = &v->fields[i];

	if (le32_to_cpu(f->prog) >= v->n_progs)
		return "requirements: a field of no program";
	if (!vouch_name_ok(f->name, sizeof(f->name)))
		return "requirements: a field's name is not a name";
	if (le32_to_cpu(f->size) > 8)
		return "requirements: a field of more than eight bytes";
	if (f->reserved)
		return "requirements: reserved bytes are not zero";
	if (i && !field_ascends(f - 1, f))
		return "requirements: fields are not in ascending order";
	return NULL;
}

static const char *check_tables(const struct vouch_requirements_view *v,
				u32 text_len, u32 data_len)
{
	const char *why = NULL;
	u32 data_end = 0, n_templates = 0, i;

	for (i = 0; !why && i < v->n_progs; i++)
		why = check_prog(&v->progs[i], text_len);
	for (i = 0; !why && i < v->n_maps; i++) {
		why = check_map(&v->maps[i], &data_end);
		n_templates +=
			vouch_map_holds_maps(le32_to_cpu(v->maps[i].type));
	}
	if (!why && n_templates != v->n_templates)
		why = "requirements: not a template for each map of maps";
	for (i = 0; !why && i < v->n_templates; i++)
		why = check_template(&v->templates[i]);
	if (!why &&
	    (data_end != data_len || le32_to_cpu(v->req->data_len) != data_len))
		why = "requirements: map data differs from .vouch.data";
	for (i = 0; !why && i < v->n_refs; i++)
		why = check_ref(&v->refs[i], v->maps, v->n_maps);
	for (i = 0; !why && i < v->n_facts; i++)
		why = check_fact(&v->facts[i]);
	for (i = 0; !why && i < v->n_fields; i++)
		why = check_field(v, i);
	return why;
}

int vouch_requirements_parse(const void *buf, size_t len, u32 text_len,
			     u32 data_len, struct vouch_requirements_view *view,
			     const char **why)
{
	const struct vouch_requirements *req = buf;
	struct vouch_requirements_view v = {};
	u64 need;

	if (len < sizeof(*req)) {
		*why = "requirements: too short";
		return -EINVAL;
	}
	*why = check_head(req, len);
	if (*why)
		return -EINVAL;

	v.req = req;
	v.n_progs = le32_to_cpu(req->n_progs);
	v.n_maps = le32_to_cpu(req->n_maps);
	v.n_templates = le32_to_cpu(req->n_templates);
	v.n_refs = le32_to_cpu(req->n_refs);
	v.n_facts = le32_to_cpu(req->n_facts);
	v.n_fields = le32_to_cpu(req->n_fields);
	v.progs = (const void *)(req + 1);
	v.maps = (const void *)(v.progs + v.n_progs);
	v.templates = v.maps + v.n_maps;
	v.refs = (const void *)(v.templates + v.n_templates);
	v.facts = (const void *)(v.refs + v.n_refs);
	v.fields = (const void *)(v.facts + v.n_facts);
	/* Each count is bounded above, so nothing here overflows. */
	need = sizeof(*req) + (u64)v.n_progs * sizeof(*v.progs) +
	       ((u64)v.n_maps + v.n_templates) * sizeof(*v.maps) +
	       (u64)v.n_refs * sizeof(*v.refs) +
	       (u64)v.n_facts * sizeof(*v.facts) +
	       (u64)v.n_fields * sizeof(*v.fields);
	if (need != len) {
		*why = "requirements: tables and size disagree";
		return -EINVAL;
	}
	*why = check_tables(&v, text_len, data_len);
	if (*why)
		return -EINVAL;
	*view = v;
	return 0;
}

static const char *check_record(const struct vouch_record *r)
{
	if (memcmp(r->magic, VOUCH_RECORD_MAGIC, sizeof(r->magic)))
		return "record: wrong magic";
	if (le32_to_cpu(r->version) != VOUCH_MANIFEST_VERSION)
		return "record: unknown version";
	if (le32_to_cpu(r->size) != sizeof(*r))
		return "record: wrong size";
	if (!vouch_name_ok(r->slot, sizeof(r->slot)))
		return "record: the slot's name is not a name";
	if (!vouch_text_ok(r->submitter, sizeof(r->submitter)) ||
	    !vouch_text_ok(r->object_name, sizeof(r->object_name)))
		return "record: a text is not NUL-padded ASCII";
	if (!le32_to_cpu(r->epoch) || !le64_to_cpu(r->sequence))
		return "record: epoch and sequence start at 1";
	if (r->reserved0 || !vouch_all_zero(r->reserved, sizeof(r->reserved)))
		return "record: reserved bytes are not zero";
	return NULL;
}

int vouch_record_parse(const void *buf, size_t len,
		       const struct vouch_record **rec, const char **why)
{
	if (len != sizeof(struct vouch_record)) {
		*why = "record: wrong length";
		return -EINVAL;
	}
	*why = check_record(buf);
	if (*why)
		return -EINVAL;
	*rec = buf;
	return 0;
}
