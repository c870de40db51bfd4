// SPDX-License-Identifier: BSD-2-Clause
/* The target driver's test in a VM: programs on network interfaces. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <stdlib.h>

#include "target_client.h"

#define MANY 10000 /* frames; or as vouch_redirects says */
#define BATCH 50 /* that surely fit into rings and sockets */

static unsigned long long attached_runs(void)
{
	struct vouch_target_attach_info info = {};

	if (call(VOUCH_TARGET_ATTACH_INFO, &info, info.reason))
		return ~0ull;
	printf("# %s %s on %s, %llu runs\n", info.image, info.prog, info.hook,
	       info.runs);
	return info.runs;
}

void test_xdp(void)
{
	int s;

	up("eth0");
	up("eth1");
	s = receive_socket("eth0");
	send_frames("eth1", 10, 2);
	verdict(drain(s) == 10, "frames arrive without a program");
	verdict(!load_admitted("pass") && !load_admitted("drop"),
		"further images load");
	verdict(attach(VOUCH_TARGET_ATTACH, "pass", "prog", "none0") ==
				-ENODEV &&
			attach(VOUCH_TARGET_ATTACH, "pass", "prog", "lo") ==
				-EOPNOTSUPP,
		"an interface must be there and know XDP");
	set_mtu("eth3", 9000);
	verdict(attach(VOUCH_TARGET_ATTACH, "pass", "prog", "eth3") == -EINVAL,
		"a driver can refuse a program");
	set_mtu("eth3", 1500);
	verdict(!attach(VOUCH_TARGET_ATTACH, "pass", "prog", "eth0"),
		"a program attaches");
	verdict(attach(VOUCH_TARGET_ATTACH, "pass", "prog", "eth0") == -EEXIST,
		"but once");
	send_frames("eth1", 10, 2);
	verdict(drain(s) == 10 && attached_runs() >= 10,
		"the program runs and passes");
	verdict(unload("pass") == -EAGAIN || unload("pass") == -EBUSY,
		"an attached image stays");
	verdict(!attach(VOUCH_TARGET_ATTACH, "drop", "prog", "eth0"),
		"another image of the slot takes over");
	send_frames("eth1", 10, 2);
	verdict(drain(s) == 0 && attached_runs() >= 10,
		"the program runs and drops");
	verdict(!unload("pass"), "the one that was replaced can go");
	verdict(!load_admitted("redirect") &&
			!attach(VOUCH_TARGET_ATTACH, "redirect", "prog",
				"eth0"),
		"a redirecting image takes over");
	send_frames("eth1", 10, 2);
	verdict(drain(s) == 0, "a redirect without a helper drops");
	verdict(!load_admitted("elsewhere") &&
			attach(VOUCH_TARGET_ATTACH, "elsewhere", "prog",
			       "eth0") == -EBUSY,
		"another slot's program cannot");
	verdict(attach(VOUCH_TARGET_DETACH, "drop", "prog", "eth0") == -ENOENT,
		"only what is there can be detached");
	verdict(!attach(VOUCH_TARGET_DETACH, "redirect", "", "eth0"),
		"a program detaches");
	send_frames("eth1", 10, 2);
	verdict(drain(s) == 10, "frames arrive again");
	verdict(!unload("drop") && !unload("redirect") && !unload("elsewhere"),
		"detached images can go");
	close(s);
}

/* A test-run on each CPU. */
static void run_everywhere(const char *file)
{
	struct vouch_target_test_run t;
	uint8_t packet[64] = {};
	cpu_set_t one, all;
	unsigned int cpu;

	sched_getaffinity(0, sizeof(all), &all);
	for (cpu = 0; cpu < N_CPUS; cpu++) {
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof(one), &one);
		verdict(!run(file, "prog", packet, 64, &t, NULL) &&
				t.retval == 4,
			"a test-run redirects nothing");
	}
	sched_setaffinity(0, sizeof(all), &all);
}

