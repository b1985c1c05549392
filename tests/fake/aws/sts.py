"""The two calls of STS by which a role is taken on, and GetCallerIdentity."""
import secrets
import time
from xml.sax.saxutils import escape

from .errors import Refused


class Sts:
    def __init__(self, keys, settings):
        self.keys, self.settings = keys, settings

    def call(self, caller, form):
        action = form.get("Action", "")
        if form.get("Version") != "2011-06-15" or not hasattr(self, "do_" + action):
            raise Refused("InvalidAction", "no such action: " + action)
        inner = getattr(self, "do_" + action)(caller, form)
        return ('<%sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
                "<%sResult>%s</%sResult><ResponseMetadata><RequestId>%s</RequestId>"
                "</ResponseMetadata></%sResponse>" % (
                    action, action, inner, action, secrets.token_hex(8), action))

    def _session(self, form, account, policy=None):
        arn = form["RoleArn"]
        known = self.settings.get("roles", {})
        if arn not in known:
            raise Refused("AccessDenied", "not authorized to perform: sts:AssumeRole on "
                          "resource: " + arn, status=403)
        if known[arn].get("external_id") != form.get("ExternalId"):
            raise Refused("AccessDenied", "wrong external id", status=403)
        seconds = self.settings.get("session_s") or int(form.get("DurationSeconds",
                                                                "3600"))
        ident = "ASIA" + secrets.token_hex(8).upper()
        key = {"secret": secrets.token_urlsafe(30), "token": secrets.token_urlsafe(60),
               "expires": time.time() + self.settings.get("skew_s", 0) + seconds, "account": arn.split(":")[4] or account,
               "policy": known[arn].get("policy", policy)}
        self.keys[ident] = key
        return "".join("<%s>%s</%s>" % (tag, escape(value), tag) for tag, value in (
            ("AccessKeyId", ident), ("SecretAccessKey", key["secret"]),
            ("SessionToken", key["token"]),
            ("Expiration", time.strftime("%Y-%m-%dT%H:%M:%SZ",
                                         time.gmtime(key["expires"])))))

    def do_AssumeRole(self, caller, form):
        return "<Credentials>%s</Credentials><AssumedRoleUser><Arn>%s</Arn>" \
            "<AssumedRoleId>x:%s</AssumedRoleId></AssumedRoleUser>" % (
                self._session(form, caller["account"]), escape(form["RoleArn"]),
                escape(form["RoleSessionName"]))

    def do_AssumeRoleWithWebIdentity(self, caller, form):
        if form.get("WebIdentityToken") != self.settings.get("web_token", "web-token"):
            raise Refused("InvalidIdentityToken", "no valid token")
        return "<Credentials>%s</Credentials>" % self._session(form, "")

    def do_GetCallerIdentity(self, caller, form):
        return "<Arn>arn:aws:iam::%s:user/x</Arn><UserId>X</UserId>" \
            "<Account>%s</Account>" % (caller["account"], caller["account"])
