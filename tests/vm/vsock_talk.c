// SPDX-License-Identifier: BSD-2-Clause
/*
 * Says raw bytes to a vsock port and shows what comes back, in hexadecimal,
 * until so many frames have come or the peer hangs up.
 *
 * usage: vsock_talk PORT FRAMES <BYTES
 */
#include <endian.h>
#include <errno.h>
#include <linux/vm_sockets.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD 24u
#define JSON_LEN 12u
#define BLOB_LEN 16u

static uint8_t out[1 << 20], in[1 << 20];

static int dial(unsigned int port)
{
	struct sockaddr_vm addr = {
		.svm_family = AF_VSOCK,
		.svm_cid = VMADDR_CID_HOST,
		.svm_port = port,
	};
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0);

	if (fd >= 0 && !connect(fd, (void *)&addr, sizeof(addr)))
		return fd;
	printf("refused %s\n", strerror(errno));
	return -1;
}

static size_t read_all(void)
{
	size_t n = 0;
	ssize_t got;

	while ((got = read(STDIN_FILENO, out + n, sizeof(out) - n)) > 0)
		n += (size_t)got;
	return n;
}

static uint32_t word(size_t at)
{
	uint32_t v;

	memcpy(&v, in + at, sizeof(v));
	return le32toh(v);
}

/* Whole frames within the first @len bytes that came. */
static unsigned int frames(size_t len)
{
	unsigned int n = 0;
	size_t at = 0;

	while (at + HEAD <= len) {
		uint64_t size = (uint64_t)HEAD + word(at + JSON_LEN) +
				word(at + BLOB_LEN);

		if (size > len - at)
			break;
		at += size;
		n++;
	}
	return n;
}

int main(int argc, char **argv)
{
	size_t i, have = 0, len = read_all();
	unsigned int want;
	ssize_t n;
	int fd;

	if (argc != 3)
		return 2;
	want = (unsigned int)strtoul(argv[2], NULL, 10);
	fd = dial((unsigned int)strtoul(argv[1], NULL, 10));
	if (fd < 0)
		return 1;
	/* Whoever hangs up meanwhile may have said why. */
	for (i = 0; i < len; i += (size_t)n) {
		n = send(fd, out + i, len - i, MSG_NOSIGNAL);
		if (n <= 0)
			break;
	}
	while (frames(have) < want && have < sizeof(in)) {
		n = read(fd, in + have, sizeof(in) - have);
		if (n <= 0)
			break;
		have += (size_t)n;
	}
	printf("%s ", frames(have) < want ? "closed" : "open");
	for (i = 0; i < have; i++)
		printf("%02x", in[i]);
	printf("\n");
	return 0;
}
