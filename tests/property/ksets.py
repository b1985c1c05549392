#!/usr/bin/python3
"""Large kernel sets come to a policy from whatever was in them before.

ksets.py SEED DIFFERENCES: in the network namespace it runs in, with the
ts-ipset-apply on PATH. Each set starts as the policy with so many random
differences: entries gone, foreign ones, other expiries, counters, exceptions.
The plan must count exactly these, and `ipset save` shows what came of them.
"""
import collections
import ipaddress
import random
import subprocess
import sys
import time

N = 20000
SETS = (("TSblockaddr", "ip", "inet", 32, 32), ("TSblocknet", "net", "inet", 32, 28),
        ("TSallowaddr6", "ip", "inet6", 128, 128), ("TSblocknet6", "net", "inet6", 128, 56))

Entry = collections.namedtuple("Entry", "timeout packets nomatch", defaults=(0, 0, False))


def prefixes(rnd, bits, length, n):
    base = 11 << 24 if bits == 32 else 0x20010DB8 << 96
    free = 24 if bits == 32 else 96
    kept = min(free - (bits - length), 40)
    return ["%s/%d" % (ipaddress.ip_address(base + (v << (bits - length))), length)
            for v in rnd.sample(range(1 << kept), n)]


def mutate(rnd, have, spare, n):
    """Another state of a set, n entries away; each is touched once."""
    for p in rnd.sample(sorted(have), n):
        how = rnd.randrange(6)
        if how == 0:
            del have[p]
        elif how == 1:
            have[spare.pop()] = Entry(timeout=rnd.choice((0, 5000)),
                                      packets=rnd.choice((0, 3)))
        elif how == 2:
            have[p] = Entry(timeout=rnd.choice((900, 0)), packets=rnd.choice((0, 4)))
        elif how == 3:
            have[p] = have[p]._replace(packets=5)
        elif how == 4 and p.endswith(("/28", "/56")):
            have[rnd.choice((p, spare.pop()))] = Entry(nomatch=True)
        else:
            del have[p]
            have[spare.pop()] = Entry()


def restore(name, kind, family, have):
    """When: what has a timeout comes first, within the second or so after it."""
    lines = ["create %s hash:%s family %s hashsize 32768 maxelem 65536 timeout 0 counters"
             % (name, kind, family)]
    for p, x in sorted(have.items(), key=lambda e: -e[1].timeout):
        lines.append("add %s %s%s timeout %d packets %d bytes %d" % (
            name, p, " nomatch" if x.nomatch else "", x.timeout, x.packets,
            100 * x.packets))
    now = int(time.time())
    subprocess.run(["ipset", "restore"], input="\n".join(lines) + "\n", text=True,
                   check=True)
    return now


def saved(name, length):
    have = {}
    for line in subprocess.run(["ipset", "save", name], stdout=subprocess.PIPE, text=True,
                               check=True).stdout.splitlines():
        w = line.split()
        if w[0] == "add":
            get = dict(zip(w[3::2], w[4::2])) if "nomatch" not in w else {}
            have[w[2] if "/" in w[2] else "%s/%d" % (w[2], length)] = Entry(
                int(get.get("timeout", 0)), int(get.get("packets", 0)), "nomatch" in w)
    return have


def near(a, b):
    return a == b == 0 or (a > 0 and b > 0 and abs(a - b) < 60)


def expected(want, have):
    add = sum(p not in have or have[p].nomatch for p in want)
    change = sum(p in have and not have[p].nomatch and not near(have[p].timeout, t)
                 for p, t in want.items())
    return add, change, sum(p not in want for p in have)


def main():
    rnd = random.Random(int(sys.argv[1]))
    differences = int(sys.argv[2])
    bad, plan, wants, haves = 0, {}, {}, {}
    with open("large", "w", encoding="ascii") as f:
        print("#ts-policy/1", file=f)
        for name, kind, family, bits, length in SETS:
            every = prefixes(rnd, bits, length, N + differences)
            want = {p: 0 if rnd.random() < .98 else 9000 for p in every[:N]}
            have = {p: Entry(timeout=t) for p, t in want.items()}
            mutate(rnd, have, every[N:], differences)
            now = restore(name, kind, family, have)
            for p, t in want.items():
                print("block" if "block" in name else "allow", "ip4" if bits == 32 else "ip6",
                      p, "-", "s", now + t if t else "-", 1, sep="\t", file=f)
            wants[name], haves[name] = want, have
            plan[name] = "entries=%d add=%d change=%d delete=%d" % (
                N, *expected(want, have))
        print("#end\trecords=%d" % (N * len(SETS)), file=f)
    said = subprocess.run(["ts-ipset-apply", "-q", "--prefix", "TS", "--dry-run", "large"],
                          stdout=subprocess.PIPE, text=True, check=True).stdout
    for name, line in plan.items():
        if line not in next(x for x in said.splitlines() if "\tset\t" + name + "\t" in x):
            bad += 1
            print("%s: not planned: %s" % (name, line))
    subprocess.run(["ts-ipset-apply", "-q", "--prefix", "TS", "large"], check=True)
    for name, _, _, _, length in SETS:
        now = saved(name, length)
        if now.keys() != wants[name].keys():
            bad += 1
            print("%s: other entries than wanted" % name)
            continue
        for p, x in now.items():
            before = haves[name].get(p, Entry())
            if x.nomatch or not near(x.timeout, wants[name][p]) or (
                    x.packets != (0 if before.nomatch else before.packets)):
                bad += 1
                print("%s: %s: %s was %s" % (name, p, x, before))
    if subprocess.run(["ts-ipset-apply", "-q", "--prefix", "TS", "--check", "large"],
                      check=False).returncode != 0:
        bad += 1
        print("--check does not find it in force")
    print("%d wrong" % bad)
    return bad > 0


sys.exit(main())
