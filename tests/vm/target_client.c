// SPDX-License-Identifier: BSD-2-Clause

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "debug.h"
#include "target_client.h"

unsigned int passed, failed;
int dev = -1;

bool verdict(bool ok, const char *fmt, ...)
{
	va_list args;

	printf("%s %u - ", ok ? "ok" : "not ok", passed + failed + 1);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	*(ok ? &passed : &failed) += 1;
	return ok;
}

int call(unsigned long cmd, void *arg, const char *reason)
{
	if (!ioctl(dev, cmd, arg))
		return 0;
	int err = -errno;

	if (reason)
		printf("# %s\n", reason);
	return err;
}

const char *name_of(const char *file)
{
	static char name[64];
	char line[128], f[64];
	FILE *names = fopen("/images/names", "r");

	while (names && fgets(line, sizeof(line), names))
		if (sscanf(line, "%63s %63s", f, name) == 2 &&
		    !strcmp(f, file)) {
			fclose(names);
			return name;
		}
	if (names)
		fclose(names);
	return "-";
}

unsigned int pt_regs_size(void)
{
	return atoi(name_of("pt_regs"));
}

static int open_image(const char *file)
{
	char path[96];

	snprintf(path, sizeof(path), "/images/%s", file);
	return open(path, O_RDONLY);
}

int admit(const char *file, char *reason)
{
	struct vouch_target_admit a = { .fd = open_image(file) };
	int err = call(VOUCH_TARGET_ADMIT, &a, a.reason);

	close(a.fd);
	if (reason)
		strcpy(reason, a.reason);
	return err;
}

int load_with(const char *file, const char *parameters)
{
	int fd = open_image(file), err;

	err = syscall(SYS_finit_module, fd, parameters, 0) ? -errno : 0;
	close(fd);
	return err;
}

int load(const char *file)
{
	return load_with(file, "");
}

int load_admitted(const char *file)
{
	int err = admit(file, NULL);

	return err ? err : load(file);
}

int unload(const char *file)
{
	return syscall(SYS_delete_module, name_of(file), O_NONBLOCK) ? -errno
								     : 0;
}

int set_floor(const char *slot, unsigned int epoch, unsigned long long sequence)
{
	struct vouch_target_floor f = { .epoch = epoch, .sequence = sequence };

	strcpy(f.slot, slot);
	return call(VOUCH_TARGET_FLOOR_SET, &f, f.reason);
}

int run(const char *file, const char *prog, const void *packet,
	unsigned int len, struct vouch_target_test_run *t, void *out)
{
	*t = (struct vouch_target_test_run){ .data_in = (uintptr_t)packet,
					     .data_size_in = len,
					     .data_out = (uintptr_t)out };
	strcpy(t->image, name_of(file));
	strcpy(t->prog, prog);
	return call(VOUCH_TARGET_TEST_RUN, t, t->reason);
}

int map_op(unsigned long cmd, const char *file, const char *map,
	   const void *key, unsigned int key_len, const void *value,
	   unsigned int value_len, unsigned long long flags)
{
	struct vouch_target_map_op op = { .key = (uintptr_t)key,
					  .key_len = key_len,
					  .value_len = value_len,
					  .flags = flags };

	if (cmd == VOUCH_TARGET_MAP_NEXT_KEY)
		op.next_key = (uintptr_t)value;
	else
		op.value = (uintptr_t)value;
	strcpy(op.image, name_of(file));
	strcpy(op.map, map);
	return call(cmd, &op, op.reason);
}

int lookup(const char *file, const char *map, uint32_t key, void *value,
	   unsigned int len)
{
	return map_op(VOUCH_TARGET_MAP_LOOKUP, file, map, &key, 4, value, len,
		      0);
}

int update(const char *file, const char *map, uint32_t key, const void *value,
	   unsigned int len, unsigned long long flags)
{
	return map_op(VOUCH_TARGET_MAP_UPDATE, file, map, &key, 4, value, len,
		      flags);
}

