/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plugging a VM's vsock device again, over QEMU's monitor.
 *
 * A front end whose backend went away does not come back by itself, and the
 * device cannot be told to. Unplugged and plugged anew it works without a
 * reboot of the guest, whose connections end and are made again.
 */
#ifndef VOUCH_REPLUG_H
#define VOUCH_REPLUG_H

#include "config.h"

/* What the device, its character device and its root port must be called in a
 * VM that somebody else starts; qemu.c calls them the same. */
#define VOUCH_REPLUG_DEVICE "vsock"
#define VOUCH_REPLUG_CHARDEV "vsock0"
#define VOUCH_REPLUG_BUS "port1"

/**
 * vouch_replug_run() - unplug the device, if it is there, and plug it again.
 * @vm: the VM, with ->qmp and ->vsock
 * @timeout_ms: for all of it, milliseconds; the guest has a part in it
 *
 * Blocks. Each step may have been done before: what an earlier try left half
 * done is finished.
 *
 * Return: 0; -ENOENT if no QEMU listens at the monitor's path; or -errno,
 * logged.
 */
int vouch_replug_run(const struct vouch_vm_config *vm, u32 timeout_ms);

#endif /* VOUCH_REPLUG_H */
