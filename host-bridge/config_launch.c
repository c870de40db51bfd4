// SPDX-License-Identifier: BSD-2-Clause
/* The configuration of VMs that vouchd starts. */

#include <sys/utsname.h>

#include "config_launch.h"

#define LAUNCH(key, kind, field, min, max, required)                         \
	{                                                                    \
		key, kind, offsetof(struct vouch_launch_config, field), min, \
			max, required                                        \
	}
#define OTHER(key)                                      \
	{                                               \
		key, VOUCH_MEMBER_OTHER, 0, 0, 0, false \
	}

static const struct vouch_member launch_members[] = {
	LAUNCH("kernel", VOUCH_MEMBER_PATH, kernel, 0, 0, true),
	LAUNCH("initrd", VOUCH_MEMBER_PATH, initrd, 0, 0, false),
	LAUNCH("append", VOUCH_MEMBER_TEXT, append, 0, 0, false),
	LAUNCH("cpu", VOUCH_MEMBER_TEXT, cpu, 0, 0, false),
	LAUNCH("console", VOUCH_MEMBER_PATH, console, 0, 0, false),
	LAUNCH("memory_mb", VOUCH_MEMBER_U32, memory_mb, 32, 1 << 20, false),
	LAUNCH("cpus", VOUCH_MEMBER_U32, cpus, 1, 255, false),
	LAUNCH("hello_s", VOUCH_MEMBER_U32, hello_s, 1, 3600, false),
	OTHER("accel"),
	OTHER("arch"),
	OTHER("net"),
	{ NULL, VOUCH_MEMBER_OTHER, 0, 0, 0, false },
};

static int read_net(const struct vouch_reader *r, json_t *v,
		    struct vouch_net_config *net)
{
	const char *type, *end[2];
	int i;

	if (!v || json_is_null(v))
		return 0;
	type = json_string_value(json_object_get(v, "type"));
	if (!type || strcmp(type, "dgram"))
		return vouch_member_complain(
			r, "\"net\" must be of the type \"dgram\"");
	end[0] = json_string_value(json_object_get(v, "local"));
	end[1] = json_string_value(json_object_get(v, "remote"));
	if (!end[0] || !end[1] || json_object_size(v) != 3)
		return vouch_member_complain(
			r, "\"net\" must have \"type\", \"local\" and "
			   "\"remote\"");
	for (i = 0; i < 2; i++)
		if ((end[i][0] != '/' &&
		     strspn(end[i], "0123456789") != strlen(end[i])) ||
		    !end[i][0] || strchr(end[i], ','))
			return vouch_member_complain(
				r,
				"\"net\": '%s' is neither a path "
				"nor a port",
				end[i]);
	if ((end[0][0] == '/') != (end[1][0] == '/'))
		return vouch_member_complain(
			r, "\"net\": a path and a port do not meet");
	net->local = end[0];
	net->remote = end[1];
	return 0;
}

/* Only its own architecture can a machine virtualise. */
static bool is_native(const char *arch)
{
	struct utsname host;
	bool arm64 = !strcmp(arch, "arm64");

	return !uname(&host) && arm64 == !strcmp(host.machine, "aarch64");
}

/* Which of @n names a member is, or -ENOENT; the first if it is not there. */
static int choose(json_t *obj, const char *key, const char *const names[],
		  u32 n)
{
	json_t *member = json_object_get(obj, key);
	const char *name = json_string_value(member);
	u32 i;

	if (!member)
		return 0;
	for (i = 0; name && i < n; i++)
		if (!strcmp(name, names[i]))
			return (int)i;
	return -ENOENT;
}

int vouch_config_launch(const struct vouch_reader *r, json_t *obj,
			struct vouch_launch_config *launch)
{
	static const char *const accels[] = { "auto", "kvm", "tcg" };
	static const char *const archs[] = { "x86_64", "arm64" };
	static const char *const cpus[] = { "EPYC", "cortex-a57" };
	int accel = choose(obj, "accel", accels, 3);
	int arch = choose(obj, "arch", archs, 2);
	int err;

	if (accel < 0)
		return vouch_member_complain(
			r, "\"accel\" must be \"auto\", \"kvm\" or \"tcg\"");
	if (arch < 0)
		return vouch_member_complain(
			r, "\"arch\" must be \"x86_64\" or \"arm64\"");
	launch->accel = (enum vouch_accel)accel;
	if (accel == VOUCH_ACCEL_AUTO && !is_native(archs[arch]))
		launch->accel = VOUCH_ACCEL_TCG;
	launch->arm64 = arch == 1;
	launch->append = "";
	launch->cpu = cpus[arch];
	launch->memory_mb = 512;
	launch->cpus = 1;
	launch->hello_s = 60;
	err = vouch_members_read(r, obj, launch_members, launch);
	if (!err)
		err = read_net(r, json_object_get(obj, "net"), &launch->net);
	return err;
}
