/* SPDX-License-Identifier: BSD-2-Clause */
/* The test of vouch_target's hooks, in the VM of the lab's target kernel. */
#ifndef TESTS_HOOKS_H
#define TESTS_HOOKS_H

#include <stdint.h>

#include "tests/hooks/hooks_record.h"
#include "target_client.h"

/* Ask for a program of an image at a hook; the reason goes to the console. */
int hook(unsigned long cmd, const char *file, const char *prog,
	 const char *where);

/* What a program of an image, or native C, has noted so far. */
struct hooks_record noted(const char *file, enum hooks_place place);
struct hooks_record native(enum hooks_place place);

/* How often a program of an image ran at hooks. */
unsigned long long runs(const char *file, const char *prog);

/* How often to do what is done that often on an ordinary kernel. */
unsigned int often(unsigned int n);

/* Is there an attachment of that text? */
bool is_listed(const char *where);

/* In hooks_net.c: a frame from eth1, with a byte behind its header. */
void send_frame(unsigned int len, uint8_t action);

/* In the other files. */
void test_tc(void);
void test_tc_unplug(void);
void test_socket(void);
void test_event(void);
void test_trace(void);
void test_guard(void);
void test_busy(void);
void test_nmi(void);
void test_send(void);
void test_faulting(void);
void test_fire(void);

/* Rename this thread; each name is new. */
void rename_self(char *name);

#endif /* TESTS_HOOKS_H */
