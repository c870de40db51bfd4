// SPDX-License-Identifier: BSD-2-Clause
/* The table of methods. */

#include "call.h"

#include "args.h"

static const struct {
	const char *name;
	vouch_call_fn *fn;
} methods[] = {
	{ "show", vouch_call_show },
	{ "progs", vouch_call_progs },
	{ "attach", vouch_call_attach },
	{ "detach", vouch_call_detach },
	{ "unload", vouch_call_unload },
	{ "map.list", vouch_call_map_list },
	{ "map.dump", vouch_call_map_dump },
	{ "map.get", vouch_call_map_get },
	{ "map.set", vouch_call_map_set },
	{ "map.delete", vouch_call_map_delete },
	{ "map.records", vouch_call_map_records },
	{ "printed", vouch_call_printed },
	{ "test-run", vouch_call_test_run },
};

int vouch_call(struct vouch_agent *agent, const struct vouch_message *msg,
	       struct vouch_reply *reply, struct vouch_failure *f)
{
	const char *name;
	size_t i;
	int err = vouch_arg_name(msg->json, "method", 64, true, &name, f);

	if (err)
		return err;
	for (i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		if (strcmp(methods[i].name, name))
			continue;
		err = methods[i].fn(agent, msg, reply, f);
		if (!err && json_object_set_new(reply->json, "schema_version",
						json_integer(1)))
			err = vouch_fail(f, -ENOMEM, VOUCH_EXIT_INTERNAL,
					 "answer %s", name);
		return err;
	}
	vouch_fail(f, -EOPNOTSUPP, VOUCH_EXIT_USAGE, "call %s", name);
	vouch_fail_why(f, "this vouch-targetd has no such method");
	return vouch_fail_next(f, "use vouch and vouch-targetd of the same "
				  "version");
}
