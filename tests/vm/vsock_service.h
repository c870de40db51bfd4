/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What host and guest of the vsock tests share: ports, the bytes that are sent,
 * and the commands of a service that reads, makes or echoes data. The same
 * service answers on a virtio-serial port, which the channel is measured
 * against.
 */
#ifndef VSOCK_SERVICE_H
#define VSOCK_SERVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum vsock_port {
	PORT_ECHO = 1, /* echoes until the end */
	PORT_SERVICE = 2, /* takes struct command, one after the other */
	PORT_DIAL = 3, /* the host dials PORT_GUEST and says how it went */
	PORT_BOOT = 4, /* tells how often it was asked: a byte */
	PORT_HALF = 5, /* sends, half-closes, then reads to the end */
	PORT_RESULT = 6, /* tells what came of PORT_HALF and PORT_STUCK */
	PORT_GUEST = 7, /* the guest listens here */
	PORT_STUCK = 8, /* does not read until PORT_RESULT is asked */
	PORT_SOURCE = 9, /* sends until the end */
	PORT_NOBODY = 99,
};

enum command_op {
	OP_SINK = 'S', /* @len bytes follow; answered by a byte */
	OP_SOURCE = 'G', /* answered by @len bytes */
	OP_ECHO = 'E', /* @len bytes follow, and come back */
};

struct command {
	uint64_t op, len;
};

#define HALF_LEN (1u << 20)
#define PERIOD 65521u /* bytes until the pattern repeats */
#define CHUNK 65536u

static uint8_t pattern[PERIOD + CHUNK];

static inline void pattern_make(void)
{
	uint32_t i;

	for (i = 0; i < sizeof(pattern); i++)
		pattern[i] = (i % PERIOD) * 2654435761u >> 24;
}

/* The bytes of a stream from @at; CHUNK of them are there. */
static inline const uint8_t *pattern_at(uint64_t at)
{
	return pattern + at % PERIOD;
}

static inline bool write_all(int fd, const void *data, size_t len)
{
	const uint8_t *p = data;
	ssize_t n;

	while (len) {
		n = write(fd, p, len);
		if (n <= 0)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

static inline bool read_all(int fd, void *data, size_t len)
{
	uint8_t *p = data;
	ssize_t n;

	while (len) {
		n = read(fd, p, len);
		if (n <= 0)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

/* Send @len bytes of the pattern. */
static inline bool send_pattern(int fd, uint64_t len)
{
	uint64_t at;

	for (at = 0; at < len; at += CHUNK)
		if (!write_all(fd, pattern_at(at),
			       len - at < CHUNK ? len - at : CHUNK))
			return false;
	return true;
}

/* Read to the end, or @max bytes. Returns them, or -1 if one was wrong. */
static inline int64_t read_pattern(int fd, uint64_t max)
{
	uint8_t buf[CHUNK];
	uint64_t at = 0;
	ssize_t n = 1;

	while (at < max && n > 0) {
		n = read(fd, buf, max - at < CHUNK ? max - at : CHUNK);
		if (n > 0 && memcmp(buf, pattern_at(at), n))
			return -1;
		at += n > 0 ? n : 0;
	}
	return at;
}

#endif /* VSOCK_SERVICE_H */
