/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who signed: issuer and serial of a CMS signature. It checks nothing.
 */
#ifndef VOUCH_CLI_CMS_H
#define VOUCH_CLI_CMS_H

#include "../../common/base.h"

struct vouch_cms_signer {
	char common_name[65]; /* of the issuer; empty if it has none */
	char serial[2 * 32 + 1]; /* hexadecimal */
};

/**
 * vouch_cms_signer() - find issuer and serial of the first signer.
 * @der: the signature
 * @len: its length in bytes
 * @signer: filled
 *
 * Return: 0, or -EINVAL if @der has not the form that vouch writes.
 */
int vouch_cms_signer(const u8 *der, size_t len,
		     struct vouch_cms_signer *signer);

#endif /* VOUCH_CLI_CMS_H */
