/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest module's device, as calls. */
#ifndef VOUCH_GUEST_H
#define VOUCH_GUEST_H

#include "../vouch_guest_abi.h"

/**
 * vouch_guest_open() - open the device.
 *
 * Return: a descriptor, or the negative error.
 */
int vouch_guest_open(void);

/**
 * vouch_guest_info() - ask the module what it knows of its kernel.
 * @fd: the device
 * @info: filled, and checked to be of this ABI
 *
 * Return: 0, -EPROTO for a module of another ABI, or the negative error.
 */
int vouch_guest_info(int fd, struct vouch_guest_info *info);

/**
 * vouch_guest_arm() - designate a load of this process.
 * @fd: the device
 * @log_buf: where the verifier is to write its log of that load
 * @n_insns: most instructions that it may have
 * @list: replacements of its accesses: entries of a list without its head
 * @list_size: bytes of them; 0: none
 *
 * Return: 0 or the negative error.
 */
int vouch_guest_arm(int fd, const void *log_buf, u32 n_insns, const void *list,
		    size_t list_size);

/**
 * vouch_guest_disarm() - end all designations.
 * @fd: the device, or negative for none
 */
void vouch_guest_disarm(int fd);

/**
 * vouch_guest_origins() - where a loaded program's accesses were before
 * verification.
 * @fd: the device
 * @log_buf: as armed
 * @origins: set to them on success; free() it
 * @n: set to their number on success
 * @why: says what is wrong, on error
 * @size: its length in bytes
 *
 * Return: 0 or the negative error.
 */
int vouch_guest_origins(int fd, const void *log_buf,
			struct vouch_guest_origin **origins, u32 *n, char *why,
			size_t size);

/**
 * vouch_guest_map() - ask what the kernel knows of a map.
 * @fd: the device
 * @map_fd: the map
 * @map: filled
 *
 * Return: 0 or the negative error.
 */
int vouch_guest_map(int fd, int map_fd, struct vouch_guest_map *map);

/* Records of one program. */
struct vouch_guest_records {
	u8 *buf; /* free() it */
	size_t len;
	u32 n;
	char why[96]; /* on error */
};

/**
 * vouch_guest_take() - take a loaded program.
 * @fd: the device
 * @log_buf: as armed
 * @prog_fd: the program
 * @prog_type: its enum bpf_prog_type
 * @map_ids: ids of the object's maps, in the object's order
 * @n_maps: their number
 * @records: filled on success; on error @records->why says what is wrong
 *
 * Return: 0 or the negative error.
 */
int vouch_guest_take(int fd, const void *log_buf, int prog_fd, u32 prog_type,
		     const u32 *map_ids, u32 n_maps,
		     struct vouch_guest_records *records);

#endif /* VOUCH_GUEST_H */
