// SPDX-License-Identifier: GPL-2.0-only
/*
 * The layout of a target's kernel, for its profile: whatever programs read.
 *
 * Compiled with the target's tree and debug information, and never linked:
 * scripts/target-profile makes BTF of the object. The compiler is told to
 * describe what is declared, used or not.
 */

#include "types.h"
/* For what the headers of tracepoints include themselves. */
#include "events.h"

#ifdef CONFIG_EVENT_TRACING
#include "records.h"
#endif
