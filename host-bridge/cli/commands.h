/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The subcommands: one file each; main.c has the outermost table.
 */
#ifndef VOUCH_CLI_COMMANDS_H
#define VOUCH_CLI_COMMANDS_H

#include "command.h"

extern const struct vouch_cli_option vouch_submit_options[];
extern const struct vouch_cli_option vouch_deliver_options[];
extern const struct vouch_cli_option vouch_doctor_options[];
extern const struct vouch_cli_option vouch_inspect_options[];
extern const struct vouch_cli_option vouch_submission_options[];
extern const struct vouch_cli_option vouch_test_run_options[];
extern const struct vouch_cli_command vouch_target_commands[];
extern const struct vouch_cli_command vouch_map_commands[];
extern const struct vouch_cli_command vouch_key_commands[];

/* Each runs a command and returns the exit code. */
int vouch_submit_run(struct vouch_cli *cli);
int vouch_deliver_run(struct vouch_cli *cli);
int vouch_doctor_run(struct vouch_cli *cli);
int vouch_inspect_run(struct vouch_cli *cli);
int vouch_status_run(struct vouch_cli *cli);
int vouch_submission_run(struct vouch_cli *cli);
int vouch_test_run_run(struct vouch_cli *cli);

#endif /* VOUCH_CLI_COMMANDS_H */
