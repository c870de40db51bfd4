# SPDX-License-Identifier: BSD-2-Clause
"""Each way in which a set-up can be broken that the doctor knows."""

import os
import shutil
import subprocess
import sys
import time

from cli_harness import TOP, vouch
from doctor_setup import (BUILD_ID, QEMU, RELEASE, bzimage, cpio, flat,
                          module, read, vmlinux, write)

sys.path.insert(0, os.path.join(TOP, "tests", "independent"))
import profile_file  # noqa: E402  pylint: disable=wrong-import-position
import make_image  # noqa: E402  pylint: disable=wrong-import-position

BROKEN = []


def broken(check, state, why, remedy, code, subject=None):
    """A set-up that is broken by the function behind it."""
    def add(change):
        BROKEN.append((change, check, state, why, remedy, code, subject))
        return change
    return add


@broken("service", "problem", "", "vouchd --config ", 4)
def vouchd_is_down(s):
    s.answers = False


@broken("configuration", "problem", "polcy", "--check-config", 2)
def a_misspelt_member(s):
    s.config["polcy"] = {}


@broken("sockets", "problem", "no directory", "mkdir -p", 2)
def a_socket_without_directory(s):
    s.config["vms"][0]["vsock"] = "/nonexistent/dir/sock"


@broken("qemu", "problem", "does not run", "apt install qemu", 4)
def no_qemu(s):
    s.config["qemu"] = "/nonexistent/qemu"


@broken("vsock", "problem", "no vhost-user-vsock-pci", "apt install", 4)
def a_qemu_without_the_device(s):
    write(s.path("qemu"), QEMU % "vhost-vsock-pci", 0o755)


@broken("accelerator", "warning", "emulated", "", 0)
def a_vm_that_is_emulated(s):
    s.verifier["accelerator"] = "tcg"


@broken("accelerator", "unknown", "no guest has come up", "--trial", 4)
def an_accelerator_that_nobody_tried(s):
    s.answers = False
    os.unlink(s.path("state", "accelerator"))


@broken("accelerator", "unknown", "no guest has come up", "--trial", 4)
def an_accelerator_of_another_host_kernel(s):
    s.answers = False
    write(s.path("state", "accelerator"), "kvm 5.10.0\n")


@broken("kernel", "problem", "made for 6.1.0-other", "make guests", 4)
def a_guest_module_of_another_kernel(s):
    write(s.path("verifier.cpio"), cpio(
        vouch_guest=module("6.1.0-other SMP ")))


@broken("kernel", "problem", "made for " + RELEASE + "0", "make guests", 4)
def a_guest_module_of_a_longer_release(s):
    write(s.path("verifier.cpio"), cpio(
        vouch_guest=module(RELEASE + "0 SMP ")))


@broken("kernel", "problem", "no vouch_guest.ko", "make guests", 4)
def no_guest_module(s):
    write(s.path("verifier.cpio"), cpio(other=module("x")))


@broken("kernel", "unknown", "no plain cpio", "zcat", 0)
def a_compressed_initramfs(s):
    write(s.path("verifier.cpio"), b"\x1f\x8b" + bytes(200))


@broken("kernel", "unknown", "no plain cpio", None, 0)
def a_cut_initramfs(s):
    data = read(s.path("verifier.cpio"))
    write(s.path("verifier.cpio"), data[:200])


@broken("kernel", "problem", "kernel cannot be used", "make kernels", 4)
def a_kernel_that_is_none(s):
    write(s.path("vmlinux"), b"\x7fELF\x02" + bytes(500))


@broken("kernel", "problem", "kernel cannot be used", "make kernels", 4)
def a_bzimage_without_a_version(s):
    write(s.path("vmlinux"), bzimage("not a number"))


@broken("kernel", "problem", "kernel cannot be used", "make kernels", 4)
def a_flat_kernel_without_a_version(s):
    write(s.path("vmlinux"), flat("not a number"))


@broken("kernel", "problem", "the VM runs 6.1.0-old", "restart vouchd", 4)
def a_vm_of_another_kernel(s):
    s.verifier["release"] = "6.1.0-old"


@broken("kernel", "problem", "the VM runs", "restart vouchd", 4)
def a_vm_of_another_build(s):
    s.verifier["build_id"] = "ff" * 20


@broken("kernel", "unknown", "not up (lost)", "vouch status", 0)
def a_verifier_that_is_lost(s):
    s.verifier["state"] = "lost"


@broken("target", "problem", "was built with profile 00000000",
        "make profile", 6)
