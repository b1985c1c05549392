"""Random lists of prefixes through ts-merge: collapse.py SEED ROUNDS.

Union and exact subtraction, in both families and at the edges of their spaces,
against Python's ipaddress, and for IPv4 against iprange too.
"""
import ipaddress
import random
import subprocess
import sys

SEED, ROUNDS = int(sys.argv[1]), int(sys.argv[2])
print("seed", SEED, file=sys.stderr)
rnd = random.Random(SEED)


def make(width, n):
    """Integers and lengths: clustered, nested, and near both ends."""
    edge = [0, (1 << width) - 1]
    centres = edge + [rnd.getrandbits(width) for _ in range(1 + n // 8)]
    out = []
    for _ in range(n):
        length = width if rnd.random() < 0.7 else \
            rnd.randrange(width // 4, width + 1)
        if rnd.random() < 0.01:
            length = rnd.randrange(3)
        near = rnd.choice((4, 8, 12))
        addr = (rnd.choice(centres) ^ rnd.getrandbits(near)) % (1 << width)
        out.append((addr >> (width - length) << (width - length), length))
    return out


def networks(width, some):
    kind = ipaddress.IPv4Network if width == 32 else ipaddress.IPv6Network
    return [kind(p) for p in some]


def subtract(width, a, b):
    """a minus b, both collapsed, as the fewest networks."""
    kind = ipaddress.IPv4Address if width == 32 else ipaddress.IPv6Address
    out, holes = [], [(int(n[0]), int(n[-1])) for n in b]
    for net in a:
        first, last = int(net[0]), int(net[-1])
        for lo, hi in holes:
            if hi < first or lo > last:
                continue
            if lo > first:
                out += ipaddress.summarize_address_range(kind(first),
                                                         kind(lo - 1))
            first = hi + 1
            if first > last:
                break
        if first <= last:
            out += ipaddress.summarize_address_range(kind(first), kind(last))
    return list(ipaddress.collapse_addresses(out))


def write(name, width, some):
    kind = "ip4" if width == 32 else "ip6"
    with open(name, "w") as f:
        f.write("#ts-policy/1\n")
        for net in networks(width, some):
            f.write("block\t%s\t%s\t-\tx\t-\t1\n" % (kind, net))
        f.write("#end\trecords=%d\n" % len(some))
    with open(name + ".list", "w") as f:
        f.writelines("%s\n" % net for net in networks(width, some))


def run(*argv):
    return subprocess.run(argv, capture_output=True, text=True,
                          check=True).stdout


def blocked(text):
    return [l.split("\t")[2] for l in text.splitlines()
            if l.startswith("block\t")]


def check(what, got, want):
    if got != want:
        sys.exit("%s: %s\nnot %s" % (what, got, want))


for _ in range(ROUNDS):
    for width in 32, 128:
        a, b = make(width, rnd.randrange(200)), make(width, rnd.randrange(40))
        write("a", width, a)
        write("b", width, b)
        union = list(ipaddress.collapse_addresses(networks(width, a)))
        holes = list(ipaddress.collapse_addresses(networks(width, b)))
        left = [str(n) for n in subtract(width, union, holes)]
        check("union", blocked(run("ts-merge", "a")), [str(n) for n in union])
        for option in "--except", "--never", "--allow":
            check(option, blocked(run("ts-merge", option, "b.list", "a")), left)
        if width == 32 and a and union[0].prefixlen > 0:
            # In order: what begins at 0 it joins to what ends at the end of
            # the space in the line above.
            with open("a.sorted", "w") as f:
                f.writelines("%s\n" % net for net in sorted(networks(width, a)))
            check("iprange", run("iprange", "a.sorted").split(),
                  [str(n).replace("/32", "") for n in union])
print(ROUNDS, "rounds")
