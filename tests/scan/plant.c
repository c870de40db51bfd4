// SPDX-License-Identifier: BSD-2-Clause
/*
 * Puts addresses of a kernel into an image and sees each of them found.
 *
 * usage: image_plant PROFILE CERT OBJECT OPTIONS IMAGE PLACES ADDRESS...
 *
 * IMAGE is a signed one, made of OBJECT under OPTIONS (JSON) for the target of
 * PROFILE; ADDRESS are numbers. Nothing may be found in the image as it is.
 * Then PLACES times one address takes an instruction's place, and as often
 * that of what a map starts with; each must be found.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../common/image.h"
#include "../../host-bridge/disasm.h"
#include "../../host-bridge/file.h"
#include "../../host-bridge/object.h"
#include "../../host-bridge/profile_load.h"
#include "../../host-bridge/scan.h"

#define MOST_BYTES 16u

/* How an instruction, or a few, takes an address. */
struct form {
	u32 len; /* bytes */
	void (*write)(u8 *bytes, u64 address);
};

/* movabs rdx, address */
static void write_x86(u8 *bytes, u64 address)
{
	bytes[0] = 0x48;
	bytes[1] = 0xba;
	memcpy(bytes + 2, &address, sizeof(address));
}

/* movz x30, and movk three times: no number of the image goes on behind it. */
static void write_arm64(u8 *bytes, u64 address)
{
	u32 i, insn;

	for (i = 0; i < 4; i++) {
		insn = (i ? 0xf2800000u : 0xd2800000u) | i << 21 |
		       (u32)(address >> 16 * i & 0xffff) << 5 | 30;
		memcpy(bytes + 4 * i, &insn, sizeof(insn));
	}
}

static struct vouch_profile *profile;
static json_t *options;
static void *object, *file;
static size_t object_len, file_len;
static struct vouch_image img;
static struct vouch_refusal why;
static u32 arch;
static struct form form_of;

static int scan(void)
{
	why = (struct vouch_refusal){};
	return vouch_scan_image(file, file_len, object, object_len, options,
				profile, &why);
}

static int read_all(char **argv)
{
	const char *cert = argv[2], *reason = "";
	char text[256] = "";
	u32 elf_len, sig_len;

	options = json_loads(argv[4], 0, NULL);
	if (!options ||
	    vouch_profile_load(argv[1], &cert, 1, &profile, text,
			       sizeof(text)) ||
	    vouch_file_get(AT_FDCWD, argv[3], VOUCH_OBJECT_MAX, &object,
			   &object_len) ||
	    vouch_file_get(AT_FDCWD, argv[5], VOUCH_IMAGE_MAX, &file,
			   &file_len) ||
	    vouch_image_split(file, file_len, &elf_len, &sig_len, &reason) ||
	    vouch_image_parse(file, elf_len, &img, &reason)) {
		fprintf(stderr, "%s: %s%s\n", argv[5], text, reason);
		return -1;
	}
	file_len = elf_len;
	arch = le32_to_cpu(img.req.req->arch);
	form_of = arch == VOUCH_ARCH_ARM64 ? (struct form){ 16, write_arm64 }
					   : (struct form){ 10, write_x86 };
	return 0;
}

/* Overwrites, scans, and puts back; was it found by name? Where a relocation
 * is to be, or a jump to a thunk, nothing else has the form of an image. */
static bool is_found(const u8 *at, const u8 *bytes, u32 len, const char *words)
{
	u8 *place = (u8 *)(uintptr_t)at;
	struct vouch_image changed;
	u8 before[MOST_BYTES];
	const char *reason;
	bool form;
	int ret;

	memcpy(before, place, len);
	memcpy(place, bytes, len);
	ret = scan();
	form = !vouch_image_parse(file, file_len, &changed, &reason);
	memcpy(place, before, len);
	if (ret == -EPERM && strstr(why.text, form ? words : reason))
		return true;
	fprintf(stderr, "not found at %zu: %d %s\n",
		(size_t)(at - (const u8 *)file), ret, why.text);
	return false;
}

/* Offsets in .text where an instruction starts and an address fits, with one
 * behind it. */
static u32 find_places(u32 *places, u32 max)
{
	struct vouch_disasm *d = vouch_disasm_new(arch);
	struct vouch_disasm_insn insn;
	u32 i, n = 0;

	for (i = VOUCH_SYM_SLOTS + 1; i < img.first_import; i++) {
		u64 at = img.syms[i].st_value, end = at + img.syms[i].st_size;

		while (at + form_of.len < end && n < max &&
		       !vouch_disasm_step(d, img.text + at, end - at, &insn)) {
			places[n++] = (u32)at;
			at += insn.len;
		}
	}
	vouch_disasm_free(d);
	return n;
}

static u32 plant_in_code(u32 wanted, const u64 *addresses, u32 n_addresses,
			 u32 *tried)
{
	u32 *places = calloc(img.text_len + 1, sizeof(*places));
	u32 n = find_places(places, img.text_len), i, found = 0;
	u32 step = n / wanted + 1;
	u8 move[MOST_BYTES];

	for (i = 0; i < n; i += step) {
		form_of.write(move, addresses[(*tried)++ % n_addresses]);
		found += is_found(img.text + places[i], move, form_of.len,
				  "may be an address of the verifier kernel");
	}
	free(places);
	return found;
}

static u32 plant_in_maps(u32 wanted, const u64 *addresses, u32 n_addresses,
			 u32 *tried)
{
	u32 i, at, found = 0;

	for (i = 0; i < img.req.n_maps; i++) {
		const struct vouch_req_map *m = &img.req.maps[i];
		const u8 *data = img.data + le32_to_cpu(m->data_off);
		u32 len = le32_to_cpu(m->data_len);

		for (at = 0; at + 8 <= len; at += (len - 8) / wanted + 1) {
			u64 address = addresses[*tried % n_addresses];

			(*tried)++;
			found += is_found(data + at, (const u8 *)&address, 8,
					  m->name);
		}
	}
	return found;
}

int main(int argc, char **argv)
{
	u32 i, code = 0, data = 0, found, n = 0;
	u64 addresses[16];
	int wanted;

	if (argc < 8 || argc - 7 > 16)
		return 2;
	wanted = atoi(argv[6]);
	for (i = 7; i < (u32)argc; i++)
		addresses[n++] = strtoull(argv[i], NULL, 16);
	if (wanted < 1 || read_all(argv))
		return 2;
	if (scan()) {
		printf("found in the image itself: %s\n", why.text);
		return 1;
	}
	found = plant_in_code((u32)wanted, addresses, n, &code);
	found += plant_in_maps((u32)wanted, addresses, n, &data);
	printf("%u in code, %u in maps, %u found; %u loads that may fault, %u "
	       "fields\n",
	       code, data, found, img.n_faults, img.req.n_fields);
	json_decref(options);
	vouch_profile_free(profile);
	free(object);
	free(file);
	return found == code + data && code ? 0 : 1;
}
