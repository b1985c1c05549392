"""Random histories through ts-shard: shard.py SEED STEPS.

Checked at each step: what the sets hold together is what the policy wants (or
waits for its removal), no entry is in two sets, none over its capacity, entries
that stay keep their set, and the sets that change are no more than those a first
fit over the same history changes, all steps taken together.
"""
import random
import subprocess
import sys

SEED, STEPS = int(sys.argv[1]), int(sys.argv[2])
print("seed", SEED, file=sys.stderr)
rnd = random.Random(SEED)
CAPACITY, SETS = 20, 12


def value(n):
    return "10.%d.%d.%d/32" % (n >> 16, n >> 8 & 255, n & 255)


def stream(kind, lines):
    return "#ts-%s/1\n%s#end\trecords=%d\n" % (kind, "".join(lines), len(lines))


def policy(wanted):
    return stream("policy", ["block\tip4\t%s\t-\tx\t-\t1\n" % value(n)
                             for n in sorted(wanted)])


def shard(wanted, previous, *more):
    with open("previous", "w") as f:
        f.write(previous)
    run = subprocess.run(
        ["ts-shard", "-q", "--capacity", str(CAPACITY), "--block-sets", str(SETS),
         "--max-moves", "0", "--previous", "previous", *more],
        input=policy(wanted), capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout


def parse(text):
    """{set: {value: expires}}"""
    sets = {}
    for line in text.splitlines()[1:-1]:
        col = line.split("\t")
        sets.setdefault(col[0], {})[col[3]] = col[6]
    return sets


def changed(a, b):
    return sum(set(a.get(k, ())) != set(b.get(k, ())) for k in set(a) | set(b))


class FirstFit:
    def __init__(self):
        self.sets = [set() for _ in range(SETS)]

    def step(self, wanted):
        before = [set(s) for s in self.sets]
        for s in self.sets:
            s &= wanted
        for n in sorted(wanted - set().union(*self.sets)):
            next(s for s in self.sets if len(s) < CAPACITY).add(n)
        return sum(a != b for a, b in zip(before, self.sets))


def history(*more):
    wanted, last, text = set(), {}, stream("set", [])
    rival, ours, theirs = FirstFit(), 0, 0
    for step in range(STEPS):
        churn = rnd.choice((1, 3, 40))
        pool = sorted(wanted)
        wanted -= set(rnd.sample(pool, min(len(pool), rnd.randrange(churn + 1))))
        while len(wanted) < 200 and rnd.random() < churn / (churn + 1):
            wanted.add(rnd.randrange(1 << 18))
        text = shard(wanted, text, "--now", str(1000 + step * 100), *more)
        now = parse(text)
        held = [v for s in now.values() for v in s]
        assert len(held) == len(set(held)), "an entry is in two sets"
        assert all(len(s) <= CAPACITY for s in now.values()), "a set is too large"
        assert {value(n) for n in wanted} <= set(held), "a wanted entry is lost"
        for s in now.values():
            for v, expires in s.items():
                assert (expires == "-") == (v in {value(n) for n in wanted}), v
                assert expires == "-" or int(expires) > 1000 + step * 100, v
        where = {v: k for k, s in last.items() for v in s}
        for k, s in now.items():
            for v in s:
                assert where.get(v, k) == k, "%s moved" % v
        ours += changed(last, now)
        theirs += rival.step(set(wanted))
        last = now
    return ours, theirs


ours, theirs = history()
assert ours <= theirs * 1.05, "%d sets changed, first fit %d" % (ours, theirs)
deferred, theirs = history("--defer-removals", "1000")
assert deferred <= theirs, "%d sets changed, first fit %d" % (deferred, theirs)
