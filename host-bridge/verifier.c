// SPDX-License-Identifier: BSD-2-Clause
/* Verifier agents: each works on one submission or test run at a time. */

#include "daemon.h"
#include "fault.h"
#include "log.h"

/* A verifier VM that dies over a job gets one successor to try again. */
#define MAX_ATTEMPTS 2u

static void finish(struct vouch_job *job, const struct vouch_answer *answer)
{
	job->done(job->ctx, answer);
}

static void fail(struct vouch_job *job, int err)
{
	const struct vouch_answer answer = { .err = err };

	finish(job, &answer);
}

static void unqueue(struct vouch_job *job)
{
	struct vouch_job **p;

	vouch_timer_cancel(&job->daemon->loop, &job->wait);
	for (p = &job->daemon->jobs; *p; p = &(*p)->next) {
		if (*p == job) {
			*p = job->next;
			break;
		}
	}
	job->queued = false;
}

/* Is it a verifier VM that could do the job, now or later? */
static bool is_able(const struct vouch_vm *vm, const struct vouch_job *job)
{
	const char *build_id;

	if (vm->config->role != VOUCH_ROLE_VERIFIER || !vm->agent.conn)
		return false;
	if (!job->build_id)
		return true;
	build_id = json_string_value(json_object_get(vm->hello, "build_id"));
	return build_id && !strcmp(build_id, job->build_id);
}

static bool any_verifier(const struct vouch_job *job)
{
	const struct vouch_daemon *daemon = job->daemon;
	u32 i;

	for (i = 0; i < daemon->config->n_vms; i++)
		if (is_able(&daemon->vms[i], job))
			return true;
	return false;
}

static void on_wait(struct vouch_timer *timer)
{
	struct vouch_job *job = vouch_container(timer, struct vouch_job, wait);

	/* One that is only busy will come to it: its work is bounded. */
	if (any_verifier(job)) {
		vouch_timer_set(&job->daemon->loop, timer,
				job->daemon->config->timeouts.wait_s * 1000ull);
		return;
	}
	unqueue(job);
	fail(job, -EAGAIN);
}

static void enqueue(struct vouch_job *job, bool front)
{
	struct vouch_job **p = &job->daemon->jobs;

	while (!front && *p)
		p = &(*p)->next;
	job->next = *p;
	*p = job;
	job->queued = true;
	job->wait.expire = on_wait;
	vouch_timer_set(&job->daemon->loop, &job->wait,
			job->daemon->config->timeouts.wait_s * 1000ull);
}

static void dispatch(struct vouch_daemon *daemon);

static void on_answer(void *ctx, const struct vouch_answer *answer)
{
	struct vouch_job *job = ctx;
	struct vouch_vm *vm = job->vm;

	vm->job = NULL;
	job->vm = NULL;
	if (answer->err == -ECONNRESET && !job->daemon->stopping &&
	    job->attempts < MAX_ATTEMPTS) {
		vouch_fault("verify", "lost");
		vouch_notice("verifier '%s' was lost (%s); trying once more "
			     "on the next that is free",
			     vm->config->name, answer->why);
		enqueue(job, true);
		dispatch(vm->daemon);
		return;
	}
	if (answer->err == -ETIMEDOUT)
		/* Whatever it does, nobody waits for it any more. */
		vouch_machine_restart(vm);
	finish(job, answer);
	dispatch(vm->daemon);
}

static struct vouch_vm *idle_verifier(struct vouch_daemon *daemon,
				      const struct vouch_job *job)
{
	u32 i;

	for (i = 0; i < daemon->config->n_vms; i++) {
		struct vouch_vm *vm = &daemon->vms[i];

		if (!vm->job && is_able(vm, job))
			return vm;
	}
	return NULL;
}

static u64 turn_of(const struct vouch_job *job)
{
	return job->origin ? job->origin->turn : 0;
}

/* The oldest job of the origin whose turn was longest ago, so that nobody
 * waits for more than one job of each other origin; of those that a VM is
 * free for, since not each can do every job. */
static struct vouch_job *next_job(struct vouch_daemon *daemon,
				  struct vouch_vm **vm)
{
	struct vouch_job *job, *next = NULL;

	for (job = daemon->jobs; job; job = job->next) {
		struct vouch_vm *idle;

		if (next && turn_of(job) >= turn_of(next))
			continue;
		idle = idle_verifier(daemon, job);
		if (!idle)
			continue;
		next = job;
		*vm = idle;
	}
	return next;
}

static void dispatch(struct vouch_daemon *daemon)
{
	struct vouch_vm *vm;
	struct vouch_job *job;
	int err;

	while ((job = next_job(daemon, &vm))) {
		unqueue(job);
		if (job->origin)
			job->origin->turn = ++daemon->turns;
		job->attempts++;
		job->vm = job->by = vm;
		vm->job = job;
		err = vouch_peer_call(&vm->agent, job->type, job->json,
				      job->blob, job->blob_len, job->timeout_ms,
				      on_answer, job);
		vouch_fault("verify", "asked");
		if (!err)
			continue;
		vm->job = NULL;
		job->vm = NULL;
		fail(job, err);
	}
}

void vouch_verifier_agent(struct vouch_vm *vm)
{
	dispatch(vm->daemon);
}

void vouch_verifier_queue(struct vouch_daemon *daemon, struct vouch_job *job)
{
	job->daemon = daemon;
	job->attempts = 0;
	enqueue(job, false);
	dispatch(daemon);
}
