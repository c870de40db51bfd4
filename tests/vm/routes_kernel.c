// SPDX-License-Identifier: BSD-2-Clause
/*
 * The target's look-up of routes against that of the kernel that runs: the init
 * of a VM, behind tests/vm/routes.
 *
 * Both are asked all of /questions, in the same kernel with the same tables and
 * secrets: the kernel by a program, the target's code by /dev/fib_native. Then
 * again with each of the settings.
 */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../fib/fib_native.h"

#define BLOCK 512 /* questions that the program takes */
#define SHOWN 3 /* answers that differ */
#define N_SAID 10
#define SOON 100000 /* us */
#define IPV4 "/proc/sys/net/ipv4/"
#define IPV6 "/proc/sys/net/ipv6/"

/* Each on top of those before. */
static const char *const settings[] = {
	"echo 1 >" IPV4 "fib_multipath_hash_policy",
	"echo 2 >" IPV4 "fib_multipath_hash_policy",
	"echo 3 >" IPV4 "fib_multipath_hash_policy",
	"echo 0x0030 >" IPV4 "fib_multipath_hash_fields",
	"echo 0x0008 >" IPV4 "fib_multipath_hash_fields",
	"echo 0x0fc0 >" IPV4 "fib_multipath_hash_fields",
	"echo 0x0fff >" IPV4 "fib_multipath_hash_fields",
	"echo 1 >" IPV6 "fib_multipath_hash_policy",
	"echo 1 >" IPV4 "fib_multipath_use_neigh",
	"rt neighbour replace 10.2.0.4 dev f1 nud failed",
	"rt neighbour replace 10.2.0.4 lladdr 02:00:00:00:02:04 dev f1 "
	"nud reachable",
	"echo 1 >" IPV4 "ip_forward_use_pmtu",
	"rt rule add from 10.1.0.8 table 77",
	"rt rule add iif f3 table 77",
	"rt -6 rule add from fd00:1::8 table 77",
	"rt route flush table 77",
	"rt link set f3 down",
	"rt address del 10.2.0.1/24 dev f1",
};

struct question {
	struct bpf_fib_lookup params;
	__u32 flags, unused;
};

struct answer {
	struct bpf_fib_lookup params;
	__s64 said;
};

static struct question *questions;
static unsigned int n_questions, passed, failed;
static unsigned int all_said[N_SAID];
static int program, hearer, asked, answers, device;

static void check(bool good, const char *what, const char *of)
{
	printf("%s%s%s\n", good ? "ok " : "not ok ", what, of);
	good ? passed++ : failed++;
}

/* Does the shell do it? */
static bool act(const char *command)
{
	int status = -1;
	pid_t child = fork();

	if (!child) {
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	return child > 0 && waitpid(child, &status, 0) == child && !status;
}

static bool is_same(const void *left, const void *right, size_t size)
{
	return !memcmp(left, right, size);
}

static bool set_up(void)
{
	struct bpf_object *obj = bpf_object__open_file("/fib.o", NULL);

	if (libbpf_get_error(obj) || bpf_object__load(obj))
		return false;
	program = bpf_program__fd(bpf_object__find_program_by_name(obj, "fib"));
	hearer = bpf_program__fd(
		bpf_object__find_program_by_name(obj, "fib_hear"));
	asked = bpf_object__find_map_fd_by_name(obj, "questions");
	answers = bpf_object__find_map_fd_by_name(obj, "answers");
	device = open("/dev/fib_native", O_RDWR);
	return program >= 0 && hearer >= 0 && asked >= 0 && answers >= 0 &&
	       device >= 0;
}

static void *read_file(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY);
	off_t size = lseek(fd, 0, SEEK_END);
	void *data;

	if (size <= 0 || lseek(fd, 0, SEEK_SET))
		return NULL;
	data = malloc(size);
	if (!data || read(fd, data, size) != size)
		return NULL;
	close(fd);
	*len = size;
	return data;
}

static bool read_questions(void)
{
	size_t size = 0;

	questions = read_file("/questions", &size);
	n_questions = size / sizeof(*questions);
	return questions && !(n_questions % BLOCK);
}

/* A packet comes in at an interface, some time soon. */
static bool hear(const char *path)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);
	size_t size = 0;

	run.data_in = read_file(path, &size);
	run.data_size_in = size;
	return run.data_in && !bpf_prog_test_run_opts(hearer, &run) &&
	       !usleep(SOON);
}

