// SPDX-License-Identifier: BSD-2-Clause
/*
 * The command line against a vouchd that answers whatever it likes.
 *
 * The first byte of an input says which command runs; the rest is lines, one
 * for each frame: a letter for the frame's type, a capital if a blob goes with
 * it, and the frame's JSON. A line "-" ends a connection; the command's next
 * one gets the lines behind it. Each connection is welcomed, unless its first
 * line is "!".
 *
 * Parser: host-bridge/cli/service.c host-bridge/cli/verdict.c
 * Parser: host-bridge/cli/status.c host-bridge/cli/submit.c
 * Parser: host-bridge/cli/deliver.c host-bridge/cli/target.c
 * Parser: host-bridge/cli/map.c host-bridge/cli/test_run.c
 * Parser: host-bridge/cli/output.c host-bridge/cli/data.c
 * Parser: host-bridge/cli/records.c host-bridge/cli/submission.c
 * Parser: host-bridge/cli/target_profile.c
 */

#include "fuzz.h"

#include <ctype.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../../common/dial.h"
#include "../../common/frame.h"
#include "file.h"
#include "profile_load.h"
#include "quiet.h"

#include "../unit/bridge_fixture.h"

#define main vouch_main
#include "cli/main.c"
#undef main

#define MAX_ARGS 12

static struct fuzz_input script;
static bool terminal;

/* vouchd's ends of the connections. */
#define MAX_ENDS 64
static int ends[MAX_ENDS], n_ends;

/* ---- in place of the world ---- */

int isatty(int fd)
{
	(void)fd;
	return terminal;
}

int vouch_file_get(int dir_fd, const char *name, size_t max, void **data,
		   size_t *len)
{
	(void)dir_fd;
	(void)max;
	if (!strcmp(name, "missing"))
		return -ENOENT;
	*len = 8;
	*data = strdup("contents");
	return 0;
}

int vouch_file_put(int dir_fd, const char *name, const void *data, size_t len)
{
	(void)dir_fd;
	(void)name;
	fuzz_touch(data, len);
	return 0;
}

int nanosleep(const struct timespec *time, struct timespec *remaining)
{
	(void)time;
	(void)remaining;
	return 0;
}

/* A file that commands read by its name: it stays open. */
static char config_path[32];

static void make_config(void)
{
	static const char text[] =
		"{\"state_dir\": \"/s\", \"socket\": \"/s/sock\", "
		"\"key\": \"/k\", \"cert\": \"/c\", \"profile_certs\": [\"/r\"], "
		"\"vms\": [{\"name\": \"demo\", \"role\": \"target\", "
		"\"cid\": 4, \"vsock\": \"/v4\", \"profile\": \"/p\", "
		"\"slots\": [\"a\"]}]}";
	int fd = memfd_create("config", 0);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	snprintf(config_path, sizeof(config_path), "/proc/self/fd/%d", fd);
}

int vouch_profile_load(const char *path, const char *const *certs, u32 n_certs,
		       struct vouch_profile **profile, char *why,
		       size_t why_size)
{
	static struct fixture f;

	(void)certs;
	(void)n_certs;
	if (!f.n_funcs)
		fixture_init(&f);
	snprintf(why, why_size, "%s", path);
	if (!strcmp(path, "./missing"))
		return -EKEYREJECTED;
	return profile_of_json(f.profile, profile, why, why_size);
}

