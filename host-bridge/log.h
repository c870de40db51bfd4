/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The daemon's log: lines on standard error.
 *
 * Every message says what was tried, on what, why it failed, and, where
 * somebody can do something about it, what to do next.
 */
#ifndef VOUCH_LOG_H
#define VOUCH_LOG_H

#include <syslog.h>

/**
 * vouch_log_init() - set what is logged and under which name.
 * @process: name of this process, borrowed for good
 * @level: least important level that is written, as in syslog(3)
 */
void vouch_log_init(const char *process, int level);

/**
 * vouch_log_level() - read the name of a level.
 * @name: "error", "warning", "notice", "info" or "debug"
 *
 * Return: the level of syslog(3), or -EINVAL.
 */
int vouch_log_level(const char *name);

/**
 * vouch_log() - write one line.
 * @level: as in syslog(3)
 * @format: as in printf(3), without newline
 *
 * Bytes that are not printable ASCII are written as '?', since parts of many
 * messages come from guests.
 */
void vouch_log(int level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define vouch_error(...) vouch_log(LOG_ERR, __VA_ARGS__)
#define vouch_warning(...) vouch_log(LOG_WARNING, __VA_ARGS__)
#define vouch_notice(...) vouch_log(LOG_NOTICE, __VA_ARGS__)
#define vouch_info(...) vouch_log(LOG_INFO, __VA_ARGS__)
#define vouch_debug(...) vouch_log(LOG_DEBUG, __VA_ARGS__)

#endif /* VOUCH_LOG_H */
