# SPDX-License-Identifier: BSD-2-Clause
#
# make help lists the goals. Everything that is built goes to build/; what
# takes long (kernels) goes to the cache, ~/.cache/vouch.

B := build
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/vouch
SHELL := /bin/bash
PYTHON := /usr/bin/python3

# Objects come from ccache where an equal one was compiled before, in this clone
# or another: the folder's compilers are ccache under their names.
export PATH := /usr/lib/ccache:$(PATH)
export CCACHE_DIR := $(CACHE)/ccache
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1

CC := gcc
CPPFLAGS := -D_GNU_SOURCE -Icommon
CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: check-arm64 check-all tables all help setup programs modules kernels lean debug debug-lab debug-verifier guests demo check check-unit \
	check-vm lab-up lab-down bench fuzz soak mutants profile style install clean

help:
	@echo 'make demo      the whole way, shown step by step'
	@echo 'make check     all tests (CI size); of VMs for arm64, the essential ones'
	@echo 'make check-all all of those, too (make check-arm64: those alone)'
	@echo 'make tables    what works on each architecture, side by side'
	@echo 'make all       programs, modules, kernels and guests'
	@echo 'make arm64     the same for arm64, in build/arm64/ (demo, lab-up: ARCH=arm64);'
	@echo '               arm64-lab: a target with all the hooks, too'
	@echo 'make debug     a target kernel that looks for its own mistakes'
	@echo '               debug-lab, debug-arm64, debug-verifier: others of that kind'
	@echo 'make lab-up    start vouchd, a verifier VM and a target VM'
	@echo 'make lab-down  stop them'
	@echo 'make corpus    submit what Debian has of eBPF programs (CSV=FILE)'
	@echo 'make bench     measure, and print tables'
	@echo 'make fuzz TIME=SECONDS    look for inputs that break a parser'
	@echo 'make fuzz-coverage  what the fuzz targets reach'
	@echo 'make mutants   take out each check and see its test fail'
	@echo 'make style     formatting and static checkers'
	@echo 'make profile KDIR=... OUT=... CERT=... KEY=... KEY_CERT=...'
	@echo '              a target profile (also ARCH=, CROSS_COMPILE=)'
	@echo 'make install DESTDIR=... PREFIX=/usr'
	@echo 'make clean     remove build/ (the cache stays)'

all: programs guests

# ---- packages ----------------------------------------------------------

setup: $(B)/.setup
$(B)/.setup: scripts/setup
	@mkdir -p $(B)
	@scripts/setup
	@touch $@

# ---- programs ----------------------------------------------------------
#
# Each program is its own files plus what it shares. Objects of the sanitised
# build, which the tests use, lie in build/asan/.

