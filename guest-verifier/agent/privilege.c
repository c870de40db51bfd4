// SPDX-License-Identifier: BSD-2-Clause
/* With which privileges a load is tried. */

#include <errno.h>

#include "privilege.h"

bool vouch_privilege_lacks(int err)
{
	return err == EPERM || err == EACCES || err == EFAULT || err == E2BIG ||
	       err == EINVAL;
}
