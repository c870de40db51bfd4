/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an image or a capture holds, for people.
 */
#ifndef VOUCH_CLI_INSPECT_SHOW_H
#define VOUCH_CLI_INSPECT_SHOW_H

#include <jansson.h>

/**
 * vouch_inspect_show() - write the description of an image or a capture.
 * @json: as vouch_inspect_image() or vouch_inspect_capture() made it
 */
void vouch_inspect_show(const json_t *json);

#endif /* VOUCH_CLI_INSPECT_SHOW_H */
