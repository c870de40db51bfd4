// SPDX-License-Identifier: BSD-2-Clause
/*
 * The target driver's test in a VM: images, interfaces and the driver itself
 * are taken away, again and again, while programs run, packets flow and user
 * space asks. vouch_rounds=N on the kernel's command line sets how often.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "target_client.h"

#define ROUNDS 200
#define TRIES 200 /* for a round to succeed */
#define PAUSE_US 400 /* so that now and then nobody holds the image */
#define ABSENCE_US 5000 /* of who has the device open now and then */
#define MAX_JOBS 8
#define NET_DRIVER "/sys/bus/virtio/drivers/virtio_net/"

static atomic_bool stop;
static atomic_uint odd; /* answers that cannot be */
static char image[VOUCH_TARGET_IMAGE_LEN]; /* which comes and goes */
static const char *program, *interface, *sender_interface;

static unsigned int rounds(unsigned int part)
{
	const char *given = getenv("vouch_rounds");
	unsigned int n = given ? (unsigned int)atoi(given) : ROUNDS;

	return n / part ? n / part : 1;
}

static int ask(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) ? -errno : 0;
}

static void expect(const char *what, int err, const int *allowed)
{
	if (!err)
		return;
	while (*allowed && *allowed != -err)
		allowed++;
	if (!*allowed) {
		printf("# %s: %s\n", what, strerror(-err));
		odd++;
	}
}

static void rest(unsigned int *seed)
{
	usleep(rand_r(seed) % PAUSE_US);
}

static void *runner(void *arg)
{
	static const int allowed[] = { ENOENT, 0 };
	int fd = open(VOUCH_TARGET_DEVICE, O_RDWR | O_CLOEXEC);
	unsigned int seed = (uintptr_t)arg;
	uint8_t packet[64] = { 2 };

	while (!stop) {
		struct vouch_target_test_run t = {
			.data_in = (uintptr_t)packet,
			.data_size_in = sizeof(packet),
			.repeat = 3,
		};

		memcpy(t.image, image, sizeof(image));
		strcpy(t.prog, program);
		int err = ask(fd, VOUCH_TARGET_TEST_RUN, &t);

		expect("test-run", err, allowed);
		odd += !err && t.retval != 2;
		rest(&seed);
	}
	close(fd);
	return NULL;
}

static void *mapper(void *arg)
{
	static const unsigned long cmds[] = { VOUCH_TARGET_MAP_UPDATE,
					      VOUCH_TARGET_MAP_LOOKUP,
					      VOUCH_TARGET_MAP_DELETE };
	static const int allowed[] = { ENOENT, E2BIG, EBUSY, 0 };
	int fd = open(VOUCH_TARGET_DEVICE, O_RDWR | O_CLOEXEC);
	unsigned int seed = (uintptr_t)arg;
	uint64_t value = 7;

	while (!stop) {
		uint32_t key = rand_r(&seed) % 6, cmd = rand_r(&seed) % 3;
		struct vouch_target_map_op op = {
			.key = (uintptr_t)&key,
			.key_len = 4,
			.value = cmd < 2 ? (uintptr_t)&value : 0,
			.value_len = cmd < 2 ? 8 : 0,
		};

		memcpy(op.image, image, sizeof(image));
		strcpy(op.map, "lengths");
		expect("map", ask(fd, cmds[cmd], &op), allowed);
		rest(&seed);
	}
	close(fd);
	return NULL;
}

static void *attacher(void *arg)
{
	static const int allowed[] = { ENOENT, EEXIST, ENODEV, EBUSY, 0 };
	int fd = open(VOUCH_TARGET_DEVICE, O_RDWR | O_CLOEXEC);
	unsigned int seed = (uintptr_t)arg;

	while (!stop) {
		struct vouch_target_attach a = {};

		memcpy(a.image, image, sizeof(image));
		strcpy(a.prog, program);
		sprintf(a.hook, "xdp:%s", interface);
		expect("attach", ask(fd, VOUCH_TARGET_ATTACH, &a), allowed);
		rest(&seed);
		expect("detach", ask(fd, VOUCH_TARGET_DETACH, &a), allowed);
		rest(&seed);
	}
	close(fd);
	return NULL;
}

