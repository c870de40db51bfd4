/* SPDX-License-Identifier: GPL-2.0-only */
/* Included ahead of everything: the prefix of our lines in the log. */
#define pr_fmt(fmt) "vouch_target: " fmt
