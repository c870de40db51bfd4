/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Maps of CPUs (cpumap), with the meaning of kernel/bpf/cpumap.c: a frame that
 * is redirected to an entry goes up the network stack on that CPU. An entry
 * has a queue of its own, and drops what finds it full.
 */
#ifndef VOUCH_CPUMAP_H
#define VOUCH_CPUMAP_H

#include "maps/map.h"

struct xdp_buff;

/**
 * vouch_cpumap_has() - is there an entry for a CPU?
 * @map: the map
 * @cpu: its number
 *
 * Return: true if there is.
 */
bool vouch_cpumap_has(struct vouch_map *map, u32 cpu);

/**
 * vouch_cpumap_send() - have a copy of a frame go up the stack on a CPU.
 * @map: the map
 * @cpu: its number
 * @xdp: the frame; stays the caller's
 *
 * Return: true if it was copied and queued.
 */
bool vouch_cpumap_send(struct vouch_map *map, u32 cpu, struct xdp_buff *xdp);

#endif /* VOUCH_CPUMAP_H */
