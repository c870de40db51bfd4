// SPDX-License-Identifier: BSD-2-Clause
/* The module: which loads it tags, and which it leaves alone. */

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "guest-verifier/agent/guest.h"
#include "guest_test.h"

#define ANSWER 0x1234567u
#define LOG_SIZE 65536

/* Returns the user's 64-bit constant: shows at once whether it is tagged. */
static const struct bpf_insn constant[] = {
	{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 0, .imm = ANSWER },
	{ .imm = 0 },
	{ .code = BPF_JMP | BPF_EXIT },
};

static const struct bpf_insn broken[] = {
	{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 0, .imm = ANSWER },
	{ .imm = 0 },
	{ .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = 0, .src_reg = 0 },
	{ .code = BPF_JMP | BPF_EXIT },
};

#define N(insns) (sizeof(insns) / sizeof(*(insns)))

static char *log_a, *log_b;

static s64 load_and_run(char *log)
{
	int fd =
		vouch_test_load(constant, N(constant), log, log ? LOG_SIZE : 0);
	s64 ret = fd < 0 ? -1 : vouch_test_run(fd);

	if (fd >= 0)
		close(fd);
	return ret;
}

static int take(int dev, const char *log, int fd,
		struct vouch_guest_records *records)
{
	int err = vouch_guest_take(dev, log, fd, BPF_PROG_TYPE_XDP, NULL, 0,
				   records);

	free(records->buf);
	return err;
}

static void locks_are_asked_for(int dev)
{
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "m", 4, 8, 1, NULL);
	struct vouch_guest_map m = { .fd = cpu_to_le32(map),
				     .reserved = { 0, 1 } };

	vouch_test_check(ioctl(dev, VOUCH_GUEST_MAP, &m) < 0 && errno == EINVAL,
			 "reserved bytes of a map must be zero");
	vouch_test_check(ioctl(dev, VOUCH_GUEST_MAP, 8) < 0 && errno == EFAULT,
			 "a bad pointer is refused");
	vouch_test_check(vouch_guest_map(dev, dev, &m) == -EINVAL &&
				 vouch_guest_map(dev, 999, &m) == -EBADF,
			 "a descriptor that is no map is refused");
	vouch_test_check(!vouch_guest_map(dev, map, &m) && !m.flags && !m.lock,
			 "a map without types has no lock");
	vouch_test_check(!m.type, "an array of numbers holds no maps");
	close(map);
}

static void maps_in_maps_are_told(int dev)
{
	int inner = bpf_map_create(BPF_MAP_TYPE_LRU_HASH, "i", 8, 16, 5, NULL);
	LIBBPF_OPTS(bpf_map_create_opts, opts, .inner_map_fd = inner);
	int outer =
		bpf_map_create(BPF_MAP_TYPE_HASH_OF_MAPS, "o", 4, 4, 3, &opts);
	struct vouch_guest_map m;

	vouch_test_check(!vouch_guest_map(dev, outer, &m) &&
				 le32_to_cpu(m.type) == BPF_MAP_TYPE_LRU_HASH &&
				 le32_to_cpu(m.key_size) == 8 &&
				 le32_to_cpu(m.value_size) == 16 &&
				 le32_to_cpu(m.max_entries) == 5 &&
				 !m.map_flags && !m.flags,
			 "of a map that holds maps it is told what these are");
	close(outer);
	close(inner);
}

static void arguments_are_checked(void)
{
	int dev = vouch_guest_open(), i, err = 0;
	struct vouch_guest_arm arm = { .log_buf = 1, .n_insns = 1 };
	struct vouch_guest_records r;

	vouch_test_check(ioctl(dev, _IO('v', 0x7f)) < 0 && errno == ENOTTY,
			 "an unknown ioctl is refused");
	locks_are_asked_for(dev);
	maps_in_maps_are_told(dev);
	arm.reserved = 1;
	vouch_test_check(ioctl(dev, VOUCH_GUEST_ARM, &arm) < 0 &&
				 errno == EINVAL,
			 "reserved bytes must be zero");
	vouch_test_check(ioctl(dev, VOUCH_GUEST_ARM, 8) < 0 && errno == EFAULT,
			 "a bad pointer is refused");
	vouch_test_check(vouch_guest_arm(dev, NULL, 1, NULL, 0) == -EINVAL,
			 "a load without log cannot be armed");
	vouch_test_check(
		vouch_guest_arm(dev, log_a, 0, NULL, 0) == -E2BIG &&
			vouch_guest_arm(dev, log_a, 1000001, NULL, 0) == -E2BIG,
		"a load of no or too many instructions cannot be armed");
	vouch_test_check(take(dev, log_a, 0, &r) == -ENOENT,
			 "what is not armed cannot be taken");
	vouch_test_check(!vouch_guest_arm(dev, log_a, 10, NULL, 0) &&
				 vouch_guest_arm(dev, log_a, 10, NULL, 0) ==
					 -EEXIST,
			 "a buffer can be armed once");
	vouch_test_check(take(dev, log_a, 0, &r) == -EINVAL ||
				 take(dev, log_a, 0, &r) == -EBADF,
			 "a descriptor that is no program is refused");
	for (i = 1; !err && i < 100; i++)
		err = vouch_guest_arm(dev, log_b + i, 10, NULL, 0);
	vouch_test_check(
		err == -ENOSPC && i == VOUCH_MAX_PROGS + 1,
		"no more loads can be armed than an object has programs");
	close(dev);
}

