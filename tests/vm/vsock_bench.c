// SPDX-License-Identifier: BSD-2-Clause
/*
 * Throughput and round trip of the vsock channel and of a virtio-serial port,
 * in turn, in the same guest.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>

#include "vsock_guest.h"

#define ROUNDS 101
#define STREAM (8u << 20)
#define TRIPS 300

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static bool command(int fd, uint64_t op, uint64_t len)
{
	struct command c = { op, len };

	return write_all(fd, &c, sizeof(c));
}

/* MiB per second, 0 on failure. */
static double send_rate(int fd)
{
	double start = now();
	uint8_t c;

	if (!command(fd, OP_SINK, STREAM) || !send_pattern(fd, STREAM) ||
	    !read_all(fd, &c, 1))
		return 0;
	return STREAM / (now() - start) / (1 << 20);
}

static double receive_rate(int fd)
{
	static uint8_t buf[CHUNK];
	double start = now();
	uint64_t left = STREAM;
	ssize_t n;

	if (!command(fd, OP_SOURCE, STREAM))
		return 0;
	while (left) {
		n = read(fd, buf, left < CHUNK ? left : CHUNK);
		if (n <= 0)
			return 0;
		left -= n;
	}
	return STREAM / (now() - start) / (1 << 20);
}

/* Microseconds per byte that goes there and back. */
static double round_trip(int fd)
{
	double start;
	char c = 'x';
	int i;

	if (!command(fd, OP_ECHO, TRIPS))
		return 0;
	start = now();
	for (i = 0; i < TRIPS; i++)
		if (!write_all(fd, &c, 1) || !read_all(fd, &c, 1))
			return 0;
	return (now() - start) / TRIPS * 1e6;
}

static int open_serial(void)
{
	int fd = open("/dev/vport0p1", O_RDWR), i;

	/* Which slot it has depends on the machine. */
	for (i = 1; fd < 0 && i < 8; i++) {
		char path[32];

		snprintf(path, sizeof(path), "/dev/vport%dp1", i);
		fd = open(path, O_RDWR);
	}
	return fd;
}

void vsock_bench(void)
{
	static double (*const measures[])(int fd) = { send_rate, receive_rate,
						      round_trip };
	int vsock = vsock_dial(VMADDR_CID_HOST, PORT_SERVICE);
	int serial = open_serial(), i, j;
	double of_vsock;

	if (vsock < 0 || serial < 0) {
		printf("not ok vsock %d, virtio-serial %d\n", vsock, serial);
		return;
	}
	/* Neighbours are compared: what else the host does hits both. */
	for (i = 0; i < ROUNDS; i++)
		for (j = 0; j < 3; j++) {
			of_vsock = measures[j](vsock);
			printf("BENCH %d %.1f %.1f\n", j, of_vsock,
			       measures[j](serial));
		}
}
