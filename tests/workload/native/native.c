// SPDX-License-Identifier: BSD-2-Clause
/*
 * The first program of a verifier VM that does with libbpf what a lab does with
 * vouch: it loads and attaches the programs of the list in /rows, lets the
 * workload run, and prints what they put out.
 */

#include "native.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROWS 64
#define WORDS 6
#define READ_ALL 3

static struct native_row rows[ROWS];
static int n_rows, n_good, n_bad;

static void verdict(int err, const char *what, const char *name)
{
	printf("%s %s %s%s%s\n", err ? "not ok" : "ok", what, name,
	       err ? ": " : "", err ? strerror(-err) : "");
	n_good += !err;
	n_bad += !!err;
}

static struct native_row *row_named(const char *name)
{
	for (int i = 0; i < n_rows; i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	return NULL;
}

static int open_row(const char *name, const char *path)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts);
	struct native_row *row = &rows[n_rows];
	struct bpf_program *program;
	struct bpf_map *map;

	if (n_rows == ROWS)
		return -E2BIG;
	snprintf(row->name, sizeof(row->name), "%s", name);
	row->object = bpf_object__open_file(path, &opts);
	if (!row->object)
		return -errno;
	bpf_object__for_each_program(program, row->object)
		bpf_program__set_autoload(program, false);
	bpf_object__for_each_map(map, row->object)
		bpf_map__set_pin_path(map, NULL);
	n_rows++;
	return 0;
}

static int on_row(char **words)
{
	struct native_row *row = row_named(words[1]);

	if (!row)
		return -ENOENT;
	if (!strcmp(words[0], "value"))
		return native_value(row, words + 2);
	if (!strcmp(words[0], "listen"))
		return native_listen(row, words[2]);
	if (!strcmp(words[0], "attach"))
		return native_attach(row, words[2], words[3]);
	if (!strcmp(words[0], "dump"))
		return native_dump(row, words[2]);
	return -EINVAL;
}

static int on_line(char **words)
{
	if (!strcmp(words[0], "object"))
		return open_row(words[1], words[2]);
	if (!n_rows)
		return -EINVAL;
	return native_prepare(&rows[n_rows - 1], words);
}

/* Each line of a file. */
static void follow(const char *path, int (*act)(char **))
{
	char line[8192], text[64];
	FILE *f = fopen(path, "r");

	verdict(f ? 0 : -errno, "open", path);
	while (f && fgets(line, sizeof(line), f)) {
		char *words[WORDS] = { "", "", "", "", "", "" };
		int n = 0, err;

		for (char *w = strtok(line, " \n"); w && n < WORDS;
		     w = strtok(NULL, " \n"))
			words[n++] = w;
		if (!n)
			continue;
		err = act(words);
		if (err) {
			snprintf(text, sizeof(text), "%s %s %s", words[0],
				 words[1], words[2]);
			verdict(err, "do", text);
		}
	}
	if (f)
		fclose(f);
}

static void run_workload(const char *argument)
{
	int status = -1, pid = fork();

	if (!pid) {
		execl("/bin/workload", "workload", argument, NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	verdict(status ? -ECHILD : 0, "workload", argument);
}

static void load_modules(void)
{
	static const char *const names[] = { "tun", "sch_ingress", "cls_bpf",
					     "loop" };
	char path[64];

	for (unsigned int i = 0; i < sizeof(names) / sizeof(*names); i++) {
		int fd;

		snprintf(path, sizeof(path), "/modules/%s.ko", names[i]);
		fd = open(path, O_RDONLY);
		verdict(syscall(SYS_finit_module, fd, "", 0) ? -errno : 0,
			"module", names[i]);
		close(fd);
	}
}

static void loopback_up(void)
{
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	verdict(ioctl(fd, SIOCSIFFLAGS, &r) ? -errno : 0, "up", "lo");
	close(fd);
}

static void make_place(void)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("tmpfs", "/tmp", "tmpfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
	setrlimit(RLIMIT_MEMLOCK, &all);
	load_modules();
	loopback_up();
}

static void print_kernel_log(void)
{
	static char log[256 << 10];
	int n = klogctl(READ_ALL, log, sizeof(log) - 1);

	printf("VOUCH-KMSG-BEGIN\n%.*s\nVOUCH-KMSG-END\n", n < 0 ? 0 : n, log);
}

int main(void)
{
	make_place();
	run_workload("--setup");
	follow("/rows/load", on_line);
	for (int i = 0; i < n_rows; i++)
		verdict(bpf_object__load(rows[i].object), "load", rows[i].name);
	follow("/rows/attach", on_row);
	run_workload("--run");
	follow("/rows/dump", on_row);
	print_kernel_log();
	printf("VOUCH-TEST-END %d passed, %d failed\nVOUCH-VM-DONE\n", n_good,
	       n_bad);
	fflush(stdout);
	sync();
	reboot(RB_POWER_OFF);
	return 0;
}