static void *lister(void *arg)
{
	static const int allowed[] = { ENOENT, 0 };
	int fd = open(VOUCH_TARGET_DEVICE, O_RDWR | O_CLOEXEC);
	unsigned int seed = (uintptr_t)arg;

	while (!stop) {
		struct vouch_target_image_info i = {};
		struct vouch_target_attach_info a = {};
		struct vouch_target_map_info m = { .index = 1 };
		struct vouch_target_prog_info p = {};

		memcpy(m.image, image, sizeof(image));
		memcpy(p.image, image, sizeof(image));
		expect("images", ask(fd, VOUCH_TARGET_IMAGE_INFO, &i), allowed);
		expect("hooks", ask(fd, VOUCH_TARGET_ATTACH_INFO, &a), allowed);
		expect("maps", ask(fd, VOUCH_TARGET_MAP_INFO, &m), allowed);
		expect("programs", ask(fd, VOUCH_TARGET_PROG_INFO, &p),
		       allowed);
		rest(&seed);
	}
	close(fd);
	return NULL;
}

static void *sender(void *arg)
{
	(void)arg;
	while (!stop)
		send_frames(sender_interface, 10, 2);
	return NULL;
}

/* Opens the device whenever it is there, and leaves admissions behind. */
static void *opener(void *arg)
{
	unsigned int seed = (uintptr_t)arg;
	int file = open("/images/pass", O_RDONLY | O_CLOEXEC);

	while (!stop) {
		struct vouch_target_info info = {};
		struct vouch_target_floor f = { .slot = "edge",
						.epoch = 1,
						.sequence = 1 };
		struct vouch_target_admit a = { .fd = file };
		static const int allowed[] = { EEXIST, 0 };
		int fd = open(VOUCH_TARGET_DEVICE, O_RDWR | O_CLOEXEC);

		rest(&seed);
		if (fd < 0)
			continue;
		expect("info", ask(fd, VOUCH_TARGET_INFO, &info), allowed);
		expect("floor", ask(fd, VOUCH_TARGET_FLOOR_SET, &f), allowed);
		expect("admit", ask(fd, VOUCH_TARGET_ADMIT, &a), allowed);
		close(fd);
		usleep(ABSENCE_US);
	}
	close(file);
	return NULL;
}

struct crowd {
	pthread_t threads[MAX_JOBS];
	unsigned int n;
	time_t begun;
};

static void begin(struct crowd *crowd, void *(*const *jobs)(void *arg))
{
	stop = false;
	odd = 0;
	crowd->begun = time(NULL);
	for (crowd->n = 0; jobs[crowd->n]; crowd->n++)
		pthread_create(&crowd->threads[crowd->n], NULL, jobs[crowd->n],
			       (void *)(uintptr_t)(crowd->n + 1));
}

static void end(struct crowd *crowd)
{
	stop = true;
	while (crowd->n)
		pthread_join(crowd->threads[--crowd->n], NULL);
	printf("# %ld s\n", (long)(time(NULL) - crowd->begun));
}

static int take_out(const char *module)
{
	return syscall(SYS_delete_module, module, O_NONBLOCK) ? -errno : 0;
}

static bool is_busy(int err)
{
	return err == -EWOULDBLOCK || err == -EBUSY;
}

/* Until it is out; -ETIMEDOUT if it never was free. */
static int take_out_again(const char *module, unsigned int *busy)
{
	unsigned int tries, seed = *busy + 1;
	int err;

	for (tries = 0; tries < TRIES; tries++) {
		err = take_out(module);
		if (!is_busy(err))
			return err;
		++*busy;
		rest(&seed);
	}
	return -ETIMEDOUT;
}

static void use(const char *file, const char *prog, const char *ifname,
		const char *peer)
{
	strcpy(image, name_of(file));
	program = prog;
	interface = ifname;
	sender_interface = peer;
}

