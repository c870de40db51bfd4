// SPDX-License-Identifier: BSD-2-Clause
/* The daemon's configuration: what is taken, and what is refused and how. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../host-bridge/config.h"
#include "../../host-bridge/qemu.h"

#define TOP                                                           \
	"\"state_dir\":\"/s\",\"socket\":\"/s/sock\",\"key\":\"/k\"," \
	"\"cert\":\"/c\",\"profile_certs\":[\"/r\"]"
#define TARGET                                                                \
	"{\"name\":\"demo\",\"role\":\"target\",\"cid\":4,\"vsock\":\"/v4\"," \
	"\"profile\":\"/p\",\"slots\":[\"a\",\"b\"]}"
#define VERIFIER                                                             \
	"{\"name\":\"v\",\"role\":\"verifier\",\"cid\":3,\"vsock\":\"/v3\"," \
	"\"symbols\":\"/symbols\",\"btf\":\"/btf\","                         \
	"\"launch\":{\"kernel\":\"/vmlinux\",\"initrd\":\"/i\","             \
	"\"append\":\"quiet\",\"memory_mb\":256,\"cpus\":2,"                 \
	"\"console\":\"/log\",\"net\":{\"type\":\"dgram\",\"local\":\"/a\"," \
	"\"remote\":\"/b\"}}}"

static char path[] = "/tmp/vouch-config-XXXXXX";

static int load(const char *json, struct vouch_config *config, char why[512])
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(json, f);
	fclose(f);
	return vouch_config_load(path, config, why, 512);
}

static void takes_everything(void **state)
{
	struct vouch_config c;
	char why[512] = "";

	(void)state;
	assert_int_equal(load("{" TOP ",\"policy\":{\"allow_perfmon\":true},"
			      "\"socket_mode\":\"0600\","
			      "\"timeouts\":{\"verify_s\":7},\"vms\":[" TARGET
			      "," VERIFIER "]}",
			      &c, why),
			 0);
	assert_int_equal(c.n_vms, 2);
	assert_int_equal(c.socket_mode, 0600);
	assert_int_equal(c.timeouts.verify_s, 7);
	assert_int_equal(c.timeouts.link_s, 60);
	assert_true(c.allow_perfmon);
	assert_false(c.record);
	assert_int_equal(c.epoch, 1);
	/* A target's profile need not be listed. */
	assert_int_equal(c.n_profiles, 1);
	assert_string_equal(c.profiles[c.vms[0].profile_index], "/p");
	assert_int_equal(c.n_profile_certs, 1);
	assert_int_equal(c.vms[0].n_slots, 2);
	assert_false(c.vms[0].launched);
	assert_true(c.vms[1].launched);
	assert_int_equal(c.vms[1].launch.memory_mb, 256);
	assert_string_equal(c.vms[1].launch.cpu, "EPYC");
	assert_int_equal(vouch_config_target(&c, "demo"), 0);
	assert_int_equal(vouch_config_target(&c, "v"), -ENOENT);
	vouch_config_release(&c);
}

struct mistake {
	const char *json, *says;
};

static void refuses(const struct mistake *bad, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct vouch_config c;
		char why[512] = "";

		if (load(bad[i].json, &c, why) != -EINVAL)
			fail_msg("taken: %s", bad[i].json);
		if (!strstr(why, bad[i].says))
			fail_msg("%s: says '%s', not '%s'", bad[i].json, why,
				 bad[i].says);
	}
}

static void refuses_mistakes(void **state)
{
	static const struct mistake bad[] = {
		{ "{", "line 1" },
		{ "[]", "must be an object" },
		{ "{" TOP ",\"epohc\":1,\"vms\":[" TARGET "]}",
		  "unknown member \"epohc\"" },
		{ "{\"socket\":\"/s\",\"key\":\"/k\",\"cert\":\"/c\",\"vms\":[" TARGET
		  "]}",
		  "\"state_dir\" is missing" },
		{ "{" TOP ",\"state_dir\":\"/s\",\"vms\":[" TARGET "]}",
		  "duplicate" },
		{ "{" TOP ",\"vms\":[]}", "\"vms\"" },
		{ "{" TOP ",\"vms\":[" VERIFIER "]}", "nothing to link for" },
		{ "{" TOP ",\"vms\":[" TARGET "," TARGET "]}", "shares" },
		{ "{" TOP ",\"epoch\":0,\"vms\":[" TARGET "]}", "\"epoch\"" },
		{ "{" TOP ",\"socket_mode\":432,\"vms\":[" TARGET "]}",
		  "octal" },
		{ "{" TOP ",\"user\":1,\"vms\":[" TARGET "]}", "\"user\"" },
		{ "{" TOP ",\"policy\":{\"record\":1},\"vms\":[" TARGET "]}",
		  "true or false" },
		{ "{" TOP ",\"timeouts\":{\"link_s\":0},\"vms\":[" TARGET "]}",
		  "\"link_s\"" },
	};

	(void)state;
	refuses(bad, sizeof(bad) / sizeof(bad[0]));
}

