// SPDX-License-Identifier: BSD-2-Clause
/* vouch: the command line of developers and operators. */

#include "commands.h"

static const struct vouch_cli_command commands[] = {
	{ .name = "submit",
	  .operands = "OBJECT...",
	  .summary = "Submit eBPF objects: verify, link, sign and deliver them",
	  .details = "The exit code is that of the first object that did not "
		     "get through.\n",
	  .min = 1,
	  .max = -1,
	  .options = vouch_submit_options,
	  .run = vouch_submit_run },
	{ .name = "deliver",
	  .operands = "IMAGE...",
	  .summary = "Deliver signed images that lie in files",
	  .details = "The slot is the one that the image is signed for. The "
		     "exit code is that of\nthe first image that did not get "
		     "through.\n",
	  .min = 1,
	  .max = -1,
	  .options = vouch_deliver_options,
	  .run = vouch_deliver_run },
	{ .name = "inspect",
	  .operands = "FILE",
	  .summary = "Show what an image or a capture holds",
	  .min = 1,
	  .max = 1,
	  .options = vouch_inspect_options,
	  .run = vouch_inspect_run },
	{ .name = "status",
	  .summary = "Show vouchd, its verifier VMs and its targets",
	  .run = vouch_status_run },
	{ .name = "submission",
	  .operands = "NUMBER",
	  .summary = "Show what became of a submission",
	  .details = "For whoever lost the connection to vouchd. The exit code "
		     "is that of the\nverdict, or 4 while there is none.\n",
	  .min = 1,
	  .max = 1,
	  .options = vouch_submission_options,
	  .run = vouch_submission_run },
	{ .name = "doctor",
	  .summary = "Find what is amiss, and say what mends it",
	  .details = "It looks at configuration, service, host, VMs, targets, "
		     "keys, disk, clocks and\nversions; also when vouchd is "
		     "down. The exit code is 0 if nothing is a problem.\n",
	  .options = vouch_doctor_options,
	  .run = vouch_doctor_run },
	{ .name = "target",
	  .summary =
		  "Show targets, attach, detach and unload programs, use maps",
	  .commands = vouch_target_commands },
	{ .name = "test-run",
	  .operands = "OBJECT[:PROGRAM]",
	  .summary =
		  "Run a program on given packets, on a target or the verifier",
	  .details =
		  "On a target the program of the loaded image runs that was "
		  "made\nfrom the object, found by its SHA-256 or else its "
		  "name; the name\nor content hash of an image may stand in its "
		  "place. On the verifier\nthe object itself is sent.\n",
	  .min = 1,
	  .max = 1,
	  .options = vouch_test_run_options,
	  .run = vouch_test_run_run },
	{ .name = "key",
	  .summary = "Make keys",
	  .commands = vouch_key_commands },
	{ .name = NULL },
};

static const struct vouch_cli_command root = {
	.name = "vouch",
	.summary =
		"Run eBPF programs on devices whose kernel cannot verify them",
	.commands = commands,
};

int main(int argc, char **argv)
{
	return vouch_cli_main(&root, argc, argv);
}
