#!/usr/bin/python3
"""BIND as the oracle for response policy zones.

Makes ordered zones of random trees (wildcards, exceptions in exceptions, empty
non-terminals, gardens, mixed case, escapes) and of nested prefixes, loads them
into named, asks it for many names, addresses and clients, and for names that are
delegated to servers with many names and addresses, and compares each answer with
that of ts-rpz2list, ts-merge and ts-explain; and what BIND makes of addresses with
the kernel's sets. Behind the zones stands one that catches every name, so that
"no record speaks of it" has an answer of its own. Run it as root of a network
namespace of its own, which run makes.
"""
import argparse
import ipaddress
import os
import random
import select
import socket
import struct
import subprocess
import sys
import threading
import time

import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import dns.rrset

PORT = 53540
REAL = "198.18.0.200"
CAUGHT = "caught.garden"
WINDOW = 400        # queries under way
KERNEL_MAX = 300    # addresses that the kernel is asked for, one by one
ZONE_HEAD = "$TTL 60\n@ SOA localhost. root.localhost. 1 3600 600 86400 60\n" \
    "@ NS localhost.\n"
CONF = """
options { directory "%(dir)s"; pid-file "named.pid"; lock-file none;
	session-keyfile "session.key"; listen-on-v6 { none; };
	listen-on port %(port)d { 127.0.0.1; };
	recursion yes; allow-recursion { 127.0.0.0/8; };
	allow-query { 127.0.0.0/8; };
	dnssec-validation no; minimal-responses yes; max-records-per-type 0;
	response-policy { %(policies)s } qname-wait-recurse no
		break-dnssec yes recursive-only no min-ns-dots 0; };
controls { };
zone "." { type primary; file "root.db"; check-names ignore; };
%(zones)s
zone "caught.test" { type primary; file "caught.db"; };
"""


def text(labels, rng=None):
    """Master file text of labels; with rng in one of its many forms."""
    out = []
    for label in labels:
        s = ""
        for c in label:
            ch = chr(c)
            plain = 0x21 <= c <= 0x7e and ch not in '.\\"();@$'
            if not plain or (rng and rng.random() < 0.02):
                s += "\\%03d" % c
            elif rng and ch.isalpha() and rng.random() < 0.1:
                s += ch.upper()
            else:
                s += ch
        out.append(s)
    return ".".join(out)


class Zone:
    """One policy zone in the making: rules by owner."""

    def __init__(self, rng, origin):
        self.rng, self.origin, self.rules = rng, origin, {}

    def add(self, owner, rdata):
        self.rules.setdefault(owner.lower(), (owner, rdata))

    def action(self, owner):
        """A random action for labels; a wildcard may redirect to a child."""
        r = self.rng.random()
        own = text(owner, self.rng)
        if r < 0.35:
            return "CNAME ."
        if r < 0.45:
            return "CNAME *."
        if r < 0.62:
            return "CNAME rpz-passthru."
        if r < 0.66:
            return "CNAME %s." % (own if owner[0] != b"*" else
                                  own.replace("*", "a", 1).replace("\\042", "a", 1))
        if r < 0.67:
            return "CNAME rpz-drop."
        if r < 0.72:
            return "CNAME rpz-tcp-only."
        if r < 0.80:
            return "CNAME garden%d.test." % self.rng.randrange(3)
        if r < 0.86:
            return "CNAME *.garden.test."
        if r < 0.94:
            return "A 127.9.9.9"
        return self.rng.choice(["TXT \"moved; away\"", "CNAME rpz-other.",
                                "DNAME other.test.", "MX 5 mail.test.",
                                "CNAME x.rpz-drop."])

    def name(self, labels, suffix=""):
        rdata = self.action(labels)
        owner = text(labels, self.rng) + suffix
        if self.rng.random() < 0.2:
            owner += "." + self.origin.upper() + "."
        self.add(b".".join(labels) + suffix.encode(), "%s %s" % (owner, rdata))

    def prefix(self, net, suffix, broken):
        """A rule for a prefix; broken, in a form that BIND does not apply."""
        addr = int(net.network_address)
        rdata = self.rng.choice(["CNAME .", "CNAME .", "CNAME rpz-passthru.",
                                 "CNAME garden.test.", "CNAME *.", "OWN"])
        if broken:
            addr |= 1
        if net.version == 4:
            enc = ".".join(str(addr >> s & 255) for s in (0, 8, 16, 24))
        else:
            enc = str(ipaddress.IPv6Address(addr)).replace("::", ":zz:")
            enc = ".".join(w for w in reversed(enc.split(":")) if w)
        enc = "%d.%s" % (net.prefixlen, enc)
        if rdata == "OWN":
            rdata = "CNAME %s." % enc
        self.add(enc.encode() + suffix.encode(), "%s.%s %s" % (enc, suffix, rdata))

    def write(self, path):
        lines = [r for _, r in self.rules.values()]
        self.rng.shuffle(lines)
        with open(path, "w") as f:
            f.write(ZONE_HEAD + "\n".join(lines) + "\n")


