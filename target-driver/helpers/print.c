// SPDX-License-Identifier: GPL-2.0-only
/*
 * Formats, with the meaning of bpf_bprintf_prepare() and bstr_printf(), which
 * a kernel without BPF and binary printf has not. Each conversion is given to
 * snprintf() by itself, so that numbers look as the kernel's.
 */

#include <linux/align.h>
#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "helpers/memory.h"
#include "helpers/print.h"

#define MAX_WIDTH 9999999u /* snprintf() cuts it to its own greatest */

/* One conversion: "%[flags][width]", and what is converted. */
struct conversion {
	char spec[24]; /* for snprintf() */
	char kind; /* d, u, x, X, c, s; p: a pointer; t: a text of its own */
	char from; /* of s and t: s, k, u, B, i or I */
	u8 size; /* of numbers and pointers, bytes */
	u8 ip; /* 4 or 6 */
	const char *end; /* behind it */
};

static vouch_untraced bool ends_word(char c)
{
	return !c || isspace(c) || ispunct(c);
}

/* "%-08", whatever the order in the format was; NULL is no error here. */
static vouch_untraced const char *parse_width(const char *p, char *spec,
					      size_t room)
{
	bool zero = false, plus = false, minus = false, blank = false;
	u32 width = 0;

	for (;; p++) {
		if (*p == '0')
			zero = true;
		else if (*p == '+')
			plus = true;
		else if (*p == '-')
			minus = true;
		else if (*p == ' ')
			blank = true;
		else
			break;
	}
	for (; isdigit(*p); p++)
		width = min(width * 10 + (*p - '0'), MAX_WIDTH);
	scnprintf(spec, room, "%%%s%s%s%s", zero ? "0" : "", plus ? "+" : "",
		  minus ? "-" : "", blank ? " " : "");
	if (width)
		scnprintf(spec + strlen(spec), room - strlen(spec), "%u",
			  width);
	return p;
}

static vouch_untraced int finish(struct conversion *c, const char *conv,
				 char kind, const char *end)
{
	strlcat(c->spec, conv, sizeof(c->spec));
	c->kind = kind;
	c->end = end;
	return 0;
}

/* A string that is copied as it is: of "%pks", "%pB", "%pI4" and their like. */
static vouch_untraced int text(struct conversion *c, char from, const char *end)
{
	c->from = from;
	return finish(c, "s", 't', end);
}

static vouch_untraced int parse_pointer(const char *p, struct conversion *c)
{
	char conv[] = { 'p', p[1], 0 };

	c->size = sizeof(long);
	if (ends_word(p[1])) {
		conv[1] = 0;
		return finish(c, conv, 'p', p + 1);
	}
	if ((p[1] == 'k' || p[1] == 'u') && p[2] == 's')
		return ends_word(p[3]) ? text(c, p[1], p + 3) : -EINVAL;
	if (p[1] == 'K' || p[1] == 'x' || p[1] == 's' || p[1] == 'S')
		return finish(c, conv, 'p', p + 2);
	if (p[1] == 'B')
		return text(c, 'B', p + 2);
	if ((p[1] != 'i' && p[1] != 'I') || (p[2] != '4' && p[2] != '6'))
		return -EINVAL;
	c->ip = p[2] - '0';
	return text(c, p[1], p + 3);
}

static vouch_untraced int parse_number(const char *p, struct conversion *c)
{
	char conv[] = "lld";

	c->size = sizeof(int);
	if (*p == 'l') {
		c->size = sizeof(long);
		p++;
	}
	if (*p == 'l')
		p++;
	if (*p != 'i' && *p != 'd' && *p != 'u' && *p != 'x' && *p != 'X')
		return -EINVAL;
	conv[2] = *p;
	return finish(c, c->size == sizeof(int) ? conv + 2 : conv,
		      *p == 'i' ? 'd' : *p, p + 1);
}

/* @p is behind the per cent sign. */
static vouch_untraced int parse(const char *p, struct conversion *c)
{
	memset(c, 0, sizeof(*c));
	if (!isascii((unsigned char)*p))
		return -EINVAL;
	p = parse_width(p, c->spec, sizeof(c->spec));
	switch (*p) {
	case 'p':
		return parse_pointer(p, c);
	case 's':
		c->from = 's';
		return ends_word(p[1]) ? finish(c, "s", 's', p + 1) : -EINVAL;
	case 'c':
		return finish(c, "c", 'c', p + 1);
	default:
		return parse_number(p, c);
	}
}

/* ---- arguments --------------------------------------------------------- */

static vouch_untraced long copy_string(char from, char *to, u32 room, u64 at)
{
	*to = 0;
	if (from == 'u' || (from == 's' && at < TASK_SIZE))
		return vouch_memory_read_user_text(to, room, at);
	return vouch_memory_read_text(to, room, at);
}

