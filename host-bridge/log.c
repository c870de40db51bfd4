// SPDX-License-Identifier: BSD-2-Clause
/* Lines on standard error. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

#define MAX_LINE 2048

static const char *process_name = "vouchd";
static int max_level = LOG_INFO;

static const struct {
	const char *name;
	int level;
} levels[] = {
	{ "error", LOG_ERR },	  { "warning", LOG_WARNING },
	{ "notice", LOG_NOTICE }, { "info", LOG_INFO },
	{ "debug", LOG_DEBUG },
};

void vouch_log_init(const char *process, int level)
{
	process_name = process;
	max_level = level;
}

int vouch_log_level(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (!strcmp(levels[i].name, name))
			return levels[i].level;
	return -EINVAL;
}

static const char *level_name(int level)
{
	size_t i;

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (levels[i].level >= level)
			return levels[i].name;
	return "debug";
}

void vouch_log(int level, const char *format, ...)
{
	char line[MAX_LINE];
	va_list args;
	size_t i, n;
	int len;

	if (level > max_level)
		return;
	len = snprintf(line, sizeof(line), "%s: %s: ", process_name,
		       level_name(level));
	n = (size_t)len;
	va_start(args, format);
	len = vsnprintf(line + n, sizeof(line) - n - 1, format, args);
	va_end(args);
	if (len < 0)
		return;
	n += (size_t)len;
	if (n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	for (i = 0; i < n; i++)
		if (line[i] < ' ' || line[i] > '~')
			line[i] = '?';
	line[n++] = '\n';
	/* One write, so that lines of several processes do not mix. */
	if (write(STDERR_FILENO, line, n) < 0)
		return;
}
