// SPDX-License-Identifier: BSD-2-Clause
/* vouch test-run */

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../common/hex.h"
#include "../crypto.h"
#include "commands.h"
#include "output.h"
#include "request.h"
#include "target.h"

#define MAX_REPEAT 1000000
#define MAX_CTX 8192 /* bytes */

const struct vouch_cli_option vouch_test_run_options[] = {
	{ "target", "NAME", "run on this target" },
	{ "on", "verifier", "run on the verifier VM" },
	{ "data-in", "FILE", "a packet; give it again for further packets" },
	{ "data-out", "FILE", "write the packets there, one behind the other" },
	{ "ctx-in", "FILE",
	  "the program's context, for every packet; or one for each" },
	{ "repeat", "N", "run each packet N times (1)" },
	{ "dump", NULL, "show all maps afterwards" },
	{ "dump-map", "NAME", "show this map afterwards" },
	{ "set", "NAME=VALUE", "on the verifier: as for submit" },
	{ "map-entries", "NAME=N", "on the verifier: as for submit" },
	{ "map-type", "NAME=TYPE", "on the verifier: as for submit" },
	{ "map-key-size", "NAME=N", "on the verifier: as for submit" },
	{ "map-value-size", "NAME=N", "on the verifier: as for submit" },
	{ NULL, NULL, NULL },
};

struct bytes {
	void *data;
	size_t len;
};

struct request {
	char *object; /* operand before the colon */
	const char *program; /* or NULL */
	const char *target; /* or NULL: the verifier */
	json_t *call;
	struct bytes packets, blob;
};

static int append(struct bytes *to, const void *data, size_t len,
		  struct vouch_failure *f)
{
	void *more = realloc(to->data, to->len + len + 1);

	if (!more)
		return vouch_fail(f, -ENOMEM, VOUCH_EXIT_INTERNAL,
				  "gather the packets");
	to->data = more;
	if (len)
		memcpy((char *)more + to->len, data, len);
	to->len += len;
	return 0;
}

/* A colon parts object and program, unless the whole names a file. */
static int split_operand(struct request *r, const char *operand,
			 struct vouch_failure *f)
{
	char *colon;

	r->object = strdup(operand);
	if (!r->object)
		return vouch_fail(f, -ENOMEM, VOUCH_EXIT_INTERNAL,
				  "read the operand");
	colon = access(operand, F_OK) ? strrchr(r->object, ':') : NULL;
	if (colon) {
		*colon = 0;
		r->program = colon + 1;
	}
	return 0;
}

static int read_packets(const struct vouch_cli *cli, struct request *r,
			struct vouch_failure *f)
{
	json_t *lengths = json_array();
	const char *path;
	int at = 0, err = 0;

	json_object_set_new(r->call, "packets", lengths);
	while (!err && (path = vouch_cli_next(cli, "data-in", &at))) {
		void *data;
		size_t len;

		err = vouch_request_file(path, &data, &len, f);
		if (err)
			break;
		err = append(&r->packets, data, len, f);
		json_array_append_new(lengths, json_integer((json_int_t)len));
		free(data);
	}
	return err;
}

static int add_ctx(json_t *list, const char *path, struct vouch_failure *f)
{
	void *data;
	size_t len;
	int err = vouch_request_file(path, &data, &len, f);

	if (err)
		return err;
	if (len <= MAX_CTX) {
		json_array_append_new(list, vouch_hex_json(data, len));
	} else {
		vouch_fail(f, -EFBIG, VOUCH_EXIT_USAGE,
			   "take the context from %s", path);
		err = vouch_fail_next(f, "name a file of at most %d bytes",
				      MAX_CTX);
	}
	free(data);
	return err;
}

/* Contexts alone, for programs that get no packet. */
static int no_packets(struct request *r, size_t n_ctxs, struct vouch_failure *f)
{
	json_t *lengths = json_object_get(r->call, "packets");

	while (json_array_size(lengths) < n_ctxs)
		json_array_append_new(lengths, json_integer(0));
	if (n_ctxs)
		return 0;
	vouch_fail(f, -EINVAL, VOUCH_EXIT_USAGE, "test-run %s", r->object);
	vouch_fail_why(f, "there is neither packet nor context");
	return vouch_fail_next(f, "name one with --data-in FILE or "
				  "--ctx-in FILE");
}

