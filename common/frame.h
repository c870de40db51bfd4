/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The wire frame: how the parts of vouch talk over a stream.
 *
 * A frame is a head of 24 bytes, then json_len bytes of JSON (one object,
 * UTF-8, no NUL), then blob_len raw bytes: the object, capture, image or log
 * that the JSON speaks of. Integers are little-endian. The first frame in
 * each direction is a HELLO (from whoever dialled) or a WELCOME (the answer);
 * a frame of another version or magic ends the connection, as does one beyond
 * the limits of the role that the launcher gave the peer.
 *
 *	HELLO	 dialler: what I am (version, role wished, kernel facts)
 *	WELCOME	 answer: version, accepted role, limits
 *	SUBMIT	 developer to vouchd: options; blob: the object
 *	PROGRESS vouchd to developer: stage reached
 *	VERDICT	 vouchd to developer: the submission's result
 *	VERIFY	 vouchd to verifier agent: options; blob: the object
 *	CAPTURE	 agent to vouchd: verdict and log; blob: the capture
 *	DELIVER	 vouchd to target agent: slot, attachment; blob: the image
 *	STATUS	 target agent to vouchd: what became of the delivery
 *	CALL	 a method and its arguments (target list, map get, test-run...)
 *	RESULT	 its result
 *	ERROR	 the request failed: code (errno), what, why, remedy
 *
 * An answer carries the id of its request. Ids are chosen by the requester.
 */
#ifndef VOUCH_FRAME_H
#define VOUCH_FRAME_H

#include "base.h"

#define VOUCH_FRAME_MAGIC "VCHF"
#define VOUCH_FRAME_VERSION 1
#define VOUCH_FRAME_MAX_JSON (4u << 20)
#define VOUCH_FRAME_MAX_BLOB (64u << 20)

enum vouch_frame_type {
	VOUCH_FRAME_HELLO = 1,
	VOUCH_FRAME_WELCOME = 2,
	VOUCH_FRAME_SUBMIT = 3,
	VOUCH_FRAME_PROGRESS = 4,
	VOUCH_FRAME_VERDICT = 5,
	VOUCH_FRAME_VERIFY = 6,
	VOUCH_FRAME_CAPTURE = 7,
	VOUCH_FRAME_DELIVER = 8,
	VOUCH_FRAME_STATUS = 9,
	VOUCH_FRAME_CALL = 10,
	VOUCH_FRAME_RESULT = 11,
	VOUCH_FRAME_ERROR = 12,
	VOUCH_N_FRAME_TYPES,
};

struct vouch_frame_head {
	u8 magic[4];
	__le16 version;
	__le16 type; /* enum vouch_frame_type */
	__le32 id;
	__le32 json_len;
	__le32 blob_len;
	__le32 reserved;
};
VOUCH_ASSERT_SIZE(struct vouch_frame_head, 24);

/* A parsed frame: pointers into the caller's buffer. */
struct vouch_frame {
	enum vouch_frame_type type;
	u32 id;
	const char *json; /* json_len bytes, not NUL-terminated */
	u32 json_len;
	const u8 *blob;
	u32 blob_len;
	size_t size; /* of the whole frame */
};

/**
 * vouch_frame_parse() - find one frame at the start of a buffer.
 * @buf: what has been received so far
 * @len: its length in bytes
 * @max_blob: most blob bytes that this peer may send
 * @frame: filled when a whole frame is there; @frame->size is set as soon as
 *	the head is there
 * @why: set to a constant text that says what is wrong, on -EPROTO
 *
 * Return: 0 when @frame is whole, -EAGAIN when more bytes are needed, or
 * -EPROTO when the peer does not speak the protocol.
 */
int vouch_frame_parse(const void *buf, size_t len, u32 max_blob,
		      struct vouch_frame *frame, const char **why);

/**
 * vouch_frame_head_init() - write the head of a frame.
 * @head: 24 bytes to fill
 * @type: type of the frame
 * @id: of the request
 * @json_len: bytes of JSON that follow, at most VOUCH_FRAME_MAX_JSON
 * @blob_len: bytes of blob that follow, at most VOUCH_FRAME_MAX_BLOB
 */
void vouch_frame_head_init(struct vouch_frame_head *head,
			   enum vouch_frame_type type, u32 id, u32 json_len,
			   u32 blob_len);

#endif /* VOUCH_FRAME_H */
