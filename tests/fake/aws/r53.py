"""Route 53 Resolver DNS Firewall: domain lists, rule groups, rules; their states,
batches and quotas."""
import json
import re
import time
import uuid

from .errors import Refused

BATCH = 1000
IMPORT_MAX = 250000
DOMAINS_MAX = 100000
RULES_MAX = 100
DOMAIN = re.compile(r"\*|(\*\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
QTYPES = {"A", "AAAA", "CAA", "CNAME", "DS", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF",
          "SRV", "TXT"}


def invalid(text):
    return Refused("ValidationException", text)


class Route53Resolver:
    target = "Route53Resolver"
    invalid_code = "ValidationException"
    all_rate = 5.0  # all calls together

    def __init__(self, account, region, settings):
        self.account, self.region, self.settings = account, region, settings
        self.lists, self.groups = {}, {}
        self.domains_max = settings.get("domains_max", DOMAINS_MAX)
        self.create_group("others", ident="rslvr-frg-0000000000000001")

    def rate(self, operation):
        return self.all_rate

    def wrote(self, operation):
        """One more line of the journal."""
        path = self.settings.get("journal_r53")
        if path:
            with open(path, "a", encoding="utf-8") as f:
                f.write(json.dumps({
                    "op": operation,
                    "groups": {k: g["rules"] for k, g in self.groups.items()},
                    "lists": {k: sorted(e["domains"]) for k, e in
                              self.lists.items()}}) + "\n")

    def create_group(self, name, ident=None, share="NOT_SHARED"):
        ident = ident or "rslvr-frg-" + uuid.uuid4().hex[:16]
        self.groups[ident] = {
            "meta": {"Id": ident, "Arn": self._arn("firewall-rule-group", ident),
                     "Name": name, "RuleCount": 0, "Status": "COMPLETE",
                     "OwnerId": (self.account if share != "SHARED_WITH_ME"
                                 else "999999999999"),
                     "CreatorRequestId": name, "ShareStatus": share},
            "rules": []}
        return ident

    def _arn(self, kind, ident):
        return "arn:aws:route53resolver:%s:%s:%s/%s" % (self.region, self.account, kind,
                                                        ident)

    def _settle(self, entry):
        if entry["meta"]["Status"] in ("UPDATING", "IMPORTING"):
            entry["looks"] -= 1
            if entry["looks"] < 0:
                entry["meta"]["Status"] = "COMPLETE"

    def _entry(self, ident):
        if ident not in self.lists:
            raise Refused("ResourceNotFoundException", "no domain list " + ident,
                          ResourceType="FirewallDomainList")
        self._settle(self.lists[ident])
        return self.lists[ident]

    @staticmethod
    def _at_rest(entry):
        if not entry["meta"]["Status"].startswith("COMPLETE"):
            raise Refused("ConflictException", "the list is " + entry["meta"]["Status"])

    def _group(self, ident):
        if ident not in self.groups:
            raise Refused("ResourceNotFoundException", "no rule group " + ident,
                          ResourceType="FirewallRuleGroup")
        return self.groups[ident]

    @staticmethod
    def _page(found, r, key, most=100):
        if not r.get("NextToken", "0").isdigit():
            raise invalid("no such NextToken")
        start = int(r.get("NextToken", "0"))
        limit = r.get("MaxResults", most)
        out = {key: found[start:start + limit]}
        if start + limit < len(found):
            out["NextToken"] = str(start + limit)
        return out

    def _updating(self, entry):
        entry["looks"] = self.settings.get("updating", 0)
        entry["meta"]["Status"] = "UPDATING" if entry["looks"] else "COMPLETE"
        entry["meta"]["DomainCount"] = len(entry["domains"])
        entry["meta"]["ModificationTime"] = self._now()
        meta = entry["meta"]
        return {k: meta[k] for k in ("Id", "Name", "Status")} | {
            "StatusMessage": "Finished domain list update"}

    @staticmethod
    def _now():
        return time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime()) + \
            "%09dZ" % (time.time_ns() % 10 ** 9)

    # ---- domain lists

    def CreateFirewallDomainList(self, r):
        for entry in self.lists.values():
            if entry["meta"]["CreatorRequestId"] == r["CreatorRequestId"]:
                return {"FirewallDomainList": dict(entry["meta"])}
        ident = "rslvr-fdl-" + uuid.uuid4().hex[:16]
        self.lists[ident] = {"domains": set(), "looks": 0, "meta": {
            "Id": ident, "Arn": self._arn("firewall-domain-list", ident),
            "Name": r["Name"], "DomainCount": 0, "Status": "COMPLETE",
            "StatusMessage": "Created", "CreatorRequestId": r["CreatorRequestId"],
            "CreationTime": self._now(), "ModificationTime": self._now()}}
        return {"FirewallDomainList": dict(self.lists[ident]["meta"])}

    def GetFirewallDomainList(self, r):
        return {"FirewallDomainList": dict(
            self._entry(r["FirewallDomainListId"])["meta"])}

    def ListFirewallDomainLists(self, r):
        return self._page([{k: e["meta"][k] for k in (
            "Id", "Arn", "Name", "CreatorRequestId", "ManagedOwnerName")
            if k in e["meta"]} for _, e in sorted(self.lists.items())], r,
            "FirewallDomainLists")

    def ListFirewallDomains(self, r):
        entry = self._entry(r["FirewallDomainListId"])
        dot = "." if self.settings.get("final_dot") else ""
        return self._page([d + dot for d in sorted(entry["domains"])], r, "Domains")

    def UpdateFirewallDomains(self, r):
        entry = self._entry(r["FirewallDomainListId"])
        if entry["meta"].get("ManagedOwnerName"):
            raise Refused("AccessDeniedException", "the list is managed by AWS")
        self._at_rest(entry)
        if len(r["Domains"]) > BATCH:
            raise invalid("more than %d domains" % BATCH)
        new = set()
        for domain in r["Domains"]:
            if len(domain) > 255 or not DOMAIN.fullmatch(domain):
                raise invalid("Invalid domain: " + domain[:100])
            new.add(domain.lower())
        before = entry["domains"]
        after = {"ADD": before | new, "REMOVE": before - new, "REPLACE": new}[
            r["Operation"]]
        total = sum(len(e["domains"]) for e in self.lists.values()
                    if not e["meta"].get("ManagedOwnerName"))
        if total - len(before) + len(after) > self.domains_max:
            raise Refused("LimitExceededException", "too many domains",
                          ResourceType="FirewallDomain")
        entry["domains"] = after
        return self._updating(entry)

    def ImportFirewallDomains(self, r):
        entry = self._entry(r["FirewallDomainListId"])
        self._at_rest(entry)
        bucket, _, key = r["DomainFileUrl"].removeprefix("s3://").partition("/")
        found = self.s3.versions.get((bucket, key))
        if not found or self.s3.buckets[bucket].get("region", "us-east-1") != self.region:
            raise invalid("no such file in this Region")
        lines = found[-1].body.decode().splitlines()
        bad = [x for x in lines if len(x) > 255 or not DOMAIN.fullmatch(x)]
        if bad or len(lines) > IMPORT_MAX:
            entry["meta"].update(Status="COMPLETE_IMPORT_FAILED",
                                 StatusMessage="Invalid domain in the file")
        else:
            total = sum(len(e["domains"]) for e in self.lists.values()
                        if not e["meta"].get("ManagedOwnerName"))
            if total - len(entry["domains"]) + len(set(lines)) > self.domains_max:
                raise Refused("LimitExceededException", "too many domains",
                              ResourceType="FirewallDomain")
            entry["domains"] = set(lines)
            self._updating(entry)
            if entry["meta"]["Status"] == "UPDATING":
                entry["meta"]["Status"] = "IMPORTING"
        return {k: entry["meta"][k] for k in ("Id", "Name", "Status")} | {
            "StatusMessage": entry["meta"]["StatusMessage"]}

    def DeleteFirewallDomainList(self, r):
        entry = self._entry(r["FirewallDomainListId"])
        self._at_rest(entry)
        if any(x.get("FirewallDomainListId") == entry["meta"]["Id"]
               for g in self.groups.values() for x in g["rules"]):
            raise Refused("ConflictException", "the list is in use by a rule")
        del self.lists[entry["meta"]["Id"]]
        return {"FirewallDomainList": dict(entry["meta"], Status="DELETING")}

    # ---- rule groups and rules

    def GetFirewallRuleGroup(self, r):
        group = self._group(r["FirewallRuleGroupId"])
        return {"FirewallRuleGroup": dict(group["meta"], RuleCount=len(group["rules"]))}

    def ListFirewallRuleGroups(self, r):
        return self._page([{k: g["meta"][k] for k in (
            "Id", "Arn", "Name", "OwnerId", "CreatorRequestId", "ShareStatus")}
            for g in self.groups.values()], r, "FirewallRuleGroups")

    def ListFirewallRules(self, r):
        group = self._group(r["FirewallRuleGroupId"])
        rules = sorted(group["rules"], key=lambda x: x["Priority"])
        if "Priority" in r:
            rules = [x for x in rules if x["Priority"] == r["Priority"]]
        if "Action" in r:
            rules = [x for x in rules if x["Action"] == r["Action"]]
        return self._page(rules, r, "FirewallRules")

    def _own(self, ident):
        group = self._group(ident)
        if group["meta"]["ShareStatus"] == "SHARED_WITH_ME":
            raise Refused("AccessDeniedException", "the rule group is shared with you")
        return group

    def _rule(self, group, r):
        for rule in group["rules"]:
            if (rule.get("FirewallDomainListId"), rule.get("Qtype")) == (
                    r.get("FirewallDomainListId"), r.get("Qtype")):
                return rule
        return None

    def _check(self, group, rule):
        if rule["Action"] == "BLOCK":
            if "BlockResponse" not in rule:
                raise invalid("BLOCK needs a BlockResponse")
        elif any(k.startswith("Block") for k in rule):
            raise invalid("BlockResponse goes with BLOCK")
        override = rule.get("BlockResponse") == "OVERRIDE"
        for key in ("BlockOverrideDomain", "BlockOverrideDnsType", "BlockOverrideTtl"):
            if (key in rule) != override:
                raise invalid(key + " goes with OVERRIDE, and OVERRIDE with it")
        if "Qtype" in rule and rule["Qtype"] not in QTYPES and not re.fullmatch(
                r"TYPE[1-9][0-9]{0,4}", rule["Qtype"]):
            raise invalid("no such Qtype")
        for other in group["rules"]:
            if other is not rule and other["Priority"] == rule["Priority"]:
                raise invalid("the priority %d is taken" % rule["Priority"])
        if re.fullmatch(r"[0-9]+", rule["Name"]):
            raise invalid("a name is not all digits")

    def CreateFirewallRule(self, r):
        group = self._own(r["FirewallRuleGroupId"])
        if "FirewallDomainListId" not in r:
            raise invalid("rules without a list are not played here")
        self._entry(r["FirewallDomainListId"])
        old = self._rule(group, r)
        if old is not None:
            if old["CreatorRequestId"] == r["CreatorRequestId"]:
                return {"FirewallRule": dict(old)}
            raise invalid("there is a rule for this list")
        if len(group["rules"]) >= self.settings.get("rules_max", RULES_MAX):
            raise Refused("LimitExceededException", "too many rules",
                          ResourceType="FirewallRule")
        rule = dict(r, CreationTime=self._now(), ModificationTime=self._now())
        rule.setdefault("FirewallDomainRedirectionAction", "INSPECT_REDIRECTION_DOMAIN")
        self._check(group, rule)
        group["rules"].append(rule)
        return {"FirewallRule": dict(rule)}

    def UpdateFirewallRule(self, r):
        group = self._own(r["FirewallRuleGroupId"])
        rule = self._rule(group, r)
        if rule is None:
            raise Refused("ResourceNotFoundException", "no such rule",
                          ResourceType="FirewallRule")
        new = {**rule, **r}
        if new["Action"] != "BLOCK":
            for key in list(new):
                if key.startswith("Block") and key not in r:
                    del new[key]
        if new.get("BlockResponse") != "OVERRIDE":
            for key in list(new):
                if key.startswith("BlockOverride") and key not in r:
                    del new[key]
        group["rules"].remove(rule)
        try:
            self._check(group, new)
        except Refused:
            group["rules"].append(rule)
            raise
        group["rules"].append(dict(new, ModificationTime=self._now()))
        return {"FirewallRule": dict(new)}

    def DeleteFirewallRule(self, r):
        group = self._own(r["FirewallRuleGroupId"])
        rule = self._rule(group, r)
        if rule is None:
            raise Refused("ResourceNotFoundException", "no such rule",
                          ResourceType="FirewallRule")
        group["rules"].remove(rule)
        return {"FirewallRule": dict(rule)}
