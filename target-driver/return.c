// SPDX-License-Identifier: GPL-2.0-only

#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/unaligned.h>

#include "return.h"

#define HALF_LINE 32 /* bytes; the bit of an address that makes a half */
#define JMP_REL32 0xe9

/* Never run: one function with nothing but a return in each half. */
#ifdef CONFIG_RETHUNK
#define RETURN "jmp __x86_return_thunk\n"
#else
#define RETURN "ret; int3; int3; int3; int3\n"
#endif
#define RETURN_FUNCTION(align, name)                                 \
	".balign " align ", 0xcc\n.globl " name "\n"                 \
	".type " name ", @function\n" name ": " RETURN ".size " name \
	", . - " name "\n"
#define RETURN_FUNCTIONS                                                 \
	".pushsection .text\n" RETURN_FUNCTION("64", "vouch_return_low") \
		RETURN_FUNCTION("32", "vouch_return_high") ".popsection\n"

asm(RETURN_FUNCTIONS);

extern const u8 vouch_return_low[], vouch_return_high[];

struct form {
	bool thunk;
	const u8 *to; /* if by thunk */
};
static struct form forms[2]; /* by half of the cache line */

/* Returns false if the bytes are no return. */
static bool decode(const u8 *site, struct form *form)
{
	static const u8 plain[VOUCH_RETURN_LEN] = { 0xc3, 0xcc, 0xcc, 0xcc,
						    0xcc };

	memset(form, 0, sizeof(*form));
	if (site[0] == JMP_REL32) {
		form->thunk = true;
		form->to = site + VOUCH_RETURN_LEN +
			   (s32)get_unaligned_le32(site + 1);
		return true;
	}
	return !memcmp(site, plain, sizeof(plain));
}

int vouch_return_init(void)
{
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
