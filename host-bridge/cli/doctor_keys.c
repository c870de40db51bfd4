// SPDX-License-Identifier: BSD-2-Clause
/* The image key: who can read it, whether targets take it, who trusts it. */

#include <fcntl.h>
#include <libgen.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../common/image.h"
#include "../crypto.h"
#include "../file.h"
#include "doctor.h"
#include "guestfile.h"

#define MAX_KEY 65536 /* bytes of a key or certificate file */
#define TARGET_MODULE "vouch_target.ko"
#define NEW_KEY \
	"vouch key new DIR, and name its two files as \"key\" and \"cert\""

struct blob {
	void *data;
	size_t len;
	int err; /* of reading it */
};

static void read_blob(const char *path, struct blob *b)
{
	memset(b, 0, sizeof(*b));
	b->err = vouch_file_get(AT_FDCWD, path, MAX_KEY, &b->data, &b->len);
}

static void forget(struct blob *b)
{
	if (b->data)
		explicit_bzero(b->data, b->len);
	free(b->data);
}

/* ---- who can read and replace it ---- */

/* Root's, vouchd's user's, or that of whoever asks. */
static bool is_owner(const struct vouch_config *config, uid_t uid)
{
	const struct passwd *pw = config->user ? getpwnam(config->user) : NULL;

	return !uid || uid == geteuid() || (pw && uid == pw->pw_uid);
}

/* The directory decides who can put another key there. */
static void check_directory(struct vouch_finding *f, const char *path)
{
	char copy[512], *dir;
	struct stat st;

	snprintf(copy, sizeof(copy), "%s", path);
	dir = dirname(copy);
	if (stat(dir, &st) || !(st.st_mode & 022) || (st.st_mode & S_ISVTX))
		return;
	vouch_finding_say(f, VOUCH_FINDING_PROBLEM,
			  "others can replace it: its directory has mode %04o",
			  st.st_mode & 07777);
	vouch_finding_mend(f, "chmod go-w %s", dir);
}

static void check_access(struct vouch_doctor *d)
{
	const char *path = d->config.key;
	struct vouch_finding f;
	struct stat st;

	vouch_finding_begin(&f, "keys", VOUCH_EXIT_TRUST, "%s", path);
	vouch_finding_look(&f, "mode and owner of the key and its directory");
	if (stat(path, &st)) {
		int err = -errno;

		vouch_finding_say(&f, VOUCH_FINDING_PROBLEM,
				  "the key cannot be seen: %s", strerror(-err));
		vouch_finding_mend(&f, NEW_KEY);
		vouch_finding_denied(&f, err, d->config.path);
		vouch_finding_end(d, &f);
		return;
	}
	vouch_finding_say(&f, VOUCH_FINDING_OK, "only its owner can read it");
	if (!S_ISREG(st.st_mode)) {
		vouch_finding_say(&f, VOUCH_FINDING_PROBLEM, "it is no file");
		vouch_finding_mend(&f, NEW_KEY);
	} else if (st.st_mode & 077) {
		vouch_finding_say(&f, VOUCH_FINDING_PROBLEM,
				  "its mode is %04o: others than its owner can "
				  "use it, and with it sign code for kernels",
				  st.st_mode & 07777);
		vouch_finding_mend(&f,
				   "chmod 600 %s; if somebody may have "
				   "read it: vouch key new DIR",
				   path);
	} else if (!is_owner(&d->config, st.st_uid)) {
		vouch_finding_say(&f, VOUCH_FINDING_PROBLEM,
				  "it belongs to user %u, who is neither root "
				  "nor vouchd's user",
				  (unsigned int)st.st_uid);
		vouch_finding_mend(&f, "chown %s %s",
				   d->config.user ? d->config.user : "root",
				   path);
	}
	if (f.state == VOUCH_FINDING_OK)
		check_directory(&f, path);
	vouch_finding_end(d, &f);
}

