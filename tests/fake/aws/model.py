"""Requests and answers held against botocore's models of the services.

What the models of Debian's botocore (December 2022) lack and AWS has since then
is laid over them in OVERLAY, from AWS's API references.
"""
import re

from botocore.loaders import Loader

ANY = {"type": "document"}


def text(least=None, most=None, pattern=None, enum=None):
    shape = {"type": "string"}
    for key, value in (("min", least), ("max", most), ("pattern", pattern),
                       ("enum", enum)):
        if value is not None:
            shape[key] = value
    return shape


# service: {shape: {member: shape}}; a shape by name is one of the model.
OVERLAY = {
    "wafv2": {
        "WebACL": {"DataProtectionConfig": ANY, "AssociationConfig": ANY,
                   "OnSourceDDoSProtectionConfig": ANY, "ApplicationConfig": ANY,
                   "RetrofittedByFirewallManager": {"type": "boolean"}},
        "UpdateWebACLRequest": {"DataProtectionConfig": ANY, "AssociationConfig": ANY,
                                "OnSourceDDoSProtectionConfig": ANY,
                                "ApplicationConfig": ANY},
        "Statement": {"AsnMatchStatement": ANY},
    },
    "route53resolver": {
        name: {
            "FirewallDomainRedirectionAction": text(
                enum=["INSPECT_REDIRECTION_DOMAIN", "TRUST_REDIRECTION_DOMAIN"]),
            "Qtype": text(1, 16),
            "DnsThreatProtection": text(enum=["DGA", "DNS_TUNNELING",
                                              "DICTIONARY_DGA"]),
            "ConfidenceThreshold": text(enum=["LOW", "MEDIUM", "HIGH"]),
            "FirewallThreatProtectionId": text(1, 64),
        } for name in ("CreateFirewallRuleRequest", "UpdateFirewallRuleRequest",
                       "DeleteFirewallRuleRequest", "FirewallRule")
    },
}
# Members that a newer API no longer demands.
RELAXED = {"route53resolver": {
    "CreateFirewallRuleRequest": {"FirewallDomainListId"},
    "UpdateFirewallRuleRequest": {"FirewallDomainListId"},
    "DeleteFirewallRuleRequest": {"FirewallDomainListId"}}}


class Invalid(Exception):
    def __init__(self, path, reason):
        super().__init__("%s: %s" % (path, reason))
        self.path, self.reason = path, reason


class Service:
    def __init__(self, name):
        self.name = name
        self.model = Loader().load_service_model(name, "service-2")
        self.shapes = self.model["shapes"]
        for shape, members in OVERLAY.get(name, {}).items():
            for member, what in members.items():
                key = "Overlay" + shape + member
                self.shapes[key] = what
                self.shapes[shape].setdefault("members", {}).setdefault(
                    member, {"shape": key})
        for shape, members in RELAXED.get(name, {}).items():
            self.shapes[shape]["required"] = [
                m for m in self.shapes[shape].get("required", [])
                if m not in members]

    def operation(self, name):
        return self.model["operations"].get(name)

    def check_input(self, operation, value):
        shape = self.model["operations"][operation].get("input")
        if shape:
            self.check(shape["shape"], value, operation)
        elif value:
            raise Invalid(operation, "takes no input")

    def check_output(self, operation, value):
        shape = self.model["operations"][operation].get("output")
        if shape:
            self.check(shape["shape"], value, operation + " output")

    def check(self, name, value, path):
        shape = self.shapes[name]
        getattr(self, "_" + shape["type"])(shape, value, path)

    def _document(self, shape, value, path):
        pass

    def _structure(self, shape, value, path):
        if not isinstance(value, dict):
            raise Invalid(path, "is no structure")
        members = shape.get("members", {})
        for key in shape.get("required", []):
            if value.get(key) is None:
                raise Invalid(path + "." + key, "is required")
        for key, inner in value.items():
            if key not in members:
                raise Invalid(path + "." + key, "is no member")
            if inner is None:
                raise Invalid(path + "." + key, "is null")
            self.check(members[key]["shape"], inner, path + "." + key)
        if shape.get("union") and len(value) != 1:
            raise Invalid(path, "has not exactly one member")

    def _list(self, shape, value, path):
        if not isinstance(value, list):
            raise Invalid(path, "is no list")
        self._bounds(shape, len(value), path)
        for i, inner in enumerate(value):
            self.check(shape["member"]["shape"], inner, "%s[%d]" % (path, i))

    def _map(self, shape, value, path):
        if not isinstance(value, dict):
            raise Invalid(path, "is no map")
        self._bounds(shape, len(value), path)
        for key, inner in value.items():
            self.check(shape["key"]["shape"], key, path + " key")
            self.check(shape["value"]["shape"], inner, path + "." + key)

    def _string(self, shape, value, path):
        if not isinstance(value, str):
            raise Invalid(path, "is no string")
        self._bounds(shape, len(value), path)
        if "enum" in shape and value not in shape["enum"]:
            raise Invalid(path, "'%s' is not one of %s" % (value, shape["enum"]))
        pattern = shape.get("pattern", r"[\s\S]*")
        # As in Java: \w and the like are ASCII, \p{} is not.
        if not re.fullmatch(
                pattern.replace("\\p{L}", "^\\W\\d_").replace(
                    "\\p{N}", "\\d").replace("\\p{Z}", "\\s"), value,
                0 if "\\p{" in pattern else re.ASCII):
            raise Invalid(path, "'%s' is not %s" % (value, shape["pattern"]))

    def _integer(self, shape, value, path):
        if isinstance(value, bool) or not isinstance(value, int):
            raise Invalid(path, "is no integer")
        self._bounds(shape, value, path)

    _long = _integer

    def _boolean(self, shape, value, path):
        if not isinstance(value, bool):
            raise Invalid(path, "is no boolean")

    def _timestamp(self, shape, value, path):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise Invalid(path, "is no time")

    def _blob(self, shape, value, path):
        if not isinstance(value, str):
            raise Invalid(path, "is no base64 text")

    def _double(self, shape, value, path):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise Invalid(path, "is no number")

    _float = _double

    def _bounds(self, shape, size, path):
        if "min" in shape and size < shape["min"]:
            raise Invalid(path, "%d is under %d" % (size, shape["min"]))
        if "max" in shape and size > shape["max"]:
            raise Invalid(path, "%d is over %d" % (size, shape["max"]))
