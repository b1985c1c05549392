#!/usr/bin/python3
"""JSON as ts-feed2list reads it, beside jq and Python: feedjson.py SEED LINES

What is at some paths of random values: the strings that ts-feed2list took or
reported are those that jq finds there. Which of damaged lines are broken: those
that Python's json refuses.
"""
import json
import random
import re
import subprocess
import sys

seed, count = int(sys.argv[1]), int(sys.argv[2])
rnd = random.Random(seed)
print("seed", seed)

KEYS = ["a", "b", "ip", "x y", "\u00e4", "k\"q", "long" * 10]
PATHS = {".": ".", ".a": ".a?", ".a.b": ".a?.b?", "[]": ".[]?",
         ".a[]": ".a?|.[]?", ".[].ip": ".[]?|.ip?", ".\"x y\"[][]": ".\"x y\"?|.[]?|.[]?",
         ".b[].a[].ip": ".b?|.[]?|.a?|.[]?|.ip?"}
# Without '.' and ':' none of these is ever an entry.
CHARS = "ab1-/#;*! \t\n\"\\\u00e4\u20ac\U0001f600\x7f\x01\0"


def text():
    if rnd.random() < 0.5:
        return rnd.choice(["192.0.2.1", "2001:db8::/32", "a.example", "*.b.example"])
    return "".join(rnd.choice(CHARS) for _ in range(rnd.randrange(12)))


def value(depth):
    pick = rnd.random()
    if depth < 5 and pick < (0.35 if depth else 0.9):
        return {k: value(depth + 1) for k in rnd.sample(KEYS, rnd.randrange(len(KEYS)))}
    if depth < 5 and pick < 0.7:
        return [value(depth + 1) for _ in range(rnd.randrange(4))]
    if pick < 0.95:
        return text()
    return rnd.choice([None, True, False, 0, -1.5e300, 12345678901234567890])


def run(args, data):
    done = subprocess.run(args, input=data, capture_output=True)
    if done.returncode not in (0, 65):
        sys.exit("%s: %d %s" % (args, done.returncode, done.stderr[-2000:]))
    return done.stdout


def unescape(s):
    return re.sub(rb"\\x(..)", lambda m: bytes([int(m.group(1), 16)]), s)


def ours(path, form):
    """(taken values, reported texts, lines with broken JSON)"""
    out = run(["ts-feed2list", "-q", "--source", "t", "--format", form, "--path", path,
               "--max-bad", "100", "--report", "report", "list"], b"")
    taken = [l.split(b"\t")[2] for l in out.splitlines() if not l.startswith(b"#")]
    told, broken = [], set()
    for l in open("report", "rb").read().splitlines():
        line, _, why, what = l.split(b"\t")
        if why == b"broken JSON":
            broken.add(int(line))
        elif why not in (b"no value, passed over", b"no string at the path",
                         b"an object or array at the path"):
            told.append(unescape(what))
    return taken, told, broken


def normal(s):
    """What ts-feed2list writes for a value that it takes."""
    return {b"192.0.2.1": b"192.0.2.1/32"}.get(s, s)


values = [value(0) for _ in range(count)]
with open("list", "w") as f:
    for v in values:
        f.write(json.dumps(v, ensure_ascii=rnd.random() < 0.5) + "\n")
for path, query in PATHS.items():
    strings = [json.loads(l).encode().strip(b" \t\r\v\f") for l in
               run(["jq", "-c", "try (" + query + ") | strings", "list"], b"").splitlines()]
    want = sorted(normal(s) for s in strings if s)
    for form in "ndjson", "json":
        taken, told, broken = ours(path, form)
        got = sorted(taken + told)
        if got != want or broken:
            sys.exit("%s %s: %s, not %s" % (form, path, set(got) ^ set(want), len(want)))
        if not want:
            sys.exit("%s: nothing there" % path)


def refuse(_):
    raise ValueError


DECODER = json.JSONDecoder(parse_constant=refuse)


def whole(s):
    """Whether s is a sequence of JSON values."""
    at = 0
    while True:
        while at < len(s) and s[at] in " \t\r\n":
            at += 1
        if at == len(s):
            return True
        try:
            v, at = DECODER.raw_decode(s, at)
        except ValueError:
            return False
        if isinstance(v, (int, float)) and not isinstance(v, bool) and \
                at < len(s) and s[at] in "0123456789+-.eE":
            return False


lines = []
for _ in range(count * 5):
    s = list(json.dumps(rnd.choice(values), ensure_ascii=rnd.random() < 0.5))
    for _ in range(rnd.randrange(3)):
        at = rnd.randrange(len(s))
        pick = rnd.random()
        if pick < 0.4:
            del s[at]
        elif pick < 0.8:
            s.insert(at, rnd.choice("{}[],:\"\\0123eE+-.tfnu d8\t\x1f"))
        else:
            s[at:] = s[at:at + rnd.randrange(9)]
        if not s:
            s = ["1"]
    lines.append("".join(s))
with open("list", "wb") as f:
    for l in lines:
        f.write(l.encode("utf-8", "surrogatepass") + b"\n")
want = {i for i, l in enumerate(lines, 1) if not whole(l.strip(" \t\r\v\f"))}
got = ours(".nothing.here", "ndjson")[2]
if not count < len(want) < 4.5 * count:
    sys.exit("%d of %d lines are broken" % (len(want), len(lines)))
for i in sorted(got ^ want)[:3]:
    print("line %d is %s: %r" % (i, "broken" if i in want else "good", lines[i - 1]))
sys.exit(got != want)
