"""Random requests signed by us and by botocore: sigv4.py SEED COUNT PROGRAM.

PROGRAM is build/unit/test_sigv4. Target and Authorization must be the same.
"""
import datetime
import random
import subprocess
import sys
import urllib.parse

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
import botocore.auth

SEED, COUNT, PROGRAM = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
print("seed", SEED, file=sys.stderr)
rnd = random.Random(SEED)
ODD = " +=%/&?#:;,@!$'()*[]~-_.\"<>\\^`{|}\u00e4\u20ac\U0001f600"
PLAIN = "abcXYZ019"


def text(most, least=0, slash=True):
    letters = [rnd.choice(ODD if rnd.random() < 0.4 else PLAIN)
               for _ in range(rnd.randrange(least, most + 1))]
    return "".join(x for x in letters if slash or x != "/")


# What ts-fetch and s3.h send, and a key made of what others would normalise.
S3_HEADERS = [("Range", "bytes=70000-"), ("If-Match", '"d41d8cd98f00b204-3"'),
              ("If-None-Match", '"d41d8cd98f00b204e9800998ecf8427e"'),
              ("X-Amz-Checksum-Mode", "ENABLED"), ("X-Amz-Request-Payer", "requester"),
              ("Content-Type", "text/plain; charset=utf-8")]
SEGMENTS = ["", ".", "..", "%2e%2E", "a+b", "a b", "%", "~", "x=y&z"]


def s3_path():
    return "/" + "/".join(rnd.choice(SEGMENTS) if rnd.random() < 0.5 else text(8)
                          for _ in range(rnd.randrange(1, 7)))


def field(s):
    return "".join(chr(b) if 32 < b < 127 and chr(b) not in "\\&="
                   else "\\x%02x" % b for b in s.encode())


class Clock(datetime.datetime):
    now_is = None

    @classmethod
    def utcnow(cls):
        return cls.now_is


def case():
    s3 = rnd.random() < 0.6
    now = datetime.datetime(2026, 1, 1) + datetime.timedelta(
        seconds=rnd.randrange(10 ** 8))
    path = s3_path() if s3 else "/" + text(30)
    if not s3:
        # Others' paths are normalised before signing; ours never need it.
        path = "/" + "/".join(x for x in path.split("/") if x not in ("", ".", ".."))
    return dict(
        method=rnd.choice(["GET", "PUT", "POST", "HEAD"]), s3=s3, path=path,
        host=rnd.choice(["examplebucket.s3.eu-west-1.amazonaws.com",
                         "127.0.0.1:9000", "wafv2.us-east-1.amazonaws.com"]),
        region=rnd.choice(["us-east-1", "eu-central-1", "cn-north-1"]),
        service="s3" if s3 else rnd.choice(["wafv2", "route53resolver", "sts"]),
        now=now, id="AKIA" + text(12, 4, False).encode("ascii", "ignore").decode()
        .replace("\\", ""), secret=text(40, 1).encode("ascii", "ignore").decode()
        or "x", token=rnd.choice(["", "", "FwoGZX//token+=="]),
        payload="UNSIGNED-PAYLOAD" if s3 and rnd.random() < 0.3
        else "%064x" % rnd.getrandbits(256),
        params=[(text(8, 1) or "p", text(12)) for _ in range(rnd.randrange(5))],
        headers=[("x-amz-meta-" + str(i), rnd.choice(["plain", "two  spaces ", "a,b"]))
                 for i in range(rnd.randrange(3))] +
        (rnd.sample(S3_HEADERS, rnd.randrange(len(S3_HEADERS))) if s3 else
         [("Content-Type", "application/x-amz-json-1.1")]))


def theirs(c):
    query = urllib.parse.urlencode(c["params"], quote_via=urllib.parse.quote,
                                   safe="-_.~")
    url = "https://" + c["host"] + urllib.parse.quote(c["path"], safe="/-_.~")
    request = AWSRequest(method=c["method"], url=url + ("?" + query if query else ""),
                         headers=dict(c["headers"]), data=b"")
    request.headers["X-Amz-Content-SHA256"] = c["payload"]
    auth = S3SigV4Auth if c["s3"] else SigV4Auth
    signer = auth(Credentials(c["id"], c["secret"], c["token"] or None),
                  c["service"], c["region"])
    signer.payload = lambda _: c["payload"]
    if not c["s3"]:
        del request.headers["X-Amz-Content-SHA256"]
    Clock.now_is = Clock.fromtimestamp(c["now"].timestamp())
    signer._modify_request_before_signing = lambda r: prepare(signer, r, c)
    signer.add_auth(request)
    return request.headers["Authorization"]


def prepare(signer, request, c):
    del request.headers["Authorization"]
    signer._set_necessary_date_headers(request)
    if c["token"]:
        request.headers["X-Amz-Security-Token"] = c["token"]
    if c["s3"]:
        del request.headers["X-Amz-Content-SHA256"]
        request.headers["X-Amz-Content-SHA256"] = c["payload"]


def line(c):
    pairs = lambda v: "&".join(field(a) + "=" + field(b) for a, b in v)
    return "\t".join([
        c["method"], field(c["host"]), c["region"], c["service"], str(int(c["s3"])),
        field(c["path"]), str(int((c["now"] - datetime.datetime(1970, 1, 1))
                                  .total_seconds())),
        field(c["id"]), field(c["secret"]), field(c["token"]), c["payload"],
        pairs(c["params"]), pairs(c["headers"])]) + "\n"


botocore.auth.datetime = type("module", (), {"datetime": Clock})
cases = [case() for _ in range(COUNT)]
out = subprocess.run([PROGRAM, "batch"], input="".join(map(line, cases)).encode(),
                     stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()
assert len(out) == COUNT, "%d answers" % len(out)
for c, got in zip(cases, out):
    target, _, signature = got.partition("\t")
    path, _, query = target.partition("?")
    assert urllib.parse.unquote(path) == c["path"], (c, got)
    assert sorted(urllib.parse.parse_qsl(query, keep_blank_values=True)) == \
        sorted(c["params"]), (c, got)
    want = theirs(c)
    assert signature == want, "%r\nours   %s\ntheirs %s" % (c, signature, want)
