# ts-tools: GNU make. The targets a user needs: all, demo, check, install; see
# INSTALL. BUILD, CC, CFLAGS, DESTDIR and PREFIX may be given.

.DELETE_ON_ERROR:
.SUFFIXES:

VERSION  := $(shell sed -n '1s/ .*//p' CHANGES)
BUILD    ?= build
PREFIX   ?= /usr/local
BINDIR    = $(PREFIX)/bin
SBINDIR   = $(PREFIX)/sbin
MANDIR    = $(PREFIX)/share/man
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
ifeq ($(shell $(CC) --version | grep -c clang),0)
HARDEN   += -fstack-clash-protection
endif
ifeq ($(WERROR),1)
WARN     += -Werror
endif

# A tool links the archive of lib/ and only the libraries it names here, by the
# names of pkg-config: a filter has none.
TOOLS    := $(sort $(basename $(notdir $(wildcard tools/ts-*.c))))
PKGS_ts-fetch        = libcurl libcrypto libssl ldns zlib
PKGS_ts-feed2list    = libidn2 libpsl zlib
PKGS_ts-ipset-apply  = libipset libmnl
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

units: $(UNITS)

-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d)

# The same with AddressSanitizer and UBSan, beside the normal build.
SAN = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
asan:
	+$(MAKE) BUILD=$(BUILD)/asan CFLAGS='-O1 -g $(SAN)' FORTIFY= all units

clean:
	rm -rf $(BUILD)

.PHONY: all units asan clean
