// SPDX-License-Identifier: BSD-2-Clause
/*
 * Makes the interfaces f0 to f3, of numbers 10 to 13, and stays to hold them:
 * they have a carrier as long as somebody has them open.
 *
 * usage: interfaces
 */

#include <err.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define INTERFACES 4
#define FIRST_INDEX 10

static void make(unsigned int n)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	unsigned int index = FIRST_INDEX + n;
	int fd = open("/dev/net/tun", O_RDWR);

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "f%u", n);
	if (fd < 0 || ioctl(fd, TUNSETIFINDEX, &index) ||
	    ioctl(fd, TUNSETIFF, &ifr))
		err(1, "making interface f%u", n);
}

int main(void)
{
	unsigned int n;
	pid_t child;

	for (n = 0; n < INTERFACES; n++)
		make(n);
	child = fork();
	if (child < 0)
		err(1, "staying");
	while (!child && pause() < 0)
		;
	return 0;
}
