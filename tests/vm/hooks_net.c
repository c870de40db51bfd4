// SPDX-License-Identifier: BSD-2-Clause
/* The test of vouch_target's hooks: tc ingress and egress. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include "hooks.h"

#define IN "tc:eth0:ingress"
#define OUT "tc:eth1:egress"
#define XDP "xdp:eth0"
#define FRAMES 12u
#define TYPE HOOKS_ETH_P
#define FIRE 3000 /* frames under replacements */
enum { OK = 0, SHOT = 2, NO_ACTION = 77 };

static uint8_t frame[256];

/* The program returns the byte behind the header. */
void send_frame(unsigned int len, uint8_t action)
{
	int s = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_ifindex = if_nametoindex("eth1"),
				  .sll_halen = 6 };
	unsigned int i;

	for (i = 0; i < sizeof(frame); i++)
		frame[i] = 0x40 + i;
	frame[0] = 2;
	frame[12] = TYPE >> 8;
	frame[13] = TYPE & 0xff;
	frame[14] = action;
	sendto(s, frame, len, 0, (struct sockaddr *)&to, sizeof(to));
	close(s);
}

/* As it was sent, and as native C sees it. */
static bool noted_well(enum hooks_place place, unsigned int len)
{
	const struct hooks_record r = noted("one", place);
	const struct hooks_record of = native(place);
	const __u64 *v = r.at[(r.n - 1) % HOOKS_KEPT];
	__u64 head[2];

	memcpy(head, frame, sizeof(head));
	return v[0] == len && v[1] == htons(TYPE) && v[2] == len &&
	       v[3] == head[0] && v[4] == head[1] && v[5] == 0 &&
	       !memcmp(v, of.at[(of.n - 1) % HOOKS_KEPT], sizeof(r.at[0]));
}

static void test_actions(int s)
{
	unsigned int len;

	verdict(!hook(VOUCH_TARGET_ATTACH, "one", "tc_in", IN) &&
			!hook(VOUCH_TARGET_ATTACH, "one", "tc_out", OUT) &&
			is_listed(IN) && is_listed(OUT),
		"programs attach at ingress and egress");
	for (len = 60; len < 200; len += 67) {
		send_frame(len, OK);
		verdict(drain(s) == 1, "a frame of %u bytes passes", len);
		verdict(noted_well(HOOKS_TC_OUT, len),
			"what leaves is what native C sees");
		verdict(noted_well(HOOKS_TC_IN, len),
			"what arrives is what native C sees");
	}
	send_frame(60, NO_ACTION);
	verdict(drain(s) == 1, "what is no action does nothing");
	send_frame(60, SHOT);
	verdict(drain(s) == 0 && noted("one", HOOKS_TC_IN).n == 4 &&
			noted("one", HOOKS_TC_OUT).n == 5,
		"a frame is dropped at egress");
	verdict(!hook(VOUCH_TARGET_DETACH, "one", "tc_out", OUT) &&
			!is_listed(OUT),
		"one way is detached");
	send_frame(60, SHOT);
	verdict(drain(s) == 0 && noted("one", HOOKS_TC_IN).n == 5,
		"and a frame at ingress");
	verdict(hook(VOUCH_TARGET_ATTACH, "one", "tc_in", IN) == -EEXIST &&
			hook(VOUCH_TARGET_ATTACH, "other", "tc_in", IN) ==
				-EBUSY,
		"a way has one program, of one slot");
	verdict(!hook(VOUCH_TARGET_DETACH, "one", "", IN) &&
			hook(VOUCH_TARGET_DETACH, "one", "", IN) == -ENOENT,
		"the other way is detached, once");
	send_frame(60, SHOT);
	verdict(drain(s) == 1, "nothing is dropped any more");
}

/* As "tc qdisc add dev eth1 clsact", or del. */
static int qdisc(unsigned short type, unsigned short flags, const char *kind)
{
	struct {
		struct nlmsghdr n;
		struct tcmsg t;
		struct rtattr a;
		char kind[8];
	} ask = {
		.n = { .nlmsg_len = sizeof(ask),
		       .nlmsg_type = type,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags },
		.t = { .tcm_family = AF_UNSPEC,
		       .tcm_ifindex = (int)if_nametoindex("eth1"),
		       .tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0),
		       .tcm_parent = TC_H_CLSACT },
		.a = { .rta_len = sizeof(struct rtattr) + 8,
		       .rta_type = TCA_KIND },
	};
	struct {
		struct nlmsghdr n;
		struct nlmsgerr e;
		char more[256];
	} answer = {};
	int s = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	strcpy(ask.kind, kind);
	if (send(s, &ask, sizeof(ask), 0) < 0 ||
	    recv(s, &answer, sizeof(answer), 0) < 0)
		answer.e.error = -errno;
	close(s);
	return answer.e.error;
}

