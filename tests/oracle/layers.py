#!/usr/bin/python3
"""BIND as the oracle for the lists of a DNS firewall.

Loads a policy zone (random trees, or --zone FILE) into named, and the lists that
come of it into a model of the firewall: rules in order of priority, an exact name
or "*." for what is below one, the first match decides; along a chain of CNAMEs
each name is asked about, until one is blocked or is in a list whose redirections
are trusted. Asks both for many names, half of which are CNAMEs to others.

Every name is asked for twice. Once with a zone behind the policy that catches
all, so that "no record speaks of it" differs from "a record lets it through";
once without it, for the chains.

--apply: the lists and rules are those of the rule group after ts-r53-apply was run
against the stand-in for AWS, first with some of the policy, then with all of it.

--mixed: also responses and names that no list can hold. A name that such a record
decides may come out as blocked or as not spoken of, but never as let through; a
name that no list can hold is not judged.
Run it where 127.0.0.1 port 53540 is free.
"""
import argparse
import os
import random
import subprocess
import sys

import dns.flags
import dns.rdatatype

import rpz

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../fake"))
from aws.started import Fake  # noqa: E402

GROUP = "rslvr-frg-0000000000000001"
MANY = 1000000  # names, and calls a second
PURE = [[b"a", b"b", b"c"], [b"a", b"b-c", b"x--1"], [b"com", b"0", b"xn--p1ai"]]


class PureZone(rpz.Zone):
    """Only what lists can say."""

    def action(self, owner):
        own = rpz.text(owner, self.rng)
        r = self.rng.random()
        if r < 0.35:
            return "CNAME ."
        if r < 0.5:
            return "CNAME *."
        if r < 0.78:
            return "CNAME rpz-passthru."
        if r < 0.82:
            return "CNAME %s." % own.replace("*", "a", 1).replace("\\042", "a", 1)
        return "CNAME garden%d.test." % self.rng.randrange(3)


class Firewall:
    """The model, over what layers-dump prints."""

    def __init__(self, lines):
        self.rules, self.lists, names = {}, [], None
        for line in lines:
            f = line.split("\t")
            if len(f) == 1:
                # The first rule that has it.
                self.rules.setdefault(line, len(self.lists) - 1)
            elif f[0] == "list":
                self.lists.append(f)

    def match(self, name):
        """The first rule that matches a name, or None."""
        labels = name.split(".")
        found = [self.rules.get(name)]
        found += [self.rules.get("*." + ".".join(labels[i:]))
                  for i in range(1, len(labels))]
        found = [f for f in found if f is not None]
        return self.lists[min(found)] if found else None

    def answer(self, chain):
        """What a query gets whose CNAMEs lead on to these names."""
        for name in chain:
            rule = self.match(name)
            if rule is None:
                continue
            if rule[3] == "BLOCK":
                return rule[4]
            if rule[5] == "trust":
                return "passthru"
        return "none"


def chained(m, chain):
    """What BIND did somewhere on a chain."""
    if m is None:
        return "no answer"
    if m.flags & dns.flags.TC or m.rcode() not in (0, 3):
        return "rcode %d" % m.rcode()
    follow = dict(zip(chain, chain[1:]))
    for rr in m.answer:
        if rr.rdtype == dns.rdatatype.CNAME:
            target = rr[0].target.to_text(True).lower()
            if target != follow.get(rr.name.to_text(True).lower()):
                return "redirect=" + target
    if m.rcode() == 3:
        return "nxdomain"
    if m.answer and m.answer[-1].rdtype == dns.rdatatype.A:
        address = m.answer[-1][0].to_text()
        return "real" if address == rpz.REAL else "data"
    return "nodata"


def zone_names(path, rng, want):
    """Names worth asking for of a zone: owners, and what is above, below and
    beside them."""
    with open(path) as f:
        owners = [line.split()[0].lower() for line in f
                  if line[:1] not in "$;@ \t\n" and " CNAME " in line]
    asked = set()
    while len(asked) < want:
        labels = rng.choice(owners).split(".")
        if labels[0] == "*":
            labels[0] = "zz"
        how = rng.randrange(4)
        if how == 1:
            labels = labels[1:] or labels
        elif how == 2:
            labels = ["zz"] + labels
        elif how == 3:
            labels = ["zz"] + labels[1:]
        asked.add(".".join(labels))
    return [[x.encode() for x in name.split(".")] for name in sorted(asked)]


def chains(rng, asked, texts):
    """The root zone's records for all of them, and each name's chain."""
    order = list(range(len(asked)))
    rng.shuffle(order)
    chain, lines = {}, []
    for at, i in enumerate(order):
        chain[i], end = [texts[i]], "A %s" % rpz.REAL
        if at > 0 and rng.random() < 0.5:
            to = order[rng.randrange(at)]
            chain[i] += chain[to]
            if len(chain[i]) <= 8:
                end = "CNAME %s." % texts[to]
            else:
                chain[i] = [texts[i]]
        lines.append("%s. %s" % (texts[i], end))
    return "\n".join(lines) + "\n", [chain[i] for i in range(len(asked))]


def ask_named(where, root, queries, caught, mixed=False):
    named = rpz.Named(where, 1, root, caught)
    try:
        return named.ask(queries, 3 if mixed else 30)
    finally:
        named.stop()


