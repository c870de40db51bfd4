// SPDX-License-Identifier: BSD-2-Clause
/*
 * The target driver's test in a VM: an init that loads vouch_target, brings
 * handmade images in and uses them, and tries what must be refused. It tells
 * the verdict on the console. tests/vm/target_images.py makes the images.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <linux/reboot.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "debug.h"
#include "target_client.h"

static void test_device(void)
{
	struct vouch_target_info info = {};
	struct vouch_target_floor f = {};

	verdict(!call(VOUCH_TARGET_INFO, &info, NULL) && info.abi == 1 &&
			!info.n_images,
		"the device tells its version (%s)", info.version);
	info.reserved[3] = 1;
	verdict(call(VOUCH_TARGET_INFO, &info, NULL) == -EINVAL,
		"reserved bytes must be zero");
	verdict(call(_IOWR(VOUCH_TARGET_IOC, 99, int), &f, NULL) == -ENOTTY,
		"an unknown request is ENOTTY");
	f.epoch = 1;
	f.sequence = 1;
	verdict(call(VOUCH_TARGET_FLOOR_SET, &f, f.reason) == -EINVAL,
		"a slot needs a name");
}

static void test_floor(void)
{
	static const struct vouch_target_floor constant = { .slot = "floored",
							    .epoch = 2,
							    .sequence = 5 };
	struct vouch_target_floor f = { .slot = "floored" };
	int err;

	verdict(call(VOUCH_TARGET_FLOOR_GET, &f, f.reason) == -ENOENT,
		"a new slot has no floor");
	verdict(!set_floor("floored", 1, 5), "a floor can be set");
	verdict(!set_floor("floored", 1, 5) && !set_floor("floored", 2, 5),
		"a floor can stay and rise");
	verdict(set_floor("floored", 1, 9) == -EPERM &&
			set_floor("floored", 0, 1) == -EINVAL,
		"a floor cannot fall");
	verdict(!call(VOUCH_TARGET_FLOOR_GET, &f, f.reason) && f.epoch == 2 &&
			f.sequence == 5,
		"the floor is what was set last");
	err = call(VOUCH_TARGET_FLOOR_SET, (void *)&constant, NULL);
	verdict(!err, "what answers nothing does not write (%d)", err);
	err = call(VOUCH_TARGET_FLOOR_GET, (void *)&constant, NULL);
	verdict(err == -EFAULT, "an answer needs room (%d)", err);
}

/* Without return thunks, images may do without them. */
static bool has_return_thunks(void)
{
	static char log[1 << 18];
	int n = klogctl(3 /* SYSLOG_ACTION_READ_ALL */, log, sizeof(log) - 1);

	log[n > 0 ? n : 0] = 0;
	return strstr(log, "active return thunk");
}

static void set_floors(void)
{
	set_floor("edge", 1, 1);
	set_floor("elsewhere", 1, 1);
	set_floor("late", 1, 1);
}

struct refusal {
	const char *file;
	int err;
	const char *reason;
};

static void refused(const struct refusal *r)
{
	char reason[VOUCH_TARGET_REASON_LEN];
	int err = admit(r->file, reason);

	verdict(err == -r->err && strstr(reason, r->reason),
		"%s is refused for its %s (%d)", r->file, r->reason, err);
}

/* What only some architectures refuse. */
static void test_own_refusals(void)
{
	static const struct {
		const char *machine;
		struct refusal r;
	} cases[] = {
		{ "x86_64",
		  { "arch", ENOEXEC,
		    "image for arm64 on a kernel of x86_64" } },
		{ "x86_64", { "no-retpoline", ENOEXEC, "retpolines" } },
		{ "x86_64", { "call-depth", ENOEXEC, "call-depth" } },
		{ "aarch64",
		  { "arch", ENOEXEC,
		    "image for x86_64 on a kernel of arm64" } },
		{ "aarch64",
		  { "call-depth", ENOEXEC, "another architecture" } },
	};
	static const struct refusal rethunk = { "no-rethunk", ENOEXEC,
						"return thunks" };
	struct utsname u;
	unsigned int i;

	uname(&u);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (!strcmp(u.machine, cases[i].machine))
			refused(&cases[i].r);
	if (has_return_thunks())
		refused(&rethunk);
}

