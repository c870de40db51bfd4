/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests inside the verifier VM share. */
#ifndef GUEST_TEST_H
#define GUEST_TEST_H

#include <linux/bpf.h>
#include <sys/types.h>

#include "capture.h"

/* Print "ok" or "not ok", and count. */
void vouch_test_check(bool good, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* bpf(2). Return: its value or the negative error. */
int vouch_test_bpf(int cmd, union bpf_attr *attr);

/* Load an XDP program with a log buffer. Return: fd or negative error. */
int vouch_test_load(const struct bpf_insn *insns, u32 n, char *log,
		    u32 log_size);

/* Load a program of any type. Return: fd or negative error. */
int vouch_test_load_type(u32 type, const struct bpf_insn *insns, u32 n,
			 char *log, u32 log_size);

/* Run a program on one packet. Return: its value, or -1. */
s64 vouch_test_run(int fd);

/* A capture, parsed. */
struct vouch_test_capture {
	u8 *data;
	size_t len;
	struct vouch_capture_view view;
};

/* Has the agent given up what it does not need? */
void vouch_test_parent(pid_t agent);

/* The suites. */
void vouch_test_module(void);
void vouch_test_accesses(void);
void vouch_test_confinement(void);
void vouch_test_parent_deeds(void);
void vouch_test_objects(void);
void vouch_test_btf(void);
void vouch_test_retarget(void);
void vouch_test_session(void);
void vouch_test_faults(void);

#endif /* GUEST_TEST_H */
