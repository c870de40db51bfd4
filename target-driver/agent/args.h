/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arguments of a request: each member is checked for type and bounds here,
 * before anything uses it.
 */
#ifndef VOUCH_AGENT_ARGS_H
#define VOUCH_AGENT_ARGS_H

#include "failure.h"

#define VOUCH_ARG_MAX_PACKETS 65536u
#define VOUCH_ARG_MAX_PRESETS 4096u
#define VOUCH_ARG_MAX_CTX 8192u
#define VOUCH_ARG_MAX_REPEAT 1000000u

/**
 * vouch_arg_name() - a name.
 * @args: the request
 * @key: member
 * @size: bytes that the name may occupy with its NUL
 * @required: whether it must be there; else null and absent are alike
 * @name: set to the text, owned by @args, or to NULL
 * @f: filled on error
 *
 * Return: 0 or -EINVAL.
 */
int vouch_arg_name(const json_t *args, const char *key, size_t size,
		   bool required, const char **name, struct vouch_failure *f);

/**
 * vouch_arg_map() - which map a request is about.
 * @args: the request; members "image", which may be left out, and "map"
 * @image: set to a text, or to NULL, for vouch_find_map()
 * @map: set to a text
 * @f: filled on error
 *
 * Both are owned by @args.
 *
 * Return: 0 or -EINVAL.
 */
int vouch_arg_map(const json_t *args, const char **image, const char **map,
		  struct vouch_failure *f);

/**
 * vouch_arg_number() - a number.
 * @args: the request
 * @key: member
 * @max: greatest value
 * @number: holds the default, for null and absent; set to the number
 * @f: filled on error
 *
 * Return: 0 or -EINVAL.
 */
int vouch_arg_number(const json_t *args, const char *key, u64 max, u64 *number,
		     struct vouch_failure *f);

/**
 * vouch_arg_bytes() - binary data of a known length, in hexadecimal.
 * @args: an object
 * @key: member; it must be there
 * @len: bytes that there must be
 * @out: filled, @len bytes
 * @f: filled on error
 *
 * Return: 0 or -EINVAL.
 */
int vouch_arg_bytes(const json_t *args, const char *key, size_t len, u8 *out,
		    struct vouch_failure *f);

/**
 * vouch_arg_list() - a list.
 * @args: the request
 * @key: member
 * @max: most elements
 * @list: set to the list, owned by @args, or to NULL for null and absent
 * @f: filled on error
 *
 * Return: 0 or -EINVAL.
 */
int vouch_arg_list(const json_t *args, const char *key, size_t max,
		   const json_t **list, struct vouch_failure *f);

/**
 * vouch_arg_packets() - the lengths of the packets in a blob.
 * @args: the request; member "packets"
 * @blob_len: bytes of the blob
 * @packets: set to the list, owned by @args: lengths from 0 that add up to
 *	@blob_len
 * @f: filled on error
 *
 * Return: 0 or -EINVAL.
 */
int vouch_arg_packets(const json_t *args, u32 blob_len, const json_t **packets,
		      struct vouch_failure *f);

/**
 * vouch_arg_program() - the program that a packet is for.
 * @args: the request; "program" is the name for all packets, a list with a
 *	name for each, or left out
 * @packet: which packet
 * @name: set to the text, owned by @args, or to NULL if it is left out
 * @f: filled on error
 *
 * Return: 0 or -EINVAL.
 */
int vouch_arg_program(const json_t *args, size_t packet, const char **name,
		      struct vouch_failure *f);

/**
 * vouch_arg_ctx() - the context that goes with a packet.
 * @args: the request; member "ctx": a text, for every packet, or a list with
 *	a text or null for each
 * @packet: the packet's index
 * @out: filled, VOUCH_ARG_MAX_CTX bytes
 * @len: set to how many of them there are; 0: no context
 * @f: filled on error
 *
 * Return: 0 or -EINVAL.
 */
int vouch_arg_ctx(const json_t *args, size_t packet, u8 *out, u32 *len,
		  struct vouch_failure *f);

/**
 * vouch_arg_hook() - can that be a hook? The driver decides.
 * @hook: text of the hook, as in "xdp:eth0"
 * @f: filled on error
 *
 * Return: 0 or -EINVAL.
 */
int vouch_arg_hook(const char *hook, struct vouch_failure *f);

#endif /* VOUCH_AGENT_ARGS_H */
