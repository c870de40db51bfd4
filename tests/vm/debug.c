// SPDX-License-Identifier: BSD-2-Clause

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mount.h>

#include "debug.h"

#define DEBUGFS "/sys/kernel/debug"
#define KMEMLEAK DEBUGFS "/kmemleak"
#define KMSG "/dev/kmsg"
#define LOCKDEP "/proc/lockdep_stats"
/* Marks in the kernel's log, between which scripts/kmsg.py allows more. */
#define FAULTS "<6>vouch-test: faults from here"
#define NO_FAULTS "<6>vouch-test: no faults from here"
#define MIN_AGE 6 /* seconds; what is younger than 5, kmemleak trusts */
#define MAX_FAULTS 20000 /* a call has fewer allocations and copies */
#define PROGRESS 100 /* faults between signs of life */

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (!ok)
		printf("# writing %s to %s: %s\n", text, path, strerror(errno));
	close(fd);
	return ok;
}

bool vouch_debug_wanted(void)
{
	const char *wanted = getenv("vouch_debug");

	return wanted && !strcmp(wanted, "1");
}

bool vouch_debug_start(void)
{
	mount("debugfs", DEBUGFS, "debugfs", 0, NULL);
	return put(KMEMLEAK, "clear");
}

bool vouch_debug_has_locks(void)
{
	return !access(LOCKDEP, F_OK);
}

bool vouch_debug_locks(void)
{
	FILE *f = fopen(LOCKDEP, "re");
	char line[256];
	int on = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, " debug_locks: %d", &on) == 1)
			break;
	if (f)
		fclose(f);
	return on == 1;
}

/*
 * The pieces that kmemleak shows, each of several lines. All count: the
 * functions of a module that is gone have no names in a backtrace.
 */
static int count_pieces(FILE *f)
{
	char line[512];
	int n = 0;

	while (fgets(line, sizeof(line), f)) {
		printf("# %s", line);
		n += !strncmp(line, "unreferenced", 12);
	}
	return ferror(f) ? -1 : n;
}

int vouch_debug_leaks(void)
{
	FILE *f;
	int i, n;

	sleep(MIN_AGE);
	/* A piece is shown when its content is the same in two scans. */
	for (i = 0; i < 2; i++)
		if (!put(KMEMLEAK, "scan"))
			return -1;
	f = fopen(KMEMLEAK, "re");
	if (!f)
		return -1;
	n = count_pieces(f);
	fclose(f);
	return n;
}

unsigned int vouch_debug_taint(void)
{
	FILE *f = fopen("/proc/sys/kernel/tainted", "re");
	unsigned int taint;

	if (!f || fscanf(f, "%u", &taint) != 1)
		taint = ~0u;
	if (f)
		fclose(f);
	return taint;
}

/* By default faults spare the allocations that could wait for memory. */
static bool open_faults(void)
{
	static const char *const settings[][2] = {
		{ "failslab/ignore-gfp-wait", "N" },
		{ "failslab/verbose", "0" },
		{ "fail_page_alloc/ignore-gfp-wait", "N" },
		{ "fail_page_alloc/ignore-gfp-highmem", "N" },
		{ "fail_page_alloc/min-order", "0" },
		{ "fail_page_alloc/verbose", "0" },
		{ "fail_usercopy/verbose", "0" },
	};
	static bool done;
	char path[96];
	size_t i;

	for (i = 0; !done && i < sizeof(settings) / sizeof(*settings); i++) {
		snprintf(path, sizeof(path), DEBUGFS "/%s", settings[i][0]);
		if (!put(path, settings[i][1]))
			return false;
	}
	done = true;
	return true;
}

static int fault_fd = -1;

static void arm(unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	/* A fault that is left over may hit this very copy. */
	while (write(fault_fd, text, len) < 0 && errno == EFAULT)
		;
}

/* Was the fault used up? If not, it may be by the reading itself. */
static bool disarm(void)
{
	char text[16] = "";
	ssize_t n = pread(fault_fd, text, sizeof(text) - 1, 0);

	arm(0);
	return n > 0 && !strcmp(text, "0\n");
}

static bool is_clean(const struct vouch_fault *f, int err)
{
	return err == -ENOMEM || err == -EFAULT ||
	       (f->other && err == -f->other);
}

static int odd(const struct vouch_fault *f, unsigned int n, const char *what,
	       int err)
{
	printf("# %s, fault %u: %s (%d)\n", f->name, n, what, err);
	return -1;
}

static bool works(const struct vouch_fault *f)
{
	return (!f->prepare || f->prepare()) && f->act() >= 0;
}

static int fail_each(const struct vouch_fault *f, unsigned int step,
		     bool (*enough)(void))
{
	unsigned int n;
	int failed = 0;

	for (n = 1; n < MAX_FAULTS; n += step) {
		bool hit;
		int err;

		if (f->prepare && !f->prepare())
			return odd(f, n, "cannot be prepared", 0);
		arm(n);
		err = f->act();
		hit = disarm();
		if (err < 0 && (!hit || !is_clean(f, err)))
			return odd(f, n, "fails with another error", err);
		if (err < 0) {
			failed++;
			if (f->unchanged && !f->unchanged())
				return odd(f, n, "left something behind", err);
			if (!works(f))
				return odd(f, n, "then fails without a fault",
					   err);
		}
		if (f->undo && !f->undo())
			return odd(f, n, "cannot be undone", err);
		if (!hit || (enough && enough()))
			break;
		if (!(n % PROGRESS))
			printf("# %s: %u faults so far\n", f->name, n);
	}
	printf("# %s: faults up to %u, every %u., %d of them failures\n",
	       f->name, n - 1, step, failed);
	return n < MAX_FAULTS ? failed : odd(f, n, "has no end of faults", 0);
}

int vouch_debug_fail_until(const struct vouch_fault *f, unsigned int step,
			   bool (*enough)(void))
{
	int failed;

	if (fault_fd < 0)
		fault_fd = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fault_fd < 0 || !open_faults() || !put(KMSG, FAULTS))
		return odd(f, 0, "no faults to be had", -errno);
	failed = fail_each(f, step, enough);
	return put(KMSG, NO_FAULTS) ? failed : -1;
}

int vouch_debug_fail(const struct vouch_fault *f, unsigned int step)
{
	return vouch_debug_fail_until(f, step, NULL);
}
