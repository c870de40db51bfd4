// SPDX-License-Identifier: BSD-2-Clause
/* What an image's code meets: loads that fault, and helpers that are far. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/syscall.h>

#include "target_client.h"

#define TRIES 5
#define REACH (128ull << 20) /* bytes that a call of arm64 reaches */
/* As tests/vm/target_far.py calls modules that fill the area of modules. */
#define SIZES "abcdefghijklmnop"
#define DIGITS "0123456789abcdefghijklmnopqrstuvwxyz"

/* A load from where nothing is gives 0, and the program goes on. */
void test_fault(void)
{
	struct vouch_target_test_run t;
	uint8_t packet[64] = {};
	int err;

	verdict(!load_admitted("fault"), "an image that may fault loads");
	err = run("fault", "fault", packet, sizeof(packet), &t, NULL);
	verdict(!err && t.retval == 2, "what it loads is 0 (%d, %u)", err,
		t.retval);
	verdict(!unload("fault"), "and it goes");
}

/* Where a module is, or 0. */
static unsigned long long address_of(const char *module)
{
	unsigned long long at = 0;
	char line[512], name[64];
	FILE *f = fopen("/proc/modules", "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s", name) == 1 && !strcmp(name, module) &&
		    strstr(line, " 0x"))
			at = strtoull(strstr(line, " 0x") + 1, NULL, 16);
	if (f)
		fclose(f);
	return at;
}

/* Those of one size, until one more is put beyond @end. */
static void fill_size(char letter, unsigned long long end)
{
	char file[32], name[] = "f--";
	const char *digit;
	int err;

	name[1] = letter;
	for (digit = DIGITS; *digit; digit++) {
		name[2] = *digit;
		snprintf(file, sizeof(file), "../far/%s.ko", name + 1);
		err = load(file);
		if (err == -EEXIST)
			continue;
		if (err || address_of(name) > end)
			break;
	}
}

/* No room is left up to @end, but for what is smaller than any module. */
static void fill(unsigned long long end)
{
	const char *letter;

	for (letter = SIZES; *letter; letter++)
		fill_size(*letter, end);
}

static void empty(void)
{
	const char *letter, *digit;
	char name[] = "f--";

	for (letter = SIZES; *letter; letter++)
		for (digit = DIGITS; *digit; digit++) {
			name[1] = *letter;
			name[2] = *digit;
			syscall(SYS_delete_module, name, O_NONBLOCK);
		}
}

/* Room that was given up before is free some time later: once more, then. */
static unsigned long long load_beyond(unsigned long long end)
{
	unsigned long long at = 0;
	unsigned int try;

	for (try = 0; try < TRIES && at < end; try++) {
		if (try)
			unload("count");
		fill(end);
		if (load_admitted("count"))
			return 0;
		at = address_of(name_of("count"));
	}
	return at;
}

/*
 * With the area of modules full, an image is too far from vouch_target for a
 * call, where calls do not reach everywhere.
 */
void test_far(void)
{
	struct vouch_target_test_run t;
	uint8_t packet[64] = { 2 };
	unsigned long long here, there;
	int err;

	if (access("/far", F_OK))
		return;
	set_floor("edge", 1, 1);
	here = address_of("vouch_target");
	there = load_beyond(here + REACH);
	verdict(here && there > here + REACH,
		"a far image is loaded, beyond a call's reach (%llx, %llx)",
		here, there);
	err = run("count", "count", packet, sizeof(packet), &t, NULL);
	verdict(!err && t.retval == 2, "it runs (%d, %u)", err, t.retval);
	err = run("count", "time", packet, sizeof(packet), &t, NULL);
	verdict(!err && t.retval == 2, "and calls helpers (%d, %u)", err,
		t.retval);
	verdict(!unload("count"), "and goes");
	err = admit("count", NULL);
	if (!err)
		err = load("swap-call");
	verdict(err == -EBADMSG,
		"a far image that calls something else is refused (%d)", err);
	empty();
}
