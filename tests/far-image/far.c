// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes room where modules are, so that an image lies far from vouch_target.
 * tests/vm/target_far.py makes many of this one, of other names and sizes.
 */

#include <linux/module.h>

static char room[PAGE_SIZE];

static int __init far_start(void)
{
	WRITE_ONCE(room[0], 1);
	return 0;
}

static void __exit far_stop(void)
{
}

module_init(far_start);
module_exit(far_stop);
MODULE_DESCRIPTION("Takes room");
MODULE_LICENSE("GPL");
