/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What objects have otherwise by the architecture that they are built for. */
#ifndef CORPUS_ARCH_H
#define CORPUS_ARCH_H

#include <linux/ptrace.h>

#include <bpf/bpf_tracing.h>

#ifdef __TARGET_ARCH_arm64
#define SYSCALL(name) "__arm64_sys_" name
#define NR_IOCTL 29
#else
#define SYSCALL(name) "__x64_sys_" name
#define NR_IOCTL 16
#endif

#endif /* CORPUS_ARCH_H */
