/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of a VM: QEMU, q35, one virtio-vsock device. */
#ifndef VOUCH_QEMU_H
#define VOUCH_QEMU_H

#include "config.h"

#define VOUCH_QEMU_MAX_ARGS 64

struct vouch_qemu {
	char *argv[VOUCH_QEMU_MAX_ARGS + 1]; /* ends with NULL */
	u32 n;
};

/**
 * vouch_qemu_init() - write the command line that starts a VM.
 * @qemu: filled; release with vouch_qemu_release(), on error too
 * @config: names QEMU's programs, a path or a name in PATH each
 * @vm: the VM, with @vm->launched
 * @accel: VOUCH_ACCEL_KVM or VOUCH_ACCEL_TCG
 * @qmp_fd: a connected socket that QEMU inherits for its monitor
 *
 * Return: 0 or -ENOMEM.
 */
int vouch_qemu_init(struct vouch_qemu *qemu, const struct vouch_config *config,
		    const struct vouch_vm_config *vm, enum vouch_accel accel,
		    int qmp_fd);

/**
 * vouch_qemu_release() - free a command line.
 * @qemu: may be all zero
 */
void vouch_qemu_release(struct vouch_qemu *qemu);

#endif /* VOUCH_QEMU_H */
