// SPDX-License-Identifier: BSD-2-Clause
/* The signer signs images and nothing else. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

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
};

static int make_keys(void **state)
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

static int drop_keys(void **state)
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

static int start(void **state)
{
	struct state *s = *state;
	const char *why = "";

	fixture_init(&s->fixture);
	s->image = fixture_link(&s->fixture, &s->len);
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
	return 0;
}

static int stop(void **state)
{
	struct state *s = *state;

	fixture_release(&s->fixture);
	free(s->image);
	return 0;
}

static int sign(struct state *s, void **out, size_t *len, const char **why)
{
	*why = NULL;
	return vouch_sign(s->signer, &s->record, s->image, s->len, out, len,
			  why);
}

static void refused(struct state *s, const char *text)
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
static void seal(struct state *s)
{
	u8 hash[VOUCH_HASH_LEN];

	assert_int_equal(vouch_content_hash(&s->img, hash), 0);
	vouch_content_digits(hash, (char *)s->image + s->img.volatiles[0].off);
	vouch_content_digits(hash, (char *)s->image + s->img.volatiles[1].off);
	memcpy(s->image + s->img.volatiles[2].off, hash, sizeof(hash));
}

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
	u32 size = (u32)s->img.sections[VOUCH_SECTION_STRTAB].sh_size, i;
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

#define SECTION(s, i) ((Elf64_Shdr *)(uintptr_t) & (s)->img.sections[i])
#define EHDR(s) ((Elf64_Ehdr *)(s)->image)

static Elf64_Rela *rela(struct state *s, u32 i)
{
	return (Elf64_Rela *)(uintptr_t)&s->img.relas[i];
}

static char *section_name(struct state *s, u32 i)
{
	return (char *)s->image +
	       s->img.sections[VOUCH_SECTION_SHSTRTAB].sh_offset +
	       s->img.sections[i].sh_name;
}

static u8 *section_bytes(struct state *s, u32 i)
{
	return s->image + s->img.sections[i].sh_offset;
}

static void init_section(struct state *s)
{
	memcpy(section_name(s, VOUCH_SECTION_RECORD), ".init_array", 11);
}

static void writable_text(struct state *s)
{
	SECTION(s, VOUCH_SECTION_TEXT)->sh_flags |= SHF_WRITE;
}

static void executable_data(struct state *s)
{
	SECTION(s, VOUCH_SECTION_DATA)->sh_flags = SHF_ALLOC | SHF_EXECINSTR;
}

static void relocated_module(struct state *s)
{
	SECTION(s, VOUCH_SECTION_RELA_TEXT)->sh_info =
		VOUCH_SECTION_THIS_MODULE;
}

static void fewer_sections(struct state *s)
{
	EHDR(s)->e_shnum--;
}

static void moved_section(struct state *s)
{
	SECTION(s, VOUCH_SECTION_MODINFO)->sh_offset += 8;
}

static void overlapping_section(struct state *s)
{
	SECTION(s, VOUCH_SECTION_DATA)->sh_offset =
		s->img.sections[VOUCH_SECTION_TEXT].sh_offset;
}

static void section_beyond_the_end(struct state *s)
{
	SECTION(s, VOUCH_SECTION_STRTAB)->sh_size = 1ull << 40;
}

static void entry_point(struct state *s)
{
	EHDR(s)->e_entry = 64;
}

/* Somewhere two sections do not touch, for want of alignment. */
static void hidden_bytes(struct state *s)
{
	u32 i;

	for (i = VOUCH_SECTION_RELA_TEXT; i < VOUCH_N_SECTIONS; i++) {
		const Elf64_Shdr *before = &s->img.sections[i - 1];

		if (before->sh_type == SHT_NOBITS ||
		    before->sh_offset + before->sh_size ==
			    s->img.sections[i].sh_offset)
			continue;
		section_bytes(s, i)[-1] = 0xcc;
		return;
	}
	fail_msg("no gap");
}

static void init_function(struct state *s)
{
	section_bytes(s, VOUCH_SECTION_THIS_MODULE)[400] = 0x10;
}

static void early_name(struct state *s)
{
	section_bytes(s, VOUCH_SECTION_THIS_MODULE)[8] = 'v';
}

static void absolute_relocation(struct state *s)
{
	rela(s, 0)->r_info = ELF64_R_INFO(2ull, R_X86_64_64);
}

static void relocation_beyond_slots(struct state *s)
{
	rela(s, 0)->r_addend = 8 * 1000 - 4;
}

