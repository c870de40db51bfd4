// SPDX-License-Identifier: BSD-2-Clause
/* Floors: stored, handed to the module, raised. */

#include "floor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "store.h"

#define FILE_NAME "floors"

static struct vouch_floor *find(struct vouch_floors *floors, const char *slot)
{
	u32 i;

	for (i = 0; i < floors->n; i++)
		if (!strcmp(floors->at[i].slot, slot))
			return &floors->at[i];
	return NULL;
}

/* "SLOT EPOCH SEQUENCE", decimal, one blank between, nothing else. */
static bool read_line(const char *line, struct vouch_floor *floor)
{
	char back[128];
	int end = 0;

	memset(floor, 0, sizeof(*floor));
	if (sscanf(line, "%31s %" SCNu32 " %" SCNu64 "\n%n", floor->slot,
		   &floor->epoch, &floor->sequence, &end) != 3)
		return false;
	snprintf(back, sizeof(back), "%s %u %" PRIu64 "\n", floor->slot,
		 floor->epoch, floor->sequence);
	return !strcmp(back, line) && floor->epoch && floor->sequence &&
	       vouch_name_ok(floor->slot, sizeof(floor->slot));
}

static int damaged(const char *path, u32 line, struct vouch_failure *f)
{
	vouch_fail(f, -EBADMSG, VOUCH_EXIT_TRUST, "read floors from %s", path);
	vouch_fail_why(f, "line %u is not \"SLOT EPOCH SEQUENCE\"", line);
	return vouch_fail_next(f, "restore the file, or let an operator write "
				  "it anew from vouchd's deliveries");
}

int vouch_floors_load(const char *dir, struct vouch_floors *floors,
		      struct vouch_failure *f)
{
	char path[VOUCH_STORE_PATH_LEN], line[256];
	FILE *file;
	int err = 0;

	floors->n = 0;
	vouch_store_path(path, dir, FILE_NAME);
	file = fopen(path, "re");
	if (!file && errno == ENOENT)
		return 0;
	if (!file) {
		vouch_fail(f, -errno, VOUCH_EXIT_INTERNAL, "open %s", path);
		return vouch_fail_next(f, "run as root, and see --state");
	}
	while (!err && fgets(line, sizeof(line), file)) {
		struct vouch_floor floor;

		if (floors->n == VOUCH_MAX_FLOORS || !read_line(line, &floor) ||
		    find(floors, floor.slot))
			err = damaged(path, floors->n + 1, f);
		else
			floors->at[floors->n++] = floor;
	}
	if (!err && ferror(file))
		err = damaged(path, floors->n + 1, f);
	fclose(file);
	return err;
}

static int store(const char *dir, const struct vouch_floors *floors,
		 struct vouch_failure *f)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	u32 i;
	int err;

	if (!out)
		return vouch_fail(f, -ENOMEM, VOUCH_EXIT_INTERNAL,
				  "write the floors");
	for (i = 0; i < floors->n; i++)
		fprintf(out, "%s %u %" PRIu64 "\n", floors->at[i].slot,
			floors->at[i].epoch, floors->at[i].sequence);
	if (fclose(out)) {
		free(text);
		return vouch_fail(f, -ENOMEM, VOUCH_EXIT_INTERNAL,
				  "write the floors");
	}
	err = vouch_store_write(dir, FILE_NAME, text, len, f);
	free(text);
	return err;
}

static int tell(int device, unsigned long request,
		struct vouch_target_floor *arg, const struct vouch_floor *floor,
		struct vouch_failure *f)
{
	memset(arg, 0, sizeof(*arg));
	memcpy(arg->slot, floor->slot, sizeof(arg->slot));
	arg->epoch = floor->epoch;
	arg->sequence = floor->sequence;
	vouch_fail(f, 0, VOUCH_EXIT_REFUSED,
		   "set the floor of slot %s to %u.%" PRIu64, floor->slot,
		   floor->epoch, floor->sequence);
	return vouch_device_call(device, request, arg, arg->reason, f);
}

/* Raise a floor in the module; where the module's is higher, learn it. */
static int raise_or_learn(int device, struct vouch_floor *floor,
			  struct vouch_failure *f)
{
	struct vouch_target_floor arg;
	int err = tell(device, VOUCH_TARGET_FLOOR_SET, &arg, floor, f);

	if (err != -EPERM)
		return err;
	err = tell(device, VOUCH_TARGET_FLOOR_GET, &arg, floor, f);
	if (err)
		return err;
	floor->epoch = arg.epoch;
	floor->sequence = arg.sequence;
	return 0;
}

int vouch_floors_hand_over(int device, struct vouch_floors *floors,
			   struct vouch_failure *f)
{
	u32 i;
	int err = 0;

	for (i = 0; !err && i < floors->n; i++)
		err = raise_or_learn(device, &floors->at[i], f);
	return err;
}

static bool below(const struct vouch_floor *a, const struct vouch_floor *b)
{
	return a->epoch < b->epoch ||
	       (a->epoch == b->epoch && a->sequence < b->sequence);
}

int vouch_floors_raise(const char *dir, int device, struct vouch_floors *floors,
		       const struct vouch_floor *to, struct vouch_failure *f)
{
	struct vouch_floors raised = *floors;
	struct vouch_floor *floor = find(&raised, to->slot);
	int err;

	if (floor && !below(floor, to))
		return 0;
	if (!floor && raised.n == VOUCH_MAX_FLOORS) {
		vouch_fail(f, -ENOSPC, VOUCH_EXIT_REFUSED, "make the slot %s",
			   to->slot);
		vouch_fail_why(f, "this target has %d slots already",
			       VOUCH_MAX_FLOORS);
		return vouch_fail_next(f, "deliver to one of its slots");
	}
	if (!floor)
		floor = &raised.at[raised.n++];
	*floor = *to;
	/* On disk first: the module forgets at the next boot. */
	err = store(dir, &raised, f);
	if (!err)
		err = raise_or_learn(device, floor, f);
	if (!err)
		*floors = raised;
	return err;
}
