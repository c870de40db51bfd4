// SPDX-License-Identifier: BSD-2-Clause
/*
 * The main process between everybody who talks to it: clients, a verifier
 * agent, a target agent, and its own link, sign and launch processes.
 *
 * An input is lines, each of what one peer sends: a letter for the peer, then
 * a frame as in script.h or nothing. Who is not connected connects first.
 * Frames of agents and processes carry the id of the request that they got
 * last, with a capital for the peer none. Peers: a, b, c clients; d the
 * developer's VM; v verifier; t target; l, s, n the link, sign and launch
 * processes. A line
 * "-a" hangs up, "+" lets a minute pass.
 *
 * Parser: host-bridge/greet.c host-bridge/hello.c host-bridge/client.c
 * Parser: host-bridge/call.c host-bridge/call_deliver.c host-bridge/deliver.c
 * Parser: host-bridge/submit.c host-bridge/options.c host-bridge/verifier.c
 * Parser: host-bridge/verdict.c host-bridge/submission.c host-bridge/seal.c
 * Parser: host-bridge/conn.c host-bridge/peer.c host-bridge/origin.c
 */

#include "base.h"
#include "quiet.h"
#include "script.h"
#include "signing.h"

#include <stdarg.h>
#include <sys/syscall.h>
#include <time.h>

#include "../../common/image.h"
#include "daemon.h"
#include "file.h"
#include "log.h"
#include "sign.h"

enum {
	CLIENT_A,
	CLIENT_B,
	CLIENT_C,
	DEVELOPER,
	VERIFIER,
	TARGET,
	LINK,
	SIGN,
	LAUNCH,
	N_PEERS
};

#define PEER_BUFFER (1u << 20)

struct peer {
	int fd; /* our end, -1: not connected */
	u32 last_id; /* of what it was sent */
	u32 own_id; /* of what it asks */
};

static struct vouch_daemon *d;
static struct vouch_config config;
static struct peer peers[N_PEERS];
static bool lost[N_PEERS]; /* processes that are to be there again */
static bool ended; /* vouchd would have */
static u64 later_ns;
static u8 *signed_image;
static size_t signed_len;

/* ---- in place of the world ---- */

int clock_gettime(clockid_t clock_id, struct timespec *tp)
{
	u64 ns;

	if (syscall(SYS_clock_gettime, clock_id, tp))
		return -1;
	if (clock_id != CLOCK_MONOTONIC)
		return 0;
	ns = (u64)tp->tv_nsec + later_ns;
	tp->tv_sec += (time_t)(ns / 1000000000);
	tp->tv_nsec = (long)(ns % 1000000000);
	return 0;
}

void vouch_log(int level, const char *format, ...)
{
	char line[256];
	va_list ap;

	(void)level;
	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	fuzz_touch(line, strlen(line));
}

int vouch_file_put(int dir_fd, const char *name, const void *data, size_t len)
{
	(void)dir_fd;
	fuzz_require(*name && !strchr(name, '/'));
	fuzz_touch(data, len);
	return 0;
}

int vouch_file_get(int dir_fd, const char *name, size_t max, void **data,
		   size_t *len)
{
	(void)dir_fd;
	fuzz_require(*name && !strchr(name, '/') && max > 4);
	*data = strdup("kept");
	*len = 4;
	return 0;
}

int vouch_file_sweep(int dir_fd, bool (*keep)(void *ctx, const char *name),
		     void *ctx)
{
	(void)dir_fd;
	if (keep)
		keep(ctx, "kept");
	return 0;
}

json_t *json_load_file(const char *path, size_t flags, json_error_t *error)
{
	static const char text[] =
		"{\"state_dir\":\"/s\",\"socket\":\"/s/sock\",\"key\":\"/k\","
		"\"cert\":\"/c\",\"profile_certs\":[\"/r\"],\"policy\":{\"allow_perfmon\":true},\"vms\":["
		"{\"name\":\"v\",\"role\":\"verifier\",\"cid\":3,"
		"\"vsock\":\"/v3\",\"symbols\":\"/y\",\"btf\":\"/t\","
		"\"launch\":{\"kernel\":\"/k\"}},"
		"{\"name\":\"demo\",\"role\":\"target\",\"cid\":4,"
		"\"vsock\":\"/v4\",\"profile\":\"/p\","
		"\"slots\":[\"edge0\",\"edge1\"]},"
		"{\"name\":\"dev\",\"role\":\"developer\",\"cid\":5,"
		"\"vsock\":\"/v5\"}]}";

	(void)path;
	return json_loads(text, flags, error);
}

/* ---- the daemon ---- */

static void agent_gone(struct vouch_peer *peer, const char *why)
{
	vouch_machine_lost(vouch_container(peer, struct vouch_vm, agent), why);
}

/* vouchd would end, and leave submissions to the next; here the process is
 * there again. */
static void process_gone(struct vouch_peer *peer, const char *why)
{
	(void)why;
	ended = true;
	lost[peer == &d->link ? LINK : peer == &d->sign ? SIGN : LAUNCH] = true;
}

