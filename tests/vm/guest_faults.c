// SPDX-License-Identifier: BSD-2-Clause
/*
 * The guest module on a debug kernel: every allocation, and every copy from
 * and to user space, of every request fails once.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "debug.h"
#include "guest-verifier/agent/guest.h"
#include "guest_test.h"

#define MODULE "/modules/vouch_guest.ko"
#define LOG_SIZE 65536
#define BUF_SIZE 65536
#define N_INSNS 3
/* The kernel's own, when the JIT has no memory: not one for user space. */
#define ENOTSUPP 524

static const struct bpf_insn constant[N_INSNS] = {
	{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 0, .imm = 0x1234567 },
	{ .imm = 0 },
	{ .code = BPF_JMP | BPF_EXIT },
};

static char *log_buf;
static u8 *buf;
static int dev = -1, prog = -1, second, module_fd;
static struct vouch_guest_info info;
static struct vouch_guest_arm arming;
static struct vouch_guest_take taking;

static int do_open(void)
{
	second = open(VOUCH_GUEST_DEVICE, O_RDWR | O_CLOEXEC);
	return second < 0 ? -errno : 0;
}

static bool undo_open(void)
{
	return !close(second);
}

static int do_info(void)
{
	return ioctl(dev, VOUCH_GUEST_INFO, &info) ? -errno : 0;
}

static bool want_arm(void)
{
	arming = (struct vouch_guest_arm){
		.log_buf = cpu_to_le64((uintptr_t)log_buf),
		.n_insns = cpu_to_le32(N_INSNS),
	};
	return !ioctl(dev, VOUCH_GUEST_DISARM);
}

static int do_arm(void)
{
	return ioctl(dev, VOUCH_GUEST_ARM, &arming) ? -errno : 0;
}

/* Nothing is armed if arming failed: it can be done anew. */
static bool is_not_armed(void)
{
	return !do_arm() && want_arm();
}

static bool want_load(void)
{
	if (prog >= 0)
		close(prog);
	prog = -1;
	return want_arm() && !do_arm();
}

static int do_load(void)
{
	prog = vouch_test_load(constant, N_INSNS, log_buf, LOG_SIZE);
	return prog;
}

static bool want_take(void)
{
	taking = (struct vouch_guest_take){
		.log_buf = cpu_to_le64((uintptr_t)log_buf),
		.prog_fd = cpu_to_le32(prog),
		.prog_type = cpu_to_le32(BPF_PROG_TYPE_XDP),
		.buf = cpu_to_le64((uintptr_t)buf),
		.size = cpu_to_le64(BUF_SIZE),
	};
	return true;
}

static int do_take(void)
{
	return ioctl(dev, VOUCH_GUEST_TAKE, &taking) ? -errno : 0;
}

static bool want_module(void)
{
	if (module_fd > 0)
		close(module_fd);
	module_fd = open(MODULE, O_RDONLY | O_CLOEXEC);
	return module_fd >= 0;
}

static int do_insert(void)
{
	return syscall(SYS_finit_module, module_fd, "", 0) ? -errno : 0;
}

static bool undo_insert(void)
{
	return !syscall(SYS_delete_module, "vouch_guest", O_NONBLOCK);
}

static const struct vouch_fault of_device[] = {
	{ "open", NULL, do_open, undo_open, NULL, 0 },
	{ "INFO", NULL, do_info, NULL, NULL, 0 },
	{ "ARM", want_arm, do_arm, NULL, is_not_armed, 0 },
	{ "load of what is armed", want_load, do_load, NULL, NULL, ENOTSUPP },
	{ "TAKE", want_take, do_take, NULL, NULL, 0 },
};

static const struct vouch_fault of_module = {
	"load of vouch_guest", want_module, do_insert, undo_insert, NULL, 0
};

static void try(const struct vouch_fault *f)
{
	int failed = vouch_debug_fail(f, 1);

	vouch_test_check(failed > 0, "%s fails cleanly wherever it fails (%d)",
			 f->name, failed);
}

void vouch_test_faults(void)
{
	u32 i;

	log_buf = calloc(1, LOG_SIZE);
	buf = calloc(1, BUF_SIZE);
	dev = vouch_guest_open();
	vouch_test_check(log_buf && buf && dev >= 0, "the device opens");
	/* No fault is to be spent on memory that is not there yet. */
	memset(log_buf, 1, LOG_SIZE);
	memset(buf, 1, BUF_SIZE);
	for (i = 0; i < sizeof(of_device) / sizeof(*of_device); i++)
		try(&of_device[i]);
	close(prog);
	close(dev);
	vouch_test_check(undo_insert(), "the guest module goes");
	try(&of_module);
	free(log_buf);
	free(buf);
}
