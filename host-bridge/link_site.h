/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What becomes of a place in the code when it is linked; each architecture has
 * a table of these functions. None changes the code's length.
 */
#ifndef VOUCH_LINK_SITE_H
#define VOUCH_LINK_SITE_H

#include "check.h"
#include "link_text.h"

/* An instruction of an image. */
struct vouch_link_site {
	struct vouch_text *text; /* gets relocations */
	u8 *code; /* where the instruction starts; not moved meanwhile */
	u64 off; /* the same in .text, bytes */
};

/*
 * @pad: bytes between functions, up to a multiple of 16
 * @call: of the import with that symbol
 * @subcall: of the function at @target, an offset in .text
 * @constant: a 64-bit number in the place of the capture's tag
 * @function: the address of the function at @target in its place
 * @slot: what a slot holds in its place
 * @exit: the function's return; @sym: of the return thunk, 0 for a plain one
 * @jump: a tail call's jump of @len bytes; @sym: of the indirect thunk, 0 for a
 *	plain one; -EPERM with @why if the thunk has no room
 * @unreached: @len bytes that nothing reaches; NULL if there are none such
 * @load: an entry of the exception table; @at: of the load in .text, bytes
 */
struct vouch_link_ops {
	void (*pad)(struct vouch_buffer *code);
	void (*call)(const struct vouch_link_site *site, u32 sym);
	void (*subcall)(const struct vouch_link_site *site, u32 target);
	void (*constant)(const struct vouch_link_site *site, u64 value);
	void (*function)(const struct vouch_link_site *site, u32 target);
	void (*slot)(const struct vouch_link_site *site, u32 slot);
	void (*exit)(const struct vouch_link_site *site, u32 sym);
	int (*jump)(const struct vouch_link_site *site, u32 len, u32 sym,
		    struct vouch_refusal *why);
	void (*unreached)(const struct vouch_link_site *site, u32 len);
	void (*load)(struct vouch_text *text, u64 at,
		     const struct vouch_load *load);
};

/**
 * vouch_link_relocate() - add a relocation.
 * @relas: of the section
 * @off: in the section, bytes
 * @sym: index of a symbol
 * @type: of the architecture
 * @addend: added to the symbol's value
 *
 * Running out of memory is told by @relas.
 */
void vouch_link_relocate(struct vouch_buffer *relas, u64 off, u32 sym, u32 type,
			 s64 addend);

/**
 * vouch_link_fault() - add an entry of the exception table.
 * @text: gets it, and its relocations
 * @at: of the load in .text, bytes
 * @len: of the load, behind which the program goes on, bytes
 * @type: of the relocations
 * @data: the entry's third word
 *
 * Running out of memory is told by @text's buffers.
 */
void vouch_link_fault(struct vouch_text *text, u64 at, u32 len, u32 type,
		      u32 data);

#endif /* VOUCH_LINK_SITE_H */
