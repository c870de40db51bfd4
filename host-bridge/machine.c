// SPDX-License-Identifier: BSD-2-Clause
/* VMs as the main process sees them: started, ready, lost, started again. */

#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "daemon.h"
#include "fault.h"
#include "file.h"
#include "log.h"

#define ACCEL_FILE "accelerator"
/* A guest that runs natively is there long before; see remember(). */
#define TRIAL_S 15u
#define MAX_FAILURES 5u
#define LAUNCH_MS 30000

const char *vouch_vm_state_name(enum vouch_vm_state state)
{
	static const char *const names[] = { "off", "starting", "ready", "lost",
					     "failed" };

	return names[state];
}

static const char *accel_name(enum vouch_accel accel)
{
	return accel == VOUCH_ACCEL_KVM ? "kvm" : "tcg";
}

/* ---- which accelerator works ---- */

/* The answer holds for one host kernel. */
static void accel_line(enum vouch_accel accel, char *line, size_t size)
{
	struct utsname u = {};

	uname(&u);
	snprintf(line, size, "%s %s\n", accel_name(accel), u.release);
}

static void recall(struct vouch_daemon *daemon)
{
	char line[128];
	size_t len;
	void *text;

	if (vouch_file_get(daemon->state_fd, ACCEL_FILE, sizeof(line), &text,
			   &len))
		return;
	accel_line(VOUCH_ACCEL_KVM, line, sizeof(line));
	if (!strcmp(text, line))
		daemon->accel = VOUCH_ACCEL_KVM;
	accel_line(VOUCH_ACCEL_TCG, line, sizeof(line));
	if (!strcmp(text, line))
		daemon->accel = VOUCH_ACCEL_TCG;
	if (daemon->accel == VOUCH_ACCEL_TCG)
		vouch_notice("VMs run emulated (TCG): KVM was tried before and "
			     "no guest came up; remove %s/%s to try again",
			     daemon->config->state_dir, ACCEL_FILE);
	free(text);
}

static void remember(struct vouch_daemon *daemon, enum vouch_accel accel)
{
	char line[128];

	if (daemon->accel)
		return;
	daemon->accel = accel;
	accel_line(accel, line, sizeof(line));
	if (vouch_file_put(daemon->state_fd, ACCEL_FILE, line, strlen(line)))
		vouch_warning("cannot remember the accelerator; it will be "
			      "tried again");
}

/* Opening /dev/kvm proves nothing: only a HELLO in time does. */
static enum vouch_accel choose(const struct vouch_vm *vm)
{
	if (vm->config->launch.accel)
		return vm->config->launch.accel;
	if (vm->daemon->accel)
		return vm->daemon->accel;
	return access("/dev/kvm", R_OK | W_OK) ? VOUCH_ACCEL_TCG
					       : VOUCH_ACCEL_KVM;
}

static bool on_trial(const struct vouch_vm *vm)
{
	return vm->state == VOUCH_VM_STARTING && vm->accel == VOUCH_ACCEL_KVM &&
	       vm->config->launch.accel == VOUCH_ACCEL_AUTO &&
	       vm->daemon->accel != VOUCH_ACCEL_KVM;
}

/* ---- starting and ending ---- */

static void ask(struct vouch_vm *vm, const char *method, vouch_answer_fn fn)
{
	struct vouch_daemon *daemon = vm->daemon;
	json_t *json = json_pack("{s:s, s:i, s:s}", "method", method, "vm",
				 (int)(vm - daemon->vms), "accel",
				 accel_name(vm->accel));

	if (!json || vouch_peer_call(&daemon->launch, VOUCH_FRAME_CALL, json,
				     NULL, 0, LAUNCH_MS, fn, vm))
		vouch_error("VM '%s': cannot ask for its %s", vm->config->name,
			    method);
	json_decref(json);
}

static void fail(struct vouch_vm *vm);

