// SPDX-License-Identifier: BSD-2-Clause
/*
 * What each process of the bridge can do, asked call by call, and tried.
 *
 * usage: confine_test
 *
 * The plain build is what counts: the sanitizers' run time needs more calls,
 * so that there only the deeds are tried that it does not need.
 */

#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "deeds.h"
#include "expected.h"

#define N(list) (sizeof(list) / sizeof((list)[0]))
/* Beyond all calls that a kernel has so far. */
#define MAX_CALL 512
/* Two are the kernel's own: filters do not see them, nobody else can make
 * them. */
#ifdef __x86_64__
#define IS_KERNELS_OWN(call) ((call) == 335 || (call) == 336)
#else
#define IS_KERNELS_OWN(call) false
#endif

#ifdef __SANITIZE_ADDRESS__
#define IS_SANITIZED true
#else
#define IS_SANITIZED false
#endif

static const struct {
	char letter;
	const char *name;
	struct cell cell;
} cells[] = {
	{ 'M', "main", { VOUCH_DUTY_MAIN, false, false } },
	{ 'D', "main that dials", { VOUCH_DUTY_MAIN, true, false } },
	{ 'L', "link", { VOUCH_DUTY_LINK, false, false } },
	{ 'C', "link's child", { VOUCH_DUTY_LINK_CHILD, false, false } },
	{ 'S', "sign", { VOUCH_DUTY_SIGN, false, false } },
	{ 'N', "sign that listens", { VOUCH_DUTY_SIGN, false, true } },
};

static unsigned int passed, failed, skipped;

static void check(bool good, const char *who, const char *what,
		  const char *detail)
{
	if (good)
		passed++;
	else
		failed++;
	printf("%s %s: %s%s%s\n", good ? "ok" : "not ok", who, what,
	       *detail ? ": " : "", detail);
	fflush(stdout);
}

/* What main and sign may, they may as clients or servers of services too. */
static bool has(const char *duties, char letter)
{
	char plain = letter == 'D' ? 'M' : letter == 'N' ? 'S' : letter;

	return strchr(duties, letter) || strchr(duties, plain);
}

/* ---- asking ---- */

static bool is_expected(char letter, const char *call)
{
	size_t i;

	for (i = 0; call && i < N(expected); i++)
		if (!strcmp(expected[i].call, call))
			return has(expected[i].duties, letter);
	return false;
}

/* Each call without arguments, known to the library or not. */
static void scan(size_t who)
{
	static const long none[5];
	char wrong[512] = "";
	long call;

	for (call = 0; call < MAX_CALL; call++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE,
							      (int)call);
		bool want = is_expected(cells[who].letter, name);
		int got = vouch_cell_allows(&cells[who].cell, call, none);
		size_t len = strlen(wrong);

		if (got != want && !IS_KERNELS_OWN(call))
			snprintf(wrong + len, sizeof(wrong) - len,
				 " %s (%ld) is %s", name ? name : "?", call,
				 got < 0 ? "broken"
				 : got	 ? "allowed"
					 : "not allowed");
		free(name);
	}
	check(!*wrong, cells[who].name, "has these calls and no other", wrong);
}

static void ask(const struct question *q, size_t who)
{
	bool want = has(q->duties, cells[who].letter);
	int call = seccomp_syscall_resolve_name(q->call);
	long args[5];
	char what[96];
	int got, i;

	for (i = 0; i < 5; i++)
		args[i] = q->args[i] == PARENT ? getpid() : q->args[i];
	got = vouch_cell_allows(&cells[who].cell, call, args);
	snprintf(what, sizeof(what), "%s, %s, is %s", q->call, q->what,
		 want ? "allowed" : "not allowed");
	check(got == want, cells[who].name, what, got < 0 ? "broken" : "");
}

static void ask_all(void)
{
	size_t i, who;

	for (who = 0; who < N(cells); who++)
		scan(who);
	for (i = 0; i < N(questions); i++)
		for (who = 0; who < N(cells); who++)
			ask(&questions[i], who);
}

/* ---- trying ---- */

static const char *name_of(enum cell_end end)
{
	static const char *const names[] = { "it worked", "it failed",
					     "it ended the process",
					     "the process aborted",
					     "the cell broke" };

	return names[end];
}

static void try_deed(const struct deed *d, size_t who)
{
	bool allowed = has(d->duties, cells[who].letter);
	enum cell_end end;
	char what[96], detail[96];
	int err;
	bool good;

	if (IS_SANITIZED && d->needed_by_sanitizers)
		return;
	end = vouch_cell_try(&cells[who].cell, d->fn, d->arg, &err);
	if (allowed)
		good = end == d->end;
	else if (d->denied && has(d->denied_duties, cells[who].letter))
		good = end == CELL_FAILED && err == d->denied;
	else
		good = end == CELL_KILLED;
	snprintf(what, sizeof(what), "%s %s", allowed ? "can" : "cannot",
		 d->name);
	snprintf(detail, sizeof(detail), "%s%s%s", name_of(end),
		 err ? ": " : "", err ? strerror(err) : "");
	check(good, cells[who].name, what, good ? "" : detail);
}

static void try_all(void)
{
	const struct deed *d;
	size_t who;

	for (d = vouch_deeds; d->name; d++) {
		if (d->denied && !vouch_cell_has_landlock()) {
			printf("skip %s: this kernel has no Landlock\n",
			       d->name);
			skipped++;
			continue;
		}
		for (who = 0; who < N(cells); who++)
			try_deed(d, who);
	}
}

int main(void)
{
	vouch_cell_open();
	vouch_deeds_open();
	if (!IS_SANITIZED)
		ask_all();
	try_all();
	vouch_cell_close();
	printf("%u passed, %u failed", passed, failed);
	if (skipped)
		printf(", %u skipped", skipped);
	putchar('\n');
	return failed || !passed;
}
