// SPDX-License-Identifier: BSD-2-Clause
/*
 * The oracle's table against all that the target's functions said.
 *
 * usage: oracle_compare PROFILE SAMPLES
 *
 * SAMPLES are struct sample, one behind the other. Each must be what the
 * profile answers, byte for byte, or refused by both; whatever no sample is of
 * must be refused.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/bpf.h>

#include "../../host-bridge/file.h"
#include "../../host-bridge/profile.h"
#include "../../host-bridge/profile_parts.h"
#include "../../target-driver/gen/oracle/samples.h"

#define SAMPLES_MAX (256u << 20) /* bytes */
#define OFFSETS 1100u

static struct vouch_profile *profile;
static u32 wrong, same, refused, parts;

/* One bit for each access that a sample is of. */
static u8 known[40][8][OFFSETS][4][2];

static u32 log2_of(u32 size)
{
	return size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3;
}

static u8 code_of(const struct sample *s)
{
	static const u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };

	return (u8)((s->write ? BPF_STX : BPF_LDX) | BPF_MEM |
		    sizes[log2_of(s->size)]);
}

struct answer {
	int err;
	u8 insns[VOUCH_MAX_SEQUENCE][8];
	u32 n, target_size;
};

static void ask(const struct sample *s, struct answer *a)
{
	const struct sample_insn insn = {
		.code = s->size ? code_of(s) : BPF_JMP | BPF_EXIT,
		.registers = (u8)(s->dst | s->src << 4),
		.off = (short)s->off,
	};
	u32 type = s->prog_type;

	if (s->tstamp_type)
		type |= VOUCH_PROFILE_TSTAMP_TYPE;
	memset(a, 0, sizeof(*a));
	a->err = vouch_profile_convert(profile, type, s->base,
				       (const u8 *)&insn, a->insns, &a->n,
				       &a->target_size);
}

static void complain(const struct sample *s, const char *what)
{
	if (wrong++ < 20)
		printf("type %u base %u offset %u size %u %s r%u r%u: %s\n",
		       s->prog_type, s->base, s->off, s->size,
		       s->write ? "store" : "load", s->dst, s->src, what);
}

/* As the verifier: nothing is written through a socket, parts are loaded. */
static bool must_refuse(const struct sample *s)
{
	bool socket = s->base > VOUCH_BASE_CTX;

	if (!s->size)
		return false;
	return !s->n_insns ||
	       (s->write && (socket || s->field_size > s->size)) ||
	       (s->field_size && !s->target_size);
}

static bool is_same(const struct sample *s, const struct answer *a)
{
	static const struct sample_insn first;
	static const u8 exit[8] = { BPF_JMP | BPF_EXIT };
	u32 i;

	if (a->n != s->n_insns || a->target_size != s->target_size)
		return false;
	for (i = 0; i < a->n; i++) {
		bool own = !s->size && !memcmp(&s->insns[i], &first, 8);

		if (memcmp(a->insns[i], own ? exit : (void *)&s->insns[i], 8))
			return false;
	}
	return true;
}

/* A part is answered as the whole field. */
static void compare_part(const struct sample *s)
{
	struct sample whole = *s;
	struct answer part, field;

	parts++;
	whole.size = s->field_size;
	whole.off = (unsigned short)(s->off & ~(s->field_size - 1));
	ask(s, &part);
	ask(&whole, &field);
	if (memcmp(&part, &field, sizeof(part)))
		complain(s, "a part is not answered as its field");
}

static void compare(const struct sample *s)
{
	struct answer a;

	if (s->size)
		known[s->prog_type][s->base][s->off][log2_of(s->size)]
		     [s->write] = 1;
	if (s->field_size > s->size && !s->write && s->size) {
		compare_part(s);
		return;
	}
	ask(s, &a);
	if (must_refuse(s)) {
		refused++;
		if (a.err != -ENOENT)
			complain(s, "not refused");
	} else if (a.err) {
		complain(s, "refused");
	} else if (!is_same(s, &a)) {
		complain(s, "another sequence");
	} else {
		same++;
	}
}

/* Whatever nobody said is possible. */
static void ask_unknown(u32 type, u32 base)
{
	struct sample s = { .prog_type = (unsigned short)type,
			    .base = (unsigned char)base,
			    .dst = 1,
			    .src = 2 };
	struct answer a;
	u32 off, size, write;

	for (off = 0; off < OFFSETS; off++)
		for (size = 0; size < 4; size++)
			for (write = 0; write < 2; write++) {
				if (known[type][base][off][size][write])
					continue;
				s.off = (unsigned short)off;
				s.size = (unsigned char)(1u << size);
				s.write = (unsigned char)write;
				ask(&s, &a);
				refused++;
				if (!a.err)
					complain(&s, "known to nobody");
			}
}

/* Types whose contexts are the same in every kernel are answered always. */
static bool is_asked(u32 type)
{
	return type != BPF_PROG_TYPE_KPROBE &&
	       type != BPF_PROG_TYPE_TRACEPOINT &&
	       type != BPF_PROG_TYPE_RAW_TRACEPOINT &&
	       type != BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE &&
	       type != BPF_PROG_TYPE_TRACING;
}

static int read_profile(const char *path)
{
	char why[256] = "";
	const char *reason;
	size_t len, size;
	void *data;

	if (vouch_file_get(AT_FDCWD, path, VOUCH_PROFILE_MAX, &data, &len))
		return -1;
	if (vouch_profile_parts_split(data, len, &size, &reason) ||
	    vouch_profile_parse(data, size, &profile, why, sizeof(why))) {
		fprintf(stderr, "%s: %s\n", path, why);
		return -1;
	}
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	const struct sample *samples;
	size_t len, i;
	u32 type, base;
	void *data;

	if (argc != 3 || read_profile(argv[1]) ||
	    vouch_file_get(AT_FDCWD, argv[2], SAMPLES_MAX, &data, &len) ||
	    !len || len % sizeof(*samples))
		return 2;
	samples = data;
	for (i = 0; i < len / sizeof(*samples); i++)
		compare(&samples[i]);
	for (type = 0; type < 40; type++)
		for (base = VOUCH_BASE_CTX; base <= VOUCH_BASE_BTF; base++)
			if (is_asked(type) && (base == VOUCH_BASE_CTX || !type))
				ask_unknown(type, base);
	printf("%u same, %u refused, %u parts, %u wrong\n", same, refused,
	       parts, wrong);
	free(data);
	vouch_profile_free(profile);
	return wrong ? 1 : 0;
}
