// SPDX-License-Identifier: BSD-2-Clause
/*
 * The target driver's test in a VM: every allocation, and every copy from and
 * to user space, of every request fails once.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "debug.h"
#include "target_client.h"
#include "target_faults.h"

#define IFNAME "eth0"
#define MODULE "/vouch_target.ko"

/* What a call that fails must leave as it was. */
struct state {
	struct vouch_target_info info;
	int n_modules; /* whose names begin with ours */
	int refs; /* of vouch_target */
};

static struct state before;

static void read_modules(struct state *s)
{
	FILE *f = fopen("/proc/modules", "re");
	char line[256], name[64];
	int refs;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s %*u %d", name, &refs) != 2 ||
		    strncmp(name, "vouch_", 6))
			continue;
		s->n_modules++;
		if (!strcmp(name, "vouch_target"))
			s->refs = refs;
	}
	if (f)
		fclose(f);
}

static void read_state(struct state *s)
{
	memset(s, 0, sizeof(*s));
	read_modules(s);
	if (dev >= 0 && call(VOUCH_TARGET_INFO, &s->info, NULL))
		printf("# the device does not answer\n");
}

bool remember(void)
{
	read_state(&before);
	return true;
}

bool unchanged(void)
{
	struct state now;

	read_state(&now);
	if (!memcmp(&now, &before, sizeof(now)))
		return true;
	printf("# modules %d, %d; references %d, %d; images %u, %u; attachments %u, %u; map memory %llu, %llu\n",
	       before.n_modules, now.n_modules, before.refs, now.refs,
	       before.info.n_images, now.info.n_images, before.info.n_attached,
	       now.info.n_attached, (unsigned long long)before.info.map_memory,
	       (unsigned long long)now.info.map_memory);
	return false;
}

union target_arg arg;
static unsigned long cmd;
static char loaded[64]; /* module of the image at hand */
static int image_fd = -1, second = -1;
static uint32_t key, next;
static uint64_t value[N_CPUS];
static uint8_t packet[9000], out[9000];
static struct xdp_md md;

int ask(void)
{
	return ioctl(dev, cmd, &arg) ? -errno : 0;
}

bool request(unsigned long number)
{
	memset(&arg, 0, sizeof(arg));
	cmd = number;
	return true;
}

/* ---- the device ---------------------------------------------------------- */

static int do_open(void)
{
	second = open(VOUCH_TARGET_DEVICE, O_RDWR | O_CLOEXEC);
	return second < 0 ? -errno : 0;
}

static bool undo_open(void)
{
	return !close(second);
}

static bool want_info(void)
{
	return request(VOUCH_TARGET_INFO) && remember();
}

static bool want_floor_set(void)
{
	request(VOUCH_TARGET_FLOOR_SET);
	strcpy(arg.floor.slot, "edge");
	arg.floor.epoch = 1;
	arg.floor.sequence = 1;
	return remember();
}

static bool want_floor_get(void)
{
	request(VOUCH_TARGET_FLOOR_GET);
	strcpy(arg.floor.slot, "edge");
	return remember();
}

/* ---- images -------------------------------------------------------------- */

void use_image(const char *file)
{
	char path[96];

	if (image_fd >= 0)
		close(image_fd);
	snprintf(path, sizeof(path), "/images/%s", file);
	image_fd = open(path, O_RDONLY | O_CLOEXEC);
	strcpy(loaded, name_of(file));
}

static bool want_admit(void)
{
	use_image("count");
	request(VOUCH_TARGET_ADMIT);
	arg.admit.fd = image_fd;
	return remember();
}

static bool want_load_count(void)
{
	use_image("count");
	return !admit("count", NULL) && remember();
}

static bool want_load_pass(void)
{
	use_image("pass");
	return !admit("pass", NULL) && remember();
}

int do_load(void)
{
	return syscall(SYS_finit_module, image_fd, "", 0) ? -errno : 0;
}

static int do_unload(void)
{
	return syscall(SYS_delete_module, loaded, O_NONBLOCK) ? -errno : 0;
}

bool undo_load(void)
{
	return !do_unload();
}

static bool want_unload(void)
{
	read_state(&before);
	use_image("count");
	if (!before.info.n_images && load_admitted("count"))
		return false;
	return remember();
}

static bool want_module(void)
{
	use_image(".." MODULE);
	strcpy(loaded, "vouch_target");
	return remember();
}

