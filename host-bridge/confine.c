// SPDX-License-Identifier: BSD-2-Clause
/* Giving things up, in the order in which they can be given up. */

#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "confine.h"
#include "log.h"

#ifdef __SANITIZE_ADDRESS__
/* The leak checker reads the process from a thread of its own, at its end. */
#define IS_CHECKED true
#else
#define IS_CHECKED false
#endif

#define SIGN_MEMORY (1ull << 30)

static int forbid_dumps(enum vouch_duty duty)
{
	static const struct rlimit none = {};

	if (setrlimit(RLIMIT_CORE, &none))
		return -errno;
	if (IS_CHECKED && duty == VOUCH_DUTY_MAIN)
		return 0;
	/* Nor may another process of this user read its memory. */
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) ? -errno : 0;
}

static int set_limits(enum vouch_duty duty)
{
	static const struct rlimit memory = { SIGN_MEMORY, SIGN_MEMORY };
	static const struct rlimit none = {};

	if (IS_CHECKED)
		return 0;
	if (duty != VOUCH_DUTY_LINK && setrlimit(RLIMIT_NPROC, &none))
		return -errno;
	if (duty == VOUCH_DUTY_SIGN && setrlimit(RLIMIT_AS, &memory))
		return -errno;
	return 0;
}

/* Whoever never had any need not ask for less, and may not be let to. */
static int clear_capabilities(void)
{
	cap_t none = cap_init(), now = cap_get_proc();
	int err = 0;

	if (!none || !now)
		err = -ENOMEM;
	else if (cap_compare(none, now) && cap_set_proc(none))
		err = -errno;
	cap_free(none);
	cap_free(now);
	return err;
}

/* All of them, also of a root that stays root. */
static int drop_capabilities(void)
{
	cap_value_t cap;

	for (cap = 0; cap_get_bound(cap) >= 0; cap++)
		if (cap_get_bound(cap) && cap_drop_bound(cap))
			break; /* not root: then nothing comes of it */
	if (cap_reset_ambient())
		return -errno;
	return clear_capabilities();
}

static int confine_files(const struct vouch_confinement *c)
{
	int err;

	/* The sanitizers read what they like. */
	if (IS_CHECKED)
		return 0;
	err = vouch_landlock_load(c->dirs, c->n_dirs);
	if (err != -EOPNOTSUPP)
		return err;
	if (c->duty == VOUCH_DUTY_MAIN)
		vouch_notice("this kernel has no Landlock: file permissions "
			     "alone say what the processes can reach");
	return 0;
}

static int give_up(const struct vouch_confinement *c)
{
	int err = forbid_dumps(c->duty);

	if (!err)
		err = set_limits(c->duty);
	if (!err)
		err = drop_capabilities();
	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = -errno;
	if (!err)
		err = confine_files(c);
	return err;
}

int vouch_confine(const struct vouch_confinement *c)
{
	int err = 0;

	/* Its parent has given up the rest. */
	if (c->duty != VOUCH_DUTY_LINK_CHILD)
		err = give_up(c);
	if (!err)
		err = vouch_filter_load(c);
	if (err)
		vouch_error("cannot confine the process: %s; the kernel needs "
			    "CONFIG_SECCOMP_FILTER",
			    strerror(-err));
	return err;
}
