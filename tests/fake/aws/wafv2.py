"""WAFv2: IP sets, rule groups and web ACLs with AWS's limits and conflicts."""
import copy
import ipaddress
import json
import uuid

from .errors import Refused

ADDRESSES_MAX = 10000
REFERENCES_MAX = 50
CAPACITY_MAX = 5000
SETS_MAX = 100
READ_ONLY = ("ARN", "Capacity", "LabelNamespace", "ManagedByFirewallManager",
             "PreProcessFirewallManagerRuleGroups",
             "PostProcessFirewallManagerRuleGroups", "RetrofittedByFirewallManager")
# Capacity of statements that have a fixed one here.
FIXED = {"GeoMatchStatement": 1, "LabelMatchStatement": 1, "AsnMatchStatement": 1,
         "ByteMatchStatement": 10, "SqliMatchStatement": 20, "XssMatchStatement": 40,
         "SizeConstraintStatement": 1, "RegexMatchStatement": 3,
         "RegexPatternSetReferenceStatement": 25, "ManagedRuleGroupStatement": 700}


def only(union, what):
    """The one member of what is a union, though the model does not say so."""
    if len(union) != 1:
        raise invalid(what, json.dumps(union), "exactly one kind is wanted")
    return next(iter(union.items()))


def invalid(field, parameter, reason):
    return Refused("WAFInvalidParameterException", message=reason, Field=field,
                   Parameter=parameter[:100], Reason=reason[:100])