static void test_refusals(void)
{
	static const struct refusal cases[] = {
		{ "flip-head", EKEYREJECTED, "signature" },
		{ "flip-code", EKEYREJECTED, "signature" },
		{ "flip-middle", EKEYREJECTED, "signature" },
		{ "flip-signature", EKEYREJECTED, "signature" },
		{ "flip-magic", EBADMSG, "no signature" },
		{ "short", EBADMSG, "no signature" },
		{ "unsigned", EBADMSG, "no signature" },
		{ "wrong-name", EBADMSG, "name" },
		{ "content", EBADMSG, "content hash" },
		{ "modinfo", EBADMSG, "modinfo" },
		{ "profile", ENOEXEC, "profile" },
		{ "vermagic", ENOEXEC, "vermagic" },
		{ "abi", ENOEXEC, "ABI" },
		{ "module-size", ENOEXEC, "struct module" },
		{ "import", ENOEXEC, "vouch_bpf_nothing" },
		{ "prog-type", ENOEXEC, "type 31" },
		{ "prog-twin", ENOEXEC, "two programs" },
		{ "map-twin", ENOEXEC, "two maps" },
		{ "map-type", ENOEXEC, "type 17" },
		{ "map-flags", ENOEXEC, "flags 0x4" },
		{ "map-big", ENOEXEC, "map_memory_mib" },
		{ "map-layout", ENOEXEC, "layout" },
		{ "inner-type", ENOEXEC, "type 17" },
		{ "inner-big", ENOEXEC, "map_memory_mib" },
		{ "map-key", ENOEXEC, "key 8" },
		{ "map-data", ENOEXEC, "starting value" },
		{ "slot-value", ENOEXEC, "only arrays" },
		{ "no-floor", ENOENT, "floor" },
		{ "low-epoch", EPERM,
		  "epoch 1 sequence 99 is below the floor, 2 and 5;" },
		{ "low-sequence", EPERM,
		  "epoch 2 sequence 4 is below the floor, 2 and 5;" },
	};
	struct vouch_target_admit a = { .fd = -1 };
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		refused(&cases[i]);
	test_own_refusals();
	verdict(call(VOUCH_TARGET_ADMIT, &a, a.reason) == -EBADF,
		"no file, no image");
}

/* What the kernel's loader takes and vouch_target must not. */
static void test_load_refusals(void)
{
	static const char *const swaps[] = { "swap-call", "swap-slot",
					     "swap-code", "swap-return",
					     "swap-data" };
	unsigned int i;
	int err;

	verdict(load("flip-code") == -EKEYREJECTED,
		"the kernel itself refuses a changed file");
	verdict(load("unsigned") == -EKEYREJECTED,
		"the kernel itself refuses an unsigned file");
	verdict(load("count") == -EPERM, "an image must be admitted");
	for (i = 0; i < sizeof(swaps) / sizeof(*swaps); i++) {
		err = admit("count", NULL);
		if (!err)
			err = load(swaps[i]);
		verdict(err == -EBADMSG,
			"%s in the place of what was admitted is refused (%d)",
			swaps[i], err);
	}
	verdict(load("count") == -EPERM, "a failed load ends the admission");
	verdict(!admit("count", NULL) && !admit("pass", NULL) &&
			load("count") == -EPERM,
		"an admission replaces the former");
	close(dev);
	dev = open(VOUCH_TARGET_DEVICE, O_RDWR);
	verdict(load("pass") == -EPERM, "closing ends the admission");
}

static void test_run(void)
{
	struct vouch_target_test_run t;
	uint8_t packet[64] = { 2 }, out[256] = {};
	struct xdp_md md = { .data_end = 64 };
	int err;

	verdict(!load_admitted("count"), "an image loads");
	err = run("count", "count", packet, sizeof(packet), &t, out);
	verdict(!err && t.retval == 2 && t.data_size_out == 64 &&
			!memcmp(packet, out, 64),
		"a program runs and gives its verdict (%d, %u)", err, t.retval);
	packet[0] = 1;
	packet[4] = 0x77;
	err = run("count", "count", packet, 60, &t, out);
	verdict(!err && t.retval == 1, "the verdict follows the packet");
	err = run("count", "head", packet, 64, &t, out);
	verdict(!err && t.retval == 2 && t.data_size_out == 60 &&
			out[0] == 0x77,
		"xdp_adjust_head moves the packet's start");
	err = run("count", "time", packet, 64, &t, out);
	verdict(!err && t.retval == 2, "helpers tell time and CPU");
	verdict(run("count", "count", packet, 13, &t, out) == -EINVAL,
		"a packet shorter than a header is refused");
	verdict(run("count", "nothing", packet, 64, &t, out) == -ENOENT,
		"a program that is not there");
	t = (struct vouch_target_test_run){ .data_in = (uintptr_t)packet,
					    .data_size_in = 64,
					    .ctx_in = (uintptr_t)&md,
					    .ctx_out = (uintptr_t)&md,
					    .ctx_size_in = sizeof(md),
					    .ctx_size_out = sizeof(md) };
	strcpy(t.image, name_of("count"));
	strcpy(t.prog, "head");
	verdict(!call(VOUCH_TARGET_TEST_RUN, &t, t.reason) &&
			md.data_end == 60 && !md.data,
		"the context comes back");
	md.data_end = 65;
	verdict(call(VOUCH_TARGET_TEST_RUN, &t, t.reason) == -EINVAL,
		"a context beyond the data is refused");
	t.ctx_in = t.ctx_out = 0;
	t.ctx_size_in = t.ctx_size_out = 0;
	t.repeat = 2000000;
	verdict(call(VOUCH_TARGET_TEST_RUN, &t, t.reason) == -EINVAL,
		"repeat is bounded");
	t.data_out = (uintptr_t)out;
	t.data_size_out = 10;
	t.repeat = 1;
	verdict(call(VOUCH_TARGET_TEST_RUN, &t, t.reason) == -ENOSPC &&
			t.data_size_out == 60,
		"little room: what fits, and ENOSPC");
	verdict(load("count") == -EEXIST && admit("count", NULL) == -EEXIST,
		"an image is loaded once");
}

