// SPDX-License-Identifier: BSD-2-Clause
/* The configuration: tables of members, and what must hold between them. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../common/endpoint.h"
#include "config.h"
#include "config_launch.h"
#include "member.h"

#define TOP(key, kind, field)                                                \
	{                                                                    \
		key, kind, offsetof(struct vouch_config, field), 0, 0, false \
	}
#define TIMEOUT(key)                                                          \
	{                                                                     \
#key, VOUCH_MEMBER_U32, offsetof(struct vouch_timeouts, key), \
			1, 86400, false                                       \
	}
#define VM(key, kind, field)                                              \
	{                                                                 \
		key, kind, offsetof(struct vouch_vm_config, field), 0, 0, \
			false                                             \
	}
#define OTHER(key)                                      \
	{                                               \
		key, VOUCH_MEMBER_OTHER, 0, 0, 0, false \
	}

static const struct vouch_member top_members[] = {
	{ "state_dir", VOUCH_MEMBER_PATH,
	  offsetof(struct vouch_config, state_dir), 0, 0, true },
	{ "socket", VOUCH_MEMBER_SOCKET, offsetof(struct vouch_config, socket),
	  0, 0, true },
	TOP("key", VOUCH_MEMBER_PATH, key),
	TOP("cert", VOUCH_MEMBER_PATH, cert),
	TOP("signer", VOUCH_MEMBER_TEXT, signer),
	TOP("launcher", VOUCH_MEMBER_TEXT, launcher),
	{ "epoch", VOUCH_MEMBER_U32, offsetof(struct vouch_config, epoch), 1,
	  UINT32_MAX, false },
	TOP("socket_mode", VOUCH_MEMBER_MODE, socket_mode),
	TOP("user", VOUCH_MEMBER_TEXT, user),
	TOP("log_level", VOUCH_MEMBER_TEXT, log_level),
	TOP("qemu", VOUCH_MEMBER_TEXT, qemu),
	TOP("qemu_arm64", VOUCH_MEMBER_TEXT, qemu_arm64),
	OTHER("profiles"),
	OTHER("profile_certs"),
	OTHER("policy"),
	OTHER("timeouts"),
	OTHER("vms"),
	{ NULL, VOUCH_MEMBER_OTHER, 0, 0, 0, false },
};

static const struct vouch_member policy_members[] = {
	TOP("allow_perfmon", VOUCH_MEMBER_BOOL, allow_perfmon),
	TOP("record", VOUCH_MEMBER_BOOL, record),
	{ NULL, VOUCH_MEMBER_OTHER, 0, 0, 0, false },
};

static const struct vouch_member timeout_members[] = {
	TIMEOUT(verify_s),
	TIMEOUT(link_s),
	TIMEOUT(sign_s),
	TIMEOUT(deliver_s),
	TIMEOUT(call_s),
	TIMEOUT(wait_s),
	TIMEOUT(hello_s),
	TIMEOUT(frame_s),
	{ NULL, VOUCH_MEMBER_OTHER, 0, 0, 0, false },
};

static const struct vouch_member vm_members[] = {
	{ "name", VOUCH_MEMBER_TEXT, offsetof(struct vouch_vm_config, name), 0,
	  0, true },
	{ "cid", VOUCH_MEMBER_U32, offsetof(struct vouch_vm_config, cid), 3,
	  UINT32_MAX - 1, false },
	VM("vsock", VOUCH_MEMBER_SOCKET, vsock),
	VM("agent_socket", VOUCH_MEMBER_SOCKET, agent_socket),
	VM("qmp", VOUCH_MEMBER_SOCKET, qmp),
	VM("profile", VOUCH_MEMBER_PATH, profile),
	VM("symbols", VOUCH_MEMBER_PATH, symbols),
	VM("btf", VOUCH_MEMBER_PATH, btf),
	OTHER("role"),
	OTHER("target"),
	OTHER("slot"),
	OTHER("slots"),
	OTHER("launch"),
	{ NULL, VOUCH_MEMBER_OTHER, 0, 0, 0, false },
};

static int read_role(const struct vouch_reader *r, const json_t *v,
		     enum vouch_role *role)
{
	const char *s = json_string_value(v);
	int i;

	for (i = VOUCH_ROLE_VERIFIER; s && i <= VOUCH_ROLE_DEVELOPER; i++)
		if (!strcmp(s, vouch_role_name(i))) {
			*role = i;
			return 0;
		}
	return vouch_member_complain(
		r, "\"role\" must be \"verifier\", \"target\" or "
		   "\"developer\"");
}

static int check_name(const struct vouch_reader *r, const char *what,
		      const char *s, size_t size)
{
	char field[64] = {};

	if (strlen(s) >= size)
		return vouch_member_complain(r,
					     "%s '%s' has more than %zu bytes",
					     what, s, size - 1);
	memcpy(field, s, strlen(s));
	if (!vouch_name_ok(field, size))
		return vouch_member_complain(
			r,
			"%s '%s' is not printable ASCII without "
			"blanks, quotes and slashes",
			what, s);
	return 0;
}

/* The profile of a target need not stand in the list as well. */
static int add_profile(const struct vouch_reader *r,
		       struct vouch_config *config, struct vouch_vm_config *vm)
{
	u32 i;

