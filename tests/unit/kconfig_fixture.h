/* SPDX-License-Identifier: BSD-2-Clause */
/* Types of settings of a kernel, and a target that has some. */
#ifndef VOUCH_KCONFIG_FIXTURE_H
#define VOUCH_KCONFIG_FIXTURE_H

#include <linux/btf.h>

#include "btf_text.h"
#include "profile_fixture.h"

#define KCONFIG_SETTINGS                      \
	"CONFIG_ARCH_HAS_SYSCALL_WRAPPER=y\n" \
	"CONFIG_HZ=250\n"                     \
	"CONFIG_LARGE=0xffffffffffff\n"       \
	"CONFIG_MODULE=m\n"                   \
	"CONFIG_NAME=\"abc\"\n"               \
	"CONFIG_YES=y\n"

/* Types by their ids, where they are the first. */
enum {
	KCONFIG_INT = 1,
	KCONFIG_BOOL,
	KCONFIG_CHAR,
	KCONFIG_LONG,
	KCONFIG_TRISTATE,
	KCONFIG_TEXT,
};

static inline void kconfig_int(struct btf_text *b, const char *name, u32 size,
			       u32 encoding)
{
	const u32 extra = encoding << 24 | size * 8;

	btf_add(b, name, BTF_KIND_INT << 24, size, &extra, sizeof(extra));
}

/* Behind the types that there are. */
static inline void kconfig_types(struct btf_text *b)
{
	const struct btf_enum tri[] = { { 0, 0 }, { 0, 1 }, { 0, 2 } };
	const struct btf_array text = { b->n + KCONFIG_CHAR, b->n + KCONFIG_INT,
					8 };

	kconfig_int(b, "int", 4, BTF_INT_SIGNED);
	kconfig_int(b, "_Bool", 1, BTF_INT_BOOL);
	kconfig_int(b, "char", 1, 0);
	kconfig_int(b, "long", 8, 0);
	btf_add(b, "libbpf_tristate", BTF_KIND_ENUM << 24 | 3, 4, tri,
		sizeof(tri));
	btf_add(b, "", BTF_KIND_ARRAY << 24, 0, &text, sizeof(text));
}

/* Of a target that has these settings; NULL if they are none. */
static inline struct vouch_profile *kconfig_profile(const void *settings,
						    size_t size)
{
	static const char json[] =
		"{ \"schema_version\": 1, \"arch\": \"x86_64\", \"target_abi\": 1,"
		"  \"release\": \"6.1.300-test\","
		"  \"vermagic\": \"6.1.300-test SMP mod_unload \","
		"  \"facts\": { \"module.size\": 832, \"module.name.offset\": 24 },"
		"  \"kconfig\": { \"CONFIG_CFI_CLANG\": 0, \"CONFIG_MODVERSIONS\": 0,"
		"    \"CONFIG_PREEMPT_RT\": 0, \"CONFIG_RETHUNK\": 1,"
		"    \"CONFIG_RETPOLINE\": 1, \"CONFIG_X86_KERNEL_IBT\": 0 },"
		"  \"helpers\": [], \"map_types\": [], \"prog_types\": [],"
		"  \"hooks\": [] }";
	const struct vouch_oracle_head none = {
		.magic = VOUCH_ORACLE_MAGIC,
		.version = cpu_to_le32(VOUCH_ORACLE_VERSION),
	};
	const struct profile_parts parts = {
		.data = { [VOUCH_PROFILE_JSON] = json,
			  [VOUCH_PROFILE_KCONFIG] = settings,
			  [VOUCH_PROFILE_ORACLE] = &none },
		.len = { [VOUCH_PROFILE_JSON] = strlen(json),
			 [VOUCH_PROFILE_KCONFIG] = size,
			 [VOUCH_PROFILE_ORACLE] = sizeof(none) },
	};
	struct vouch_profile *profile = NULL;
	char why[256] = "";
	size_t len;
	u8 *file = profile_pack(&parts, &len);

	if (vouch_profile_parse(file, len, &profile, why, sizeof(why)))
		profile = NULL;
	free(file);
	return profile;
}

#endif /* VOUCH_KCONFIG_FIXTURE_H */