static const struct vouch_peer_ops agent_ops = { .gone = agent_gone };
static const struct vouch_peer_ops process_ops = { .gone = process_gone };
static const struct vouch_peer_ops launch_ops = {
	.notice = vouch_machine_notice,
	.gone = process_gone,
};
static const struct vouch_conn_ops no_ops;

static void open_process(u32 who, struct vouch_peer *peer,
			 const struct vouch_peer_ops *ops)
{
	struct vouch_conn *conn;
	int fds[2];

	if (peers[who].fd >= 0)
		close(peers[who].fd);
	fuzz_require(!fuzz_pair(fds));
	conn = vouch_conn_open(&d->loop, fds[0], VOUCH_FRAME_MAX_BLOB, &no_ops,
			       NULL);
	fuzz_require(conn);
	peer->ops = ops;
	vouch_peer_adopt(peer, conn);
	peers[who] = (struct peer){ .fd = fds[1] };
}

static void open_processes(void)
{
	if (lost[LINK])
		open_process(LINK, &d->link, &process_ops);
	if (lost[SIGN])
		open_process(SIGN, &d->sign, &process_ops);
	if (lost[LAUNCH])
		open_process(LAUNCH, &d->launch, &launch_ops);
	memset(lost, 0, sizeof(lost));
}

static void daemon_begin(void)
{
	char why[256];
	u32 i;

	d = calloc(1, sizeof(*d));
	fuzz_require(!vouch_loop_init(&d->loop));
	fuzz_require(config.root ||
		     !vouch_config_load("fuzz", &config, why, sizeof(why)));
	d->config = &config;
	d->signal_fd = d->listener.fd = -1;
	d->held.max = VOUCH_MAX_HELD;
	d->state_fd = d->objects_fd = d->images_fd = d->captures_fd = -1;
	fuzz_require(
		!vouch_store_open(&d->store, ":memory:", why, sizeof(why)));
	for (i = 0; i < N_PEERS; i++)
		peers[i] = (struct peer){ .fd = -1 };
	ended = false;
	lost[LINK] = lost[SIGN] = lost[LAUNCH] = true;
	open_processes();
	for (i = 0; i < config.n_vms; i++) {
		d->vms[i].daemon = d;
		d->vms[i].config = &config.vms[i];
		d->vms[i].agent.ops = &agent_ops;
		d->vms[i].listener.fd = -1;
	}
	vouch_machine_start(d);
}

static void stop(struct vouch_timer *timer)
{
	(void)timer;
	d->loop.stop = true;
}

/* Until no event is left; what never ends is a mistake. */
static void step(void)
{
	struct vouch_timer timer = { .expire = stop };
	struct epoll_event ev;
	int i;

	for (i = 0; i < 1000; i++) {
		d->loop.stop = false;
		vouch_timer_set(&d->loop, &timer, 0);
		vouch_loop_run(&d->loop);
		vouch_timer_cancel(&d->loop, &timer);
		if (epoll_wait(d->loop.epoll_fd, &ev, 1, 0) <= 0)
			return;
	}
	fuzz_require(false);
}

