// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the oracle's functions call outside their file. All else stays
 * unresolved: who calls it ends the program, and nobody believes it.
 */

int capable(int cap);
void __fentry__(void);

/* Programs are verified with privileges, or not: the verifier kernel says. */
int capable(int cap)
{
	(void)cap;
	return 1;
}

__attribute__((naked)) void __fentry__(void)
{
	__asm__ volatile("ret");
}
