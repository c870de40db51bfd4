# SPDX-License-Identifier: BSD-2-Clause
"""The machines that VMs are: what differs by architecture."""

import collections
import os
import subprocess

# name:       of the architecture, as vouch calls it
# folder:     of what is built for it, in the build's
# qemu:       QEMU and the board
# cpu:        the model, one that the kernels' code is compiled for
# parameters: of the guest's kernel, for a console and a panic that ends the VM
# tools:      what the names of its compiler and linker begin with
# device:     what ends the option of a PCI device: no firmware for other boards
Machine = collections.namedtuple(
    "Machine", "name folder qemu cpu parameters tools device")
MACHINES = {
    # On a busy host the kernel's trial of its timer's interrupt fails now and
    # then; guests of KVM leave it out by themselves.
    "x86_64": Machine("x86_64", ".", ("qemu-system-x86_64", "-M", "q35"),
                      "EPYC", "console=ttyS0 panic=-1 no_timer_check ", "",
                      ""),
    "arm64": Machine("arm64", "arm64", ("qemu-system-aarch64", "-M", "virt"),
                     "cortex-a57", "console=ttyAMA0 panic=-1 ",
                     "aarch64-linux-gnu-", ",romfile="),
}


def chosen(name=None):
    """The machine of that name, or else of VOUCH_ARCH in the environment."""
    return MACHINES[name or os.environ.get("VOUCH_ARCH", "x86_64")]


def initramfs(machine, out, init, *files):
    """scripts/initramfs, with a busybox that the machine runs."""
    env = dict(os.environ)
    if machine.tools:
        env["BUSYBOX"] = subprocess.run(
            ["scripts/busybox", machine.name], check=True,
            stdout=subprocess.PIPE).stdout.decode().strip()
    subprocess.run(["scripts/initramfs", out, init, *files], check=True,
                   env=env)
