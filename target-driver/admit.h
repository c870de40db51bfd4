/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Admission: the check of an image before the kernel loads it.
 *
 * Module loading throws the signature away before a module can see it, and
 * knows neither floors nor profiles. So a file comes here first; what passes
 * is kept and later held against what the loader made of it.
 */
#ifndef VOUCH_ADMIT_H
#define VOUCH_ADMIT_H

#include <linux/list.h>

#include "image.h"
#include "reason.h"

/* One admitted file. */
struct vouch_admitted {
	struct list_head list; /* guarded by the lock of images */
	struct vouch_admitted **owner; /* who points to it; same lock */
	void *file;
	struct vouch_image img; /* into file */
};

/**
 * vouch_admit() - check the file behind a descriptor.
 * @fd: the caller's descriptor, open for reading
 * @why: filled on error
 *
 * Return: what was admitted, on no list yet; or ERR_PTR() with the errno
 * that VOUCH_TARGET_ADMIT documents.
 */
struct vouch_admitted *vouch_admit(int fd, struct vouch_reason *why);

/**
 * vouch_admit_free() - forget an admitted file.
 * @a: what vouch_admit() returned, on no list; or NULL
 */
void vouch_admit_free(struct vouch_admitted *a);

#endif /* VOUCH_ADMIT_H */
