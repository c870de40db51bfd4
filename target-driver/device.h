/* SPDX-License-Identifier: GPL-2.0-only */
/* The device node; vouch_target_abi.h says what it does. */
#ifndef VOUCH_DEVICE_H
#define VOUCH_DEVICE_H

/**
 * vouch_device_init() - make the device.
 *
 * Return: 0 or -errno.
 */
int vouch_device_init(void);

/** vouch_device_exit() - remove the device. */
void vouch_device_exit(void);

#endif /* VOUCH_DEVICE_H */
