/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of the kernel as files of the target driver need that are fuzzed in
 * user space. Keys are not kept, and the fuzz target says which signatures are
 * good.
 */
#ifndef VOUCH_FUZZ_SHIM_H
#define VOUCH_FUZZ_SHIM_H

#include <stdarg.h>
#include <stdio.h>

#include "../../../common/base.h"

#define __printf(a, b) __attribute__((format(printf, a, b)))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define pr_err(...) fprintf(stderr, __VA_ARGS__)
#define vscnprintf vsnprintf

#define IS_ERR(p) ((unsigned long)(p) > -4096ul)
#define PTR_ERR(p) ((long)(p))

/* ---- keys ---- */

struct key;
struct cred;
typedef struct key *key_ref_t;

#define KEY_POS_ALL 0x3f000000
#define KEY_POS_SETATTR 0x20000000
#define KEY_USR_VIEW 0x00010000
#define KEY_USR_READ 0x00020000
#define KEY_USR_SEARCH 0x00080000
#define KEY_ALLOC_NOT_IN_QUOTA 2
#define KEY_ALLOC_BYPASS_RESTRICTION 8
#define KUIDT_INIT(n) (n)
#define KGIDT_INIT(n) (n)
#define VERIFYING_MODULE_SIGNATURE 0

#define current_cred() ((const struct cred *)NULL)
#define make_key_ref(key, possessed) (key)
#define key_ref_put(key) ((void)(key))
#define key_put(key) ((void)(key))
#define keyring_restrict(key, type, text) ((void)(key), 0)

struct key *keyring_alloc(const char *name, int uid, int gid,
			  const struct cred *cred, int perm,
			  unsigned long flags, void *restriction,
			  struct key *dest);
key_ref_t key_create_or_update(key_ref_t keyring, const char *type,
			       const char *name, const void *data, size_t len,
			       int perm, unsigned long flags);
int verify_pkcs7_signature(const void *data, size_t len, const void *cms,
			   size_t cms_len, struct key *keys, int usage,
			   void *view, void *ctx);

static inline u16 get_unaligned_be16(const void *p)
{
	const u8 *b = p;

	/* Who asks has compared all of these bytes before. NOLINTNEXTLINE */
	return (u16)(b[0] << 8 | b[1]);
}

#endif /* VOUCH_FUZZ_SHIM_H */
