// SPDX-License-Identifier: BSD-2-Clause
/*
 * The target driver's test in a VM: every allocation and copy fails once, of
 * attaching at each kind of hook, of taking a hook over, and of detaching.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "target_client.h"
#include "target_faults.h"

#define N(array) (sizeof(array) / sizeof(*(array)))
#define IFNAME "eth0"

/* By the programs of the image; those of what is not offered are not there.
 * Behind a colon comes a function. */
static const struct hook {
	const char *prog, *where;
} hooks[] = {
	{ "xdp", "xdp:" IFNAME },
	{ "tc", "tc:" IFNAME ":ingress" },
	{ "tc", "tc:" IFNAME ":egress" },
	{ "socket", "socket:" IFNAME },
	{ "kprobe", "kprobe:" },
	{ "kprobe", "kretprobe:" },
	{ "tracepoint", "tracepoint:task:task_rename" },
	{ "raw_tp", "raw_tp:task_rename" },
	{ "tp_btf", "tp_btf:task_rename" },
	/* a clock too slow to come once, and page faults of one CPU */
	{ "perf_event", "perf_event:1:0:1000000000000" },
	{ "perf_event", "perf_event:1:2:1000000000:1" },
};

static const struct hook *hook;

/* Where the kernel had no memory to take a probe off, there can be no other
 * one: each has a function of its own. None of them is called here. */
static const char *const functions[] = {
	"__x64_sys_sethostname",  "__x64_sys_setdomainname",
	"__x64_sys_settimeofday", "__x64_sys_setpriority",
	"__x64_sys_getpriority",  "__x64_sys_setgroups",
	"__x64_sys_getgroups",	  "__x64_sys_mlockall",
	"__x64_sys_munlockall",	  "__x64_sys_vhangup",
	"__x64_sys_personality",  "__x64_sys_setns",
	"__x64_sys_unshare",	  "__x64_sys_chroot",
	"__x64_sys_syncfs",	  "__x64_sys_times",
};
/* Of one kind of hook. Each such probe makes the kernel ask for memory once
 * more for the next one, so that there is no last fault. */
#define ENOUGH_STUCK 6
static unsigned int n_stuck, stuck_before;
static unsigned int function; /* the first at which none is known to be */

static bool takes_function(void)
{
	return hook->where[strlen(hook->where) - 1] == ':';
}

static int ask_hook(unsigned long number, const char *file)
{
	request(number);
	strcpy(arg.attach.image, name_of(file));
	strcpy(arg.attach.prog, hook->prog);
	snprintf(arg.attach.hook, sizeof(arg.attach.hook), "%s%s", hook->where,
		 takes_function() ? functions[function] : "");
	return 0;
}

/* What the kernel says when it has no memory for a socket is its own. */
static int ask_attach(void)
{
	int err = ask();

	return err == -ENFILE || err == -ENOBUFS ? -ENOMEM : err;
}

static bool detach_all(void)
{
	int a, b;

	ask_hook(VOUCH_TARGET_DETACH, "kinds");
	a = ask();
	ask_hook(VOUCH_TARGET_DETACH, "kinds2");
	b = ask();
	return !a || !b;
}

static bool want_attach(void)
{
	detach_all();
	ask_hook(VOUCH_TARGET_ATTACH, "kinds");
	return remember();
}

static bool want_takeover(void)
{
	detach_all();
	ask_hook(VOUCH_TARGET_ATTACH, "kinds");
	if (ask())
		return false;
	ask_hook(VOUCH_TARGET_ATTACH, "kinds2");
	return remember();
}

/* The detaching before may have left a probe behind. */
static int attach_again(void)
{
	int err = ask();

	while (err == -EBUSY && takes_function() &&
	       function + 1 < N(functions)) {
		n_stuck++;
		function++;
		ask_hook(VOUCH_TARGET_ATTACH, "kinds");
		err = ask();
	}
	return err;
}

static bool want_detach(void)
{
	if (!want_attach() || attach_again())
		return false;
	ask_hook(VOUCH_TARGET_DETACH, "kinds");
	return remember();
}

static bool has_enough(void)
{
	return n_stuck >= stuck_before + ENOUGH_STUCK;
}

static unsigned int try_hook(unsigned int step)
{
	const struct vouch_fault faults[] = {
		{ "ATTACH", want_attach, ask_attach, detach_all, unchanged, 0 },
		{ "ATTACH over another", want_takeover, ask_attach, detach_all,
		  unchanged, 0 },
		{ "DETACH", want_detach, ask, NULL, unchanged, 0 },
	};
	unsigned int i, failed = 0;

	stuck_before = n_stuck;
	/* The last detaching may have left one, too. */
	if (takes_function() && n_stuck && function + 1 < N(functions))
		function++;
	for (i = 0; i < N(faults); i++)
		failed += try_until(faults[i].name, hook->where, &faults[i],
				    step, has_enough);
	return failed;
}

unsigned int try_hooks(unsigned int step)
{
	unsigned int i, failed = 0;

	up(IFNAME);
	for (i = 0; i < N(hooks); i++) {
		hook = &hooks[i];
		if (has_prog(hook->prog))
			failed += try_hook(step);
	}
	printf("# the kernel did not take off %u probes\n", n_stuck);
	/* It warns of the first, and keeps vouch_target. */
	if (n_stuck) {
		known_taint = VOUCH_TAINT_WARNED;
		driver_stays = true;
	}
	return failed;
}
