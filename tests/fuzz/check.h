/* SPDX-License-Identifier: BSD-2-Clause */
/* The check of a capture that an input has changed, and what follows it. */
#ifndef VOUCH_FUZZ_CHECK_H
#define VOUCH_FUZZ_CHECK_H

#include "base.h"

#include "../../common/image.h"

/* What is accepted links, and the result is an image. */
static inline void fuzz_link(struct fixture *f)
{
	static const u8 options[VOUCH_HASH_LEN] = { 1 };
	struct vouch_image img;
	const char *why = NULL;
	void *image = NULL;
	size_t len = 0;

	if (vouch_link(&f->view, &f->chk, f->target, options, f->instance,
		       &image, &len, &f->why))
		return;
	fuzz_require(!vouch_image_parse(image, len, &img, &why));
	if (f->view.n_progs == 1 && f->n_funcs == 2)
		fuzz_require(img.n_faults ==
			     f->chk.progs[0].funcs[0].n_loads +
				     f->chk.progs[0].funcs[1].n_loads);
	free(image);
}

/* The check of a fixture as it is now. */
static inline void fuzz_check(struct fixture *f, const u8 *data, size_t len)
{
	char reason[256] = "";
	const char *why = NULL;
	bool failed;
	int ret;

	drop(f);
	write_capture(f);
	if (vouch_capture_parse(f->writer.buf, f->writer.len, &f->view, &why) ||
	    profile_of_json(f->profile, &f->target, reason, sizeof(reason)))
		return;
	f->why.text[0] = 0;
	fuzz_alloc_arm(data, len);
	ret = vouch_check(&f->view, f->object, f->object_len, NULL, f->target,
			  NULL, &f->chk, &f->why);
	failed = fuzz_alloc_disarm();
	fuzz_require(failed || !ret || (ret == -EPERM && f->why.text[0]));
	if (!ret)
		fuzz_link(f);
}

#endif /* VOUCH_FUZZ_CHECK_H */
