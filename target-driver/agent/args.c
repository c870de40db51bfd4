// SPDX-License-Identifier: BSD-2-Clause
/* Arguments of a request, checked before use. */

#include "args.h"

#include "device.h"
#include "hex.h"
#include "section.h"

static int wrong(struct vouch_failure *f, const char *key, const char *why)
{
	vouch_fail(f, -EINVAL, VOUCH_EXIT_USAGE, "read the argument \"%s\"",
		   key);
	vouch_fail_why(f, "%s", why);
	return vouch_fail_next(f, "send it as docs/protocol.md says");
}

static const json_t *member(const json_t *args, const char *key)
{
	const json_t *value = json_object_get(args, key);

	return json_is_null(value) ? NULL : value;
}

/* Like vouch_name_ok(), for a text that ends where it ends. */
static bool name_ok(const char *s, size_t len, size_t size)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (s[i] <= ' ' || s[i] >= 0x7f || strchr("\"\\/", s[i]))
			return false;
	return len > 0 && len < size;
}

static int read_name(const json_t *value, const char *key, size_t size,
		     const char **name, struct vouch_failure *f)
{
	if (!json_is_string(value))
		return wrong(f, key, "it is not a text");
	if (!name_ok(json_string_value(value), json_string_length(value), size))
		return wrong(f, key, "it is not a name, or is too long");
	*name = json_string_value(value);
	return 0;
}

int vouch_arg_name(const json_t *args, const char *key, size_t size,
		   bool required, const char **name, struct vouch_failure *f)
{
	const json_t *value = member(args, key);

	*name = NULL;
	if (!value)
		return required ? wrong(f, key, "it is missing") : 0;
	return read_name(value, key, size, name, f);
}

int vouch_arg_program(const json_t *args, size_t packet, const char **name,
		      struct vouch_failure *f)
{
	const json_t *value = member(args, "program");

	*name = NULL;
	if (json_is_array(value))
		value = json_array_get(value, packet);
	else if (!value)
		return 0;
	return read_name(value, "program", VOUCH_TARGET_NAME_LEN, name, f);
}

int vouch_arg_map(const json_t *args, const char **image, const char **map,
		  struct vouch_failure *f)
{
	int err = vouch_arg_name(args, "map", VOUCH_TARGET_NAME_LEN, true, map,
				 f);

	return err ? err
		   : vouch_arg_name(args, "image", 2 * VOUCH_HASH_LEN + 1,
				    false, image, f);
}

int vouch_arg_number(const json_t *args, const char *key, u64 max, u64 *number,
		     struct vouch_failure *f)
{
	const json_t *value = member(args, key);
	json_int_t n = json_integer_value(value);

	if (!value)
		return 0;
	if (!json_is_integer(value))
		return wrong(f, key, "it is not a whole number");
	if (n < 0 || (u64)n > max)
		return wrong(f, key, "the number is out of range");
	*number = (u64)n;
	return 0;
}

int vouch_arg_bytes(const json_t *args, const char *key, size_t len, u8 *out,
		    struct vouch_failure *f)
{
	const char *hex = json_string_value(member(args, key));

	if (!hex)
		return wrong(f, key, "it is missing, or not a text");
	if (vouch_hex_read(hex, out, len)) {
		wrong(f, key, "");
		return vouch_fail_why(f,
				      "it is not %zu bytes in lower-case "
				      "hexadecimal",
				      len);
	}
	return 0;
}

int vouch_arg_ctx(const json_t *args, size_t packet, u8 *out, u32 *len,
		  struct vouch_failure *f)
{
	const json_t *ctx = member(args, "ctx");
	const char *hex;

	*len = 0;
	if (json_is_array(ctx))
		ctx = json_array_get(ctx, packet);
	if (!ctx || json_is_null(ctx))
		return 0;
	hex = json_string_value(ctx);
	if (!hex || !*hex || strlen(hex) > 2ul * VOUCH_ARG_MAX_CTX ||
	    vouch_hex_read(hex, out, strlen(hex) / 2)) {
		wrong(f, "ctx", "");
		return vouch_fail_why(
			f, "it is not 1 to %u bytes in lower-case hexadecimal",
			VOUCH_ARG_MAX_CTX);
	}
	*len = (u32)(strlen(hex) / 2);
	return 0;
}

int vouch_arg_list(const json_t *args, const char *key, size_t max,
		   const json_t **list, struct vouch_failure *f)
{
	*list = member(args, key);
	if (!*list)
		return 0;
	if (!json_is_array(*list))
		return wrong(f, key, "it is not a list");
	if (json_array_size(*list) > max)
		return wrong(f, key, "the list is too long");
	return 0;
}

int vouch_arg_packets(const json_t *args, u32 blob_len, const json_t **packets,
		      struct vouch_failure *f)
{
	const json_t *packet;
	size_t i;
	u64 sum = 0;
	int err = vouch_arg_list(args, "packets", VOUCH_ARG_MAX_PACKETS,
				 packets, f);

	if (err)
		return err;
	if (!*packets || !json_array_size(*packets))
		return wrong(f, "packets", "there is no packet");
	json_array_foreach(*packets, i, packet) {
		json_int_t n = json_integer_value(packet);

		if (!json_is_integer(packet) || n < 0 || n > blob_len)
			return wrong(f, "packets",
				     "a length is not between 0 "
				     "and the blob's");
		sum += (u64)n;
	}
	if (sum != blob_len)
		return wrong(f, "packets",
			     "the lengths do not add up to the "
			     "blob's");
	return 0;
}

int vouch_arg_hook(const char *hook, struct vouch_failure *f)
{
	const char *colon = strchr(hook, ':');

	if (!strcmp(hook, VOUCH_HOOK_SECTION))
		return 0;
	if (!colon || colon == hook || !colon[1])
		return wrong(f, "hook",
			     "the hook is not KIND:PLACE, as in "
			     "xdp:eth0");
	if (!name_ok(hook, strlen(hook), VOUCH_TARGET_HOOK_LEN))
		return wrong(f, "hook", "that is no text of a hook");
	return 0;
}
