/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The daemon's configuration: one JSON file, validated as a whole.
 *
 * A member that is not known is an error, so that a misspelt limit or path
 * does not silently do nothing. docs/protocol.md names the roles.
 */
#ifndef VOUCH_CONFIG_H
#define VOUCH_CONFIG_H

#include <jansson.h>

#include "../common/manifest.h"
#include "profile.h"

#define VOUCH_MAX_VMS 32u
#define VOUCH_MAX_PROFILES 16u
#define VOUCH_MAX_SLOTS 16u /* of a target */
#define VOUCH_VM_NAME_LEN 32

enum vouch_role {
	VOUCH_ROLE_VERIFIER = 1,
	VOUCH_ROLE_TARGET = 2,
	VOUCH_ROLE_DEVELOPER = 3,
};

enum vouch_accel {
	VOUCH_ACCEL_AUTO = 0, /* by trial */
	VOUCH_ACCEL_KVM = 1,
	VOUCH_ACCEL_TCG = 2,
};

/* A network device that ends in datagram sockets: paths, or UDP ports of
 * 127.0.0.1. */
struct vouch_net_config {
	const char *local, *remote; /* NULL: none */
};

struct vouch_launch_config {
	const char *kernel, *initrd;
	const char *append;
	const char *cpu;
	const char *console; /* log file; NULL: none */
	enum vouch_accel accel;
	bool arm64; /* else x86-64 */
	u32 memory_mb, cpus;
	u32 hello_s; /* from start to HELLO */
	struct vouch_net_config net;
};

struct vouch_vm_config {
	const char *name;
	enum vouch_role role;
	u32 cid;
	const char *vsock; /* vhost-user socket, NULL: none */
	const char *agent_socket; /* Unix socket instead of it, NULL: none */
	const char *qmp; /* monitor of a VM that somebody else starts */
	const char *symbols; /* of a verifier's kernel */
	const char *btf; /* likewise */
	const char *profile; /* of a target */
	u32 profile_index; /* of it in profiles */
	const char *slots[VOUCH_MAX_SLOTS]; /* of a target; the first is
					     * what a submission gets that
					     * names none */
	u32 n_slots;
	bool launched; /* launch says how */
	struct vouch_launch_config launch;
};

struct vouch_timeouts {
	u32 verify_s, link_s, sign_s, deliver_s, call_s, wait_s;
	u32 hello_s; /* from dialling to HELLO */
	u32 frame_s; /* from a frame's first byte to its last */
};

struct vouch_config {
	json_t *root; /* owns the texts below */
	const char *path;
	const char *state_dir, *socket, *user, *log_level;
	const char *key, *cert; /* NULL with ... */
	const char *signer,
		*launcher; /* sockets of services; NULL: processes */
	const char *qemu, *qemu_arm64;
	u32 socket_mode;
	u32 epoch;
	const char *profiles[VOUCH_MAX_PROFILES];
	u32 n_profiles;
	const char *profile_certs[VOUCH_PROFILE_CERTS]; /* of who signs them */
	u32 n_profile_certs;
	bool allow_perfmon, record;
	struct vouch_timeouts timeouts;
	struct vouch_vm_config vms[VOUCH_MAX_VMS];
	u32 n_vms;
};

/**
 * vouch_config_find() - say which file is the configuration.
 * @flag: path of --config, or NULL
 * @buf: memory for the answer
 * @len: its size in bytes
 *
 * Flag, then VOUCHD_CONFIG, then the user's file, then the system's. A file
 * that was named must exist; the last two are taken if they do.
 *
 * Return: the path, or NULL when there is none.
 */
const char *vouch_config_find(const char *flag, char *buf, size_t len);

/**
 * vouch_config_load() - read and validate a configuration.
 * @path: the file, borrowed as long as @config lives
 * @config: filled on success; release with vouch_config_release()
 * @why: text that says what is wrong and where, on error
 * @why_len: size of @why in bytes
 *
 * Return: 0, or -EINVAL with @why.
 */
int vouch_config_load(const char *path, struct vouch_config *config, char *why,
		      size_t why_len);

/**
 * vouch_config_release() - free a configuration.
 * @config: as vouch_config_load() filled it, or all zero
 */
void vouch_config_release(struct vouch_config *config);

/**
 * vouch_config_target() - find a target.
 * @config: the configuration
 * @name: its name
 *
 * Return: index of the VM, or -ENOENT.
 */
int vouch_config_target(const struct vouch_config *config, const char *name);

/**
 * vouch_role_name() - the protocol's name of a role.
 * @role: the role
 *
 * Return: a constant text.
 */
const char *vouch_role_name(enum vouch_role role);

#endif /* VOUCH_CONFIG_H */
