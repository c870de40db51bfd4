// SPDX-License-Identifier: BSD-2-Clause
/* Do vouch, vouchd and the agents come from one release? */

#include "doctor.h"
#include "output.h"

static void check_one(struct vouch_doctor *d, const char *what,
		      const json_t *object, const char *more)
{
	const char *version = vouch_json_string(object, "version");
	struct vouch_finding f;

	vouch_finding_begin(&f, "versions", VOUCH_EXIT_INTERNAL, "%s", what);
	vouch_finding_look(&f, "the version that it says it has");
	if (!strcmp(version, VOUCH_VERSION)) {
		vouch_finding_say(&f, VOUCH_FINDING_OK, "%s, as this vouch%s",
				  version, more);
	} else {
		vouch_finding_say(&f, VOUCH_FINDING_PROBLEM,
				  "it is %.64s, this vouch is " VOUCH_VERSION
				  "%s",
				  version, more);
		vouch_finding_mend(&f, "install " VOUCH_VERSION " everywhere, "
				       "with the guests that go with it: make "
				       "all, make install");
	}
	vouch_finding_end(d, &f);
}

void vouch_doctor_versions(struct vouch_doctor *d)
{
	static const char *const lists[] = { "verifiers", "targets" };
	struct vouch_finding f;
	const json_t *vm;
	size_t i, k;

	if (!d->status) {
		vouch_finding_begin(&f, "versions", VOUCH_EXIT_INTERNAL,
				    "vouchd");
		vouch_finding_look(&f, "vouchd");
		vouch_finding_say(&f, VOUCH_FINDING_UNKNOWN,
				  "it does not answer; this vouch "
				  "is " VOUCH_VERSION);
		vouch_finding_mend(&f, "vouchd --config %s",
				   d->has_config ? d->config.path : "FILE");
		vouch_finding_end(d, &f);
		return;
	}
	check_one(d, "vouchd", d->status, "");
	for (i = 0; i < 2; i++)
		json_array_foreach(json_object_get(d->status, lists[i]), k,
				   vm) {
			const char *libbpf = json_string_value(
				json_object_get(vm, "libbpf"));
			char what[96], more[64] = "";

			if (strcmp(vouch_json_string(vm, "state"), "ready"))
				continue;
			snprintf(what, sizeof(what), "agent of %.64s",
				 vouch_json_string(vm, "name"));
			if (libbpf)
				snprintf(more, sizeof(more), "; libbpf %.32s",
					 libbpf);
			check_one(d, what, vm, more);
		}
}
