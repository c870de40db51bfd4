// SPDX-License-Identifier: BSD-2-Clause
/* The test of vouch_target's hooks: /init of its VM. */

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/reboot.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/syscall.h>

#include "debug.h"
#include "hooks.h"

static char refusal[VOUCH_TARGET_REASON_LEN]; /* the last one's reason */

int hook(unsigned long cmd, const char *file, const char *prog,
	 const char *where)
{
	struct vouch_target_attach a = {};
	int err;

	strcpy(a.image, name_of(file));
	strcpy(a.prog, prog);
	strcpy(a.hook, where);
	err = call(cmd, &a, a.reason);
	memcpy(refusal, a.reason, sizeof(refusal));
	return err;
}

/* By enum hooks_place; maps are called as their programs. */
static const char *const maps[HOOKS_N] = {
	"tc_in",     "tc_out",	  "on_call",	"on_return", "on_rename",
	"on_signal", "on_record", "on_inner",	"on_socket", "on_event",
	"on_xdp",    "on_nmi",	  "on_handled", "on_busy",   "on_fault"
};

struct hooks_record noted(const char *file, enum hooks_place place)
{
	struct hooks_record r = {};

	if (lookup(file, maps[place], 0, &r, sizeof(r)))
		memset(&r, 0xff, sizeof(r));
	return r;
}

struct hooks_record native(enum hooks_place place)
{
	static struct hooks_record all[HOOKS_N];
	int fd = open("/dev/hooks_native", O_RDONLY | O_CLOEXEC);

	memset(all, 0xff, sizeof(all));
	if (read(fd, all, sizeof(all)) != sizeof(all))
		printf("# native records: %s\n", strerror(errno));
	close(fd);
	return all[place];
}

unsigned long long runs(const char *file, const char *prog)
{
	struct vouch_target_prog_info p = {};

	strcpy(p.image, name_of(file));
	for (p.index = 0; !ioctl(dev, VOUCH_TARGET_PROG_INFO, &p); p.index++)
		if (!strcmp(p.name, prog))
			return p.runs;
	return ~0ull;
}

/* A kernel that looks at each access takes ten times as long, and sees more. */
unsigned int often(unsigned int n)
{
	return vouch_debug_wanted() ? n / 10 : n;
}

bool is_listed(const char *where)
{
	struct vouch_target_attach_info at = {};

	for (; !ioctl(dev, VOUCH_TARGET_ATTACH_INFO, &at); at.index++)
		if (!strcmp(at.hook, where))
			return true;
	return false;
}

void rename_self(char *name)
{
	static unsigned int n;

	sprintf(name, "hook%04u", __atomic_add_fetch(&n, 1, __ATOMIC_RELAXED));
	prctl(PR_SET_NAME, name);
}

