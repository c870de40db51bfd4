// SPDX-License-Identifier: BSD-2-Clause
/* From files to a CALL frame's contents, and back. */

#include <stdlib.h>

#include "file.h"
#include "frame.h"
#include "object.h"
#include "run_files.h"

static void *load_file(const char *path, size_t max, size_t *size,
		       struct vouch_failure *failure)
{
	void *data = vouch_file_read(path, max, size);

	if (!data) {
		vouch_fail(failure, -errno, VOUCH_EXIT_USAGE, "reading %s",
			   path);
		vouch_fail_next(failure, "Give a file that can be read.");
	}
	return data;
}

static json_t *option_json(const struct vouch_option *list, u32 n)
{
	json_t *json = json_object();
	u32 i;

	for (i = 0; i < n; i++)
		json_object_set_new(json, list[i].name,
				    json_string(list[i].value));
	return json;
}

static json_t *name_json(const struct vouch_option *list, u32 n)
{
	json_t *json = json_array();
	u32 i;

	for (i = 0; i < n; i++)
		json_array_append_new(json, json_string(list[i].name));
	return json;
}

static json_t *options_json(const struct vouch_options *o)
{
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b}", "set",
		option_json(o->set, o->n_set), "programs",
		name_json(o->programs, o->n_programs), "map_entries",
		option_json(o->map_entries, o->n_map_entries), "map_types",
		option_json(o->map_types, o->n_map_types), "map_key_sizes",
		option_json(o->map_key_sizes, o->n_map_key_sizes),
		"map_value_sizes",
		option_json(o->map_value_sizes, o->n_map_value_sizes),
		"allow_perfmon", o->allow_perfmon, "record", o->record);
}

/* Split @in into lengths and, in place, packets. */
static json_t *split(u8 *in, size_t size, size_t *packet_len)
{
	json_t *lengths = json_array();
	size_t off = 0;

	*packet_len = 0;
	while (off < size) {
		__le32 len;

		if (!vouch_range_ok(off, sizeof(len), size))
			goto broken;
		memcpy(&len, in + off, sizeof(len));
		off += sizeof(len);
		if (!vouch_range_ok(off, le32_to_cpu(len), size))
			goto broken;
		memmove(in + *packet_len, in + off, le32_to_cpu(len));
		*packet_len += le32_to_cpu(len);
		off += le32_to_cpu(len);
		json_array_append_new(lengths, json_integer(le32_to_cpu(len)));
	}
	return lengths;

broken:
	json_decref(lengths);
	return NULL;
}

static json_t *build_call(const struct vouch_run_files *files,
			  const struct vouch_options *options)
{
	json_t *call = files->call ? json_load_file(files->call, 0, NULL)
				   : json_object();

	if (!json_is_object(call)) {
		json_decref(call);
		return NULL;
	}
	json_object_set_new(call, "program", json_string(files->program));
	json_object_set_new(call, "options", options_json(options));
	return call;
}

static int write_packets(const char *path, const json_t *result, const u8 *out,
			 size_t out_len)
{
	json_t *run, *runs = json_object_get(result, "runs");
	size_t i, off = 0, used = 0;
	u8 *buf = malloc(out_len + json_array_size(runs) * sizeof(__le32) + 1);
	int err;

	if (!buf)
		return -ENOMEM;
	json_array_foreach(runs, i, run) {
		u32 len = json_integer_value(json_object_get(run, "data_len"));
		__le32 prefix = cpu_to_le32(len);

		if (!vouch_range_ok(off, len, out_len))
			break;
		memcpy(buf + used, &prefix, sizeof(prefix));
		memcpy(buf + used + sizeof(prefix), out + off, len);
		used += sizeof(prefix) + len;
		off += len;
	}
	err = vouch_file_write(path, buf, used);
	free(buf);
	return err;
}

static json_t *run_blob(const struct vouch_run_files *files, json_t *call,
			const u8 *blob, size_t len,
			struct vouch_failure *failure)
{
	size_t out_len;
	u8 *out;
	json_t *result =
		vouch_run_object(call, blob, len, &out, &out_len, failure);
	int err = 0;

	if (result && files->output)
		err = write_packets(files->output, result, out, out_len);
	if (err) {
		vouch_fail(failure, err, VOUCH_EXIT_INTERNAL, "writing %s",
			   files->output);
		json_decref(result);
		result = NULL;
	}
	free(out);
	return result;
}

json_t *vouch_run_files(const struct vouch_run_files *files,
			const struct vouch_options *options,
			struct vouch_failure *failure)
{
	size_t object_len, in_len = 0, packet_len = 0;
	u8 *object = load_file(files->object, VOUCH_MAX_OBJECT, &object_len,
			       failure);
	u8 *in = object ? load_file(files->packets, VOUCH_FRAME_MAX_BLOB,
				    &in_len, failure)
			: NULL;
	json_t *call = NULL, *lengths = NULL, *result = NULL;
	u8 *blob = NULL;

	if (!in)
		goto out;
	lengths = split(in, in_len, &packet_len);
	call = build_call(files, options);
	blob = realloc(object, object_len + packet_len + 1);
	if (blob)
		object = blob;
	if (!lengths || !call || !blob) {
		vouch_fail(failure, -EINVAL, VOUCH_EXIT_USAGE,
			   "reading the test-run");
		vouch_fail_why(failure, "%s",
			       !lengths ? "the packets' file is broken"
			       : !call	? "the call's file is no JSON object"
					: "out of memory");
		goto out;
	}
	memcpy(blob + object_len, in, packet_len);
	json_object_set(call, "packets", lengths);
	json_object_set_new(call, "object_len", json_integer(object_len));
	result = run_blob(files, call, blob, object_len + packet_len, failure);
out:
	json_decref(lengths);
	json_decref(call);
	free(object);
	free(in);
	return result;
}
