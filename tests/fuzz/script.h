/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A peer that follows a script: lines of an input, one for each frame. A line
 * begins with a letter for the frame's type ('a' plus the type), a capital if
 * a blob goes with it; the frame's JSON follows.
 */
#ifndef VOUCH_FUZZ_SCRIPT_H
#define VOUCH_FUZZ_SCRIPT_H

#include <ctype.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"

#include "../../common/frame.h"

struct fuzz_frame {
	enum vouch_frame_type type;
	char *line; /* to be freed */
	const char *json;
	size_t json_len;
	bool blob;
};

/* The next line; false if it is empty or there is none. */
static inline bool fuzz_script(struct fuzz_input *in, struct fuzz_frame *f)
{
	size_t len;

	f->line = fuzz_line(in, &len);
	f->type = (enum vouch_frame_type)(tolower(*f->line) - 'a');
	f->json = f->line + !!len;
	f->json_len = len - !!len;
	f->blob = isupper(*f->line);
	return len;
}

/* All of it, or else the peer hangs up. */
static inline void fuzz_put(int fd, const void *data, size_t len)
{
	if (len &&
	    send(fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)len)
		shutdown(fd, SHUT_WR);
}

static inline void fuzz_put_frame(int fd, const struct fuzz_frame *f, u32 id,
				  const void *blob, size_t blob_len)
{
	struct vouch_frame_head head;

	vouch_frame_head_init(&head, f->type, id, (u32)f->json_len,
			      f->blob ? (u32)blob_len : 0);
	fuzz_put(fd, &head, sizeof(head));
	fuzz_put(fd, f->json, f->json_len);
	if (f->blob)
		fuzz_put(fd, blob, blob_len);
}

/* A connection whose peer can say much at once. */
static inline int fuzz_pair(int fds[2])
{
	const int room = 4 << 20;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return -1;
	setsockopt(fds[1], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	setsockopt(fds[0], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	return 0;
}

#endif /* VOUCH_FUZZ_SCRIPT_H */
