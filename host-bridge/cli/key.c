// SPDX-License-Identifier: BSD-2-Clause
/* vouch key */

#include <sys/stat.h>

#include "../keyfile.h"
#include "commands.h"
#include "output.h"

#define DEFAULT_NAME "vouch image key"

static int fail(const struct vouch_cli *cli, int err, const char *why)
{
	const char *dir = cli->argv[0];
	struct vouch_failure f;

	vouch_fail(&f, err,
		   err == -EIO ? VOUCH_EXIT_INTERNAL : VOUCH_EXIT_USAGE,
		   "make an image key in %s", dir);
	vouch_fail_why(&f, "%s (%s)", why, strerror(-err));
	vouch_fail_next(&f, "name an empty directory that only the signer may "
			    "read");
	return vouch_cli_fail(cli, &f);
}

static int run_new(struct vouch_cli *cli)
{
	const char *dir = cli->argv[0], *name = vouch_cli_option(cli, "cn");
	const char *why = "it cannot be made";
	int err = 0;

	if (mkdir(dir, 0700) && errno != EEXIST)
		err = -errno;
	if (!err)
		err = vouch_keyfile_new(dir, name ? name : DEFAULT_NAME, &why);
	if (err)
		return fail(cli, err, why);
	if (vouch_cli_json(cli)) {
		json_t *json =
			json_pack("{s:o, s:o}", "key",
				  json_sprintf("%s/" VOUCH_KEYFILE_KEY, dir),
				  "certificate",
				  json_sprintf("%s/" VOUCH_KEYFILE_CERT, dir));

		vouch_output_json(json);
		json_decref(json);
	} else {
		printf("key          %s/" VOUCH_KEYFILE_KEY "\n"
		       "certificate  %s/" VOUCH_KEYFILE_CERT "\n",
		       dir, dir);
	}
	return VOUCH_EXIT_OK;
}

static const struct vouch_cli_option new_options[] = {
	{ "cn", "NAME", "common name in the certificate (" DEFAULT_NAME ")" },
	{ NULL, NULL, NULL },
};

const struct vouch_cli_command vouch_key_commands[] = {
	{ .name = "new",
	  .operands = "DIR",
	  .summary = "Make an image key and its certificate",
	  .details =
		  "Writes DIR/image.key, which only the signer may have, and "
		  "DIR/image.der, which\ngoes into target profiles and into "
		  "the target's kernel.\n",
	  .min = 1,
	  .max = 1,
	  .options = new_options,
	  .run = run_new },
	{ .name = NULL },
};
