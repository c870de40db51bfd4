// SPDX-License-Identifier: BSD-2-Clause
/* The exchange with the monitor: one command after the other. */

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "loop.h"
#include "replug.h"

#define LINE 65536

struct monitor {
	const struct vouch_vm_config *vm;
	int fd;
	u64 deadline_us;
	bool deleted; /* the device is gone, as an event said */
	char why[256];
	size_t len; /* bytes read */
	char bytes[LINE];
};

static int fail(struct monitor *m, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int fail(struct monitor *m, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(m->why, sizeof(m->why), format, args);
	va_end(args);
	return err;
}

static int dial(struct monitor *m)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", m->vm->qmp);
	m->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (m->fd < 0)
		return fail(m, -errno, "no socket: %s", strerror(errno));
	if (!connect(m->fd, (const struct sockaddr *)&addr, sizeof(addr)))
		return 0;
	if (errno == ENOENT || errno == ECONNREFUSED)
		return -ENOENT;
	return fail(m, -errno, "connecting: %s", strerror(errno));
}

static int read_more(struct monitor *m)
{
	u64 now = vouch_clock_us();
	struct pollfd p = { .fd = m->fd, .events = POLLIN };
	ssize_t n;

	if (now >= m->deadline_us ||
	    poll(&p, 1, (int)((m->deadline_us - now) / 1000) + 1) <= 0)
		return fail(m, -ETIMEDOUT, "no answer in time");
	if (m->len == sizeof(m->bytes))
		return fail(m, -EPROTO, "a line of more than %d bytes", LINE);
	n = recv(m->fd, m->bytes + m->len, sizeof(m->bytes) - m->len, 0);
	if (n <= 0)
		return fail(m, -ECONNRESET, "QEMU has hung up");
	m->len += n;
	return 0;
}

/* The next object that QEMU says. */
static int next(struct monitor *m, json_t **json)
{
	char *end;
	int err;

	while (!(end = memchr(m->bytes, '\n', m->len))) {
		err = read_more(m);
		if (err)
			return err;
	}
	*json = json_loadb(m->bytes, end - m->bytes, 0, NULL);
	m->len -= end + 1 - m->bytes;
	memmove(m->bytes, end + 1, m->len);
	return *json ? 0 : fail(m, -EPROTO, "QEMU says what is no JSON");
}

static const char *text_of(const json_t *json, const char *a, const char *b)
{
	const json_t *inner = json_object_get(json, a);

	return json_string_value(b ? json_object_get(inner, b) : inner);
}

/* An event; only the end of the device matters. */
static void hear(struct monitor *m, const json_t *json)
{
	const char *event = text_of(json, "event", NULL);
	const char *device = text_of(json, "data", "device");

	if (event && !strcmp(event, "DEVICE_DELETED") && device &&
	    !strcmp(device, VOUCH_REPLUG_DEVICE))
		m->deleted = true;
}

/* The answer to the last command; events before it are heard. */
static int answer(struct monitor *m, json_t **result)
{
	json_t *json;
	int err;

	for (;;) {
		err = next(m, &json);
		if (err)
			return err;
		if (json_object_get(json, "return") ||
		    json_object_get(json, "error"))
			break;
		hear(m, json);
		json_decref(json);
	}
	*result = json;
	return 0;
}

/* @arguments is consumed; may be NULL. An error of QEMU is in @result. */
static int ask(struct monitor *m, const char *command, json_t *arguments,
	       json_t **result)
{
	json_t *json = json_pack("{s:s, s:o*}", "execute", command, "arguments",
				 arguments);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	int err = -ENOMEM;

	if (text && (send(m->fd, text, strlen(text), MSG_NOSIGNAL) !=
			     (ssize_t)strlen(text) ||
		     send(m->fd, "\n", 1, MSG_NOSIGNAL) != 1))
		err = fail(m, -EPIPE, "%s: QEMU does not listen", command);
	else if (text)
		err = answer(m, result);
	free(text);
	json_decref(json);
	return err;
}

