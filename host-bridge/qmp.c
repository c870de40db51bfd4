// SPDX-License-Identifier: BSD-2-Clause
/* QMP, line by line. */

#include <jansson.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "qmp.h"

static int say(struct vouch_qmp *qmp, const char *text)
{
	ssize_t n =
		send(qmp->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);

	return n == (ssize_t)strlen(text) ? 0 : n < 0 ? -errno : -EIO;
}

int vouch_qmp_open(struct vouch_qmp *qmp, int fd)
{
	int err;

	memset(qmp, 0, sizeof(*qmp));
	qmp->fd = fd;
	err = say(qmp, "{\"execute\":\"qmp_capabilities\"}\n");
	if (err)
		vouch_qmp_close(qmp);
	return err;
}

static void take_line(struct vouch_qmp *qmp)
{
	json_t *json = json_loadb(qmp->line, qmp->len, 0, NULL);
	const char *event, *reason;

	event = json_string_value(json_object_get(json, "event"));
	if (event && !strcmp(event, "GUEST_PANICKED"))
		qmp->panicked = true;
	if (event && !strcmp(event, "SHUTDOWN")) {
		reason = json_string_value(json_object_get(
			json_object_get(json, "data"), "reason"));
		snprintf(qmp->reason, sizeof(qmp->reason), "%s",
			 reason ? reason : "");
	}
	json_decref(json);
}

void vouch_qmp_read(struct vouch_qmp *qmp)
{
	char c[512];
	ssize_t i, n;

	while ((n = recv(qmp->fd, c, sizeof(c), MSG_DONTWAIT)) > 0) {
		for (i = 0; i < n; i++) {
			if (c[i] == '\n') {
				take_line(qmp);
				qmp->len = 0;
			} else if (qmp->len < sizeof(qmp->line)) {
				/* The rest of a longer line is dropped. */
				qmp->line[qmp->len++] = c[i];
			}
		}
	}
	if (!n || (errno != EAGAIN && errno != EINTR))
		vouch_qmp_close(qmp);
}

void vouch_qmp_close(struct vouch_qmp *qmp)
{
	if (qmp->fd >= 0)
		close(qmp->fd);
	qmp->fd = -1;
}
