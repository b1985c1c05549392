#!/usr/bin/python3
"""cover.py JOURNAL OLD NEW...: at every moment that the journal tells of, each web
ACL blocks what both set streams block (and allows what both allow), and what else
there is in it stays the same. With several NEW, all of these were on their way."""
import ipaddress
import json
import sys


def cells(prefixes):
    out = set()
    for text in prefixes:
        net = ipaddress.ip_network(text)
        assert net.num_addresses <= 65536, text
        first = int(net.network_address)
        out.update((net.version, first + i) for i in range(net.num_addresses))
    return out


def stream(path):
    out = {"block": [], "allow": []}
    with open(path, encoding="utf-8") as f:
        for line in f:
            if not line.startswith("#"):
                _, verdict, _, value = line.split("\t")[:4]
                out[verdict].append(value)
    return {k: cells(v) for k, v in out.items()}


def main():
    streams = [stream(p) for p in sys.argv[2:]]
    keep = {k: set.intersection(*(s[k] for s in streams)) for k in ("block", "allow")}
    rest, moments = {}, 0
    with open(sys.argv[1], encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            moment = json.loads(line)
            moments += 1
            for name, acl in moment["acls"].items():
                for verdict, want in keep.items():
                    lost = want - cells(acl[verdict])
                    if lost:
                        sys.exit("%s: moment %d, after %s: '%s' does not %s %d of "
                                 "them, %s" % (sys.argv[1], number, moment["op"],
                                               name, verdict, len(lost),
                                               ipaddress.ip_address(min(lost)[1])))
                if rest.setdefault(name, acl["rest"]) != acl["rest"]:
                    sys.exit("moment %d, after %s: the rest of '%s' has changed"
                             % (number, moment["op"], name))
    print("%d moments, %d addresses" % (moments, len(keep["block"])))


main()