/* A command whose refusal is a failure. */
static int order(struct monitor *m, const char *command, json_t *arguments)
{
	const char *desc;
	json_t *result;
	int err = ask(m, command, arguments, &result);

	if (err)
		return err;
	desc = text_of(result, "error", "desc");
	if (desc)
		err = fail(m, -EREMOTEIO, "%s: %s", command, desc);
	json_decref(result);
	return err;
}

static int greet(struct monitor *m)
{
	json_t *json;
	int err = next(m, &json);

	if (err)
		return err;
	if (!json_object_get(json, "QMP"))
		err = fail(m, -EPROTO, "it is no QEMU monitor in QMP mode");
	json_decref(json);
	return err ? err : order(m, "qmp_capabilities", NULL);
}

static int unplug(struct monitor *m)
{
	const char *class;
	json_t *json;
	bool there;
	int err = ask(m, "device_del",
		      json_pack("{s:s}", "id", VOUCH_REPLUG_DEVICE), &json);

	if (err)
		return err;
	/* Any other error: it is being unplugged, or there is no hope, which
	 * the time-out finds. */
	class = text_of(json, "error", "class");
	there = !class || strcmp(class, "DeviceNotFound");
	json_decref(json);
	while (!err && there && !m->deleted) {
		err = next(m, &json);
		if (err == -ETIMEDOUT)
			fail(m, err,
			     "the guest does not let go of the device "
			     "'" VOUCH_REPLUG_DEVICE "'");
		if (!err) {
			hear(m, json);
			json_decref(json);
		}
	}
	return err;
}

static int has_chardev(struct monitor *m, bool *has)
{
	const char *label;
	json_t *json, *entry;
	size_t i;
	int err = ask(m, "query-chardev", NULL, &json);

	*has = false;
	if (err)
		return err;
	json_array_foreach(json_object_get(json, "return"), i, entry) {
		label = text_of(entry, "label", NULL);
		if (label && !strcmp(label, VOUCH_REPLUG_CHARDEV))
			*has = true;
	}
	json_decref(json);
	return 0;
}

static int plug(struct monitor *m)
{
	bool has;
	int err = has_chardev(m, &has);

	if (!err && has)
		err = order(m, "chardev-remove",
			    json_pack("{s:s}", "id", VOUCH_REPLUG_CHARDEV));
	if (!err)
		err = order(m, "chardev-add",
			    json_pack("{s:s, s:{s:s, s:{s:{s:s, s:{s:s}}, "
				      "s:b}}}",
				      "id", VOUCH_REPLUG_CHARDEV, "backend",
				      "type", "socket", "data", "addr", "type",
				      "unix", "data", "path", m->vm->vsock,
				      "server", 0));
	if (!err)
		err = order(m, "device_add",
			    json_pack("{s:s, s:s, s:s, s:s}", "driver",
				      "vhost-user-vsock-pci", "id",
				      VOUCH_REPLUG_DEVICE, "chardev",
				      VOUCH_REPLUG_CHARDEV, "bus",
				      VOUCH_REPLUG_BUS));
	return err;
}

int vouch_replug_run(const struct vouch_vm_config *vm, u32 timeout_ms)
{
	static struct monitor m;
	int err;

	memset(&m, 0, sizeof(m));
	m.vm = vm;
	m.deadline_us = vouch_clock_us() + timeout_ms * 1000ull;
	err = dial(&m);
	if (!err)
		err = greet(&m);
	if (!err)
		err = unplug(&m);
	if (!err)
		err = plug(&m);
	if (m.fd >= 0)
		close(m.fd);
	if (err && err != -ENOENT)
		vouch_error("VM '%s': cannot plug its vsock device again over "
			    "%s: %s",
			    vm->name, vm->qmp, m.why);
	return err;
}
