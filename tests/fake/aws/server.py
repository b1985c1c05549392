"""A strict stand-in for the AWS services that ts-tools call, on loopback.

server.py DIR [SETTINGS.json]: listens on a free port of 127.0.0.1, writes its URL
to DIR/url once it answers, and a line of JSON for each call to DIR/calls: service,
operation, status, error, key, bytes, time.

Every request is held against botocore's model of its service, its signature
recomputed by botocore, its caller's policy consulted; answers are held against the
model too. Settings (all optional):
  account, keys {id: {secret, token, account, policy}}, rates (false: none),
  skew_s (the server's clock is off), domains_max,
  propagation (how many times what is new is not seen by what refers to it),
  updating (how many looks at a list find it being updated),
  roles {arn: {external_id, policy}}, session_s, web_token, region
  faults [{op, nth, times, do}]: at the nth call of op and times-1 further ones do
    throttle | 500 | 503 | expired | stale | lost (done, then cut) | cut (not done) |
    garbage | hold (while the file of that path is there) | html | kill (done, then
    the process whose id is in DIR/pid is killed) | kill-before (the same, not done) |
    meanwhile (what: a request to /_test, carried out before)
  journal: after each write to wafv2, a line in DIR/journal: what each web ACL
    blocks and allows by rules named *ThreatSTOP*, and the rest of it.
  buckets and what else S3 has: see s3.py
  port, cert: of a file in PEM with certificate and key, to serve TLS there
  bypass: path of a file: while it is there, no faults.
POST /_test with {"do": ...} changes the state as somebody else would: see Control.
"""
import calendar
import copy
import http.server
import json
import os
import signal
import ssl
import sys
import threading
import time
import urllib.parse
import uuid

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from aws.errors import Refused  # noqa: E402
from aws.model import Invalid, Service  # noqa: E402
from aws.r53 import Route53Resolver  # noqa: E402
from aws.s3 import Call, S3  # noqa: E402
from aws.sts import Sts  # noqa: E402
from aws.wafv2 import Wafv2  # noqa: E402

SKEW_MAX = 300
DEFAULT_KEY = {"AKIDTEST": {"secret": "secret/test+key"}}


class World:
    def __init__(self, where, settings):
        self.models = {n: Service(n) for n in ("wafv2", "route53resolver")}
        self.lock = threading.RLock()
        self.where = where
        self.calls = open(os.path.join(where, "calls"), "a", buffering=1,
                          encoding="utf-8")
        self.begin(settings)

    def begin(self, settings):
        self.settings = settings
        self.account = settings.get("account", "111122223333")
        self.keys = {k: dict({"account": self.account}, **v) for k, v in
                     settings.get("keys", DEFAULT_KEY).items()}
        self.backends, self.buckets, self.seen = {}, {}, {}
        self.sts, self.s3 = Sts(self.keys, settings), S3(settings)

    def now(self):
        return time.time() + self.settings.get("skew_s", 0)

    def backend(self, service, account, region):
        kind = {"wafv2": Wafv2, "route53resolver": Route53Resolver}[service]
        key = (service, account, region)
        if key not in self.backends:
            self.backends[key] = kind(account, region, self.settings)
            self.backends[key].s3 = self.s3
        return self.backends[key]

    def fault(self, operation):
        bypass = self.settings.get("bypass")
        if bypass and os.path.exists(bypass):
            return None
        self.seen[operation] = self.seen.get(operation, 0) + 1
        for fault in self.settings.get("faults", []):
            first = fault.get("nth", 1)
            count = self.seen[operation] if fault["op"] == operation else None
            if fault["op"] == "*":
                count = sum(self.seen.values())
            if count is not None and first <= count < first + fault.get("times", 1):
                return fault
        return None

    def journal(self, backend, operation):
        if self.settings.get("journal"):
            with open(os.path.join(self.where, "journal"), "a",
                      encoding="utf-8") as f:
                f.write(json.dumps({"op": operation, "acls": backend.in_force()})
                        + "\n")

    def kill(self):
        with open(os.path.join(self.where, "pid"), encoding="utf-8") as f:
            os.kill(int(f.read()), signal.SIGKILL)

    def pace(self, key, rate):
        """A token bucket of one second's calls: AWS allows short bursts too."""
        if self.settings.get("rates") is False:
            return
        now = time.monotonic()
        tokens, last = self.buckets.get(key, (max(rate, 1.0), now))
        tokens = min(max(rate, 1.0), tokens + (now - last) * rate)
        self.buckets[key] = (tokens - (tokens >= 1), now)
        if tokens < 1:
            raise Refused("ThrottlingException", "Rate exceeded")


