/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Types by name. What follows three underscores is a flavour, which only tells
 * an author's own definitions of one type apart.
 */
#ifndef VOUCH_BTF_NAMES_H
#define VOUCH_BTF_NAMES_H

#include "btf_types.h"

/* An index of all types that have a name. */
struct vouch_btf_names {
	const struct vouch_types *types;
	u32 *ids; /* by name, ascending */
	u32 n;
};

/**
 * vouch_btf_names_make() - make the index.
 * @names: filled; release with vouch_btf_names_free()
 * @types: what it is of; must outlive @names
 *
 * Return: 0 or -ENOMEM.
 */
int vouch_btf_names_make(struct vouch_btf_names *names,
			 const struct vouch_types *types);

/**
 * vouch_btf_names_free() - release the index.
 * @names: may be all zero
 */
void vouch_btf_names_free(struct vouch_btf_names *names);

/**
 * vouch_btf_names_find() - look for the types of a name.
 * @names: the index
 * @name: of any flavour
 * @ids: set to where their ids are
 *
 * Return: their number.
 */
u32 vouch_btf_names_find(const struct vouch_btf_names *names, const char *name,
			 const u32 **ids);

/**
 * vouch_btf_names_alike() - are two names one, but for flavours?
 * @a: a name
 * @b: a name
 *
 * Return: true if they are.
 */
bool vouch_btf_names_alike(const char *a, const char *b);

#endif /* VOUCH_BTF_NAMES_H */