COMMON := $(wildcard common/*.c)
MAINS := host-bridge/main.c host-bridge/linkfile.c host-bridge/signfile.c \
	host-bridge/signd.c host-bridge/launchd.c
BRIDGE := $(filter-out $(MAINS),$(wildcard host-bridge/*.c host-bridge/vsock/*.c \
	host-bridge/x86/*.c host-bridge/arm64/*.c))
CLI := $(wildcard host-bridge/cli/*.c)
AGENT := $(wildcard guest-verifier/agent/*.c)
TARGETD := $(wildcard target-driver/agent/*.c)

BRIDGE_LIBS := -lcapstone -lbpf -lelf -lz -lcrypto -lsqlite3 -ljansson -lseccomp -lcap
AGENT_LIBS := -lbpf -lelf -lz -ljansson -lseccomp -lcap -lcrypto
AGENT_WRAP := -Wl,--wrap=syscall,--wrap=uname
AGENT_LIBS += $(AGENT_WRAP)
TARGETD_LIBS := -ljansson

PROGRAMS := vouch vouchd vouch-link vouch-sign vouch-signd vouch-launchd \
	vouch-agent vouch-targetd
programs: $(PROGRAMS:%=$(B)/%)

obj = $(patsubst %.c,$(1)/obj/%.o,$(2))

define variant
$(1)/vouchd: $(call obj,$(1),host-bridge/main.c $(BRIDGE) $(COMMON))
	$$(link) $(2) $(BRIDGE_LIBS)
$(1)/vouch: $(call obj,$(1),$(CLI) $(BRIDGE) $(COMMON))
	$$(link) $(2) $(BRIDGE_LIBS)
$(1)/vouch-link: $(call obj,$(1),host-bridge/linkfile.c $(BRIDGE) $(COMMON))
	$$(link) $(2) $(BRIDGE_LIBS)
$(1)/vouch-sign: $(call obj,$(1),host-bridge/signfile.c $(BRIDGE) $(COMMON))
	$$(link) $(2) $(BRIDGE_LIBS)
$(1)/vouch-signd: $(call obj,$(1),host-bridge/signd.c $(BRIDGE) $(COMMON))
	$$(link) $(2) $(BRIDGE_LIBS)
$(1)/vouch-launchd: $(call obj,$(1),host-bridge/launchd.c $(BRIDGE) $(COMMON))
	$$(link) $(2) $(BRIDGE_LIBS)
$(1)/obj/%.o: %.c | $(B)/.setup
	@mkdir -p $$(@D)
	$$(Q)$(CC) $$(CPPFLAGS) $(CFLAGS) $(2) -MMD -MP -c -o $$@ $$<
endef

Q := @
link = @echo '  LINK    $@'; $(CC) $(CFLAGS) -o $@ $(filter %.o,$^)

$(eval $(call variant,$(B),))
$(eval $(call variant,$(B)/asan,$(SANITIZE)))
# With fault points, for tests alone; not sanitised, so that libfiu fits in.
$(eval $(call variant,$(B)/fault,-DVOUCH_FAULT_POINTS))

# The agents run in guests that hold nothing else: static.
$(B)/vouch-agent: $(call obj,$(B),$(AGENT) $(COMMON))
	$(link) -static $(AGENT_LIBS)
$(B)/vouch-targetd: $(call obj,$(B),$(TARGETD) $(COMMON))
	$(link) -static $(TARGETD_LIBS)

-include $(shell find $(B) -name '*.d' 2>/dev/null)

# ---- kernels and modules -----------------------------------------------
#
# The cache's folders are named by a hash of their inputs, so the scripts run
# each time (they are quick then) and leave a link in build/.

kernels: $(B)/.setup
	@ln -sfn "$$(scripts/verifier-kernel)" $(B)/verifier
	@ln -sfn "$$(scripts/target-kernel)" $(B)/target-kernel
	@scripts/lab-keys $(B)/target-kernel $(B)/keys
	@mkdir -p $(B)/target-lab
	@ln -sfn "$$(scripts/target-kernel images/target-demo.config \
		images/target-lab.config)" $(B)/target-lab/target-kernel
	@scripts/lab-keys $(B)/target-lab/target-kernel $(B)/target-lab $(B)/keys

modules: kernels
	@scripts/build-module guest-verifier $(B)/guest-verifier \
		"/lib/modules/$$(cat $(B)/verifier/release)/build"
	$(call target-module,$(B),$(B)/keys)
	$(call target-module,$(B)/target-lab,$(B)/keys)

# $(1)/target-driver/vouch_target.ko, and $(1)/profile, for $(1)/target-kernel,
# with the keys in $(2); $(3): words for make, as ARCH=.
define target-module
@scripts/target-profile --kdir $(1)/target-kernel --out $(1)/profile \
		--cert $(2)/image.der --key $(2)/profile.key \
		--key-cert $(2)/profile.der --cache $(CACHE) \
		--make $(3) >/dev/null
@scripts/build-module target-driver $(1)/target-driver \
		$(1)/target-kernel VOUCH_GEN=$(abspath $(1)/profile) $(3)
@$(1)/target-kernel/scripts/sign-file sha256 $(2)/vendor.key \
		$(2)/vendor.der $(1)/target-driver/vouch_target.ko
endef

# The same for a target kernel that lacks what the verifier kernel has.
lean: kernels programs
	@mkdir -p $(B)/target-lean
	@ln -sfn "$$(scripts/target-kernel images/target-demo.config \
		images/target-lean.config)" $(B)/target-lean/target-kernel
	@scripts/lab-keys $(B)/target-lean/target-kernel $(B)/target-lean \
		$(B)/keys
	$(call target-module,$(B)/target-lean,$(B)/keys)
	@scripts/initramfs $(B)/target-lean.cpio images/init-target \
		bin/vouch-targetd=$(B)/vouch-targetd \
		modules/vouch_target.ko=$(B)/target-lean/target-driver/vouch_target.ko

# The same for a target kernel that looks for mistakes in itself.
debug: $(B)/.setup
	@mkdir -p $(B)/debug
	@ln -sfn "$$(scripts/target-kernel images/target-demo.config \
		images/debug.config)" $(B)/debug/target-kernel
	@scripts/lab-keys $(B)/debug/target-kernel $(B)/debug/keys
	$(call target-module,$(B)/debug,$(B)/debug/keys)

# The same with all the hooks of "lab", which takes long to build.
debug-lab: programs
	@mkdir -p $(B)/debug-lab
	@ln -sfn "$$(scripts/target-kernel images/target-demo.config \
		images/target-lab.config images/debug.config \
		images/debug-lab.config)" $(B)/debug-lab/target-kernel
	@scripts/lab-keys $(B)/debug-lab/target-kernel $(B)/debug-lab/keys
	$(call target-module,$(B)/debug-lab,$(B)/debug-lab/keys)

# A verifier kernel of that kind, for the tests of vouch_guest.ko alone.
debug-verifier: $(B)/.setup
	@mkdir -p $(B)/debug
	@ln -sfn "$$(scripts/target-kernel images/verifier-debug.config \
		images/debug.config)" $(B)/debug/verifier
	@scripts/build-module guest-verifier $(B)/debug/guest-verifier \
		$(B)/debug/verifier

guests: programs modules $(B)/objects/xdp_count.o
	@scripts/initramfs $(B)/verifier.cpio images/init-verifier \
		bin/vouch-agent=$(B)/vouch-agent \
		modules/vouch_guest.ko=$(B)/guest-verifier/vouch_guest.ko \
		modules/modules.load=$(B)/verifier/modules.load \
		$$(for m in $$(cat $(B)/verifier/modules.load); do \
			echo modules/$$m=$(B)/verifier/modules/$$m; done)
	@scripts/initramfs $(B)/target.cpio images/init-target \
		bin/vouch-targetd=$(B)/vouch-targetd \
		modules/vouch_target.ko=$(B)/target-driver/vouch_target.ko
	@scripts/initramfs $(B)/target-lab.cpio images/init-target \
		bin/vouch-targetd=$(B)/vouch-targetd \
		modules/vouch_target.ko=$(B)/target-lab/target-driver/vouch_target.ko
	@scripts/initramfs $(B)/developer.cpio images/init-developer \
		bin/vouch=$(B)/vouch work/xdp_count.o=$(B)/objects/xdp_count.o \
		modules/modules.load=$(B)/verifier/modules.load \
		$$(for m in $$(cat $(B)/verifier/modules.load); do \
			echo modules/$$m=$(B)/verifier/modules/$$m; done)

profile:
	@scripts/target-profile --kdir "$(KDIR)" --out "$(OUT)" --cert $(CERT) \
		--key "$(KEY)" --key-cert "$(KEY_CERT)" --without $(WITHOUT) \
		--make "ARCH=$(ARCH)" "CROSS_COMPILE=$(CROSS_COMPILE)"

# ---- tests -------------------------------------------------------------
#
# Unit tests link everything but the programs' main files, sanitised.

FIXTURES := $(wildcard tests/unit/*_fixture.c)
UNIT := $(patsubst tests/unit/%.c,$(B)/asan/tests/%,\
	$(filter-out $(FIXTURES),$(wildcard tests/unit/*.c)))
$(B)/asan/tests/%: $(B)/asan/obj/tests/unit/%.o \
		$(call obj,$(B)/asan,$(FIXTURES) $(BRIDGE) $(COMMON))
	@mkdir -p $(@D)
	$(link) $(SANITIZE) $(BRIDGE_LIBS) -lcmocka
$(B)/asan/obj/tests/%.o: CPPFLAGS += -Ihost-bridge

# What processes can do is a matter of the plain build: sanitizers need more.
CONFINE := $(wildcard tests/confine/*.c)
define confine_test
$(1)/confine_test: $(call obj,$(1),$(CONFINE) $(BRIDGE) $(COMMON))
	$$(link) $(2) $(BRIDGE_LIBS)
endef
$(eval $(call confine_test,$(B),))
$(eval $(call confine_test,$(B)/asan,$(SANITIZE)))

# Compares what a profile answers with all that a target's functions say.
$(B)/oracle_compare: $(call obj,$(B),tests/oracle/compare.c $(BRIDGE) $(COMMON))
	$(link) $(BRIDGE_LIBS)

# Puts addresses of a kernel into images that a lab has made.
$(B)/image_plant: $(call obj,$(B),tests/scan/plant.c $(BRIDGE) $(COMMON))
	$(link) $(BRIDGE_LIBS)

# Fuzz targets, each from one file. Those of the agents link their agent's
# files, the others all that the bridge and the command line have, from an
# archive, so that a target can put a function of its own in place of one.
# They are built three times: for libFuzzer, for coverage, and sanitised with
# replay.c for what is run at each change.
FUZZ := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*_fuzz.c))
TIME := 60
FUZZ_HOST := $(BRIDGE) $(filter-out %/main.c,$(CLI)) $(COMMON)
FUZZ_AGENT := $(filter-out %/main.c,$(AGENT)) $(COMMON)
FUZZ_TARGETD := $(filter-out %/main.c,$(TARGETD)) $(COMMON)
FUZZ_LIBS := $(sort $(BRIDGE_LIBS) $(filter -l%,$(AGENT_LIBS))) -lcmocka
FUZZ_LINK := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc

# $(1): folder, $(2): compiler and flags, $(3): objects beside the target's
define fuzz_variant
$(1)/host.a: $(call obj,$(1),$(FUZZ_HOST))
$(1)/agent.a: $(call obj,$(1),$(FUZZ_AGENT))
$(1)/targetd.a: $(call obj,$(1),$(FUZZ_TARGETD))
$(1)/obj/tests/fuzz/agent_%_fuzz.o: CPPFLAGS += -Iguest-verifier/agent
$(1)/obj/tests/fuzz/targetd_%_fuzz.o: CPPFLAGS += -Itarget-driver/agent
$(1)/obj/tests/fuzz/keyring_fuzz.o: CPPFLAGS += -Itests/fuzz/kernel
$(1)/obj/tests/fuzz/%.o: CPPFLAGS += -Ihost-bridge
$(1)/%.a:
	@rm -f $$@; ar rcs $$@ $$(filter %.o,$$^)
$(1)/fuzz/agent_%_fuzz: $(1)/obj/tests/fuzz/agent_%_fuzz.o $(3) $(1)/agent.a $(1)/host.a
	$$(fuzz_link)
$(1)/fuzz/targetd_%_fuzz: $(1)/obj/tests/fuzz/targetd_%_fuzz.o $(3) $(1)/targetd.a $(1)/host.a
	$$(fuzz_link)
$(1)/fuzz/%_fuzz: $(1)/obj/tests/fuzz/%_fuzz.o $(3) $(1)/host.a
	$$(fuzz_link)
$(1)/fuzz/%: fuzz_link = @echo '  LINK    $$@'; mkdir -p $$(@D); $(2) -o $$@ $$^ \
	$$(FUZZ_LINK) $(FUZZ_LIBS)
# Coverage's run time, which is linked last, calls uname().
$(1)/fuzz/agent_%: FUZZ_LINK += $(AGENT_WRAP) -Wl,--undefined=__wrap_uname
endef

# Objects of $(B)/asan/obj are those of the unit tests.
define fuzz_objects
$(1)/obj/%.o: %.c | $(B)/.setup
	@mkdir -p $$(@D)
	$$(Q)clang $$(CPPFLAGS) $$(CFLAGS) $(2) -MMD -MP -c -o $$@ $$<
endef

fuzz_alloc = $(1)/obj/tests/fuzz/alloc.o
fuzz_main = $(patsubst %,$(1)/obj/tests/fuzz/%.o,alloc replay pick)
FUZZ_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_COVERAGE := -fprofile-instr-generate -fcoverage-mapping
$(eval $(call fuzz_objects,$(B)/fuzzer,-fsanitize=fuzzer-no-link $(FUZZ_SANITIZE)))
$(eval $(call fuzz_objects,$(B)/coverage,-O0 $(FUZZ_COVERAGE)))
$(eval $(call fuzz_variant,$(B)/fuzzer,clang -fsanitize=fuzzer $(FUZZ_SANITIZE),\
	$(call fuzz_alloc,$(B)/fuzzer)))
$(eval $(call fuzz_variant,$(B)/coverage,clang $(FUZZ_COVERAGE),\
	$(call fuzz_main,$(B)/coverage)))
$(eval $(call fuzz_variant,$(B)/asan,$(CC) $(SANITIZE),\
	$(call fuzz_main,$(B)/asan)))

.PHONY: fuzz-coverage fuzz-corpus fuzz-replay
$(B)/.setup-fuzz: scripts/setup
	@mkdir -p $(B)
	@scripts/setup fuzz
	@touch $@
$(FUZZ:%=$(B)/fuzzer/fuzz/%): | $(B)/.setup-fuzz
fuzz: $(FUZZ:%=$(B)/fuzzer/fuzz/%)
	@scripts/fuzz --seconds $(TIME) $^
fuzz-coverage: $(FUZZ:%=$(B)/coverage/fuzz/%)
	@scripts/fuzz-coverage $^
fuzz-corpus: $(FUZZ:%=$(B)/coverage/fuzz/%)
	@scripts/fuzz-corpus $^
fuzz-replay: $(FUZZ:%=$(B)/asan/fuzz/%)

# ---- running -----------------------------------------------------------

# ARCH=arm64: all VMs are of that architecture, emulated.
ifeq ($(ARCH),arm64)
LAB := programs arm64
LAB_ARCH := VOUCH_ARCH=arm64
else
LAB := all
endif
lab-up: $(LAB)
	@$(LAB_ARCH) scripts/lab.py up
lab-down:
	@scripts/lab.py down

demo: $(LAB) objects
	@$(LAB_ARCH) scripts/demo

# Objects that tests and demo submit: the project's own, and Debian's.
.PHONY: objects
OBJECTS := $(patsubst tests/corpus/%.bpf.c,$(B)/objects/%.o,\
	$(wildcard tests/corpus/*.bpf.c tests/corpus/refuse/*.bpf.c))
objects: $(OBJECTS) $(B)/objects/xdpfilt_dny_all.o
$(B)/objects/%.o: tests/corpus/%.bpf.c | $(B)/.setup
	@mkdir -p $(@D)
	$(call bpf-object,x86,$$(gcc -print-multiarch))
# for the architecture $(1), as libbpf calls it, with the headers of $(2)
bpf-object = $(Q)clang -O2 -g -target bpf -D__TARGET_ARCH_$(1) \
	-I/usr/include/$(2) -Wall -Werror -MMD -MP -c -o $@ $<
$(B)/objects/xdpfilt_dny_all.o: scripts/debian-objects scripts/corpus/carve.py | $(B)/.setup
	@scripts/debian-objects $(B)/debian-objects
	@cp $(B)/debian-objects/xdpfilt_*.o $(@D)/

include scripts/arm64.mk

# The lying guest: a module and an agent of tests/ in a verifier VM of their
# own. It is built beside the product's and goes into no other archive.
LIAR := $(B)/lying-guest
LIAR_AGENT := $(wildcard tests/lying-guest/agent/*.c)
LIAR_SESSION := guest-verifier/agent/session.c
$(LIAR)/obj/%.o: %.c | $(B)/.setup
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
$(LIAR)/obj/$(LIAR_SESSION:.c=.o): CPPFLAGS += \
	-Dvouch_channel_recv=lying_channel_recv \
	-Dvouch_channel_send=lying_channel_send \
	-Dvouch_verify_object=lying_verify_object
$(LIAR)/vouch-agent: $(call obj,$(LIAR),$(LIAR_AGENT) $(LIAR_SESSION)) \
		$(call obj,$(B),$(filter-out $(LIAR_SESSION),$(AGENT)) $(COMMON))
	$(link) -static $(AGENT_LIBS)
.PHONY: lying-guest
lying-guest: guests $(LIAR)/vouch-agent
	@scripts/build-module "tests/lying-guest guest-verifier" $(LIAR) \
		"/lib/modules/$$(cat $(B)/verifier/release)/build"
	@scripts/initramfs $(LIAR)/verifier.cpio images/init-verifier \
		bin/vouch-agent=$(LIAR)/vouch-agent \
		modules/vouch_guest.ko=$(LIAR)/vouch_guest.ko \
		modules/modules.load=$(B)/verifier/modules.load \
		$$(for m in $$(cat $(B)/verifier/modules.load); do \
			echo modules/$$m=$(B)/verifier/modules/$$m; done)

# What becomes of the programs in Debian's packages; CSV=FILE: as a table.
.PHONY: corpus
corpus: all objects
	@/usr/bin/python3 scripts/corpus/run.py $(if $(CSV),--csv $(CSV))

# What works on each architecture, side by side.
tables: all objects arm64-lab objects-arm64
	@scripts/tables --corpus

bench: all objects
	@scripts/bench
	@scripts/bench-vsock
	@scripts/bench-run
	@scripts/bench-corpus
	@scripts/bench-memory
	@scripts/bench-sizes

# What tests are compiled to, at once: nothing here installs packages.
CHECK_PROGRAMS := $(UNIT) fuzz-replay $(B)/confine_test $(B)/oracle_compare \
	$(B)/image_plant $(addprefix $(B)/asan/,confine_test vouchd vouch vouch-link \
	vouch-sign vouch-signd vouch-launchd) \
	$(addprefix $(B)/fault/,vouchd vouch vouch-signd vouch-launchd)
.PHONY: check-programs
check-programs: $(CHECK_PROGRAMS)

check: all lean debug objects arm64 objects-arm64 lying-guest
	@$(MAKE) --no-print-directory \
		$(if $(filter -j%,$(MAKEFLAGS)),,-j$$(nproc)) check-programs
	@scripts/check

# All that serves on both architectures, in VMs for arm64.
check-arm64: arm64-lab objects-arm64 all objects $(B)/asan/vouchd $(B)/asan/vouch \
		$(B)/image_plant
	@scripts/check --arm64
check-all: check check-arm64

style: programs modules
	@scripts/setup style
	@scripts/style

soak: all lean debug debug-lab debug-verifier objects $(UNIT) $(B)/fault/vouchd $(B)/fault/vouch $(B)/asan/vouchd $(B)/asan/vouch
	@scripts/soak

mutants: all debug arm64 objects
	@scripts/mutants

# Nothing is built here, so that it can run as root after `make programs`.
DESTDIR :=
PREFIX := /usr
install:
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/sbin \
		$(DESTDIR)$(PREFIX)/share/man/man1 \
		$(DESTDIR)$(PREFIX)/share/man/man8 \
		$(DESTDIR)$(PREFIX)/lib/systemd/system \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions
	install -m 755 $(B)/vouch $(B)/vouch-link $(B)/vouch-sign \
		$(DESTDIR)$(PREFIX)/bin/
	install -m 755 $(B)/vouchd $(B)/vouch-agent $(B)/vouch-targetd \
		$(B)/vouch-signd $(B)/vouch-launchd $(DESTDIR)$(PREFIX)/sbin/
	install -m 644 man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m 644 man/*.8 $(DESTDIR)$(PREFIX)/share/man/man8/
	install -m 644 systemd/*.service systemd/*.socket \
		$(DESTDIR)$(PREFIX)/lib/systemd/system/
	sed -i 's,/usr/sbin,$(PREFIX)/sbin,' \
		$(DESTDIR)$(PREFIX)/lib/systemd/system/vouch*.service
	install -m 644 systemd/vouch.sysusers \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d/vouch.conf
	install -m 644 host-bridge/cli/completion.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/vouch

clean:
	rm -rf $(B)
