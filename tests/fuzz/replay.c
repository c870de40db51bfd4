// SPDX-License-Identifier: BSD-2-Clause
/*
 * A main for fuzz targets without libFuzzer: runs files through the target,
 * then changes of them, drawn from a fixed seed. A target that finds
 * something wrong ends the process.
 *
 * usage: TARGET [--runs N] [--seed N] FILE|DIRECTORY...
 *	  TARGET --pick N KEPT-DIRECTORY FILE|DIRECTORY...
 *
 * The second way prints which inputs, N at most, reach what is not reached by
 * those of the first directory (pick.c).
 */

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "replay.h"

#define LONGEST (1u << 20)
#define LONGEST_MUTANT 4096u

static struct replay_input *inputs;
static size_t n_inputs;
static u64 seed = 1;

#pragma weak LLVMFuzzerCustomMutator

static u32 draw(u32 below)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return below ? (u32)(seed >> 33) % below : 0;
}

size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t max)
{
	size_t at = draw((u32)len + 1);

	if (!len || (len < max && !draw(4))) {
		memmove(data + at + 1, data + at, len - at);
		data[at] = (u8)draw(256);
		return len + 1;
	}
	at = draw((u32)len);
	switch (draw(4)) {
	case 0:
		memmove(data + at, data + at + 1, len - at - 1);
		return len - 1;
	case 1:
		data[at] ^= (u8)(1u << draw(8));
		return len;
	case 2:
		data[at] = draw(2) ? 0xff : 0;
		return len;
	default:
		data[at] = (u8)draw(256);
		return len;
	}
}

void replay_run(const u8 *data, size_t len)
{
	/* Of exactly this length, so that a byte too far is found. */
	u8 *copy = fuzz_copy(data, len);

	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

static void run_mutants(u32 runs)
{
	static u8 buf[LONGEST_MUTANT];
	u32 n;

	while (n_inputs && runs--) {
		const struct replay_input *in = &inputs[draw((u32)n_inputs)];
		size_t len = in->len < LONGEST_MUTANT ? in->len
						      : LONGEST_MUTANT;

		if (len)
			memcpy(buf, in->data, len);
		for (n = draw(4) + 1; n; n--)
			len = LLVMFuzzerCustomMutator
				      ? LLVMFuzzerCustomMutator(buf, len,
								sizeof(buf),
								draw(1u << 31))
				      : LLVMFuzzerMutate(buf, len, sizeof(buf));
		replay_run(buf, len);
	}
}

static void add_file(const char *path)
{
	static u8 buf[LONGEST];
	FILE *f = fopen(path, "rb");
	struct replay_input *more;
	size_t len;

	if (!f) {
		perror(path);
		exit(2);
	}
	len = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	more = realloc(inputs, (n_inputs + 1) * sizeof(*inputs));
	if (!more)
		abort();
	inputs = more;
	inputs[n_inputs].path = strdup(path);
	inputs[n_inputs].data = fuzz_copy(buf, len);
	inputs[n_inputs++].len = len;
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* In the order of names, so that a seed means the same everywhere. */
static void add_path(const char *path)
{
	struct dirent **list;
	struct stat st;
	char name[4096];
	int i, n;

	if (stat(path, &st) || !S_ISDIR(st.st_mode)) {
		add_file(path);
		return;
	}
	n = scandir(path, &list, visible, alphasort);
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s/%s", path, list[i]->d_name);
		add_file(name);
		free(list[i]);
	}
	free(list);
}

static void release(void)
{
	while (n_inputs) {
		free(inputs[--n_inputs].data);
		free(inputs[n_inputs].path);
	}
	free(inputs);
}

static void replay(u32 runs)
{
	size_t i;

	for (i = 0; i < n_inputs; i++)
		replay_run(inputs[i].data, inputs[i].len);
	run_mutants(runs);
	fprintf(stderr, "%zu inputs, %u changes of them\n", n_inputs, runs);
}

int main(int argc, char **argv)
{
	u32 runs = 0, pick = 0;
	size_t kept = 0;
	int i, ret = 0;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--runs") && i + 1 < argc)
			runs = (u32)strtoul(argv[++i], NULL, 10);
		else if (!strcmp(argv[i], "--seed") && i + 1 < argc)
			seed = strtoull(argv[++i], NULL, 10);
		else if (!strcmp(argv[i], "--pick") && i + 1 < argc)
			pick = (u32)strtoul(argv[++i], NULL, 10);
		else
			add_path(argv[i]);
		if (!kept)
			kept = n_inputs;
	}
	if (pick)
		ret = replay_pick(inputs, n_inputs, kept, pick);
	else
		replay(runs);
	release();
	return ret;
}
