/* SPDX-License-Identifier: BSD-2-Clause */
/* The code of an image, with its symbols, relocations and slots. */
#ifndef VOUCH_LINK_TEXT_H
#define VOUCH_LINK_TEXT_H

#include "../common/image.h"
#include "buffer.h"
#include "check.h"

struct vouch_text {
	struct vouch_buffer code; /* .text */
	struct vouch_buffer relas; /* Elf64_Rela of .text */
	struct vouch_buffer returns; /* Elf64_Rela of .return_sites */
	struct vouch_buffer retpolines; /* Elf64_Rela of .retpoline_sites */
	struct vouch_buffer faults; /* struct vouch_ex_entry */
	struct vouch_buffer fault_relas; /* Elf64_Rela of __ex_table */
	struct vouch_buffer symbols; /* Elf64_Sym, imports included */
	struct vouch_buffer strings; /* .strtab */
	struct vouch_buffer slots; /* struct vouch_req_ref */
	struct vouch_buffer entries; /* u32 each: offset, length, by program */
	u32 first_import;
	bool plain_jumps; /* indirect, and through no thunk */
};

/**
 * vouch_text_link() - lay out and rewrite the code of a capture.
 * @cap: the capture
 * @chk: what vouch_check() found in it
 * @rethunk: return through the target's thunk
 * @retpoline: jump indirectly through the target's thunk
 * @text: filled on success; release with vouch_text_release() in any case
 * @why: filled on refusal
 *
 * Return: 0, -EPERM with @why, or -ENOMEM.
 */
int vouch_text_link(const struct vouch_capture_view *cap,
		    const struct vouch_checked *chk, bool rethunk,
		    bool retpoline, struct vouch_text *text,
		    struct vouch_refusal *why);

/**
 * vouch_text_release() - free what vouch_text_link() allocated.
 * @text: may be all zero
 */
void vouch_text_release(struct vouch_text *text);

#endif /* VOUCH_LINK_TEXT_H */