static void on_started(void *ctx, const struct vouch_answer *answer)
{
	struct vouch_vm *vm = ctx;
	struct vouch_failure f;

	if (vm->daemon->stopping)
		return;
	vouch_fault("vm", "started");
	if (!answer->err && answer->frame->type == VOUCH_FRAME_RESULT)
		return;
	if (answer->err == -ETIMEDOUT) {
		vouch_peer_drop(&vm->daemon->launch, "it does not answer");
		return;
	}
	vm->running = false;
	if (!answer->err)
		vouch_failure_read(answer->json, &f);
	vouch_error("VM '%s': cannot be started: %s", vm->config->name,
		    answer->err ? strerror(-answer->err) : f.why);
	fail(vm);
}

/* Its end is heard of soon; if not, it is asked for again. */
static void on_stopped(void *ctx, const struct vouch_answer *answer)
{
	struct vouch_vm *vm = ctx;

	if (answer->err == -ETIMEDOUT)
		vouch_peer_drop(&vm->daemon->launch, "it does not answer");
	if (vm->running && !vm->daemon->stopping)
		vouch_timer_set(&vm->daemon->loop, &vm->timer, LAUNCH_MS);
}

static void start(struct vouch_vm *vm)
{
	u32 s = vm->config->launch.hello_s;

	vm->accel = choose(vm);
	vm->state = VOUCH_VM_STARTING;
	vm->running = true;
	if (on_trial(vm) && s > TRIAL_S)
		s = TRIAL_S;
	vouch_info("VM '%s': starting with %s", vm->config->name,
		   accel_name(vm->accel));
	/* A developer's VM may never dial. */
	if (vm->config->role != VOUCH_ROLE_DEVELOPER)
		vouch_timer_set(&vm->daemon->loop, &vm->timer, s * 1000ull);
	ask(vm, "start", on_started);
	vouch_fault("vm", "asked");
}

static void fail(struct vouch_vm *vm)
{
	if (vm->agent.conn)
		vouch_peer_drop(&vm->agent, "its VM has ended");
	if (++vm->failures >= MAX_FAILURES) {
		vm->state = VOUCH_VM_FAILED;
		vouch_timer_cancel(&vm->daemon->loop, &vm->timer);
		vouch_error("VM '%s': given up after %u tries; see its console "
			    "%s, then start vouchd again",
			    vm->config->name, vm->failures,
			    vm->config->launch.console
				    ? vm->config->launch.console
				    : "(none is configured)");
		return;
	}
	vm->state = VOUCH_VM_LOST;
	vouch_timer_set(&vm->daemon->loop, &vm->timer, 250ull << vm->failures);
}

static void give_up_kvm(struct vouch_daemon *daemon)
{
	u32 i;

	vouch_notice("KVM is there, but no guest came up with it within %u s: "
		     "VMs run emulated (TCG), many times slower",
		     TRIAL_S);
	remember(daemon, VOUCH_ACCEL_TCG);
	for (i = 0; i < daemon->config->n_vms; i++) {
		struct vouch_vm *vm = &daemon->vms[i];

		if (!on_trial(vm))
			continue;
		vouch_timer_cancel(&daemon->loop, &vm->timer);
		vm->state = VOUCH_VM_LOST;
		if (vm->running)
			ask(vm, "stop", on_stopped);
		else
			start(vm);
	}
}

static void on_timer(struct vouch_timer *timer)
{
	struct vouch_vm *vm = vouch_container(timer, struct vouch_vm, timer);

	if (!vm->running) {
		start(vm);
	} else if (on_trial(vm)) {
		give_up_kvm(vm->daemon);
	} else {
		vouch_warning("VM '%s': no HELLO within %u s; starting it "
			      "again",
			      vm->config->name, vm->config->launch.hello_s);
		vouch_machine_restart(vm);
	}
}

void vouch_machine_start(struct vouch_daemon *daemon)
{
	u32 i;

	recall(daemon);
	for (i = 0; i < daemon->config->n_vms; i++) {
		daemon->vms[i].timer.expire = on_timer;
		if (daemon->vms[i].config->launched && daemon->launch.conn)
			start(&daemon->vms[i]);
		else if (daemon->vms[i].config->qmp)
			vouch_recovery_start(&daemon->vms[i]);
	}
}