/* ---- what is loaded: "count" --------------------------------------------- */

static bool want_image_info(void)
{
	return request(VOUCH_TARGET_IMAGE_INFO) && remember();
}

static bool want_prog_info(void)
{
	request(VOUCH_TARGET_PROG_INFO);
	strcpy(arg.prog.image, name_of("count"));
	return remember();
}

static bool want_map_info(void)
{
	request(VOUCH_TARGET_MAP_INFO);
	strcpy(arg.map.image, name_of("count"));
	return remember();
}

static bool map_request(unsigned long number, const char *map,
			unsigned int value_len)
{
	request(number);
	strcpy(arg.op.image, name_of("count"));
	strcpy(arg.op.map, map);
	key = 60;
	arg.op.key = (uintptr_t)&key;
	arg.op.key_len = sizeof(key);
	arg.op.value = value_len ? (uintptr_t)value : 0;
	arg.op.value_len = value_len;
	return remember();
}

static bool want_update(void)
{
	return map_request(VOUCH_TARGET_MAP_UPDATE, "lengths", 8);
}

static bool want_update_percpu(void)
{
	return map_request(VOUCH_TARGET_MAP_UPDATE, "percpu_lengths",
			   sizeof(value));
}

static bool want_lookup(void)
{
	return want_update() && !ask() &&
	       map_request(VOUCH_TARGET_MAP_LOOKUP, "lengths", 8);
}

static bool want_delete(void)
{
	return want_update() && !ask() &&
	       map_request(VOUCH_TARGET_MAP_DELETE, "lengths", 0);
}

static bool want_next_key(void)
{
	if (!want_update() || ask())
		return false;
	map_request(VOUCH_TARGET_MAP_NEXT_KEY, "lengths", 0);
	arg.op.key = 0;
	arg.op.next_key = (uintptr_t)&next;
	return true;
}

static bool run_request(unsigned int len)
{
	request(VOUCH_TARGET_TEST_RUN);
	strcpy(arg.run.image, name_of("count"));
	strcpy(arg.run.prog, "count");
	packet[0] = XDP_PASS;
	md = (struct xdp_md){ .data_end = len < 3000 ? len : 3000 };
	arg.run.data_in = (uintptr_t)packet;
	arg.run.data_size_in = len;
	arg.run.data_out = (uintptr_t)out;
	arg.run.ctx_in = (uintptr_t)&md;
	arg.run.ctx_size_in = sizeof(md);
	arg.run.ctx_out = (uintptr_t)&md;
	arg.run.ctx_size_out = sizeof(md);
	return remember();
}

static bool want_run(void)
{
	return run_request(64);
}

static bool want_run_big(void)
{
	return run_request(sizeof(packet));
}

/* ---- interfaces: "pass" and "drop" are loaded ---------------------------- */

static bool attach_request(unsigned long number, const char *file)
{
	request(number);
	strcpy(arg.attach.image, name_of(file));
	strcpy(arg.attach.prog, "prog");
	strcpy(arg.attach.hook, "xdp:" IFNAME);
	return remember();
}

static bool want_attach(void)
{
	return attach_request(VOUCH_TARGET_ATTACH, "pass");
}

static bool undo_attach(void)
{
	return !attach(VOUCH_TARGET_DETACH, "pass", "", IFNAME);
}

/* "pass" is on the interface, whatever was before. */
static bool pass_is_on(void)
{
	int err = attach(VOUCH_TARGET_ATTACH, "pass", "prog", IFNAME);

	return !err || err == -EEXIST;
}

static bool want_takeover(void)
{
	return pass_is_on() && attach_request(VOUCH_TARGET_ATTACH, "drop");
}

static bool undo_takeover(void)
{
	return !attach(VOUCH_TARGET_DETACH, "drop", "", IFNAME);
}

static bool want_detach(void)
{
	return pass_is_on() && attach_request(VOUCH_TARGET_DETACH, "pass");
}

static bool want_attach_info(void)
{
	return pass_is_on() && request(VOUCH_TARGET_ATTACH_INFO) && remember();
}

/* ---- all ----------------------------------------------------------------- */

