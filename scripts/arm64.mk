# SPDX-License-Identifier: BSD-2-Clause
#
# A verifier VM and a target for arm64, built here: kernels, modules, profile,
# agents and guests are in build/arm64/, with the same keys as all others.

A := $(B)/arm64
CROSS := aarch64-linux-gnu-
FOR_ARM64 := ARCH=arm64 CROSS_COMPILE=$(CROSS)

.PHONY: arm64
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
	@ln -sfn "$$($(FOR_ARM64) scripts/target-kernel \
		images/target-demo.config images/target-arm64.config)" \
		$(A)/target-kernel
	@scripts/lab-keys $(A)/target-kernel $(A) $(B)/keys
	@scripts/flat-kernel $(A)/vmlinux $(A)/vmlinuz
	$(call target-module,$(A),$(B)/keys,$(FOR_ARM64))
	@scripts/build-module tests/far-image $(A)/far-image $(A)/target-kernel \
		$(FOR_ARM64)
	@BUSYBOX="$$(scripts/busybox arm64)" scripts/initramfs $(A)/target.cpio \
		images/init-target bin/vouch-targetd=$(A)/vouch-targetd \
		modules/vouch_target.ko=$(A)/target-driver/vouch_target.ko
