// SPDX-License-Identifier: BSD-2-Clause
/* The endpoint parser: each kind, and what is none. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "endpoint.h"

static void kinds_are_read(void **state)
{
	struct vouch_endpoint ep;
	const char *why;

	(void)state;
	assert_int_equal(vouch_endpoint_parse("vsock://2:7001", &ep, &why), 0);
	assert_int_equal(ep.kind, VOUCH_ENDPOINT_VSOCK);
	assert_int_equal(ep.cid, 2);
	assert_int_equal(ep.port, 7001);
	assert_int_equal(
		vouch_endpoint_parse("vsock://4294967295:0", &ep, &why), 0);
	assert_int_equal(ep.cid, UINT32_MAX);
	assert_int_equal(vouch_endpoint_parse("unix:/run/v.sock", &ep, &why),
			 0);
	assert_int_equal(ep.kind, VOUCH_ENDPOINT_UNIX);
	assert_string_equal(ep.path, "/run/v.sock");
	assert_int_equal(vouch_endpoint_parse("tls://a.example:443", &ep, &why),
			 0);
	assert_int_equal(ep.kind, VOUCH_ENDPOINT_TLS);
	assert_string_equal(ep.path, "a.example");
	assert_int_equal(ep.port, 443);
	assert_int_equal(vouch_endpoint_parse("file:/srv/out", &ep, &why), 0);
	assert_int_equal(ep.kind, VOUCH_ENDPOINT_FILE);
}

static void anything_else_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"vsock",
		"vsock://",
		"vsock://2",
		"vsock://2:",
		"vsock://:1",
		"vsock://02:1",
		"vsock://-2:1",
		"vsock://2:1 ",
		"vsock://4294967296:1",
		"vsock://2:0x10",
		"vsock://2:1a",
		"unix:relative",
		"unix:",
		("unix://run/v.sock/../../../../../../../../../../../../../../../"
		 "../../../../../../../../../../../../../../../../../../../../x"),
		"tls://:1",
		"tls://host:65536",
		"tls://host/path:1",
		"file:x",
		"http://2:1",
		"VSOCK://2:1",
	};
	struct vouch_endpoint ep;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *why = NULL;

		assert_int_equal(vouch_endpoint_parse(bad[i], &ep, &why),
				 -EINVAL);
		assert_non_null(why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_are_read),
		cmocka_unit_test(anything_else_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