static void test_big_packet(void)
{
	struct vouch_target_test_run t;
	static uint8_t packet[9000], out[9000];
	unsigned int i;
	int err;

	for (i = 0; i < sizeof(packet); i++)
		packet[i] = i * 7 + (i >> 8);
	packet[0] = 2;
	err = run("count", "count", packet, sizeof(packet), &t, out);
	verdict(!err && t.retval == 2 && t.data_size_out == sizeof(packet) &&
			!memcmp(packet, out, sizeof(packet)),
		"a packet of several pages comes through (%d)", err);
}

static void test_info(void)
{
	struct vouch_target_image_info image = {};
	struct vouch_target_prog_info prog = { .index = 1 };
	struct vouch_target_map_info map = { .index = 1 };

	verdict(!call(VOUCH_TARGET_IMAGE_INFO, &image, NULL) &&
			!strcmp(image.name, name_of("count")) &&
			!strcmp(image.slot, "edge") && image.n_progs == 3 &&
			image.n_maps == 6,
		"an image describes itself");
	strcpy(prog.image, image.name);
	strcpy(map.image, image.name);
	verdict(!call(VOUCH_TARGET_PROG_INFO, &prog, NULL) &&
			!strcmp(prog.name, "head"),
		"a program describes itself");
	verdict(!call(VOUCH_TARGET_MAP_INFO, &map, NULL) &&
			!strcmp(map.name, "lengths") && map.type == 1 &&
			map.value_io == 8 && map.n_entries == 3,
		"a map describes itself");
	image.index = prog.index = map.index = 99;
	verdict(call(VOUCH_TARGET_IMAGE_INFO, &image, NULL) == -ENOENT &&
			call(VOUCH_TARGET_PROG_INFO, &prog, NULL) == -ENOENT &&
			call(VOUCH_TARGET_MAP_INFO, &map, NULL) == -ENOENT,
		"lists end");
}

static void test_replacement(void)
{
	uint32_t value[3] = {};
	uint8_t packet[64] = { 2 };
	struct vouch_target_test_run t;
	struct vouch_target_map_info map = {};
	char bss[8];

	verdict(!load_admitted("count2"), "a second image of the slot loads");
	strcpy(map.image, name_of("count2"));
	verdict(!call(VOUCH_TARGET_MAP_INFO, &map, map.reason) &&
			map.n_images == 2,
		"two images share the map");
	verdict(!lookup("count2", "runs", 0, value, 12) && value[0] == 3,
		"its contents survive");
	verdict(!lookup("count2", ".bss", 0, bss, 8) && !bss[4],
		"variables are an image's own");
	verdict(!run("count2", "count", packet, 64, &t, NULL) &&
			!lookup("count", "runs", 0, value, 12) && value[0] == 4,
		"both write to it");
	verdict(!unload("count") && !lookup("count2", "runs", 0, value, 12) &&
			value[0] == 4,
		"it outlives the first image");
	verdict(syscall(SYS_delete_module, "vouch_target", O_NONBLOCK) &&
			(errno == EBUSY || errno == EWOULDBLOCK),
		"vouch_target stays while an image is loaded");
	verdict(!unload("count2"), "the last image goes");
	/* One that imports nothing of vouch_target, which nobody has open. */
	verdict(!load_admitted("pass"), "one that calls nothing loads");
	close(dev);
	verdict(syscall(SYS_delete_module, "vouch_target", O_NONBLOCK),
		"vouch_target stays for an image that does not call it");
	dev = open(VOUCH_TARGET_DEVICE, O_RDWR);
	verdict(!unload("pass"), "which can go");
}

