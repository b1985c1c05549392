"""Random policies through layers.h under ceilings: layers.py SEED POLICIES.

Whatever has to go, no name may get what it does not get without a ceiling, but
for nothing at all; or, where it was redirected, another block. The ceilings are
kept; the order of the records does not matter.
"""
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../oracle"))
import layers  # noqa: E402

SEED, POLICIES = int(sys.argv[1]), int(sys.argv[2])
print("seed", SEED, file=sys.stderr)
rnd = random.Random(SEED)
DUMP = os.environ.get("BINDIR", "build") + "/layers-dump"
RESPONSES = ["nxdomain"] * 4 + ["nodata", "passthru", "passthru", "data"] + \
    ["redirect=g%d.test" % i for i in range(6)]


def policy():
    """Records, and the names to ask for."""
    owners, asked = set(), set()
    for tree in range(rnd.randint(1, 8)):
        for _ in range(rnd.randint(1, 12)):
            labels = ["t%d" % tree]
            for _ in range(rnd.randint(0, 4)):
                labels.insert(0, rnd.choice(["a", "b", "c_" if tree == 7 else "c"]))
            owners.add(".".join((["*"] if rnd.random() < 0.5 else []) + labels))
            for i in range(len(labels)):
                asked.add(".".join(labels[i:]))
                asked.add(".".join(["nobody"] + labels[i:]))
    records = []
    for owner in sorted(owners):
        response = rnd.choice(RESPONSES)
        records.append("%s\tname\t%s\t%s\ts\t-\t%d\n" % (
            "allow" if response == "passthru" else "block", owner, response,
            rnd.randint(1, 4)))
    return records, sorted(asked)


def dump(records, *opts):
    text = "#ts-policy/1\n" + "".join(records) + "#end\trecords=%d\n" % len(records)
    p = subprocess.run([DUMP, *opts], input=text.encode(), stdout=subprocess.PIPE,
                       check=True)
    return p.stdout.decode().splitlines()


def is_less(full, cut):
    return cut in (full, "none") or (
        full.startswith("redirect=") and cut not in ("passthru", "none"))


def check(records, asked):
    full = dump(records)
    assert full == dump(rnd.sample(records, len(records)))
    fw = layers.Firewall(full)
    names = len(fw.rules)
    for opt, most in ("-n", names), ("-l", len(fw.lists)):
        for ceiling in range(1, most + 1):
            lines = dump(records, opt, str(ceiling))
            cut = layers.Firewall(lines)
            assert (len(cut.rules) if opt == "-n" else len(cut.lists)) <= ceiling
            for name in asked:
                was, got = fw.answer([name]), cut.answer([name])
                assert is_less(was, got), \
                    "%s %d: %s is '%s', not '%s'\n%s" % (
                        opt, ceiling, name, got, was, "".join(records))
        assert lines == full


for _ in range(POLICIES):
    check(*policy())
