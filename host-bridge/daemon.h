/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The main process of vouchd: what its parts share.
 *
 *	intake		listens: who dials where
 *	greet		takes HELLO, by the channel's role
 *	origin		what comes from one VM or user is counted together
 *	client		a developer's or operator's connection
 *	submission	the way of one object, state by state
 *	outcome		its end: a verdict, or to be held
 *	resume		takes up what was interrupted
 *	verifier	sessions with verifier agents, one submission each
 *	deliver		sessions with target agents
 *	call_deliver	delivers images that clients have
 *	call		everything else that a client may ask
 *	machine		starts VMs again, through the launch process
 *	recovery	plugs the vsock of VMs again that others started
 *
 * One thread, one event loop; nothing here blocks but the store.
 */
#ifndef VOUCH_DAEMON_H
#define VOUCH_DAEMON_H

#include "../common/endpoint.h"
#include "../common/failure.h"
#include "config.h"
#include "outside.h"
#include "origin.h"
#include "peer.h"
#include "store.h"
#include "vsock/vsock.h"

/* Length of a SHA-256 in hexadecimal, with NUL. */
#define VOUCH_HEX_LEN (2 * VOUCH_HASH_LEN + 1)

#define VOUCH_MAX_OBJECT (16u << 20) /* bytes of a submitted object */
#define VOUCH_MAX_PACKETS (4u << 20) /* bytes of a test run's packets */
/* Object and capture go to the link process in one frame. */
#define VOUCH_MAX_CAPTURE (VOUCH_FRAME_MAX_BLOB - VOUCH_MAX_OBJECT)
#define VOUCH_MAX_GREETINGS 128u /* connections without HELLO */
#define VOUCH_MAX_GREETINGS_EACH 32u /* of one origin */
#define VOUCH_MAX_CLIENTS 128u
#define VOUCH_MAX_CLIENTS_EACH 64u
#define VOUCH_MAX_REQUESTS 32u /* of one client, that are not answered */
#define VOUCH_MAX_VERIFIER_CALLS 24u /* that are not answered */
#define VOUCH_MAX_VERIFIER_CALLS_EACH 16u /* of one origin */
#define VOUCH_MAX_SUBMISSIONS 64u /* that are not done */
#define VOUCH_MAX_SUBMISSIONS_EACH 48u
#define VOUCH_MAX_DELIVERIES 16u /* the same, of images that clients have */

struct vouch_daemon;
struct vouch_profile;
struct vouch_submission;
struct vouch_signing;

/* A listening socket: the clients' (vm NULL) or that of one VM's agent. */
struct vouch_listener {
	struct vouch_event ev;
	struct vouch_timer rest;
	struct vouch_daemon *daemon;
	struct vouch_vm *vm;
	int fd;
};

/* What verifier.c has to do for one submission or test run. */
struct vouch_job {
	struct vouch_job *next;
	struct vouch_daemon *daemon;
	struct vouch_timer wait;
	struct vouch_vm *vm; /* that works on it, NULL while it waits */
	struct vouch_origin *origin; /* whose job it is, NULL: nobody's */
	struct vouch_vm *by; /* that worked on it last */
	enum vouch_frame_type type;
	json_t *json; /* owned by whoever made the job */
	const u8 *blob; /* likewise */
	size_t blob_len;
	u32 timeout_ms;
	u32 attempts;
	bool queued;
	/* Of the kernel that has to do it, in hexadecimal; NULL: any */
	const char *build_id;
	/* Called once. -EAGAIN: no verifier came in time; -ECONNRESET: two
	 * verifiers were lost over it. */
	vouch_answer_fn done;
	void *ctx;
};

enum vouch_vm_state {
	VOUCH_VM_OFF, /* nobody starts it, or not yet */
	VOUCH_VM_STARTING, /* launched, no HELLO so far */
	VOUCH_VM_READY, /* its agent is connected */
	VOUCH_VM_LOST, /* gone; to be started again, or to dial again */
	VOUCH_VM_FAILED, /* given up */
};

/* A VM of the configuration, and its agent. */
struct vouch_vm {
	struct vouch_peer agent; /* verifier or target */
	struct vouch_daemon *daemon;
	const struct vouch_vm_config *config;
	struct vouch_listener listener; /* agent_socket */
	struct vouch_vsock *vsock;
	enum vouch_vm_state state;
	json_t *hello; /* of the agent, NULL before the first */
	u64 hello_time; /* when it came, seconds since 1970 */
	struct vouch_job *job; /* of a verifier: what it works on */
	struct vouch_timer timer; /* waits for HELLO, or before a restart */
	bool running; /* launched, and its end not yet heard of */
	enum vouch_accel accel; /* it runs with */
	u32 failures; /* starts in a row without HELLO */
};

/* A developer's or operator's connection. */
struct vouch_client {
	struct vouch_reap reap;
	struct vouch_client *next;
	struct vouch_daemon *daemon;
	struct vouch_origin *origin;
	const char *name; /* of the origin: who submits */
	struct vouch_conn *conn; /* NULL once it is gone */
	u32 refs; /* requests under way, and the connection */
	u64 used_us; /* when something was last under way */
};

