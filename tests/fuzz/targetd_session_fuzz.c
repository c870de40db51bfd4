// SPDX-License-Identifier: BSD-2-Clause
/*
 * The target's agent between a vouchd that asks anything and a kernel module
 * that fails anywhere.
 *
 * The first line of an input says how each ioctl in turn ends: '.' well, 'L'
 * with sizes that are wrong, a digit with one of some errors. The next lines
 * are what vouchd sends, as in script.h; with a capital an image goes along
 * with a DELIVER, 64 bytes with anything else.
 *
 * Parser: target-driver/agent/session.c target-driver/agent/call.c
 * Parser: target-driver/agent/call_image.c target-driver/agent/call_map.c
 * Parser: target-driver/agent/call_run.c target-driver/agent/args.c
 * Parser: target-driver/agent/map.c target-driver/agent/find.c
 * Parser: target-driver/agent/deliver.c target-driver/agent/attach.c
 * Parser: target-driver/agent/call_records.c target-driver/agent/section.c
 */

#include "base.h"
#include "quiet.h"
#include "script.h"

#include <fcntl.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <time.h>

#include "../../common/dial.h"
#include "../../common/image.h"
#include "../../target-driver/agent/module.h"
#include "../../target-driver/agent/session.h"
#include "../../target-driver/agent/store.h"

#define MAX_IMAGES 4
#define LOADED_0 "vouch_0123456789abcdef"
#define LOADED_1 "vouch_fedcba9876543210"

static struct fuzz_input in;
static jmp_buf back;
static int far_end = -1, file_fd = -1;
static u8 *image;
static size_t image_len;
static struct vouch_image parsed; /* of .image */

/* ---- the kernel module ---- */

static struct {
	char names[MAX_IMAGES][VOUCH_TARGET_IMAGE_LEN];
	u32 n_images, n_attached, n_calls;
	char *ends; /* how calls end */
} device;

static const struct vouch_target_map_info maps[] = {
	{ .name = "counters",
	  .type = BPF_MAP_TYPE_ARRAY,
	  .key_size = 4,
	  .value_size = 8,
	  .max_entries = 3,
	  .value_io = 8,
	  .n_images = 1 },
	{ .name = "percpu",
	  .type = BPF_MAP_TYPE_PERCPU_HASH,
	  .key_size = 4,
	  .value_size = 4,
	  .max_entries = 2,
	  .value_io = 16,
	  .n_images = 2 },
	{ .name = "long",
	  .type = BPF_MAP_TYPE_HASH,
	  .key_size = 1,
	  .value_size = 1 << 20,
	  .max_entries = 9,
	  .value_io = 1 << 20,
	  .n_images = 1 },
	{ .name = "too-large",
	  .type = BPF_MAP_TYPE_HASH,
	  .key_size = 4,
	  .value_size = 2 << 20,
	  .max_entries = 1,
	  .value_io = 2 << 20,
	  .n_images = 1 },
};

static int image_info(struct vouch_target_image_info *it)
{
	u32 i = it->index;

	if (i >= device.n_images)
		return -ENOENT;
	memcpy(it->name, device.names[i], sizeof(it->name));
	snprintf(it->slot, sizeof(it->slot), i ? "unsigned" : "edge0");
	memset(it->content, (int)i, sizeof(it->content));
	if (!strcmp(it->name, parsed.name))
		memcpy(it->content, parsed.req.req->content,
		       sizeof(it->content));
	it->sequence = 1;
	return 0;
}

static int program_info(struct vouch_target_prog_info *it)
{
	u32 n = strcmp(it->image, LOADED_0) ? 1 : 2;

	if (it->index >= n)
		return -ENOENT;
	snprintf(it->name, sizeof(it->name), "prog%u", it->index);
	snprintf(it->section, sizeof(it->section), "%s",
		 it->index ? "xdp" : "tp/sched/sched_switch");
	return 0;
}

static int map_info(struct vouch_target_map_info *it)
{
	u32 i = it->index;
	char name[VOUCH_TARGET_IMAGE_LEN];

	if (i >= sizeof(maps) / sizeof(*maps) ||
	    (i == 0 && !strcmp(it->image, LOADED_1)))
		return -ENOENT;
	memcpy(name, it->image, sizeof(name));
	*it = maps[i];
	memcpy(it->image, name, sizeof(name));
	it->index = i;
	return 0;
}

