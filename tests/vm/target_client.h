/* SPDX-License-Identifier: BSD-2-Clause */
/* How the tests of the target driver, in the VM, speak to it. */
#ifndef TARGET_CLIENT_H
#define TARGET_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "vouch_target_abi.h"

#define N_CPUS 2 /* of the VM */

extern unsigned int passed, failed;
extern int dev; /* the open device */

bool verdict(bool ok, const char *fmt, ...);

/* 0 or -errno; the reason of a refusal goes to the console. */
int call(unsigned long cmd, void *arg, const char *reason);

/* The module name of a file in /images. */
const char *name_of(const char *file);

/* Bytes of what programs see of registers. */
unsigned int pt_regs_size(void);

int admit(const char *file, char *reason);

int load_with(const char *file, const char *parameters);
int load(const char *file);

int load_admitted(const char *file);

int unload(const char *file);

int set_floor(const char *slot, unsigned int epoch,
	      unsigned long long sequence);

int run(const char *file, const char *prog, const void *packet,
	unsigned int len, struct vouch_target_test_run *t, void *out);

int map_op(unsigned long cmd, const char *file, const char *map,
	   const void *key, unsigned int key_len, const void *value,
	   unsigned int value_len, unsigned long long flags);

int lookup(const char *file, const char *map, uint32_t key, void *value,
	   unsigned int len);

int update(const char *file, const char *map, uint32_t key, const void *value,
	   unsigned int len, unsigned long long flags);

int erase(const char *file, const char *map, uint32_t key);

int attach(unsigned long cmd, const char *file, const char *prog,
	   const char *ifname);

/* Send @n frames out of one interface, to arrive at the other. */
void send_frames(const char *ifname, unsigned int n, uint8_t first);

/* How many of our frames an interface's packet sockets see. */
int receive_socket(const char *ifname);

unsigned int drain(int s);

void up(const char *ifname);

void set_mtu(const char *ifname, int mtu);

void show_kernel_log(void);

/* What a kernel that looks for mistakes has seen of all this, be it a debug
 * kernel or one that has lock debugging alone; @locks: and of locks. */
void test_debug(bool locks);

/* Bits of vouch_debug_taint() that a test brought about. */
extern unsigned int known_taint;

/* Something that a test brought about keeps vouch_target until the VM ends. */
extern bool driver_stays;

/* Each byte of an image changed; in target_flips.c. */
void test_flips(void);

/* What must not be admitted, and why; in target_admission.c. */
void test_admission(void);

/* Maps, after runs of "count"; in target_maps.c. */
void test_maps(void);
void test_hash(void);

/* What code meets; in target_code.c. The second needs /far. */
void test_fault(void);
void test_far(void);

/* Programs on interfaces; in target_net.c. */
void test_xdp(void);
void test_redirect(void);
void test_unplug(void);

/* Requests with anything set that has no meaning; in target_requests.c. */
void test_requests(void);

/* Maps of maps, by several at once; in target_nested.c. */
void test_nested(void);

/* Locks in values; in target_locks.c. */
void test_locks(void);

/* Small maps, written by several at once; in target_writers.c. */
void test_writers(void);

/* Many at once, and nonsense; in target_stress.c. */
void test_stress(void);
void test_noise(void);

/* The agent of the product; in target_agent.c. */
void test_agent(void);

/* What is taken away while it is in use; in target_unload.c. */
void test_unload(void);
void test_reload(void);

/* Each allocation of each request fails once; in target_faults.c. */
void test_faults(void);
void test_some_faults(void);
void test_module_faults(void);

/* The same of kinds of maps, hooks and runs; in target_faults_kinds.c. */
void test_kinds(void);

#endif /* TARGET_CLIENT_H */