def signed_by(world, handler, body):
    """The caller, after the signature was computed again."""
    auth = handler.headers.get("Authorization", "")
    if not auth.startswith("AWS4-HMAC-SHA256 "):
        raise Refused("MissingAuthenticationTokenException", "not signed", 403)
    parts = dict(p.strip().split("=", 1) for p in auth[17:].split(","))
    ident, date, region, service, _ = parts["Credential"].split("/")
    if ident not in world.keys:
        raise Refused("UnrecognizedClientException",
                      "The security token included in the request is invalid.", 403)
    key = world.keys[ident]
    stamp = handler.headers.get("X-Amz-Date", "")
    when = calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))
    if not stamp.startswith(date) or abs(when - world.now()) > SKEW_MAX:
        raise Refused("InvalidSignatureException", "Signature expired or not yet "
                      "current: %s" % stamp, 403)
    if key.get("token") != handler.headers.get("X-Amz-Security-Token"):
        raise Refused("UnrecognizedClientException", "wrong session token", 403)
    if key.get("expires", world.now() + 1) <= world.now():
        raise Refused("ExpiredTokenException", "The security token included in the "
                      "request is expired", 403)
    signed = parts["SignedHeaders"].split(";")
    if signed != sorted(signed) or "host" not in signed or "x-amz-date" not in signed:
        raise Refused("InvalidSignatureException", "bad SignedHeaders", 403)
    for name in ("content-type", "x-amz-target", "x-amz-security-token"):
        if name in handler.headers and name not in signed:
            raise Refused("InvalidSignatureException", name + " is not signed", 403)
    request = AWSRequest(method=handler.command, data=body, url="http://%s%s" % (
        handler.headers["Host"], handler.path),
        headers={n: handler.headers[n] for n in signed})
    request.context["timestamp"] = stamp
    kind = S3SigV4Auth if service == "s3" else SigV4Auth
    signer = kind(Credentials(ident, key["secret"], key.get("token")), service, region)
    canonical = signer.canonical_request(request)
    want = signer.signature(signer.string_to_sign(request, canonical), request)
    if want != parts["Signature"]:
        raise Refused("InvalidSignatureException", "The request signature we "
                      "calculated does not match the signature you provided.", 403)
    return key, region, service


def permitted(key, service, operation):
    policy = key.get("policy")
    if not policy:
        return
    with open(policy, encoding="utf-8") as f:
        statements = json.load(f)["Statement"]
    for s in statements:
        actions = s["Action"] if isinstance(s["Action"], list) else [s["Action"]]
        if s["Effect"] == "Allow" and "%s:%s" % (service, operation) in actions:
            return
    raise Refused("AccessDeniedException", "User is not authorized to perform: %s:%s"
                  % (service, operation))


