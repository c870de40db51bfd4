// SPDX-License-Identifier: BSD-2-Clause
/*
 * The first program of a verifier VM that loads each program of each object in
 * /objects by libbpf alone, as its author would, and says what the verifier
 * made of it: what submissions are held against.
 */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define OBJECTS "/objects"
#define ENTRIES 64 /* of maps whose size their user space sets */
#define STACK_BYTES (127 * 8)
#define LEVEL_STATS 4
#define READ_ALL 3

static char warnings[4096];
static char verifier_log[256 << 10];

static int keep_warning(enum libbpf_print_level level, const char *format,
			va_list args)
{
	size_t n = strlen(warnings);

	if (level == LIBBPF_WARN && n < sizeof(warnings) - 1)
		vsnprintf(warnings + n, sizeof(warnings) - n, format, args);
	return 0;
}

static void prepare_maps(struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		enum bpf_map_type type = bpf_map__type(map);

		bpf_map__set_pin_path(map, NULL);
		if (!bpf_map__max_entries(map) &&
		    type != BPF_MAP_TYPE_PERF_EVENT_ARRAY)
			bpf_map__set_max_entries(map, ENTRIES);
		if (type == BPF_MAP_TYPE_STACK_TRACE &&
		    !bpf_map__value_size(map))
			bpf_map__set_value_size(map, STACK_BYTES);
	}
}

static long number_behind(const char *word)
{
	const char *p = strstr(verifier_log, word);

	return p ? strtol(p + strlen(word), NULL, 10) : 0;
}

/* In one line, without what would end a column. */
static void print_text(const char *text)
{
	for (; *text; text++)
		putchar(*text == '\n' || *text == '\t' ? ' ' : *text);
}

static void report(const char *file, const char *program, int err, long us)
{
	printf("VOUCH-PLAIN\t%s\t%s\t%s\t%ld\t%ld\t%ld\t%ld\t%ld\t%ld\t", file,
	       program, err ? "failure" : "success", us,
	       number_behind("processed "), number_behind("total_states "),
	       number_behind("peak_states "),
	       number_behind("max_states_per_insn "),
	       number_behind("mark_read "));
	if (err) {
		printf("%s: ", strerror(-err));
		print_text(warnings);
	}
	putchar('\n');
	fflush(stdout);
}

static struct bpf_object *open_object(const char *path)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "plain",
		    .kernel_log_buf = verifier_log,
		    .kernel_log_size = sizeof(verifier_log),
		    .kernel_log_level = LEVEL_STATS);

	warnings[0] = 0;
	memset(verifier_log, 0, sizeof(verifier_log));
	return bpf_object__open_file(path, &opts);
}

static long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

static int load_one(const char *path, const char *name)
{
	struct bpf_object *object = open_object(path);
	struct bpf_program *program;
	long began;
	int err;

	if (!object)
		return -errno;
	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(
			program, !strcmp(bpf_program__name(program), name));
	prepare_maps(object);
	began = now_us();
	err = bpf_object__load(object);
	report(strrchr(path, '/') + 1, name, err, now_us() - began);
	bpf_object__close(object);
	return 0;
}

/* One object for each of its programs, as veristat does. What libbpf cannot
 * open is told as if it were its only program. */
static int load_object(const char *path)
{
	struct bpf_object *object = open_object(path);
	struct bpf_program *program;
	int err = 0;

	if (!object) {
		report(strrchr(path, '/') + 1, "-", -errno, 0);
		return 0;
	}
	bpf_object__for_each_program(program, object)
		err = err ? err : load_one(path, bpf_program__name(program));
	bpf_object__close(object);
	return err;
}

static int load_objects(void)
{
	DIR *dir = opendir(OBJECTS);
	int n_bad = 0, err;
	struct dirent *d;
	char path[512];

	while (dir && (d = readdir(dir))) {
		if (d->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), OBJECTS "/%s", d->d_name);
		err = load_object(path);
		printf("%s %s is read%s%s\n", err ? "not ok" : "ok", d->d_name,
		       err ? ": " : "", err ? strerror(-err) : "");
		n_bad += !!err;
	}
	return dir ? n_bad : 1;
}

static void print_kernel_log(void)
{
	static char log[256 << 10];
	int n = klogctl(READ_ALL, log, sizeof(log) - 1);

	printf("VOUCH-KMSG-BEGIN\n%.*s\nVOUCH-KMSG-END\n", n < 0 ? 0 : n, log);
}

int main(void)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	int n_bad;

	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
	setrlimit(RLIMIT_MEMLOCK, &all);
	libbpf_set_print(keep_warning);
	n_bad = load_objects();
	print_kernel_log();
	printf("VOUCH-TEST-END %d passed, %d failed\nVOUCH-VM-DONE\n", !n_bad,
	       n_bad);
	fflush(stdout);
	sync();
	reboot(RB_POWER_OFF);
	return 0;
}
