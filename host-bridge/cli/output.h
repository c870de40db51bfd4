/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Results: JSON, tables, and text that others wrote.
 */
#ifndef VOUCH_CLI_OUTPUT_H
#define VOUCH_CLI_OUTPUT_H

#include <stdio.h>

#include <jansson.h>

#include "../../common/base.h"

#define VOUCH_SCHEMA_VERSION 1

enum vouch_mark { VOUCH_MARK_NONE, VOUCH_MARK_GOOD, VOUCH_MARK_BAD };

/**
 * vouch_output_json() - write one result as JSON, on one line.
 * @json: an object, borrowed; gets a schema_version if it has none
 */
void vouch_output_json(json_t *json);

/**
 * vouch_output_text() - write text that others wrote.
 * @out: where to
 * @text: its control characters but newline and tab become '?'
 */
void vouch_output_text(FILE *out, const char *text);

/**
 * vouch_output_mark() - the escape sequence that starts or ends a colour.
 * @out: where it goes
 * @mark: which
 *
 * Return: "" unless @out is a terminal and NO_COLOR is not set.
 */
const char *vouch_output_mark(FILE *out, enum vouch_mark mark);

/**
 * vouch_output_table() - write a table.
 * @heads: its head, a list of texts; stolen
 * @rows: a list of lists of texts, stolen
 */
void vouch_output_table(json_t *heads, json_t *rows);

/**
 * vouch_output_targets() - write the table of targets.
 * @json: a RESULT with the member "targets"
 */
void vouch_output_targets(const json_t *json);

/**
 * vouch_output_hex() - write bytes as bpftool does: "0a 00 ff".
 * @hex: hexadecimal without blanks; NULL counts as empty
 */
void vouch_output_hex(const char *hex);

/**
 * vouch_json_text() - a member as text.
 * @json: an object
 * @key: member
 *
 * Return: a text or a number as a new JSON text; "-" for anything else.
 */
json_t *vouch_json_text(const json_t *json, const char *key);

/**
 * vouch_json_string() - a member that should be a text.
 * @json: an object
 * @key: member
 *
 * Return: the text, owned by @json; "-" if it is none.
 */
const char *vouch_json_string(const json_t *json, const char *key);

#endif /* VOUCH_CLI_OUTPUT_H */