static void refuses_mistakes_in_vms(void **state)
{
	static const struct mistake bad[] = {
		{ "{" TOP ",\"vms\":[" TARGET ",{\"name\":\"v\","
		  "\"role\":\"verifier\",\"cid\":4,\"vsock\":\"/v\"}]}",
		  "shares" },
		{ "{" TOP ",\"vms\":[{\"name\":\"v\",\"role\":\"verifier\","
		  "\"agent_socket\":\"/a\",\"qmp\":\"/q\"}]}",
		  "\"qmp\" is for" },
		{ "{" TOP ",\"vms\":[{\"name\":\"v\",\"role\":\"verifier\","
		  "\"cid\":3,\"vsock\":\"/a\",\"qmp\":\"q\"}]}",
		  "absolute path" },
		{ "{" TOP ",\"vms\":[" TARGET ",{\"name\":\"v\","
		  "\"role\":\"verifier\",\"agent_socket\":\"/a\"}]}",
		  "needs \"symbols\"" },
		{ "{" TOP ",\"vms\":[" TARGET ",{\"name\":\"v\","
		  "\"role\":\"verifier\",\"agent_socket\":\"/a\","
		  "\"symbols\":\"/s\"}]}",
		  "needs \"btf\"" },
		{ "{" TOP ",\"vms\":[{\"name\":\"v\",\"role\":\"verifier\"}]}",
		  "agent_socket" },
		{ "{" TOP ",\"vms\":[{\"name\":\"v\",\"role\":\"boss\","
		  "\"agent_socket\":\"/a\"}]}",
		  "\"role\"" },
		{ "{" TOP ",\"vms\":[{\"name\":\"v\",\"role\":\"verifier\","
		  "\"vsock\":\"/a\"}]}",
		  "\"cid\"" },
		{ "{" TOP ",\"vms\":[{\"name\":\"v\",\"role\":\"verifier\","
		  "\"vsock\":\"/a\",\"cid\":2}]}",
		  "\"cid\"" },
		{ "{" TOP ",\"vms\":[{\"name\":\"a b\",\"role\":\"verifier\","
		  "\"agent_socket\":\"/a\"}]}",
		  "blanks" },
		{ "{" TOP ",\"vms\":[{\"name\":\"t\",\"role\":\"target\","
		  "\"agent_socket\":\"/a\",\"profile\":\"/p\"}]}",
		  "slot" },
		{ "{" TOP ",\"vms\":[{\"name\":\"t\",\"role\":\"target\","
		  "\"agent_socket\":\"/a\",\"slot\":\"a\"}]}",
		  "profile" },
		{ "{" TOP ",\"vms\":[{\"name\":\"t\",\"role\":\"target\","
		  "\"agent_socket\":\"a\",\"profile\":\"/p\"}]}",
		  "absolute path" },
		{ "{" TOP ",\"vms\":[{\"name\":\"v\",\"role\":\"verifier\","
		  "\"cid\":3,\"vsock\":\"/a,b\"}]}",
		  "comma" },
	};

	(void)state;
	refuses(bad, sizeof(bad) / sizeof(bad[0]));
}

static void refuses_mistakes_in_launches(void **state)
{
	static const struct mistake bad[] = {
		{ "{" TOP ",\"vms\":[{\"name\":\"v\",\"role\":\"verifier\","
		  "\"cid\":3,\"vsock\":\"/a\",\"qmp\":\"/q\","
		  "\"launch\":{\"kernel\":\"/k\"}}]}",
		  "\"qmp\" is for" },
		{ "{" TOP ",\"vms\":[{\"name\":\"v\",\"role\":\"verifier\","
		  "\"cid\":3,\"vsock\":\"/a\",\"launch\":{}}]}",
		  "\"kernel\"" },
		{ "{" TOP ",\"vms\":[{\"name\":\"v\",\"role\":\"verifier\","
		  "\"cid\":3,\"vsock\":\"/a\",\"launch\":{\"kernel\":\"/k\","
		  "\"accel\":\"hvf\"}}]}",
		  "\"accel\"" },
		{ "{" TOP ",\"vms\":[{\"name\":\"v\",\"role\":\"verifier\","
		  "\"cid\":3,\"vsock\":\"/a\",\"launch\":{\"kernel\":\"/k\","
		  "\"arch\":\"riscv\"}}]}",
		  "\"arch\"" },
		{ "{" TOP ",\"vms\":[{\"name\":\"v\",\"role\":\"verifier\","
		  "\"cid\":3,\"vsock\":\"/a\",\"launch\":{\"kernel\":\"/k\","
		  "\"net\":{\"type\":\"user\"}}}]}",
		  "dgram" },
		{ "{" TOP ",\"vms\":[{\"name\":\"v\",\"role\":\"verifier\","
		  "\"cid\":3,\"vsock\":\"/a\",\"launch\":{\"kernel\":\"/k\","
		  "\"net\":{\"type\":\"dgram\",\"local\":\"/a,x\","
		  "\"remote\":\"/b\"}}}]}",
		  "neither a path" },
		{ "{" TOP ",\"vms\":[{\"name\":\"v\",\"role\":\"verifier\","
		  "\"agent_socket\":\"/a\",\"launch\":{\"kernel\":\"/k\"}}]}",
		  "needs \"vsock\"" },
	};

	(void)state;
	refuses(bad, sizeof(bad) / sizeof(bad[0]));
}

