# SPDX-License-Identifier: BSD-2-Clause
#
# A verifier VM and a target for arm64, built here: kernels, modules, profile,
# agents and guests are in build/arm64/, with the same keys as all others.

A := $(B)/arm64
CROSS := aarch64-linux-gnu-
FOR_ARM64 := ARCH=arm64 CROSS_COMPILE=$(CROSS)

.PHONY: arm64 arm64-lab debug-arm64
$(A)/.setup: scripts/setup | $(B)/.setup
	@mkdir -p $(A)
	@scripts/setup arm64
	@touch $@

$(A)/obj/%.o: %.c | $(A)/.setup
	@mkdir -p $(@D)
	$(Q)$(CROSS)gcc $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
$(A)/vouch-targetd: $(call obj,$(A),$(TARGETD) $(COMMON))
	$(link_arm64) -static $(TARGETD_LIBS)
$(A)/vouch-agent: $(call obj,$(A),$(AGENT) $(COMMON))
	$(link_arm64) -static $(AGENT_LIBS)
link_arm64 = @echo '  LINK    $@'; $(CROSS)gcc $(CFLAGS) -o $@ $(filter %.o,$^)

# $(1)/target.cpio and what belongs to it, for the kernel of the fragments $(2)
define arm64-target
@mkdir -p $(1)
@ln -sfn "$$($(FOR_ARM64) scripts/target-kernel $(2))" $(1)/target-kernel
@scripts/lab-keys $(1)/target-kernel $(1) $(B)/keys
@scripts/flat-kernel $(1)/vmlinux $(1)/vmlinuz
$(call target-module,$(1),$(B)/keys,$(FOR_ARM64))
@BUSYBOX="$$(scripts/busybox arm64)" scripts/initramfs $(1)/target.cpio \
		images/init-target bin/vouch-targetd=$(A)/vouch-targetd \
		modules/vouch_target.ko=$(1)/target-driver/vouch_target.ko
endef

arm64: $(A)/.setup $(A)/vouch-agent $(A)/vouch-targetd
	@ln -sfn "$$(scripts/verifier-kernel arm64)" $(A)/verifier
	@scripts/build-module guest-verifier $(A)/guest-verifier \
		$(A)/verifier/headers $(FOR_ARM64)
	@BUSYBOX="$$(scripts/busybox arm64)" scripts/initramfs $(A)/verifier.cpio \
		images/init-verifier bin/vouch-agent=$(A)/vouch-agent \
		modules/vouch_guest.ko=$(A)/guest-verifier/vouch_guest.ko \
		modules/modules.load=$(A)/verifier/modules.load \
		$$(for m in $$(cat $(A)/verifier/modules.load); do \
			echo modules/$$m=$(A)/verifier/modules/$$m; done)
	$(call arm64-target,$(A),images/target-demo.config \
		images/target-arm64.config)
	@scripts/build-module tests/far-image $(A)/far-image $(A)/target-kernel \
		$(FOR_ARM64)

# Objects know the registers of their architecture.
$(A)/objects/%.o: tests/corpus/%.bpf.c | $(A)/.setup
	@mkdir -p $(@D)
	$(call bpf-object,arm64,aarch64-linux-gnu)
$(A)/objects/xdpfilt_dny_all.o: scripts/debian-objects scripts/corpus/carve.py | $(A)/.setup
	@scripts/debian-objects $(A)/debian-objects arm64
	@cp $(A)/debian-objects/xdpfilt_*.o $(@D)/
.PHONY: objects-arm64
objects-arm64: $(OBJECTS:$(B)/%=$(A)/%) $(A)/objects/xdpfilt_dny_all.o

# The same with all the hooks.
arm64-lab: arm64
	$(call arm64-target,$(A)/target-lab,images/target-demo.config \
		images/target-lab.config images/target-arm64.config \
		images/target-arm64-lab.config)

# A target kernel for arm64 that looks for mistakes in itself.
debug-arm64: arm64
	@mkdir -p $(B)/debug-arm64
	@ln -sfn "$$($(FOR_ARM64) scripts/target-kernel images/target-demo.config \
		images/target-arm64.config images/debug.config \
		images/debug-arm64.config)" $(B)/debug-arm64/target-kernel
	@scripts/lab-keys $(B)/debug-arm64/target-kernel $(B)/debug-arm64/keys
	$(call target-module,$(B)/debug-arm64,$(B)/debug-arm64/keys,$(FOR_ARM64))
