"""What DNS Firewall would answer, by the journal of r53.py.

resolver.py OLD NEW JOURNAL GROUP NAME...: OLD and NEW are dumps of the stand-in
(/_test, dump), JOURNAL the states in between. At each of them every NAME must get
the answer of OLD or that of NEW; rules whose name does not begin with TS_ must be
those of OLD; and no rule of ours may have a list without names.
"""
import json
import sys


def matches(entry, name):
    if entry == "*":
        return True
    if entry.startswith("*."):
        return name.endswith(entry[1:]) and name != entry[1:]
    return entry == name


def answer(rules, lists, name):
    """The first by priority whose list has the name."""
    for rule in sorted(rules, key=lambda r: r["Priority"]):
        if any(matches(e, name) for e in lists[rule["FirewallDomainListId"]]):
            return [rule[k] for k in ("Action", "BlockResponse", "BlockOverrideDomain",
                                      "FirewallDomainRedirectionAction") if k in rule]
    return []


def of_dump(path, group):
    with open(path, encoding="utf-8") as f:
        dump = json.load(f)["route53resolver"]
    return dump["groups"][group]["rules"], {
        k: v["Domains"] for k, v in dump["lists"].items()}


def others(rules):
    return sorted((r for r in rules if not r["Name"].startswith("TS_")),
                  key=lambda r: r["Priority"])


def main():
    old, new, journal, group = sys.argv[1:5]
    names = sys.argv[5:]
    first, last = of_dump(old, group), of_dump(new, group)
    want = {n: (answer(*first, n), answer(*last, n)) for n in names}
    states = 0
    with open(journal, encoding="utf-8") as f:
        for line in f:
            state = json.loads(line)
            rules, lists = state["groups"][group], state["lists"]
            where = "state %d, after %s" % (states, state["op"])
            for n in names:
                got = answer(rules, lists, n)
                assert got in want[n], "%s: %s gets %s, not %s" % (where, n, got, want[n])
            assert others(rules) == others(first[0]), where + ": rules of others"
            for r in rules:
                assert not r["Name"].startswith("TS_") or \
                    lists[r["FirewallDomainListId"]], where + ": " + r["Name"]
            states += 1
    assert states > 0, "no states"
    print(states, "states")


main()
