/* SPDX-License-Identifier: BSD-2-Clause */
/* The settings of the target's kernel, as libbpf wants to hear them. */
#ifndef VOUCH_KCONFIG_H
#define VOUCH_KCONFIG_H

#include "object.h"
#include "target.h"

/**
 * vouch_kconfig_text() - the target's settings that an object asks for.
 * @object: the object
 * @target: the target
 * @text: set to lines CONFIG_NAME=VALUE, one for each extern; a setting that
 *	the target has not got is n, 0 or empty if it is weak. free() it; NULL:
 *	the object asks for none
 * @why: filled with what is wrong, on error
 * @size: its length in bytes
 *
 * Return: 0, -EOPNOTSUPP for an extern that is no setting, or is not weak and
 * not set, -EINVAL for broken BTF, or -ENOMEM.
 */
int vouch_kconfig_text(const struct vouch_object *object,
		       const struct vouch_target *target, char **text,
		       char *why, size_t size);

/**
 * vouch_kconfig_wraps() - does each system call have a wrapper that takes
 * registers?
 * @target: the target
 */
bool vouch_kconfig_wraps(const struct vouch_target *target);

#endif /* VOUCH_KCONFIG_H */
