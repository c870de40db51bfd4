// SPDX-License-Identifier: BSD-2-Clause
/* What a configuration may say of what is attached at start. */

#include "args.h"
#include "boot_list.h"
#include "manifest.h"
#include "../vouch_target_abi.h"

#define MAX_ENTRIES 64

static int wrong(struct vouch_failure *f, const char *why)
{
	vouch_fail(f, -EINVAL, VOUCH_EXIT_USAGE, "read \"boot\"");
	vouch_fail_why(f, "%s", why);
	return vouch_fail_next(
		f, "write a list of {\"slot\": \"NAME\", \"attach\": "
		   "[{\"program\": \"NAME\", \"hook\": \"xdp:eth0\"}]}");
}

static int check_hook(json_t *it, struct vouch_failure *f)
{
	const char *program = NULL, *hook = NULL;
	int err;

	if (json_unpack_ex(it, NULL, JSON_STRICT, "{s?s, s:s}", "program",
			   &program, "hook", &hook))
		return wrong(f, "a hook is not an object of \"hook\" and "
				"perhaps \"program\"");
	err = vouch_arg_name(it, "program", VOUCH_TARGET_NAME_LEN, false,
			     &program, f);
	return err ? err : vouch_arg_hook(hook, f);
}

static int check_entry(json_t *entry, struct vouch_failure *f)
{
	json_t *hooks = NULL, *it;
	const char *slot;
	int err = 0;
	size_t i;

	if (json_unpack_ex(entry, NULL, JSON_STRICT, "{s:s, s?o}", "slot",
			   &slot, "attach", &hooks))
		return wrong(f, "an entry is not an object of \"slot\" and "
				"perhaps \"attach\"");
	err = vouch_arg_name(entry, "slot", VOUCH_SLOT_LEN, true, &slot, f);
	if (!err && hooks &&
	    (!json_is_array(hooks) || json_array_size(hooks) > MAX_ENTRIES))
		return wrong(f, "\"attach\" is not a list of at most 64");
	json_array_foreach(hooks, i, it)
		err = err ? err : check_hook(it, f);
	return err;
}

int vouch_boot_list_check(const json_t *boot, struct vouch_failure *f)
{
	json_t *entry;
	int err = 0;
	size_t i;

	if (!json_is_array(boot) || json_array_size(boot) > MAX_ENTRIES)
		return wrong(f, "it is not a list of at most 64");
	json_array_foreach((json_t *)boot, i, entry)
		err = err ? err : check_entry(entry, f);
	return err;
}