struct vouch_daemon {
	struct vouch_loop loop;
	const struct vouch_config *config;
	struct vouch_store *store;
	struct vouch_peer link, sign, launch;
	struct vouch_outside signer, launcher; /* instead of a process */
	struct vouch_signing *signings; /* not answered, oldest first */
	struct vouch_listener listener;
	struct vouch_event signals;
	int signal_fd;
	int state_fd, objects_fd, images_fd, captures_fd; /* directories */
	u8 profiles[VOUCH_MAX_PROFILES][VOUCH_HASH_LEN]; /* identities */
	const struct vouch_profile *profile_data[VOUCH_MAX_PROFILES];
	struct vouch_vm vms[VOUCH_MAX_VMS];
	struct vouch_origin *origins;
	struct vouch_quota held; /* of all origins */
	u64 turns; /* of jobs at verifier VMs */
	struct vouch_client *clients;
	u32 n_clients;
	struct vouch_submission *submissions;
	u32 n_submissions;
	struct vouch_timer resume; /* of what is held */
	u32 n_verifier_calls;
	u32 n_deliveries; /* of images that clients have */
	struct vouch_job *jobs; /* waiting, oldest first */
	enum vouch_accel accel; /* known to work here; AUTO: not known */
	u64 started_us;
	bool stopping;
	int exit;
};

/**
 * vouch_intake_open() - listen for clients and for VMs.
 * @daemon: the daemon
 *
 * Return: 0 or -errno, logged.
 */
int vouch_intake_open(struct vouch_daemon *daemon);

/**
 * vouch_intake_close() - stop listening and hang up.
 * @daemon: the daemon
 */
void vouch_intake_close(struct vouch_daemon *daemon);

/**
 * vouch_greet() - take a connection, and await its HELLO.
 * @daemon: the daemon
 * @vm: whose channel it is, NULL: the clients'
 * @role: that the channel is for
 * @name: who dialled, by channel
 * @fd: the connected socket; taken over, on error too
 *
 * Where there are too many that have not said HELLO, the oldest is hung up.
 *
 * Return: 0 or -ENOMEM.
 */
int vouch_greet(struct vouch_daemon *daemon, struct vouch_vm *vm,
		enum vouch_role role, const char *name, int fd);

/**
 * vouch_client_open() - take a greeted connection as a client's.
 * @daemon: the daemon
 * @origin: where it comes from
 * @conn: the connection; from now on the client's
 *
 * Where there are too many, the one that has been idle for longest is hung up.
 *
 * Return: 0, -EUSERS when there are too many and none is idle, or -ENOMEM;
 * @conn is left.
 */
int vouch_client_open(struct vouch_daemon *daemon, struct vouch_origin *origin,
		      struct vouch_conn *conn);

/**
 * vouch_client_get() - keep a client beyond its connection.
 * @client: the client, may be NULL
 *
 * Return: @client.
 */
struct vouch_client *vouch_client_get(struct vouch_client *client);

/**
 * vouch_client_put() - end what vouch_client_get() began.
 * @client: the client, may be NULL; freed after the batch
 */
void vouch_client_put(struct vouch_client *client);

/**
 * vouch_client_send() - send a client a frame, if it is still there.
 * @client: the client, may be NULL
 * @type: type of the frame
 * @id: of the request
 * @json: an object, borrowed
 * @blob: raw bytes, borrowed
 * @blob_len: their number
 */
void vouch_client_send(struct vouch_client *client, enum vouch_frame_type type,
		       u32 id, const json_t *json, const void *blob,
		       size_t blob_len);

/**
 * vouch_client_fail() - send a client an ERROR, if it is still there.
 * @client: the client, may be NULL
 * @id: of the request
 * @failure: what to say
 */
void vouch_client_fail(struct vouch_client *client, u32 id,
		       const struct vouch_failure *failure);

/**
 * vouch_call_handle() - answer a client's CALL.
 * @client: the client
 * @frame: the frame
 * @json: its object
 */
void vouch_call_handle(struct vouch_client *client,
		       const struct vouch_frame *frame, json_t *json);

/**
 * vouch_call_target() - the target that a call names, or the only one.
 * @daemon: the daemon
 * @json: the CALL's object
 * @f: filled if there is none
 *
 * Return: the target's VM, or NULL with @f.
 */
struct vouch_vm *vouch_call_target(struct vouch_daemon *daemon,
				   const json_t *json, struct vouch_failure *f);

/**
 * vouch_call_deliver() - answer the CALL "deliver".
 * @client: the client
 * @frame: the frame, whose blob is the image
 * @json: its object
 */
void vouch_call_deliver(struct vouch_client *client,
			const struct vouch_frame *frame, json_t *json);

/**
 * vouch_submission_receive() - take a client's SUBMIT.
 * @client: the client
 * @frame: the frame
 * @json: its object
 */
void vouch_submission_receive(struct vouch_client *client,
			      const struct vouch_frame *frame, json_t *json);