ALPHABETS = [[b"a", b"b", b"c"], [b"a", b"b_", b"x-1"], [b"e f", b"a", b"c.d"],
             [b"\0", b"a", b"\xff\\"], [b"a", b"b", b"*x"]]


def trees(rng, zones, want):
    """Fills the zones with trees; the names to ask for."""
    asked, number = [], 0
    while len(asked) < want:
        root = b"t%d" % number
        alphabet = rng.choice(ALPHABETS)
        level = [[root]]
        number += 1
        for _ in range(5):
            for labels in level:
                asked.append(labels)
                for z in zones:
                    if rng.random() < 0.06:
                        z.name(labels)
                    if len(labels) < 5 and rng.random() < 0.07:
                        z.name([b"*"] + labels)
            level = [[c] + labels for labels in level for c in alphabet]
        asked += rng.sample(level, min(len(level), 60))
    rng.shuffle(asked)
    return asked[:want]


def hide_below_dname(zones):
    """BIND does not apply a rule below a DNAME of the same zone."""
    for z in zones:
        for owner, (_, rule) in list(z.rules.items()):
            if " DNAME " in rule:
                for other in list(z.rules):
                    if other.endswith(b"." + owner):
                        del z.rules[other]


def prefixes(rng, zones, base, bits, count, suffix, broken=False):
    """Nested prefixes inside base; addresses worth asking for. Broken ones need
    a base of their own: some keep BIND from applying a wider one, too."""
    asked = []
    size = base.max_prefixlen
    for _ in range(count):
        start = rng.getrandbits(size - base.prefixlen) | int(base.network_address)
        for _ in range(rng.randrange(1, 4)):
            length = rng.randrange(base.prefixlen + bits, size + (not broken))
            net = ipaddress.ip_network((start, length), strict=False)
            rng.choice(zones).prefix(net, suffix, broken)
            first, last = int(net[0]), int(net[-1])
            for a in (first, last, first - 1, last + 1, rng.randint(first, last)):
                addr = type(base[0])(a)
                if addr in base:
                    asked.append(addr)
    return asked


