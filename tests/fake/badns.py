#!/usr/bin/python3
"""badns.py PORT TLSPORT DIR: a name server that misbehaves on purpose.

The first label of the name asked for says how; see the functions marked @mode.
Each yields what is sent: bytes are one framed message, the rest is an act of
class Raw, Sleep or Reset. Queries with a TSIG (key tk in DIR/tk.key) are
answered signed by dnspython, which knows nothing of our own code. DIR/cert.pem
and DIR/tls.pem serve TLS, ended without a close_notify unless the mode is told
in POLITE.
"""
import re
import socket
import ssl
import struct
import sys
import threading
import time

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.tsig

MODES = {}
POLITE = {"early-polite"}


class Raw(bytes):
    """Sent without a length in front."""


class Sleep(float):
    pass


class Reset:
    pass


def mode(f):
    MODES[f.__name__.replace("_", "-")] = f
    return f


class Asked:
    """A query, and answers to it."""

    def __init__(self, wire, key):
        self.q = dns.message.from_wire(wire, keyring={key.name: key})
        self.key = key
        self.signed = self.q.had_tsig
        self.name = self.q.question[0].name
        self.rdtype = self.q.question[0].rdtype
        self.ctx = None

    def soa(self, serial=7, owner=None):
        return "%s 300 IN SOA ns.invalid. root.invalid. %d 1 2 3 4" % (
            owner or self.name, serial)

    def rr(self, label, data="CNAME ."):
        return "%s.%s 300 IN %s" % (label, self.name, data)

    def message(self, *records, sign=True, qid=None, question=None, flags=0,
                key=None, fudge=300, when=None, error=0, other=b"", tweak=None):
        """One message of the answer, signed in sequence where sign says."""
        m = dns.message.make_response(self.q)
        m.flags |= dns.flags.AA | flags
        if question is not None:
            m.question = question
        for text in records:
            owner, ttl, cls, rdtype, data = text.split(None, 4)
            m.answer.append(dns.rrset.from_text(owner, int(ttl), cls, rdtype,
                                                data))
        m.tsig = None
        if tweak:
            tweak(m)
        if qid is not None:
            m.id = qid
        wire = m.to_wire(max_size=65535)
        return self.sign(wire, sign, key, fudge, when, error, other)

    def sign(self, wire, sign=True, key=None, fudge=300, when=None, error=0,
             other=b""):
        if not self.signed:
            return wire
        if not sign:
            # Part of what the next signature covers.
            if self.ctx is not None:
                self.ctx.update(wire)
            return wire
        key = key or self.key
        when = int(time.time()) if when is None else when
        rdata = dns.rdtypes.ANY.TSIG.TSIG(
            dns.rdataclass.ANY, dns.rdatatype.TSIG, key.algorithm, when, fudge,
            b"", struct.unpack("!H", wire[:2])[0], error, other)
        rdata, self.ctx = dns.tsig.sign(wire, key, rdata, when, self.q.mac,
                                        self.ctx, True)
        tsig = key.name.to_wire() + struct.pack("!HHI", 250, 255, 0)
        data = rdata.to_wire()
        count = struct.unpack("!H", wire[10:12])[0] + 1
        return (wire[:10] + struct.pack("!H", count) + wire[12:] + tsig +
                struct.pack("!H", len(data)) + data)

    def raw(self, answers, body, sign=True):
        """A message whose answer section is these bytes."""
        head = struct.pack("!HHHHHH", self.q.id, 0x8400, 1, answers, 0, 0)
        question = self.name.to_wire() + struct.pack("!HH", self.rdtype, 1)
        return self.sign(head + question + body, sign)

    def apex(self, rdtype, data, owner=b"\xc0\x0c", cls=1):
        """One record in wire form."""
        return owner + struct.pack("!HHIH", rdtype, cls, 300, len(data)) + data

    def soa_wire(self, serial=7):
        return self.apex(6, b"\0\0" + struct.pack("!IIIII", serial, 1, 2, 3, 4))


# What a sound server may do.

@mode
def good(a):
    yield a.message(a.soa(), a.rr("a"))
    yield a.message(a.rr("b"), a.rr("c"))
    yield a.message(a.soa())


def stretch(a, n, signed):
    """n messages, of which signed(i) are signed."""
    yield a.message(a.soa(), sign=signed(0))
    for i in range(1, n - 1):
        yield a.message(a.rr("n%d" % i), sign=signed(i))
    yield a.message(a.soa(), sign=signed(n - 1))


