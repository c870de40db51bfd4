// SPDX-License-Identifier: BSD-2-Clause
/* Fault points; see fault.h. Without VOUCH_FAULT_POINTS this file is empty. */

#include "fault.h"

#ifdef VOUCH_FAULT_POINTS

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_POINTS 128
#define MAX_RULES 64
#define NAME_LEN 64

struct rule {
	char duty[NAME_LEN], point[NAME_LEN];
	unsigned int from;
	bool on; /* from then on, not only then */
	int action; /* -SIGNAL, or an error number */
};

static struct {
	char name[NAME_LEN];
	unsigned int hits;
} points[MAX_POINTS];

static struct rule rules[MAX_RULES];
static unsigned int n_points, n_rules;
static const char *own_duty = "";
static int log_fd = -1;

/* A test that asks for what cannot be must not pass. */
__attribute__((noreturn)) static void die(const char *what, const char *text)
{
	fprintf(stderr, "fault: %s: %s\n", what, text);
	_exit(125);
}

static int read_action(const char *text)
{
	int number = atoi(text);

	if (!strcmp(text, "kill"))
		return -SIGKILL;
	if (!strcmp(text, "stop"))
		return -SIGSTOP;
	if (number <= 0)
		die("VOUCH_FAULTS has an unknown action", text);
	return number;
}

static void read_rule(const char *text)
{
	struct rule *r = &rules[n_rules++];
	char action[NAME_LEN], from[NAME_LEN];

	if (n_rules > MAX_RULES || sscanf(text, "%63[^/]/%63[^@]@%63[^=]=%63s",
					  r->duty, r->point, from, action) != 4)
		die("VOUCH_FAULTS is not DUTY/POINT@N=ACTION", text);
	r->from = (unsigned int)strtoul(from, NULL, 10);
	r->on = strchr(from, '+');
	r->action = read_action(action);
	if (!r->from)
		die("VOUCH_FAULTS counts from 1", text);
}

/* libfiu's, where that is preloaded. */
void fiu_set_prng_seed(unsigned int seed) __attribute__((weak));

/* The same seed gives a process the same errors again. */
static void seed(const char *duty)
{
	const char *env = getenv("VOUCH_FAULT_SEED");
	unsigned int number;

	if (!env || !fiu_set_prng_seed)
		return;
	number = (unsigned int)strtoul(env, NULL, 10);
	for (; *duty; duty++)
		number = number * 31 + (unsigned char)*duty;
	fiu_set_prng_seed(number);
}

void vouch_fault_duty(const char *name)
{
	static char duty[NAME_LEN];
	const char *env = getenv("VOUCH_FAULTS"),
		   *path = getenv("VOUCH_FAULT_LOG");
	char *copy, *save = NULL, *text;

	if (sscanf(name, "vouchd[%31[^]]", duty) != 1)
		snprintf(duty, sizeof(duty), "%s", name);
	seed(duty);
	own_duty = duty;
	n_points = 0;
	n_rules = 0;
	log_fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,
			     0666)
		      : -1;
	if (path && log_fd < 0)
		die("VOUCH_FAULT_LOG cannot be opened", path);
	copy = strdup(env ? env : "");
	for (text = copy ? strtok_r(copy, ",", &save) : NULL; text;
	     text = strtok_r(NULL, ",", &save))
		read_rule(text);
	free(copy);
}

void vouch_fault_rename(const char *duty)
{
	own_duty = duty;
}

static unsigned int count(const char *name)
{
	unsigned int i;

	for (i = 0; i < n_points; i++)
		if (!strcmp(points[i].name, name))
			return ++points[i].hits;
	if (n_points == MAX_POINTS)
		die("there are too many fault points", name);
	snprintf(points[n_points].name, NAME_LEN, "%s", name);
	points[n_points].hits = 1;
	n_points++;
	return 1;
}

static int action_at(const char *name, unsigned int hit)
{
	unsigned int i;

	for (i = 0; i < n_rules; i++) {
		const struct rule *r = &rules[i];

		if (!strcmp(r->duty, own_duty) && !strcmp(r->point, name) &&
		    (hit == r->from || (r->on && hit > r->from)))
			return r->action;
	}
	return 0;
}

static void note(const char *name, unsigned int hit, int action)
{
	char line[256], text[16] = "-";
	int len;

	if (action > 0)
		snprintf(text, sizeof(text), "%d", action);
	else if (action)
		snprintf(text, sizeof(text), "%s",
			 action == -SIGKILL ? "kill" : "stop");
	len = snprintf(line, sizeof(line), "%d %s %s %u %s\n", (int)getpid(),
		       own_duty, name, hit, text);
	/* One write, so that lines of several processes do not mix. */
	if (write(log_fd, line, (size_t)len) != len)
		die("VOUCH_FAULT_LOG cannot be written", name);
}

int vouch_fault(const char *of, const char *point)
{
	char name[NAME_LEN];
	unsigned int hit;
	int action;

	snprintf(name, sizeof(name), "%s%s%s", of, *of ? "-" : "", point);
	hit = count(name);
	action = action_at(name, hit);
	if (log_fd >= 0)
		note(name, hit, action);
	if (action < 0)
		raise(-action);
	return action > 0 ? -action : 0;
}

int vouch_fault_file(const char *name, const char *point)
{
	size_t len = strlen(name);

	if (len > 3 && !strcmp(name + len - 3, ".ko"))
		return vouch_fault("image", point);
	if (strstr(name, ".capture"))
		return vouch_fault("capture", point);
	if (strspn(name, "0123456789abcdef") == len)
		return vouch_fault("object", point);
	return vouch_fault(name, point);
}

#endif /* VOUCH_FAULT_POINTS */