static vouch_untraced int print_ip(const struct conversion *c, char *to,
				   u32 room, u64 at)
{
	char spec[] = { '%', 'p', c->from, '0' + c->ip, 0 };
	u32 len = c->ip == 4 ? 4 : 16;
	u8 ip[16];

	if (room < len)
		return -ENOSPC;
	vouch_memory_read(ip, len, at);
	return snprintf(to, room, spec, ip) + 1;
}

/* Bytes that the argument takes of the room for them, or an error. */
static vouch_untraced long fetch_text(const struct conversion *c, char *to,
				      u32 room, u64 raw)
{
	long len;

	if (c->from == 'B')
		return snprintf(to, room, "%pB", (void *)(long)raw) + 1;
	if (c->ip)
		return print_ip(c, to, room, raw);
	if (!room)
		return -ENOSPC;
	len = copy_string(c->from, to, room, raw);
	if (len < 0) {
		*to = 0;
		return 1;
	}
	return len;
}

/*
 * As the kernel, that puts all arguments into one buffer: what does not fit
 * there is an error, also where it would fit here.
 */
static vouch_untraced int fetch(const struct conversion *c, u64 raw,
				struct vouch_print_args *args, u32 i, u32 *used)
{
	long len;

	if (c->kind == 'c') {
		if (*used == VOUCH_PRINT_MAX_TEXTS)
			return -ENOSPC;
		args->values[i] = (u8)raw;
		++*used;
		return 0;
	}
	if (c->kind != 's' && c->kind != 't') {
		*used = ALIGN(*used, sizeof(u32));
		if (*used + c->size > VOUCH_PRINT_MAX_TEXTS)
			return -ENOSPC;
		args->values[i] = raw;
		*used += c->size;
		return 0;
	}
	len = fetch_text(c, args->texts + *used, VOUCH_PRINT_MAX_TEXTS - *used,
			 raw);
	if (len < 0)
		return len;
	args->values[i] = *used;
	*used = min_t(u32, *used + len, VOUCH_PRINT_MAX_TEXTS);
	return 0;
}

vouch_untraced int vouch_print_prepare(const char *fmt, u32 fmt_size,
				       const u64 *raw, u32 n,
				       struct vouch_print_args *args)
{
	const char *p, *end = strnchr(fmt, fmt_size, 0);
	struct conversion c;
	u32 i = 0, used = 0;
	int err;

	if (!end)
		return -EINVAL;
	for (p = fmt; p < end;) {
		unsigned char at = *p;

		if (isascii(at) && !isprint(at) && !isspace(at))
			return -EINVAL;
		if (at != '%' || p[1] == '%') {
			p += at == '%' ? 2 : 1;
			continue;
		}
		if (i >= n)
			return -EINVAL;
		err = parse(p + 1, &c);
		if (!err)
			err = fetch(&c, raw[i], args, i, &used);
		if (err)
			return err;
		i++;
		p = c.end;
	}
	return 0;
}

/* ---- text -------------------------------------------------------------- */

static vouch_untraced int convert(char *out, u32 room,
				  const struct conversion *c,
				  const struct vouch_print_args *args, u32 i)
{
	u64 value = args->values[i];

	switch (c->kind) {
	case 's':
		return snprintf(out, room, c->spec, args->texts + value);
	case 't':
		return snprintf(out, room, "%s", args->texts + value);
	case 'p':
		return snprintf(out, room, c->spec, (void *)(long)value);
	default:
		return c->size == sizeof(int) || c->kind == 'c'
			       ? snprintf(out, room, c->spec, (int)value)
			       : snprintf(out, room, c->spec, value);
	}
}

static vouch_untraced void put(char *out, u32 room, u32 at, char c)
{
	if (at < room)
		out[at] = c;
}

vouch_untraced int vouch_print_format(char *out, u32 room, const char *fmt,
				      const struct vouch_print_args *args)
{
	u32 len = 0, i = 0;
	struct conversion c;

	while (*fmt) {
		if (*fmt != '%' || fmt[1] == '%') {
			put(out, room, len++, *fmt);
			fmt += *fmt == '%' ? 2 : 1;
			continue;
		}
		if (parse(fmt + 1, &c))
			break; /* it was parsed before */
		len += convert(out + min(len, room),
			       len < room ? room - len : 0, &c, args, i++);
		fmt = c.end;
		/* The kernel takes what follows a pointer for its form. */
		while ((c.kind == 'p' || c.kind == 't') && isalnum(*fmt))
			fmt++;
	}
	if (room)
		out[min(len, room - 1)] = 0;
	return len;
}