@mode
def first_and_last(a):
    yield from stretch(a, 8, lambda i: i in (0, 7))


@mode
def every_third(a):
    yield from stretch(a, 10, lambda i: i % 3 == 0)


@mode
def gap99(a):
    yield from stretch(a, 101, lambda i: i in (0, 100))


@mode
def no_more_questions(a):
    yield a.message(a.soa(), a.rr("a"))
    yield a.message(a.soa(), question=[])


@mode
def soa_alone(a):
    yield a.message(a.soa(), a.soa())


# Signatures.

@mode
def gap100(a):
    yield from stretch(a, 102, lambda i: i in (0, 101))


@mode
def last_unsigned(a):
    yield from stretch(a, 4, lambda i: i < 3)


@mode
def first_unsigned(a):
    yield a.message(a.soa(), sign=False)
    yield a.message(a.soa())


@mode
def unsigned(a):
    yield from stretch(a, 3, lambda i: False)


@mode
def bad_mac(a):
    for i, wire in enumerate(good(a)):
        if i == 1:
            wire = wire.replace(b"\x01b", b"\x01x")
        yield wire


@mode
def bad_gap(a):
    for i, wire in enumerate(every_third(a)):
        yield wire.replace(b"\x02n4", b"\x02x4") if i == 4 else wire


@mode
def lost_in_gap(a):
    for i, wire in enumerate(every_third(a)):
        if i != 4:
            yield wire


@mode
def other_key(a):
    key = dns.tsig.Key("other", a.key.secret, a.key.algorithm)
    yield a.message(a.soa(), a.soa(), key=key)


@mode
def other_algorithm(a):
    key = dns.tsig.Key(a.key.name, a.key.secret, "hmac-sha512")
    yield a.message(a.soa(), a.soa(), key=key)


@mode
def behind(a):
    yield a.message(a.soa(), a.soa(), when=int(time.time()) - 1000)


@mode
def ahead(a):
    yield a.message(a.soa(), a.soa(), when=int(time.time()) + 1000)


@mode
def badtime(a):
    def notauth(m):
        m.set_rcode(dns.rcode.NOTAUTH)
    now = int(time.time())
    yield a.message(tweak=notauth, when=now, error=18,
                    other=struct.pack("!HI", 0, now - 312))


@mode
def short_mac(a):
    wire = a.message(a.soa(), a.soa())
    data, end = wire[-61:-40], wire[-6:]
    yield (wire[:-63] + struct.pack("!H", 61 - 16) + data +
           struct.pack("!H", 16) + wire[-38:-22] + end)


@mode
def tsig_in_the_middle(a):
    signed = a.message(a.soa(), a.soa())
    count = struct.unpack("!H", signed[10:12])[0] + 1
    yield (signed[:10] + struct.pack("!H", count) + signed[12:] +
           a.apex(1, b"\1\2\3\4"))


# Messages that belong to something else.

@mode
def wrong_id(a):
    yield a.message(a.soa(), a.soa(), qid=a.q.id ^ 1)


@mode
def a_query(a):
    yield a.raw(2, a.soa_wire() * 2).replace(b"\x84\0", b"\x04\0", 1)


@mode
def an_update(a):
    yield a.raw(2, a.soa_wire() * 2).replace(b"\x84\0", b"\xac\0", 1)


@mode
def other_question(a):
    name = dns.name.from_text("elsewhere.test.")
    yield a.message(a.soa(), a.soa(), question=[
        dns.rrset.RRset(name, 1, a.rdtype)])


@mode
def no_question(a):
    yield a.message(a.soa(), a.soa(), question=[])


@mode
def cut(a):
    yield a.message(a.soa(), a.soa(), flags=dns.flags.TC)


# Zones that are none.

@mode
def no_soa(a):
    yield a.message(a.rr("a"), a.soa())


@mode
def foreign_soa(a):
    yield a.message(a.soa(), a.rr("a"))
    yield a.message(a.soa(owner="evil.test."))


@mode
def inner_soa(a):
    yield a.message(a.soa(), a.soa(owner="sub.%s" % a.name), a.soa())


@mode
def other_serial(a):
    yield a.message(a.soa(), a.rr("a"), a.soa(8))