/* ---- whether it is of use ---- */

static void check_cert(struct vouch_doctor *d, const struct blob *cert)
{
	const char *why = NULL;
	struct vouch_finding f;

	vouch_finding_begin(&f, "certificate", VOUCH_EXIT_TRUST, "%s",
			    d->config.cert);
	vouch_finding_look(&f, "form, key and signature of the certificate");
	if (cert->err) {
		vouch_finding_say(&f, VOUCH_FINDING_PROBLEM,
				  "it cannot be read: %s",
				  strerror(-cert->err));
		vouch_finding_mend(&f,
				   "name the image.der that was made with the "
				   "key as \"cert\", then: vouch doctor "
				   "--config %s; if it is lost: " NEW_KEY,
				   d->config.path);
		vouch_finding_denied(&f, cert->err, d->config.path);
	} else if (vouch_crypto_cert_check(cert->data, cert->len, &why)) {
		vouch_finding_say(&f, VOUCH_FINDING_PROBLEM, "%s", why);
		vouch_finding_mend(&f, NEW_KEY);
	} else {
		vouch_finding_say(&f, VOUCH_FINDING_OK,
				  "RSA of 3072 bits with SHA-256, which stock "
				  "kernels take");
	}
	vouch_finding_end(d, &f);
}

static void check_pair(struct vouch_doctor *d, const struct blob *key,
		       const struct blob *cert)
{
	struct vouch_signer *signer = NULL;
	struct vouch_finding f;
	const char *why = NULL;

	if (cert->err)
		return;
	vouch_finding_begin(&f, "key-pair", VOUCH_EXIT_TRUST,
			    "key and certificate");
	vouch_finding_look(&f, "%s, %s", d->config.key, d->config.cert);
	if (key->err == -EACCES && d->status) {
		vouch_finding_say(&f, VOUCH_FINDING_OK,
				  "not for you to read; vouchd would not have "
				  "started with a key of another certificate");
	} else if (key->err) {
		vouch_finding_say(&f, VOUCH_FINDING_PROBLEM,
				  "the key cannot be read: %s",
				  strerror(-key->err));
		vouch_finding_mend(&f, NEW_KEY);
		vouch_finding_denied(&f, key->err, d->config.path);
	} else if (vouch_signer_new(key->data, key->len, cert->data, cert->len,
				    &signer, &why)) {
		vouch_finding_say(&f, VOUCH_FINDING_PROBLEM, "%s",
				  why ? why : "out of memory");
		vouch_finding_mend(&f,
				   "name image.key and image.der of one "
				   "\"vouch key new\" as \"key\" and \"cert\", "
				   "then: vouch doctor --config %s",
				   d->config.path);
	} else {
		vouch_finding_say(&f, VOUCH_FINDING_OK, "they are a pair");
	}
	vouch_signer_free(signer);
	vouch_finding_end(d, &f);
}

/* ---- who trusts it ---- */

/* The image key must not sign vouch_target.ko too: that is the vendor's. */
static bool signed_by(const struct vouch_guestfile *module,
		      const struct blob *cert)
{
	u32 elf_len, sig_len;
	const char *why;

	return !vouch_image_split(module->data, module->len, &elf_len, &sig_len,
				  &why) &&
	       !vouch_crypto_cms_check(cert->data, cert->len, module->data,
				       elf_len, module->data + elf_len, sig_len,
				       &why);
}

/* Whether the driver can be seen; else it is said why not. */
static bool find_driver(const struct vouch_doctor *d, struct vouch_finding *f,
			const char *path, struct vouch_guestfile *initrd,
			struct vouch_guestfile *module)
{
	int err = vouch_guestfile_open(path, initrd);

