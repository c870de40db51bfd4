/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A delivery: a signed image becomes a loaded, perhaps attached one.
 */
#ifndef VOUCH_AGENT_DELIVER_H
#define VOUCH_AGENT_DELIVER_H

#include "agent.h"

/**
 * vouch_delivery_take() - take a delivery.
 * @agent: the agent
 * @args: the DELIVER frame's object; its slot may be null: the image's own
 * @file: the image, 8-byte aligned
 * @len: its length in bytes
 * @f: filled when the delivery failed
 *
 * The image is stored, admitted, loaded, attached if asked; then its slot's
 * floor is raised, and an older image of the slot that nothing uses goes. A
 * failure before the load leaves everything as it was; one of the attachment
 * takes a newly loaded image out again.
 *
 * Return: the STATUS frame's object, a new reference; NULL when out of memory.
 */
json_t *vouch_delivery_take(struct vouch_agent *agent, const json_t *args,
			    const u8 *file, size_t len,
			    struct vouch_failure *f);

/**
 * vouch_delivery_unload() - take an image out of kernel and state directory.
 * @agent: the agent
 * @image: name of a loaded image
 * @f: filled on error
 *
 * Return: 0 or a negative errno.
 */
int vouch_delivery_unload(struct vouch_agent *agent, const char *image,
			  struct vouch_failure *f);

#endif /* VOUCH_AGENT_DELIVER_H */
