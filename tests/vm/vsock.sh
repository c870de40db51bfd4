#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Boots a stock kernel with a vhost-user vsock device served by the library
# and lets a guest program use it.
#
#	vsock.sh KERNEL MODULES_DIR [BUILD_DIR]
#
# KERNEL is a bzImage or a vmlinux; MODULES_DIR its lib/modules/RELEASE.
set -eu

kernel=${1:?usage: vsock.sh KERNEL MODULES_DIR [BUILD_DIR]}
modules=${2:?usage: vsock.sh KERNEL MODULES_DIR [BUILD_DIR]}
build=${3:-$(mktemp -d)}
here=$(cd "$(dirname "$0")" && pwd)
lib=$here/../../host-bridge/vsock
cflags="-std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror"

mkdir -p "$build/root"
# shellcheck disable=SC2086 # lists of words
gcc $cflags -static -o "$build/root/init" "$here/vsock_guest.c"
# shellcheck disable=SC2086
gcc $cflags ${SANITIZE-} -o "$build/host" "$here/vsock_host.c" "$lib"/*.c
for m in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev \
	virtio_pci vsock vmw_vsock_virtio_transport_common \
	vmw_vsock_virtio_transport; do
	file=$(find "$modules" -name "$m.ko*")
	case $file in
	*.xz) xz -dc "$file" >"$build/root/$m.ko" ;;
	*.zst) zstd -qdc "$file" >"$build/root/$m.ko" ;;
	*) cp "$file" "$build/root/$m.ko" ;;
	esac
done
(cd "$build/root" && find . | cpio -o -H newc --quiet) >"$build/initrd"

socket=$build/vsock.sock
"$build/host" "$socket" 42 &
host=$!
trap 'kill $host 2>/dev/null || :' EXIT
while [ ! -S "$socket" ]; do sleep 0.1; done

timeout "${TIME_LIMIT:-120}" qemu-system-x86_64 \
	-machine q35,accel=tcg,memory-backend=mem -cpu max -smp 1 -m 512M \
	-object memory-backend-memfd,id=mem,size=512M,share=on \
	-nodefaults -display none -no-reboot -serial stdio \
	-kernel "$kernel" -initrd "$build/initrd" \
	-append "console=ttyS0 panic=-1 quiet" \
	-device pcie-root-port,id=port1,chassis=1,slot=1 \
	-chardev socket,id=vsock0,path="$socket" \
	-device vhost-user-vsock-pci,id=vsock,chardev=vsock0,bus=port1 \
	</dev/null | tee "$build/console"
wait $host
grep -q "VSOCK TEST PASSED" "$build/console"