static void relocation_between_slots(struct state *s)
{
	rela(s, 0)->r_addend = 0;
}

static void relocation_to_text(struct state *s)
{
	rela(s, 0)->r_info = ELF64_R_INFO(1ull, R_X86_64_PC32);
}

static void call_beside_an_import(struct state *s)
{
	rela(s, 1)->r_addend = 0;
}

static void call_of_a_function(struct state *s)
{
	rela(s, 1)->r_info = ELF64_R_INFO(3ull, R_X86_64_PLT32);
}

static void overlapping_relocations(struct state *s)
{
	rela(s, 1)->r_offset = rela(s, 0)->r_offset + 2;
}

static void relocation_outside_text(struct state *s)
{
	rela(s, s->img.n_relas - 1)->r_offset = s->img.text_len - 2;
}

static void lost_return_site(struct state *s)
{
	Elf64_Rela *r = (Elf64_Rela *)(uintptr_t)s->img.returns;

	r[0].r_addend += 1;
}

static void other_modinfo_tag(struct state *s)
{
	char *p = (char *)section_bytes(s, VOUCH_SECTION_MODINFO);

	memcpy(p, "softdep=", 8);
}

static void other_dependency(struct state *s)
{
	char *p = (char *)section_bytes(s, VOUCH_SECTION_MODINFO);
	u32 len = s->img.modinfo_len, i;

	for (i = 0; i + 12 < len; i++)
		if (!memcmp(p + i, "vouch_target", 12))
			p[i] = 'V';
}

static void other_vermagic(struct state *s)
{
	*(char *)(uintptr_t)s->img.vermagic = '5';
}

static void defined_import(struct state *s)
{
	Elf64_Sym *sym = (Elf64_Sym *)(uintptr_t)s->img.syms;

	sym[s->img.first_import].st_shndx = VOUCH_SECTION_TEXT;
}

static void exported_function(struct state *s)
{
	Elf64_Sym *sym = (Elf64_Sym *)(uintptr_t)s->img.syms;

	sym[3].st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
}

static void shorter_function(struct state *s)
{
	Elf64_Sym *sym = (Elf64_Sym *)(uintptr_t)s->img.syms;

	sym[4].st_size -= 1;
}

static void program_outside_text(struct state *s)
{
	struct vouch_req_prog *p =
		(struct vouch_req_prog *)(uintptr_t)s->img.req.progs;

	p->text_len = cpu_to_le32(1 << 20);
}

static void slot_of_no_map(struct state *s)
{
	struct vouch_req_ref *r =
		(struct vouch_req_ref *)(uintptr_t)s->img.req.refs;

	r->map = cpu_to_le32(77);
}

static void slot_outside_its_map(struct state *s)
{
	struct vouch_req_ref *r =
		(struct vouch_req_ref *)(uintptr_t)s->img.req.refs;

	r[1].offset = cpu_to_le64(16);
}

static Elf64_Sym *symbol(struct state *s, u32 i)
{
	return (Elf64_Sym *)(uintptr_t)&s->img.syms[i];
}

static void executable_file(struct state *s)
{
	EHDR(s)->e_type = ET_EXEC;
}

static void null_section(struct state *s)
{
	SECTION(s, VOUCH_SECTION_NULL)->sh_addr = 1;
}

static void more_names(struct state *s)
{
	Elf64_Shdr *names = SECTION(s, VOUCH_SECTION_SHSTRTAB);

	/* The headers lie at a multiple of 8 behind it. */
	assert_int_not_equal((names->sh_offset + names->sh_size) % 8, 0);
	names->sh_size++;
}

static void half_a_relocation(struct state *s)
{
	SECTION(s, VOUCH_SECTION_RELA_TEXT)->sh_size -= 1;
}

static void other_retpoline(struct state *s)
{
	char *p = (char *)section_bytes(s, VOUCH_SECTION_MODINFO);

	p[s->img.modinfo_len - 2] = 'N';
}

static void foreign_requirements(struct state *s)
{
	section_bytes(s, VOUCH_SECTION_REQUIREMENTS)[12] = 'V';
}

static void foreign_record(struct state *s)
{
	section_bytes(s, VOUCH_SECTION_RECORD)[8] = 7;
}

static void another_slot(struct state *s)
{
	SECTION(s, VOUCH_SECTION_SLOTS)->sh_size += 8;
}

static void no_function(struct state *s)
{
	SECTION(s, VOUCH_SECTION_SYMTAB)->sh_info = 3;
}