@mode
def behind_the_end(a):
    yield a.message(a.soa(), a.rr("a"))
    yield a.raw(2, a.soa_wire() + a.apex(1, b"\1\2\3\4"))


@mode
def outside(a):
    yield a.message(a.soa(), "evil.test. 300 IN CNAME .", a.soa())


@mode
def lookalike(a):
    name = str(a.name).replace(".", "\\.", 1)
    yield a.message(a.soa(), "x%s 300 IN CNAME ." % name, a.soa())


@mode
def chaos(a):
    yield a.raw(3, a.soa_wire() + a.apex(1, b"\1\2\3\4", cls=3) + a.soa_wire())


@mode
def meta(a):
    yield a.raw(3, a.soa_wire() + a.apex(255, b"") + a.soa_wire())


@mode
def no_records(a):
    yield a.message(a.soa())
    while True:
        yield a.message()


@mode
def endless(a):
    i = 0
    yield a.message(a.soa())
    while True:
        yield a.message(*[a.rr("n%d" % (i + k)) for k in range(200)])
        i += 200


# Messages that are malformed.

def malformed(a, body, n=1):
    yield a.raw(n + 1, a.soa_wire() + body)


@mode
def self_pointer(a):
    here = 12 + len(a.name.to_wire()) + 4 + len(a.soa_wire())
    yield from malformed(a, a.apex(1, b"\1\2\3\4", struct.pack("!H", 0xc000 | here)))


@mode
def pointer_loop(a):
    here = 12 + len(a.name.to_wire()) + 4 + len(a.soa_wire())
    owner = b"\1x" + struct.pack("!H", 0xc000 | here)
    yield from malformed(a, a.apex(1, b"\1\2\3\4", owner))


@mode
def pointer_forward(a):
    yield from malformed(a, a.apex(5, b"\xc0\xff" + b"\0" * 300))


@mode
def pointer_outside(a):
    yield from malformed(a, a.apex(5, b"\xff\xff"))


@mode
def long_name(a):
    """Each owner points to the one before, until it is over 255 octets."""
    body, at = b"", 12 + len(a.name.to_wire()) + 4 + len(a.soa_wire())
    pointer = b"\xc0\x0c"
    for _ in range(6):
        owner = b"\x3f" + b"x" * 63 + pointer
        pointer = struct.pack("!H", 0xc000 | at + len(body))
        body += a.apex(5, b"\0", owner)
    yield from malformed(a, body, 6)


@mode
def long_label(a):
    yield from malformed(a, a.apex(1, b"\1\2\3\4", b"\x40" + b"x" * 64 + b"\0"))


@mode
def short_address(a):
    yield from malformed(a, a.apex(1, b"\1\2\3"))


@mode
def short_soa(a):
    yield a.raw(1, a.apex(6, b"\0\0" + b"\1" * 19))


@mode
def overrun(a):
    yield from malformed(a, a.apex(1, b"\1\2\3\4")[:-1])


@mode
def text_overrun(a):
    yield from malformed(a, a.apex(16, b"\x09abc"))


@mode
def name_overrun(a):
    yield from malformed(a, a.apex(5, b"\1a"))


@mode
def odd_overrun(a):
    yield from malformed(a, a.apex(35, b"\0\1\0\1\x09abc"))


@mode
def trailing_bytes(a):
    yield a.raw(2, a.soa_wire() * 2 + b"\0")


@mode
def too_short(a):
    yield b"\0\1\2"


@mode
def counts(a):
    yield a.raw(60000, a.soa_wire() * 2)


# Connections that go wrong.

@mode
def early(a):
    yield a.message(a.soa(), a.rr("a"))


MODES["early-polite"] = early


@mode
def within_a_message(a):
    wire = a.message(a.soa(), a.rr("a"), a.soa())
    yield Raw(struct.pack("!H", len(wire)) + wire[:-5])


@mode
def no_answer(a):
    return iter(())


@mode
def reset(a):
    yield a.message(a.soa(), a.rr("a"))
    yield Reset()


@mode
def drip(a):
    wire = a.message(*[a.soa()] + [a.rr("n%d" % i) for i in range(500)])
    for b in struct.pack("!H", len(wire)) + wire:
        yield Raw(bytes([b]))
        yield Sleep(0.05)


@mode
def slow(a):
    """Never idle for long, and never done."""
    yield a.message(a.soa())
    for i in range(10000):
        yield a.message(*[a.rr("n%d-%d" % (i, k)) for k in range(50)])
        yield Sleep(0.05)