static void armed_load_is_tagged(void)
{
	struct vouch_guest_records r;
	int dev = vouch_guest_open(), fd;
	const struct vouch_capture_prog *prog;

	vouch_guest_arm(dev, log_a, 10, NULL, 0);
	fd = vouch_test_load(constant, N(constant), log_a, LOG_SIZE);
	vouch_test_check(vouch_test_run(fd) == (s64)(u32)VOUCH_TAG(0, 0),
			 "the armed load holds the tag");
	vouch_test_check(!vouch_guest_take(dev, log_a, fd, BPF_PROG_TYPE_XDP,
					   NULL, 0, &r),
			 "and can be taken: %s", r.why);
	prog = (void *)(r.buf + sizeof(struct vouch_capture_record));
	vouch_test_check(r.n >= 2 && le32_to_cpu(prog->n_funcs) == 1 &&
				 le32_to_cpu(prog->n_insns) == N(constant),
			 "with its figures");
	free(r.buf);
	close(fd);
	close(dev);
}

static void others_are_left_alone(void)
{
	int dev = vouch_guest_open(), status = 0;
	pid_t pid;

	vouch_guest_arm(dev, log_a, 10, NULL, 0);
	vouch_test_check(load_and_run(log_b) == ANSWER,
			 "a load with another log buffer is left alone");
	vouch_test_check(load_and_run(NULL) == ANSWER,
			 "a load without log is left alone");
	pid = fork();
	if (!pid)
		_exit(load_and_run(log_a) == ANSWER ? 0 : 1);
	waitpid(pid, &status, 0);
	vouch_test_check(
		status == 0,
		"another process's load with the same address is left alone");
	pid = fork();
	if (!pid)
		_exit(vouch_guest_arm(dev, log_b, 10, NULL, 0) == -EPERM ? 0
									 : 1);
	waitpid(pid, &status, 0);
	vouch_test_check(status == 0,
			 "another process cannot arm through the same file");
	ioctl(dev, VOUCH_GUEST_DISARM);
	vouch_test_check(load_and_run(log_a) == ANSWER,
			 "after DISARM a load is left alone");
	vouch_guest_arm(dev, log_a, 10, NULL, 0);
	close(dev);
	vouch_test_check(load_and_run(log_a) == ANSWER,
			 "after the file is closed a load is left alone");
}

static void wrong_program_is_not_taken(void)
{
	struct vouch_guest_records r;
	int dev = vouch_guest_open(), other, fd;

	vouch_guest_arm(dev, log_a, 10, NULL, 0);
	other = vouch_test_load(constant, N(constant), log_b, LOG_SIZE);
	vouch_test_check(take(dev, log_a, other, &r) == -ENOENT,
			 "no program is taken before its load: %s", r.why);
	vouch_test_check(vouch_test_load(broken, N(broken), log_a, LOG_SIZE) <
				 0,
			 "a broken program is rejected though armed");
	fd = vouch_test_load(constant, N(constant), log_a, LOG_SIZE);
	vouch_test_check(take(dev, log_a, other, &r) == -EILSEQ &&
				 strstr(r.why, "another program"),
			 "another program than the armed one is not taken: %s",
			 r.why);
	vouch_test_check(!take(dev, log_a, fd, &r),
			 "the second try of a load is taken: %s", r.why);
	vouch_test_check(vouch_guest_take(dev, log_a, fd,
					  BPF_PROG_TYPE_SOCKET_FILTER, NULL, 0,
					  &r) < 0,
			 "a program is not taken as one of another type");
	close(other);
	close(fd);
	close(dev);
}

static void overflow_is_refused(void)
{
	struct vouch_guest_records r;
	int dev = vouch_guest_open(), fd;
	u32 i;
	struct bpf_insn many[9];

	for (i = 0; i + 1 < N(many); i += 2) {
		many[i] = constant[0];
		many[i + 1] = constant[1];
	}
	many[8] = constant[2];
	vouch_guest_arm(dev, log_a, 2, NULL, 0);
	fd = vouch_test_load(many, N(many), log_a, LOG_SIZE);
	vouch_test_check(fd >= 0 && take(dev, log_a, fd, &r) == -ENOENT,
			 "a load longer than announced is not taken");
	close(fd);
	close(dev);
}

void vouch_test_module(void)
{
	log_a = malloc(LOG_SIZE);
	log_b = malloc(LOG_SIZE);
	arguments_are_checked();
	armed_load_is_tagged();
	others_are_left_alone();
	wrong_program_is_not_taken();
	overflow_is_refused();
	free(log_a);
	free(log_b);
}
