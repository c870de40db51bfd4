// SPDX-License-Identifier: BSD-2-Clause
/* Finding a command in the tables, reading its options, showing its help. */

#include "command.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "output.h"

#define MAX_OPTIONS 24
#define HELP_COLUMN 26

static const struct vouch_cli_option global_options[] = {
	{ "endpoint", "URI",
	  "where vouchd listens: vsock://CID:PORT, unix:/path" },
	{ "timeout", "SECONDS", "how long to wait for an answer (300)" },
	{ "json", NULL, "write the result as JSON" },
	{ "help", NULL, "show help and end" },
	{ "version", NULL, "show the version and end" },
	{ NULL, NULL, NULL },
};

static void show_options(const char *title,
			 const struct vouch_cli_option *options)
{
	if (!options || !options->name)
		return;
	printf("\n%s:\n", title);
	for (; options->name; options++) {
		char text[64];

		snprintf(text, sizeof(text), "--%s%s%s", options->name,
			 options->arg ? " " : "",
			 options->arg ? options->arg : "");
		printf("  %-*s %s\n", HELP_COLUMN, text, options->help);
	}
}

static void show_help(const struct vouch_cli *cli)
{
	const struct vouch_cli_command *c = cli->command, *sub;

	printf("Usage: %s%s%s%s\n\n%s.\n", cli->path,
	       c->commands ? " COMMAND" : "", c->operands ? " " : "",
	       c->operands ? c->operands : "", c->summary);
	if (c->details)
		printf("\n%s", c->details);
	if (c->commands)
		printf("\nCommands:\n");
	for (sub = c->commands; sub && sub->name; sub++)
		printf("  %-*s %s\n", HELP_COLUMN, sub->name, sub->summary);
	show_options("Options", c->options);
	show_options("Options of every command", global_options);
}

const char *vouch_cli_option(const struct vouch_cli *cli, const char *name)
{
	int i;

	for (i = cli->n_given; i--;)
		if (!strcmp(cli->given[i].name, name))
			return cli->given[i].value;
	return NULL;
}

bool vouch_cli_give(struct vouch_cli *cli, const char *name, const char *value)
{
	if (cli->n_given == VOUCH_CLI_MAX_GIVEN)
		return false;
	cli->given[cli->n_given].name = name;
	cli->given[cli->n_given++].value = value;
	return true;
}

const char *vouch_cli_next(const struct vouch_cli *cli, const char *name,
			   int *at)
{
	while (*at < cli->n_given) {
		int i = (*at)++;

		if (!strcmp(cli->given[i].name, name))
			return cli->given[i].value;
	}
	return NULL;
}

int vouch_cli_number(const struct vouch_cli *cli, const char *name, u64 max,
		     u64 *number, struct vouch_failure *f)
{
	const char *text = vouch_cli_option(cli, name);
	char *end;

	if (!text)
		return 0;
	errno = 0;
	*number = strtoull(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && !errno && *number <= max)
		return 0;
	vouch_fail(f, -EINVAL, VOUCH_EXIT_USAGE, "read --%s %s", name, text);
	vouch_fail_why(f, "it is not a number from 0 to %llu",
		       (unsigned long long)max);
	return vouch_fail_next(f, "see %s --help", cli->path);
}

bool vouch_cli_json(const struct vouch_cli *cli)
{
	return vouch_cli_option(cli, "json");
}

int vouch_cli_fail(const struct vouch_cli *cli, const struct vouch_failure *f)
{
	char text[1024];

	if (vouch_cli_json(cli)) {
		json_t *json =
			json_pack("{s:o}", "error", vouch_failure_json(f));

		vouch_output_json(json);
		json_decref(json);
	}
	snprintf(text, sizeof(text), "cannot %s: %s%s%s", f->what, f->why,
		 f->remedy[0] ? "\n  " : "", f->remedy);
	fflush(stdout);
	fprintf(stderr, "vouch: %s", vouch_output_mark(stderr, VOUCH_MARK_BAD));
	vouch_output_text(stderr, text);
	fprintf(stderr, "%s\n", vouch_output_mark(stderr, VOUCH_MARK_NONE));
	return (int)f->exit;
}

