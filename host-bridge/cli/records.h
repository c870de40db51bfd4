/* SPDX-License-Identifier: BSD-2-Clause */
/* vouch target map records, vouch target printed */
#ifndef VOUCH_CLI_RECORDS_H
#define VOUCH_CLI_RECORDS_H

#include "command.h"

extern const struct vouch_cli_option vouch_records_options[];
extern const struct vouch_cli_option vouch_printed_options[];

/**
 * vouch_records_run() - show the records that programs wrote to a map.
 * @cli: the invocation: target and map
 *
 * Return: the exit code.
 */
int vouch_records_run(struct vouch_cli *cli);

/**
 * vouch_printed_run() - show the lines that programs printed.
 * @cli: the invocation: target
 *
 * Return: the exit code.
 */
int vouch_printed_run(struct vouch_cli *cli);

#endif /* VOUCH_CLI_RECORDS_H */
