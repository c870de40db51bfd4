/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the guest's half of the vsock tests share. */
#ifndef VSOCK_GUEST_H
#define VSOCK_GUEST_H

#include <sys/socket.h>

#include <linux/vm_sockets.h>

#include "vsock_service.h"

/* Connect. Return: a descriptor, or -1 with errno. */
int vsock_dial(unsigned int cid, unsigned int port);

/* Measure the channel and the virtio-serial port beside it, and print. */
void vsock_bench(void);

#endif /* VSOCK_GUEST_H */