	for (i = 0; i < config->n_profiles; i++)
		if (!strcmp(config->profiles[i], vm->profile))
			break;
	if (i == VOUCH_MAX_PROFILES)
		return vouch_member_complain(r,
					     "there are more than %u profiles",
					     VOUCH_MAX_PROFILES);
	if (i == config->n_profiles)
		config->profiles[config->n_profiles++] = vm->profile;
	vm->profile_index = i;
	return 0;
}

static int read_target(const struct vouch_reader *r, const json_t *obj,
		       struct vouch_config *config, struct vouch_vm_config *vm)
{
	int err;
	u32 i;

	err = vouch_member_list(r, json_object_get(obj, "slots"), "slots",
				vm->slots, VOUCH_MAX_SLOTS, &vm->n_slots);
	if (!err && !vm->n_slots)
		err = vouch_member_list(r, json_object_get(obj, "slot"), "slot",
					vm->slots, 1, &vm->n_slots);
	if (err)
		return err;
	if (!vm->n_slots || !vm->profile)
		return vouch_member_complain(
			r, "a target needs a \"profile\" and a "
			   "\"slot\" or \"slots\"");
	for (i = 0; i < vm->n_slots; i++) {
		err = check_name(r, "slot", vm->slots[i], VOUCH_SLOT_LEN);
		if (err)
			return err;
	}
	return add_profile(r, config, vm);
}

static int read_vm(struct vouch_reader *r, json_t *obj,
		   struct vouch_config *config, struct vouch_vm_config *vm)
{
	const char *target;
	int err;
	u32 i;

	err = vouch_members_read(r, obj, vm_members, vm);
	if (!err)
		err = read_role(r, json_object_get(obj, "role"), &vm->role);
	if (err)
		return err;
	r->where = vm->name;
	target = json_string_value(json_object_get(obj, "target"));
	if (target && vm->role == VOUCH_ROLE_TARGET)
		vm->name = target;
	err = check_name(r, "name", vm->name, VOUCH_VM_NAME_LEN);
	if (!err && vm->role == VOUCH_ROLE_TARGET)
		err = read_target(r, obj, config, vm);
	if (err)
		return err;
	for (i = 0; i < config->n_vms; i++)
		if (!strcmp(config->vms[i].name, vm->name) ||
		    (vm->vsock && config->vms[i].cid == vm->cid))
			return vouch_member_complain(
				r, "shares its name or CID with '%s'",
				config->vms[i].name);
	if (!vm->vsock == !vm->agent_socket || !vm->vsock != !vm->cid)
		return vouch_member_complain(
			r, "needs either \"vsock\" and \"cid\", or "
			   "\"agent_socket\"");
	return 0;
}