def dump(opts, where):
    out = subprocess.run([opts.bin + "/layers-dump"] + opts.dump.split() +
                         ["policy"], cwd=where, stdout=subprocess.PIPE, check=True)
    return out.stdout.decode().splitlines()


def some(rng, path, out):
    """A policy of about half of the records of another."""
    with open(path) as f:
        lines = [x for x in f if x[0] == "#" or rng.random() < 0.5]
    with open(out, "w") as f:
        f.writelines(x for x in lines if not x.startswith("#end"))
        f.write("#end\trecords=%d\n" % sum(x[0] != "#" for x in lines))


def apply(opts, where, rng):
    """What ts-r53-apply leaves in the rule group, in the form of layers-dump."""
    some(rng, where + "/policy", where + "/some")
    fake = Fake(where, rates=False, domains_max=MANY)
    try:
        for options in (["some"], ["policy"], ["--check", "policy"]):
            subprocess.run([opts.bin + "/ts-r53-apply", "-q", "-g", GROUP,
                            "--rate", "1000", "--max-shrink", "100",
                            "--max-domains", str(MANY)] + options,
                           cwd=where, env=fake.env, check=True)
        state = fake.do(do="dump")["route53resolver"]
    finally:
        fake.stop()
    for rule in sorted(state["groups"][GROUP]["rules"], key=lambda r: r["Priority"]):
        response = rule.get("BlockResponse", "pass").lower()
        if response == "override":
            response = "redirect=" + rule["BlockOverrideDomain"].rstrip(".")
        trust = rule["FirewallDomainRedirectionAction"].split("_")[0].lower()
        yield "\t".join(["list", rule["Name"], str(rule["Priority"]), rule["Action"],
                         response, trust])
        yield from state["lists"][rule["FirewallDomainListId"]]["Domains"]


# The responses that no list has.
LEFT = ("data", "drop", "tcp-only", "redirect=*.")


def judge(opts, name, response, bind, ours):
    """True where the model's answer is right for what BIND did."""
    if opts.mixed:
        if not all(c.isalnum() or c in ".-" for c in name):
            return True
        if response.startswith(LEFT):
            return ours != "passthru"
        # Reserved targets, which BIND takes for names.
    return bind == ours


def compare(kind, rows, check):
    bad = 0
    for row in rows:
        if check(*row):
            continue
        bad += 1
        if bad <= 10:
            print("mismatch: %s: %s: BIND '%s', lists '%s'" %
                  (kind, row[0], row[2], row[3]))
    print("%s: %d asked, %d mismatches" % (kind, len(rows), bad))
    return bad


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--seed", type=int, required=True)
    ap.add_argument("--names", type=int, default=4000)
    ap.add_argument("--mixed", action="store_true")
    ap.add_argument("--apply", action="store_true")
    ap.add_argument("--zone")
    ap.add_argument("--dump", default="", help="options of layers-dump")
    ap.add_argument("--dir", required=True)
    ap.add_argument("--bin", default=os.environ.get("BINDIR", "build"))
    opts = ap.parse_args()
    opts.bin, where = os.path.abspath(opts.bin), os.path.abspath(opts.dir)
    rng = random.Random(opts.seed)
    zone = where + "/pol0.test.db"
    if opts.zone:
        with open(opts.zone) as src, open(zone, "w") as dst:
            dst.write(rpz.ZONE_HEAD)
            dst.writelines(x for x in src
                           if " CNAME " in x and x[:1] not in "$;@ \t\n")
        asked = zone_names(zone, rng, opts.names)
    else:
        made = (rpz.Zone if opts.mixed else PureZone)(rng, "pol0.test")
        if not opts.mixed:
            rpz.ALPHABETS = PURE
        asked = rpz.trees(rng, [made], opts.names)
        rpz.hide_below_dname([made])
        made.write(zone)
    rpz.policy(opts, where, 1)
    fw = Firewall(apply(opts, where, rng) if opts.apply else dump(opts, where))
    texts = [rpz.text(labels).lower() for labels in asked]
    responses = [r[2] for r in rpz.explain(opts, where, texts)] if opts.mixed \
        else [""] * len(texts)
    queries = [(n, 1, "127.0.0.1") for n in asked]

    print("seed %d: %d lists, %d names" % (opts.seed, len(fw.lists),
                                           len(fw.rules)))
    binds = [rpz.meant(q[0], m) for q, m in
             zip(queries, ask_named(where, "", queries, True, opts.mixed))]
    ours = [fw.answer([t]) for t in texts]
    bad = compare("names", list(zip(texts, responses, binds, ours)),
                  lambda n, r, b, o: judge(opts, n, r, b, o))
    if not opts.mixed:
        root, chain = chains(rng, asked, texts)
        binds = [chained(m, c) for m, c in
                 zip(ask_named(where, root, queries, False), chain)]
        ours = [fw.answer(c) for c in chain]
        bad += compare("chains", [(" ".join(c), "", b, o) for c, b, o in
                                  zip(chain, binds, ours)],
                       lambda c, r, b, o: b == ("real" if o in ("none", "passthru")
                                                else o))
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
