// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* From an endpoint to a connected stream socket. */

#include "dial.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

/* A vsock socket's, where the kernel's own default is 256 KiB. With four times
 * that it sends by far fewer packets about credit than data. */
#define VSOCK_BUFFER (1u << 20)

union address {
	struct sockaddr any;
	struct sockaddr_un un;
	struct sockaddr_vm vm;
};

static socklen_t fill_address(const struct vouch_endpoint *ep,
			      union address *addr)
{
	memset(addr, 0, sizeof(*addr));
	if (ep->kind == VOUCH_ENDPOINT_VSOCK) {
		addr->vm.svm_family = AF_VSOCK;
		addr->vm.svm_cid = ep->cid;
		addr->vm.svm_port = ep->port;
		return sizeof(addr->vm);
	}
	_Static_assert(sizeof(ep->path) <= sizeof(addr->un.sun_path),
		       "a path fits an address");
	addr->un.sun_family = AF_UNIX;
	memcpy(addr->un.sun_path, ep->path, sizeof(ep->path));
	return sizeof(addr->un);
}

static int await_connection(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int err = 0, n;
	socklen_t len = sizeof(err);

	do {
		n = poll(&p, 1, timeout_ms);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (!n)
		return -ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len))
		return -errno;
	return -err;
}

/* How much is under way of a long message, each way. */
static int set_buffer(int fd)
{
	const u64 size = VSOCK_BUFFER;

	if (setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_BUFFER_MAX_SIZE, &size,
		       sizeof(size)) ||
	    setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_BUFFER_SIZE, &size,
		       sizeof(size)))
		return -errno;
	return 0;
}

static int connect_vsock(int fd, const union address *addr, socklen_t len,
			 int timeout_ms)
{
	int flags = fcntl(fd, F_GETFL), err = set_buffer(fd);

	if (err)
		return err;
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK))
		return -errno;
	if (connect(fd, &addr->any, len))
		err = -errno;
	if (err == -EINPROGRESS || err == -EINTR)
		err = await_connection(fd, timeout_ms);
	if (!err && fcntl(fd, F_SETFL, flags))
		err = -errno;
	return err;
}

/* Without blocking there would be no way to await room in a full backlog. */
static int connect_unix(int fd, const union address *addr, socklen_t len,
			int timeout_ms)
{
	static const struct timeval forever;
	const struct timeval timeout = {
		.tv_sec = timeout_ms / 1000,
		.tv_usec = timeout_ms % 1000 * 1000L,
	};

	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout,
		       sizeof(timeout)) ||
	    connect(fd, &addr->any, len) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &forever, sizeof(forever)))
		return -errno;
	return 0;
}

static const char *remedy(int err, enum vouch_endpoint_kind kind)
{
	if (err == -EACCES || err == -EPERM)
		return "ask for access to the socket";
	if (err == -EAFNOSUPPORT || err == -EADDRNOTAVAIL || err == -ENODEV)
		return "load the kernel's vsock transport, or use unix:/path";
	if (err == -ETIMEDOUT || err == -EAGAIN)
		return "see whether vouchd is busy or hangs, then try again";
	if (kind == VOUCH_ENDPOINT_UNIX)
		return "start vouchd, or name its socket with --endpoint";
	return "start vouchd, and see that it gave this VM its role";
}

int vouch_dial(const struct vouch_endpoint *ep, int timeout_ms,
	       const char **why)
{
	union address addr;
	int fd, err;
	socklen_t len;

	if (ep->kind != VOUCH_ENDPOINT_VSOCK &&
	    ep->kind != VOUCH_ENDPOINT_UNIX) {
		*why = "use vsock://CID:PORT or unix:/path";
		return -EPROTONOSUPPORT;
	}
	len = fill_address(ep, &addr);
	fd = socket(addr.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		err = -errno;
	else if (ep->kind == VOUCH_ENDPOINT_VSOCK)
		err = connect_vsock(fd, &addr, len, timeout_ms);
	else
		err = connect_unix(fd, &addr, len, timeout_ms);
	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	*why = remedy(err, ep->kind);
	return err;
}