class Control:
    """What somebody else does meanwhile, and what a test wants to see."""

    def __init__(self, world):
        self.world = world

    def do(self, r):
        return getattr(self, "do_" + r.pop("do"))(**r)

    def do_each(self, what):
        return [self.do(r) for r in what]

    def do_call(self, service, operation, args, region="us-east-1"):
        backend = self.world.backend(service, self.world.account, region)
        return getattr(backend, operation)(args)

    def do_dump(self, region="us-east-1"):
        out = {}
        for (service, account, where), b in self.world.backends.items():
            if where != region:
                continue
            if service == "wafv2":
                out[service] = {k: [i["body"] for i in v.values()]
                                for k, v in b.items.items()}
            else:
                out[service] = {
                    "lists": {k: dict(e["meta"], Domains=sorted(e["domains"]))
                              for k, e in b.lists.items()},
                    "groups": {k: g for k, g in b.groups.items()}}
        return out

    def do_patch(self, name, changes, region="us-east-1", kind="webacl"):
        """Changes members of an item as the console would, token included."""
        b = self.world.backend("wafv2", self.world.account, region)
        for item in b.items[kind].values():
            if item["body"]["Name"] == name:
                item["body"].update(changes)
                item["token"] = str(uuid.uuid4())
                return item["body"]
        raise KeyError(name)

    def do_drop(self, name, region="us-east-1", kind="webacl"):
        """Is gone, whoever refers to it."""
        items = self.world.backend("wafv2", self.world.account, region).items[kind]
        for arn in [a for a, i in items.items() if i["body"]["Name"] == name]:
            del items[arn]
        return {}

    def do_group(self, name, share="NOT_SHARED", region="us-east-1", ident=None):
        b = self.world.backend("route53resolver", self.world.account, region)
        return {"Id": b.create_group(name, ident, share)}

    def do_managed(self, ident, region="us-east-1"):
        b = self.world.backend("route53resolver", self.world.account, region)
        b.lists[ident]["meta"]["ManagedOwnerName"] = "Route 53 Resolver DNS Firewall"
        return {}

    def do_object(self, bucket, key, **kept):
        return self.world.s3.put_object(bucket, key, **kept)

    def do_reset(self, settings=None):
        """As though it had been started anew, with other settings if given."""
        self.world.begin(self.world.settings if settings is None else settings)
        return {}

    def do_keep(self):
        """What do_back goes back to."""
        self.world.kept = copy.deepcopy({
            k: {name: getattr(b, name) for name in ("items", "lists", "groups")
                if hasattr(b, name)} for k, b in self.world.backends.items()})
        return {}

    def do_back(self):
        for key, kept in self.world.kept.items():
            for name, value in copy.deepcopy(kept).items():
                setattr(self.world.backends[key], name, value)
        return {}

    def do_settings(self, **changes):
        self.world.settings.update(changes)
        self.world.seen.clear()
        return {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server_version = "fakeaws"
    sys_version = ""
    world = None

    def log_message(self, *args):
        pass

    def date_time_string(self, timestamp=None):
        return super().date_time_string(timestamp or self.world.now())

    def answer(self, status, body, kind="application/x-amz-json-1.1", code=None):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(raw)))
        if code:
            self.send_header("x-amzn-ErrorType", code + ":")
        self.end_headers()
        self.wfile.write(raw)

    def cut(self):
        self.close_connection = True
        self.connection.close()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        with self.world.lock:
            if self.path == "/_test":
                self.answer(200, Control(self.world).do(json.loads(body)))
                return
            self.service_call(body)

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        Call(self, body, signed_by, permitted).run()

    do_PUT = do_HEAD = do_GET

    def drip(self, out):
        for at in range(len(out)):
            try:
                self.wfile.write(out[at:at + 1])
                self.wfile.flush()
            except OSError:
                self.close_connection = True
                return
            time.sleep(0.1)

    def service_call(self, body):
        record = {"t": time.monotonic(), "bytes": len(body)}
        fault = None
        try:
            if self.headers.get("X-Amz-Target"):
                target, _, record["op"] = self.headers["X-Amz-Target"].partition(".")
                fault = self.world.fault(record["op"])
                status, out, code = 200, self.json_call(target, record, body, fault), None
            else:
                self.query_call(record, body)
                return
        except Refused as why:
            code, status = why.code, why.status
            out = dict(why.body, __type="com.amazonaws#" + code)
        record.update(status=status, error=code)
        done = (fault or {}).get("do")
        if done in ("lost", "cut", "kill", "kill-before"):
            record["fault"] = done
        self.world.calls.write(json.dumps(record) + "\n")
        if done in ("kill", "kill-before"):
            self.world.kill()
        if done in ("lost", "cut", "kill", "kill-before"):
            self.cut()
        elif done == "garbage":
            self.answer(200, b"{\"truncated\": ")
        elif done == "html":
            self.answer(503, b"<html>Service Unavailable</html>", "text/html")
        else:
            self.answer(status, out, code=code)

    def json_call(self, target, record, body, fault):
        world = self.world
        key, region, service = signed_by(world, self, body)
        record.update(service=service, key=key.get("account"))
        if service not in world.models:
            raise Refused("UnknownOperationException", service)
        backend = world.backend(service, key["account"], region)
        model, operation = world.models[service], record["op"]
        if target != backend.target or not model.operation(operation) or \
                not hasattr(backend, operation):
            raise Refused("UnknownOperationException", operation)
        permitted(key, service, operation)
        bucket = (service, key["account"], region,
                  operation if service == "wafv2" else "")
        world.pace(bucket, backend.rate(operation))
        self.play(fault)
        try:
            args = json.loads(body)
            model.check_input(operation, args)
        except ValueError:
            raise Refused("SerializationException", "no JSON") from None
        except Invalid as why:
            raise Refused(backend.invalid_code, str(why)) from None
        if (fault or {}).get("do") in ("cut", "kill-before"):
            return {}
        out = getattr(backend, operation)(args)
        model.check_output(operation, out)
        if not operation.startswith(("Get", "List", "Check")):
            if service == "wafv2":
                world.journal(backend, operation)
            else:
                backend.wrote(operation)
        return out

    def play(self, fault):
        do = (fault or {}).get("do")
        if do == "throttle":
            raise Refused("ThrottlingException", "Rate exceeded")
        if do in ("500", "503"):
            raise Refused("InternalFailure", "", int(do))
        if do == "expired":
            raise Refused("ExpiredTokenException", "expired", 403)
        if do == "stale":
            raise Refused("WAFOptimisticLockException", "stale")
        if do == "meanwhile":
            Control(self.world).do(dict(fault["what"]))
        while do == "hold" and os.path.exists(fault["path"]):
            time.sleep(0.05)
        if do in ("html",):
            raise Refused("InternalFailure", "", 503)

    def query_call(self, record, body):
        form = {k: v[0] for k, v in urllib.parse.parse_qs(body.decode()).items()}
        record.update(service="sts", op=form.get("Action"))
        try:
            self.play(self.world.fault(record["op"]))
            caller = {}
            if form.get("Action") != "AssumeRoleWithWebIdentity":
                caller, _, _ = signed_by(self.world, self, body)
            out, status = self.world.sts.call(caller, form), 200
        except Refused as why:
            status = why.status
            out = "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s" \
                "</Message></Error></ErrorResponse>" % (why.code,
                                                       why.body.get("Message", ""))
        record["status"] = status
        self.world.calls.write(json.dumps(record) + "\n")
        self.answer(status, out.encode(), "text/xml")


def main():
    where = sys.argv[1]
    settings = {}
    if len(sys.argv) > 2:
        with open(sys.argv[2], encoding="utf-8") as f:
            settings = json.load(f)
    Handler.world = World(where, settings)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", settings.get("port", 0)),
                                             Handler)
    if "cert" in settings:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(settings["cert"])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.daemon_threads = True
    temp = os.path.join(where, "url.new")
    with open(temp, "w", encoding="utf-8") as f:
        f.write("http://127.0.0.1:%d" % server.server_address[1])
    os.rename(temp, os.path.join(where, "url"))
    server.serve_forever()


main()