static void flag_before_environment(void **state)
{
	char buf[256];

	(void)state;
	setenv("VOUCHD_CONFIG", "/env", 1);
	assert_string_equal(vouch_config_find("/flag", buf, sizeof(buf)),
			    "/flag");
	assert_string_equal(vouch_config_find(NULL, buf, sizeof(buf)), "/env");
	unsetenv("VOUCHD_CONFIG");
	setenv("XDG_CONFIG_HOME", "/does-not-exist", 1);
	/* Neither is there: no guess. */
	if (access("/etc/vouch/vouchd.json", R_OK))
		assert_null(vouch_config_find(NULL, buf, sizeof(buf)));
}

static bool has(const struct vouch_qemu *q, const char *option,
		const char *value)
{
	u32 i;

	for (i = 0; i + 1 < q->n; i++)
		if (!strcmp(q->argv[i], option) &&
		    strstr(q->argv[i + 1], value))
			return true;
	return false;
}

static void describes_the_machine(void **state)
{
	struct vouch_qemu q;
	struct vouch_config c;
	char why[512] = "";

	(void)state;
	assert_int_equal(
		load("{" TOP ",\"vms\":[" TARGET "," VERIFIER "]}", &c, why),
		0);
	assert_int_equal(vouch_qemu_init(&q, &c, &c.vms[1], VOUCH_ACCEL_TCG, 9),
			 0);
	assert_string_equal(q.argv[0], "qemu-system-x86_64");
	assert_true(has(&q, "-machine", "q35,accel=tcg"));
	assert_true(has(&q, "-object", "size=256M,share=on"));
	assert_true(has(&q, "-m", "256M"));
	assert_true(has(&q, "-kernel", "/vmlinux"));
	assert_true(has(&q, "-append", "quiet"));
	assert_true(has(&q, "-chardev", "path=/v3"));
	assert_true(has(&q, "-netdev", "local.path=/a"));
	assert_true(has(&q, "-chardev", "fd=9"));
	assert_null(q.argv[q.n]);
	vouch_qemu_release(&q);
	vouch_config_release(&c);
}

/* Of its own architecture alone a machine can be more than emulated. */
static void describes_another_architecture(void **state)
{
	struct vouch_qemu q;
	struct vouch_config c;
	struct utsname host;
	char why[512] = "";
	bool arm64;

	(void)state;
	assert_int_equal(uname(&host), 0);
	arm64 = !strcmp(host.machine, "aarch64");
	assert_int_equal(
		load("{" TOP ",\"qemu_arm64\":\"/opt/qemu\",\"vms\":[" TARGET
		     ",{"
		     "\"name\":\"v\",\"role\":\"verifier\",\"cid\":3,"
		     "\"vsock\":\"/v3\",\"symbols\":\"/s\",\"btf\":\"/b\","
		     "\"launch\":{\"kernel\":\"/k\",\"arch\":\"arm64\"}}]}",
		     &c, why),
		0);
	assert_string_equal(c.vms[1].launch.cpu, "cortex-a57");
	assert_int_equal(c.vms[1].launch.accel,
			 arm64 ? VOUCH_ACCEL_AUTO : VOUCH_ACCEL_TCG);
	assert_int_equal(vouch_qemu_init(&q, &c, &c.vms[1], VOUCH_ACCEL_TCG, 9),
			 0);
	assert_string_equal(q.argv[0], "/opt/qemu");
	assert_true(has(&q, "-machine", "virt,accel=tcg"));
	assert_true(has(&q, "-cpu", "cortex-a57"));
	vouch_qemu_release(&q);
	vouch_config_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_everything),
		cmocka_unit_test(refuses_mistakes),
		cmocka_unit_test(refuses_mistakes_in_vms),
		cmocka_unit_test(refuses_mistakes_in_launches),
		cmocka_unit_test(flag_before_environment),
		cmocka_unit_test(describes_the_machine),
		cmocka_unit_test(describes_another_architecture),
	};
	int ret, fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return ret;
}
