#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Boots the target kernel with vouch_target and lets it take handmade images.
#
#	target_driver.sh KDIR PROFILE_DIR MODULE VMLINUX KEYS [BUILD_DIR]
#
# KDIR is the target kernel's tree; PROFILE_DIR and MODULE what
# scripts/target-profile and the module's build made of it; VMLINUX trusts
# the certificates in KEYS, where vendor.{key,der} sign the module,
# image.{key,pem} the images, and other.{key,pem} what the kernel trusts and
# vouch_target does not.
set -eu

usage="usage: target_driver.sh KDIR PROFILE_DIR MODULE VMLINUX KEYS [BUILD_DIR]"
kdir=${1:?$usage}
profile=${2:?$usage}
module=${3:?$usage}
vmlinux=${4:?$usage}
keys=${5:?$usage}
build=${6:-$(mktemp -d)}
here=$(cd "$(dirname "$0")" && pwd)

mkdir -p "$build/root/proc" "$build/root/sys" "$build/root/dev"
gcc -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror -static \
	-I"$here/../../target-driver" -o "$build/root/init" -pthread \
	"$here/target_driver.c" "$here/target_client.c" \
	"$here/target_stress.c"
python3 "$here/target_images.py" "$profile/profile.json" "$keys" \
	"$build/root/images"
cp "$module" "$build/root/vouch_target.ko"
"$kdir/scripts/sign-file" sha256 "$keys/vendor.key" "$keys/vendor.der" \
	"$build/root/vouch_target.ko"
(cd "$build/root" && find . | cpio -o -H newc --quiet) >"$build/initrd"

# Two interfaces on each hub: what leaves by one arrives at the other.
timeout "${TIME_LIMIT:-240}" qemu-system-x86_64 -M q35 -cpu "${CPU:-EPYC}" \
	-m 256 -smp 2 -nodefaults -display none -serial stdio -no-reboot \
	-kernel "$vmlinux" -initrd "$build/initrd" \
	-append "console=ttyS0 panic=-1 ${APPEND:-}" \
	-netdev hubport,id=n0,hubid=0 -device virtio-net-pci,netdev=n0 \
	-netdev hubport,id=n1,hubid=0 -device virtio-net-pci,netdev=n1 \
	-netdev hubport,id=n2,hubid=1 -device virtio-net-pci,netdev=n2 \
	-netdev hubport,id=n3,hubid=1 -device virtio-net-pci,netdev=n3 \
	</dev/null >"$build/console" 2>"$build/qemu.log" || :
tr -d '\r' <"$build/console" >"$build/log"
sed -n '/^\(not \)\?ok \|^# \|^VOUCH-TEST-END/p' "$build/log"

# Faults of the kernel fail the test whatever the guest says.
if grep -nE 'BUG:|WARNING: CPU|Oops|Call Trace|Kernel panic' "$build/log"; then
	echo "not ok the kernel complained; see $build/log"
	exit 1
fi
grep -qE '^VOUCH-TEST-END [1-9][0-9]* passed, 0 failed$' "$build/log"
