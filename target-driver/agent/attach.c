// SPDX-License-Identifier: BSD-2-Clause
/* Attaching programs to hooks, and what is attached. */

#include "attach.h"

#include <stdio.h>

#include "args.h"
#include "find.h"
#include "section.h"

static int change(int device, unsigned long request, const char *image,
		  const char *prog, const char *hook, struct vouch_failure *f)
{
	struct vouch_target_attach arg;

	memset(&arg, 0, sizeof(arg));
	snprintf(arg.image, sizeof(arg.image), "%s", image);
	snprintf(arg.prog, sizeof(arg.prog), "%s", prog ? prog : "");
	snprintf(arg.hook, sizeof(arg.hook), "%s", hook);
	return vouch_device_call(device, request, &arg, arg.reason, f);
}

static int attach_at(int device, const char *image, const char *prog,
		     const char *hook, struct vouch_failure *f)
{
	int err;

	vouch_fail(f, 0, VOUCH_EXIT_REFUSED, "attach %s of %s to %s", prog,
		   image, hook);
	vouch_fail_next(f, "see \"vouch target progs\" for what is attached, "
			   "and the reason for what the hook wants");
	err = change(device, VOUCH_TARGET_ATTACH, image, prog, hook, f);
	return err == -EEXIST ? 0 : err;
}

/* Each program, or the named one, where its section says. */
static int attach_by_section(int device, const char *image, const char *prog,
			     struct vouch_failure *f)
{
	struct vouch_target_prog_info it;
	char hook[VOUCH_TARGET_HOOK_LEN];
	u32 i, n = 0;
	int err;

	for (i = 0; !vouch_device_program(device, image, i, &it); i++) {
		if (prog && strcmp(prog, it.name))
			continue;
		n++;
		if (vouch_section_hook(it.section, hook)) {
			vouch_fail(f, -EINVAL, VOUCH_EXIT_USAGE,
				   "attach %s of %s where its section says",
				   it.name, image);
			vouch_fail_why(f, "section %s names no place",
				       it.section);
			return vouch_fail_next(f, "name a hook, as xdp:eth0");
		}
		err = attach_at(device, image, it.name, hook, f);
		if (err)
			return err;
	}
	/* The one that was named is not there: say so as ever. */
	return n ? 0 : vouch_find_program(device, image, prog, &it, f);
}

int vouch_attach(int device, const char *image, const char *prog,
		 const char *hook, struct vouch_failure *f)
{
	struct vouch_target_prog_info info;
	int err = vouch_arg_hook(hook, f);

	if (err)
		return err;
	if (!strcmp(hook, VOUCH_HOOK_SECTION))
		return attach_by_section(device, image, prog, f);
	err = vouch_find_program(device, image, prog, &info, f);
	return err ? err : attach_at(device, image, info.name, hook, f);
}

int vouch_detach(int device, const char *image, const char *prog,
		 const char *hook, struct vouch_failure *f)
{
	int err = vouch_arg_hook(hook, f);

	if (err)
		return err;
	vouch_fail(f, 0, VOUCH_EXIT_REFUSED, "detach %s from %s",
		   prog ? prog : image, hook);
	vouch_fail_next(f, "see \"vouch target progs\" for what is attached");
	return change(device, VOUCH_TARGET_DETACH, image, prog, hook, f);
}

int vouch_detach_all(int device, const char *image, struct vouch_failure *f)
{
	struct vouch_target_attach_info at;
	u32 i = 0;

	while (!vouch_device_attachment(device, i, &at)) {
		int err;

		if (strcmp(at.image, image)) {
			i++;
			continue;
		}
		vouch_fail(f, 0, VOUCH_EXIT_REFUSED, "detach %s from %s",
			   at.prog, at.hook);
		/* Those that follow move up to this index. */
		err = change(device, VOUCH_TARGET_DETACH, image, at.prog,
			     at.hook, f);
		if (err)
			return err;
	}
	return 0;
}

json_t *vouch_attached(int device, const char *image, const char *prog)
{
	struct vouch_target_attach_info at;
	json_t *hooks = json_array();
	u32 i;

	for (i = 0; !vouch_device_attachment(device, i, &at); i++)
		if (!strcmp(at.image, image) &&
		    (!prog || !strcmp(at.prog, prog)))
			json_array_append_new(hooks, json_string(at.hook));
	return hooks;
}