static void test_foreign(void)
{
	verdict(!qdisc(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, "clsact") &&
			hook(VOUCH_TARGET_ATTACH, "one", "tc_out", OUT) ==
				-EBUSY &&
			!qdisc(RTM_DELQDISC, 0, "clsact"),
		"no program comes beside a foreign clsact qdisc");
	verdict(!hook(VOUCH_TARGET_ATTACH, "one", "tc_out", OUT) &&
			qdisc(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL,
			      "clsact") == -EEXIST &&
			is_listed(OUT),
		"nor one beside a program");
	verdict(!qdisc(RTM_DELQDISC, 0, "vouch") && !is_listed(OUT),
		"who deletes vouch's detaches the program");
}

static void *sender(void *arg)
{
	unsigned int i;

	(void)arg;
	for (i = 0; i < often(FIRE); i++)
		send_frame(60, OK);
	return NULL;
}

/* Each frame has one program, the former or the next. */
static void test_replace(void)
{
	/* The images share their slot's maps. */
	unsigned long long before = noted("two", HOOKS_TC_OUT).n;
	unsigned int n = 0;
	pthread_t thread;
	int err;

	err = hook(VOUCH_TARGET_ATTACH, "two", "tc_out", OUT);
	pthread_create(&thread, NULL, sender, NULL);
	while (!err && pthread_tryjoin_np(thread, NULL)) {
		err = hook(VOUCH_TARGET_ATTACH, n % 2 ? "two" : "one", "tc_out",
			   OUT);
		n++;
	}
	if (err)
		pthread_join(thread, NULL);
	before = noted("two", HOOKS_TC_OUT).n - before;
	verdict(!err && n && before == often(FIRE),
		"%u replacements leave none of %u frames without a program (%llu runs)",
		n, often(FIRE), before);
	verdict(!hook(VOUCH_TARGET_DETACH, n % 2 ? "one" : "two", "", OUT),
		"the last one is detached");
}

/* The driver's own place is before that where native C looks. */
static void test_driver(int s)
{
	struct hooks_record seen, wanted;
	unsigned long long before = native(HOOKS_XDP).n;
	unsigned int i, same = 0;

	verdict(!hook(VOUCH_TARGET_ATTACH, "one", "on_xdp", XDP) &&
			is_listed(XDP),
		"a program attaches to the driver");
	for (i = 0; i < FRAMES; i++)
		send_frame(60 + 9 * i, OK);
	verdict(drain(s) == FRAMES, "all frames pass");
	seen = noted("one", HOOKS_XDP);
	wanted = native(HOOKS_XDP);
	for (i = 0; i < FRAMES; i++)
		same += !memcmp(seen.at[i],
				wanted.at[(before + i) % HOOKS_KEPT],
				sizeof(seen.at[i]));
	verdict(seen.n == FRAMES && wanted.n == before + FRAMES &&
			same == FRAMES,
		"of %u frames the program sees what native C sees (%u)", FRAMES,
		same);
	verdict(!hook(VOUCH_TARGET_DETACH, "one", "", XDP), "it is detached");
	send_frame(60, OK);
	verdict(drain(s) == 1 && noted("one", HOOKS_XDP).n == FRAMES,
		"and runs no more");
}

void test_tc(void)
{
	int s;

	up("eth0");
	up("eth1");
	s = receive_socket("eth0");
	send_frame(60, OK);
	verdict(drain(s) == 1, "frames arrive without a program");
	test_actions(s);
	test_driver(s);
	close(s);
	test_foreign();
	test_replace();
}

void test_tc_unplug(void)
{
	static const char path[] = "/sys/class/net/eth1/device/driver/unbind";
	char id[256] = {};
	const char *name;
	int fd;

	verdict(!hook(VOUCH_TARGET_ATTACH, "one", "tc_out", OUT) &&
			!hook(VOUCH_TARGET_ATTACH, "one", "tc_in",
			      "tc:eth1:ingress") &&
			!hook(VOUCH_TARGET_ATTACH, "one", "on_socket",
			      "socket:eth1") &&
			unload("one"),
		"an attached image stays");
	if (readlink("/sys/class/net/eth1/device", id, sizeof(id) - 1) < 0)
		return;
	name = strrchr(id, '/') + 1;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	verdict(write(fd, name, strlen(name)) > 0 && !is_listed(OUT) &&
			!is_listed("tc:eth1:ingress") &&
			!is_listed("socket:eth1"),
		"an interface that goes away detaches both ways and sockets");
	close(fd);
}
