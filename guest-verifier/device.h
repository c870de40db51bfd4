/* SPDX-License-Identifier: GPL-2.0-only */
/* /dev/vouch_guest. */
#ifndef VOUCH_DEVICE_H
#define VOUCH_DEVICE_H

/**
 * vouch_device_register() - make the device appear.
 *
 * Return: 0, or the error after saying so in the log.
 */
int vouch_device_register(void);

/** vouch_device_unregister() - make the device vanish. */
void vouch_device_unregister(void);

#endif /* VOUCH_DEVICE_H */
