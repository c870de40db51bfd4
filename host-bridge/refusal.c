// SPDX-License-Identifier: BSD-2-Clause
/* Why the bridge refuses something, and where. */

#include <stdarg.h>
#include <stdio.h>

#include "refusal.h"

static int refuse(struct vouch_refusal *why, const char *program,
		  const char *fmt, va_list ap)
{
	char *p;

	memset(why, 0, sizeof(*why));
	snprintf(why->program, sizeof(why->program), "%s", program);
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
	for (p = why->text; *p; p++)
		if (*p < ' ' || *p >= 0x7f)
			*p = '?';
	return -EPERM;
}

int vouch_refuse(struct vouch_refusal *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	refuse(why, "", fmt, ap);
	va_end(ap);
	return -EPERM;
}

int vouch_refuse_prog(struct vouch_refusal *why, const char *program,
		      const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	refuse(why, program, fmt, ap);
	va_end(ap);
	return -EPERM;
}

int vouch_refuse_code(struct vouch_refusal *why, const char *program,
		      u32 function, u32 offset, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	refuse(why, program, fmt, ap);
	va_end(ap);
	why->function = function;
	why->offset = offset;
	why->at_code = true;
	return -EPERM;
}

void vouch_refusal_format(const struct vouch_refusal *why, char *buf,
			  size_t size)
{
	if (why->at_code)
		snprintf(buf, size, "%s: function %u+0x%x: %s", why->program,
			 why->function, why->offset, why->text);
	else if (why->program[0])
		snprintf(buf, size, "%s: %s", why->program, why->text);
	else
		snprintf(buf, size, "%s", why->text);
}