@mode
def silent(a):
    yield Sleep(60)


# Fails the first time only.

@mode
def second_time(a):
    second_time.n = getattr(second_time, "n", 0) + 1
    yield a.message(a.soa(), a.rr("a"))
    yield Reset() if second_time.n == 1 else a.message(a.soa())


@mode
def drip_once(a):
    drip_once.n = getattr(drip_once, "n", 0) + 1
    return drip(a) if drip_once.n == 1 else iter([
        a.message(a.soa(), a.rr("a"), a.soa())])


# Differences, to a client that has serial 7.

def whole(a):
    yield a.message(a.soa(9), a.rr("a"), a.rr("new"), a.soa(9))


def difference(f):
    """AXFR gives serial 7 the first time, and then serial 9."""
    name = f.__name__.replace("_", "-")
    seen = []

    def answer(a):
        if a.rdtype == dns.rdatatype.IXFR:
            return f(a)
        seen.append(1)
        return good(a) if len(seen) == 1 else whole(a)
    MODES[name] = answer
    return f


@difference
def ix_good(a):
    yield a.message(a.soa(9), a.soa(7), a.rr("b"), a.rr("c"))
    yield a.message(a.soa(9))
    yield a.message(a.rr("new"), a.soa(9))


@difference
def ix_lone_soa(a):
    """The SOA in a message of its own is no end yet."""
    yield a.message(a.soa(9))
    yield a.message(a.soa(7), a.rr("b"), a.rr("c"), a.soa(9), a.rr("new"),
                    a.soa(9))


@difference
def ix_absent(a):
    yield a.message(a.soa(9), a.soa(7), a.rr("nothere"), a.soa(9), a.rr("new"),
                    a.soa(9))


@difference
def ix_present(a):
    yield a.message(a.soa(9), a.soa(7), a.soa(9), a.rr("a"), a.soa(9))


@difference
def ix_twice(a):
    yield a.message(a.soa(9), a.soa(7), a.rr("b"), a.rr("b"), a.soa(9), a.soa(9))


@difference
def ix_other_start(a):
    yield a.message(a.soa(9), a.soa(6), a.rr("b"), a.soa(9), a.soa(9))


@difference
def ix_other_soa(a):
    soa = a.soa(7).replace("root.", "toor.")
    yield a.message(a.soa(9), soa, a.rr("b"), a.soa(9), a.soa(9))


@difference
def ix_broken_chain(a):
    yield a.message(a.soa(9), a.soa(7), a.rr("b"), a.soa(8), a.rr("new"),
                    a.soa(9), a.soa(9))


@difference
def ix_backwards(a):
    yield a.message(a.soa(9), a.soa(7), a.rr("b"), a.soa(6), a.soa(6), a.soa(9),
                    a.soa(9))


@difference
def ix_cut(a):
    yield a.message(a.soa(9), a.soa(7), a.rr("b"))


@difference
def ix_outside(a):
    yield a.message(a.soa(9), a.soa(7), a.soa(9), "evil.test. 300 IN CNAME .",
                    a.soa(9))


@difference
def ix_formerr(a):
    yield a.message(tweak=lambda m: m.set_rcode(dns.rcode.FORMERR))


@difference
def ix_notimp(a):
    yield a.message(tweak=lambda m: m.set_rcode(dns.rcode.NOTIMP))


@difference
def ix_refused(a):
    yield a.message(tweak=lambda m: m.set_rcode(dns.rcode.REFUSED))


@difference
def ix_servfail(a):
    yield a.message(tweak=lambda m: m.set_rcode(dns.rcode.SERVFAIL))


@difference
def ix_hangs_up(a):
    return iter(())


@difference
def ix_whole(a):
    return whole(a)


@difference
def ix_same_whole(a):
    return good(a)


@difference
def ix_endless(a):
    i = 0
    yield a.message(a.soa(9), a.soa(7))
    while True:
        yield a.message(*[a.rr("n%d" % (i + k)) for k in range(200)])
        i += 200


# Lists.

def one(name, rdtype, data):
    def answer(a):
        if a.rdtype == rdtype:
            yield a.raw(1, a.apex(rdtype, data))
        else:
            yield a.raw(0, b"")
    MODES[name] = answer