/* What a launched VM is started with, and what must hold with that. */
static int read_start(const struct vouch_reader *r, const json_t *obj,
		      struct vouch_vm_config *vm)
{
	json_t *launch = json_object_get(obj, "launch");

	if (vm->qmp && (!vm->vsock || (launch && !json_is_null(launch))))
		return vouch_member_complain(
			r, "\"qmp\" is for a VM with \"vsock\" and "
			   "without \"launch\"");
	if (!launch || json_is_null(launch))
		return 0;
	if (!vm->vsock)
		return vouch_member_complain(r, "\"launch\" needs \"vsock\"");
	vm->launched = true;
	return vouch_config_launch(r, launch, &vm->launch);
}

static int read_vms(struct vouch_reader *r, const json_t *list,
		    struct vouch_config *config)
{
	json_t *obj;
	size_t i;
	int err;

	if (!json_is_array(list) || !json_array_size(list) ||
	    json_array_size(list) > VOUCH_MAX_VMS)
		return vouch_member_complain(
			r, "\"vms\" must be a list of 1 to %u objects",
			VOUCH_MAX_VMS);
	json_array_foreach(list, i, obj) {
		struct vouch_vm_config *vm = &config->vms[i];

		r->where = "vms";
		err = read_vm(r, obj, config, vm);
		if (!err)
			err = read_start(r, obj, vm);
		if (!err && vm->role == VOUCH_ROLE_VERIFIER && !vm->symbols)
			err = vouch_member_complain(
				r, "a verifier needs \"symbols\", a file of "
				   "its kernel's that scripts/kernel-symbols "
				   "makes");
		if (!err && vm->role == VOUCH_ROLE_VERIFIER && !vm->btf)
			err = vouch_member_complain(
				r, "a verifier needs \"btf\", its kernel's "
				   "type information, section .BTF of vmlinux");
		if (err)
			return err;
		config->n_vms++;
	}
	return 0;
}

static int read_part(struct vouch_reader *r, json_t *root, const char *key,
		     const struct vouch_member *table, void *base)
{
	json_t *obj = json_object_get(root, key);

	r->where = key;
	return obj ? vouch_members_read(r, obj, table, base) : 0;
}

/* Of "unix:/path" the path is kept. */
static int read_service(const struct vouch_reader *r, const char *key,
			const char **uri)
{
	struct vouch_endpoint ep;
	const char *why;

	if (!*uri)
		return 0;
	if (vouch_endpoint_parse(*uri, &ep, &why))
		return vouch_member_complain(r, "\"%s\": %s", key, why);
	if (ep.kind != VOUCH_ENDPOINT_UNIX)
		return vouch_member_complain(r, "\"%s\" must be unix:/path",
					     key);
	*uri = strchr(*uri, '/');
	return 0;
}

/* The key is either this daemon's or another service's. */
static int read_services(const struct vouch_reader *r, struct vouch_config *c)
{
	int err = read_service(r, "signer", &c->signer);

	if (!err)
		err = read_service(r, "launcher", &c->launcher);
	if (err)
		return err;
	if (c->signer &&
	    (c->key || c->cert || json_object_get(c->root, "epoch")))
		return vouch_member_complain(
			r, "\"key\", \"cert\" and \"epoch\" are the "
			   "signer's; with \"signer\" take them out");
	if (!c->signer && (!c->key || !c->cert))
		return vouch_member_complain(
			r, "\"key\" and \"cert\", or a \"signer\", are "
			   "missing");
	return 0;
}

static int check_paths(const struct vouch_reader *r, const char *what,
		       const char *const *paths, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		if (paths[i][0] != '/')
			return vouch_member_complain(
				r, "%s '%s' is not an absolute path", what,
				paths[i]);
	return 0;
}

