// SPDX-License-Identifier: BSD-2-Clause

#include <stdio.h>

#include "../common/manifest.h"
#include "check_facts.h"
#include "check_maps.h"

static const char LOST[] = "verify again, in a fresh VM";

struct check {
	const struct vouch_capture_view *cap;
	const struct vouch_profile *profile;
	bool retargeted;
	struct vouch_checked *out;
	struct vouch_refusal *why;
};

static bool is_fact(const struct vouch_capture_fact *f, const char *structure,
		    const char *field)
{
	return !strcmp(f->structure, structure) && !strcmp(f->field, field);
}

/* Layout that the target's maps follow, whatever its own kernel's is. */
static bool take_layout(const struct check *c,
			const struct vouch_capture_fact *f)
{
	u32 offset = le32_to_cpu(f->offset);

	if (is_fact(f, "bpf_array", "value"))
		c->out->array_value = offset;
	else if (is_fact(f, "bpf_map", "max_entries"))
		c->out->map_max_entries = offset;
	else if (is_fact(f, "htab_elem", "key"))
		c->out->htab_key = offset;
	else if (is_fact(f, "htab_elem", "lru_node"))
		c->out->lru_node = offset;
	else if (is_fact(f, "bpf_lru_node", "ref"))
		c->out->lru_ref = offset;
	else if (is_fact(f, "bpf_prog", "bpf_func"))
		c->out->prog_func = offset;
	else
		return false;
	return true;
}

static int compare_fact(const struct check *c,
			const struct vouch_capture_fact *f, const char *what,
			u32 here)
{
	char name[96];
	s64 there;

	snprintf(name, sizeof(name), "%s.%s.%s", f->structure, f->field, what);
	if (vouch_profile_fact(c->profile, name, &there))
		return vouch_refuse(c->why,
				    "field %s.%s: the target profile does not "
				    "state its %s; make the profile anew",
				    f->structure, f->field, what);
	if (there != here)
		return vouch_refuse(c->why,
				    "field %s.%s: %s %u in the verifier "
				    "kernel, %lld in target %s; use a verifier "
				    "kernel built from the target's source",
				    f->structure, f->field, what, here,
				    (long long)there,
				    vouch_profile_release(c->profile));
	return 0;
}

/* Where these lie is in the code of accesses alone, each of which the target
 * itself was asked about. */
static bool is_answered(const struct check *c,
			const struct vouch_capture_fact *f)
{
	static const char *const structures[] = { "xdp_buff", "xdp_rxq_info",
						  "xdp_txq_info",
						  "net_device" };
	size_t i;

	/* Only whoever told its instructions told all of its accesses. */
	for (i = 0; i < c->cap->n_progs; i++)
		if (!c->cap->progs[i].insns)
			return false;
	for (i = 0; c->retargeted && i < 4; i++)
		if (!strcmp(f->structure, structures[i]))
			return true;
	return false;
}

/* Maps that drop what is not in use: where their elements are marked. */
static bool lacks_mark(const struct check *c)
{
	u32 i;

	if (c->out->lru_node && c->out->lru_ref)
		return false;
	for (i = 0; i < c->cap->n_maps; i++)
		if (vouch_maps_lru(&c->cap->maps[i]))
			return true;
	return false;
}

int vouch_facts_check(const struct vouch_capture_view *cap,
		      const struct vouch_profile *profile, bool retargeted,
		      struct vouch_checked *out, struct vouch_refusal *why)
{
	const struct check check = { cap, profile, retargeted, out, why };
	const struct check *c = &check;
	int ret = 0;
	u32 i;

	for (i = 0; !ret && i < c->cap->n_facts; i++) {
		const struct vouch_capture_fact *f = c->cap->facts[i];

		if (take_layout(c, f) || is_answered(c, f))
			continue;
		ret = compare_fact(c, f, "offset", le32_to_cpu(f->offset));
		if (!ret)
			ret = compare_fact(c, f, "size", le32_to_cpu(f->size));
	}
	if (ret)
		return ret;
	if (!out->array_value || !out->map_max_entries || !out->htab_key)
		return vouch_refuse(c->why,
				    "capture: it does not state bpf_array.value"
				    ", bpf_map.max_entries and htab_elem.key; "
				    "%s",
				    LOST);
	if (lacks_mark(c))
		return vouch_refuse(c->why,
				    "capture: it does not state "
				    "htab_elem.lru_node and bpf_lru_node.ref, "
				    "which its maps need; %s",
				    LOST);
	if (out->array_value > 4096 || out->array_value % 8 ||
	    out->map_max_entries > 4092 || out->map_max_entries % 4 ||
	    out->htab_key > 4096 || out->htab_key % 8 || out->prog_func > 120 ||
	    out->prog_func % 8 || out->lru_node > 4096 || out->lru_ref > 4096 ||
	    out->lru_node + out->lru_ref >= out->htab_key)
		return vouch_refuse(c->why,
				    "capture: the layout of maps that it "
				    "states is none; %s",
				    LOST);
	return 0;
}
