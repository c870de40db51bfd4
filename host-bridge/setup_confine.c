// SPDX-License-Identifier: BSD-2-Clause
/* The confinement of the main process, from its configuration. */

#include <stdlib.h>

#include "confine.h"
#include "log.h"
#include "setup.h"

/* The socket is removed at the end. */
static int add_socket(struct vouch_confinement *c, const char *path)
{
	size_t len;
	char *dir;

	if (!path)
		return 0;
	len = (size_t)(strrchr(path, '/') - path);
	dir = strndup(path, len ? len : 1);
	if (!dir)
		return -ENOMEM;
	c->dirs[c->n_dirs].path = dir;
	c->dirs[c->n_dirs].sockets = true;
	c->n_dirs++;
	return 0;
}

_Static_assert(VOUCH_CONFINE_DIRS >= 2 + 2 * VOUCH_MAX_VMS,
	       "a directory of state, of clients and of each VM's sockets");

int vouch_setup_confine(struct vouch_daemon *daemon)
{
	const struct vouch_config *config = daemon->config;
	struct vouch_confinement c = {
		.duty = VOUCH_DUTY_MAIN,
		.dir_fd = -1,
		.dials = config->signer || config->launcher,
		.dirs = { { config->state_dir, true, false } },
		.n_dirs = 1,
	};
	int err;
	u32 i;

	err = add_socket(&c, config->socket);
	for (i = 0; !err && i < config->n_vms; i++) {
		err = add_socket(&c, config->vms[i].vsock);
		if (!err)
			err = add_socket(&c, config->vms[i].agent_socket);
	}
	if (err)
		vouch_error("cannot confine the process: out of memory");
	else
		err = vouch_confine(&c);
	for (i = 1; i < c.n_dirs; i++)
		free((void *)c.dirs[i].path);
	return err;
}