static void test_refusals(void)
{
	static const struct {
		const char *prog, *where;
		int err;
		const char *why;
	} cases[] = {
		{ "tc_in", "lirc:x", -EOPNOTSUPP, "no hooks of that kind" },
		{ "tc_in", "tc", -EOPNOTSUPP, "no hooks of that kind" },
		{ "tc_in", "tc:eth0", -EINVAL, "is not tc:IFNAME" },
		{ "tc_in", "tc:eth0:sideways", -EINVAL, "is not tc:IFNAME" },
		{ "tc_in", "tc:none0:ingress", -ENODEV,
		  "none of that name here" },
		{ "tc_in", "xdp:eth0", -EOPNOTSUPP, "is not made for" },
		{ "tc_in", "socket:eth0", -EOPNOTSUPP, "is not made for" },
		{ "on_socket", "socket:none0", -ENODEV,
		  "none of that name here" },
		{ "on_socket", "socket:", -ENODEV, "none of that name here" },
		{ "on_call", "tc:eth0:ingress", -EOPNOTSUPP,
		  "is not made for" },
		{ "on_call", "kprobe:", -EINVAL, "is not FUNCTION" },
		{ "on_call", "kprobe:no_such_function", -ENOENT,
		  "does not probe that" },
		{ "on_call", "kprobe:hooks_native_call+x", -EINVAL,
		  "is not FUNCTION" },
		{ "on_return", "kretprobe:hooks_native_call+4", -EINVAL,
		  "leave the offset out" },
		{ "tc_in", "kprobe:hooks_native_call", -EOPNOTSUPP,
		  "is not made for" },
		{ "on_rename", "raw_tp:no_such_tracepoint", -ENODEV,
		  "no such tracepoint" },
		{ "on_rename", "tp_btf:task_rename", -EOPNOTSUPP,
		  "is not made for" },
		{ "on_signal", "raw_tp:signal_generate", -EOPNOTSUPP,
		  "is not made for" },
		{ "on_signal", "tp_btf:signal_deliver", -EINVAL,
		  "was verified for" },
		{ "on_record", "tracepoint:task", -EINVAL,
		  "is not tracepoint:" },
		{ "on_record", "tracepoint:task:no_such_event", -ENODEV,
		  "no such event" },
		{ "on_rename", "tracepoint:task:task_rename", -EOPNOTSUPP,
		  "is not made for" },
		{ "on_event", "perf_event:1:2", -EINVAL, "is not perf_event:" },
		{ "on_event", "perf_event:1:2:0", -EINVAL,
		  "is not perf_event:" },
		{ "on_event", "perf_event:1:2:x", -EINVAL,
		  "is not perf_event:" },
		{ "on_event", "perf_event:1:2:1:99", -EINVAL,
		  "is not perf_event:" },
		{ "on_event", "perf_event:1:2:1:0:0", -EINVAL,
		  "is not perf_event:" },
		{ "on_event", "perf_event:1:0:100001hz", -EINVAL,
		  "is not perf_event:" },
		{ "on_event", "perf_event:2:2:1", -EOPNOTSUPP,
		  "counts nothing" },
		{ "on_event", "perf_event:1:9999:1", -ENOENT,
		  "opens no such event" },
		{ "on_call", "perf_event:1:2:1", -EOPNOTSUPP,
		  "is not made for" },
		{ "no_such_program", "tc:eth0:ingress", -ENOENT,
		  "has none of that name" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int err = hook(VOUCH_TARGET_ATTACH, "one", cases[i].prog,
			       cases[i].where);

		verdict(err == cases[i].err && strstr(refusal, cases[i].why),
			"%s at %s is refused (%d)", cases[i].prog,
			cases[i].where, err);
	}
}

static void finish(void)
{
	printf("VOUCH-TEST-END %u passed, %u failed\n", passed, failed);
	show_kernel_log();
	printf("VOUCH-VM-DONE\n");
	fflush(stdout);
	sync();
	sleep(1);
	reboot(LINUX_REBOOT_CMD_RESTART);
}

static void test_all(void)
{
	set_floor("edge", 1, 1);
	set_floor("other", 1, 1);
	verdict(!load_admitted("one") && !load_admitted("two") &&
			!load_admitted("other"),
		"images with programs of many types load");
	test_refusals();
	test_tc();
	test_socket();
	test_event();
	test_trace();
	test_guard();
	test_busy();
	test_nmi();
	test_send();
	test_faulting();
	test_fire();
	test_tc_unplug();
	verdict(!unload("one") && !unload("two") && !unload("other"),
		"nothing holds the images");
	close(dev);
	verdict(!syscall(SYS_delete_module, "vouch_target", O_NONBLOCK),
		"nor vouch_target");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	klogctl(8 /* SYSLOG_ACTION_CONSOLE_LEVEL */, NULL, 1);
	verdict(!vouch_debug_wanted() || vouch_debug_start(),
		"the kernel is of the kind that was asked for");
	verdict(!load("../vouch_target.ko"), "vouch_target loads");
	verdict(!load("../hooks_native.ko"), "the native module loads");
	dev = open(VOUCH_TARGET_DEVICE, O_RDWR);
	if (verdict(dev >= 0, "its device is there"))
		test_all();
	test_debug(true);
	finish();
	return 0;
}
