// SPDX-License-Identifier: BSD-2-Clause
/*
 * The first program of a verifier VM that loads each object in /objects by
 * libbpf alone and tells how much less memory was free meanwhile.
 */

#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <unistd.h>

#define OBJECTS "/objects"
#define EACH_US 500
#define READ_ALL 3

static atomic_long lowest; /* KiB */
static atomic_bool watching;

static long free_kib(void)
{
	static const char word[] = "MemFree:";
	char text[512];
	int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	const char *at;

	if (fd >= 0)
		close(fd);
	text[n < 0 ? 0 : n] = 0;
	at = strstr(text, word);
	return at ? strtol(at + strlen(word), NULL, 10) : -1;
}

static void *watch(void *arg)
{
	while (watching) {
		long now = free_kib();

		if (now < lowest)
			lowest = now;
		usleep(EACH_US);
	}
	return arg;
}

/* Returns 0 or -errno, and what a load took at its highest, in KiB. */
static int load(const char *path, long *took)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	long before = free_kib();
	pthread_t watcher;
	int err;

	if (!object || before < 0)
		return -EINVAL;
	lowest = before;
	watching = true;
	err = pthread_create(&watcher, NULL, watch, NULL);
	if (!err) {
		err = bpf_object__load(object);
		watching = false;
		pthread_join(watcher, NULL);
	}
	*took = before - lowest;
	bpf_object__close(object);
	return err;
}

static int load_all(void)
{
	DIR *dir = opendir(OBJECTS);
	int n_bad = 0, err;
	struct dirent *d;
	char path[512];
	long took;

	while (dir && (d = readdir(dir))) {
		if (d->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), OBJECTS "/%s", d->d_name);
		took = 0;
		err = load(path, &took);
		printf("%s %s is loaded\n", err ? "not ok" : "ok", d->d_name);
		printf("VOUCH-MEMORY\t%s\t%ld\n", d->d_name, took);
		n_bad += !!err;
	}
	return dir ? n_bad : 1;
}

static void print_kernel_log(void)
{
	static char log[256 << 10];
	int n = klogctl(READ_ALL, log, sizeof(log) - 1);

	printf("VOUCH-KMSG-BEGIN\n%.*s\nVOUCH-KMSG-END\n", n < 0 ? 0 : n, log);
}

int main(void)
{
	int n_bad;

	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	n_bad = load_all();
	print_kernel_log();
	printf("VOUCH-TEST-END %d passed, %d failed\nVOUCH-VM-DONE\n", !n_bad,
	       n_bad);
	fflush(stdout);
	sync();
	reboot(RB_POWER_OFF);
	return 0;
}