static int attach_info(struct vouch_target_attach_info *it)
{
	if (it->index >= device.n_attached)
		return -ENOENT;
	strcpy(it->image, LOADED_0);
	strcpy(it->prog, "prog0");
	strcpy(it->hook, "xdp:eth0");
	return 0;
}

static int next_key(const struct vouch_target_map_op *op)
{
	u8 *next = (u8 *)(uintptr_t)op->next_key;
	const u8 *key = (const u8 *)(uintptr_t)op->key;

	memset(next, 0, op->key_len);
	if (!op->key_len || (key && *key == 8))
		return -ENOENT;
	*next = key ? *key + 1 : 0;
	return 0;
}

static int test_run(struct vouch_target_test_run *run, bool lie)
{
	u32 room = run->data_size_out;

	run->data_size_out = run->data_size_in;
	memset((void *)(uintptr_t)run->data_out, 0, run->data_size_in);
	if (run->ctx_out)
		run->ctx_size_out = run->ctx_size_in;
	if (lie)
		run->data_size_out = room + 1;
	return 0;
}

/* One record; or one that reaches beyond what is said to be there. */
static int records(struct vouch_target_records *r, bool lie)
{
	struct vouch_target_record one = { .len = 30, .cpu = 1, .time = 5 };
	u8 *data = (u8 *)(uintptr_t)r->data;

	if (r->data_len < sizeof(one) + 32)
		return -EINVAL;
	memset(data, 'a', sizeof(one) + 32);
	if (lie)
		one.len = 0xfffffff8;
	memcpy(data, &one, sizeof(one));
	r->data_len = sizeof(one) + 32;
	r->n = 1;
	return 0;
}

static int serve(unsigned long request, void *arg, bool lie)
{
	const struct vouch_target_map_op *op = arg;
	struct vouch_target_admit *admit = arg;

	switch (request) {
	case VOUCH_TARGET_ADMIT:
		memcpy(admit->name, parsed.name, VOUCH_IMAGE_NAME_LEN + 1);
		return 0;
	case VOUCH_TARGET_IMAGE_INFO:
		return image_info(arg);
	case VOUCH_TARGET_PROG_INFO:
		return program_info(arg);
	case VOUCH_TARGET_MAP_INFO:
		return map_info(arg);
	case VOUCH_TARGET_ATTACH_INFO:
		return attach_info(arg);
	case VOUCH_TARGET_ATTACH:
		device.n_attached = 1;
		return 0;
	case VOUCH_TARGET_DETACH:
		device.n_attached = 0;
		return 0;
	case VOUCH_TARGET_MAP_LOOKUP:
		memset((void *)(uintptr_t)op->value, 0xa5, op->value_len);
		return 0;
	case VOUCH_TARGET_MAP_UPDATE:
		fuzz_touch((void *)(uintptr_t)op->value, op->value_len);
		fuzz_touch((void *)(uintptr_t)op->key, op->key_len);
		return 0;
	case VOUCH_TARGET_MAP_NEXT_KEY:
		return next_key(op);
	case VOUCH_TARGET_TEST_RUN:
		return test_run(arg, lie);
	case VOUCH_TARGET_RECORDS:
		return records(arg, lie);
	default:
		return 0;
	}
}

int ioctl(int fd, unsigned long request, ...)
{
	static const int errors[] = { ENOENT, EPERM, EEXIST, EBADMSG, ENOMEM,
				      EINTR,  EBUSY, EINVAL, ENODEV,  ENOSPC };
	size_t len = strlen(device.ends);
	char end = len ? device.ends[device.n_calls++ % len] : '.';
	va_list ap;
	void *arg;
	int err;

	(void)fd;
	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	/* What lists things ends some time. */
	err = device.n_calls > 20000	 ? ENOENT
	      : end >= '0' && end <= '9' ? errors[end - '0']
					 : -serve(request, arg, end == 'L');
	errno = err;
	return err ? -1 : 0;
}

/* ---- the rest of the target ---- */

