// SPDX-License-Identifier: BSD-2-Clause
/* vouch inspect */

#include "inspect.h"

#include <ctype.h>
#include <stdlib.h>

#include "../../common/bpf_names.h"
#include "../../common/hex.h"
#include "../disasm.h"
#include "commands.h"
#include "inspect_show.h"
#include "output.h"
#include "request.h"

const char *const vouch_feature_names[5] = { "rethunk", "retpoline", "ibt",
					     "la57", "call_depth" };
const char *const vouch_privilege_names[1] = { "perfmon" };
static const char *const map_flag_names[4] = { "frozen", "pinned", "internal",
					       "lock" };

const struct vouch_cli_option vouch_inspect_options[] = {
	{ "disassemble", NULL, "show the code, too" },
	{ "cert", "FILE", "check an image's signature with this certificate" },
	{ NULL, NULL, NULL },
};

json_t *vouch_inspect_bits(u32 bits, const char *const *names, size_t n)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < n; i++)
		if (bits & (1u << i))
			json_array_append_new(list, json_string(names[i]));
	return list;
}

json_t *vouch_inspect_map(const struct vouch_capture_map *map)
{
	return json_pack(
		"{s:s, s:s, s:I, s:I, s:I, s:I, s:o, s:I, s:I}", "name",
		map->name, "type", vouch_map_type_name(le32_to_cpu(map->type)),
		"key_size", (json_int_t)le32_to_cpu(map->key_size),
		"value_size", (json_int_t)le32_to_cpu(map->value_size),
		"max_entries", (json_int_t)le32_to_cpu(map->max_entries),
		"map_flags", (json_int_t)le32_to_cpu(map->map_flags), "flags",
		vouch_inspect_bits(le32_to_cpu(map->flags), map_flag_names, 4),
		"data_len", (json_int_t)le32_to_cpu(map->data_len), "extra",
		(json_int_t)le32_to_cpu(map->extra));
}

/* A branch's target, which the disassembler tells from the instruction on. */
static json_t *insn_text(const struct vouch_disasm_insn *insn, size_t off)
{
	bool branch = insn->mnemonic[0] == 'j' ||
		      !strcmp(insn->mnemonic, "call");

	if (branch && isdigit((unsigned char)insn->operands[0]))
		return json_sprintf("%s 0x%llx", insn->mnemonic,
				    strtoull(insn->operands, NULL, 0) + off);
	return json_sprintf("%s%s%s", insn->mnemonic,
			    insn->operands[0] ? " " : "", insn->operands);
}

json_t *vouch_inspect_code(u32 arch, const u8 *code, size_t len)
{
	struct vouch_disasm *d = vouch_disasm_new(arch);
	struct vouch_disasm_insn insn;
	json_t *list = json_array();
	size_t off = 0;

	while (d && off < len &&
	       !vouch_disasm_step(d, code + off, len - off, &insn)) {
		json_array_append_new(
			list,
			json_pack("{s:I, s:o, s:o}", "offset", (json_int_t)off,
				  "bytes", vouch_hex_json(code + off, insn.len),
				  "text", insn_text(&insn, off)));
		off += insn.len;
	}
	vouch_disasm_free(d);
	return list;
}

static json_t *inspect(const struct vouch_cli *cli,
		       const struct vouch_file_bytes *file,
		       const struct vouch_file_bytes *cert,
		       struct vouch_failure *f)
{
	bool code = vouch_cli_option(cli, "disassemble");

	if (file->len >= 8 && !memcmp(file->data, VOUCH_CAPTURE_MAGIC, 8))
		return vouch_inspect_capture(file, code, f);
	if (file->len >= SELFMAG && !memcmp(file->data, ELFMAG, SELFMAG))
		return vouch_inspect_image(file, code, cert, f);
	vouch_fail(f, -EINVAL, VOUCH_EXIT_USAGE, "inspect %s", file->path);
	vouch_fail_why(f, "it is neither an image nor a capture");
	vouch_fail_next(f, "name a file that vouchd stored");
	return NULL;
}

static int read_bytes(const char *path, struct vouch_file_bytes *file,
		      struct vouch_failure *f)
{
	void *data = NULL;

	file->path = path;
	file->data = NULL;
	if (path && vouch_request_file(path, &data, &file->len, f))
		return f->err;
	file->data = data;
	return 0;
}

/* A signature that was checked and is bad decides the exit code. */
static int show(const struct vouch_cli *cli, json_t *json)
{
	const json_t *good =
		json_object_get(json_object_get(json, "signature"), "good");
	const json_t *content = json_object_get(json, "content_ok");

	if (vouch_cli_json(cli))
		vouch_output_json(json);
	else
		vouch_inspect_show(json);
	if (json_is_false(content) ||
	    (vouch_cli_option(cli, "cert") && !json_is_true(good)))
		return VOUCH_EXIT_TRUST;
	return VOUCH_EXIT_OK;
}

int vouch_inspect_run(struct vouch_cli *cli)
{
	struct vouch_file_bytes file = { 0 }, cert = { 0 };
	struct vouch_failure f;
	json_t *json = NULL;
	int exit;

	if (!read_bytes(cli->argv[0], &file, &f) &&
	    !read_bytes(vouch_cli_option(cli, "cert"), &cert, &f))
		json = inspect(cli, &file, &cert, &f);
	exit = json ? show(cli, json) : vouch_cli_fail(cli, &f);
	json_decref(json);
	free((void *)file.data);
	free((void *)cert.data);
	return exit;
}
