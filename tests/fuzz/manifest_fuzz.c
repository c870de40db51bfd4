// SPDX-License-Identifier: BSD-2-Clause
/*
 * Requirements and record, as an image's notes hold them: what is accepted is
 * safe to follow. An input is changes to those of the tests' image; the first
 * byte says of which, and whether the size within is put right.
 *
 * Parser: common/manifest.c
 */

#include "base.h"

#include "../../common/image.h"

static void try_requirements(const u8 *buf, size_t len, u32 text, u32 data)
{
	struct vouch_requirements_view v;
	const char *why = NULL;
	u32 i, sum = 0;

	if (vouch_requirements_parse(buf, len, text, data, &v, &why)) {
		fuzz_require(why);
		return;
	}
	fuzz_require((const u8 *)(v.fields + v.n_fields) == buf + len);
	for (i = 0; i < v.n_progs; i++)
		fuzz_require(vouch_range_ok(le32_to_cpu(v.progs[i].text_off),
					    le32_to_cpu(v.progs[i].text_len),
					    text));
	for (i = 0; i < v.n_maps; i++)
		sum += le32_to_cpu(v.maps[i].data_len);
	for (i = 0; i < v.n_refs; i++)
		fuzz_require(le32_to_cpu(v.refs[i].map) < v.n_maps);
	for (i = 0; i < v.n_fields; i++)
		fuzz_require(le32_to_cpu(v.fields[i].prog) < v.n_progs);
	fuzz_require(sum == data && vouch_license_ok(v.req->license));
}

static void try_record(const u8 *buf, size_t len)
{
	const struct vouch_record *rec;
	const char *why = NULL;

	if (vouch_record_parse(buf, len, &rec, &why))
		fuzz_require(why);
	else
		fuzz_touch(rec, sizeof(*rec));
}

static void put_size(struct fuzz_edited *e)
{
	struct vouch_requirements *req = (void *)e->data;

	if (e->len >= offsetof(struct vouch_requirements, content))
		req->size = cpu_to_le32((u32)e->len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct fuzz_base *base = fuzz_base();
	struct fuzz_input in = { data, len };
	struct vouch_image img;
	struct fuzz_edited e;
	const char *why;
	u8 how = fuzz_u8(&in), *copy;

	if (vouch_image_parse(base->image, base->image_len, &img, &why))
		abort();
	if (how & 1)
		e = fuzz_editable(img.record, sizeof(*img.record));
	else
		e = fuzz_editable(img.req.req, le32_to_cpu(img.req.req->size));
	fuzz_edit(&e, &in);
	if (how & 2)
		put_size(&e);
	len = e.len;
	copy = fuzz_edited_end(&e);
	if (how & 1)
		try_record(copy, len);
	else
		try_requirements(copy, len, img.text_len, img.data_len);
	free(copy);
	return 0;
}
