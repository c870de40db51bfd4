// SPDX-License-Identifier: BSD-2-Clause
/*
 * Linking code of arm64. The JIT loads whole addresses, in three instructions
 * or four; an image has less far to go, and what is left over does nothing.
 */

#include "encode.h"
#include "insn.h"
#include "link.h"

#define ALIGN 16
#define LEN VOUCH_ARM64_INSN_LEN
#define N_WIDE 4 /* instructions of a tag: none of its parts is 0 or ~0 */
#define N_ADDRESS 3 /* of the address of a function, or of what is called */
/* Where the call is behind the address, bytes. */
#define CALL_AT ((u64)N_ADDRESS * LEN)

static void put(const struct vouch_link_site *site, u32 n, u32 word)
{
	const __le32 le = cpu_to_le32(word);

	memcpy(site->code + (size_t)n * LEN, &le, sizeof(le));
}

static u32 destination(const struct vouch_link_site *site)
{
	__le32 le;

	memcpy(&le, site->code, sizeof(le));
	return le32_to_cpu(le) & 31;
}

static void put_nops(const struct vouch_link_site *site, u32 from, u32 to)
{
	while (from < to)
		put(site, from++, VOUCH_A64_NOP);
}

static void pad(struct vouch_buffer *code)
{
	const __le32 le = cpu_to_le32(VOUCH_A64_BRK);

	while (code->len % ALIGN && !code->failed)
		vouch_buffer_add(code, &le, sizeof(le));
}

/* movn, movk, movk, blr become nops and bl. */
static void call(const struct vouch_link_site *site, u32 sym)
{
	put_nops(site, 0, N_ADDRESS);
	put(site, N_ADDRESS, VOUCH_A64_BL);
	vouch_link_relocate(&site->text->relas, site->off + CALL_AT, sym,
			    R_AARCH64_CALL26, 0);
}

static void subcall(const struct vouch_link_site *site, u32 target)
{
	put_nops(site, 0, N_ADDRESS);
	put(site, N_ADDRESS,
	    vouch_a64_far(VOUCH_A64_BL,
			  (s64)target - (s64)(site->off + CALL_AT)));
}

static void constant(const struct vouch_link_site *site, u64 value)
{
	u32 rd = destination(site), n, shift = 48;

	put(site, 0,
	    vouch_a64_part(VOUCH_A64_MOVZ, true, rd, (u32)(value >> shift),
			   shift));
	for (n = 1; n < N_WIDE; n++) {
		shift -= 16;
		put(site, n,
		    vouch_a64_part(VOUCH_A64_MOVK, true, rd,
				   (u32)(value >> shift), shift));
	}
}

static void function(const struct vouch_link_site *site, u32 target)
{
	u32 rd = destination(site);

	put(site, 0, vouch_a64_adr(rd, (s64)target - (s64)site->off));
	put_nops(site, 1, N_ADDRESS);
}

static void slot(const struct vouch_link_site *site, u32 number)
{
	put(site, 0, VOUCH_A64_LDR_LITERAL | destination(site));
	put_nops(site, 1, N_WIDE);
	vouch_link_relocate(&site->text->relas, site->off, VOUCH_SYM_SLOTS,
			    R_AARCH64_LD_PREL_LO19, 8 * (s64)number);
}

/* Returns and indirect jumps have no thunks on this architecture. */
static void leave(const struct vouch_link_site *site, u32 sym)
{
	(void)site;
	(void)sym;
}

static int jump(const struct vouch_link_site *site, u32 len, u32 sym,
		struct vouch_refusal *why)
{
	(void)site;
	(void)len;
	(void)sym;
	(void)why;
	return 0;
}

static void unreached(const struct vouch_link_site *site, u32 len)
{
	u32 n;

	for (n = 0; n < len / LEN; n++)
		put(site, n, VOUCH_A64_BRK);
}

/* What faults gives 0, as in the verifier VM. */
static void load(struct vouch_text *t, u64 at, const struct vouch_load *l)
{
	vouch_link_fault(t, at, l->len, R_AARCH64_PREL32,
			 VOUCH_ARM64_EX_DATA(l->reg));
}

const struct vouch_link_ops vouch_arm64_link = {
	.pad = pad,
	.call = call,
	.subcall = subcall,
	.constant = constant,
	.function = function,
	.slot = slot,
	.exit = leave,
	.jump = jump,
	.unreached = unreached,
	.load = load,
};
