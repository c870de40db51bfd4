// SPDX-License-Identifier: BSD-2-Clause
/*
 * Configuration files: the daemon's, and the command line's. The first byte
 * of an input says which, the rest is the file.
 *
 * Parser: host-bridge/config.c host-bridge/member.c
 * Parser: host-bridge/config_launch.c host-bridge/cli/settings.c
 */

#include "fuzz.h"

#include <unistd.h>

#include "cli/settings.h"
#include "config.h"

static const char *text;
static size_t text_len;
static bool exists;

/* In place of files: the input is what every configuration holds. */
json_t *json_load_file(const char *path, size_t flags, json_error_t *error)
{
	(void)path;
	return json_loadb(text, text_len, flags, error);
}

int access(const char *name, int type)
{
	(void)name;
	(void)type;
	errno = ENOENT;
	return exists ? 0 : -1;
}

static void follow_text(const char *s)
{
	if (s)
		fuzz_touch(s, strlen(s));
}

static void follow(const struct vouch_config *c)
{
	u32 i, k;

	follow_text(c->state_dir);
	follow_text(c->socket);
	follow_text(c->key);
	follow_text(c->cert);
	follow_text(c->user);
	follow_text(c->log_level);
	follow_text(c->qemu);
	fuzz_require(c->n_vms && c->n_vms <= VOUCH_MAX_VMS);
	fuzz_require(c->n_profiles && c->n_profiles <= VOUCH_MAX_PROFILES);
	fuzz_require(c->n_profile_certs &&
		     c->n_profile_certs <= VOUCH_PROFILE_CERTS);
	for (i = 0; i < c->n_profile_certs; i++)
		fuzz_require(c->profile_certs[i][0] == '/');
	for (i = 0; i < c->n_profiles; i++)
		fuzz_require(c->profiles[i][0] == '/');
	for (i = 0; i < c->n_vms; i++) {
		const struct vouch_vm_config *vm = &c->vms[i];

		fuzz_require(vm->role && strlen(vm->name) < VOUCH_VM_NAME_LEN);
		fuzz_require(!vm->vsock != !vm->agent_socket);
		fuzz_require(!vm->cid || vm->cid >= 3);
		follow_text(vm->launch.append);
		for (k = 0; k < vm->n_slots; k++)
			follow_text(vm->slots[k]);
		fuzz_require(
			vm->role != VOUCH_ROLE_TARGET ||
			(vm->profile_index < c->n_profiles && vm->n_slots));
	}
}

static void load_daemons(void)
{
	struct vouch_config c;
	char why[512] = "";

	if (vouch_config_load("fuzz", &c, why, sizeof(why))) {
		fuzz_require(why[0]);
		return;
	}
	follow(&c);
	vouch_config_target(&c, "demo");
	vouch_config_release(&c);
}

static void find_daemons(void)
{
	char buf[64];

	vouch_config_find(NULL, buf, sizeof(buf));
	vouch_config_find("/a", buf, sizeof(buf));
}

/* From a flag, the environment, or the file. */
static void read_settings(u8 how)
{
	struct vouch_cli cli = { .n_given = how & 1 };
	struct vouch_settings settings;
	struct vouch_failure f = {};
	char *uri = strndup(text, text_len);

	cli.given[0].name = "endpoint";
	cli.given[0].value = uri;
	if (how & 2)
		setenv("VOUCH_ENDPOINT", uri, 1);
	else
		unsetenv("VOUCH_ENDPOINT");
	if (how & 4)
		setenv("XDG_CONFIG_HOME", "/fuzz", 1);
	else
		unsetenv("XDG_CONFIG_HOME");
	if (vouch_settings_read(&cli, &settings, &f))
		fuzz_require(f.err && f.why[0]);
	else
		fuzz_require(settings.origin && settings.endpoint.kind);
	find_daemons();
	free(uri);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = { data, len };
	u8 how = fuzz_u8(&in);

	text = (const char *)in.pos;
	text_len = in.left;
	exists = how & 16;
	if (how & 8)
		read_settings(how);
	else
		load_daemons();
	return 0;
}
