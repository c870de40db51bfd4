// SPDX-License-Identifier: BSD-2-Clause
/* The work on one request: capture, object and profile in, image out. */

#include <stdlib.h>

#include "../common/hex.h"
#include "../common/image.h"
#include "buffer.h"
#include "check_kernel.h"
#include "check_passes.h"
#include "crypto.h"
#include "link.h"
#include "linker_work.h"
#include "loop.h"
#include "scan.h"

/* Returns what is sent as RESULT: a refusal, named by its stage. */
static json_t *refusal(const struct vouch_refusal *why, const char *stage,
		       u64 check_us, u64 link_us)
{
	char line[512];

	vouch_refusal_format(why, line, sizeof(line));
	return json_pack("{s:s, s:s, s:s?, s:I, s:I}", "refused", line, "stage",
			 stage, "program",
			 why->program[0] ? why->program : NULL, "check_us",
			 (json_int_t)check_us, "link_us", (json_int_t)link_us);
}

/* How many relocations each program's functions have; they lie together. */
static json_t *relocations(const struct vouch_image *img)
{
	const struct vouch_req_prog *progs = img->req.progs;
	json_t *list = json_array();
	u32 p, at = 0;

	for (p = 0; p < img->req.n_progs; p++) {
		u64 end = p + 1 < img->req.n_progs
				  ? le32_to_cpu(progs[p + 1].text_off)
				  : img->text_len;
		u32 first = at;

		while (at < img->n_relas && img->relas[at].r_offset < end)
			at++;
		json_array_append_new(list,
				      json_pack("{s:s, s:I}", "name",
						progs[p].name, "relocations",
						(json_int_t)(at - first)));
	}
	return list;
}

/* What was linked, read back from the image. */
static json_t *describe(const struct vouch_reply *reply, u64 check_us,
			u64 link_us)
{
	char content[2 * VOUCH_HASH_LEN + 1];
	struct vouch_image img;
	const char *why;

	if (vouch_image_parse(reply->blob, reply->blob_len, &img, &why))
		return NULL;
	vouch_hex_write(img.req.req->content, VOUCH_HASH_LEN, content);
	return json_pack("{s:I, s:I, s:s, s:o}", "check_us",
			 (json_int_t)check_us, "link_us", (json_int_t)link_us,
			 "content", content, "programs", relocations(&img));
}

/* ---- one or two captures ---- */

/* What a child works with. */
struct work {
	const struct vouch_link_request *r;
	struct vouch_capture_view first, second; /* .env NULL: not there */
	const struct vouch_capture_view *view; /* the one to be linked */
	struct vouch_kbtf *target;
	struct vouch_retargeting retargeting;
	struct vouch_checked checked;
	struct vouch_refusal why;
};

_Static_assert(VOUCH_RETARGET_TSTAMP == VOUCH_PROFILE_TSTAMP_TYPE,
	       "passed on as it is");

static int convert(const void *ctx, u32 prog_type, u32 base,
		   const u8 insn[VOUCH_INSN_LEN],
		   u8 out[VOUCH_MAX_SEQUENCE][VOUCH_INSN_LEN], u32 *n_insns,
		   u32 *target_size)
{
	return vouch_profile_convert(ctx, prog_type, base, insn, out, n_insns,
				     target_size);
}

/* What the agent was told of the target must be what it says it was told. */
static int check_layout(struct work *w)
{
	const struct vouch_profile *profile = w->r->profile;
	struct vouch_buffer told = {};
	size_t btf_len = 0, kconfig_len = 0;
	const void *btf = vouch_profile_btf(profile, &btf_len);
	const void *kconfig = vouch_profile_kconfig(profile, &kconfig_len);
	const char *release = vouch_profile_release(profile);
	u8 hash[VOUCH_HASH_LEN] = {};
	int err = 0;

	if (btf_len) {
		vouch_buffer_add(&told, btf, btf_len);
		vouch_buffer_add(&told, kconfig, kconfig_len);
		vouch_buffer_add(&told, release, strlen(release));
		err = told.failed ? -ENOMEM
				  : vouch_sha256(told.data, told.len, hash);
	}
	free(told.data);
	if (!err && memcmp(hash, w->first.env->layout, sizeof(hash)) != 0)
		return vouch_refuse(&w->why,
				    "capture: made for another target than "
				    "that of profile %s; verify again",
				    release);
	return err;
}

