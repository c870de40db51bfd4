// SPDX-License-Identifier: BSD-2-Clause
/*
 * /init of a verifier VM that tests itself: loads the guest module, runs the
 * suites, shows the kernel's log, and powers off.
 */

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "debug.h"
#include "guest_test.h"

static u32 n_passed, n_failed;

void vouch_test_check(bool good, const char *format, ...)
{
	va_list args;

	printf("%s ", good ? "ok" : "not ok");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	if (good)
		n_passed++;
	else
		n_failed++;
}

int vouch_test_bpf(int cmd, union bpf_attr *attr)
{
	int ret = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : ret;
}

int vouch_test_load(const struct bpf_insn *insns, u32 n, char *log,
		    u32 log_size)
{
	return vouch_test_load_type(BPF_PROG_TYPE_XDP, insns, n, log, log_size);
}

int vouch_test_load_type(u32 type, const struct bpf_insn *insns, u32 n,
			 char *log, u32 log_size)
{
	union bpf_attr attr = {
		.prog_type = type,
		.insns = (uintptr_t)insns,
		.insn_cnt = n,
		.license = (uintptr_t) "GPL",
		.log_level = log ? 4 : 0,
		.log_buf = (uintptr_t)log,
		.log_size = log_size,
	};

	return vouch_test_bpf(BPF_PROG_LOAD, &attr);
}

s64 vouch_test_run(int fd)
{
	u8 packet[64] = { 0 };
	union bpf_attr attr = {
		.test = {
			.prog_fd = fd,
			.data_in = (uintptr_t)packet,
			.data_size_in = sizeof(packet),
			.repeat = 1,
		},
	};

	return vouch_test_bpf(BPF_PROG_TEST_RUN, &attr) ? -1
							: (s64)attr.test.retval;
}

static void show_log(void)
{
	static char text[1 << 20];
	int n = klogctl(3 /* SYSLOG_ACTION_READ_ALL */, text, sizeof(text));

	printf("VOUCH-KMSG-BEGIN\n%.*s\nVOUCH-KMSG-END\n", n > 0 ? n : 0, text);
	fflush(stdout);
}

static int insert_module(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err = syscall(SYS_finit_module, fd, "", 0);

	close(fd);
	return err;
}

/* What a debug kernel has seen of all this. */
static void test_debug(void)
{
	vouch_test_check(!(vouch_debug_taint() & VOUCH_TAINT_REPORTED),
			 "the kernel had nothing to report");
	vouch_test_check(vouch_debug_leaks() == 0, "no memory is lost");
	vouch_test_check(vouch_debug_locks(),
			 "lock debugging was on to the end");
}

/* Is this boot for the suite? Without a choice it is for all. */
static bool is_for(const char *suite)
{
	const char *chosen = getenv("vouch_suite");

	return !chosen || !strcmp(chosen, suite);
}

static void test_all(void)
{
	vouch_test_module();
	vouch_test_accesses();
	vouch_test_confinement();
	vouch_test_parent_deeds();
	vouch_test_objects();
	vouch_test_btf();
	vouch_test_retarget();
	vouch_test_session();
	vouch_test_check(!syscall(SYS_delete_module, "vouch_guest", O_NONBLOCK),
			 "the guest module goes when nobody uses it");
	vouch_test_check(!insert_module("/modules/vouch_guest.ko"),
			 "and comes again");
}

int main(void)
{
	mkdir("/tmp", 0777);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sys", "/sys", "sysfs", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	mount("tmp", "/tmp", "tmpfs", 0, NULL);
	dup2(open("/dev/console", O_RDWR), 0);
	dup2(0, 1);
	dup2(0, 2);

	vouch_test_check(!vouch_debug_wanted() || vouch_debug_start(),
			 "the kernel is of the kind that was asked for");
	vouch_test_check(!insert_module("/modules/vouch_guest.ko"),
			 "the guest module loads");
	if (is_for("whole"))
		test_all();
	if (vouch_debug_wanted()) {
		if (is_for("faults"))
			vouch_test_faults();
		test_debug();
	}
	printf("VOUCH-TEST-END %u passed, %u failed\n", n_passed, n_failed);
	show_log();
	printf("VOUCH-VM-DONE\n");
	fflush(stdout);
	sync();
	reboot(RB_POWER_OFF);
	return 0;
}
