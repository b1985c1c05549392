"""Random names through ts-merge: names.py SEED TREES.

One to four ordered inputs of both meanings, with --allow, --except and --never
lists; the trees under a root of their own each. A model of what the manual says,
which walks no tree, gives the decision of every name down to two labels below the
deepest owner, from the inputs and from the output. Checked for each name: verdict
and response are the same, and stay so as long as the inputs say while records of
the output expire. For each record: it is what its own owner is decided as, source
and weight included, and expires no later. The output merged again is the output.
"""
import random
import subprocess
import sys

SEED, TREES = int(sys.argv[1]), int(sys.argv[2])
print("seed", SEED, file=sys.stderr)
rnd = random.Random(SEED)
DEPTH = 4
FOREVER = float("inf")
# No list has the last label of these.
LABELS = [["a", "b", "nobody"], ["*x", "a-b", "nobody"], ["!", "_", "nobody"],
          ["a\\.b", "a", "nobody"], ["\\000", "\\001", "nobody"],
          ["\\255", "-", "nobody"], ["x" * 63, "y" * 40, "nobody"]]
RESPONSES = ["nxdomain"] * 4 + ["nodata", "redirect=garden.test",
                                "redirect=*.garden.test", "passthru"]


class Input:
    def __init__(self, number, kind):
        self.kind, self.names = kind, rnd.choice(["rpz", "list"])
        self.file, self.source = "in%d" % number, "s%d" % number
        self.lines, self.exact, self.wild, self.nodes = [], {}, {}, set()

    def add(self, labels, wild):
        """labels from the right"""
        response = rnd.choice(RESPONSES)
        expires = rnd.choice([FOREVER, FOREVER, 100, 200, 300])
        weight = rnd.randint(1, 9)
        self.lines.append((text(labels, wild), response, expires, weight))
        if self.kind == "allow":
            response = "passthru"
        if self.kind in ("except", "never"):
            response = "hole"
        table = self.wild if wild else self.exact
        had = table.get(labels)
        if had is None or (response == "passthru" and had[0] != "passthru"):
            table[labels] = (response, expires, weight)
        elif had[0] == response:
            table[labels] = (response, max(had[1], expires), max(had[2], weight))
        for n in range(len(labels) + 1):
            self.nodes.add(labels[:n])

    def write(self):
        with open(self.file, "w") as f:
            f.write("#ts-policy/1\tnames=%s\n" % self.names)
            for name, response, expires, weight in self.lines:
                f.write("\t".join([
                    "allow" if response == "passthru" else "block", "name", name,
                    response, self.source,
                    "-" if expires == FOREVER else str(expires), str(weight)]) + "\n")
            f.write("#end\trecords=%d\n" % len(self.lines))

    def ask(self, q):
        return self.ask_zone(q) if self.names == "rpz" else self.ask_list(q)

    def ask_zone(self, q):
        if q in self.nodes:
            return self.exact.get(q)
        n = len(q)
        while n > 0 and q[:n] not in self.nodes:
            n -= 1
        return self.wild.get(q[:n])

    def ask_list(self, q):
        said = self.exact.get(q)
        for n in range(len(q) - 1, -1, -1):
            above = self.wild.get(q[:n])
            if above is None:
                continue
            if said is None:
                said = above
            elif above[0] != said[0]:
                break
            said = (said[0], max(said[1], above[1]), max(said[2], above[2]))
        return said


def text(labels, wild):
    return ".".join((["*"] if wild else []) + list(reversed(labels)))


def decide(inputs, q):
    """(response, expires, sources, weight), response None or 'hole' too"""
    response, expires, agreed, who, weight = None, 0, True, set(), 0
    excepted = any(i.ask(q) for i in inputs if i.kind in ("except", "never"))
    hole = False
    for i in inputs:
        r = i.ask(q)
        if r is None or r[0] == "hole":
            continue
        if excepted and r[0] != "passthru":
            hole = True
            continue
        if response is None:
            response, expires = r[0], r[1]
        elif r[0] != response:
            agreed = agreed and r[1] <= expires
            continue
        elif agreed:
            expires = max(expires, r[1])
        who.add(i.source)
        weight += r[2]
    if response is None and hole:
        response = "hole"
    return (response, expires, who, weight)


def parse(text_):
    """The records of the output."""
    records = []
    for line in text_.splitlines()[1:-1]:
        verdict, _, name, response, source, expires, weight = line.split("\t")
        assert (verdict == "allow") == (response == "passthru"), line
        labels = split(name)
        wild = labels[-1] == "*"
        labels = labels[:-1] if wild else labels
        expires = FOREVER if expires == "-" else int(expires)
        records.append((labels, wild, response, expires, set(source.split(",")),
                        int(weight)))
    return records


