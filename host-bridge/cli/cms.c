// SPDX-License-Identifier: BSD-2-Clause
/* Who signed: issuer and serial of a CMS signature. */

#include "cms.h"

#include "../../common/hex.h"

#define TAG_INTEGER 0x02
#define TAG_OID 0x06
#define TAG_SEQUENCE 0x30
#define TAG_SET 0x31
#define TAG_EXPLICIT_0 0xa0

struct der {
	const u8 *at;
	size_t len;
};

/* Take the next element off @from; its content goes to @content, which may be
 * @from itself. */
static int take(struct der *from, u8 tag, struct der *content)
{
	struct der in = *from;
	size_t head = 2, len;

	if (in.len < 2 || in.at[0] != tag)
		return -EINVAL;
	len = in.at[1];
	if (len >= 0x80) {
		size_t n = len & 0x7f, i;

		if (!n || n > 3 || in.len < 2 + n)
			return -EINVAL;
		for (len = 0, i = 0; i < n; i++)
			len = len << 8 | in.at[2 + i];
		head += n;
	}
	if (len > in.len - head)
		return -EINVAL;
	from->at = in.at + head + len;
	from->len = in.len - head - len;
	content->at = in.at + head;
	content->len = len;
	return 0;
}

/* ContentInfo, SignedData, signerInfos, the first SignerInfo. */
static int find_signer(struct der in, struct der *info)
{
	struct der skip;

	if (take(&in, TAG_SEQUENCE, &in) || take(&in, TAG_OID, &skip) ||
	    take(&in, TAG_EXPLICIT_0, &in) || take(&in, TAG_SEQUENCE, &in) ||
	    take(&in, TAG_INTEGER, &skip) || take(&in, TAG_SET, &skip) ||
	    take(&in, TAG_SEQUENCE, &skip) || take(&in, TAG_SET, &in))
		return -EINVAL;
	return take(&in, TAG_SEQUENCE, info);
}

static void read_name(struct der name, char *out, size_t size)
{
	static const u8 common_name[] = { 0x55, 0x04, 0x03 };
	struct der rdn, pair, oid;

	while (!take(&name, TAG_SET, &rdn)) {
		struct der text;

		if (take(&rdn, TAG_SEQUENCE, &pair) ||
		    take(&pair, TAG_OID, &oid) || !pair.len ||
		    take(&pair, pair.at[0], &text))
			return;
		if (oid.len != sizeof(common_name) ||
		    memcmp(oid.at, common_name, oid.len) || text.len >= size)
			continue;
		memcpy(out, text.at, text.len);
		out[text.len] = 0;
	}
}

int vouch_cms_signer(const u8 *der, size_t len, struct vouch_cms_signer *signer)
{
	struct der in = { der, len }, version, issuer, serial;

	memset(signer, 0, sizeof(*signer));
	if (find_signer(in, &in) || take(&in, TAG_INTEGER, &version) ||
	    take(&in, TAG_SEQUENCE, &in) || take(&in, TAG_SEQUENCE, &issuer) ||
	    take(&in, TAG_INTEGER, &serial) ||
	    2 * serial.len >= sizeof(signer->serial))
		return -EINVAL;
	vouch_hex_write(serial.at, serial.len, signer->serial);
	read_name(issuer, signer->common_name, sizeof(signer->common_name));
	return 0;
}
