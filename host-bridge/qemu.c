// SPDX-License-Identifier: BSD-2-Clause
/* The arguments, in the order in which one reads about a machine. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "qemu.h"
#include "replug.h"

static int add(struct vouch_qemu *q, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int add(struct vouch_qemu *q, const char *format, ...)
{
	va_list args;
	int n;

	if (q->n == VOUCH_QEMU_MAX_ARGS)
		return -ENOMEM;
	va_start(args, format);
	n = vasprintf(&q->argv[q->n], format, args);
	va_end(args);
	if (n < 0) {
		q->argv[q->n] = NULL;
		return -ENOMEM;
	}
	q->n++;
	return 0;
}

static int add_machine(struct vouch_qemu *q, const struct vouch_vm_config *vm,
		       enum vouch_accel accel)
{
	const struct vouch_launch_config *l = &vm->launch;

	/* Only memory that the channel's backend can share will do. */
	if (add(q, "-machine") ||
	    add(q, "%s,accel=%s,memory-backend=mem", l->arm64 ? "virt" : "q35",
		accel == VOUCH_ACCEL_KVM ? "kvm" : "tcg") ||
	    add(q, "-cpu") || add(q, "%s", l->cpu) || add(q, "-smp") ||
	    add(q, "%u", l->cpus) || add(q, "-m") ||
	    add(q, "%uM", l->memory_mb) || add(q, "-object") ||
	    add(q, "memory-backend-memfd,id=mem,size=%uM,share=on",
		l->memory_mb))
		return -ENOMEM;
	return 0;
}

static int add_kernel(struct vouch_qemu *q, const struct vouch_launch_config *l)
{
	if (add(q, "-kernel") || add(q, "%s", l->kernel))
		return -ENOMEM;
	if (l->initrd && (add(q, "-initrd") || add(q, "%s", l->initrd)))
		return -ENOMEM;
	return add(q, "-append") || add(q, "%s", l->append) ? -ENOMEM : 0;
}

static int add_vsock(struct vouch_qemu *q, const struct vouch_vm_config *vm)
{
	/* On a root port it can be unplugged and plugged again. */
	if (add(q, "-device") ||
	    add(q, "pcie-root-port,id=" VOUCH_REPLUG_BUS ",chassis=1,slot=1") ||
	    add(q, "-chardev") ||
	    add(q, "socket,id=" VOUCH_REPLUG_CHARDEV ",path=%s", vm->vsock) ||
	    add(q, "-device") ||
	    add(q, "vhost-user-vsock-pci,id=" VOUCH_REPLUG_DEVICE
		   ",chardev=" VOUCH_REPLUG_CHARDEV ",bus=" VOUCH_REPLUG_BUS))
		return -ENOMEM;
	return 0;
}

static int add_net(struct vouch_qemu *q, const struct vouch_net_config *net)
{
	int err;

	if (!net->local)
		return 0;
	err = add(q, "-netdev");
	if (err)
		return err;
	if (net->local[0] == '/')
		err = add(q,
			  "dgram,id=net0,local.type=unix,local.path=%s,"
			  "remote.type=unix,remote.path=%s",
			  net->local, net->remote);
	else
		err = add(q,
			  "dgram,id=net0,local.type=inet,"
			  "local.host=127.0.0.1,local.port=%s,"
			  "remote.type=inet,remote.host=127.0.0.1,"
			  "remote.port=%s",
			  net->local, net->remote);
	return err || add(q, "-device") || add(q, "virtio-net-pci,netdev=net0")
		       ? -ENOMEM
		       : 0;
}

static int add_console(struct vouch_qemu *q, const char *path)
{
	if (!path)
		return add(q, "-serial") || add(q, "null") ? -ENOMEM : 0;
	/* Appended: the end of a VM that died is worth reading. */
	if (add(q, "-chardev") ||
	    add(q, "file,id=console,path=%s,append=on", path) ||
	    add(q, "-serial") || add(q, "chardev:console"))
		return -ENOMEM;
	return 0;
}

int vouch_qemu_init(struct vouch_qemu *qemu, const struct vouch_config *config,
		    const struct vouch_vm_config *vm, enum vouch_accel accel,
		    int qmp_fd)
{
	const char *program = vm->launch.arm64 ? config->qemu_arm64
					       : config->qemu;

	memset(qemu, 0, sizeof(*qemu));
	if (add(qemu, "%s", program) || add(qemu, "-name") ||
	    add(qemu, "%s", vm->name) || add(qemu, "-nodefaults") ||
	    add(qemu, "-no-user-config") || add(qemu, "-display") ||
	    add(qemu, "none") || add(qemu, "-no-reboot") ||
	    add(qemu, "-sandbox") ||
	    add(qemu, "on,obsolete=deny,elevateprivileges=deny,spawn=deny") ||
	    add_machine(qemu, vm, accel) || add_kernel(qemu, &vm->launch) ||
	    add_vsock(qemu, vm) || add_net(qemu, &vm->launch.net) ||
	    add_console(qemu, vm->launch.console) || add(qemu, "-chardev") ||
	    add(qemu, "socket,id=qmp,fd=%d", qmp_fd) || add(qemu, "-mon") ||
	    add(qemu, "chardev=qmp,mode=control"))
		return -ENOMEM;
	return 0;
}

void vouch_qemu_release(struct vouch_qemu *qemu)
{
	u32 i;

	for (i = 0; i < qemu->n; i++)
		free(qemu->argv[i]);
	memset(qemu, 0, sizeof(*qemu));
}
