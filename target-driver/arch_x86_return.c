// SPDX-License-Identifier: GPL-2.0-only

#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/unaligned.h>

#include "arch_x86_return.h"

#define HALF_LINE 32 /* bytes; the bit of an address that makes a half */
#define JMP_REL32 0xe9

/* Never run: functions with nothing but a return, or a jump, in each half. */
#ifdef CONFIG_RETHUNK
#define RETURN "jmp __x86_return_thunk\n"
#else
#define RETURN "ret; int3; int3; int3; int3\n"
#endif
#ifdef CONFIG_RETPOLINE
#define JUMP "jmp __x86_indirect_thunk_rcx\n"
#else
#define JUMP "jmp *%rcx; int3; int3; int3\n"
#endif
#define SITE(align, name, insn)                                    \
	".balign " align ", 0xcc\n.globl " name "\n"               \
	".type " name ", @function\n" name ": " insn ".size " name \
	", . - " name "\n"
#define SITES                                                         \
	".pushsection .text\n" SITE("64", "vouch_return_low", RETURN) \
		SITE("32", "vouch_return_high",                       \
		     RETURN) SITE("64", "vouch_jump_low", JUMP)       \
			SITE("32", "vouch_jump_high", JUMP) ".popsection\n"

asm(SITES);

extern const u8 vouch_return_low[], vouch_return_high[];
extern const u8 vouch_jump_low[], vouch_jump_high[];

struct form {
	bool thunk;
	const u8 *to; /* if by thunk */
	u8 bytes[VOUCH_RETURN_LEN]; /* if not */
};
static struct form forms[2]; /* by half of the cache line */
static struct form jumps[2];

static void read_form(const u8 *site, struct form *form)
{
	memset(form, 0, sizeof(*form));
	if (site[0] == JMP_REL32) {
		form->thunk = true;
		form->to = site + VOUCH_RETURN_LEN +
			   (s32)get_unaligned_le32(site + 1);
	} else {
		memcpy(form->bytes, site, sizeof(form->bytes));
	}
}

/* Returns false if the bytes are no return. */
static bool decode(const u8 *site, struct form *form)
{
	static const u8 plain[VOUCH_RETURN_LEN] = { 0xc3, 0xcc, 0xcc, 0xcc,
						    0xcc };

	read_form(site, form);
	return form->thunk || !memcmp(site, plain, sizeof(plain));
}

int vouch_return_init(void)
{
	read_form(vouch_jump_low, &jumps[0]);
	read_form(vouch_jump_high, &jumps[1]);
	if (decode(vouch_return_low, &forms[0]) &&
	    decode(vouch_return_high, &forms[1]))
		return 0;
	pr_err("the module loader made %5ph of a return, which is not known; update vouch_target\n",
	       vouch_return_low);
	return -ENOEXEC;
}

bool vouch_return_is_thunk(void)
{
	return forms[0].thunk || forms[1].thunk;
}

bool vouch_return_ok(const u8 *site)
{
	const struct form *want = &forms[!!((unsigned long)site & HALF_LINE)];
	struct form is;

	return decode(site, &is) && is.thunk == want->thunk &&
	       is.to == want->to;
}

bool vouch_return_jump_ok(const u8 *site)
{
	const struct form *want = &jumps[!!((unsigned long)site & HALF_LINE)];
	struct form is;

	read_form(site, &is);
	return !memcmp(&is, want, sizeof(is));
}