/* One for all packets, or one for each. */
static int read_ctx(const struct vouch_cli *cli, struct request *r,
		    struct vouch_failure *f)
{
	size_t n = json_array_size(json_object_get(r->call, "packets"));
	json_t *list = json_array();
	const char *path;
	int at = 0, err = 0;

	while (!err && (path = vouch_cli_next(cli, "ctx-in", &at)))
		err = add_ctx(list, path, f);
	if (!err && !n) {
		n = json_array_size(list);
		err = no_packets(r, n, f);
	}
	if (!err && json_array_size(list) == 1) {
		json_object_set(r->call, "ctx", json_array_get(list, 0));
	} else if (!err && json_array_size(list) == n) {
		json_object_set(r->call, "ctx", list);
	} else if (!err && json_array_size(list)) {
		vouch_fail(f, -EINVAL, VOUCH_EXIT_USAGE, "test-run %s",
			   r->object);
		vouch_fail_why(f, "there are %zu contexts and %zu packets",
			       json_array_size(list), n);
		err = vouch_fail_next(f, "give --ctx-in once, or once for each "
					 "--data-in");
	}
	json_decref(list);
	return err;
}

/* All maps, or a list of names. */
static json_t *maps_to_dump(const struct vouch_cli *cli)
{
	const char *name;
	json_t *names;
	int at = 0;

	if (vouch_cli_option(cli, "dump"))
		return json_true();
	names = json_array();
	while ((name = vouch_cli_next(cli, "dump-map", &at)))
		json_array_append_new(names, json_string(name));
	return names;
}

static int read_request(const struct vouch_cli *cli, struct request *r,
			struct vouch_failure *f)
{
	u64 repeat = 1;
	int err = split_operand(r, cli->argv[0], f);

	r->target = vouch_cli_option(cli, "target");
	r->call = json_object();
	if (!err)
		err = read_packets(cli, r, f);
	if (!err)
		err = read_ctx(cli, r, f);
	if (!err)
		err = vouch_cli_number(cli, "repeat", MAX_REPEAT, &repeat, f);
	if (err)
		return err;
	if (r->program)
		json_object_set_new(r->call, "program",
				    json_string(r->program));
	json_object_set_new(r->call, "repeat",
			    json_integer((json_int_t)repeat));
	json_object_set_new(r->call, "dump", maps_to_dump(cli));
	return 0;
}

/* For the verifier the object goes along, before the packets. */
static int ask_verifier(const struct vouch_cli *cli, struct request *r,
			struct vouch_failure *f)
{
	json_t *options = NULL;
	void *object = NULL;
	size_t len;
	int err = vouch_request_options(cli, &options, f);

	if (!err)
		err = vouch_request_file(r->object, &object, &len, f);
	if (!err)
		err = append(&r->blob, object, len, f);
	if (!err)
		err = append(&r->blob, r->packets.data, r->packets.len, f);
	if (!err) {
		json_object_set_new(r->call, "method", json_string("test-run"));
		json_object_set_new(r->call, "on", json_string("verifier"));
		json_object_set_new(r->call, "name",
				    json_string(vouch_request_name(r->object)));
		json_object_set(r->call, "options", options);
		json_object_set_new(r->call, "object_len",
				    json_integer((json_int_t)len));
	}
	json_decref(options);
	free(object);
	return err;
}

static int hash_object(const struct request *r,
		       char hex[2 * VOUCH_HASH_LEN + 1],
		       struct vouch_failure *f)
{
	u8 hash[VOUCH_HASH_LEN];
	void *object;
	size_t len;
	int err = vouch_request_file(r->object, &object, &len, f);

	if (err)
		return err;
	err = vouch_sha256(object, len, hash);
	free(object);
	if (err)
		return vouch_fail(f, err, VOUCH_EXIT_INTERNAL, "hash %s",
				  r->object);
	vouch_hex_write(hash, sizeof(hash), hex);
	return 0;
}

/* The loaded image of which a member is @value; how many there are. */
static int match(const json_t *images, const char *key, const char *value,
		 const char **name)
{
	const json_t *it;
	size_t i;
	int n = 0;

	json_array_foreach(images, i, it) {
		if (strcmp(vouch_json_string(it, key), value))
			continue;
		*name = vouch_json_string(it, "name");
		n++;
	}
	return n;
}

static int find_image(struct request *r, const json_t *images,
		      struct vouch_failure *f)
{
	char hex[2 * VOUCH_HASH_LEN + 1];
	const char *name;
	int n, err;

