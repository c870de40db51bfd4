// SPDX-License-Identifier: BSD-2-Clause
/* Attach programs to the hooks that targets have, with the same texts. */

#include "native.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/perf_event.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int linked(struct bpf_link *link)
{
	return link ? 0 : -errno;
}

static int to_xdp(struct bpf_program *p, char *interface)
{
	return linked(
		bpf_program__attach_xdp(p, (int)if_nametoindex(interface)));
}

/* @where: INTERFACE:ingress */
static int to_tc(struct bpf_program *p, char *where)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = bpf_program__fd(p));
	int err;

	hook.ifindex = (int)if_nametoindex(strtok(where, ":"));
	err = bpf_tc_hook_create(&hook);
	return err && err != -EEXIST ? err : bpf_tc_attach(&hook, &opts);
}

static int to_socket(struct bpf_program *p, char *interface)
{
	const struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	int prog = bpf_program__fd(p);
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &prog, sizeof(prog)) ||
	    bind(fd, (const void *)&at, sizeof(at)))
		return -errno;
	return 0;
}

/* @what: TYPE:CONFIG:PERIOD, on the only CPU */
static int to_perf_event(struct bpf_program *p, char *what)
{
	struct perf_event_attr attr = { .size = sizeof(attr) };
	long fd;

	attr.type = strtoul(strtok(what, ":"), NULL, 0);
	attr.config = strtoul(strtok(NULL, ":"), NULL, 0);
	attr.sample_period = strtoul(strtok(NULL, ":"), NULL, 0);
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, 0);
	if (fd < 0)
		return -errno;
	return linked(bpf_program__attach_perf_event(p, (int)fd));
}

static int to_kprobe(struct bpf_program *p, char *function)
{
	return linked(bpf_program__attach_kprobe(p, false, function));
}

static int to_kretprobe(struct bpf_program *p, char *function)
{
	return linked(bpf_program__attach_kprobe(p, true, function));
}

static int to_section(struct bpf_program *p, char *nothing)
{
	(void)nothing;
	return linked(bpf_program__attach(p));
}

int native_attach(struct native_row *row, const char *program, const char *hook)
{
	static const struct {
		const char *name;
		int (*attach)(struct bpf_program *p, char *where);
	} kinds[] = {
		{ "section", to_section },
		{ "xdp:", to_xdp },
		{ "tc:", to_tc },
		{ "socket:", to_socket },
		{ "perf_event:", to_perf_event },
		{ "kprobe:", to_kprobe },
		{ "kretprobe:", to_kretprobe },
	};
	struct bpf_program *p =
		bpf_object__find_program_by_name(row->object, program);
	char where[128];

	if (!p)
		return -ENOENT;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		size_t n = strlen(kinds[i].name);

		if (strncmp(hook, kinds[i].name, n))
			continue;
		snprintf(where, sizeof(where), "%s", hook + n);
		return kinds[i].attach(p, where);
	}
	return -EINVAL;
}