static void null_symbol(struct state *s)
{
	symbol(s, 0)->st_value = 1;
}

static void sized_section_symbol(struct state *s)
{
	symbol(s, 1)->st_size = 1;
}

static void shared_name(struct state *s)
{
	symbol(s, 4)->st_name = symbol(s, 3)->st_name;
}

static void moved_function(struct state *s)
{
	symbol(s, 4)->st_value += 8;
	symbol(s, 4)->st_size -= 8;
}

static void bytes_between_functions(struct state *s)
{
	const Elf64_Sym *first = symbol(s, 3);

	assert_int_not_equal(first->st_size % 16, 0);
	section_bytes(s, VOUCH_SECTION_TEXT)[first->st_size] = 0x90;
}

static void unsorted_imports(struct state *s)
{
	static const char names[] =
		"vouch_bpf_htab_lookup_raw\0__x86_return_thunk";
	const u32 first = s->img.first_import;
	char *p = (char *)(uintptr_t)vouch_image_symbol(&s->img, first);

	assert_int_equal(s->img.n_syms, first + 2);
	memcpy(p, names, sizeof(names));
	symbol(s, first + 1)->st_name =
		symbol(s, first)->st_name + (u32)strlen(names) + 1;
}

static void prepared_field(struct state *s)
{
	section_bytes(s, VOUCH_SECTION_TEXT)[rela(s, 0)->r_offset] = 1;
}

static void filled_return_sites(struct state *s)
{
	section_bytes(s, VOUCH_SECTION_RETURN_SITES)[0] = 1;
}

static void unknown_licence(struct state *s)
{
	struct vouch_requirements *r =
		(struct vouch_requirements *)(uintptr_t)s->img.req.req;

	memset(r->license, 0, sizeof(r->license));
	strcpy(r->license, "GPL v3");
}

static void abused_images_are_refused(void **state)
{
	static const struct {
		void (*abuse)(struct state *s);
		const char *text;
	} abuses[] = {
		{ init_section, "section's name" },
		{ writable_text, "section header" },
		{ executable_data, "section header" },
		{ relocated_module, "section header" },
		{ fewer_sections, "not the sections" },
		{ moved_section, "not where it must be" },
		{ overlapping_section, "not where it must be" },
		{ section_beyond_the_end, "larger than the file" },
		{ entry_point, "ELF header" },
		{ hidden_bytes, "between sections" },
		{ init_function, "more than the name" },
		{ early_name, "an image's name" },
		{ absolute_relocation, "a type that no image has" },
		{ relocation_beyond_slots, "not to a slot" },
		{ relocation_between_slots, "not to a slot" },
		{ relocation_to_text, "not to a slot" },
		{ call_beside_an_import, "not to an import" },
		{ call_of_a_function, "not to an import" },
		{ overlapping_relocations, "not where it must be" },
		{ relocation_outside_text, "not where it must be" },
		{ lost_return_site, "return sites" },
		{ other_modinfo_tag, "not the tags" },
		{ other_dependency, "not the value" },
		{ other_vermagic, "differs from the requirements" },
		{ defined_import, "no import" },
		{ exported_function, "no function" },
		{ shorter_function, "belong to no function" },
		{ program_outside_text, "outside .text" },
		{ slot_of_no_map, "names no map" },
		{ slot_outside_its_map, "outside its map" },
		{ unknown_licence, "unknown licence" },
		{ executable_file, "not a relocatable file" },
		{ null_section, "null section" },
		{ more_names, "more names than sections" },
		{ half_a_relocation, "no multiple of its entries" },
		{ other_retpoline, "a tag that no image has" },
		{ foreign_requirements, "requirements: not a note" },
		{ foreign_record, "record: not a note" },
		{ another_slot, "not one for each reference" },
		{ no_function, "not the symbols of an image" },
		{ null_symbol, "null symbol" },
		{ sized_section_symbol, "section symbols" },
		{ shared_name, "a name is not where it must be" },
		{ moved_function, "a function is not where it must be" },
		{ bytes_between_functions, "not int3" },
		{ unsorted_imports, "imports are not sorted" },
		{ prepared_field, "its field is not zero" },
		{ filled_return_sites, "not one for each relocation" },
	};
	struct state *s = *state;
	size_t i;

	for (i = 0; i < sizeof(abuses) / sizeof(abuses[0]); i++) {
		stop(state);
		start(state);
		abuses[i].abuse(s);
		seal(s);
		print_message("  %s\n", abuses[i].text);
		refused(s, abuses[i].text);
	}
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
