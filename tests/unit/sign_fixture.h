/* SPDX-License-Identifier: BSD-2-Clause */
/* What tests of the signer share: its keys, and an image to sign. */
#ifndef VOUCH_SIGN_FIXTURE_H
#define VOUCH_SIGN_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../common/image_arch.h"
#include "../../host-bridge/content.h"
#include "../../host-bridge/sign.h"
#include "bridge_fixture.h"

/* A key, and an unsigned image that tests change. */
struct state {
	struct vouch_signer *signer;
	void *key, *cert, *other_key, *other_cert;
	size_t key_len, cert_len, other_key_len, other_cert_len;
	struct fixture fixture;
	u8 *image;
	size_t len;
	struct vouch_image img; /* of .image */
	struct vouch_record record;
	void (*convert)(struct state *s); /* what is linked, unless NULL */
};

#define SECTION(s, i) \
	((Elf64_Shdr *)(uintptr_t)vouch_image_header(&(s)->img, i))

static inline u8 *section_bytes(struct state *s, u32 i)
{
	return s->image + vouch_image_header(&s->img, i)->sh_offset;
}

/* What is done to an image that nobody may sign then, and why not. */
struct abuse {
	void (*abuse)(struct state *s);
	const char *text;
};

static inline int make_keys(void **state)
{
	struct state *s = calloc(1, sizeof(*s));
	const char *why = "";

	if (vouch_crypto_new_key("test image key", 1, &s->key, &s->key_len,
				 &s->cert, &s->cert_len, &why) ||
	    vouch_crypto_new_key("other image key", 1, &s->other_key,
				 &s->other_key_len, &s->other_cert,
				 &s->other_cert_len, &why) ||
	    vouch_signer_new(s->key, s->key_len, s->cert, s->cert_len,
			     &s->signer, &why))
		fail_msg("%s", why);
	*state = s;
	return 0;
}

static inline int drop_keys(void **state)
{
	struct state *s = *state;

	vouch_signer_free(s->signer);
	free(s->key);
	free(s->cert);
	free(s->other_key);
	free(s->other_cert);
	free(s);
	return 0;
}

/* Links what the fixture has now. */
static inline void link_image(struct state *s)
{
	const char *why = "";

	s->image = fixture_link(&s->fixture, &s->len);
	if (s->convert)
		s->convert(s);
	if (vouch_image_parse(s->image, s->len, &s->img, &why))
		fail_msg("%s", why);
	s->record = (struct vouch_record){
		.epoch = cpu_to_le32(3),
		.sequence = cpu_to_le64(7),
		.time = cpu_to_le64(1700000000),
		.slot = "edge0",
		.submitter = "vsock 3",
		.object_name = "filter.o",
	};
}

static inline int start(void **state)
{
	struct state *s = *state;

	fixture_init(&s->fixture);
	link_image(s);
	return 0;
}

static inline int stop(void **state)
{
	struct state *s = *state;

	fixture_release(&s->fixture);
	free(s->image);
	return 0;
}

static inline int sign(struct state *s, void **out, size_t *len,
		       const char **why)
{
	*why = NULL;
	return vouch_sign(s->signer, &s->record, s->image, s->len, out, len,
			  why);
}

static inline void refused(struct state *s, const char *text)
{
	const char *why = NULL;
	void *out = NULL;
	size_t len;
	int ret = sign(s, &out, &len, &why);

	if (!ret)
		free(out);
	if (ret != -EPERM || !why || !strstr(why, text))
		fail_msg("%d: '%s' lacks '%s'", ret, why ? why : "signed",
			 text);
}

/* Hash and name anew, so that only the closed list is left to refuse. */
static inline void seal(struct state *s)
{
	u8 hash[VOUCH_HASH_LEN];

	assert_int_equal(vouch_content_hash(&s->img, hash), 0);
	vouch_content_digits(hash, (char *)s->image + s->img.volatiles[0].off);
	vouch_content_digits(hash, (char *)s->image + s->img.volatiles[1].off);
	memcpy(s->image + s->img.volatiles[2].off, hash, sizeof(hash));
}

/* @make changes what is linked, if not NULL; what is not abused is signed. */
static inline void refuse_all(void **state, void (*make)(struct fixture *f),
			      const struct abuse *abuses, size_t n)
{
	struct state *s = *state;
	const char *why = NULL;
	size_t i, len;
	void *out;

	for (i = 0; i <= n; i++) {
		stop(state);
		fixture_init(&s->fixture);
		if (make)
			make(&s->fixture);
		link_image(s);
		if (i < n)
			abuses[i].abuse(s);
		seal(s);
		if (i < n) {
			print_message("  %s\n", abuses[i].text);
			refused(s, abuses[i].text);
		} else if (sign(s, &out, &len, &why)) {
			fail_msg("unchanged, and refused: %s", why);
		} else {
			free(out);
		}
	}
}

#define REFUSE_ALL(state, make, abuses) \
	refuse_all(state, make, abuses, sizeof(abuses) / sizeof((abuses)[0]))

#endif /* VOUCH_SIGN_FIXTURE_H */
