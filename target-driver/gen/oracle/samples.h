/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the target's kernel does with an access to a context or a socket: one
 * sample for each access and pair of registers. Written by the oracle's
 * program, read by scripts/profile/oracle.py.
 */
#ifndef VOUCH_SAMPLES_H
#define VOUCH_SAMPLES_H

#define SAMPLE_INSNS 16 /* as the verifier's insn_buf */
#define SAMPLE_REGISTERS 11 /* r0 to r10 */

struct sample_insn {
	unsigned char code;
	unsigned char registers; /* destination, and source << 4 */
	short off;
	int imm;
};

struct sample {
	unsigned short prog_type; /* enum bpf_prog_type; 0: any */
	unsigned char base; /* enum vouch_base */
	unsigned char tstamp_type; /* the program uses tstamp_type */
	unsigned short off; /* of the access, bytes */
	unsigned char size; /* of the access, bytes; 0: prologue */
	unsigned char write;
	unsigned char field_size; /* bytes, if a part may be loaded; else 0 */
	unsigned char target_size; /* of the field where it is loaded from */
	unsigned char dst, src; /* registers of the access */
	unsigned int n_insns; /* 0: refused, or the load of a part */
	struct sample_insn insns[SAMPLE_INSNS];
};

/* An access, and what is known of the program that makes it. */
struct question {
	unsigned int row; /* of the table in kernel.c */
	unsigned short off;
	unsigned char size, write, dst, src;
	int attach_type;
	int tstamp_type;
};

/* kernel.c, compiled with the target's tree; called by program.c. */
unsigned int vouch_oracle_rows(void);
unsigned int vouch_oracle_prologue(unsigned int row, struct sample *s);
int vouch_oracle_valid(const struct question *q, unsigned char *field_size);
unsigned int vouch_oracle_convert(const struct question *q, struct sample *s);
void vouch_oracle_name(unsigned int row, struct sample *s);
extern const int vouch_oracle_attach_types;

#endif /* VOUCH_SAMPLES_H */