/* An image comes and goes under those who use it. */
static void test_images(void)
{
	static void *(*const jobs[])(void *arg) = { runner, mapper, attacher,
						    lister, sender, NULL };
	unsigned int n = rounds(1), i, busy = 0, lost = 0, forced = 0;
	struct crowd crowd;
	int err = 0;

	verdict(!load_admitted("count"), "an image is there to be unloaded");
	use("count", "count", "eth0", "eth1");
	begin(&crowd, jobs);
	for (i = 0; i < n && !err; i++) {
		err = take_out_again(image, &busy);
		/* Those who have the device open hold it, and so do images. */
		forced += !is_busy(take_out("vouch_target"));
		if (err == -ETIMEDOUT) {
			lost++;
			err = 0;
			continue;
		}
		if (!err)
			err = load_admitted("count");
	}
	end(&crowd);
	verdict(!err && !odd && lost < n,
		"an image goes and comes %u times among its users (%d, %u odd, %u times not free)",
		i, err, odd, lost);
	verdict(busy, "it stayed while it was in use (%u times)", busy);
	verdict(!forced, "and vouch_target stayed");
	attach(VOUCH_TARGET_DETACH, "count", "", "eth0");
	verdict(!unload("count"), "and it can go in the end");
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, strlen(text)) > 0;

	close(fd);
	return good;
}

/* The network device without a driver, as test_unplug() left it. */
static bool find_unplugged(char *id, size_t size)
{
	char path[128];
	unsigned int i;

	for (i = 0; i < 4; i++) {
		snprintf(id, size, "virtio%u", i);
		snprintf(path, sizeof(path),
			 "/sys/bus/virtio/devices/%s/driver", id);
		if (access(path, F_OK))
			return true;
	}
	return false;
}

/* An interface comes and goes under a program. */
static void test_interfaces(void)
{
	static void *(*const jobs[])(void *arg) = { runner, attacher, lister,
						    sender, NULL };
	unsigned int n = rounds(4), i, with_program = 0;
	struct vouch_target_attach a = {};
	bool good = true;
	struct crowd crowd;
	char id[16];

	verdict(find_unplugged(id, sizeof(id)) && !load_admitted("pass"),
		"an interface is there to be plugged");
	use("pass", "prog", "eth2", "eth3");
	memcpy(a.image, image, sizeof(image));
	strcpy(a.prog, program);
	sprintf(a.hook, "xdp:%s", interface);
	begin(&crowd, jobs);
	for (i = 0; good && i < n; i++) {
		good = write_file(NET_DRIVER "bind", id);
		up("eth2");
		int err = ask(dev, VOUCH_TARGET_ATTACH, &a);

		with_program += !err || err == -EEXIST;
		take_out(image);
		good &= write_file(NET_DRIVER "unbind", id);
		/* Nobody used it for a moment, and it went. */
		if (load("pass") == -EPERM)
			good &= !load_admitted("pass");
	}
	end(&crowd);
	verdict(good && !odd && with_program,
		"an interface goes %u times, %u times with a program on it (%u odd)",
		i, with_program, odd);
	verdict(!unload("pass"), "and its image can go");
}

/* The driver comes and goes under those who open its device. */
void test_reload(void)
{
	static void *(*const jobs[])(void *arg) = { opener, opener, NULL };
	unsigned int n = rounds(8), i, busy = 0, lost = 0;
	struct crowd crowd;
	int err = 0;

	close(dev);
	begin(&crowd, jobs);
	for (i = 0; i < n && !err; i++) {
		err = take_out_again("vouch_target", &busy);
		if (err == -ETIMEDOUT) {
			lost++;
			err = 0;
			continue;
		}
		if (!err)
			err = load("../vouch_target.ko");
	}
	end(&crowd);
	verdict(!err && !odd && lost < n && busy,
		"vouch_target goes and comes %u times (%d, %u odd, %u times in use, %u times not free)",
		i, err, odd, busy, lost);
	for (i = 0; i < 100 && (dev = open(VOUCH_TARGET_DEVICE, O_RDWR)) < 0;
	     i++)
		usleep(10000);
	verdict(dev >= 0, "and its device is there in the end");
}

void test_unload(void)
{
	test_images();
	test_interfaces();
}