static const struct vouch_fault of_device[] = {
	{ "open", remember, do_open, undo_open, unchanged, 0 },
	{ "INFO", want_info, ask, NULL, unchanged, 0 },
	{ "FLOOR_SET", want_floor_set, ask, NULL, unchanged, 0 },
	{ "FLOOR_GET", want_floor_get, ask, NULL, unchanged, 0 },
	{ "ADMIT", want_admit, ask, NULL, unchanged, 0 },
	{ "load", want_load_pass, do_load, undo_load, unchanged, 0 },
	{ "load with maps", want_load_count, do_load, undo_load, unchanged, 0 },
	{ "unload", want_unload, do_unload, NULL, unchanged, 0 },
};

static const struct vouch_fault of_image[] = {
	{ "IMAGE_INFO", want_image_info, ask, NULL, unchanged, 0 },
	{ "PROG_INFO", want_prog_info, ask, NULL, unchanged, 0 },
	{ "MAP_INFO", want_map_info, ask, NULL, unchanged, 0 },
	{ "MAP_UPDATE", want_update, ask, NULL, unchanged, 0 },
	{ "MAP_UPDATE per CPU", want_update_percpu, ask, NULL, unchanged, 0 },
	{ "MAP_LOOKUP", want_lookup, ask, NULL, unchanged, 0 },
	{ "MAP_NEXT_KEY", want_next_key, ask, NULL, unchanged, 0 },
	{ "MAP_DELETE", want_delete, ask, NULL, unchanged, 0 },
	{ "TEST_RUN", want_run, ask, NULL, unchanged, 0 },
	{ "TEST_RUN of pages", want_run_big, ask, NULL, unchanged, 0 },
};

static const struct vouch_fault of_interface[] = {
	{ "ATTACH", want_attach, ask, undo_attach, unchanged, 0 },
	{ "ATTACH over another", want_takeover, ask, undo_takeover, unchanged,
	  0 },
	{ "ATTACH_INFO", want_attach_info, ask, NULL, unchanged, 0 },
	{ "DETACH", want_detach, ask, NULL, unchanged, 0 },
};

static const struct vouch_fault of_module = {
	"load of vouch_target", want_module, do_load, undo_load, unchanged, 0
};

void try_all(const struct vouch_fault *faults, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		int failed = vouch_debug_fail(&faults[i], 1);

		verdict(failed > 0, "%s fails cleanly wherever it fails (%d)",
			faults[i].name, failed);
	}
}

#define N(array) (sizeof(array) / sizeof(*(array)))

void test_faults(void)
{
	try_all(of_device, N(of_device));
	verdict(!load_admitted("count"), "an image loads after all faults");
	try_all(of_image, N(of_image));
	verdict(!unload("count"), "and goes");
	up(IFNAME);
	verdict(!load_admitted("pass") && !load_admitted("drop"),
		"images to attach load");
	try_all(of_interface, N(of_interface));
	verdict(!unload("pass") && !unload("drop"), "and go");
}

/* Few rounds of each, for a test that is to end soon; "pass" goes again. */
void test_some_faults(void)
{
	static const struct {
		struct vouch_fault fault;
		unsigned int step;
	} some[] = {
		{ { "ADMIT", want_admit, ask, NULL, unchanged, 0 }, 27 },
		{ { "load with maps", want_load_count, do_load, undo_load,
		    unchanged, 0 },
		  83 },
		{ { "MAP_UPDATE", want_update, ask, NULL, unchanged, 0 }, 1 },
		{ { "TEST_RUN", want_run, ask, NULL, unchanged, 0 }, 1 },
		{ { "ATTACH", want_attach, ask, undo_attach, unchanged, 0 },
		  11 },
	};
	size_t i;

	verdict(!load_admitted("pass"), "an image to attach loads");
	for (i = 0; i < N(some); i++) {
		/* From the third on, "count" is at hand. */
		if (i == 2)
			verdict(!load_admitted("count"), "an image loads");
		verdict(vouch_debug_fail(&some[i].fault, some[i].step) > 0,
			"%s fails cleanly where it is let fail",
			some[i].fault.name);
	}
	verdict(!unload("count") && !unload("pass"), "and both go");
}

/* Nothing is loaded and nobody has the device open. More than a thousand
 * allocations, most of them the kernel's own: not each of them. */
void test_module_faults(void)
{
	int failed;

	dev = -1;
	failed = vouch_debug_fail(&of_module, 5);
	verdict(failed > 0, "%s fails cleanly where it is let fail (%d)",
		of_module.name, failed);
}