	/* No such file: an image by name or hash, which the target knows. */
	if (access(r->object, F_OK)) {
		json_object_set_new(r->call, "image", json_string(r->object));
		return 0;
	}
	err = hash_object(r, hex, f);
	if (err)
		return err;
	n = match(images, "object", hex, &name);
	if (!n)
		n = match(images, "object_name", vouch_request_name(r->object),
			  &name);
	if (n == 1) {
		json_object_set_new(r->call, "image", json_string(name));
		return 0;
	}
	vouch_fail(f, n ? -ENOTUNIQ : -ENOENT, VOUCH_EXIT_REFUSED,
		   "find the image of %s on the target %s", r->object,
		   r->target);
	vouch_fail_why(f, n ? "several loaded images were made from it"
			    : "no loaded image was made from it");
	return vouch_fail_next(f, n ? "name one that \"vouch target show\" "
				      "lists"
				    : "submit it to that target first");
}

static int ask_target(const struct vouch_cli *cli, struct request *r)
{
	struct vouch_message msg;
	struct vouch_failure f;
	int exit = vouch_target_call(cli, r->target, "show", NULL, &msg);

	if (exit)
		return exit;
	if (find_image(r, json_object_get(msg.json, "images"), &f))
		exit = vouch_cli_fail(cli, &f);
	vouch_message_release(&msg);
	json_object_set_new(r->call, "method", json_string("target.test-run"));
	json_object_set_new(r->call, "target", json_string(r->target));
	return exit;
}

static int write_out(const char *path, const u8 *data, size_t len,
		     struct vouch_failure *f)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int err = fd < 0 ? -errno : 0;

	while (!err && len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno != EINTR)
			err = -errno;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	if (fd >= 0 && close(fd) && !err)
		err = -errno;
	if (!err)
		return 0;
	vouch_fail(f, err, VOUCH_EXIT_USAGE, "write the packets to %s", path);
	return vouch_fail_next(f, "name another file with --data-out");
}

static void show(const json_t *result)
{
	json_t *rows = json_array(), *it;
	const json_t *maps = json_object_get(result, "maps"), *entries;
	const char *name;
	size_t i;

	json_array_foreach(json_object_get(result, "runs"), i, it)
		json_array_append_new(
			rows, json_pack("[o, o, o, o]", json_sprintf("%zu", i),
					vouch_json_text(it, "retval"),
					vouch_json_text(it, "data_len"),
					vouch_json_text(it, "duration_ns")));
	vouch_output_table(json_pack("[s, s, s, s]", "PACKET", "RETURN",
				     "LENGTH", "NANOSECONDS"),
			   rows);
	json_object_foreach((json_t *)maps, name, entries) {
		printf("\nmap ");
		vouch_output_text(stdout, name);
		putchar('\n');
		json_array_foreach(entries, i, it) {
			printf("key: ");
			vouch_output_hex(vouch_json_string(it, "key"));
			printf("  value: ");
			vouch_output_hex(vouch_json_string(it, "value"));
			putchar('\n');
		}
	}
}

static int run(const struct vouch_cli *cli, struct request *r)
{
	const struct bytes *blob = r->target ? &r->packets : &r->blob;
	const char *out = vouch_cli_option(cli, "data-out");
	struct vouch_message msg;
	struct vouch_failure f;
	int exit = vouch_service_call(cli, json_incref(r->call), blob->data,
				      blob->len, &msg);

	if (exit)
		return exit;
	if (out && write_out(out, msg.blob, msg.blob_len, &f))
		exit = vouch_cli_fail(cli, &f);
	else if (vouch_cli_json(cli))
		vouch_output_json(msg.json);
	else
		show(msg.json);
	vouch_message_release(&msg);
	return exit;
}

int vouch_test_run_run(struct vouch_cli *cli)
{
	const char *on = vouch_cli_option(cli, "on");
	struct request r = { 0 };
	struct vouch_failure f;
	int exit = VOUCH_EXIT_OK;

	if (!on == !vouch_cli_option(cli, "target") ||
	    (on && strcmp(on, "verifier")))
		return vouch_cli_misuse(cli, "it needs either --target NAME or "
					     "--on verifier");
	if (read_request(cli, &r, &f) || (on && ask_verifier(cli, &r, &f)))
		exit = vouch_cli_fail(cli, &f);
	else if (!on)
		exit = ask_target(cli, &r);
	if (!exit)
		exit = run(cli, &r);
	json_decref(r.call);
	free(r.object);
	free(r.packets.data);
	free(r.blob.data);
	return exit;
}
