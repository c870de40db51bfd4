// SPDX-License-Identifier: BSD-2-Clause
/* The signer signs images and nothing else. */

#include "image_abuses.h"
#include "sign_fixture.h"

static void an_image_is_signed(void **state)
{
	struct state *s = *state;
	struct vouch_image img;
	const char *why = NULL;
	u32 elf_len, sig_len;
	size_t len;
	void *out;

	assert_int_equal(sign(s, &out, &len, &why), 0);
	assert_int_equal(vouch_image_split(out, len, &elf_len, &sig_len, &why),
			 0);
	assert_int_equal(elf_len, s->len);
	assert_int_equal(vouch_image_parse(out, elf_len, &img, &why), 0);
	assert_int_equal(vouch_content_check(&img, &why), 0);
	assert_string_equal(img.name, s->img.name);
	assert_string_equal(img.record->slot, "edge0");
	assert_int_equal(le32_to_cpu(img.record->epoch), 3);
	assert_int_equal(le64_to_cpu(img.record->sequence), 7);
	assert_int_equal(vouch_crypto_cms_check(s->cert, s->cert_len, out,
						elf_len, (u8 *)out + elf_len,
						sig_len, &why),
			 0);
	free(out);
}

static void a_signature_fits_one_file_and_one_key(void **state)
{
	struct state *s = *state;
	const char *why = NULL;
	u32 elf_len, sig_len;
	size_t len;
	void *out;

	assert_int_equal(sign(s, &out, &len, &why), 0);
	assert_int_equal(vouch_image_split(out, len, &elf_len, &sig_len, &why),
			 0);
	assert_int_equal(vouch_crypto_cms_check(
				 s->other_cert, s->other_cert_len, out, elf_len,
				 (u8 *)out + elf_len, sig_len, &why),
			 -EKEYREJECTED);
	((u8 *)out)[elf_len / 2] ^= 1;
	assert_int_equal(vouch_crypto_cms_check(s->cert, s->cert_len, out,
						elf_len, (u8 *)out + elf_len,
						sig_len, &why),
			 -EKEYREJECTED);
	free(out);
}

static void a_key_needs_its_certificate(void **state)
{
	struct state *s = *state;
	struct vouch_signer *signer;
	const char *why = NULL;

	assert_int_equal(vouch_signer_new(s->key, s->key_len, s->other_cert,
					  s->other_cert_len, &signer, &why),
			 -EINVAL);
	assert_non_null(strstr(why, "not of this image key"));
	assert_int_equal(vouch_signer_new(s->cert, s->cert_len, s->cert,
					  s->cert_len, &signer, &why),
			 -EINVAL);
	assert_int_equal(vouch_signer_new(s->key, s->key_len, s->cert,
					  s->cert_len - 1, &signer, &why),
			 -EINVAL);
}

static void bytes_behind_a_certificate_are_refused(void **state)
{
	struct state *s = *state;
	u8 *cert = calloc(1, s->cert_len + 1);
	struct vouch_signer *signer;
	const char *why = NULL;

	memcpy(cert, s->cert, s->cert_len);
	assert_int_equal(vouch_signer_new(s->key, s->key_len, cert,
					  s->cert_len + 1, &signer, &why),
			 -EINVAL);
	free(cert);
}

static void what_is_no_image_is_refused(void **state)
{
	struct state *s = *state;
	size_t len = s->len;

	s->len = 0;
	refused(s, "size out of range");
	s->len = len - 1;
	refused(s, "image:");
	s->len = len;
	memcpy(s->image, "MZ", 2);
	refused(s, "not a 64-bit");
}

static void an_object_is_refused(void **state)
{
	struct state *s = *state;

	memcpy(s->image, s->fixture.object, s->fixture.object_len);
	s->len = s->fixture.object_len;
	refused(s, "image: of another architecture");
}

static void a_signed_image_is_refused(void **state)
{
	struct state *s = *state;
	const char *why = NULL;
	u32 elf_len, sig_len;
	size_t len;
	void *out;

	assert_int_equal(sign(s, &out, &len, &why), 0);
	free(s->image);
	s->image = out;
	s->len = len;
	refused(s, "section headers are not at the end");
	assert_int_equal(vouch_image_split(out, len, &elf_len, &sig_len, &why),
			 0);
	s->len = elf_len;
	refused(s, "already has a record");
}

static void changed_code_is_refused(void **state)
{
	struct state *s = *state;

	s->image[s->img.text - s->image + marks.mov + 1] ^= 1;
	refused(s, "content hash");
}

static void another_name_is_refused(void **state)
{
	struct state *s = *state;
	u8 *digit = s->image + s->img.volatiles[0].off;
	u8 other = *digit == '1' ? '2' : '1';

	*digit = other;
	refused(s, "not the name in this_module");
	s->image[s->img.volatiles[1].off] = other;
	refused(s, "its name is not that of its content");
}

static void records_must_be_proper(void **state)
{
	struct state *s = *state;
	struct vouch_record good = s->record;

	s->record.epoch = 0;
	refused(s, "epoch and sequence");
	s->record = good;
	s->record.sequence = 0;
	refused(s, "epoch and sequence");
	s->record = good;
	memset(s->record.slot, 0, sizeof(s->record.slot));
	refused(s, "slot");
	s->record = good;
	s->record.slot[2] = '/';
	refused(s, "slot");
	s->record = good;
	s->record.submitter[5] = '\n';
	refused(s, "not NUL-padded");
	s->record = good;
	s->record.reserved[31] = 1;
	refused(s, "reserved");
}

/* A name in .strtab becomes another of the same length. */
static void rename_symbol(struct state *s, const char *old, const char *new)
{
	u32 size = (u32)SECTION(s, VOUCH_SECTION_STRTAB)->sh_size, i;
	char *p = (char *)(uintptr_t)s->img.strtab;

	assert_int_equal(strlen(old), strlen(new));
	for (i = 0; i + strlen(old) < size; i++)
		if (!memcmp(p + i, old, strlen(old) + 1)) {
			memcpy(p + i, new, strlen(new));
			seal(s);
			return;
		}
	fail_msg("no symbol %s", old);
}

static void unknown_imports_are_refused(void **state)
{
	rename_symbol(*state, "vouch_bpf_htab_lookup_raw",
		      "vouch_bpf_htab_lookup_law");
	refused(*state, "no helper of vouch");
}

static void kernel_symbols_are_refused(void **state)
{
	rename_symbol(*state, "vouch_bpf_htab_lookup_raw",
		      "tracing_prog_func_proto_x");
	refused(*state, "an import that no image may have");
}

static void other_function_names_are_refused(void **state)
{
	rename_symbol(*state, "p0_xdp_test", "init_module");
	refused(*state, "a function has a name");
}

static void abused_images_are_refused(void **state)
{
	REFUSE_ALL(state, NULL, abuses);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		T(an_image_is_signed),
		T(a_signature_fits_one_file_and_one_key),
		T(a_key_needs_its_certificate),
		T(bytes_behind_a_certificate_are_refused),
		T(what_is_no_image_is_refused),
		T(an_object_is_refused),
		T(a_signed_image_is_refused),
		T(changed_code_is_refused),
		T(another_name_is_refused),
		T(records_must_be_proper),
		T(unknown_imports_are_refused),
		T(kernel_symbols_are_refused),
		T(other_function_names_are_refused),
		T(abused_images_are_refused),
	};

	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
