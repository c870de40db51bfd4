// SPDX-License-Identifier: BSD-2-Clause
/* Sockets that are there to be found: of both protocols, both families, and in
 * another network namespace.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/net_namespace.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "work.h"

#define SERVER_PORT 6000
#define CLIENT_PORT 6001
#define APART_PORT 6002 /* in the other namespace */
#define APART_PATH "/vw-netns"
#define APART_ID 7

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct namespace_request {
	struct nlmsghdr head;
	struct rtgenmsg message;
	char attributes[64];
};

static union address loopback(int family, int port)
{
	union address a = { .any.sa_family = family };

	if (family == AF_INET6) {
		a.v6.sin6_port = htons(port);
		a.v6.sin6_addr = in6addr_loopback;
	} else {
		a.v4.sin_port = htons(port);
		a.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	}
	return a;
}

static int bound(int type, const union address *at)
{
	int one = 1, fd = socket(at->any.sa_family, type, 0);

	work_need(fd >= 0, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	work_need(!bind(fd, &at->any, sizeof(*at)), "bind");
	work_need(type != SOCK_STREAM || !listen(fd, 1), "listen");
	return fd;
}

static int connected(const union address *from, const union address *to)
{
	int fd = socket(from->any.sa_family, SOCK_STREAM, 0), one = 1;
	const struct linger none = { 1, 0 };

	work_need(fd >= 0, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	/* Closed, it is gone, and its port can be had again. */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	work_need(!bind(fd, &from->any, sizeof(*from)), "bind");
	work_need(!connect(fd, &to->any, sizeof(*to)), "connect");
	return fd;
}

static int open_family(int family, int *fds)
{
	union address server = loopback(family, SERVER_PORT);
	union address client = loopback(family, CLIENT_PORT);
	int n = 0;

	fds[n++] = bound(SOCK_DGRAM, &server);
	fds[n++] = bound(SOCK_STREAM, &server);
	fds[n++] = connected(&client, &server);
	fds[n] = accept(fds[n - 2], NULL, NULL);
	work_need(fds[n++] >= 0, "accept");
	return n;
}

static int open_apart(int *fds)
{
	/* Any address, which is those of both families. */
	const union address at = {
		.v6 = { .sin6_family = AF_INET6,
			.sin6_port = htons(APART_PORT) },
	};
	int here = open("/proc/self/ns/net", O_RDONLY);
	int there = open(APART_PATH, O_RDONLY);

	work_need(here >= 0 && there >= 0, APART_PATH);
	work_need(!setns(there, CLONE_NEWNET), "setns");
	fds[0] = bound(SOCK_DGRAM, &at);
	fds[1] = bound(SOCK_STREAM, &at);
	work_need(!setns(here, CLONE_NEWNET), "setns");
	close(there);
	close(here);
	return 2;
}

int work_open_sockets(int *fds)
{
	int n = open_family(AF_INET, fds);

	n += open_family(AF_INET6, fds + n);
	return n + open_apart(fds + n);
}

/* ---- the other namespace ------------------------------------------------ */

static void add(struct namespace_request *r, int type, int value)
{
	struct rtattr *a = (void *)((char *)r + NLMSG_ALIGN(r->head.nlmsg_len));

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(sizeof(value));
	memcpy(RTA_DATA(a), &value, sizeof(value));
	r->head.nlmsg_len = NLMSG_ALIGN(r->head.nlmsg_len) + a->rta_len;
}

/* By which programs name it, in this one. */
static void give_number(int fd)
{
	struct namespace_request r = {
		.head = { .nlmsg_len = NLMSG_LENGTH(sizeof(r.message)),
			  .nlmsg_type = RTM_NEWNSID,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
	};
	struct {
		struct nlmsghdr head;
		struct nlmsgerr err;
		char more[256];
	} answer;
	int nl = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	add(&r, NETNSA_NSID, APART_ID);
	add(&r, NETNSA_FD, fd);
	work_need(nl >= 0 && send(nl, &r, r.head.nlmsg_len, 0) > 0, "netlink");
	work_need(recv(nl, &answer, sizeof(answer), 0) > 0, "netlink");
	errno = -answer.err.error;
	work_need(!errno, "RTM_NEWNSID");
	close(nl);
}

void work_make_namespace(void)
{
	int here = open("/proc/self/ns/net", O_RDONLY), there;
	int file = open(APART_PATH, O_CREAT | O_RDONLY, 0600);

	work_need(here >= 0 && file >= 0, APART_PATH);
	close(file);
	work_need(!unshare(CLONE_NEWNET), "unshare");
	work_need(!mount("/proc/self/ns/net", APART_PATH, NULL, MS_BIND, NULL),
		  "mount");
	there = open("/proc/self/ns/net", O_RDONLY);
	work_need(!setns(here, CLONE_NEWNET), "setns");
	give_number(there);
	close(there);
	close(here);
}
