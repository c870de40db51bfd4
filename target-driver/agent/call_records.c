// SPDX-License-Identifier: BSD-2-Clause
/* The methods map.records and printed: what programs have for user space. */

#include "call.h"

#include <stdlib.h>

#include "args.h"
#include "find.h"
#include "hex.h"

/* Such that JSON of any number of records in it fits a frame. */
#define ROOM (512u << 10)

static json_t *record_json(const struct vouch_target_record *r, const u8 *data)
{
	if (r->cpu == VOUCH_TARGET_NO_CPU)
		return json_pack("{s:o}", "data", vouch_hex_json(data, r->len));
	return json_pack("{s:I, s:I, s:o}", "cpu", (json_int_t)r->cpu,
			 "time_ns", (json_int_t)r->time, "data",
			 vouch_hex_json(data, r->len));
}

/* What a task calls itself, and what a program prints, is anything. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if (*text != '\n' && (*text < ' ' || *text > '~'))
			*text = '?';
}

static json_t *line_json(const struct vouch_target_record *r, const u8 *data)
{
	struct vouch_target_line line;
	char comm[sizeof(line.comm) + 1] = "";
	char *text;
	json_t *json;

	if (r->len < sizeof(line))
		return NULL;
	memcpy(&line, data, sizeof(line));
	memcpy(comm, line.comm, sizeof(line.comm));
	make_printable(comm);
	text = strndup((const char *)data + sizeof(line),
		       r->len - sizeof(line));
	if (!text)
		return NULL;
	make_printable(text);
	json = json_pack("{s:I, s:I, s:I, s:s, s:s}", "cpu",
			 (json_int_t)line.cpu, "time_ns", (json_int_t)r->time,
			 "pid", (json_int_t)line.pid, "comm", comm, "text",
			 text);
	free(text);
	return json;
}

/* What the driver filled a buffer with; NULL if that is not sound. */
static json_t *records_json(const u8 *data, u32 len,
			    json_t *(*each)(const struct vouch_target_record *r,
					    const u8 *data))
{
	json_t *list = json_array();
	u32 at = 0;

	while (at < len) {
		struct vouch_target_record r;
		u64 next;

		if (len - at < sizeof(r))
			break;
		memcpy(&r, data + at, sizeof(r));
		next = at + sizeof(r) + ((r.len + 7ull) & ~7ull);
		if (next > len)
			break;
		if (json_array_append_new(list,
					  each(&r, data + at + sizeof(r))))
			break;
		at = (u32)next;
	}
	if (at == len)
		return list;
	json_decref(list);
	return NULL;
}

/* @f says what is being tried. */
static int take(int device, struct vouch_target_records *r, bool lines,
		struct vouch_reply *reply, struct vouch_failure *f)
{
	u8 *data = malloc(ROOM);
	json_t *list;
	int err;

	if (!data)
		return f->err;
	r->data = (uintptr_t)data;
	r->data_len = ROOM;
	err = vouch_device_call(device, VOUCH_TARGET_RECORDS, r, r->reason, f);
	if (!err) {
		list = r->data_len > ROOM
			       ? NULL
			       : records_json(data, r->data_len,
					      lines ? line_json : record_json);
		reply->json = json_pack(
			"{s:o, s:I, s:b}", lines ? "lines" : "records", list,
			"lost", (json_int_t)r->lost, "more", !!r->more);
		if (!reply->json) {
			f->err = -EPROTO;
			err = vouch_fail_why(f, "the driver's answer makes no "
						"sense");
		}
	}
	free(data);
	return err;
}

int vouch_call_map_records(struct vouch_agent *agent,
			   const struct vouch_message *msg,
			   struct vouch_reply *reply, struct vouch_failure *f)
{
	struct vouch_target_records r = { 0 };
	struct vouch_target_map_info info;
	const char *image, *name;
	int err = vouch_arg_map(msg->json, &image, &name, f);

	if (!err)
		err = vouch_find_map(agent->device, image, name, &info, f);
	if (err)
		return err;
	memcpy(r.image, info.image, sizeof(r.image));
	memcpy(r.map, info.name, sizeof(r.map));
	vouch_fail(f, -ENOMEM, VOUCH_EXIT_REFUSED,
		   "take records from the map %s of %s", r.map, r.image);
	vouch_fail_next(f, "see \"vouch target map list\" for maps of type "
			   "ringbuf or perf_event_array");
	return take(agent->device, &r, false, reply, f);
}

int vouch_call_printed(struct vouch_agent *agent,
		       const struct vouch_message *msg,
		       struct vouch_reply *reply, struct vouch_failure *f)
{
	struct vouch_target_records r = { 0 };

	(void)msg;
	vouch_fail(f, -ENOMEM, VOUCH_EXIT_REFUSED,
		   "take the lines that programs printed");
	return take(agent->device, &r, true, reply, f);
}