one("a-long", 1, b"\1\2\3\4\5")
one("aaaa-short", 28, b"\1" * 15)
one("apl-family", 42, b"\0\3\x08\1\x0a")
one("apl-length", 42, b"\0\1\x21\1\x0a")
one("apl-octets", 42, b"\0\1\x20\5\x0a\1\2\3\4")
one("apl-overrun", 42, b"\0\1\x18\3\x0a\1")
one("apl-header", 42, b"\0\1\x18")
one("apl-host-bits", 42, b"\0\1\x08\x84\x0a\1\2\3\0\2\x80\0")
one("apl-zeros", 42, b"\0\1\x08\4\x0a\0\0\0")
one("txt-overrun", 16, b"\3ab")
one("txt-empty", 16, b"\0\0")


@mode
def alias_loop(a):
    yield a.raw(2, a.apex(5, b"\1x\xc0\x0c") +
                a.apex(5, b"\xc0\x0c", b"\1x\xc0\x0c"))


@mode
def alias_backwards(a):
    """The record first, then how to get there."""
    if a.rdtype != dns.rdatatype.A:
        yield a.raw(0, b"")
        return
    yield a.raw(3, a.apex(1, b"\x0a\0\0\1", b"\1y\xc0\x0c") +
                a.apex(5, b"\1y\xc0\x0c", b"\1x\xc0\x0c") +
                a.apex(5, b"\1x\xc0\x0c"))


@mode
def of_others(a):
    """Records of another name, class or type than asked for."""
    yield a.raw(4, a.apex(1, b"\x0a\0\0\1", b"\1x\xc0\x0c") +
                a.apex(1, b"\x0a\0\0\2", cls=3) + a.apex(99, b"\0") +
                a.apex(a.rdtype, b"\x0a\0\0\3" if a.rdtype == 1 else b"\0"))


@mode
def many_names(a):
    many_names.n = getattr(many_names, "n", 0) + 1
    yield a.raw(1, a.apex(12, b"\x0amany-names\x05%05d\0" % many_names.n))


@mode
def hangs_up(a):
    """One answer, then the connection is over."""
    yield a.raw(1, a.apex(a.rdtype, b"\x0a\0\0\1" if a.rdtype == 1 else
                          b"\0" * 16)) if a.rdtype in (1, 28) else a.raw(0, b"")
    yield None


@mode
def numbered(a):
    yield a.raw(1, a.apex(1, b"\x0a\0\0\1"))


@mode
def numbered1(a):
    """An unsigned NXDOMAIN would make the list shorter."""
    yield a.message(sign=False,
                    tweak=lambda m: m.set_rcode(dns.rcode.NXDOMAIN))


def recv_exact(sock, n):
    data = b""
    while len(data) < n:
        part = sock.recv(n - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def serve_one(sock, key):
    """One query; true when the connection goes on."""
    n = struct.unpack("!H", recv_exact(sock, 2))[0]
    a = Asked(recv_exact(sock, n), key)
    label = a.name.labels[0].decode()
    transfer = a.rdtype in (dns.rdatatype.AXFR, dns.rdatatype.IXFR)
    for act in MODES[label](a):
        if act is None:
            return False
        if isinstance(act, Sleep):
            time.sleep(act)
        elif isinstance(act, Reset):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                            struct.pack("ii", 1, 0))
            return False
        elif isinstance(act, Raw):
            sock.sendall(act)
        else:
            sock.sendall(struct.pack("!H", len(act)) + act)
    if label in POLITE and isinstance(sock, ssl.SSLSocket):
        sock.unwrap()
    return not transfer


def serve(sock, key, context):
    try:
        if context:
            sock = context.wrap_socket(sock, server_side=True)
        while serve_one(sock, key):
            pass
    except (OSError, EOFError):
        pass
    finally:
        sock.close()


def listen(port, key, context):
    server = socket.create_server(("127.0.0.1", port), backlog=64)
    while True:
        sock, _ = server.accept()
        threading.Thread(target=serve, args=(sock, key, context),
                         daemon=True).start()


def main():
    port, tls_port, where = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    with open(where + "/tk.key", encoding="ascii") as f:
        secret = re.search(r'secret "(.*)"', f.read()).group(1)
    key = dns.tsig.Key("tk", secret, "hmac-sha256")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(where + "/cert.pem", where + "/tls.pem")
    threading.Thread(target=listen, args=(tls_port, key, context),
                     daemon=True).start()
    listen(port, key, None)


main()