def later(records, now):
    """What is left of the output by then."""
    zone = Input(0, "policy")
    zone.names = "rpz"
    for labels, wild, response, expires, _, _ in records:
        if expires > now:
            (zone.wild if wild else zone.exact)[labels] = (response, expires, 0)
            zone.nodes.update(labels[:n] for n in range(len(labels) + 1))
    return zone


def split(name):
    """Canonical text to labels from the right."""
    labels, label, i = [], "", 0
    while i < len(name):
        n = 1
        if name[i] == "\\":
            n = 4 if name[i + 1].isdigit() else 2
        elif name[i] == ".":
            labels.append(label)
            label, i = "", i + 1
            continue
        label += name[i:i + n]
        i += n
    return tuple(reversed(labels + [label]))


def wire(label):
    n, i = 1, 0
    while i < len(label):
        if label[i] == "\\":
            i += 3 if label[i + 1].isdigit() else 1
        n, i = n + 1, i + 1
    return n


def fits(labels, wild=False):
    return sum(wire(label) for label in labels) + 2 * wild < 255


def grow(inputs, root):
    """Owners under the root for all inputs; the names to ask for."""
    alphabet = rnd.choice(LABELS)
    asked, level = [], [(root,)]
    for depth in range(DEPTH + 3):
        asked += [q for q in level if fits(q)]
        for q in level:
            for i in inputs if depth <= DEPTH and "nobody" not in q else []:
                if fits(q) and rnd.random() < 0.10:
                    i.add(q, False)
                if fits(q, True) and depth < DEPTH and rnd.random() < 0.08:
                    i.add(q, True)
        level = [q + (label,) for q in level for label in alphabet
                 if rnd.random() < 0.6]
    return asked


def merge(inputs, *more):
    args = ["ts-merge", "--now", "none", *more]
    for i in inputs:
        args += [i.file] if i.kind == "policy" else ["--" + i.kind, i.file]
    run = subprocess.run(args, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout


def main():
    kinds = ["policy"] + rnd.choices(["policy", "policy", "allow", "except", "never"],
                                     k=rnd.randint(0, 3))
    order = ["allow", "policy", "except", "never"]
    inputs = sorted((Input(n, k) for n, k in enumerate(kinds)),
                    key=lambda i: order.index(i.kind))
    asked = [("nobody",)]
    for i in inputs:
        if rnd.random() < 0.15:
            i.add((), True)
    for t in range(TREES):
        asked += grow(inputs, "t%d" % t)
    for i in inputs:
        i.write()
    out = merge(inputs, "--keep-entries", "entries")
    records = parse(out)
    with open("entries") as f:
        entries = parse(f.read())
    bad = check(inputs, asked, records) + check(inputs, asked, entries) + \
        missing(inputs, entries)
    with open("again", "w") as f:
        f.write(out)
    again = subprocess.run(["ts-merge", "--now", "none", "again"],
                           capture_output=True, text=True).stdout
    bad += again != out
    print("%s: %d names, %d records in, %d out, %d entries, %d wrong" %
          (" ".join(i.kind + "/" + i.names for i in inputs), len(asked),
           sum(len(i.lines) for i in inputs), len(records), len(entries), bad))
    return bad > 0


def missing(inputs, entries):
    """Owners of the inputs that the result agrees with, but no entry has."""
    have = {(labels, wild) for labels, wild, *_ in entries}
    bad = 0
    for i in inputs:
        for wild, owners in ((False, i.exact), (True, i.wild)):
            for labels, said in owners.items():
                q = labels + ("nobody",) if wild else labels
                if i.kind in ("policy", "allow") and (labels, wild) not in have \
                        and decide(inputs, q)[0] == said[0]:
                    bad += 1
                    print("entry", text(labels, wild), "is missing")
    return bad


def check(inputs, asked, records):
    bad = 0
    for now in (0, 100, 200, 300):
        zone = later(records, now)
        for q in asked:
            want, got = decide(inputs, q), zone.ask(q)
            if want[0] in (None, "hole"):
                good = now > 0 or got is None or (got[0], want[0]) == ("passthru", "hole")
            else:
                good = now >= want[1] or (got is not None and got[0] == want[0])
            if not good:
                bad += 1
                print("query", text(q, False), "at", now, "wants", want, "gets", got)
    for labels, wild, *got in records:
        want = list(decide(inputs, labels + ("nobody",) if wild else labels))
        if want[0] == "hole":
            want, got = got[0], "passthru"
        elif got[1] < want[1]:
            want[1] = got[1]
        if want != got:
            bad += 1
            print("record", text(labels, wild), "is", got, "not", want)
    return bad


sys.exit(main())
