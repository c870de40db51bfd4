// SPDX-License-Identifier: BSD-2-Clause
/* vouch doctor */

#include "doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands.h"
#include "output.h"
#include "service.h"

/* A daemon that answers nothing for so long is not well. */
#define ANSWER_S "20"

static void check_config(struct vouch_doctor *d)
{
	const char *flag = vouch_cli_option(d->cli, "config"), *path;
	struct vouch_finding f;
	char why[512] = "";

	path = vouch_config_find(flag, d->config_path, sizeof(d->config_path));
	vouch_finding_begin(&f, "configuration", VOUCH_EXIT_USAGE, "%s",
			    path ? path : "vouchd.json");
	if (!path) {
		vouch_finding_look(&f, "--config, VOUCHD_CONFIG, "
				       "~/.config/vouch/vouchd.json, "
				       "/etc/vouch/vouchd.json");
		vouch_finding_say(&f, VOUCH_FINDING_PROBLEM, "there is none");
		vouch_finding_mend(&f, "vouch doctor --config FILE; vouchd(8) "
				       "says what stands in it");
	} else if (access(path, R_OK)) {
		int err = -errno;

		vouch_finding_look(&f, "the file");
		vouch_finding_say(&f, VOUCH_FINDING_PROBLEM,
				  "it cannot be read: %s", strerror(-err));
		vouch_finding_mend(&f,
				   "vouch doctor --config FILE, with a file "
				   "instead of %s",
				   path);
		vouch_finding_denied(&f, err, path);
	} else if (vouch_config_load(path, &d->config, why, sizeof(why))) {
		vouch_finding_look(&f, "every member of the file");
		vouch_finding_say(&f, VOUCH_FINDING_PROBLEM, "%s", why);
		vouch_finding_mend(&f,
				   "correct it, then: vouchd "
				   "--check-config --config %s",
				   path);
	} else {
		d->has_config = true;
		vouch_finding_look(&f, "every member of the file");
		vouch_finding_say(&f, VOUCH_FINDING_OK, "%u profiles, %u VMs",
				  d->config.n_profiles, d->config.n_vms);
	}
	vouch_finding_end(d, &f);
}

/* Whoever names a configuration means its daemon. */
static void choose_endpoint(struct vouch_doctor *d)
{
	const char *env = getenv("VOUCH_ENDPOINT");

	if (!vouch_cli_option(d->cli, "timeout"))
		vouch_cli_give(d->cli, "timeout", ANSWER_S);
	if (!d->has_config || (env && *env) ||
	    vouch_cli_option(d->cli, "endpoint"))
		return;
	snprintf(d->uri, sizeof(d->uri), "unix:%s", d->config.socket);
	vouch_cli_give(d->cli, "endpoint", d->uri);
}

static int ask_status(struct vouch_doctor *d, struct vouch_failure *why)
{
	struct vouch_service service;
	struct vouch_message msg;
	int err;

	err = vouch_service_open(d->cli, &service, why);
	if (err)
		return err;
	err = vouch_service_ask(&service, VOUCH_FRAME_CALL,
				json_pack("{s:s}", "method", "status"), NULL, 0,
				VOUCH_FRAME_RESULT, &msg, why);
	if (!err)
		d->status = json_incref(msg.json);
	vouch_message_release(&msg);
	vouch_service_close(&service);
	return err;
}

static void check_service(struct vouch_doctor *d)
{
	struct vouch_failure why = {};
	struct vouch_finding f;

	choose_endpoint(d);
	vouch_finding_begin(&f, "service", VOUCH_EXIT_UNAVAILABLE, "vouchd");
	if (ask_status(d, &why)) {
		vouch_finding_look(&f, "%s", why.what);
		vouch_finding_say(&f, VOUCH_FINDING_PROBLEM, "%s", why.why);
		if (d->has_config)
			vouch_finding_mend(&f, "vouchd --config %s",
					   d->config.path);
		else
			vouch_finding_mend(&f, "vouchd --config FILE, or with "
					       "its socket: vouch doctor "
					       "--endpoint URI");
		if (d->has_config)
			vouch_finding_denied(&f, why.err, d->config.path);
	} else {
		vouch_finding_look(&f, "its answer to \"status\"");
		vouch_finding_say(&f, VOUCH_FINDING_OK, "it answers");
	}
	vouch_finding_end(d, &f);
}

const json_t *vouch_doctor_vm(const struct vouch_doctor *d, const char *name)
{
	static const char *const lists[] = { "verifiers", "targets" };
	const json_t *vm;
	size_t i, k;

	for (i = 0; i < 2; i++)
		json_array_foreach(json_object_get(d->status, lists[i]), k, vm)
			if (!strcmp(vouch_json_string(vm, "name"), name))
				return vm;
	return NULL;
}

int vouch_doctor_run(struct vouch_cli *cli)
{
	struct vouch_doctor d = { .cli = cli, .findings = json_array() };

	check_config(&d);
	check_service(&d);
	if (d.has_config) {
		if (vouch_cli_option(cli, "trial"))
			vouch_doctor_trial(&d);
		vouch_doctor_host(&d);
		vouch_doctor_guests(&d);
		vouch_doctor_keys(&d);
		vouch_doctor_state(&d);
	}
	vouch_doctor_versions(&d);
	vouch_finding_show(&d);
	json_decref(d.findings);
	json_decref(d.status);
	vouch_config_release(&d.config);
	return (int)d.exit;
}

const struct vouch_cli_option vouch_doctor_options[] = {
	{ "config", "FILE", "vouchd's configuration" },
	{ "trial", NULL, "start a verifier VM to see whether one comes up" },
	{ NULL, NULL, NULL },
};
