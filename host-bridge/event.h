/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events: what an epoll loop of the host bridge hands to whom.
 *
 * data.ptr of every epoll entry points to a struct vouch_event, the first
 * member (or a member found with vouch_container()) of whatever owns the file
 * descriptor. The loop is
 *
 *	n = epoll_wait(epoll_fd, events, MAX, -1);
 *	for (i = 0; i < n; i++)
 *		vouch_event_dispatch(&events[i]);
 *
 * A handler may end other owners whose events lie later in the same batch:
 * whoever frees an owner does so after the batch, or makes its handler a
 * no-op until then.
 */
#ifndef VOUCH_EVENT_H
#define VOUCH_EVENT_H

#include <sys/epoll.h>

#include "../common/base.h"

struct vouch_event {
	void (*handle)(struct vouch_event *ev, u32 events);
};

/* The structure that @member at @ptr is a part of. */
#define vouch_container(ptr, type, member) \
	((type *)((char *)(ptr)-offsetof(type, member)))

/**
 * vouch_event_dispatch() - hand one event to its owner.
 * @ev: as epoll_wait() filled it
 */
static inline void vouch_event_dispatch(const struct epoll_event *ev)
{
	struct vouch_event *owner = ev->data.ptr;

	owner->handle(owner, ev->events);
}

/**
 * vouch_event_set() - add, change or remove an entry of an epoll instance.
 * @epoll_fd: the epoll instance
 * @op: EPOLL_CTL_ADD, EPOLL_CTL_MOD or EPOLL_CTL_DEL
 * @fd: the file descriptor to watch
 * @events: EPOLL* bits; without meaning for EPOLL_CTL_DEL
 * @owner: what to call; stays the caller's
 *
 * Return: 0 or -errno of epoll_ctl().
 */
static inline int vouch_event_set(int epoll_fd, int op, int fd, u32 events,
				  struct vouch_event *owner)
{
	struct epoll_event ev = { .events = events, .data.ptr = owner };

	return epoll_ctl(epoll_fd, op, fd, &ev) ? -errno : 0;
}

#endif /* VOUCH_EVENT_H */