/**
 * vouch_resume_start() - take up what a predecessor left unfinished.
 * @daemon: the daemon
 *
 * Removes files that were not finished. What cannot be done now is tried
 * again later.
 */
void vouch_resume_start(struct vouch_daemon *daemon);

/**
 * vouch_resume_later() - take up what is held, a little later.
 * @daemon: the daemon
 */
void vouch_resume_later(struct vouch_daemon *daemon);

/**
 * vouch_submission_forget() - free all submissions; they stay in the store.
 * @daemon: the daemon
 */
void vouch_submission_forget(struct vouch_daemon *daemon);

/**
 * vouch_options_canon() - bring options into their canonical form.
 * @options: as submitted, NULL for none
 * @canon: set to a new object of known members, defaults included
 * @why: set to a constant text on error
 *
 * Return: 0, or -EINVAL with @why.
 */
int vouch_options_canon(const json_t *options, json_t **canon,
			const char **why);

/**
 * vouch_options_allow() - hold options against the operator's policy.
 * @config: holds the policy
 * @canon: as vouch_options_canon() made it
 * @why: set to a constant text on error
 *
 * Return: what a verifier agent gets, a new object; or NULL with @why.
 */
json_t *vouch_options_allow(const struct vouch_config *config, json_t *canon,
			    const char **why);

/**
 * vouch_options_text() - the bytes that the options' hash is of.
 * @canon: as vouch_options_canon() made it
 *
 * Return: JSON with sorted keys and without blanks, to be freed, or NULL.
 */
char *vouch_options_text(const json_t *canon);

/**
 * vouch_verifier_agent() - a verifier agent has said HELLO, or is gone.
 * @vm: the VM
 *
 * Hands out waiting jobs.
 */
void vouch_verifier_agent(struct vouch_vm *vm);

/**
 * vouch_verifier_queue() - have a verifier VM do something.
 * @daemon: the daemon
 * @job: what; stays the caller's until its @done is called
 */
void vouch_verifier_queue(struct vouch_daemon *daemon, struct vouch_job *job);

/* What became of a delivery. Texts are borrowed. */
struct vouch_delivery {
	const char *status; /* as in the protocol, or "unavailable" */
	const char *reason; /* NULL: none */
	enum vouch_exit exit;
	json_t *answer; /* the target's STATUS, or NULL */
};

typedef void (*vouch_delivery_fn)(void *ctx,
				  const struct vouch_delivery *delivery);

/**
 * vouch_deliver() - bring a signed image to a target.
 * @vm: the target's
 * @slot: name of the slot
 * @attach: hook, or NULL
 * @profile: identity of the profile that the image was linked for; NULL leaves
 *	that to the target
 * @image: the signed image; freed by this function's side, on error too
 * @len: its length in bytes
 * @done: called once, maybe from within
 * @ctx: for @done
 *
 * Waits for the target as long as the configuration says.
 */
void vouch_deliver(struct vouch_vm *vm, const char *slot, const char *attach,
		   const u8 *profile, void *image, size_t len,
		   vouch_delivery_fn done, void *ctx);

/**
 * vouch_machine_hello() - an agent has said HELLO.
 * @vm: its VM
 */
void vouch_machine_hello(struct vouch_vm *vm);

/**
 * vouch_machine_lost() - an agent's connection is over.
 * @vm: its VM
 * @why: for the log
 */
void vouch_machine_lost(struct vouch_vm *vm, const char *why);

/**
 * vouch_machine_start() - start all VMs that are to be launched.
 * @daemon: the daemon
 */
void vouch_machine_start(struct vouch_daemon *daemon);

/**
 * vouch_machine_adopt() - a launcher is connected: start what it shall run.
 * @daemon: the daemon
 */
void vouch_machine_adopt(struct vouch_daemon *daemon);

/**
 * vouch_machine_orphan() - the launcher is gone, and its VMs with it.
 * @daemon: the daemon
 */
void vouch_machine_orphan(struct vouch_daemon *daemon);

/**
 * vouch_machine_restart() - end a VM that hangs, and start it again.
 * @vm: the VM
 */
void vouch_machine_restart(struct vouch_vm *vm);

/**
 * vouch_machine_notice() - the launch process reports something.
 * @peer: the launch process
 * @frame: the frame
 * @json: its object
 */
void vouch_machine_notice(struct vouch_peer *peer,
			  const struct vouch_frame *frame, json_t *json);

/**
 * vouch_recovery_start() - see that a VM that runs already has its vsock.
 * @vm: one that somebody else starts, with ->qmp
 *
 * Unless its front end connects by itself, its device is plugged again.
 */
void vouch_recovery_start(struct vouch_vm *vm);

/**
 * vouch_recovery_notice() - the launch process has tried to plug a device.
 * @vm: the VM
 * @result: "plugged", "absent" or "failed"
 */
void vouch_recovery_notice(struct vouch_vm *vm, const char *result);

/**
 * vouch_vm_state_name() - the protocol's name of a VM's state.
 * @state: the state
 *
 * Return: a constant text.
 */
const char *vouch_vm_state_name(enum vouch_vm_state state);

#endif /* VOUCH_DAEMON_H */