static int read_profiles(const struct vouch_reader *r, struct vouch_config *c)
{
	int err;

	err = vouch_member_list(r, json_object_get(c->root, "profiles"),
				"profiles", c->profiles, VOUCH_MAX_PROFILES,
				&c->n_profiles);
	if (!err)
		err = check_paths(r, "profile", c->profiles, c->n_profiles);
	if (!err)
		err = vouch_member_list(
			r, json_object_get(c->root, "profile_certs"),
			"profile_certs", c->profile_certs, VOUCH_PROFILE_CERTS,
			&c->n_profile_certs);
	if (!err)
		err = check_paths(r, "profile certificate", c->profile_certs,
				  c->n_profile_certs);
	if (!err && !c->n_profile_certs)
		return vouch_member_complain(
			r, "\"profile_certs\" is missing: the certificates "
			   "of those who may sign target profiles");
	return err;
}

static int read_top(struct vouch_reader *r, struct vouch_config *c)
{
	int err;

	err = vouch_members_read(r, c->root, top_members, c);
	if (!err)
		err = read_services(r, c);
	if (!err)
		err = read_profiles(r, c);
	if (err)
		return err;
	err = read_part(r, c->root, "policy", policy_members, c);
	if (!err)
		err = read_part(r, c->root, "timeouts", timeout_members,
				&c->timeouts);
	if (!err)
		err = read_vms(r, json_object_get(c->root, "vms"), c);
	r->where = c->path;
	if (!err && !c->n_profiles)
		return vouch_member_complain(
			r, "no target and no \"profiles\": there is "
			   "nothing to link for");
	return err;
}

int vouch_config_load(const char *path, struct vouch_config *config, char *why,
		      size_t why_len)
{
	static const struct vouch_timeouts timeouts = {
		.verify_s = 120,
		.link_s = 60,
		.sign_s = 30,
		.deliver_s = 60,
		.call_s = 60,
		.wait_s = 120,
		.hello_s = 10,
		.frame_s = 60,
	};
	struct vouch_reader r = { why, why_len, path };
	json_error_t error;
	int err;

	memset(config, 0, sizeof(*config));
	config->path = path;
	config->epoch = 1;
	config->socket_mode = 0660;
	config->qemu = "qemu-system-x86_64";
	config->qemu_arm64 = "qemu-system-aarch64";
	config->timeouts = timeouts;
	config->root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!config->root)
		return vouch_member_complain(&r, "line %d: %s", error.line,
					     error.text);
	err = read_top(&r, config);
	if (err)
		vouch_config_release(config);
	return err;
}

void vouch_config_release(struct vouch_config *config)
{
	json_decref(config->root);
	memset(config, 0, sizeof(*config));
}

const char *vouch_config_find(const char *flag, char *buf, size_t len)
{
	const char *env = getenv("VOUCHD_CONFIG");
	const char *base = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");

	if (flag)
		return flag;
	if (env && *env)
		return env;
	if (base && *base == '/')
		snprintf(buf, len, "%s/vouch/vouchd.json", base);
	else
		snprintf(buf, len, "%s/.config/vouch/vouchd.json",
			 home ? home : "");
	if (!access(buf, R_OK))
		return buf;
	snprintf(buf, len, "/etc/vouch/vouchd.json");
	return access(buf, R_OK) ? NULL : buf;
}

int vouch_config_target(const struct vouch_config *config, const char *name)
{
	u32 i;

	for (i = 0; i < config->n_vms; i++)
		if (config->vms[i].role == VOUCH_ROLE_TARGET &&
		    !strcmp(config->vms[i].name, name))
			return (int)i;
	return -ENOENT;
}

const char *vouch_role_name(enum vouch_role role)
{
	static const char *const names[] = { "", "verifier", "target",
					     "developer" };

	return names[role];
}
