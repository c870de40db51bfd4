// SPDX-License-Identifier: BSD-2-Clause
/*
 * A list of replacements: what is accepted can be walked to its end. The head
 * is put before the input, unless it begins with a "V" of its own.
 *
 * Parser: common/retarget.c
 */

#include "fuzz.h"

#include "../../common/retarget.h"

static void walk(const void *buf, size_t len)
{
	const struct vouch_retarget_head *head = buf;
	const struct vouch_replacement *r = NULL;
	const u8 *end = buf;
	u32 n = 0;

	while ((r = vouch_retarget_next(buf, r))) {
		end = (const u8 *)(r + 1) +
		      le32_to_cpu(r->n_insns) * VOUCH_INSN_LEN;
		fuzz_require(end <= (const u8 *)buf + len);
		fuzz_touch(r, end - (const u8 *)r);
		n++;
	}
	fuzz_require(n == le32_to_cpu(head->n_entries));
	fuzz_require(end == (const u8 *)buf + len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct vouch_retarget_head head = {
		.magic = VOUCH_RETARGET_MAGIC,
		.version = cpu_to_le32(VOUCH_RETARGET_VERSION),
	};
	size_t before = len && data[0] == 'V' ? 0 : sizeof(head);
	const char *why = NULL;
	u8 *copy;
	int ret;

	if (before && !len)
		return 0;
	copy = malloc(before + len);
	if (!copy)
		return 0;
	head.n_entries = cpu_to_le32(data[0]);
	head.size = cpu_to_le64(before + len - !!before);
	memcpy(copy, &head, before);
	memcpy(copy + before, data + !!before, len - !!before);
	len += before - !!before;
	ret = vouch_retarget_parse(copy, len, &why);
	fuzz_require(ret ? ret == -EINVAL && why : !why);
	if (!ret)
		walk(copy, len);
	free(copy);
	return 0;
}