void vouch_machine_adopt(struct vouch_daemon *daemon)
{
	u32 i;

	/* Else vouch_machine_start() is still to come. */
	for (i = 0; daemon->started_us && i < daemon->config->n_vms; i++)
		if (daemon->vms[i].config->launched &&
		    daemon->vms[i].state != VOUCH_VM_FAILED)
			start(&daemon->vms[i]);
}

void vouch_machine_orphan(struct vouch_daemon *daemon)
{
	u32 i;

	for (i = 0; i < daemon->config->n_vms; i++) {
		struct vouch_vm *vm = &daemon->vms[i];

		if (!vm->config->launched || vm->state == VOUCH_VM_FAILED)
			continue;
		vm->running = false;
		vm->state = VOUCH_VM_LOST;
		vouch_timer_cancel(&daemon->loop, &vm->timer);
		vouch_peer_drop(&vm->agent, "its VM ended with the launcher");
	}
}

void vouch_machine_restart(struct vouch_vm *vm)
{
	if (vm->agent.conn)
		vouch_peer_drop(&vm->agent, "given up");
	if (!vm->running)
		return;
	vm->state = VOUCH_VM_LOST;
	vouch_timer_cancel(&vm->daemon->loop, &vm->timer);
	ask(vm, "stop", on_stopped);
}

/* ---- what is heard of them ---- */

void vouch_machine_hello(struct vouch_vm *vm)
{
	const char *release =
		json_string_value(json_object_get(vm->hello, "release"));
	const char *profile =
		json_string_value(json_object_get(vm->hello, "profile"));

	vouch_timer_cancel(&vm->daemon->loop, &vm->timer);
	if (on_trial(vm))
		remember(vm->daemon, VOUCH_ACCEL_KVM);
	vouch_fault("vm", "ready");
	vm->state = VOUCH_VM_READY;
	vm->failures = 0;
	vouch_info("VM '%s': ready, Linux %s", vm->config->name,
		   release ? release : "(it does not say)");
	if (vm->config->role == VOUCH_ROLE_VERIFIER)
		vouch_verifier_agent(vm);
	else
		vouch_store_target_seen(vm->daemon->store, vm->config->name,
					profile, release);
}

void vouch_machine_lost(struct vouch_vm *vm, const char *why)
{
	if (vm->daemon->stopping)
		return;
	vouch_fault("vm", "lost");
	if (vm->state == VOUCH_VM_READY) {
		vouch_warning("VM '%s': its agent is gone: %s",
			      vm->config->name, why);
		vm->state = VOUCH_VM_LOST;
	}
	/* Either its end is heard of soon, or the agent dials again. */
	if (vm->running)
		vouch_timer_set(&vm->daemon->loop, &vm->timer,
				vm->config->launch.hello_s * 1000ull);
}

static void ended(struct vouch_vm *vm, const char *how, bool panicked)
{
	if (vm->daemon->stopping || !vm->running)
		return;
	vouch_fault("vm", "ended");
	vm->running = false;
	vouch_warning(
		"VM '%s': ended: %s%s; see its console and %s/%s.qemu.log",
		vm->config->name, how, panicked ? ", its kernel panicked" : "",
		vm->daemon->config->state_dir, vm->config->name);
	vouch_store_log(vm->daemon->store, 0, "vm-ended", vm->config->name);
	if (on_trial(vm))
		give_up_kvm(vm->daemon);
	else
		fail(vm);
}

void vouch_machine_notice(struct vouch_peer *peer,
			  const struct vouch_frame *frame, json_t *json)
{
	struct vouch_daemon *daemon =
		vouch_container(peer, struct vouch_daemon, launch);
	const char *how = json_string_value(json_object_get(json, "how"));
	const char *replug = json_string_value(json_object_get(json, "replug"));
	json_int_t vm = json_integer_value(json_object_get(json, "vm"));

	if (frame->type != VOUCH_FRAME_CALL || vm < 0 ||
	    vm >= daemon->config->n_vms)
		return;
	if (how)
		ended(&daemon->vms[vm], how,
		      json_is_true(json_object_get(json, "panicked")));
	else if (replug)
		vouch_recovery_notice(&daemon->vms[vm], replug);
}