static long free_kib(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	char line[128];
	long kib = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemFree: %ld", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

/* As many of our frames as come, up to @n. */
static unsigned int take(int s, unsigned int n)
{
	struct pollfd p = { .fd = s, .events = POLLIN };
	unsigned int got = 0;
	uint8_t buf[256];

	while (got < n && poll(&p, 1, 5000) > 0)
		got += recv(s, buf, sizeof(buf), 0) > 0;
	return got;
}

static int ethtool(const char *dev, void *what)
{
	struct ifreq ifr = {};
	int s = socket(AF_INET, SOCK_DGRAM, 0), err;

	strcpy(ifr.ifr_name, dev);
	ifr.ifr_data = what;
	err = ioctl(s, SIOCETHTOOL, &ifr);
	close(s);
	return err;
}

/* The sum of a driver's counters whose names end like that. */
static unsigned long long counters(const char *dev, const char *end)
{
	static struct {
		struct ethtool_gstrings head;
		char names[256][ETH_GSTRING_LEN];
	} strings;
	static struct {
		struct ethtool_stats head;
		unsigned long long values[256];
	} stats;
	unsigned long long sum = 0;
	unsigned int i, n = 0;

	strings.head.cmd = ETHTOOL_GSTRINGS;
	strings.head.string_set = ETH_SS_STATS;
	stats.head.cmd = ETHTOOL_GSTATS;
	if (ethtool(dev, &strings) || ethtool(dev, &stats))
		return ~0ull;
	for (i = 0; i < strings.head.len && i < 256; i++) {
		size_t len = strnlen(strings.names[i], ETH_GSTRING_LEN);

		if (len < strlen(end) ||
		    strncmp(strings.names[i] + len - strlen(end), end,
			    strlen(end)))
			continue;
		sum += stats.values[i];
		n++;
	}
	return n ? sum : ~0ull;
}

/* Each is a page of vouch_target's own until it has been sent. */
static void redirect_many(int s)
{
	const char *more = getenv("vouch_redirects");
	const unsigned int many = more ? (unsigned int)atoi(more) : MANY;
	unsigned long long drops = counters("eth0", "xdp_drops");
	unsigned int sent = 0, got = 0;
	long before = free_kib(), lost;

	for (; sent < many && got == sent; sent += BATCH) {
		send_frames("eth1", BATCH, 2);
		got += take(s, BATCH);
	}
	lost = before - free_kib();
	verdict(sent == many && got == sent && lost < MANY,
		"of %u redirected frames %u arrive, and none is leaked (%ld KiB less)",
		sent, got, lost);
	verdict(counters("eth0", "xdp_drops") - drops >= many &&
			counters("eth0", "xdp_redirects") == 0,
		"the driver was told to drop each, and never to redirect");
}

/* From eth1 to eth0 and by the program to eth2, whose wire ends at eth3. */
void test_redirect(void)
{
	int s;

	up("eth2");
	up("eth3");
	s = receive_socket("eth3");
	verdict(if_nametoindex("eth2") == 4 && !load_admitted("bounce") &&
			!attach(VOUCH_TARGET_ATTACH, "bounce", "prog", "eth0"),
		"a program with a redirect helper attaches");
	send_frames("eth1", 10, 2);
	verdict(drain(s) == 0 && attached_runs() >= 10,
		"an interface that takes no XDP frames gets none");
	verdict(!load_admitted("pass") &&
			!attach(VOUCH_TARGET_ATTACH, "pass", "prog", "eth2"),
		"it is made to take them");
	send_frames("eth1", 100, 2);
	verdict(drain(s) == 100, "each frame arrives, once");
	redirect_many(s);
	run_everywhere("bounce");
	verdict(!load_admitted("redirect") &&
			!attach(VOUCH_TARGET_ATTACH, "redirect", "prog",
				"eth0"),
		"a program without the helper takes over");
	send_frames("eth1", 20, 2);
	verdict(drain(s) == 0, "it does not redirect to where another did");
	verdict(!attach(VOUCH_TARGET_DETACH, "redirect", "", "eth0") &&
			!unload("bounce") && !unload("redirect"),
		"and all can go");
	close(s);
}

/* eth2 still has a program on. */
void test_unplug(void)
{
	static const char path[] = "/sys/class/net/eth2/device/driver/unbind";
	char id[256] = {};
	int n, fd;

	n = readlink("/sys/class/net/eth2/device", id, sizeof(id) - 1);
	fd = open(path, O_WRONLY);
	verdict(unload("pass") && n > 0 && fd >= 0 &&
			write(fd, strrchr(id, '/') + 1,
			      strlen(strrchr(id, '/') + 1)) > 0,
		"an interface goes away with a program on");
	close(fd);
	verdict(!unload("pass"), "which detaches it");
}