static void test_end(void)
{
	struct vouch_target_info info = {};

	verdict(!call(VOUCH_TARGET_INFO, &info, NULL) && !info.map_memory &&
			!info.n_images && !info.n_attached,
		"nothing is left behind");
	close(dev);
	if (driver_stays) {
		verdict(syscall(SYS_delete_module, "vouch_target", O_NONBLOCK) <
					0 &&
				errno == EWOULDBLOCK,
			"vouch_target cannot be unloaded under a probe");
		return;
	}
	verdict(!syscall(SYS_delete_module, "vouch_target", O_NONBLOCK),
		"vouch_target can be unloaded");
	verdict(load("../vouch_target.ko") == 0, "and loaded again");
	verdict(!syscall(SYS_delete_module, "vouch_target", O_NONBLOCK),
		"and unloaded");
}

/*
 * A licence that is not GPL-compatible taints the kernel, whose module loader
 * then turns lock debugging off: nothing may come behind this.
 */
static void test_proprietary(void)
{
	verdict(!vouch_debug_wanted() || vouch_debug_locks(),
		"lock debugging is on before");
	verdict(!load_admitted("proprietary") && !unload("proprietary"),
		"an image that is not GPL loads, and goes");
	verdict(vouch_debug_taint() & VOUCH_TAINT_PROPRIETARY,
		"which the kernel notes");
	verdict(!vouch_debug_wanted() || !vouch_debug_locks(),
		"and turns lock debugging off");
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

/* For each of the suites that vouch_suite names. */
enum {
	FUNCTIONS = 1,
	SMOKE = 2,
	FAULTS = 4,
	PROPRIETARY = 8,
	STRESS = 16,
	KINDS = 32
};

static const struct {
	unsigned int suites;
	void (*test)(void);
} tests[] = {
	{ FUNCTIONS | SMOKE, test_device },
	{ FUNCTIONS | SMOKE, test_floor },
	{ FUNCTIONS, test_agent },
	{ ~0u, set_floors },
	{ FUNCTIONS | SMOKE, test_refusals },
	{ FUNCTIONS | SMOKE, test_load_refusals },
	{ FUNCTIONS, test_admission },
	{ FUNCTIONS, test_flips },
	{ FUNCTIONS | SMOKE, test_run },
	{ FUNCTIONS | SMOKE, test_fault },
	{ FUNCTIONS | SMOKE, test_maps },
	{ FUNCTIONS | SMOKE, test_big_packet },
	{ FUNCTIONS | SMOKE, test_hash },
	{ FUNCTIONS | SMOKE, test_info },
	{ FUNCTIONS, test_requests },
	{ FUNCTIONS | SMOKE, test_nested },
	{ FUNCTIONS | STRESS | SMOKE, test_xdp },
	{ FUNCTIONS | STRESS | SMOKE, test_redirect },
	{ FUNCTIONS | STRESS | SMOKE, test_unplug },
	{ FUNCTIONS | SMOKE, test_replacement },
	{ STRESS | SMOKE, test_unload },
	{ STRESS | SMOKE, test_locks },
	{ STRESS | SMOKE, test_writers },
	{ STRESS | SMOKE, test_stress },
	{ STRESS, test_noise },
	{ STRESS, test_reload },
	{ FAULTS, test_faults },
	{ SMOKE, test_some_faults },
	{ KINDS, test_kinds },
	{ PROPRIETARY, test_proprietary },
	{ FUNCTIONS | SMOKE, test_far },
	{ FUNCTIONS | STRESS | SMOKE | FAULTS | KINDS, test_end },
	{ FAULTS, test_module_faults },
};

static unsigned int chosen_suite(void)
{
	static const struct {
		const char *name;
		unsigned int suite;
	} suites[] = {
		{ "functions", FUNCTIONS }, { "stress", STRESS },
		{ "smoke", SMOKE },	    { "faults", FAULTS },
		{ "kinds", KINDS },	    { "proprietary", PROPRIETARY },
	};
	const char *name = getenv("vouch_suite");
	unsigned int i;

	if (!name)
		return FUNCTIONS | STRESS;
	for (i = 0; i < sizeof(suites) / sizeof(*suites); i++)
		if (!strcmp(name, suites[i].name))
			return suites[i].suite;
	verdict(false, "there is no suite %s", name);
	return 0;
}

int main(void)
{
	unsigned int suite, i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	klogctl(8 /* SYSLOG_ACTION_CONSOLE_LEVEL */, NULL, 1);
	suite = chosen_suite();
	verdict(!vouch_debug_wanted() || vouch_debug_start(),
		"the kernel is of the kind that was asked for");
	verdict(load("../vouch_target.ko") == 0, "vouch_target loads");
	dev = open(VOUCH_TARGET_DEVICE, O_RDWR);
	if (verdict(dev >= 0, "its device is there"))
		for (i = 0; i < sizeof(tests) / sizeof(*tests); i++)
			if (tests[i].suites & suite)
				tests[i].test();
	test_debug(suite != PROPRIETARY);
	finish();
	return 0;
}
