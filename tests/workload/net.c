// SPDX-License-Identifier: BSD-2-Clause
/* Streams over loopback, and frames that come in at interfaces. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "work.h"

#define LISTEN_PORT 5000
#define FROM_PORT 5001
#define BACKLOG 7
#define ASK 0x88b5 /* an EtherType for experiments */
#define FRAME 98
#define FRAMES 24
#define FIRST_INDEX 100 /* of the interfaces */

static int bound(int type, int port)
{
	const struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int one = 1, fd = socket(AF_INET, type, 0);

	work_need(fd >= 0, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	work_need(!bind(fd, (const void *)&at, sizeof(at)), "bind");
	return fd;
}

static void talk(int client, int server)
{
	static char data[1000];

	for (int i = 1; i <= 3; i++) {
		work_need(write(client, data, 100 * i) == 100 * i, "write");
		work_need(read(server, data, sizeof(data)) == 100 * i, "read");
	}
	work_need(write(server, data, 500) == 500, "write");
	work_need(read(client, data, sizeof(data)) == 500, "read");
}

static void datagram(const struct sockaddr_in *to)
{
	int to_fd = bound(SOCK_DGRAM, LISTEN_PORT);
	int from_fd = bound(SOCK_DGRAM, FROM_PORT);
	char data[100] = "";

	work_need(sendto(from_fd, data, sizeof(data), 0, (const void *)to,
			 sizeof(*to)) == sizeof(data),
		  "sendto");
	work_need(read(to_fd, data, sizeof(data)) == sizeof(data), "read");
	close(from_fd);
	close(to_fd);
}

static void stream(void)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(LISTEN_PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int listener, client, server;
	char byte;

	datagram(&to);
	listener = bound(SOCK_STREAM, LISTEN_PORT);
	work_need(!listen(listener, BACKLOG), "listen");
	client = bound(SOCK_STREAM, FROM_PORT);
	work_need(!connect(client, (const void *)&to, sizeof(to)), "connect");
	server = accept(listener, NULL, NULL);
	work_need(server >= 0, "accept");
	talk(client, server);
	/* Reset, so that the port can be had again at once. */
	setsockopt(client, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 },
		   sizeof(struct linger));
	close(client);
	work_need(read(server, &byte, 1) < 0 && errno == ECONNRESET, "reset");
	close(server);
	close(listener);
}

void work_streams(void)
{
	work_aside(WORK_STREAMS, "streams", stream);
}

/* ---- interfaces --------------------------------------------------------- */

static int open_tap(int i)
{
	struct ifreq r = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int index = FIRST_INDEX + i, fd = open("/dev/net/tun", O_RDWR);

	work_need(fd >= 0, "/dev/net/tun");
	/* It counts where the interface is made. */
	work_need(!ioctl(fd, TUNSETIFINDEX, &index), "TUNSETIFINDEX");
	snprintf(r.ifr_name, sizeof(r.ifr_name), "vwt%d", i);
	work_need(!ioctl(fd, TUNSETIFF, &r), "TUNSETIFF");
	return fd;
}

/* No packets of its own are wanted. */
static void without_ipv6(const char *name)
{
	char path[80];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6",
		 name);
	fd = open(path, O_WRONLY);
	if (fd >= 0) {
		work_need(write(fd, "1", 1) == 1, path);
		close(fd);
	}
}

static void make_tap(int sock, int i)
{
	const char mac[6] = { 2, 0, 0, 0, 0, 1 };
	struct ifreq r = { .ifr_hwaddr.sa_family = ARPHRD_ETHER };
	int fd = open_tap(i);

	work_need(!ioctl(fd, TUNSETPERSIST, 1), "TUNSETPERSIST");
	snprintf(r.ifr_name, sizeof(r.ifr_name), "vwt%d", i);
	without_ipv6(r.ifr_name);
	memcpy(r.ifr_hwaddr.sa_data, mac, sizeof(mac));
	work_need(!ioctl(sock, SIOCSIFHWADDR, &r), "SIOCSIFHWADDR");
	r.ifr_flags = IFF_UP;
	work_need(!ioctl(sock, SIOCSIFFLAGS, &r), "SIOCSIFFLAGS");
	close(fd);
}

void work_make_taps(void)
{
	int sock = socket(AF_INET, SOCK_DGRAM, 0);

	work_need(sock >= 0, "socket");
	for (int i = 0; i < WORK_TAPS; i++)
		make_tap(sock, i);
	close(sock);
}

/* ---- frames ------------------------------------------------------------- */

static void put16(unsigned char *at, unsigned int value)
{
	at[0] = value >> 8;
	at[1] = value;
}

/* TCP or UDP behind IPv4 or IPv6; each seventh frame is something else. */
static size_t make_frame(unsigned char *f, unsigned int i)
{
	unsigned int v6 = i % 3 == 2, at = v6 ? 54 : 34;
	unsigned int protocol = i & 1 ? IPPROTO_TCP : IPPROTO_UDP;

	memset(f, 0, FRAME);
	memcpy(f, "\2\0\0\0\0\1\2\0\0\0\0", 11);
	f[11] = 2 + i % 4;
	put16(f + 12, v6 ? ETH_P_IPV6 : ETH_P_IP);
	if (v6) {
		f[14] = 0x60;
		put16(f + 18, FRAME - 54);
		f[20] = protocol;
		f[21] = 64;
		memcpy(f + 22, "\xfd\1", 2);
		f[37] = i;
		memcpy(f + 38, "\xfd\2", 2);
	} else {
		memcpy(f + 14, "\x45", 1);
		put16(f + 16, FRAME - 14);
		f[22] = 64;
		f[23] = protocol;
		memcpy(f + 26, "\x0a\x09\x08", 3);
		f[29] = i % 5;
		memcpy(f + 30, "\x0a\x09\x08\x63", 4);
	}
	put16(f + at, 1000 + i);
	put16(f + at + 2, 80 + i % 6);
	if (protocol == IPPROTO_TCP)
		put16(f + at + 12, 0x5002);
	else
		put16(f + at + 4, FRAME - at);
	if (i % 7 == 6)
		put16(f + 12, 0x88cc);
	return i % 5 ? FRAME : FRAME - 20 + i % 20;
}

static void write_frames(void)
{
	int fd, sockets[WORK_SOCKETS], n = work_open_sockets(sockets);
	unsigned char frame[FRAME];
	size_t size;

	for (int tap = 0; tap < WORK_TAPS; tap++) {
		fd = open_tap(tap);
		for (unsigned int i = 0; i < FRAMES; i++) {
			size = make_frame(frame, i);
			work_need(write(fd, frame, size) == (ssize_t)size,
				  "a frame");
		}
		close(fd);
	}
	while (n)
		close(sockets[--n]);
}

void work_frames(void)
{
	work_aside(WORK_FRAMES, "frames", write_frames);
}

int work_listen(const char *interface)
{
	const struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ASK),
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ASK));

	work_need(fd >= 0 && at.sll_ifindex, interface);
	work_need(!bind(fd, (const void *)&at, sizeof(at)), "bind");
	return fd;
}

void work_await(int fd)
{
	char frame[64];

	work_need(recv(fd, frame, sizeof(frame), 0) > 0, "recv");
}
