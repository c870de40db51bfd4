// SPDX-License-Identifier: BSD-2-Clause
/*
 * A QEMU that says on its monitor whatever it likes. If the first byte of an
 * input is odd, to who plugs the vsock device again; else to who waits for the
 * VM's end, and the byte says how much of the rest comes at a time.
 *
 * Parser: host-bridge/qmp.c host-bridge/replug.c
 */

#include "fuzz.h"

#include <sys/socket.h>

#include "log.h"
#include "qmp.h"
#include "replug.h"

static struct fuzz_input said;
static int monitor; /* QEMU's end */

void vouch_log(int level, const char *format, ...)
{
	(void)level;
	fuzz_require(format[0]);
}

/* QEMU says all that it will ever say at once. */
int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	const int room = 1 << 20;
	int fds[2];

	(void)addr;
	(void)len;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) ||
	    dup2(fds[0], fd) < 0)
		abort();
	close(fds[0]);
	monitor = fds[1];
	setsockopt(monitor, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (send(monitor, said.pos, said.left, MSG_DONTWAIT) !=
	    (ssize_t)said.left)
		abort();
	shutdown(monitor, SHUT_WR);
	return 0;
}

static void plug_again(void)
{
	static const struct vouch_vm_config vm = {
		.name = "fuzz",
		.qmp = "/fuzz",
		.vsock = "/fuzz.sock",
	};

	fuzz_require(vouch_replug_run(&vm, 100000) <= 0);
	close(monitor);
}

static void await_end(size_t step)
{
	struct vouch_qmp qmp;
	char asked[64];
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		abort();
	fuzz_require(!vouch_qmp_open(&qmp, fds[0]));
	fuzz_require(recv(fds[1], asked, sizeof(asked), MSG_DONTWAIT) > 0);
	while (said.left) {
		size_t got;
		const u8 *p = fuzz_bytes(&said, step, &got);

		fuzz_require(write(fds[1], p, got) == (ssize_t)got);
		vouch_qmp_read(&qmp);
		fuzz_require(qmp.fd >= 0 && qmp.len <= sizeof(qmp.line));
		fuzz_require(memchr(qmp.reason, 0, sizeof(qmp.reason)));
	}
	close(fds[1]);
	vouch_qmp_read(&qmp);
	fuzz_require(qmp.fd < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	u8 how;

	if (len > 65536)
		return 0;
	said = (struct fuzz_input){ data, len };
	how = fuzz_u8(&said);
	if (how & 1)
		plug_again();
	else
		await_end(1 + 16ul * how);
	return 0;
}
