// SPDX-License-Identifier: BSD-2-Clause
/*
 * The capture parser: what it accepts must be safe to follow. An input is a
 * capture, or, if its first byte is none of a capture's, changes to one; then
 * size and number of records in the head are put right unless that byte is
 * odd.
 *
 * Parser: common/capture.c common/capture_prog.c common/capture_record.c
 * Seeds: tests/daemon/data
 */

#include "base.h"

static void follow_prog(const struct vouch_capture_prog_view *p)
{
	u32 i;

	for (i = 0; i < p->n_syms; i++)
		fuzz_touch(p->syms[i], sizeof(*p->syms[i]));
	for (i = 0; i < p->n_funcs; i++) {
		fuzz_touch(p->funcs[i].code, p->funcs[i].code_len);
		fuzz_touch(p->funcs[i].refs,
			   p->funcs[i].n_refs * sizeof(*p->funcs[i].refs));
		fuzz_touch(p->funcs[i].extable,
			   p->funcs[i].n_extable *
				   sizeof(*p->funcs[i].extable));
	}
	for (i = 0; i < p->n_accesses; i++) {
		fuzz_touch(p->accesses[i].access,
			   sizeof(*p->accesses[i].access));
		fuzz_touch(p->accesses[i].insns,
			   p->accesses[i].n_insns * VOUCH_INSN_LEN);
	}
	fuzz_touch(p->insns, (size_t)p->n_insns * VOUCH_INSN_LEN);
}

static void follow(const struct vouch_capture_view *v)
{
	u32 i;

	fuzz_touch(v->env, sizeof(*v->env));
	for (i = 0; i < v->n_facts; i++)
		fuzz_touch(v->facts[i], sizeof(*v->facts[i]));
	for (i = 0; i < v->n_maps; i++)
		fuzz_touch(v->maps[i].data,
			   le32_to_cpu(v->maps[i].map->data_len));
	for (i = 0; i < v->n_progs; i++)
		follow_prog(&v->progs[i]);
}

static void parse(const void *buf, size_t len)
{
	struct vouch_capture_view view = { 0 };
	const char *why = NULL;
	int err;

	fuzz_alloc_arm(buf, len);
	err = vouch_capture_parse(buf, len, &view, &why);
	if (!fuzz_alloc_disarm())
		fuzz_require(!err || err == -EINVAL);
	fuzz_require(!err || why);
	if (err)
		return;
	follow(&view);
	vouch_capture_release(&view);
}

/* Counts the records as far as they hang together. */
static void mend_head(struct fuzz_edited *e)
{
	struct vouch_capture_head head;
	struct vouch_capture_record r;
	size_t off = sizeof(head);
	u32 n = 0;

	if (e->len < sizeof(head))
		return;
	memcpy(&head, e->data, sizeof(head));
	while (e->len - off >= sizeof(r)) {
		memcpy(&r, e->data + off, sizeof(r));
		n++;
		if (le32_to_cpu(r.length) > e->len - off - sizeof(r))
			break;
		off += sizeof(r) + ((le32_to_cpu(r.length) + 7) & ~7u);
		if (off > e->len)
			break;
	}
	head.size = cpu_to_le64(e->len);
	head.n_records = cpu_to_le32(n);
	memcpy(e->data, &head, sizeof(head));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct vouch_capture_writer *w = &fuzz_base()->fixture.writer;
	struct fuzz_input in = { data, len };
	bool whole = len && data[0] == VOUCH_CAPTURE_MAGIC[0];
	struct fuzz_edited e;
	u8 how, *copy;

	if (whole) {
		copy = fuzz_copy(data, len);
	} else {
		e = fuzz_editable(w->buf, w->len);
		how = fuzz_u8(&in);
		fuzz_edit(&e, &in);
		if (!(how & 1))
			mend_head(&e);
		len = e.len;
		copy = fuzz_edited_end(&e);
	}
	parse(copy, len);
	free(copy);
	return 0;
}
