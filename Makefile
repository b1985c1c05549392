# ts-tools: GNU make. What a user needs: all, demo, check, install; INSTALL says
# more. BUILD, CC, CFLAGS, LDFLAGS, DESTDIR, PREFIX and WERROR=1 may be given.

.DELETE_ON_ERROR:
.SUFFIXES:

VERSION  := $(shell sed -n '1s/ .*//p' CHANGES)
BUILD    ?= build
PREFIX   ?= /usr/local
BINDIR    = $(PREFIX)/bin
SBINDIR   = $(PREFIX)/sbin
MANDIR    = $(PREFIX)/share/man
DOCDIR    = $(PREFIX)/share/doc/ts-tools
DATADIR   = $(PREFIX)/share/ts-tools
COMPDIR   = $(PREFIX)/share/bash-completion/completions

CFLAGS   ?= -O2 -g
WARN      = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla -Wformat=2 \
	    -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings \
	    -Wpointer-arith -Wcast-qual -Wundef
HARDEN    = -fstack-protector-strong -fPIE -fno-common
FORTIFY   = -D_FORTIFY_SOURCE=2
CPPFLAGS += -D_GNU_SOURCE -DTS_VERSION='"$(VERSION)"' -Ilib $(FORTIFY) \
	    -include base/banned.h
LINK      = -pie -Wl,-z,relro,-z,now -Wl,--as-needed
ifeq ($(shell $(CC) --version 2>/dev/null | grep -c clang),0)
HARDEN   += -fstack-clash-protection
endif
ifeq ($(WERROR),1)
WARN     += -Werror
endif

# A tool links the archive of lib/ and only the libraries it names here, by the
# names of pkg-config: a filter has none.
TOOLS    := $(sort $(basename $(notdir $(wildcard tools/ts-*.c))))
PKGS_ts-fetch        = libcurl libcrypto libssl ldns zlib jansson expat
PKGS_ts-feed2list    = libidn2 libpsl zlib
PKGS_fuzz_dnswire    = libcrypto ldns
PKGS_fuzz_xfr        = libcrypto libssl ldns
PKGS_test_suffix     = libpsl
PKGS_fuzz_feed       = libidn2 libpsl zlib
PKGS_ts-rpz2list     = libpsl
PKGS_ts-ipset-apply  = libmnl
PKGS_ts-wafv2-apply  = libcurl libcrypto jansson expat
PKGS_test_nfset      = libmnl
PKGS_test_sigv4      = libcrypto
PKGS_test_fetch      = libcurl zlib
PKGS_test_aws        = libcurl libcrypto jansson expat
PKGS_ts-r53-apply    = libcurl libcrypto jansson expat
PKGS_test_s3         = libcurl libcrypto jansson expat
PKGS_test_wafrules   = libcurl libcrypto jansson expat
PKGS_ALL := $(sort $(foreach t,$(TOOLS),$(PKGS_$(t))))