	if (!err)
		err = vouch_guestfile_member(initrd, TARGET_MODULE, module);
	if (!err)
		return true;
	vouch_finding_say(f, VOUCH_FINDING_UNKNOWN,
			  "no " TARGET_MODULE " can be seen there: %s",
			  err == -ENOEXEC ? "it is no plain cpio archive"
					  : strerror(-err));
	if (err == -ENOEXEC)
		vouch_finding_mend(f,
				   "make guests, or zcat %s > FILE and name "
				   "that as \"initrd\"",
				   path);
	else
		vouch_finding_mend(f, "make guests, or correct \"initrd\"");
	vouch_finding_denied(f, err, d->config.path);
	return false;
}

static void judge_driver(const struct vouch_doctor *d, struct vouch_finding *f,
			 const struct vouch_guestfile *module,
			 const struct blob *cert)
{
	if (!memmem(module->data, module->len, cert->data, cert->len)) {
		vouch_finding_say(f, VOUCH_FINDING_PROBLEM,
				  "it has not the certificate of this image "
				  "key, so it would refuse every image");
		vouch_finding_mend(f,
				   "make profile KDIR=... OUT=... CERT=%s "
				   "KEY=... KEY_CERT=..., and "
				   "build " TARGET_MODULE " with it",
				   d->config.cert);
	} else if (signed_by(module, cert)) {
		vouch_finding_say(f, VOUCH_FINDING_PROBLEM,
				  TARGET_MODULE
				  " is signed with the image key: "
				  "whoever signs images could "
				  "replace it");
		vouch_finding_mend(
			f, "sign " TARGET_MODULE " with a vendor's "
			   "key of its own: scripts/sign-file "
			   "sha256 vendor.key vendor.der " TARGET_MODULE);
	} else {
		vouch_finding_say(f, VOUCH_FINDING_OK,
				  "it has the certificate, and is signed with "
				  "another key");
	}
}

static void check_trust(struct vouch_doctor *d,
			const struct vouch_vm_config *vm,
			const struct blob *cert)
{
	struct vouch_guestfile initrd = {}, module;
	struct vouch_finding f;

	vouch_finding_begin(&f, "trust", VOUCH_EXIT_TRUST, "%s", vm->name);
	vouch_finding_look(&f, "the certificates in " TARGET_MODULE " of %s",
			   vm->launch.initrd);
	if (find_driver(d, &f, vm->launch.initrd, &initrd, &module))
		judge_driver(d, &f, &module, cert);
	vouch_guestfile_close(&initrd);
	vouch_finding_end(d, &f);
}

/* Then the key is out of reach here, as it should be. */
static void check_signer(struct vouch_doctor *d)
{
	struct vouch_finding f;

	vouch_finding_begin(&f, "keys", VOUCH_EXIT_UNAVAILABLE, "%s",
			    d->config.signer);
	vouch_finding_look(&f, "socket of the signer, which has the key");
	if (access(d->config.signer, F_OK)) {
		int err = -errno;

		vouch_finding_say(&f, VOUCH_FINDING_PROBLEM,
				  "there is no signer: %s", strerror(-err));
		vouch_finding_mend(&f, "systemctl start vouch-sign.socket");
		vouch_finding_denied(&f, err, d->config.path);
	} else {
		vouch_finding_say(&f, VOUCH_FINDING_OK,
				  "the signer has a service of its own");
	}
	vouch_finding_end(d, &f);
}

void vouch_doctor_keys(struct vouch_doctor *d)
{
	struct blob key, cert;
	u32 i;

	if (d->config.signer) {
		check_signer(d);
		return;
	}
	read_blob(d->config.key, &key);
	read_blob(d->config.cert, &cert);
	check_access(d);
	check_cert(d, &cert);
	check_pair(d, &key, &cert);
	for (i = 0; !cert.err && i < d->config.n_vms; i++) {
		const struct vouch_vm_config *vm = &d->config.vms[i];

		if (vm->role == VOUCH_ROLE_TARGET && vm->launched &&
		    vm->launch.initrd)
			check_trust(d, vm, &cert);
	}
	forget(&key);
	forget(&cert);
}