int erase(const char *file, const char *map, uint32_t key)
{
	return map_op(VOUCH_TARGET_MAP_DELETE, file, map, &key, 4, NULL, 0, 0);
}

int attach(unsigned long cmd, const char *file, const char *prog,
	   const char *ifname)
{
	struct vouch_target_attach a = {};

	strcpy(a.image, name_of(file));
	strcpy(a.prog, prog);
	sprintf(a.hook, "xdp:%s", ifname);
	return call(cmd, &a, a.reason);
}

void send_frames(const char *ifname, unsigned int n, uint8_t first)
{
	int s = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_ifindex = if_nametoindex(ifname),
				  .sll_halen = 6 };
	uint8_t frame[64] = { first };

	frame[12] = 0x88;
	frame[13] = 0xb5;
	while (n--)
		sendto(s, frame, sizeof(frame), 0, (struct sockaddr *)&to,
		       sizeof(to));
	close(s);
}

int receive_socket(const char *ifname)
{
	int s = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(0x88b5));
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(0x88b5),
				  .sll_ifindex = if_nametoindex(ifname) };

	if (bind(s, (struct sockaddr *)&at, sizeof(at)))
		printf("# bind %s: %s\n", ifname, strerror(errno));
	return s;
}

unsigned int drain(int s)
{
	uint8_t buf[256];
	unsigned int n = 0, i;

	for (i = 0; i < 20; i++) {
		while (recv(s, buf, sizeof(buf), 0) > 0)
			n++;
		usleep(50000);
	}
	return n;
}

#define LINK_S 30

/* Whether frames pass; setting the flags again waits for who tells of it. */
static bool await_link(int s, struct ifreq *r)
{
	int i;

	for (i = 0; i < LINK_S * 100; i++) {
		if (ioctl(s, SIOCGIFFLAGS, r))
			return false;
		if (r->ifr_flags & IFF_RUNNING)
			return !ioctl(s, SIOCSIFFLAGS, r);
		usleep(10000);
	}
	return false;
}

void up(const char *ifname)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq r = {};

	if (s < 0)
		s = socket(AF_PACKET, SOCK_RAW, 0);
	strcpy(r.ifr_name, ifname);
	ioctl(s, SIOCGIFFLAGS, &r);
	r.ifr_flags |= IFF_UP | IFF_PROMISC;
	if (ioctl(s, SIOCSIFFLAGS, &r))
		printf("# %s up: %s\n", ifname, strerror(errno));
	else if (!await_link(s, &r))
		printf("# %s: no link within %d s\n", ifname, LINK_S);
	close(s);
}

void show_kernel_log(void)
{
	static char log[1 << 21];
	int n = klogctl(3 /* SYSLOG_ACTION_READ_ALL */, log, sizeof(log));

	printf("VOUCH-KMSG-BEGIN\n");
	if (n > 0)
		fwrite(log, 1, n, stdout);
	printf("VOUCH-KMSG-END\n");
}

unsigned int known_taint;
bool driver_stays;

void test_debug(bool locks)
{
	if (vouch_debug_wanted()) {
		verdict(!(vouch_debug_taint() & VOUCH_TAINT_REPORTED &
			  ~known_taint),
			"the kernel had nothing to report");
		verdict(vouch_debug_leaks() == 0, "no memory is lost");
	}
	if (locks && (vouch_debug_wanted() || vouch_debug_has_locks()))
		verdict(vouch_debug_locks(),
			"lock debugging was on to the end");
}

void set_mtu(const char *ifname, int mtu)
{
	int s = socket(AF_PACKET, SOCK_RAW, 0);
	struct ifreq r = { .ifr_mtu = mtu };

	strcpy(r.ifr_name, ifname);
	if (ioctl(s, SIOCSIFMTU, &r))
		printf("# %s mtu: %s\n", ifname, strerror(errno));
	close(s);
}
