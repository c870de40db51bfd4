// SPDX-License-Identifier: BSD-2-Clause
/* Programs and lists for the tests of accesses. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "guest-verifier/agent/btf.h"
#include "guest_access.h"

char vouch_test_log[VOUCH_TEST_LOG_SIZE];
char vouch_test_other_log[VOUCH_TEST_LOG_SIZE];

static void find_records(struct vouch_test_taken *t)
{
	const u8 *p = t->records.buf;
	u32 i;

	for (i = 0; i < t->records.n; i++) {
		const struct vouch_capture_record *r = (const void *)p;
		u32 length = le32_to_cpu(r->length);

		if (le32_to_cpu(r->type) == VOUCH_RECORD_ACCESS &&
		    t->n < MAX_FOUND)
			t->found[t->n++] = (const void *)(r + 1);
		if (le32_to_cpu(r->type) == VOUCH_RECORD_INSNS) {
			t->insns = (const void *)(r + 1);
			t->n_insns = length / sizeof(*t->insns);
		}
		p += sizeof(*r) + (length + 7) / 8 * 8;
	}
}

int vouch_test_take(u32 type, const struct bpf_insn *insns, u32 n,
		    const void *list, size_t list_size,
		    struct vouch_test_taken *t)
{
	int dev = vouch_guest_open();
	int fd, err;

	memset(t, 0, sizeof(*t));
	err = vouch_guest_arm(dev, vouch_test_log, n, list, list_size);
	if (!err) {
		fd = vouch_test_load_type(type, insns, n, vouch_test_log,
					  VOUCH_TEST_LOG_SIZE);
		if (fd < 0)
			printf("%s\n", vouch_test_log);
		err = fd < 0 ? fd
			     : vouch_guest_take(dev, vouch_test_log, fd, type,
						NULL, 0, &t->records);
		close(fd);
	}
	close(dev);
	if (!err)
		find_records(t);
	return err;
}

void vouch_test_release(struct vouch_test_taken *t)
{
	free(t->records.buf);
	memset(t, 0, sizeof(*t));
}

/* Equal, but for the number of a helper, which becomes a distance. */
static bool same(const struct bpf_insn *a, const struct bpf_insn *b, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		struct bpf_insn want = b[i];

		if (want.code == (BPF_JMP | BPF_CALL))
			want.imm = a[i].imm;
		if (memcmp(&a[i], &want, sizeof(want)))
			return false;
	}
	return true;
}

bool vouch_test_stand_there(const struct vouch_test_taken *t)
{
	u32 i, at = 0;

	for (i = 0; i < t->n; i++) {
		u32 n = le32_to_cpu(t->found[i]->n_insns);

		/* A prologue's last instruction may be an access itself. */
		if (t->found[i]->insn == cpu_to_le32(VOUCH_ACCESS_PROLOGUE))
			n--;
		while (at + n <= t->n_insns &&
		       !same(t->insns + at, sequence(t->found[i]), n))
			at++;
		if (at + n > t->n_insns)
			return false;
		at += n;
	}
	return true;
}

void vouch_test_add(struct vouch_test_list *list, const struct vouch_access *a)
{
	struct vouch_replacement *r = (void *)(list->buf + list->size);
	size_t len = le32_to_cpu(a->n_insns) * sizeof(struct bpf_insn);

	memset(r, 0, sizeof(*r));
	r->insn = a->insn;
	r->base = a->base;
	memcpy(r->expected, a->code, sizeof(r->expected));
	r->n_insns = a->n_insns;
	r->target_size = a->target_size;
	memcpy(r + 1, a + 1, len);
	list->heads[list->n++] = r;
	list->size += sizeof(*r) + len;
}

void vouch_test_make_list(struct vouch_test_list *list,
			  const struct vouch_test_taken *t)
{
	u32 i;

	memset(list, 0, sizeof(*list));
	for (i = 0; i < t->n; i++)
		vouch_test_add(list, t->found[i]);
}

u32 vouch_test_offset(const char *structure, const char *field)
{
	struct btf *btf = vouch_btf_kernel();
	struct vouch_capture_fact fact = { 0 };
	u32 offset = ~0u;

	memcpy(fact.structure, structure, strlen(structure));
	memcpy(fact.field, field, strlen(field));
	if (btf && !vouch_btf_layout(btf, &fact))
		offset = le32_to_cpu(fact.offset);
	vouch_btf_free(btf);
	return offset;
}
