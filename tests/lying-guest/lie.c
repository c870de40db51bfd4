// SPDX-License-Identifier: GPL-2.0-only
/*
 * Alters the records of a program after they were taken, by the script in
 * the parameter "lie" (see edit.h). Empty, and the module is honest.
 */

#include <linux/module.h>
#include <linux/string.h>

#include "edit.h"
#include "lie.h"
#include "take.h"

static char lie[128];
module_param_string(lie, lie, sizeof(lie), 0600);
MODULE_PARM_DESC(lie, "edits of what TAKE hands out");

int lying_take_program(struct vouch_take *take)
{
	struct lying_edit edit;
	int err = vouch_take_program(take);
	const char *script;

	/* What is written in sysfs ends with a newline. */
	script = strim(lie);
	if (err || !*script)
		return err;
	edit.buf = take->buf;
	edit.len = take->used;
	edit.size = take->size;
	if (!lying_edit_run(&edit, script)) {
		take->why = "the lie does not fit the records";
		return -EDOM;
	}
	take->used = edit.len;
	return 0;
}