class Wafv2:
    target = "AWSWAF_20190729"
    invalid_code = "WAFInvalidParameterException"
    # Calls a second, each action on its own; AWS WAF quotas.
    write_rate, read_rate = 1.0, 5.0

    def __init__(self, account, region, settings):
        self.account, self.region, self.settings = account, region, settings
        self.items = {"ipset": {}, "rulegroup": {}, "webacl": {}}
        self.sets_max = settings.get("sets_max", SETS_MAX)

    def rate(self, operation):
        return (self.read_rate if operation.startswith(("Get", "List", "Check",
                                                        "Describe"))
                else self.write_rate)

    # ---- what all three kinds share

    def _arn(self, kind, scope, name, ident):
        return "arn:aws:wafv2:%s:%s:%s/%s/%s/%s" % (
            self.region, self.account,
            "global" if scope == "CLOUDFRONT" else "regional", kind, name, ident)

    def _check_scope(self, scope):
        if scope == "CLOUDFRONT" and self.region != "us-east-1":
            raise invalid("SCOPE_VALUE", scope, "The scope is not valid.")

    def _create(self, kind, r, body):
        self._check_scope(r["Scope"])
        for item in self.items[kind].values():
            if item["scope"] == r["Scope"] and item["body"]["Name"] == r["Name"]:
                raise Refused("WAFDuplicateItemException",
                              "AWS WAF couldn't perform the operation because some "
                              "resource in your request is a duplicate.")
        ident = str(uuid.uuid4())
        body.update(Name=r["Name"], Id=ident,
                    ARN=self._arn(kind, r["Scope"], r["Name"], ident))
        if "Description" in r:
            body["Description"] = r["Description"]
        self.items[kind][body["ARN"]] = item = {
            "scope": r["Scope"], "body": body, "token": str(uuid.uuid4()),
            "referred": 0}
        return {"Summary": self._summary(item)}

    def _summary(self, item):
        body = item["body"]
        out = {k: body[k] for k in ("Name", "Id", "Description", "ARN") if k in body}
        out["LockToken"] = item["token"]
        return out

    def _find(self, kind, r):
        self._check_scope(r.get("Scope", "REGIONAL"))
        for item in self.items[kind].values():
            body = item["body"]
            if body["ARN"] == r.get("ARN") or (
                    item["scope"] == r.get("Scope") and body["Id"] == r.get("Id")
                    and body["Name"] == r.get("Name")):
                return item
        raise Refused("WAFNonexistentItemException",
                      "AWS WAF couldn't perform the operation because your resource "
                      "doesn't exist.")

    def _locked(self, kind, r):
        item = self._find(kind, r)
        if item["token"] != r["LockToken"]:
            raise Refused("WAFOptimisticLockException",
                          "AWS WAF couldn't save your changes because someone changed "
                          "the resource after you started to edit it. Reapply your "
                          "changes.")
        return item

    def _written(self, item):
        item["token"] = str(uuid.uuid4())
        return {"NextLockToken": item["token"]}

    def _list(self, kind, r, key):
        self._check_scope(r["Scope"])
        found = sorted((i for i in self.items[kind].values()
                        if i["scope"] == r["Scope"]), key=lambda i: i["body"]["Id"])
        limit = r.get("Limit", 100)
        start = 0
        if "NextMarker" in r:
            start = next((n + 1 for n, i in enumerate(found)
                          if i["body"]["Name"] == r["NextMarker"]), len(found))
        page = found[start:start + limit]
        out = {key: [self._summary(i) for i in page]}
        # As the real one: a marker also behind a page that happens to be full.
        if len(page) == limit:
            out["NextMarker"] = page[-1]["body"]["Name"]
        return out

    def _delete(self, kind, r):
        item = self._locked(kind, r)
        arn = item["body"]["ARN"]
        for other in ("webacl", "rulegroup"):
            for holder in self.items[other].values():
                if arn in references(holder["body"].get("Rules", [])):
                    raise Refused("WAFAssociatedItemException",
                                  "AWS WAF couldn't perform the operation because your "
                                  "resource is being used by another resource or it's "
                                  "associated with another resource.")
        del self.items[kind][arn]
        return {}

    # ---- IP sets

    def _addresses(self, version, addresses):
        if len(addresses) > ADDRESSES_MAX:
            raise Refused("WAFLimitsExceededException",
                          "AWS WAF couldn't perform the operation because you exceeded "
                          "your resource limit: MAX_ADDRESSES_IN_IPSET",
                          SourceType="IPSET")
        kept = []
        for text in addresses:
            try:
                if "/" not in text:
                    raise ValueError("no prefix length")
                net = ipaddress.ip_network(text, strict=True)
            except ValueError as why:
                raise invalid("IP_ADDRESS", text, str(why)) from None
            if net.prefixlen == 0:
                raise invalid("IP_ADDRESS", text, "/0 is not supported")
            if (net.version == 4) != (version == "IPV4"):
                raise invalid("IP_ADDRESS", text, "wrong IP version")
            # What comes back may be spelled otherwise.
            kept.append("%s/%d" % (net.network_address.exploded, net.prefixlen))
        if len(set(kept)) != len(kept):
            raise invalid("IP_ADDRESS", "duplicate", "an address is there twice")
        return kept

    def CreateIPSet(self, r):
        if len(self.items["ipset"]) >= self.sets_max:
            raise Refused("WAFLimitsExceededException",
                          "AWS WAF couldn't perform the operation because you exceeded "
                          "your resource limit: IPSETS", SourceType="IPSETS")
        return self._create("ipset", r, {
            "IPAddressVersion": r["IPAddressVersion"],
            "Addresses": self._addresses(r["IPAddressVersion"], r["Addresses"])})

    def GetIPSet(self, r):
        item = self._find("ipset", r)
        return {"IPSet": copy.deepcopy(item["body"]), "LockToken": item["token"]}

    def ListIPSets(self, r):
        return self._list("ipset", r, "IPSets")

    def UpdateIPSet(self, r):
        item = self._locked("ipset", r)
        body = item["body"]
        body["Addresses"] = self._addresses(body["IPAddressVersion"], r["Addresses"])
        body.pop("Description", None)
        if "Description" in r:
            body["Description"] = r["Description"]
        return self._written(item)

    def DeleteIPSet(self, r):
        return self._delete("ipset", r)

    # ---- rules

    def _statement(self, s, depth=0):
        """Capacity of a statement; checks what it refers to."""
        kind, what = only(s, "STATEMENT")
        if depth > 10:
            raise invalid("STATEMENT", kind, "nested too deeply")
        if kind == "IPSetReferenceStatement":
            self._target("ipset", what["ARN"])
            position = what.get("IPSetForwardedIPConfig", {}).get("Position")
            return 5 if position == "ANY" else 1
        if kind == "RuleGroupReferenceStatement":
            return self._target("rulegroup", what["ARN"])["body"]["Capacity"]
        if kind in ("AndStatement", "OrStatement"):
            if len(what["Statements"]) < 2:
                raise invalid("STATEMENT", kind, "fewer than two statements")
            return sum(self._statement(x, depth + 1) for x in what["Statements"])
        if kind == "NotStatement":
            return self._statement(what["Statement"], depth + 1)
        if kind == "RateBasedStatement":
            scope = what.get("ScopeDownStatement")
            return 2 + (self._statement(scope, depth + 1) if scope else 0)
        return FIXED[kind]

    def _target(self, kind, arn):
        item = self.items[kind].get(arn)
        if item is None:
            raise Refused("WAFNonexistentItemException", "no %s %s" % (kind, arn))
        item["referred"] += 1
        if item["referred"] <= self.settings.get("propagation", 0):
            raise Refused("WAFUnavailableEntityException",
                          "AWS WAF couldn't retrieve a resource that you specified for "
                          "this operation. Retry your request.")
        return item

    def _rules(self, rules):
        """Capacity of the rules together."""
        names, priorities, total = set(), set(), 0
        for rule in rules:
            if rule["Name"] in names or rule["Priority"] in priorities:
                raise invalid("RULE", rule["Name"], "name or priority twice")
            names.add(rule["Name"])
            priorities.add(rule["Priority"])
            kind, _ = only(rule["Statement"], "STATEMENT")
            group = kind in ("RuleGroupReferenceStatement", "ManagedRuleGroupStatement")
            if ("OverrideAction" in rule) != group or ("Action" in rule) == group:
                raise invalid("RULE_ACTION", rule["Name"],
                              "needs exactly one of Action and OverrideAction")
            only(rule.get("Action", rule.get("OverrideAction")), "RULE_ACTION")
            total += self._statement(rule["Statement"])
        if len(references(rules)) > REFERENCES_MAX:
            raise Refused("WAFLimitsExceededException",
                          "AWS WAF couldn't perform the operation because you exceeded "
                          "your resource limit: reference statements",
                          SourceType="REFERENCE_STATEMENTS")
        if total > CAPACITY_MAX:
            raise Refused("WAFLimitsExceededException",
                          "AWS WAF couldn't perform the operation because you exceeded "
                          "your resource limit: WCU", SourceType="WEB_ACL_CAPACITY")
        return total

    def CheckCapacity(self, r):
        self._check_scope(r["Scope"])
        return {"Capacity": self._rules(r["Rules"])}

    def CreateRuleGroup(self, r):
        if r["Capacity"] > CAPACITY_MAX:
            raise Refused("WAFLimitsExceededException", "a group's capacity",
                          SourceType="RULE_GROUP_CAPACITY")
        if self._rules(r.get("Rules", [])) > r["Capacity"]:
            raise Refused("WAFLimitsExceededException", "over the group's capacity",
                          SourceType="RULE_GROUP_CAPACITY")
        body = {k: copy.deepcopy(r[k]) for k in
                ("Capacity", "Rules", "VisibilityConfig", "CustomResponseBodies")
                if k in r}
        return self._create("rulegroup", r, body)

    def GetRuleGroup(self, r):
        item = self._find("rulegroup", r)
        return {"RuleGroup": copy.deepcopy(item["body"]), "LockToken": item["token"]}

    def ListRuleGroups(self, r):
        return self._list("rulegroup", r, "RuleGroups")

    def UpdateRuleGroup(self, r):
        item = self._locked("rulegroup", r)
        if self._rules(r.get("Rules", [])) > item["body"]["Capacity"]:
            raise Refused("WAFLimitsExceededException", "over the group's capacity",
                          SourceType="RULE_GROUP_CAPACITY")
        self._replace(item, r, ("Description", "Rules", "VisibilityConfig",
                                "CustomResponseBodies"))
        return self._written(item)

    def DeleteRuleGroup(self, r):
        return self._delete("rulegroup", r)

    # ---- web ACLs

    MUTABLE = ("DefaultAction", "Description", "Rules", "VisibilityConfig",
               "DataProtectionConfig", "CustomResponseBodies", "CaptchaConfig",
               "ChallengeConfig", "TokenDomains", "AssociationConfig",
               "OnSourceDDoSProtectionConfig", "ApplicationConfig")

    def _replace(self, item, r, members):
        """As AWS: what is not sent is gone."""
        for key in members:
            item["body"].pop(key, None)
            if key in r:
                item["body"][key] = copy.deepcopy(r[key])

    def CreateWebACL(self, r):
        only(r["DefaultAction"], "DEFAULT_ACTION")
        body = {k: copy.deepcopy(r[k]) for k in self.MUTABLE if k in r}
        body.setdefault("Rules", [])
        body["Capacity"] = self._rules(body["Rules"])
        body["ManagedByFirewallManager"] = False
        body["LabelNamespace"] = "awswaf:%s:webacl:%s:" % (self.account, r["Name"])
        return self._create("webacl", r, body)

    def GetWebACL(self, r):
        item = self._find("webacl", r)
        return {"WebACL": copy.deepcopy(item["body"]), "LockToken": item["token"]}

    def ListWebACLs(self, r):
        return self._list("webacl", r, "WebACLs")

    def UpdateWebACL(self, r):
        item = self._locked("webacl", r)
        only(r["DefaultAction"], "DEFAULT_ACTION")
        capacity = self._rules(r.get("Rules", []))
        self._replace(item, r, self.MUTABLE)
        item["body"].setdefault("Rules", [])
        item["body"]["Capacity"] = capacity
        return self._written(item)

    def DeleteWebACL(self, r):
        return self._delete("webacl", r)

    # ---- for the journal

    def _addresses_of(self, value):
        found = []
        for arn in references(value):
            if arn in self.items["ipset"]:
                found += self.items["ipset"][arn]["body"]["Addresses"]
            elif arn in self.items["rulegroup"]:
                found += self._addresses_of(
                    self.items["rulegroup"][arn]["body"].get("Rules", []))
        return sorted(found)

    def in_force(self):
        out = {}
        for item in self.items["webacl"].values():
            body = item["body"]
            ours = [r for r in body["Rules"] if "ThreatSTOP" in r["Name"]]
            rest = {k: v for k, v in body.items() if k not in ("Rules", "Capacity")}
            rest["Rules"] = [r for r in body["Rules"] if r not in ours]
            out[body["Name"]] = {
                "block": self._addresses_of([r for r in ours if "block" in r["Name"]]),
                "allow": self._addresses_of([r for r in ours if "allow" in r["Name"]]),
                "rest": rest}
        return out


def references(value):
    """ARNs of reference statements, each as often as it stands there."""
    found = []
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("IPSetReferenceStatement", "RuleGroupReferenceStatement",
                       "RegexPatternSetReferenceStatement"):
                found.append(inner["ARN"])
            else:
                found += references(inner)
    elif isinstance(value, list):
        for inner in value:
            found += references(inner)
    return found