int vouch_cli_misuse(const struct vouch_cli *cli, const char *why, ...)
{
	struct vouch_failure f;
	va_list ap;

	vouch_fail(&f, -EINVAL, VOUCH_EXIT_USAGE, "run \"%s\"", cli->path);
	vouch_fail_next(&f, "see %s --help", cli->path);
	va_start(ap, why);
	vsnprintf(f.why, sizeof(f.why), why, ap);
	va_end(ap);
	return vouch_cli_fail(cli, &f);
}

/* getopt's table from ours; returns how many. */
static int fill_flags(const struct vouch_cli_option *options,
		      struct option *flags, int n)
{
	for (; options && options->name && n < MAX_OPTIONS; options++, n++) {
		flags[n].name = options->name;
		flags[n].has_arg = options->arg ? required_argument
						: no_argument;
		flags[n].flag = NULL;
		flags[n].val = n;
	}
	memset(&flags[n], 0, sizeof(*flags));
	return n;
}

/* Read the options at one level of the tables; -1 if one is wrong. */
static int read_options(struct vouch_cli *cli)
{
	const struct vouch_cli_command *c = cli->command;
	struct option flags[MAX_OPTIONS + 1];
	int n = fill_flags(global_options, flags, 0), at;

	fill_flags(c->options, flags, n);
	opterr = 0;
	optind = 0;
	/* Above the last level options end where the next command is named. */
	while ((at = getopt_long(cli->argc, cli->argv, c->commands ? "+" : "",
				 flags, NULL)) != -1) {
		if (at < 0 || at >= MAX_OPTIONS || !flags[at].name ||
		    cli->n_given == VOUCH_CLI_MAX_GIVEN)
			return -1;
		cli->given[cli->n_given].name = flags[at].name;
		cli->given[cli->n_given++].value = optarg ? optarg : "";
	}
	cli->argc -= optind;
	cli->argv += optind;
	return 0;
}

static int descend(struct vouch_cli *cli)
{
	const struct vouch_cli_command *sub;
	size_t used = strlen(cli->path);

	for (sub = cli->command->commands; sub->name; sub++) {
		if (strcmp(sub->name, cli->argv[0]))
			continue;
		snprintf(cli->path + used, sizeof(cli->path) - used, " %s",
			 sub->name);
		cli->command = sub;
		return 0;
	}
	return -1;
}

static int check_operands(const struct vouch_cli *cli)
{
	const struct vouch_cli_command *c = cli->command;

	if (cli->argc < c->min)
		return vouch_cli_misuse(cli, "it needs %s", c->operands);
	if (c->max >= 0 && cli->argc > c->max)
		return vouch_cli_misuse(cli, "\"%s\" is one operand too many",
					cli->argv[c->max]);
	return 0;
}

int vouch_cli_main(const struct vouch_cli_command *root, int argc, char **argv)
{
	struct vouch_cli cli = { .command = root, .argc = argc, .argv = argv };

	snprintf(cli.path, sizeof(cli.path), "%s", root->name);
	for (;;) {
		if (read_options(&cli))
			return vouch_cli_misuse(&cli,
						"\"%s\" is no option of it, "
						"or lacks its argument",
						cli.argv[optind - 1]);
		if (vouch_cli_option(&cli, "version")) {
			puts("vouch " VOUCH_VERSION);
			return VOUCH_EXIT_OK;
		}
		if (vouch_cli_option(&cli, "help")) {
			/* "vouch --help target" is "vouch target --help". */
			while (cli.command->commands && cli.argc &&
			       !descend(&cli)) {
				cli.argc--;
				cli.argv++;
			}
			show_help(&cli);
			return VOUCH_EXIT_OK;
		}
		if (!cli.command->commands)
			break;
		if (!cli.argc)
			return vouch_cli_misuse(&cli, "no command is named");
		if (descend(&cli))
			return vouch_cli_misuse(&cli,
						"there is no command \"%s\"",
						cli.argv[0]);
	}
	return check_operands(&cli) ? VOUCH_EXIT_USAGE : cli.command->run(&cli);
}
