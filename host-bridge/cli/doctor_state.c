// SPDX-License-Identifier: BSD-2-Clause
/* The state directory's disk, and the clocks. */

#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "doctor.h"
#include "output.h"

/* What one submission may write: object, capture and image at their greatest,
 * and as much again for the database. */
#define NEED_MIB 256u
#define AMPLE_MIB 1024u
#define NEED_INODES 1000u
#define GAP_S 120 /* between clocks, before somebody should look */

static void check_disk(struct vouch_doctor *d)
{
	const char *dir = d->config.state_dir;
	unsigned long long mib, inodes;
	struct vouch_finding f;
	struct statvfs s;

	vouch_finding_begin(&f, "disk", VOUCH_EXIT_INTERNAL, "%s", dir);
	vouch_finding_look(&f,
			   "free space and files; one submission may need "
			   "%u MiB",
			   NEED_MIB);
	if (statvfs(dir, &s)) {
		int err = -errno;

		vouch_finding_say(&f,
				  err == -ENOENT ? VOUCH_FINDING_WARNING
						 : VOUCH_FINDING_UNKNOWN,
				  "it cannot be looked at: %s%s",
				  strerror(-err),
				  err == -ENOENT ? "; vouchd makes it when it "
						   "starts for the first time"
						 : "");
		vouch_finding_mend(&f, "mkdir -p %s", dir);
		vouch_finding_denied(&f, err, d->config.path);
		vouch_finding_end(d, &f);
		return;
	}
	mib = (unsigned long long)s.f_bavail * s.f_frsize >> 20;
	inodes = s.f_favail;
	vouch_finding_say(&f, VOUCH_FINDING_OK, "%llu MiB free", mib);
	if (s.f_flag & ST_RDONLY)
		vouch_finding_say(&f, VOUCH_FINDING_PROBLEM,
				  "it is mounted read-only");
	else if (mib < NEED_MIB)
		vouch_finding_say(&f, VOUCH_FINDING_PROBLEM,
				  "%llu MiB free, and one submission may need "
				  "%u",
				  mib, NEED_MIB);
	else if (s.f_files && inodes < NEED_INODES)
		vouch_finding_say(&f, VOUCH_FINDING_PROBLEM,
				  "no more than %llu files can be made",
				  inodes);
	else if (mib < AMPLE_MIB)
		vouch_finding_say(&f, VOUCH_FINDING_WARNING,
				  "%llu MiB free, which will not last", mib);
	if (s.f_flag & ST_RDONLY)
		vouch_finding_mend(&f,
				   "mount -o remount,rw \"$(findmnt -no "
				   "TARGET -T %s)\"",
				   dir);
	else if (f.state != VOUCH_FINDING_OK)
		vouch_finding_mend(&f,
				   "find %s/captures %s/images -type f "
				   "-mtime +30 -delete; images can be made "
				   "again",
				   dir, dir);
	vouch_finding_end(d, &f);
}

/* ---- clocks ---- */

static time_t newest(time_t so_far, const char *path)
{
	struct stat st;

	return stat(path, &st) || st.st_mtime < so_far ? so_far : st.st_mtime;
}

static void date(time_t t, char *out, size_t size)
{
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(out, size, "%F %T UTC", &tm))
		snprintf(out, size, "-");
}

static time_t newest_state(const struct vouch_doctor *d)
{
	static const char *const names[] = { "vouchd.db", "vouchd.db-wal",
					     "sign/sequence", "accelerator" };
	time_t last = (time_t)json_integer_value(
		json_object_get(d->status, "log_time"));
	char path[512];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", d->config.state_dir,
			 names[i]);
		last = newest(last, path);
	}
	return last;
}

static void check_clock(struct vouch_doctor *d)
{
	time_t now = time(NULL), built = newest(0, "/proc/self/exe");
	time_t last = newest_state(d);
	char now_text[32], then_text[32];
	struct vouch_finding f;

	vouch_finding_begin(&f, "clock", VOUCH_EXIT_INTERNAL, "host");
	vouch_finding_look(&f, "the time, that of this program's file, and "
			       "the newest record of the log and state");
	date(now, now_text, sizeof(now_text));
	if (now + GAP_S < built) {
		date(built, then_text, sizeof(then_text));
		vouch_finding_say(&f, VOUCH_FINDING_PROBLEM,
				  "it is %s here, and this program was made "
				  "at %s",
				  now_text, then_text);
	} else if (now + GAP_S < last) {
		date(last, then_text, sizeof(then_text));
		vouch_finding_say(&f, VOUCH_FINDING_PROBLEM,
				  "it is %s here, and the newest record is of "
				  "%s",
				  now_text, then_text);
	} else {
		vouch_finding_say(&f, VOUCH_FINDING_OK, "%s", now_text);
	}
	if (f.state != VOUCH_FINDING_OK)
		vouch_finding_mend(&f, "timedatectl set-ntp true");
	vouch_finding_end(d, &f);
}

static void check_gap(struct vouch_doctor *d, const struct vouch_vm_config *vm)
{
	const json_t *state = vouch_doctor_vm(d, vm->name);
	const json_t *gap = json_object_get(state, "clock_gap_s");
	long long s = json_integer_value(gap);
	struct vouch_finding f;

	if (strcmp(vouch_json_string(state, "state"), "ready") != 0)
		return;
	vouch_finding_begin(&f, "clock", VOUCH_EXIT_INTERNAL, "%s", vm->name);
	vouch_finding_look(&f, "the time in its HELLO");
	if (!json_is_integer(gap)) {
		vouch_finding_say(&f, VOUCH_FINDING_UNKNOWN,
				  "its agent did not say");
		if (vm->launched)
			vouch_finding_mend(&f,
					   "make guests, "
					   "then: " VOUCH_DOCTOR_RESTART,
					   d->config.path);
		else
			vouch_finding_mend(&f, "give it the agent of "
					       "vouch " VOUCH_VERSION
					       ": make guests");
	} else if (s > GAP_S || s < -GAP_S) {
		/* Nothing is decided by it: targets go by epochs. */
		vouch_finding_say(&f, VOUCH_FINDING_WARNING,
				  "it was %lld s %s the host; nothing is "
				  "decided by it, but times in its log are "
				  "wrong",
				  s < 0 ? -s : s, s < 0 ? "behind" : "before");
		vouch_finding_mend(&f, "in it, with what \"date +%%s\" says "
				       "here: date -s @SECONDS");
	} else {
		vouch_finding_say(&f, VOUCH_FINDING_OK, "%+lld s to the host",
				  s);
	}
	vouch_finding_end(d, &f);
}

void vouch_doctor_state(struct vouch_doctor *d)
{
	u32 i;

	check_disk(d);
	check_clock(d);
	for (i = 0; i < d->config.n_vms; i++)
		check_gap(d, &d->config.vms[i]);
}
