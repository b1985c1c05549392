"""Random policies through ts-merge: merge.py SEED ROUNDS.

Each round makes inputs in a world of a few addresses at one edge of a family's
space, works out address by address what they decide (the rules of ts-merge(1),
followed literally), and from that the records that must come out. Checked apart
from that: that no fewer records could do (by trying all), that merging the
result again changes nothing, and that the order of inputs which only block does
not matter.
"""
import ipaddress
import itertools
import random
import subprocess
import sys

SEED, ROUNDS = int(sys.argv[1]), int(sys.argv[2])
print("seed", SEED, file=sys.stderr)
rnd = random.Random(SEED)
NOW = 1000
FOREVER = 1 << 62


class World:
    """2**bits addresses from base; prefixes are (offset, size)."""

    def __init__(self):
        self.v6 = rnd.random() < 0.4
        self.width = 128 if self.v6 else 32
        self.bits = rnd.choice((2, 3, 4, 6))
        self.size = 1 << self.bits
        top = (1 << self.width) - self.size
        self.base = rnd.choice((0, top, rnd.getrandbits(self.width) & -self.size))
        self.kind = rnd.choice(("ip6", "client6", "nsip6") if self.v6 else
                               ("ip4", "ip4", "client4", "nsip4"))
        self.family = ipaddress.IPv6Network if self.v6 else ipaddress.IPv4Network

    def prefix(self):
        size = 1 << rnd.randrange(self.bits + 1)
        if rnd.random() < 0.3:
            size = 1
        return rnd.randrange(self.size // size) * size, size

    def text(self, prefix):
        return mapped(str(self.family((self.base + prefix[0],
                                       self.width - prefix[1].bit_length() + 1))))


def mapped(text):
    """::ffff:0:0/96 in mixed notation, which older Pythons do not write."""
    if text.startswith("::ffff:") and "." not in text:
        addr, length = text.split("/")
        words = addr[7:].split(":")
        if len(words) == 2:
            n = int(words[0], 16) << 16 | int(words[1], 16)
            return "::ffff:%s/%s" % (ipaddress.IPv4Address(n), length)
    return text


def make_record(w, tokens, expiries, verdicts):
    kind_is_address = w.kind.startswith("ip")
    verdict = rnd.choice(verdicts)
    response = "-" if kind_is_address else "passthru" if verdict == "allow" \
        else rnd.choice(("drop", "nxdomain", "redirect=a.example"))
    source = tuple(sorted(rnd.sample(tokens, min(len(tokens), rnd.choice((1, 1, 1, 2))))))
    return (w.prefix(), (verdict, response), source, rnd.choice(expiries),
            rnd.choice((1, 1, 2, 3, 40000)))


ORDER = ["-", "nxdomain", "nodata", "drop", "tcp-only", "redirect"]


def rank(action):
    """Precedence of the actions of one prefix in one input."""
    head = action[1].split("=")
    return (action[0] != "allow", ORDER.index(head[0])
            if head[0] in ORDER else 0, head[1:])


def weigh(said):
    """said: {sources: weight} of several lists."""
    each = {}
    for names, weight in sorted(said.items(),
                                key=lambda s: (len(s[0]), s[1], s[0])):
        short = weight - sum(each.get(n, 0) for n in names)
        left = len(names)
        for name in names:
            part = max(0, -(-short // left))
            each[name] = each.get(name, 0) + part
            short -= part
            left -= 1
    return min(sum(each.values()), 65535)


def join(a, b):
    out = dict(a)
    for names, weight in b.items():
        out[names] = max(out.get(names, 0), weight)
    return out


def sources(said):
    return frozenset(n for names in said for n in names)


def claims_of(records, x):
    """What one input says of x: [action, expires, said], the first decides."""
    out = []
    covering = [r for r in records if r[0][0] <= x < r[0][0] + r[0][1]]
    groups = {}
    for prefix, action, names, expires, weight in covering:
        g = groups.setdefault((prefix[1], action), [0, {}])
        g[0] = max(g[0], expires)
        g[1] = join(g[1], {names: weight})
    order = sorted(groups, key=lambda k: rank(k[1]), reverse=True)
    order.sort(key=lambda k: -k[0])
    for key in order:
        action, (expires, said) = key[1], groups[key]
        if out and out[0][0] == action:
            if expires <= out[0][1]:
                both = tuple(sorted(sources(out[0][2]) | sources(said)))
                if frozenset(both) != sources(out[0][2]):
                    out[0][2] = {both: weigh(out[0][2])}
            else:
                out[0] = [action, expires, said]
        else:
            out.insert(0, [action, expires, said])
    return out


def decide(inputs, never, x):
    """(action, expires, sources, weight, input) or None."""
    per_input = [claims_of(records, x) for records in inputs]
    claims = [c for some in per_input for c in some]
    if not claims:
        return None
    action, expires = claims[0][0], claims[0][1]
    if action[0] == "block" and any(r[0][0] <= x < r[0][0] + r[0][1]
                                    for records in never for r in records):
        return None
    for other, until, _ in claims[1:]:
        if other == action:
            expires = max(expires, until)
        elif until > expires:
            break
    said = {}
    for some in per_input:
        if some and some[0][0] == action:
            said = join(said, some[0][2])
    first = [bool(some) for some in per_input].index(True)
    return action, expires, sources(said), weigh(said), first


def blocks(w):
    """All prefixes of the world, the widest first."""
    size = w.size
    while size:
        for first in range(0, w.size, size):
            yield first, size
        size //= 2


def cover(w, d):
    """The records that d, a decision by address, must come out as."""
    out = []
    for key in {(x[0], x[1]) for x in d if x}:
        action, expires = key
        alone = {x for x in range(w.size) if d[x] and d[x][:2] == key}
        longer = {x for x in range(w.size)
                  if d[x] and d[x][0] == action and d[x][1] >= expires}
        done = set()
        for first, size in blocks(w):
            whole = set(range(first, first + size))
            mine = whole & alone - done
            if not mine or not whole <= longer:
                continue
            done |= mine
            around = min((b for b in blocks(w)
                          if mine <= set(range(b[0], b[0] + b[1]))),
                         key=lambda b: b[1])
            out.append((around, action, expires,
                        frozenset().union(*(d[x][2] for x in mine)),
                        min(d[x][3] for x in mine),
                        max(d[x][4] for x in mine)))
    return sorted(out, key=lambda r: (r[0][0], -r[0][1]))


def fewest(w, d):
    """How many records are needed at least: all choices, from the top down."""
    memo = {}

    def need(first, size, until):
        key = first, size, until
        if key in memo:
            return memo[key]
        part = [d[x] for x in range(first, first + size)]
        below = (lambda u: 0 if part[0] is None or u == part[0][1] else 1 << 30) \
            if size == 1 else (lambda u: need(first, size // 2, u) +
                               need(first + size // 2, size // 2, u))
        best = below(until)
        if None not in part and len({p[0] for p in part}) == 1:
            for u in {p[1] for p in part}:
                if until < u <= min(p[1] for p in part):
                    best = min(best, 1 + below(u))
        memo[key] = best
        return best

    return need(0, w.size, 0)


def line(w, record):
    prefix, action, expires, names, weight = record[:5]
    return "\t".join((action[0], w.kind, w.text(prefix), action[1],
                      ",".join(sorted(names)),
                      "-" if expires == FOREVER else str(expires),
                      str(weight))) + "\n"


def stream(lines, keys=""):
    return "#ts-policy/1%s\n%s#end\trecords=%d\n" % (keys, "".join(lines),
                                                      len(lines))


def write(name, w, records):
    lines = [line(w, (p, a, e, n, g)) for p, a, n, e, g in records]
    with open(name, "w") as f:
        f.write(stream(lines))
    return name


def merge(*argv):
    return subprocess.run(("ts-merge", "--now", str(NOW)) + argv,
                          capture_output=True, text=True, check=True).stdout


def capped(want, ceilings):
    """The records that stay, ceilings by verdict."""
    out = []
    for verdict, most in ceilings.items():
        some = [r for r in want if r[1][0] == verdict]
        some.sort(key=lambda r: (-r[4], r[5], -r[0][1], r[0][0]))
        out += some[:most]
    return [r for r in want if r in out]


def check_entries(w, d, deciding, text):
    """What --keep-entries wrote decides alike, and leaves out no record that
    all of its addresses agree with; this names all that say the same of it."""
    entries = [tuple(l.split("\t")) for l in text.splitlines()
               if not l.startswith("#")]
    for x in range(w.size):
        at = w.family((w.base + x, w.width))
        by = {(e[0], e[3]) for e in entries
              if at.subnet_of(w.family(e[2]))}
        if by != ({d[x][0]} if d[x] else set()):
            sys.exit("the entries say %s of %s, not %s\n%s" %
                     (by, at, d[x], text))
    have = {(e[0], e[3], e[2]): (e[4], e[6]) for e in entries}
    for prefix, action, _, _, _ in itertools.chain(*deciding):
        span = range(prefix[0], prefix[0] + prefix[1])
        if not all(d[x] and d[x][0] == action for x in span):
            continue
        said = {}
        for p, a, names, _, weight in itertools.chain(*deciding):
            if a == action and p[0] <= span[0] and span[-1] < p[0] + p[1]:
                said = join(said, {names: weight})
        got = have.get(action + (w.text(prefix),))
        if got != (",".join(sorted(sources(said))), str(weigh(said))):
            sys.exit("%s %s has %s among the entries\n%s" %
                     (action, w.text(prefix), got, text))


def left_of(d, records):
    """What stays decided where only these records do."""
    return [y if y and any(r[1] == y[0] and r[0][0] <= x < r[0][0] + r[0][1]
                           for r in records) else None
            for x, y in enumerate(d)]


def alive(records):
    return [r for r in records if r[3] > NOW]


def one_round():
    w = World()
    expiries = [FOREVER] + rnd.sample((NOW - 1, NOW, NOW + 1, 5000, 6000),
                                      rnd.randrange(4))
    tokens = ["a", "b", "c", "long.token", "z"][:rnd.choice((1, 2, 5))]
    verdicts = rnd.choice((["block"], ["block"], ["block", "allow"]))

    def some(most, which):
        return [make_record(w, tokens, expiries, which)
                for _ in range(rnd.randrange(most + 1))]

    inputs = [some(rnd.choice((3, 12)), verdicts)
              for _ in range(rnd.randrange(1, 4))]
    allow = [some(3, ["allow"]) for _ in range(rnd.choice((0, 0, 1, 2)))]
    never = [some(3, ["block"]) for _ in range(rnd.choice((0, 0, 1)))]
    argv = []
    for i, records in enumerate(allow):
        argv += ["--allow", write("allow%d" % i, w, records)]
    for i, records in enumerate(never):
        argv += [rnd.choice(("--never", "--except")),
                 write("never%d" % i, w, records)]
    files = [write("in%d" % i, w, r) for i, r in enumerate(inputs)]
    got = merge("--keep-entries", "entries", *argv, *files)

    deciding = [alive(r) for r in allow + inputs]
    d = [decide(deciding, [alive(r) for r in never], x) for x in range(w.size)]
    want = cover(w, d)
    keys = "\torder=canonical\tnames=rpz"
    expect(got, stream([line(w, r) for r in want], keys), "the result", argv, files)
    if len(want) != fewest(w, d):
        sys.exit("%d records, but %d would do" % (len(want), fewest(w, d)))
    check_entries(w, d, deciding, open("entries").read())
    ceilings = {"block": rnd.randrange(1, 6), "allow": rnd.randrange(1, 3)}
    left = capped(want, ceilings)
    expect(merge("--max-block", str(ceilings["block"]), "--max-allow",
                 str(ceilings["allow"]), "--keep-entries", "entries", *argv,
                 *files),
           stream([line(w, r) for r in left], keys),
           "what the ceilings left of the result", argv, files)
    check_entries(w, left_of(d, left), deciding, open("entries").read())
    with open("again", "w") as f:
        f.write(got)
    expect(merge("again"), got, "the result of the result", argv, files)
    if verdicts == ["block"] and w.kind.startswith("ip"):
        rnd.shuffle(files)
        expect(merge(*argv, *files), got, "another order", argv, files)
    return len(want)


def expect(got, want, what, argv, files):
    if got == want:
        return
    for name in itertools.chain(argv[1::2], files):
        print(name, open(name).read(), sep="\n")
    print(argv, files)
    sys.exit("%s is\n%s\nnot\n%s" % (what, got, want))


records = sum(one_round() for _ in range(ROUNDS))
print(ROUNDS, "rounds,", records, "records")
