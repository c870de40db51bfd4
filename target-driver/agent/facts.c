// SPDX-License-Identifier: BSD-2-Clause
/* What this target is: kernel, CPUs, profile. */

#include "facts.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "hex.h"

#define ALIGN4(n) (((n) + 3u) & ~3u)

void vouch_facts_build_id(const u8 *notes, size_t len, char *hex, size_t size)
{
	size_t off = 0;

	hex[0] = 0;
	while (vouch_range_ok(off, sizeof(Elf64_Nhdr), len)) {
		Elf64_Nhdr head;
		u64 name = off + sizeof(head), desc;

		memcpy(&head, notes + off, sizeof(head));
		desc = name + ALIGN4((u64)head.n_namesz);
		if (!vouch_range_ok(desc, head.n_descsz, len))
			return;
		if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == 4 &&
		    !memcmp(notes + name, "GNU", 4) &&
		    2 * (u64)head.n_descsz < size) {
			vouch_hex_write(notes + desc, head.n_descsz, hex);
			return;
		}
		off = desc + ALIGN4((u64)head.n_descsz);
	}
}

static size_t read_some(const char *path, void *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, buf, size);

	if (fd >= 0)
		close(fd);
	return n < 0 ? 0 : (size_t)n;
}

/* The number behind the last dash or comma of "0-3", plus one. */
static int possible_cpus(void)
{
	char text[256];
	size_t n = read_some("/sys/devices/system/cpu/possible", text,
			     sizeof(text) - 1);

	while (n && (text[n - 1] < '0' || text[n - 1] > '9'))
		n--;
	text[n] = 0;
	while (n && text[n - 1] >= '0' && text[n - 1] <= '9')
		n--;
	return text[n] ? atoi(text + n) + 1 : 1;
}

static void cpu_model(char *out, size_t size)
{
	char line[256];
	FILE *file = fopen("/proc/cpuinfo", "re");

	out[0] = 0;
	while (file && fgets(line, sizeof(line), file)) {
		char *colon = strchr(line, ':');

		if (strncmp(line, "model name", 10) || !colon)
			continue;
		line[strcspn(line, "\n")] = 0;
		snprintf(out, size, "%s", colon[1] == ' ' ? colon + 2 : "");
		break;
	}
	if (file)
		fclose(file);
}

json_t *vouch_facts_hello(const struct vouch_target_info *info)
{
	char profile[2 * VOUCH_TARGET_HASH_LEN + 1], id[41], cpu[64];
	struct utsname uts;
	u8 notes[4096];

	vouch_hex_write(info->profile, sizeof(info->profile), profile);
	vouch_facts_build_id(
		notes, read_some("/sys/kernel/notes", notes, sizeof(notes)), id,
		sizeof(id));
	cpu_model(cpu, sizeof(cpu));
	uname(&uts);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:i, s:I}",
			 "role", "target", "version", VOUCH_VERSION, "release",
			 uts.release, "build_id", id, "cpu_model", cpu,
			 "nr_cpus", possible_cpus(), "profile", profile, "abi",
			 (int)info->abi, "time", (json_int_t)time(NULL));
}
