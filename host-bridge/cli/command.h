/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Subcommands: nested constant tables, from which parsing and --help follow.
 */
#ifndef VOUCH_CLI_COMMAND_H
#define VOUCH_CLI_COMMAND_H

#include "../../common/failure.h"

#define VOUCH_CLI_MAX_GIVEN 64

struct vouch_cli_option {
	const char *name; /* without dashes; NULL ends a table */
	const char *arg; /* what its argument is called, or NULL */
	const char *help;
};

struct vouch_cli;

struct vouch_cli_command {
	const char *name; /* NULL ends a table */
	const char *operands;
	const char *summary;
	const char *details; /* more lines of help, or NULL */
	int min, max; /* operands; max -1: any number */
	const struct vouch_cli_option *options;
	const struct vouch_cli_command *commands; /* or else run() */
	int (*run)(struct vouch_cli *cli); /* returns the exit code */
};

/* One invocation. */
struct vouch_cli {
	const struct vouch_cli_command *command;
	char path[96]; /* as in "vouch target map get" */
	int argc;
	char **argv; /* operands */
	struct {
		const char *name, *value;
	} given[VOUCH_CLI_MAX_GIVEN];
	int n_given;
};

/**
 * vouch_cli_main() - find the command in the tables and run it.
 * @root: the table's root
 * @argc: of main()
 * @argv: of main()
 *
 * Return: the exit code.
 */
int vouch_cli_main(const struct vouch_cli_command *root, int argc, char **argv);

/**
 * vouch_cli_option() - what an option was given.
 * @cli: the invocation
 * @name: of the option, without dashes
 *
 * Return: the last value, "" for one without argument, NULL if not given.
 */
const char *vouch_cli_option(const struct vouch_cli *cli, const char *name);

/**
 * vouch_cli_give() - have an option as if it had been given last.
 * @cli: the invocation; --@cli->n_given takes it away again
 * @name: of the option, without dashes; borrowed
 * @value: its value; borrowed
 *
 * Return: true, or false if there is no room.
 */
bool vouch_cli_give(struct vouch_cli *cli, const char *name, const char *value);

/**
 * vouch_cli_next() - each value of an option that may be given repeatedly.
 * @cli: the invocation
 * @name: of the option
 * @at: 0 at first; where to go on
 *
 * Return: the next value, or NULL behind the last.
 */
const char *vouch_cli_next(const struct vouch_cli *cli, const char *name,
			   int *at);

/**
 * vouch_cli_number() - the number that an option was given.
 * @cli: the invocation
 * @name: of the option
 * @max: greatest value
 * @number: holds the default; set to the number
 * @f: filled on error
 *
 * Return: 0 or -EINVAL.
 */
int vouch_cli_number(const struct vouch_cli *cli, const char *name, u64 max,
		     u64 *number, struct vouch_failure *f);

/**
 * vouch_cli_json() - is the result wanted as JSON?
 * @cli: the invocation
 *
 * Return: true if --json was given.
 */
bool vouch_cli_json(const struct vouch_cli *cli);

/**
 * vouch_cli_fail() - report a failure.
 * @cli: the invocation
 * @f: the failure
 *
 * Standard error gets it in words; with --json standard output gets it too.
 *
 * Return: its exit code.
 */
int vouch_cli_fail(const struct vouch_cli *cli, const struct vouch_failure *f);

/**
 * vouch_cli_misuse() - report a wrong command line.
 * @cli: the invocation
 * @why: what is wrong with it, as a format
 *
 * Return: the exit code of wrong usage.
 */
int vouch_cli_misuse(const struct vouch_cli *cli, const char *why, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* VOUCH_CLI_COMMAND_H */
