// SPDX-License-Identifier: BSD-2-Clause
/* epoll, a list of timers, and deferred frees. */

#include <time.h>
#include <unistd.h>

#include "loop.h"

#define MAX_EVENTS 64

u64 vouch_clock_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000000 + (u64)ts.tv_nsec / 1000;
}

int vouch_loop_init(struct vouch_loop *loop)
{
	memset(loop, 0, sizeof(*loop));
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return loop->epoll_fd < 0 ? -errno : 0;
}

void vouch_timer_cancel(struct vouch_loop *loop, struct vouch_timer *timer)
{
	struct vouch_timer **p;

	if (!timer->armed)
		return;
	for (p = &loop->timers; *p; p = &(*p)->next) {
		if (*p == timer) {
			*p = timer->next;
			break;
		}
	}
	timer->armed = false;
}

void vouch_timer_set(struct vouch_loop *loop, struct vouch_timer *timer, u64 ms)
{
	struct vouch_timer **p = &loop->timers;

	vouch_timer_cancel(loop, timer);
	timer->at = vouch_clock_us() / 1000 + ms;
	while (*p && (*p)->at <= timer->at)
		p = &(*p)->next;
	timer->next = *p;
	timer->armed = true;
	*p = timer;
}

void vouch_loop_reap(struct vouch_loop *loop, struct vouch_reap *reap)
{
	reap->next = loop->reaps;
	loop->reaps = reap;
}

static void free_reaps(struct vouch_loop *loop)
{
	while (loop->reaps) {
		struct vouch_reap *reap = loop->reaps;

		loop->reaps = reap->next;
		reap->free(reap);
	}
}

static void expire_timers(struct vouch_loop *loop)
{
	u64 now = vouch_clock_us() / 1000;

	while (loop->timers && loop->timers->at <= now) {
		struct vouch_timer *timer = loop->timers;

		loop->timers = timer->next;
		timer->armed = false;
		timer->expire(timer);
	}
}

static int wait_ms(const struct vouch_loop *loop)
{
	u64 now;

	if (!loop->timers)
		return -1;
	now = vouch_clock_us() / 1000;
	if (loop->timers->at <= now)
		return 0;
	/* Rounded to whole milliseconds: one more, so as not to spin. */
	return loop->timers->at - now > 60000
		       ? 60000
		       : (int)(loop->timers->at - now) + 1;
}

int vouch_loop_run(struct vouch_loop *loop)
{
	struct epoll_event events[MAX_EVENTS];
	int i, n;

	while (!loop->stop) {
		n = epoll_wait(loop->epoll_fd, events, MAX_EVENTS,
			       wait_ms(loop));
		if (n < 0 && errno != EINTR)
			return -errno;
		for (i = 0; i < n; i++)
			vouch_event_dispatch(&events[i]);
		expire_timers(loop);
		free_reaps(loop);
	}
	return 0;
}

void vouch_loop_end(struct vouch_loop *loop)
{
	free_reaps(loop);
	close(loop->epoll_fd);
}