static void put(int fd, const void *data, size_t len)
{
	if (len && send(fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		shutdown(fd, SHUT_WR);
}

static void put_frame(int fd, enum vouch_frame_type type, u32 id,
		      const char *json, size_t len, u32 blob_len)
{
	static const u8 blob[64];
	struct vouch_frame_head head;

	vouch_frame_head_init(&head, type, id, (u32)len, blob_len);
	put(fd, &head, sizeof(head));
	put(fd, json, len);
	put(fd, blob, blob_len);
}

/* Everything that vouchd says on one connection, at once. */
static void answer(int fd)
{
	u32 id = 1;
	bool first = true;

	while (script.left) {
		size_t len;
		char *line = fuzz_line(&script, &len);
		bool over = len == 1 && *line == '-';
		enum vouch_frame_type type =
			len ? (enum vouch_frame_type)(tolower(*line) - 'a')
			    : VOUCH_FRAME_RESULT;

		if (first && *line != '!')
			put_frame(fd, VOUCH_FRAME_WELCOME, id++, "{}", 2, 0);
		first = false;
		if (len && !over)
			put_frame(fd, type, id, line + 1, len - 1,
				  isupper(*line) ? 64 : 0);
		free(line);
		if (over)
			break;
		if (type != VOUCH_FRAME_PROGRESS)
			id++;
	}
}

int vouch_dial(const struct vouch_endpoint *ep, int timeout_ms,
	       const char **why)
{
	const int room = 1 << 20;
	int fds[2];

	(void)ep;
	(void)timeout_ms;
	*why = "try again";
	if (!script.left || socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		return -ECONNREFUSED;
	setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	answer(fds[1]);
	/* It reads nothing, but does not reset before the command is done. */
	shutdown(fds[1], SHUT_WR);
	if (n_ends < MAX_ENDS)
		ends[n_ends++] = fds[1];
	else
		close(fds[1]);
	return fds[0];
}

/* ---- the commands ---- */

static const char *const commands_lines[][MAX_ARGS] = {
	{ "status" },
	{ "status", "--json" },
	{ "submit", "a.o" },
	{ "submit", "a.o", "b.o", "--set", "x=1", "--map-entries", "m=2" },
	{ "submit", "a.o", "--json", "--target", "demo", "--slot", "s" },
	{ "deliver", "a.ko" },
	{ "deliver", "a.ko", "b.ko", "--json", "--target", "demo" },
	{ "target", "list" },
	{ "target", "show", "demo" },
	{ "target", "progs", "demo" },
	{ "target", "attach", "demo", "p", "xdp:eth0" },
	{ "target", "detach", "demo", "p", "xdp:eth0", "--json" },
	{ "target", "unload", "demo", "vouch_0123456789abcdef" },
	{ "target", "map", "list", "demo" },
	{ "target", "map", "dump", "demo", "m" },
	{ "target", "map", "dump", "demo", "m", "--json" },
	{ "target", "map", "get", "demo", "m", "key", "1", "2", "3", "4" },
	{ "target", "map", "set", "demo", "m", "key", "1", "value", "hex", "01",
	  "any" },
	{ "target", "map", "delete", "demo", "m", "key", "0x1" },
	{ "test-run", "a.o", "--on", "verifier", "--data-in", "p", "--dump" },
	{ "test-run", "a.o:prog", "--target", "demo", "--data-in", "p",
	  "--ctx-in", "c", "--data-out", "/dev/null" },
	{ "test-run", "/dev/null", "--target", "demo", "--data-in", "p" },
	{ "status", "--timeout", "1", "--endpoint", "tls://a:1" },
	{ "submission", "7", "--log" },
	{ "submission", "7", "--json" },
	{ "submission", "none" },
	{ "target", "map", "records", "demo", "m" },
	{ "target", "map", "records", "demo", "m", "--count", "3", "--raw" },
	{ "target", "map", "records", "demo", "m", "--json", "--follow" },
	{ "target", "printed", "demo" },
	{ "target", "printed", "demo", "--json" },
	{ "target", "check", "demo", "--config", "CONFIG" },
	{ "target", "check", "demo", "--json", "--profile", "./p", "--config",
	  "CONFIG" },
	{ "target", "show", "./p", "--config", "CONFIG" },
	{ "target", "show", "./missing", "--json", "--config", "CONFIG" },
};

#define N_LINES (sizeof(commands_lines) / sizeof(*commands_lines))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *argv[MAX_ARGS + 2] = { "vouch" };
	const char *const *line;
	int argc = 1;
	u8 how;

	if (len > 32768)
		return 0;
	fuzz_quiet();
	if (!config_path[0])
		make_config();
	setenv("VOUCH_ENDPOINT", "unix:/fuzz", 1);
	script = (struct fuzz_input){ data, len };
	how = fuzz_u8(&script);
	terminal = how & 128;
	line = commands_lines[how % 128 % N_LINES];
	while (argc <= MAX_ARGS && line[argc - 1]) {
		argv[argc] = strdup(strcmp(line[argc - 1], "CONFIG")
					    ? line[argc - 1]
					    : config_path);
		argc++;
	}
	vouch_main(argc, argv);
	while (argc > 1)
		free(argv[--argc]);
	while (n_ends)
		close(ends[--n_ends]);
	return 0;
}
