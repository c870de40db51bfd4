/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The event loop: descriptors, timers, and what is freed after a batch.
 */
#ifndef VOUCH_LOOP_H
#define VOUCH_LOOP_H

#include "event.h"

struct vouch_timer {
	void (*expire)(struct vouch_timer *timer);
	struct vouch_timer *next;
	u64 at; /* ms of the monotonic clock */
	bool armed;
};

/* Something to free once no event of the batch can name it any more. */
struct vouch_reap {
	void (*free)(struct vouch_reap *reap);
	struct vouch_reap *next;
};

struct vouch_loop {
	int epoll_fd;
	bool stop;
	struct vouch_timer *timers; /* by time, soonest first */
	struct vouch_reap *reaps;
};

/**
 * vouch_loop_init() - make an event loop.
 * @loop: the loop; end with vouch_loop_end()
 *
 * Return: 0 or -errno.
 */
int vouch_loop_init(struct vouch_loop *loop);

/**
 * vouch_loop_run() - hand out events and timers until somebody sets stop.
 * @loop: the loop
 *
 * Return: 0 or -errno.
 */
int vouch_loop_run(struct vouch_loop *loop);

/**
 * vouch_loop_end() - free what is to be freed and close the loop.
 * @loop: the loop
 */
void vouch_loop_end(struct vouch_loop *loop);

/**
 * vouch_loop_reap() - have something freed after the current batch.
 * @loop: the loop
 * @reap: part of it; with @reap->free set
 */
void vouch_loop_reap(struct vouch_loop *loop, struct vouch_reap *reap);

/**
 * vouch_timer_set() - have a timer expire once.
 * @loop: the loop
 * @timer: with @timer->expire set; set again it is moved
 * @ms: from now, milliseconds
 */
void vouch_timer_set(struct vouch_loop *loop, struct vouch_timer *timer,
		     u64 ms);

/**
 * vouch_timer_cancel() - make sure that a timer does not expire.
 * @loop: the loop
 * @timer: armed or not
 */
void vouch_timer_cancel(struct vouch_loop *loop, struct vouch_timer *timer);

/**
 * vouch_clock_us() - the monotonic clock.
 *
 * Return: microseconds.
 */
u64 vouch_clock_us(void);

#endif /* VOUCH_LOOP_H */
