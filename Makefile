# SPDX-License-Identifier: MIT
# ibbundle: `make help` lists the targets.  Results go to build/.
#
# Two programs from three folders: the builder (builder/ + runtime/common/) and the runtime
# (runtime/ + runtime/common/).  Every .c file in a folder belongs to its program.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

# One short line a file; `make V=1` shows the commands.
Q := $(if $(V),,@)
say = $(if $(V),@:,@printf '  %-8s %s\n' $(1) $(2))

B := build
CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif

WARN := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wvla -Werror
BASE := -std=c17 -D_FILE_OFFSET_BITS=64 -ffile-prefix-map=$(CURDIR)=. $(WARN)
CFLAGS ?= -O2 -g
# -Wconversion sees conversions that only the sanitizers' code makes; the plain build has it
SAN := -Wno-conversion -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all

BUILDER_LIBS := -larchive -lzstd -lcrypto -lcjson -lcurl -lsolvext -lsolv -llzma -lz -lpthread
RUNTIME_LIBS := -lzstd -lcrypto -lcjson -llzma -lpthread

COMMON  := $(wildcard runtime/common/*.c)
# NAME_linux.c and NAME_windows.c are for one system, the rest is for all.
RUNTIME := $(filter-out %_windows.c,$(wildcard runtime/*.c))
TEMPLATES := $(sort $(shell find builder/templates -type f ! -name embed))
BUILDER := $(wildcard builder/*.c) $(B)/generated/templates.c
UNIT    := $(filter-out %_windows.c,$(wildcard tests/unit/test_*.c))
FUZZ    := $(wildcard tests/fuzz/fuzz_*.c)

INC_RUNTIME := -Iruntime/common -Iruntime
INC_BUILDER := -Iruntime/common -Ibuilder

## all: the builder and the stubs of every platform
.PHONY: all
all: $(B)/ibbundle stub

## deps: install the Debian packages that building and testing need (apt, as root or by sudo)
.PHONY: deps
deps:
	@.ci/deps

## help: this list
.PHONY: help
help:
	@sed -n 's/^## //p' Makefile

# --- programs for this machine -------------------------------------------------------------------

# $(1) directory under build/, $(2) include flags, $(3) more flags.  The flags stand in this file: when
# it changes, everything is made anew.
define objects
$(B)/$(1)/%.o: %.c Makefile
	@mkdir -p $$(@D)
	$$(call say,CC,$$@)
	$$(Q)$$(CC) $(BASE) $(3) $(2) -MMD -MP -c -o $$@ $$<
endef
$(eval $(call objects,builder,$(INC_BUILDER),-D_GNU_SOURCE $(CFLAGS)))
$(eval $(call objects,san/builder,$(INC_BUILDER),-D_GNU_SOURCE $(SAN)))
$(eval $(call objects,san/runtime,$(INC_RUNTIME),-D_GNU_SOURCE $(SAN)))
-include $(shell find $(B) -path $(B)/bench -prune -o -name '*.d' -type f -print 2>/dev/null)

$(B)/ibbundle: $(patsubst %.c,$(B)/builder/%.o,$(BUILDER) $(COMMON))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^ $(BUILDER_LIBS)

# The texts that 'export' fills in.
$(B)/generated/templates.c: builder/templates/embed $(TEMPLATES) $(dir $(TEMPLATES))
	@mkdir -p $(@D)
	$(call say,EMBED,$@)
	$(Q)$< $(TEMPLATES) >$@

# Measuring programs of tests/bench/, on what the builder is made of.
$(B)/bench/%: tests/bench/%.c $(patsubst %.c,$(B)/builder/%.o,$(filter-out builder/main.c,$(BUILDER)) $(COMMON))
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(BASE) -D_GNU_SOURCE $(CFLAGS) $(INC_BUILDER) -o $@ $^ $(BUILDER_LIBS)

# Those that need nothing of it.
$(B)/bench/figures: tests/bench/figures.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(BASE) -D_GNU_SOURCE $(CFLAGS) -o $@ $<

# --- the stubs -----------------------------------------------------------------------------------

# One static program a platform.  Their libraries come from Debian's source packages by
# runtime/third-party.sh, built once per recipe: the key is the content of the files that make it up.
THIRD_PARTY := $(or $(IBB_THIRD_PARTY),$(B)/third-party)
RECIPE := runtime/third-party.sh $(sort $(wildcard runtime/openssl/*))
KEY := $(shell cat $(RECIPE) | sha256sum | cut -c1-16)
tp = $(THIRD_PARTY)/$(1)/$(KEY)

STUB_SIZE_MAX := 1572864
STUB_CFLAGS := -Os -fstack-protector-strong -flto -fno-fat-lto-objects -ffunction-sections -fdata-sections \
	-fno-asynchronous-unwind-tables -fno-unwind-tables
STUB_LDFLAGS := -Os -flto=2 -fno-asynchronous-unwind-tables -fno-unwind-tables -s -Wl,--gc-sections -Wl,-O2
ELF_LDFLAGS := -fno-pie -no-pie -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,relro -Wl,-z,now

# A table of what differs: compiler, its flags, the linker's, libraries of the system, sources; for
# PE also resources, suffix, and what every program needs.
PLATFORMS := linux-x86_64 linux-aarch64 windows-x86_64

linux-x86_64_CC := musl-gcc
linux-x86_64_CFLAGS := -D_GNU_SOURCE -fno-pie -idirafter $(call tp,linux-x86_64)/kernel
linux-x86_64_LDFLAGS := $(ELF_LDFLAGS)
linux-x86_64_SOURCES := $(RUNTIME)

linux-aarch64_CC := $(call tp,linux-aarch64)/bin/aarch64-linux-musl-gcc
linux-aarch64_CFLAGS := -D_GNU_SOURCE -fno-pie -idirafter $(call tp,linux-aarch64)/kernel
linux-aarch64_LDFLAGS := $(ELF_LDFLAGS)
linux-aarch64_SOURCES := $(RUNTIME)

windows-x86_64_CC := x86_64-w64-mingw32-gcc
windows-x86_64_CFLAGS := -D_WIN32_WINNT=0x0602 -DUNICODE -D_UNICODE -D__USE_MINGW_ANSI_STDIO=1
windows-x86_64_LDFLAGS := -Wl,--no-insert-timestamp,--dynamicbase,--nxcompat,--high-entropy-va
windows-x86_64_LIBS := -ladvapi32
windows-x86_64_SOURCES := $(filter-out %_linux.c,$(wildcard runtime/*.c))
windows-x86_64_RESOURCES := $(B)/stub/obj/windows-x86_64/windows.res.o
windows-x86_64_SUFFIX := .exe
windows-x86_64_EVERYWHERE := runtime/stack_guard_windows.c
$(B)/stub/obj/windows-x86_64/runtime/stack_guard_windows.o: private STUB_CFLAGS := -Os

# $(1) platform, $(2) C files: the objects of a program that is made as the stub is
stub_objects = $(patsubst %.c,$(B)/stub/obj/$(1)/%.o,$(sort $(2) $(COMMON) $($(1)_EVERYWHERE))) $($(1)_RESOURCES)
stub_libs = $(call tp,$(1))/lib/*.o $(patsubst %,$(call tp,$(1))/lib/lib%.a,crypto zstd lzma cjson) $($(1)_LIBS)
stub = $(B)/stub/$(1)$($(1)_SUFFIX)
cms_check = $(B)/tests/$(1)/cms_check$($(1)_SUFFIX)

define stub_rules
$(call tp,$(1))/versions:
	runtime/third-party.sh $(1) $(THIRD_PARTY) $$(@D)

$(B)/stub/obj/$(1)/%.o: %.c $(call tp,$(1))/versions Makefile
	@mkdir -p $$(@D)
	$$(call say,CC,$$@)
	$$(Q)$($(1)_CC) $(BASE) $$(STUB_CFLAGS) $($(1)_CFLAGS) $(INC_RUNTIME) -isystem $(call tp,$(1))/include \
		-DTHIRD_PARTY_VERSIONS='"'"$$$$(paste -sd, $(call tp,$(1))/versions | sed 's/,/, /g')"'"' \
		-MMD -MP -c -o $$@ $$<

# cms_check is the stub's cryptography on a command line, for tests.
$(call stub,$(1)): $(call stub_objects,$(1),$($(1)_SOURCES))
$(call cms_check,$(1)): $(call stub_objects,$(1),tests/support/cms_check.c tests/support/instructions_$(lastword $(subst -, ,$(1))).c)
$(call stub,$(1)) $(call cms_check,$(1)):
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$($(1)_CC) -static $(STUB_LDFLAGS) $($(1)_LDFLAGS) -o $$@ $$^ $(call stub_libs,$(1))
endef
$(foreach p,$(PLATFORMS),$(eval $(call stub_rules,$(p))))

$(windows-x86_64_RESOURCES): runtime/windows.rc runtime/windows.manifest Makefile
	@mkdir -p $(@D)
	$(call say,WINDRES,$@)
	$(Q)x86_64-w64-mingw32-windres -I runtime -o $@ $<

# windows-x86_64 is one of them as soon as there is a runtime for it.
STUB_PLATFORMS := linux-x86_64 linux-aarch64 $(if $(wildcard runtime/platform_windows.c),windows-x86_64)
CMS_CHECKS := $(foreach p,$(PLATFORMS),$(call cms_check,$(p)))

## stub: the runtime alone, for every platform: build/stub/
.PHONY: stub
stub: $(foreach p,$(STUB_PLATFORMS),$(call stub,$(p)))

# For tests: launchers, without the system calls that came after Linux 3.10; where arm64 programs run.
$(B)/tests/enosys $(B)/tests/arm64: $(B)/tests/%: tests/support/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(BASE) -D_GNU_SOURCE $(CFLAGS) -o $@ $<

# How a platform's programs are started here; on x86_64, as on Linux 3.10.
ENOSYS := $(CURDIR)/$(B)/tests/enosys
linux-x86_64_LAUNCHER := $(ENOSYS)
linux-aarch64_LAUNCHER := qemu-aarch64-static
windows-x86_64_LAUNCHER := $(CURDIR)/tests/support/wine

check_stub = tests/support/check-stub $(1) $(call stub,$(1)) $(STUB_SIZE_MAX) $(CURDIR) $(abspath $(THIRD_PARTY))
check_stub_crypto = CMS_CHECK="$($(1)_LAUNCHER) $(CURDIR)/$(call cms_check,$(1))" \
	tests/unit/run $(B)/unit/test_crypto
CHECK_ENOSYS := tests/support/check-enosys $(ENOSYS)

## check-stub-PLATFORM: the stub is static, names no path of this machine, and is small enough
## check-stub-crypto-PLATFORM: put the cases of test_crypto.c to the stub's libcrypto
define check_stub_rules
.PHONY: check-stub-$(1) check-stub-crypto-$(1)
check-stub-$(1): $(call stub,$(1))
	$(call check_stub,$(1))
check-stub-crypto-$(1): $(B)/unit/test_crypto $(call cms_check,$(1)) $(B)/tests/enosys
	$(call check_stub_crypto,$(1))
endef
$(foreach p,$(PLATFORMS),$(eval $(call check_stub_rules,$(p))))

## check-enosys: run the runtime's command tests as on Linux 3.10
.PHONY: check-enosys
check-enosys: $(B)/ibbundle $(call stub,linux-x86_64) $(B)/tests/enosys
	$(CHECK_ENOSYS)

## check-windows-cli: the same with the Windows stub under Wine
.PHONY: check-windows-cli
CHECK_WINDOWS_CLI := STUB=$(CURDIR)/$(call stub,windows-x86_64) STUB_LAUNCHER=$(windows-x86_64_LAUNCHER) tests/cli/run --launched
check-windows-cli: $(B)/ibbundle $(call stub,windows-x86_64)
	$(CHECK_WINDOWS_CLI)

## check-arm64-cli: run the runtime's command tests with the aarch64 stub under qemu
.PHONY: check-arm64-cli
CHECK_ARM64_CLI := STUB=$(CURDIR)/$(call stub,linux-aarch64) STUB_LAUNCHER=qemu-aarch64-static tests/cli/run --launched
check-arm64-cli: $(B)/ibbundle $(call stub,linux-aarch64)
	$(CHECK_ARM64_CLI)

# --- tests ---------------------------------------------------------------------------------------

UNIT_PROGRAMS := $(patsubst tests/unit/%.c,$(B)/unit/%,$(UNIT))
FUZZ_PROGRAMS := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(FUZZ))

# A unit test sees every module but the two main.c; test_NOUN.c of builder/ and of common/ link the
# builder's objects, those of runtime/ the runtime's.
RUNTIME_NOUNS := $(sort $(patsubst %_linux,%,$(patsubst runtime/%.c,%,$(RUNTIME))))
RUNTIME_UNIT := $(foreach n,$(RUNTIME_NOUNS),$(filter tests/unit/test_$(n).c,$(UNIT)))
BUILDER_UNIT := $(filter-out $(RUNTIME_UNIT),$(UNIT))
SAN_BUILDER := $(patsubst %.c,$(B)/san/builder/%.o,$(filter-out builder/main.c,$(BUILDER)) $(COMMON))
SAN_RUNTIME := $(patsubst %.c,$(B)/san/runtime/%.o,$(filter-out runtime/main.c,$(RUNTIME)) $(COMMON))
$(B)/san/builder.a: $(SAN_BUILDER)
	@rm -f $@
	$(call say,AR,$@)
	$(Q)ar rcs $@ $^
$(B)/san/runtime.a: $(SAN_RUNTIME)
	@rm -f $@
	$(call say,AR,$@)
	$(Q)ar rcs $@ $^

$(patsubst tests/unit/%.c,$(B)/unit/%,$(BUILDER_UNIT)): $(B)/unit/%: $(B)/san/builder/tests/unit/%.o $(B)/san/builder.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(SAN) -o $@ $^ -lcmocka $(BUILDER_LIBS)
$(patsubst tests/unit/%.c,$(B)/unit/%,$(RUNTIME_UNIT)): $(B)/unit/%: $(B)/san/runtime/tests/unit/%.o $(B)/san/runtime.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(SAN) -o $@ $^ -lcmocka $(RUNTIME_LIBS)

# test_allocation.c stands in for these, to fail each call of ours in turn.
$(B)/unit/test_allocation: private SAN += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc

## unit: build and run the unit tests
.PHONY: unit
unit: $(UNIT_PROGRAMS)
	tests/unit/run $^

# --- unit tests on the other platforms ---

# Those that include neither a header of builder/ nor one for signing and compressing, which the stub's
# libraries can't.  All that they test is one object, linked once, since the libraries are for
# link-time optimisation.
FOREIGN := linux-aarch64 windows-x86_64
empty :=
NOT_FOREIGN := support_bundle.h signers.h $(notdir $(wildcard builder/*.h))
FOREIGN_UNIT := $(shell grep -LE '"($(subst $(empty) $(empty),|,$(NOT_FOREIGN)))"|<(lzma|zstd).h>' $(UNIT))
# maybe-uninitialized: gcc guesses, otherwise at each level.  _UINTPTR_T: cmocka does not know musl.
linux-aarch64_UNIT_CFLAGS := -D_UINTPTR_T_DEFINED
linux-aarch64_UNIT := $(FOREIGN_UNIT)
# what is Linux's own, and what makes files with its modes and owners
LINUX_UNIT := $(patsubst runtime/%_linux.c,tests/unit/test_%.c,$(wildcard runtime/*_linux.c)) \
	$(patsubst %,tests/unit/test_%.c,job removal report runner state trust_store)
windows-x86_64_UNIT := $(filter-out $(LINUX_UNIT),$(FOREIGN_UNIT)) $(wildcard tests/unit/test_*_windows.c)
foreign_unit = $(patsubst tests/unit/%.c,$(B)/unit/$(1)/%$($(1)_SUFFIX),$($(1)_UNIT))
foreign_sources = $(sort $(COMMON) $($(1)_EVERYWHERE) \
	$(if $(filter $(1),$(STUB_PLATFORMS)),$(filter-out runtime/main.c,$($(1)_SOURCES))))

define foreign_rules
$(B)/foreign/$(1)/%.o: %.c $(call tp,$(1))/versions Makefile
	@mkdir -p $$(@D)
	$$(call say,CC,$$@)
	$$(Q)$($(1)_CC) $(BASE) -O1 -Wno-maybe-uninitialized $($(1)_CFLAGS) $($(1)_UNIT_CFLAGS) $(INC_RUNTIME) -isystem $(call tp,$(1))/include \
		-MMD -MP -c -o $$@ $$<
$(B)/foreign/$(1)/all.o: $(patsubst %.c,$(B)/foreign/$(1)/%.o,$(call foreign_sources,$(1)))
	$$(call say,LINK,$$@)
	$$(Q)$($(1)_CC) -r -nostdlib -O1 -flto=2 -flinker-output=nolto-rel -o $$@ $$^ \
		$(filter-out $($(1)_LIBS),$(call stub_libs,$(1)))
$(call foreign_unit,$(1)): $(B)/unit/$(1)/%$($(1)_SUFFIX): $(B)/foreign/$(1)/tests/unit/%.o $(B)/foreign/$(1)/all.o
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$($(1)_CC) -static -o $$@ $$^ $(call tp,$(1))/lib/libcmocka.a $($(1)_LIBS)
.PHONY: unit-$(1)
unit-$(1): $(call foreign_unit,$(1))
	$(call check_foreign_unit,$(1))
endef
check_foreign_unit = LAUNCHER=$($(1)_LAUNCHER) tests/unit/run $(call foreign_unit,$(1))
## unit-PLATFORM: the same for linux-aarch64 (under qemu) or windows-x86_64 (under Wine)
$(foreach p,$(FOREIGN),$(eval $(call foreign_rules,$(p))))

# A fuzz target links what the unit tests link.  `corpora` replays what is in tests/fuzz/corpus;
# `fuzz` searches for more with clang's libFuzzer.
RUNTIME_FUZZ := $(foreach n,$(RUNTIME_NOUNS),$(filter tests/fuzz/fuzz_$(n).c,$(FUZZ)))
$(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(filter-out $(RUNTIME_FUZZ),$(FUZZ))): $(B)/fuzz/%: \
		$(B)/san/builder/tests/fuzz/%.o $(B)/san/builder/tests/fuzz/replay.o $(B)/san/builder.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(SAN) -o $@ $^ $(BUILDER_LIBS)
$(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(RUNTIME_FUZZ)): $(B)/fuzz/%: \
		$(B)/san/runtime/tests/fuzz/%.o $(B)/san/builder/tests/fuzz/replay.o $(B)/san/runtime.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(SAN) -o $@ $^ $(RUNTIME_LIBS)

## corpora: run every fuzz target over its corpus
.PHONY: corpora
corpora: $(FUZZ_PROGRAMS)
	tests/fuzz/run $^

# libFuzzer needs clang, and objects of its own.
LIBFUZZER := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
LIBFUZZER_PROGRAMS := $(patsubst tests/fuzz/%.c,$(B)/libfuzzer/%,$(FUZZ))
$(B)/libfuzzer/%.o: private CC := clang
$(eval $(call objects,libfuzzer/builder,$(INC_BUILDER),-D_GNU_SOURCE $(LIBFUZZER) -fsanitize=fuzzer-no-link))
$(eval $(call objects,libfuzzer/runtime,$(INC_RUNTIME),-D_GNU_SOURCE $(LIBFUZZER) -fsanitize=fuzzer-no-link))
$(B)/libfuzzer/builder.a: $(patsubst %.c,$(B)/libfuzzer/builder/%.o,$(filter-out builder/main.c,$(BUILDER)) $(COMMON))
$(B)/libfuzzer/runtime.a: $(patsubst %.c,$(B)/libfuzzer/runtime/%.o,$(filter-out runtime/main.c,$(RUNTIME)) $(COMMON))
$(B)/libfuzzer/builder.a $(B)/libfuzzer/runtime.a:
	@rm -f $@
	$(call say,AR,$@)
	$(Q)ar rcs $@ $^
$(patsubst tests/fuzz/%.c,$(B)/libfuzzer/%,$(filter-out $(RUNTIME_FUZZ),$(FUZZ))): $(B)/libfuzzer/%: \
		$(B)/libfuzzer/builder/tests/fuzz/%.o $(B)/libfuzzer/builder.a
	$(call say,LINK,$@)
	$(Q)clang $(LIBFUZZER) -fsanitize=fuzzer -o $@ $^ $(BUILDER_LIBS)
$(patsubst tests/fuzz/%.c,$(B)/libfuzzer/%,$(RUNTIME_FUZZ)): $(B)/libfuzzer/%: \
		$(B)/libfuzzer/runtime/tests/fuzz/%.o $(B)/libfuzzer/runtime.a
	$(call say,LINK,$@)
	$(Q)clang $(LIBFUZZER) -fsanitize=fuzzer -o $@ $^ $(RUNTIME_LIBS)

## fuzz: search with libFuzzer, one target: make fuzz NOUN=tree SECONDS=60
.PHONY: fuzz fuzz-all
fuzz fuzz-all: SECONDS := 60
fuzz: NOUN := root
fuzz:
	@$(MAKE) --no-print-directory $(B)/libfuzzer/fuzz_$(NOUN)
	tests/fuzz/search $(SECONDS) $(B)/libfuzzer/fuzz_$(NOUN)

## fuzz-all: the same for every target, one after the other: make fuzz-all SECONDS=60
fuzz-all: $(LIBFUZZER_PROGRAMS)
	tests/fuzz/search $(SECONDS) $^

## seeds: write the format's fuzz corpora anew, after the format changed
.PHONY: seeds
seeds: $(B)/san/builder/tests/fuzz/seeds.o $(B)/san/builder.a
	@mkdir -p $(B)/fuzz
	$(call say,LINK,$@)
	$(Q)$(CC) $(SAN) -o $(B)/fuzz/seeds $^ -lcmocka $(BUILDER_LIBS)
	$(B)/fuzz/seeds tests/fuzz/corpus

# --- coverage ---

# The unit tests and the corpora once more, with objects of runtime/common/ that count lines; everything
# else is what they link anyway.
COVERAGE_MIN := 90
COVERED := $(patsubst %.c,$(B)/coverage/common/%.o,$(COMMON))
COVERAGE_UNIT := $(patsubst tests/unit/%.c,$(B)/coverage/%,$(UNIT))
COVERAGE_FUZZ := $(patsubst tests/fuzz/%.c,$(B)/coverage/%,$(FUZZ))
$(eval $(call objects,coverage/common,-Iruntime/common,-D_GNU_SOURCE -O0 -g --coverage))

define coverage_rule
$(1): $(B)/coverage/%: $(2) $(COVERED) $(3)
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) $$(SAN) --coverage -o $$@ $$^ -lcmocka $(4)
endef
$(eval $(call coverage_rule,$(patsubst tests/unit/%.c,$(B)/coverage/%,$(BUILDER_UNIT)),\
	$(B)/san/builder/tests/unit/%.o,$(B)/san/builder.a,$(BUILDER_LIBS)))
$(eval $(call coverage_rule,$(patsubst tests/unit/%.c,$(B)/coverage/%,$(RUNTIME_UNIT)),\
	$(B)/san/runtime/tests/unit/%.o,$(B)/san/runtime.a,$(RUNTIME_LIBS)))
$(eval $(call coverage_rule,$(patsubst tests/fuzz/%.c,$(B)/coverage/%,$(filter-out $(RUNTIME_FUZZ),$(FUZZ))),\
	$(B)/san/builder/tests/fuzz/%.o,$(B)/san/builder/tests/fuzz/replay.o $(B)/san/builder.a,$(BUILDER_LIBS)))
$(eval $(call coverage_rule,$(patsubst tests/fuzz/%.c,$(B)/coverage/%,$(RUNTIME_FUZZ)),\
	$(B)/san/runtime/tests/fuzz/%.o,$(B)/san/builder/tests/fuzz/replay.o $(B)/san/runtime.a,$(RUNTIME_LIBS)))
$(B)/coverage/test_allocation: private SAN += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc

## coverage: which lines of runtime/common/ unit tests and corpora reach: build/coverage/*.gcov
.PHONY: coverage
coverage: $(COVERAGE_UNIT) $(COVERAGE_FUZZ)
	@find $(B)/coverage -name '*.gcda' -delete
	tests/unit/run $(COVERAGE_UNIT)
	tests/fuzz/run $(COVERAGE_FUZZ)
	tests/support/coverage $(COVERAGE_MIN) $(COVERED)

## lint: layout, include contract, banned functions, cppcheck, clang-tidy, shellcheck
.PHONY: lint
lint:
	tests/lint

## check: every test there is; ends with the line "N passed, N failed"
.PHONY: check
check: deps
	@$(MAKE) --no-print-directory -j$(shell nproc) all $(UNIT_PROGRAMS) $(FUZZ_PROGRAMS) \
		$(SUPPORT_PROGRAMS) $(CMS_CHECKS) $(foreach p,$(FOREIGN),$(call foreign_unit,$(p)))
	@CHECK_LOG=$(B)/check.log tests/run 'lint: tests/lint' 'attacks: tests/attacks' 'compilers: tests/compilers $(call tp,windows-x86_64)/include' 'unit: tests/unit/run $(UNIT_PROGRAMS)' \
		'corpora: tests/fuzz/run $(FUZZ_PROGRAMS)' 'golden: tests/golden/run' 'cli: tests/cli/run' 'e2e: tests/e2e/run' \
		$(foreach p,$(STUB_PLATFORMS),'stub-$(p): $(call check_stub,$(p))') \
		$(foreach p,$(PLATFORMS),'crypto-$(p): $(call check_stub_crypto,$(p))') \
		'linux-3.10: $(CHECK_ENOSYS)' 'arm64-cli: $(CHECK_ARM64_CLI)' 'windows-cli: $(CHECK_WINDOWS_CLI)' \
		'arm64-unit: $(call check_foreign_unit,linux-aarch64)' 'windows-unit: $(call check_foreign_unit,windows-x86_64)' \
		'attacks-ran: tests/attacks $(B)/check.log'

## check-long: what takes long: bundles of more than 4 GiB and of 20 GiB raw (45 GB of disk), a minute of each fuzz target
.PHONY: check-long
check-long: deps
	@$(MAKE) --no-print-directory -j$(shell nproc) all $(LIBFUZZER_PROGRAMS)
	@tests/run 'large: tests/long/large_bundle.sh' 'blob: tests/long/large_blob.sh' 'scale: tests/long/scale.sh' \
		"roots: RELEASES='bullseye:11 bookworm:12 trixie:13' CASE_SECONDS=3600 tests/e2e/run debian_roots" 'fuzz: tests/fuzz/search 60 $(LIBFUZZER_PROGRAMS)'

## check-vm: install, RDMA traffic and an image's first boot on a real kernel, in QEMU (minutes; keeps build/vm)
.PHONY: check-vm
check-vm:
	@.ci/deps tests/vm/packages
	@$(MAKE) --no-print-directory -j$(shell nproc) $(B)/ibbundle $(call stub,linux-x86_64)
	@tests/vm/run

## mutants: take each defence of tests/attacks.list away and see its test fail (some of them: ATTACKS=...)
.PHONY: mutants
mutants: all $(B)/san/runtime.a
	tests/long/mutants.sh $(ATTACKS)

# What writes the golden bundles that are refused: see tests/golden/write.
$(B)/tests/spoil: $(B)/san/builder/tests/golden/spoil.o $(B)/san/builder.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(SAN) -o $@ $^ -lcmocka $(BUILDER_LIBS)

# Small programs that command tests use.
SUPPORT_PROGRAMS := $(addprefix $(B)/tests/,no_inet enosys arm64) \
	$(patsubst tests/support/%_windows.c,$(B)/tests/%.exe,$(wildcard tests/support/*_windows.c))
$(B)/tests/no_inet: tests/support/no_inet.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(BASE) -D_GNU_SOURCE $(CFLAGS) -o $@ $<

# For Windows; decoy.exe is a DLL, whose copies get names of their own.
$(B)/tests/%.exe: private LINK_AS := -municode
$(B)/tests/decoy.exe: private LINK_AS := -shared
$(B)/tests/find_digest.exe: private LINK_WITH := -lshlwapi
$(B)/tests/%.exe: tests/support/%_windows.c
	@mkdir -p $(@D)
	$(call say,MINGW-CC,$@)
	$(Q)x86_64-w64-mingw32-gcc $(BASE) -D_WIN32_WINNT=0x0602 -DUNICODE -D_UNICODE \
		-D__USE_MINGW_ANSI_STDIO=1 -O2 -s -static $(LINK_AS) -o $@ $< $(LINK_WITH)

## cli: run the command tests (one of them: make cli CASE=fetch)
.PHONY: cli
cli: $(B)/ibbundle $(SUPPORT_PROGRAMS)
	tests/cli/run $(CASE)

## golden: rewrite what the command tests expect; look at the diff before you commit it
.PHONY: golden
golden: $(B)/ibbundle $(SUPPORT_PROGRAMS)
	tests/cli/run --golden $(CASE)

## format: clang-format every C file in place
.PHONY: format
format:
	git ls-files '*.c' '*.h' | xargs clang-format -i

## clean: remove build/ but not the third-party libraries
.PHONY: clean
clean:
	find $(B) -mindepth 1 -maxdepth 1 ! -name third-party -exec rm -rf {} +

## bench: measure against other packers; hours, and 40 GB of disk (a try: make bench BENCH_CORPUS=small)
.PHONY: bench
bench: BENCH_CORPUS ?= full
bench:
	@.ci/deps tests/bench/packages
	@$(MAKE) --no-print-directory -j$(shell nproc) all $(B)/bench/figures
	@BENCH_CORPUS=$(BENCH_CORPUS) tests/bench/bench.py $(STEPS)

## demo: lock, fetch, build and sign debian-rdma, and install it into a root with no network
.PHONY: demo
demo: deps
	@$(MAKE) --no-print-directory -j$(shell nproc) all
	@tests/e2e/demo.sh