int vouch_module_load(int fd, const char *name, struct vouch_failure *f)
{
	(void)fd;
	if (device.n_images == MAX_IMAGES || strlen(name) > 22)
		return vouch_fail(f, -EBUSY, VOUCH_EXIT_REFUSED, "load");
	strcpy(device.names[device.n_images++], name);
	return 0;
}

int vouch_module_unload(const char *name, struct vouch_failure *f)
{
	u32 i;

	for (i = 0; i < device.n_images; i++)
		if (!strcmp(device.names[i], name))
			break;
	if (i == device.n_images)
		return vouch_fail(f, -ENOENT, VOUCH_EXIT_REFUSED, "unload");
	memmove(device.names[i], device.names[i + 1],
		(MAX_IMAGES - 1 - i) * sizeof(device.names[0]));
	device.n_images--;
	return 0;
}

int vouch_module_refs(const char *name)
{
	return (int)strlen(name) % 3 - 1;
}

void vouch_store_path(char *path, const char *dir, const char *name)
{
	(void)dir;
	(void)name;
	snprintf(path, VOUCH_STORE_PATH_LEN, "/proc/self/fd/%d", file_fd);
}

int vouch_store_write(const char *dir, const char *name, const void *data,
		      size_t len, struct vouch_failure *f)
{
	(void)dir;
	(void)name;
	(void)f;
	fuzz_touch(data, len);
	return 0;
}

void vouch_store_remove(const char *dir, const char *name)
{
	(void)dir;
	(void)name;
}

int rename(const char *old, const char *new)
{
	(void)old;
	(void)new;
	return 0;
}

int nanosleep(const struct timespec *time, struct timespec *remaining)
{
	(void)time;
	(void)remaining;
	return 0;
}

/* ---- vouchd ---- */

static void send_script(int fd)
{
	static const u8 blob[64];
	u32 id = 1;

	while (in.left) {
		struct fuzz_frame f;

		fuzz_script(&in, &f);
		if (f.type == VOUCH_FRAME_DELIVER)
			fuzz_put_frame(fd, &f, id++, image, image_len);
		else
			fuzz_put_frame(fd, &f, id++, blob, sizeof(blob));
		free(f.line);
	}
	shutdown(fd, SHUT_WR);
}

int vouch_dial(const struct vouch_endpoint *ep, int timeout_ms,
	       const char **why)
{
	int fds[2];

	(void)ep;
	(void)timeout_ms;
	*why = "none";
	if (far_end >= 0 || fuzz_pair(fds))
		longjmp(back, 1);
	far_end = fds[1];
	send_script(far_end);
	return fds[0];
}

/* An image with what looks like a signature; the module would know better. */
static void make_image(void)
{
	const struct fuzz_base *base = fuzz_base();
	struct vouch_module_signature sig = { .id_type = 2,
					      .sig_len = { 0, 0, 0, 16 } };
	size_t marker = sizeof(VOUCH_MODULE_SIG_STRING) - 1;
	const char *why;
	u8 *p;

	if (image)
		return;
	image_len = base->image_len + 16 + sizeof(sig) + marker;
	image = calloc(1, image_len);
	memcpy(image, base->image, base->image_len);
	p = image + base->image_len + 16;
	memcpy(p, &sig, sizeof(sig));
	memcpy(p + sizeof(sig), VOUCH_MODULE_SIG_STRING, marker);
	fuzz_require(!vouch_image_parse(image, base->image_len, &parsed, &why));
	file_fd = memfd_create("image", MFD_CLOEXEC);
	fuzz_require(write(file_fd, image, image_len) == (ssize_t)image_len);
}

static void reset_device(void)
{
	size_t len;

	memset(&device, 0, sizeof(device));
	strcpy(device.names[0], LOADED_0);
	strcpy(device.names[1], LOADED_1);
	device.n_images = 2;
	device.n_attached = 1;
	device.ends = fuzz_line(&in, &len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct vouch_agent agent = { .state = "/fuzz", .device = 99 };
	const struct vouch_endpoint ep = { .kind = VOUCH_ENDPOINT_UNIX };

	if (len > 65536)
		return 0;
	fuzz_quiet();
	make_image();
	in = (struct fuzz_input){ data, len };
	reset_device();
	if (!setjmp(back))
		vouch_session_run(&agent, &ep, "unix:/fuzz");
	close(far_end);
	far_end = -1;
	free(device.ends);
	return 0;
}