LIBSRC   := $(sort $(wildcard lib/*/*.c))
LIBOBJ   := $(LIBSRC:%.c=$(BUILD)/%.o)
LIBTS    := $(BUILD)/libts.a
BINS     := $(TOOLS:%=$(BUILD)/%)
UNITS    := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))

all: $(BINS)

$(BUILD)/%.o: %.c Makefile CHANGES
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -std=c11 $(CFLAGS) $(WARN) $(HARDEN) -MMD -MP -c -o $@ $<

$(LIBTS): $(LIBOBJ)
	@rm -f $@
	ar rcs $@ $^

$(BINS): $(BUILD)/%: $(BUILD)/tools/%.o $(LIBTS)
	$(CC) $(CFLAGS) $(HARDEN) $(LINK) $(LDFLAGS) -o $@ $< $(LIBTS) \
		$(if $(PKGS_$*),$(shell pkg-config --libs $(PKGS_$*)))

$(UNITS): $(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(LIBTS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(HARDEN) $(LINK) $(LDFLAGS) -o $@ $< $(LIBTS) \
		$(if $(PKGS_$*),$(shell pkg-config --libs $(PKGS_$*)))

# Fails chosen system calls of the tools under test.
$(BUILD)/inject.so: tests/fault/inject.c Makefile
	$(CC) $(CPPFLAGS) -U_FORTIFY_SOURCE -std=c11 -O2 -g $(WARN) -fPIC -shared -o $@ $< \
		$(if $(findstring sanitize,$(CFLAGS)),-DNO_ALLOC)

# Prints what rules send to an NFLOG group, in the form of the kernel's log.
$(BUILD)/nflog: tests/packets/nflog.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -std=c11 $(CFLAGS) $(WARN) -o $@ $< -lmnl

# Prints the lists of a DNS firewall that a policy comes to.
$(BUILD)/layers-dump: $(BUILD)/tests/oracle/layers-dump.o $(LIBTS)
	$(CC) $(CFLAGS) $(HARDEN) $(LINK) $(LDFLAGS) -o $@ $< $(LIBTS)

units: $(UNITS) $(BUILD)/inject.so $(BUILD)/nflog $(BUILD)/layers-dump

-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d)

# The same with AddressSanitizer and UBSan, and with counters for gcov, beside
# the normal build. What the sanitizers put in makes gcc warn of what is not so.
SAN = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
asan:
	+@$(MAKE) BUILD=$(BUILD)/asan WERROR= CFLAGS='-O1 -g1 $(SAN)' FORTIFY= all units

# A make for what goes before a run, with all processors unless -j says else.
SUBMAKE = $(MAKE) --no-print-directory \
	  $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))

# Packages first, in a make of its own: pkg-config answers only after that.
check:
	@scripts/deps build test
	+@$(SUBMAKE) all units asan
	@tests/run $(BUILD) $(BUILD)/asan

lint:
	@scripts/deps build test lint
	+@tests/lint

demo:
	@scripts/deps build demo
	+@$(SUBMAKE) all $(BUILD)/nflog
	@tests/demo/demo

# Makes the lists that the benchmarks read.
$(BUILD)/gen: tests/bench/gen.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -O2 $(WARN) -o $@ $<

# Only sends or receives what the kernel's sets hold.
$(BUILD)/nfraw: tests/bench/nfraw.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -O2 -D_GNU_SOURCE -o $@ $< -lmnl

# Reads a master file as ldns does.
$(BUILD)/ldnsread: tests/bench/ldnsread.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -O2 -o $@ $< -lldns

bench:
	@scripts/deps build bench
	+@$(SUBMAKE) all $(BUILD)/gen $(BUILD)/nfraw $(BUILD)/ldnsread
	@set -e; for b in tests/bench/bench-*; do "$$b"; done

# Thousands of random cases against other programs that do the same.
oracle:
	@scripts/deps build test
	+@$(SUBMAKE) all $(BUILD)/layers-dump
	@tests/oracle/run
	@tests/oracle/run layers
	@tests/oracle/run layers --mixed
	@tests/oracle/run layers --apply

# Each tests/fuzz/fuzz_X.c for FUZZ_TIME seconds, from the corpus of that name.
# "make check" runs only what the corpus holds already.
FUZZ_TIME ?= 60
FUZZ := $(basename $(notdir $(wildcard tests/fuzz/fuzz_*.c)))
FSAN  = -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
fuzz:
	@scripts/deps build fuzz
	+@$(SUBMAKE) CC=clang BUILD=$(BUILD)/fuzz FORTIFY= \
		CFLAGS='-O1 -g $(FSAN)' fuzzers
	set -e; for f in $(FUZZ); do \
		mkdir -p $(BUILD)/fuzz/new/$$f; \
		$(BUILD)/fuzz/$$f -max_total_time=$(FUZZ_TIME) -timeout=5 \
			-artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/new/$$f \
			tests/fuzz/corpus/$${f#fuzz_}; \
	done

fuzzers: $(FUZZ:%=$(BUILD)/%)
$(FUZZ:%=$(BUILD)/%): $(BUILD)/%: $(BUILD)/tests/fuzz/%.o $(LIBTS)
	$(CC) $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $< $(LIBTS) \
		$(if $(PKGS_$*),$(shell pkg-config --libs $(PKGS_$*)))

coverage:
	@scripts/deps build test coverage
	+@$(SUBMAKE) BUILD=$(BUILD)/cov \
		CFLAGS='-O0 -g --coverage' FORTIFY= all units
	@find $(BUILD)/cov -name '*.gcda' -delete
	-@tests/run $(BUILD)/cov
	@gcovr --root . --filter lib/ --filter tools/ $(BUILD)/cov

# What is installed: programs, pages and papers.
SBIN := $(wildcard scripts/ts-iptables scripts/ts-boot)
SERVICES := $(notdir $(basename $(wildcard cron/*.service.in)))
UNITDIR   = $(PREFIX)/lib/systemd/system
COMMANDS = $(TOOLS) $(notdir $(SBIN))
MAN  := $(notdir $(wildcard man/*.[1-8]))
DOCS := README.md CHANGES LICENSE
IAM  := $(wildcard share/iam/*.json)
MANDEST = $(foreach m,$(MAN),$(MANDIR)/man$(lastword $(subst ., ,$(m)))/$(m))

install: all
	install -d $(addprefix $(DESTDIR),$(BINDIR) $(SBINDIR) $(COMPDIR) \
		$(DATADIR)/iam $(DOCDIR) $(sort $(dir $(MANDEST))))
	install -m 755 $(BINS) $(DESTDIR)$(BINDIR)
	install -m 755 $(SBIN) $(DESTDIR)$(SBINDIR)
	install -d $(DESTDIR)$(UNITDIR)
	set -e; for u in $(SERVICES); do sed 's,@PREFIX@,$(PREFIX),g' cron/$$u.in \
		>$(DESTDIR)$(UNITDIR)/$$u; done
	set -e; for m in $(MANDEST); do \
		install -m 644 man/$${m##*/} $(DESTDIR)$$m; done
	install -m 644 $(DOCS) $(DESTDIR)$(DOCDIR)
	install -m 644 scripts/never.list $(DESTDIR)$(DATADIR)
	install -m 644 $(IAM) $(DESTDIR)$(DATADIR)/iam
	sed 's/@TOOLS@/$(COMMANDS)/' scripts/ts-tools.bash-completion \
		>$(DESTDIR)$(COMPDIR)/ts-tools
	set -e; for t in $(COMMANDS); do \
		ln -sf ts-tools $(DESTDIR)$(COMPDIR)/$$t; done

uninstall:
	rm -f $(addprefix $(DESTDIR),$(TOOLS:%=$(BINDIR)/%) $(MANDEST) \
		$(addprefix $(SBINDIR)/,$(notdir $(SBIN))) \
		$(addprefix $(UNITDIR)/,$(SERVICES)) \
		$(DOCS:%=$(DOCDIR)/%) $(DATADIR)/never.list \
		$(addprefix $(DATADIR)/iam/,$(notdir $(IAM))) \
		$(addprefix $(COMPDIR)/,ts-tools $(COMMANDS)))
	-rmdir $(DESTDIR)$(DOCDIR) $(DESTDIR)$(DATADIR)/iam $(DESTDIR)$(DATADIR)

# From git what is committed, else (from an unpacked dist) what is there.
DIST = ts-tools-$(VERSION)
dist:
	@mkdir -p $(BUILD)
	if [ -e .git ]; then \
		git archive --format=tar --prefix=$(DIST)/ HEAD; \
	else \
		tar -c --sort=name --owner=0 --group=0 --numeric-owner \
			--exclude='./$(BUILD)' --transform='s,^\.,$(DIST),' .; \
	fi | gzip -9n >$(BUILD)/$(DIST).tar.gz
	@echo $(BUILD)/$(DIST).tar.gz

clean:
	rm -rf $(BUILD)

.PHONY: all units asan check lint demo bench oracle fuzz fuzzers coverage \
	install uninstall dist clean