static int compute(struct work *w)
{
	size_t btf_len = 0;
	const void *btf = vouch_profile_btf(w->r->profile, &btf_len);
	struct vouch_retarget_source source = {
		.verifier = w->r->btf,
		.release = vouch_profile_release(w->r->profile),
		.convert = convert,
		.ctx = w->r->profile,
	};
	int err = check_layout(w);

	if (!err && btf_len)
		err = vouch_kbtf_parse(btf, btf_len, &w->target);
	source.target = w->target;
	if (!err)
		err = vouch_retarget_compute(&w->first, &source,
					     &w->retargeting, &w->why);
	return err;
}

static int check(struct work *w)
{
	const struct vouch_link_request *r = w->r;
	int err = 0;

	if (r->first_len && !w->retargeting.list)
		return vouch_refuse(&w->why,
				    "capture: a second one, though nothing is "
				    "to be retargeted; submit again");
	if (r->first_len)
		err = vouch_check_passes(&w->first, &w->second, &w->retargeting,
					 &w->why);
	if (!err)
		err = vouch_check(w->view, r->object, r->object_len, r->options,
				  r->profile, &w->retargeting, &w->checked,
				  &w->why);
	if (!err)
		err = vouch_check_names(w->view, &w->checked, r->symbols,
					&w->why);
	return err;
}

static void answer_list(struct work *w, struct vouch_reply *reply, u64 check_us)
{
	reply->json = json_pack("{s:b, s:I}", "retarget", true, "check_us",
				(json_int_t)check_us);
	reply->blob = w->retargeting.list;
	reply->blob_len = w->retargeting.len;
	w->retargeting.list = NULL;
}

static void check_and_link(struct work *w, struct vouch_reply *reply)
{
	u64 check_us, link_us = 0, began = vouch_clock_us();
	const char *stage = "check";
	int err;

	w->view = w->r->first_len ? &w->second : &w->first;
	err = vouch_check_hello(w->view, w->r->hello, &w->why);
	if (!err)
		err = compute(w);
	if (!err && w->retargeting.list && !w->r->first_len) {
		answer_list(w, reply, vouch_clock_us() - began);
		return;
	}
	if (!err)
		err = check(w);
	check_us = vouch_clock_us() - began;
	if (!err) {
		stage = "link";
		began = vouch_clock_us();
		err = vouch_link(w->view, &w->checked, w->r->profile,
				 w->r->options_hash, w->r->instance,
				 &reply->blob, &reply->blob_len, &w->why);
		if (!err)
			err = vouch_scan_image(reply->blob, reply->blob_len,
					       w->r->object, w->r->object_len,
					       w->r->options, w->r->profile,
					       &w->why);
		link_us = vouch_clock_us() - began;
	}
	if (!err)
		reply->json = describe(reply, check_us, link_us);
	if (!err && !reply->json)
		err = -ENOMEM;
	if (!err)
		return;
	if (err == -EPERM)
		reply->json = refusal(&w->why, stage, check_us, link_us);
	else
		vouch_fail(&reply->failure, err, VOUCH_EXIT_INTERNAL,
			   "%s the capture", stage);
}

/* Returns 0, or why there is nothing to check is in @reply. */
static int parse(const u8 *buf, size_t len, struct vouch_capture_view *view,
		 struct vouch_reply *reply)
{
	struct vouch_refusal refused;
	const char *why;
	int err = vouch_capture_parse(buf, len, view, &why);

	if (err == -EINVAL) {
		vouch_refuse(&refused,
			     "the capture is malformed: %s; the "
			     "verifier VM's agent or module is of another "
			     "version, or somebody broke in",
			     why);
		reply->json = refusal(&refused, "check", 0, 0);
	} else if (err) {
		vouch_fail(&reply->failure, err, VOUCH_EXIT_INTERNAL,
			   "parse the capture");
	}
	return err;
}

void vouch_linker_work(const struct vouch_link_request *r,
		       struct vouch_reply *reply)
{
	size_t first = r->first_len ? r->first_len : r->captures_len;
	/* Where copy_captures() put it. */
	const u8 *second = r->captures + ((first + 7) & ~7ul);
	struct work w = { .r = r };
	int err;

	err = parse(r->captures, first, &w.first, reply);
	if (!err && r->first_len)
		err = parse(second, r->captures_len - first, &w.second, reply);
	if (!err)
		check_and_link(&w, reply);
	vouch_checked_release(&w.checked);
	vouch_retargeting_release(&w.retargeting);
	vouch_kbtf_free(w.target);
	vouch_capture_release(&w.second);
	vouch_capture_release(&w.first);
}