def a_target_of_another_profile(s):
    s.target["profile"] = "00" * 32


@broken("target", "problem", "it runs 6.1.0-old", "make profile", 6)
def a_target_of_another_release(s):
    s.target["release"] = "6.1.0-old"


@broken("target", "problem", "has ABI 0", "insmod vouch_target.ko", 6)
def a_target_of_an_older_abi(s):
    s.target["abi"] = 0


@broken("target", "problem", "is made for", "make guests", 6)
def a_driver_of_another_kernel(s):
    write(s.path("target.cpio"), cpio(vouch_target=module(
        "6.1.0-old SMP ", s.cert)))


@broken("target", "problem", "target.profile: ", "make profile", 6)
def a_profile_that_is_none(s):
    write(s.path("target.profile"), "{}")


@broken("target", "problem", "none of the 1 profile keys", "make profile", 5)
def a_profile_that_somebody_else_signed(s):
    folder = s.path("foreign")
    os.mkdir(folder)
    profile_file.new_key(folder)
    with open(s.path("target.profile"), "rb") as f:
        data = f.read()
    _, signature = profile_file.read(data)
    write(s.path("target.profile"), profile_file.sign(
        data[:len(data) - len(signature)], folder))


@broken("target", "unknown", "not connected", "vouch target list", 0)
def a_target_that_is_away(s):
    s.target["state"] = "off"


@broken("keys", "problem", "mode is 0644", "chmod 600 ", 5)
def a_key_that_all_can_read(s):
    os.chmod(s.path("keys", "image.key"), 0o644)


@broken("keys", "problem", "mode is 0640", "chmod 600 ", 5)
def a_key_that_a_group_can_read(s):
    os.chmod(s.path("keys", "image.key"), 0o640)


@broken("keys", "problem", "others can replace it", "chmod go-w ", 5)
def a_key_that_others_can_replace(s):
    os.chmod(s.path("keys"), 0o777)


@broken("keys", "problem", "cannot be seen", "vouch key new", 5)
def no_key(s):
    os.unlink(s.path("keys", "image.key"))


def other_key(s, name):
    folder = s.path("other")
    vouch("key", "new", folder, "--cn", name)
    return folder


@broken("key-pair", "problem", "not of this image key", "\"vouch key new\"", 5)
def a_certificate_of_another_key(s):
    shutil.copy(os.path.join(other_key(s, "other"), "image.der"),
                s.path("keys", "image.der"))


@broken("trust", "problem", "refuse every image", "make profile", 5, "demo")
def a_driver_that_does_not_know_the_key(s):
    write(s.path("target.cpio"), cpio(vouch_target=module(
        s.profile["vermagic"])))


@broken("trust", "problem", "signed with the image key", "sign-file", 5,
        "demo")
def a_driver_that_the_image_key_signed(s):
    key = s.path("keys", "image")
    subprocess.run(["openssl", "x509", "-inform", "DER", "-in", key + ".der",
                    "-out", key + ".pem"], check=True)
    write(s.path("target.cpio"), cpio(vouch_target=make_image.sign(
        module(s.profile["vermagic"], s.cert), key)))


def openssl_key(s, *args):
    key = s.path("keys", "image")
    subprocess.run(["openssl", "req", "-new", "-x509", "-nodes", "-subj",
                    "/CN=x", "-outform", "DER", "-keyout", key + ".key",
                    "-out", key + ".der", *args], check=True,
                   stderr=subprocess.DEVNULL)
    os.chmod(key + ".key", 0o600)


@broken("certificate", "problem", "not RSA of 3072 bits", "vouch key new", 5)
def a_key_of_another_length(s):
    openssl_key(s, "-newkey", "rsa:2048", "-sha256")