static void hang_up(struct peer *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

/* Nobody answers any more: whatever is under way ends by itself in time. */
static void daemon_end(void)
{
	u32 i;

	for (i = CLIENT_A; i <= TARGET; i++)
		hang_up(&peers[i]);
	for (i = 0; i < 12; i++) {
		step();
		open_processes();
		later_ns += 130ull * 1000000000;
	}
	if (ended)
		vouch_submission_forget(d);
	fuzz_require(!d->clients && !d->n_clients && !d->jobs);
	fuzz_require(!d->n_submissions && !d->n_deliveries);
	fuzz_require(!d->n_verifier_calls && !d->held.held);
	d->stopping = true;
	vouch_peer_drop(&d->link, "the end");
	vouch_peer_drop(&d->sign, "the end");
	vouch_peer_drop(&d->launch, "the end");
	for (i = 0; i < config.n_vms; i++) {
		vouch_peer_drop(&d->vms[i].agent, "the end");
		json_decref(d->vms[i].hello);
	}
	for (i = 0; i < N_PEERS; i++)
		hang_up(&peers[i]);
	vouch_loop_end(&d->loop);
	vouch_origin_forget(d);
	vouch_store_close(d->store);
	free(d);
}

/* ---- the peers ---- */

static struct vouch_vm *vm_of(u32 who)
{
	return who == VERIFIER	  ? &d->vms[0]
	       : who == TARGET	  ? &d->vms[1]
	       : who == DEVELOPER ? &d->vms[2]
				  : NULL;
}

static const char *hello_of(u32 who)
{
	return who == VERIFIER ? "{\"role\":\"verifier\",\"version\":\"0.1.0\","
				 "\"release\":\"6.1\",\"cpu_model\":\"EPYC\"}"
	       : who == TARGET ? "{\"role\":\"target\",\"version\":\"0.1.0\","
				 "\"profile\":\"00\",\"abi\":1}"
			       : "{\"role\":\"developer\"}";
}

static bool dial(u32 who)
{
	static const enum vouch_role roles[] = {
		[VERIFIER] = VOUCH_ROLE_VERIFIER, [TARGET] = VOUCH_ROLE_TARGET
	};
	enum vouch_role role = who == VERIFIER || who == TARGET
				       ? roles[who]
				       : VOUCH_ROLE_DEVELOPER;
	const char *name = who == CLIENT_C ? "unix:uid=1" : "unix:uid=0";
	struct vouch_vm *vm = vm_of(who);
	int fds[2];

	if (who >= LINK || fuzz_pair(fds))
		return false;
	if (vouch_greet(d, vm, role, vm ? vm->config->name : name, fds[0])) {
		close(fds[1]);
		return false;
	}
	peers[who] = (struct peer){ .fd = fds[1] };
	return true;
}

/* Reads all that the daemon has said, and minds the last request. */
static void listen_to(struct peer *p)
{
	static u8 buf[PEER_BUFFER];
	struct vouch_frame f;
	const char *why;
	ssize_t n;
	size_t off = 0;

	if (p->fd < 0)
		return;
	n = recv(p->fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (n <= 0)
		return;
	while (!vouch_frame_parse(buf + off, (size_t)n - off,
				  VOUCH_FRAME_MAX_BLOB, &f, &why)) {
		p->last_id = f.id;
		off += f.size;
	}
}

static void rest(void)
{
	u32 i;

	step();
	for (i = 0; i < N_PEERS; i++)
		listen_to(&peers[i]);
	step();
	open_processes();
}

/* What goes along with a frame of this peer. */
static const void *blob_of(u32 who, const struct fuzz_frame *f, size_t *len)
{
	const struct fuzz_base *base = fuzz_base();
	const struct fixture *fx = &base->fixture;

	if (who == VERIFIER) {
		*len = fx->writer.len;
		return fx->writer.buf;
	}
	if (who == LINK) {
		*len = base->image_len;
		return base->image;
	}
	if (who == SIGN || f->type == VOUCH_FRAME_CALL) {
		*len = signed_len;
		return signed_image;
	}
	*len = fx->object_len;
	return fx->object;
}

static void send_hello(u32 who, const char *json)
{
	struct fuzz_frame f = {
		.type = VOUCH_FRAME_HELLO,
		.json = json,
		.json_len = strlen(json),
	};

	fuzz_put_frame(peers[who].fd, &f, 0, NULL, 0);
	rest();
}

static void speak(u32 who, bool notice, struct fuzz_input *in)
{
	struct peer *p = &peers[who];
	const void *blob;
	size_t len = 0;
	struct fuzz_frame f;
	u32 id;

	if (fuzz_script(in, &f)) {
		blob = blob_of(who, &f, &len);
		id = notice ? 0 : who <= DEVELOPER ? ++p->own_id : p->last_id;
		fuzz_put_frame(p->fd, &f, id, blob, len);
	}
	free(f.line);
	rest();
}

static int peer_of(u8 letter)
{
	static const char letters[] = "abcdvtlsn";
	const char *at = strchr(letters, tolower(letter));

	return letter && at ? (int)(at - letters) : -1;
}

static void line(struct fuzz_input *in)
{
	u8 letter = fuzz_u8(in);
	int who = peer_of(letter == '-' ? fuzz_u8(in) : letter);
	size_t len;

	if (letter == '+')
		later_ns += 60ull * 1000000000;
	if (letter == '-' && who >= 0 && who < LINK)
		hang_up(&peers[who]);
	if (letter == '+' || letter == '-' || who < 0) {
		free(fuzz_line(in, &len));
		rest();
		return;
	}
	if (peers[who].fd < 0) {
		if (!dial((u32)who)) {
			free(fuzz_line(in, &len));
			return;
		}
		/* An HELLO of one's own begins with that frame's letter. */
		if (!in->left || *in->pos != 'a' + VOUCH_FRAME_HELLO)
			send_hello((u32)who, hello_of((u32)who));
	}
	speak((u32)who, isupper(letter), in);
}

static void make_signed(void)
{
	const struct fuzz_base *base = fuzz_base();
	const struct vouch_record rec = {
		.epoch = cpu_to_le32(1),
		.sequence = cpu_to_le64(7),
		.slot = "edge0",
	};
	struct vouch_signer *signer = NULL;
	void *key = NULL, *cert = NULL, *out = NULL;
	size_t key_len, cert_len;
	const char *why;

	if (signed_image)
		return;
	fuzz_require(!vouch_crypto_new_key("fuzz", 1, &key, &key_len, &cert,
					   &cert_len, &why) &&
		     !vouch_signer_new(key, key_len, cert, cert_len, &signer,
				       &why) &&
		     !vouch_sign(signer, &rec, base->image, base->image_len,
				 &out, &signed_len, &why));
	signed_image = out;
	vouch_signer_free(signer);
	free(key);
	free(cert);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = { data, len };
	int i;

	if (len > 65536)
		return 0;
	make_signed();
	daemon_begin();
	rest();
	for (i = 0; i < 64 && in.left; i++)
		line(&in);
	daemon_end();
	return 0;
}
