#!/usr/bin/python3
"""A web ACL that has every member of the model, as JSON for CreateWebACL.

everything.py NAME IPSET-ARN RULEGROUP-ARN: rules of every kind of statement, each
with all that its shape has; values go through all of an enum in turn. What the
service demands beyond the model is in FIX.
"""
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from aws.model import Service  # noqa: E402

TEXTS = ["a", "abc", "AbcDef", "X-Real-IP", "text/plain", "awswaf:some:label", "1",
         "https://example.org/login", "example.org", "a" * 20, "/etc/passwd", "12",
         "arn:aws:wafv2:us-east-1:111122223333:regional/regexpatternset/x/" + "0" * 36,
         "00000000-0000-0000-0000-000000000000", "Version_1.0", "/a", "AQ"]
NESTED = {"ByteMatchStatement", "LabelMatchStatement", "GeoMatchStatement"}


class Maker:
    def __init__(self, ipset, group):
        self.shapes = Service("wafv2").shapes
        self.turn = {}
        self.arns = {"IPSetReferenceStatement": ipset,
                     "RuleGroupReferenceStatement": group}

    def next(self, key, most):
        self.turn[key] = self.turn.get(key, -1) + 1
        return self.turn[key] % most

    def make(self, name, depth=0):
        shape = self.shapes[name]
        if name == "Statement":
            return self.statement(sorted(NESTED)[self.next(name, len(NESTED))], depth)
        if name in ("RuleAction", "DefaultAction"):
            kinds = sorted(shape["members"])
            kind = kinds[self.next(name, len(kinds))]
            return {kind: self.make(shape["members"][kind]["shape"], depth + 1)}
        kind = shape["type"]
        if kind == "structure":
            return {k: self.make(m["shape"], depth + 1)
                    for k, m in shape.get("members", {}).items()}
        if kind == "list":
            count = max(shape.get("min", 2), min(2, shape.get("max", 2)))
            return [self.make(shape["member"]["shape"], depth + 1)
                    for _ in range(count)]
        if kind == "map":
            return {self.text(self.shapes[shape["key"]["shape"]]):
                    self.make(shape["value"]["shape"], depth + 1)}
        if kind == "string":
            if "enum" in shape:
                return shape["enum"][self.next(name, len(shape["enum"]))]
            return self.text(shape)
        if kind in ("integer", "long"):
            return max(shape.get("min", 1), 1) + self.next(name, 3)
        return {"boolean": bool(self.next(name, 2)), "blob": "AAH/" , "timestamp": 1,
                "double": 0.5, "document": {"One": [1, "\u00e9"], "Two": {}}}[kind]

    def text(self, shape):
        for text in TEXTS:
            if shape.get("min", 0) <= len(text) <= shape.get("max", 4096) and \
                    re.fullmatch(shape.get("pattern", r"[\s\S]*"), text):
                return text
        raise ValueError("no text for %s" % shape)

    def statement(self, kind, depth):
        member = self.shapes["Statement"]["members"][kind]["shape"]
        out = self.make(member, depth + 1)
        if kind in self.arns:
            out["ARN"] = self.arns[kind]
        return {kind: out}


def rules(maker):
    out = []
    kinds = sorted(maker.shapes["Statement"]["members"])
    actions = len(maker.shapes["RuleAction"]["members"])
    for n, kind in enumerate(kinds + ["ByteMatchStatement"] * actions):
        rule = maker.make("Rule")
        rule.update(Name="other-%d" % n, Priority=1000 + 7 * n,
                    Statement=maker.statement(kind, 0))
        grouped = kind in ("RuleGroupReferenceStatement", "ManagedRuleGroupStatement")
        del rule["Action" if grouped else "OverrideAction"]
        if grouped:
            rule["OverrideAction"] = {"None": {}}
        out.append(rule)
    return out


def main():
    maker = Maker(sys.argv[2], sys.argv[3])
    out = maker.make("UpdateWebACLRequest")
    for key in ("Id", "LockToken"):
        del out[key]
    out.update(Name=sys.argv[1], Scope="REGIONAL", Description="made by hand",
               Rules=rules(maker))
    print(json.dumps(out))


main()