/* The kernel, on one block. The program writes behind what it wrote before. */
static bool ask_kernel(const struct question *block, struct answer *out)
{
	static __u32 next;
	static char packet[64];
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet,
		    .data_size_in = sizeof(packet));
	__u32 i;

	for (i = 0; i < BLOCK; i++)
		if (bpf_map_update_elem(asked, &i, &block[i], BPF_ANY))
			return false;
	if (bpf_prog_test_run_opts(program, &run))
		return false;
	for (i = 0; i < BLOCK; i++) {
		__u32 key = (next + i) % (4 * BLOCK);

		if (bpf_map_lookup_elem(answers, &key, &out[i]))
			return false;
	}
	next += BLOCK;
	return true;
}

static bool ask_target(const struct question *q, struct answer *out)
{
	struct fib_native native = { .params = q->params, .flags = q->flags };

	if (ioctl(device, FIB_NATIVE_ASK, &native))
		return false;
	out->params = native.params;
	out->said = native.said;
	return true;
}

static void show(const char *what, const void *data, size_t size)
{
	const unsigned char *byte = data;
	size_t i;

	printf("# %-10s", what);
	for (i = 0; i < size; i++)
		printf("%02x", byte[i]);
	printf("\n");
}

/* Which neighbours packets for several ways get to: a bit for each. */
static unsigned int way_of(const struct question *q, const struct answer *a)
{
	const unsigned char *to = (const unsigned char *)&q->params.ipv4_dst;
	unsigned int way = 1u << (a->params.dmac[5] & 7);

	if (a->said)
		return 0;
	if (to[0] == 10 && to[1] == 40)
		return way;
	return to[0] == 0xfd && to[3] == 0x40 ? way << 8 : 0;
}

static unsigned int compare_block(const struct question *block,
				  unsigned int *ways)
{
	static struct answer left[BLOCK];
	struct answer right;
	unsigned int i, wrong = 0;

	if (!ask_kernel(block, left))
		return BLOCK;
	for (i = 0; i < BLOCK; i++) {
		if (left[i].said >= 0 && left[i].said < N_SAID)
			all_said[left[i].said]++;
		*ways |= way_of(&block[i], &left[i]);
		if (ask_target(&block[i], &right) &&
		    is_same(&left[i], &right, sizeof(right)))
			continue;
		if (wrong++ < SHOWN) {
			show("question", &block[i], sizeof(block[i]));
			show("kernel", &left[i], sizeof(left[i]));
			show("target", &right, sizeof(right));
		}
	}
	return wrong;
}

/* All answers; in which ways packets go. */
static unsigned int compare(const char *setting)
{
	unsigned int i, wrong = 0, ways = 0;

	for (i = 0; i < n_questions; i += BLOCK)
		wrong += compare_block(questions + i, &ways);
	check(!wrong, "all answers are equal behind: ", setting);
	printf("# %u questions, %u wrong, ways %x\n", n_questions, wrong, ways);
	return ways;
}

static void compare_all(void)
{
	char number[16];
	unsigned int i;

	check((compare("nothing") & 0x1414) == 0x1414,
	      "each way is taken, of both families", "");
	check(hear("/heard4") && hear("/heard6"), "routers are heard", "");
	compare("what routers say");
	for (i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
		check(act(settings[i]), "is set: ", settings[i]);
		compare(settings[i]);
	}
	for (i = 0; i < N_SAID; i++) {
		snprintf(number, sizeof(number), "%u", i);
		check(all_said[i], "the kernel has said ", number);
	}
}

static void show_log(void)
{
	static char text[1 << 20];
	int n = klogctl(3, text, sizeof(text)); /* SYSLOG_ACTION_READ_ALL */

	printf("VOUCH-KMSG-BEGIN\n%.*s\nVOUCH-KMSG-END\n", n > 0 ? n : 0, text);
}

int main(void)
{
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	mount("proc", "/proc", "proc", 0, NULL);
	dup2(open("/dev/console", O_RDWR), 0);
	dup2(0, 1);
	dup2(0, 2);
	setvbuf(stdout, NULL, _IOLBF, 0);
	setenv("PATH", "/bin", 1);
	check(!access("/routes_set", F_OK), "there are routes", "");
	check(act("insmod /modules/fib_native.ko"), "the module is there", "");
	check(set_up(), "the program is loaded", "");
	check(read_questions(), "there are questions", "");
	compare_all();
	printf("VOUCH-TEST-END %u passed, %u failed\n", passed, failed);
	show_log();
	printf("VOUCH-VM-DONE\n");
	fflush(stdout);
	reboot(RB_POWER_OFF);
	return 0;
}