@broken("certificate", "problem", "not RSA of 3072 bits", "vouch key new", 5)
def a_key_of_another_kind(s):
    openssl_key(s, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


@broken("certificate", "problem", "not signed with SHA-256", "vouch key", 5)
def a_certificate_of_another_digest(s):
    openssl_key(s, "-key", s.path("keys", "image.key"), "-sha512")


@broken("certificate", "problem", "not one DER certificate", "vouch key", 5)
def a_certificate_in_pem(s):
    write(s.path("keys", "image.der"), "-----BEGIN CERTIFICATE-----\n")


@broken("certificate", "problem", "cannot be read", "image.der", 5)
def no_certificate(s):
    os.unlink(s.path("keys", "image.der"))


@broken("keys", "problem", "it is no file", "vouch key new", 5)
def a_key_that_is_a_directory(s):
    os.unlink(s.path("keys", "image.key"))
    os.mkdir(s.path("keys", "image.key"))


@broken("trust", "unknown", "no plain cpio", "zcat", 0, "demo")
def a_driver_that_is_compressed(s):
    write(s.path("target.cpio"), b"\x1f\x8b" + bytes(200))


@broken("trust", "unknown", "No such file", "make guests", 0, "demo")
def a_target_without_a_driver(s):
    write(s.path("target.cpio"), cpio(other=module("x")))


def with_services(s):
    for name in "key", "cert":
        del s.config[name]
    s.config["signer"] = "unix:" + write(s.path("sign.sock"), "")
    s.config["launcher"] = "unix:" + write(s.path("launch.sock"), "")


@broken("keys", "problem", "no signer", "start vouch-sign.socket", 4)
def a_signer_that_is_not_there(s):
    with_services(s)
    os.unlink(s.path("sign.sock"))


@broken("launcher", "problem", "no launcher", "start vouch-launch.socket", 4)
def a_launcher_that_is_not_there(s):
    with_services(s)
    os.unlink(s.path("launch.sock"))


@broken("kernel", "unknown", "not connected", "vouch-agent --connect", 0)
def a_verifier_of_somebody_else_that_is_away(s):
    del s.config["vms"][0]["launch"]
    s.verifier["state"] = "off"


@broken("clock", "unknown", "did not say", "make guests", 0, "demo")
def an_agent_of_a_device_that_tells_no_time(s):
    del s.config["vms"][1]["launch"]
    s.target["clock_gap_s"] = None


@broken("trial", "unknown", "no verifier VM with \"launch\"",
        "vouch doctor --trial", 0)
def a_trial_without_a_vm_to_start(s):
    del s.config["vms"][0]["launch"]
    s.args.append("--trial")


@broken("disk", "warning", "cannot be looked at", "mkdir -p", 0)
def no_state(s):
    shutil.rmtree(s.path("state"))


@broken("clock", "problem", "the newest record is of", "timedatectl", 1,
        "host")
def a_record_from_the_future(s):
    s.status["log_time"] = int(time.time()) + 86400


@broken("clock", "problem", "the newest record is of", "timedatectl", 4,
        "host")
def a_file_from_the_future(s):
    s.answers = False
    path = write(s.path("state", "sign", "sequence"), "1 1\n")
    os.utime(path, (2 ** 32, 2 ** 32))


@broken("clock", "warning", "86400 s behind", "date -s", 0, "verifier")
def a_vm_of_yesterday(s):
    s.verifier["clock_gap_s"] = -86400


@broken("clock", "unknown", "did not say", "make guests", 0, "demo")
def an_agent_that_tells_no_time(s):
    s.target["clock_gap_s"] = None


@broken("versions", "problem", "it is 0.0.9", "install 0.1.0", 1, "vouchd")
def an_older_vouchd(s):
    s.status["version"] = "0.0.9"


@broken("versions", "problem", "it is 0.2.0", "install 0.1.0", 1, "demo")
def a_newer_agent(s):
    s.target["version"] = "0.2.0"


@broken("symbols", "problem", "is of the build ffffffff", "kernel-symbols", 4)
def symbols_of_another_build(s):
    write(s.path("symbols"), "build-id %s\nffffffff81000000 _text\n" %
          ("ff" * 20))


@broken("symbols", "problem", "symbols: ", "kernel-symbols", 4)
def symbols_that_are_none(s):
    write(s.path("symbols"), "ffffffff81000000 _text\n")


@broken("symbols", "problem", "is not the BTF", "kernel-btf", 4)
def btf_of_another_kernel(s):
    data = bytearray(read(s.path("btf")))
    data[-2] ^= 1
    write(s.path("btf"), bytes(data))


@broken("symbols", "problem", "is not the BTF", "kernel-btf", 4)
def btf_that_is_cut(s):
    write(s.path("btf"), read(s.path("btf"))[:-1])


@broken("symbols", "problem", "is of the build " + BUILD_ID.hex()[:8],
        "kernel-symbols", 4)
def a_kernel_of_another_build(s):
    write(s.path("vmlinux"), vmlinux(build_id=bytes(20)))


@broken("symbols", "unknown", "has no build id", "vouch status", 0)
def a_bzimage_of_a_vm_that_is_down(s):
    write(s.path("vmlinux"), bzimage())
    s.verifier["build_id"] = ""
    s.verifier["state"] = "lost"
