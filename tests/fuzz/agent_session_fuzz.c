// SPDX-License-Identifier: BSD-2-Clause
/*
 * The verifier agent between a bridge that asks anything and children that
 * answer anything: neither is trusted by it.
 *
 * An input begins with a byte; its first bit asks for the URI on the next
 * line to be dialled. Then there are lines as in script.h: what the bridge
 * sends, and behind a line "-" what the children answer, one line each; with a
 * capital a good capture goes along, else eight bytes. A line "!" is
 * a child that dies.
 *
 * Parser: guest-verifier/agent/session.c guest-verifier/agent/options.c
 * Parser: guest-verifier/agent/result.c guest-verifier/agent/verify.c
 * Parser: guest-verifier/agent/target.c guest-verifier/agent/run.c
 */

#include "quiet.h"
#include "script.h"

#include <setjmp.h>
#include <time.h>

#include "../../common/capture_write.h"
#include "../../common/dial.h"
#include "../../guest-verifier/agent/child.h"
#include "../../guest-verifier/agent/hash.h"
#include "../../guest-verifier/agent/options.h"
#include "../../guest-verifier/agent/session.h"

/* What begins as an object does, and ends with a list of replacements. */
static const u8 blob[64] = {
	0x7f, 'E', 'L', 'F', 2,	  1, 1, [40] = 'V', 'O', 'U',
	'C',  'H', 'R', 'T', 'G', 1, 0, 0,	    0,	 [56] = 24
};
static struct fuzz_input bridge, children;
static struct vouch_kernel kernel;
static struct vouch_capture_writer capture;
static const char *uri;
static jmp_buf back;
static u32 dials;

/* ---- in place of the world ---- */

int nanosleep(const struct timespec *time, struct timespec *remaining)
{
	(void)time;
	(void)remaining;
	return 0;
}

static void take_answer(const struct fuzz_frame *f, struct vouch_message *msg)
{
	msg->json =
		json_loadb(f->json, f->json_len, JSON_REJECT_DUPLICATES, NULL);
	msg->type = f->type;
	msg->blob = fuzz_copy(f->blob ? capture.buf : (const u8 *)"a blob !",
			      f->blob ? capture.len : 8);
	msg->blob_len = f->blob ? (u32)capture.len : 8;
}

/* The agent itself has the child's answer parsed by vouch_channel_recv(). */
int vouch_child_run(const struct vouch_child *child, struct vouch_message *msg,
		    char *why, size_t size)
{
	struct fuzz_frame f;
	bool dies;

	(void)child;
	memset(msg, 0, sizeof(*msg));
	dies = !fuzz_script(&children, &f) || *f.line == '!';
	if (!dies)
		take_answer(&f, msg);
	free(f.line);
	if (!dies && json_is_object(msg->json))
		return 0;
	vouch_message_release(msg);
	snprintf(why, size, "the child gave no answer");
	return dies && size % 2 ? -ETIMEDOUT : -ECONNRESET;
}

/* The bridge has said all there is to say before the agent listens. */
static int connect_bridge(int fds[2])
{
	u32 id = 1;

	if (fuzz_pair(fds))
		return -EMFILE;
	while (bridge.left) {
		struct fuzz_frame f;
		bool over = !fuzz_script(&bridge, &f) || *f.line == '-';

		if (!over)
			fuzz_put_frame(fds[1], &f, id++, blob, sizeof(blob));
		free(f.line);
		if (over)
			break;
	}
	children = bridge;
	shutdown(fds[1], SHUT_WR);
	return fds[0];
}

static int far_end = -1;

int vouch_dial(const struct vouch_endpoint *ep, int timeout_ms,
	       const char **why)
{
	int fds[2];

	(void)ep;
	(void)timeout_ms;
	*why = "none";
	if (dials++ == 1)
		return -ECONNREFUSED;
	if (dials > 2)
		longjmp(back, 1);
	if (connect_bridge(fds) < 0)
		return -EMFILE;
	far_end = fds[1];
	return fds[0];
}

/* ---- the agent ---- */

static void add(u32 type, const void *data, size_t len)
{
	vouch_capture_write_record(&capture, type, data, len, NULL, 0);
}

/* A kernel, and a capture of the object that script.h's bridge sends. */
static void make_kernel(void)
{
	const struct vouch_capture_prog prog = {
		.name = "xdp-test",
		.section = "xdp",
		.n_funcs = cpu_to_le32(1),
		.n_insns = cpu_to_le32(1),
	};
	static const u8 insn[VOUCH_INSN_LEN] = { 0x95 };
	const struct {
		struct vouch_capture_func func;
		u8 code[8];
	} func = { .func.code_len = cpu_to_le32(8) };
	struct vouch_capture_env env;

	if (capture.buf)
		return;
	strcpy(kernel.env.release, "6.1.0-test-amd64");
	kernel.env.arch = cpu_to_le32(VOUCH_ARCH_X86_64);
	kernel.env.features = cpu_to_le32(VOUCH_FEATURE_RETHUNK);
	kernel.env.nr_cpus = cpu_to_le32(1);
	strcpy(kernel.facts[0].structure, "bpf_array");
	strcpy(kernel.facts[0].field, "value");
	kernel.n_facts = 1;
	env = kernel.env;
	vouch_hash_sha256(blob, sizeof(blob), env.object);
	add(VOUCH_RECORD_ENV, &env, sizeof(env));
	add(VOUCH_RECORD_FACT, &kernel.facts[0], sizeof(kernel.facts[0]));
	add(VOUCH_RECORD_PROG, &prog, sizeof(prog));
	add(VOUCH_RECORD_FUNC, &func, sizeof(func));
	add(VOUCH_RECORD_INSNS, insn, sizeof(insn));
	fuzz_require(!vouch_capture_write_finish(&capture));
}

static void serve(void)
{
	char why[256] = "";
	int fds[2];

	if (connect_bridge(fds) < 0)
		return;
	if (vouch_session_serve(fds[0], &kernel, why, sizeof(why)))
		fuzz_require(why[0]);
	close(fds[0]);
	close(fds[1]);
}

static void dial(void)
{
	size_t len;
	char *volatile line = fuzz_line(&bridge, &len);

	uri = line;
	dials = 0;
	if (!setjmp(back))
		vouch_session_connect(uri, &kernel);
	if (far_end >= 0)
		close(far_end);
	far_end = -1;
	free(line);
}

static void add_option(void)
{
	struct vouch_option list[2];
	struct fuzz_input in = bridge;
	const char *why = NULL;
	size_t len;
	char *line = fuzz_line(&in, &len);
	u32 n = 0;

	if (vouch_options_add(list, &n, line, &why))
		fuzz_require(why);
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	u8 how;

	if (len > 65536)
		return 0;
	fuzz_quiet();
	make_kernel();
	bridge = (struct fuzz_input){ data, len };
	children = (struct fuzz_input){ NULL, 0 };
	how = fuzz_u8(&bridge);
	add_option();
	if (how & 1)
		dial();
	else
		serve();
	return 0;
}