def servers(rng, zones, count):
    """Rules on names of servers; names for servers, some of which they meet."""
    names = []
    for number in range(count // 8):
        alphabet = rng.choice(ALPHABETS)
        level = [[b"ns%d" % number]]
        for _ in range(3):
            for labels in level:
                names.append(labels)
                for z in zones:
                    if rng.random() < 0.15:
                        z.name(labels, ".rpz-nsdname")
                    if rng.random() < 0.15:
                        z.name([b"*"] + labels, ".rpz-nsdname")
            level = [[c] + labels for labels in level for c in alphabet]
    return rng.sample(names, min(count, len(names)))


class Delegations:
    """Zones d0, d1, … of the private root, each with a server: by a name at one
    address, or by an address under a name of no interest. A thread answers at all
    of them."""

    PKTINFO = {socket.AF_INET: (socket.IPPROTO_IP, 8, 8),  # no name in Python
               socket.AF_INET6: (socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO,
                                 socket.IPV6_PKTINFO)}

    def __init__(self, names, addrs):
        self.root, self.count = "", len(names) + len(addrs)
        for i, labels in enumerate(names):
            self.add(i, text(labels), ipaddress.ip_address("127.0.0.53"))
        for i, addr in enumerate(addrs, len(names)):
            self.add(i, "at%d.server" % i, addr)
        for family, anywhere in ((socket.AF_INET, ""), (socket.AF_INET6, "::")):
            s = socket.socket(family, socket.SOCK_DGRAM)
            level, want, _ = self.PKTINFO[family]
            if family == socket.AF_INET6:
                s.setsockopt(level, socket.IPV6_V6ONLY, 1)
                s.setsockopt(level, 78, 1)  # IPV6_FREEBIND: any as source
            s.setsockopt(level, want, 1)
            s.bind((anywhere, 53))
            threading.Thread(target=self.serve, args=(s,), daemon=True).start()

    def add(self, i, server, addr):
        self.root += "d%d NS %s.\n%s. %s %s\n" % (
            i, server, server, "A" if addr.version == 4 else "AAAA", addr)

    def serve(self, s):
        level, _, info = self.PKTINFO[s.family]
        while True:
            wire, more, _, peer = s.recvmsg(4096, 256)
            to = next(d for a, b, d in more if (a, b) == (level, info))
            if s.family == socket.AF_INET:  # from where it was sent to
                to = b"\0" * 4 + to[4:8] + b"\0" * 4
            s.sendmsg([self.answer(dns.message.from_wire(wire)).to_wire()],
                      [(level, info, to)], 0, peer)

    def answer(self, query):
        q = query.question[0]
        m = dns.message.make_response(query)
        m.flags |= dns.flags.AA
        if q.rdtype == dns.rdatatype.A and len(q.name) > 2:
            m.answer.append(dns.rrset.from_text(q.name, 60, "IN", "A", REAL))
        else:
            m.authority.append(dns.rrset.from_text(
                dns.name.Name(q.name.labels[-2:]), 60, "IN", "SOA",
                "server. root. 1 3600 600 86400 60"))
        return m


class Named:
    def __init__(self, where, count, root, caught=True):
        """count policy zones, and behind them, if asked for, one that catches
        every name."""
        names = ["pol%d.test" % i for i in range(count)]
        policies = names + ["caught.test"] * caught
        with open(where + "/named.conf", "w") as f:
            f.write(CONF % {
                "dir": where, "port": PORT,
                "policies": " ".join('zone "%s";' % n for n in policies),
                "zones": "\n".join('zone "%s" { type primary; file "%s.db"; '
                                   'check-names ignore; };' % (n, n) for n in names)})
        with open(where + "/root.db", "w") as f:
            f.write("$TTL 60\n@ SOA ns. root. 1 3600 600 86400 60\n@ NS ns.\n"
                    "ns A 127.0.0.1\n* A %s\n%s" % (REAL, root))
        with open(where + "/caught.db", "w") as f:
            f.write(ZONE_HEAD + "* CNAME %s.\n" % CAUGHT)
        self.log = open(where + "/log", "w+")
        self.proc = subprocess.Popen(["named", "-g", "-c", where + "/named.conf"],
                                     stdout=self.log, stderr=self.log)
        self.wait(where, policies)

    def wait(self, where, names):
        end = time.monotonic() + 30
        while time.monotonic() < end and self.proc.poll() is None:
            with open(where + "/log") as f:
                log = f.read()
            if "not loaded" in log:
                break
            # Until it is loaded, SERVFAIL is all that the root zone gives.
            if "zone ./IN: loaded serial" in log and all(
                    "rpz: %s: reload done: success" % n in log and
                    "zone %s/IN: loaded serial" % n in log for n in names):
                return
            time.sleep(0.05)
        self.stop()
        sys.exit("named did not load its zones:\n" + log)

    def stop(self):
        self.proc.kill()
        self.proc.wait()

    def ask(self, queries, rounds=3):
        """(labels, type, client) each to an answer or None, over UDP."""
        answers = [None] * len(queries)
        for _ in range(rounds):
            left = [i for i in range(len(queries)) if answers[i] is None]
            if not left:
                break
            self.round(queries, left, answers)
        return answers

    def round(self, queries, left, answers):
        socks, waiting, at = {}, {}, 0
        deadline = time.monotonic() + 1
        while waiting or at < len(left):
            while at < len(left) and len(waiting) < WINDOW:
                i = left[at]
                labels, qtype, client = queries[i]
                if client not in socks:
                    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    s.bind((client, 0))
                    socks[client] = s
                wire = b"".join(bytes([len(x)]) + x for x in labels) + b"\0"
                socks[client].sendto(struct.pack(">HHHHHH", at & 0xffff, 0x100, 1,
                                                 0, 0, 0) + wire +
                                     struct.pack(">HH", qtype, 1),
                                     ("127.0.0.1", PORT))
                waiting[at & 0xffff] = i
                at += 1
                deadline = time.monotonic() + 1
            ready = select.select(list(socks.values()), [], [],
                                  max(0, deadline - time.monotonic()))[0]
            if not ready:
                waiting.clear()
                continue
            for s in ready:
                m = dns.message.from_wire(s.recv(65535))
                i = waiting.pop(m.id, None)
                if i is not None:
                    answers[i] = m
        for s in socks.values():
            s.close()


def meant(labels, m):
    """What BIND did with a name, in the words of a policy."""
    if m is None:
        return "drop"
    if m.flags & dns.flags.TC:
        return "tcp-only"
    if m.rcode() == 3:
        return "nxdomain"
    if m.rcode() != 0:
        return "rcode %d" % m.rcode()
    if not m.answer:
        return "nodata"
    rr = m.answer[0]
    if rr.name != dns.name.Name(tuple(labels) + (b"",)):
        return "another owner"
    if rr.rdtype == dns.rdatatype.CNAME:
        target = rr[0].target.to_text(omit_final_dot=True).lower()
        return "none" if target == CAUGHT else "redirect=" + target
    address = rr[0].to_text()
    return "data" if address == "127.9.9.9" else "passthru"


def fits(bind, labels, verdict, response):
    if verdict == "none":
        return bind == "none"
    if response == "data":
        return bind in ("data", "nodata")
    if response.startswith("redirect=*."):
        own = dns.name.Name(tuple(labels) + (b"",)).to_text(True).lower()
        return bind == "redirect=%s.%s" % (own, response[11:])
    return bind == response


def tool(args, where, values=None):
    """Runs one of ours; its output lines."""
    p = subprocess.run(args, cwd=where, input=values, capture_output=True)
    if p.returncode != 0:
        sys.exit("%s: exit %d\n%s" % (" ".join(args), p.returncode,
                                      p.stderr.decode()))
    return p.stdout


def explain(opts, where, values, side="answer"):
    out = tool([opts.bin + "/ts-explain", "--policy", "policy", "--side", side, "-"],
               where, "".join(v + "\n" for v in values).encode())
    rows = [line.split("\t") for line in out.decode().splitlines()]
    if [r[0] for r in rows] != values:
        sys.exit("ts-explain: another number or order of answers")
    return rows


def policy(opts, where, count):
    """All zones to one policy, the way a pipe does it."""
    for i in range(count):
        tool([opts.bin + "/ts-rpz2list", "-q", "--source", "z%d" % i, "--origin",
              "pol%d.test" % i, "--max-bad", "100", "--max-cover", "100",
              "--allow-suffix", "-o", "z%d" % i, "pol%d.test.db" % i], where)
    names = ["z%d" % i for i in range(count)]
    out = tool(["cat", "z0"] if count == 1 else
               [opts.bin + "/ts-merge", "--now", "none"] + names, where)
    with open(where + "/policy", "wb") as f:
        f.write(out)


def kernel(opts, where, count, addrs):
    """Whether the kernel's sets block the addresses."""
    with open(where + "/resolved", "wb") as f:
        f.write(tool([opts.bin + "/ts-merge", "--now", "none"] +
                     ["z%d" % i for i in range(count)], where))
    tool([opts.bin + "/ts-ipset-apply", "-q", "--prefix", "O", "resolved"], where)
    rows = []
    for a in addrs:
        sets = ["Oblocknet", "Oblockaddr"]
        if a.version == 6:
            sets = ["Oblocknet6", "Oblockaddr6"]
        found = any(subprocess.run(["ipset", "-q", "test", s, str(a)]).returncode == 0
                    for s in sets)
        rows.append([str(a), "block" if found else "none"])
    return rows


def compare(kind, rows, binds, check):
    bad = 0
    for row, bind in zip(rows, binds):
        if check(row, bind):
            continue
        bad += 1
        if bad <= 10:
            print("mismatch: %s: BIND '%s', ts-explain '%s'" %
                  (kind, bind, " ".join(row)))
    print("%s: %d asked, %d mismatches" % (kind, len(rows), bad))
    return bad


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--seed", type=int, required=True)
    ap.add_argument("--names", type=int, default=4000)
    ap.add_argument("--zones", type=int, default=1)
    ap.add_argument("--dir", required=True)
    ap.add_argument("--bin", default=os.environ.get("BINDIR", "build"))
    opts = ap.parse_args()
    opts.bin, where = os.path.abspath(opts.bin), os.path.abspath(opts.dir)
    rng = random.Random(opts.seed)
    zones = [Zone(rng, "pol%d.test" % i) for i in range(opts.zones)]
    asked = trees(rng, zones, opts.names)
    count = opts.names // 40
    addrs, net = [], ipaddress.ip_network
    for base in "10.64.0.0/12", "2001:db8::/32":
        addrs += prefixes(rng, zones, net(base), 1, count, "rpz-ip")
    for base in "10.80.0.0/12", "2001:db9::/32":
        addrs += prefixes(rng, zones, net(base), 1, count // 8, "rpz-ip", True)
    clients = prefixes(rng, zones, net("127.16.0.0/12"), 2, 20, "rpz-client-ip")
    clients += prefixes(rng, zones, net("127.32.0.0/12"), 2, 5, "rpz-client-ip",
                        True)
    guides = servers(rng, zones, opts.names // 40)
    hosts = []
    for base in "127.48.0.0/12", "2001:dba::/32":
        hosts += prefixes(rng, zones, net(base), 2, opts.names // 400, "rpz-nsip")
    hide_below_dname(zones)
    for i, z in enumerate(zones):
        z.write("%s/pol%d.test.db" % (where, i))
    root = "".join("i%d.addr %s %s\n" % (i, "A" if a.version == 4 else "AAAA", a)
                   for i, a in enumerate(addrs))
    policy(opts, where, opts.zones)

    queries = [(n, 1, "127.0.0.1") for n in asked]
    queries += [((b"i%d" % i, b"addr"), 1 if a.version == 4 else 28, "127.0.0.1")
                for i, a in enumerate(addrs)]
    queries += [((b"client",), 1, str(a)) for a in clients]
    below = Delegations(guides, hosts)
    queries += [((b"h", b"d%d" % i), 1, "127.0.0.1") for i in range(below.count)]
    named = Named(where, opts.zones, root + below.root)
    try:
        got = named.ask(queries)
    finally:
        named.stop()
    binds = [meant(q[0], m) for q, m in zip(queries, got)]

    print("seed %d, %d zones, %d rules" % (opts.seed, opts.zones,
                                           sum(len(z.rules) for z in zones)))
    n = len(asked)
    by_text = {}
    names = [text(labels) for labels in asked]
    for t, labels in zip(names, asked):
        by_text[t] = labels
    bad = compare("names", explain(opts, where, names), binds[:n],
                  lambda r, b: fits(b, by_text[r[0]], r[1], r[2]))
    binds = binds[n:]
    some = addrs[:KERNEL_MAX]
    bad += compare("kernel", kernel(opts, where, opts.zones, some), binds[:len(some)],
                   lambda r, b: (r[1] == "block") == (b not in ("none", "passthru")))
    for kind, values, side in (
            ("addresses", addrs, "answer"), ("clients", clients, "client"),
            ("server names", guides, "server"),
            ("server addresses", hosts, "server")):
        values = [text(v) if kind == "server names" else str(v) for v in values]
        bad += compare(kind, explain(opts, where, values, side),
                       binds[:len(values)],
                       lambda r, b: r[1] == {"none": "none", "passthru": "allow"}
                       .get(b, "block"))
        binds = binds[len(values):]
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
