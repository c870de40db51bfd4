// SPDX-License-Identifier: BSD-2-Clause
/*
 * VMs that somebody else started, and that run when vouchd is started again:
 * their vsock device is dead until it is plugged anew, see replug.h.
 */

#include "daemon.h"
#include "log.h"

/* A VM that starts at the same time connects by itself. */
#define GRACE_MS 1000
#define MAX_TRIES 5u
#define LAUNCH_MS 10000

static void on_answer(void *ctx, const struct vouch_answer *answer)
{
	struct vouch_vm *vm = ctx;

	if (answer->err && !vm->daemon->stopping)
		vouch_error("VM '%s': cannot ask for its device to be plugged "
			    "again: %s",
			    vm->config->name, strerror(-answer->err));
}

static void on_timer(struct vouch_timer *timer)
{
	struct vouch_vm *vm = vouch_container(timer, struct vouch_vm, timer);
	struct vouch_daemon *daemon = vm->daemon;
	json_t *json;

	if (vouch_vsock_attached(vm->vsock))
		return;
	vouch_info("VM '%s': plugging its vsock device again",
		   vm->config->name);
	json = json_pack("{s:s, s:i}", "method", "replug", "vm",
			 (int)(vm - daemon->vms));
	if (!json || vouch_peer_call(&daemon->launch, VOUCH_FRAME_CALL, json,
				     NULL, 0, LAUNCH_MS, on_answer, vm))
		vouch_error("VM '%s': cannot ask for its device to be plugged "
			    "again",
			    vm->config->name);
	json_decref(json);
}

void vouch_recovery_start(struct vouch_vm *vm)
{
	vm->timer.expire = on_timer;
	vouch_timer_set(&vm->daemon->loop, &vm->timer, GRACE_MS);
}

void vouch_recovery_notice(struct vouch_vm *vm, const char *result)
{
	const char *name = vm->config->name;

	if (!strcmp(result, "plugged")) {
		vouch_notice("VM '%s': its vsock device is plugged again",
			     name);
	} else if (!strcmp(result, "absent")) {
		vouch_info("VM '%s': it does not run: nobody listens on %s",
			   name, vm->config->qmp);
	} else if (++vm->failures < MAX_TRIES) {
		vouch_timer_set(&vm->daemon->loop, &vm->timer,
				GRACE_MS << vm->failures);
	} else {
		vouch_error("VM '%s': its vsock device could not be plugged "
			    "again in %u tries; restart the VM",
			    name, vm->failures);
	}
}
