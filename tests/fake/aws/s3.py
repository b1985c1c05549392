"""What S3 does that the S3 server of the tests cannot be brought to do: buckets
in several regions and their redirects, checksums, archives, and faults.

Settings: buckets {name: {region, payer}}; objects are put, by a signed PUT or by
POST /_test {"do": "object", bucket, key, body | size, headers, class, deleted}.
Faults of op GetObject: those of server.py as far as they make sense, and
  torn (after the first `at` bytes), torn-replaced (and then the object is another
  one), corrupt (one byte is another), drip (a byte each 0.1 s), garbage (no XML),
  part (another one than was asked for), chunked, unsized (until the end)
"""
import base64
import binascii
import email.utils
import hashlib
import json
import time
import urllib.parse
import uuid
import zlib
from xml.sax.saxutils import escape

from .errors import Refused

OPS = {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject"}
CODES = {"UnrecognizedClientException": "InvalidAccessKeyId",
         "InvalidSignatureException": "SignatureDoesNotMatch",
         "ExpiredTokenException": "ExpiredToken",
         "MissingAuthenticationTokenException": "AccessDenied",
         "AccessDeniedException": "AccessDenied", "ThrottlingException": "SlowDown",
         "InternalFailure": "InternalError"}
STATUS = {"SlowDown": 503, "AccessDenied": 403, "ExpiredToken": 400}


def reflected(poly, bits, data):
    """Bit by bit, so that it is slow and plainly right."""
    value = ones = (1 << bits) - 1
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (poly if value & 1 else 0)
    return (value ^ ones).to_bytes(bits // 8, "big")


SUMS = {"sha256": lambda d: hashlib.sha256(d).digest(),
        "sha1": lambda d: hashlib.sha1(d).digest(),
        "crc32": lambda d: zlib.crc32(d).to_bytes(4, "big"),
        "crc32c": lambda d: reflected(0x82f63b78, 32, d),
        "crc64nvme": lambda d: reflected(0x9a6c9329ac4bc9b5, 64, d)}


class Object:
    def __init__(self, body, headers=None, storage=None, deleted=False, sums=()):
        self.body, self.storage, self.deleted = body, storage, deleted
        self.version = uuid.uuid4().hex
        self.headers = {"ETag": '"%s"' % hashlib.md5(body).hexdigest(),
                        "Last-Modified": email.utils.formatdate(usegmt=True)}
        for name in sums:
            self.headers["x-amz-checksum-" + name] = base64.b64encode(
                SUMS[name](body)).decode()
        self.headers.update(headers or {})


class S3:
    def __init__(self, settings):
        self.buckets = settings.get("buckets", {"feeds": {}})
        self.versions = {}  # (bucket, key) -> its versions, the current one last

    def put_object(self, bucket, key, body="", size=None, **kept):
        body = body.encode() if size is None else \
            b"".join(b"%d\n" % i for i in range(size // 4))[:size]
        versions = self.versions.setdefault((bucket, key), [])
        kept["storage"] = kept.pop("class", None)
        versions.append(Object(body, **kept))
        return {"VersionId": versions[-1].version}

    # Where and what: the bucket is in the host's name or first in the path.

    def locate(self, host, path):
        name = host.split(":")[0]
        region = None
        if name.endswith(".amazonaws.com"):
            labels = name[:-len(".amazonaws.com")].split(".")
            region = labels[-1]
            at = next(i for i, x in enumerate(labels) if x in ("s3", "s3-fips"))
            if at > 0:
                return ".".join(labels[:at]), path[1:], region
        bucket, _, key = path[1:].partition("/")
        return bucket, key, region

    def check_region(self, bucket, host_region, signed_region):
        is_in = self.buckets[bucket].get("region", "us-east-1")
        if host_region not in (None, is_in):
            raise Refused("PermanentRedirect", "The bucket you are attempting to access "
                          "must be addressed using the specified endpoint.", 301,
                          Endpoint="s3." + is_in, header=is_in)
        if signed_region != is_in:
            raise Refused("AuthorizationHeaderMalformed", "the region '%s' is wrong; "
                          "expecting '%s'" % (signed_region, is_in), 400,
                          Region=is_in)

    def find(self, bucket, key, version, may_list):
        versions = self.versions.get((bucket, key), [])
        if version:
            found = [o for o in versions if o.version == version]
            if not found:
                raise Refused("NoSuchVersion", "The specified version does not exist.",
                              404)
            if found[0].deleted:
                raise Refused("MethodNotAllowed", "The specified method is not allowed "
                              "against this resource.", 405)
            return found[0]
        if not versions or versions[-1].deleted:
            if not may_list:
                raise Refused("AccessDenied", "Access Denied", 403)
            raise Refused("NoSuchKey", "The specified key does not exist.", 404)
        return versions[-1]


def check_request(handler, body):
    """What S3 itself refuses whatever the signature."""
    path, _, query = handler.path.partition("?")
    plain = urllib.parse.unquote_to_bytes(path)
    if urllib.parse.quote(plain, safe="/-_.~") != path:
        raise Refused("InvalidURI", "not encoded once, and all of it: " + path)
    for part in query.split("&") if query else ():
        if "=" not in part:
            raise Refused("InvalidURI", "a parameter without '='")
    digest = handler.headers.get("X-Amz-Content-SHA256")
    if digest is None:
        raise Refused("InvalidRequest", "Missing required header for this request: "
                      "x-amz-content-sha256")
    if digest != hashlib.sha256(body).hexdigest():
        raise Refused("XAmzContentSHA256Mismatch", "not the body's")
    signed = handler.headers.get("Authorization", "").partition("SignedHeaders=")[2]
    signed = signed.partition(",")[0].split(";")
    for name in handler.headers:
        if name.lower().startswith("x-amz-") and name.lower() not in signed:
            raise Refused("AccessDenied", "There were headers present in the request "
                          "which were not signed: " + name, 403)
    return plain.decode(), {k: v[0] for k, v in urllib.parse.parse_qs(
        query, keep_blank_values=True).items()}


class Call:
    """One request, from the handler's hands and back."""

    def __init__(self, handler, body, signed_by, permitted):
        self.h, self.body, self.world = handler, body, handler.world
        self.s3, self.signed_by, self.permitted = handler.world.s3, signed_by, permitted

    def run(self):
        record = {"service": "s3", "op": OPS[self.h.command], "path": self.h.path,
                  "host": self.h.headers["Host"], "t": time.monotonic(),
                  "headers": dict(self.h.headers)}
        try:
            fault = self.world.fault(record["op"]) or {}
            status, headers, out = self.answer(record, fault)
        except Refused as why:
            code = CODES.get(why.code, why.code)
            if "Signature expired" in why.body.get("Message", ""):
                code = "RequestTimeTooSkewed"
            status, fault = STATUS.get(code, why.status), {}
            headers = {"Content-Type": "application/xml"}
            region = why.body.pop("header", None)
            if region:
                headers["x-amz-bucket-region"] = region
            out = self.error(code, why.body)
        record.update(status=status, fault=fault.get("do"))
        self.world.calls.write(json.dumps(record) + "\n")
        self.send(status, headers, out, fault)

    def error(self, code, members):
        inner = "".join("<%s>%s</%s>" % (k, escape(v), k) for k, v in members.items())
        return ('<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>%s</Code>%s'
                "<RequestId>X</RequestId></Error>" % (code, inner)).encode()

    def answer(self, record, fault):
        path, params = check_request(self.h, self.body)
        bucket, key, region = self.s3.locate(self.h.headers["Host"], path)
        record.update(bucket=bucket, key=key)
        caller, signed_region, service = self.signed_by(self.world, self.h, self.body)
        if service != "s3":
            raise Refused("AuthorizationHeaderMalformed", "service " + service)
        if bucket not in self.s3.buckets:
            raise Refused("NoSuchBucket", "The specified bucket does not exist", 404,
                          BucketName=bucket)
        self.s3.check_region(bucket, region, signed_region)
        if fault.get("do") == "garbage":
            return 500, {}, b"<html>busy"
        self.h.play(fault)
        op = record["op"].replace("Head", "Get")
        self.permitted(caller, "s3", op + "Version" if "versionId" in params else op)
        if self.s3.buckets[bucket].get("payer") and \
                self.h.headers.get("x-amz-request-payer") != "requester":
            raise Refused("AccessDenied", "Access Denied", 403)
        if op == "PutObject":
            self.s3.versions.setdefault((bucket, key), []).append(Object(self.body))
            return 200, {"ETag": '"%s"' % hashlib.md5(self.body).hexdigest()}, b""
        obj = self.s3.find(bucket, key, params.get("versionId"), self.may_list(caller))
        if obj.storage:
            raise Refused("InvalidObjectState", "The operation is not valid for the "
                          "object's storage class", 403, StorageClass=obj.storage)
        if fault.get("do") == "torn-replaced":
            self.s3.put_object(bucket, key, "another one\n" * 2000)
        return self.get(obj, fault)

    def may_list(self, caller):
        try:
            self.permitted(caller, "s3", "ListBucket")
        except Refused:
            return False
        return True

    def get(self, obj, fault):
        etag = obj.headers["ETag"]
        headers = {k: v for k, v in obj.headers.items()
                   if not k.startswith("x-amz-checksum") or
                   self.h.headers.get("x-amz-checksum-mode") == "ENABLED"}
        if self.h.headers.get("If-Match", etag) != etag:
            raise Refused("PreconditionFailed", "At least one of the pre-conditions you "
                          "specified did not hold", 412)
        if self.h.headers.get("If-None-Match") == etag:
            return 304, headers, b""
        part = self.h.headers.get("Range")
        if not part:
            return 200, headers, obj.body
        first = int(part.partition("=")[2].rstrip("-"))
        if first >= len(obj.body):
            raise Refused("InvalidRange", "The requested range is not satisfiable", 416)
        if fault.get("do") == "part":
            first += 1
        headers = {k: v for k, v in headers.items() if "checksum" not in k}
        headers["Content-Range"] = "bytes %d-%d/%d" % (first, len(obj.body) - 1,
                                                       len(obj.body))
        return 206, headers, obj.body[first:]

    def send(self, status, headers, out, fault):
        do, h = fault.get("do"), self.h
        h.send_response(status)
        h.send_header("x-amz-request-id", uuid.uuid4().hex[:16].upper())
        for name, value in headers.items():
            h.send_header(name, value)
        if do == "chunked":
            h.send_header("Transfer-Encoding", "chunked")
        elif do != "unsized" and status != 304:
            h.send_header("Content-Length", str(len(out)))
        h.end_headers()
        if h.command == "HEAD" or status == 304:
            return
        if do == "corrupt":
            out = bytes([out[0] ^ 1]) + out[1:]
        if do in ("torn", "torn-replaced", "lost", "cut"):
            h.wfile.write(out[:fault.get("at", 0)])
            h.wfile.flush()
            h.cut()
        elif do == "chunked":
            for at in range(0, len(out), 50000):
                piece = out[at:at + 50000]
                h.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            h.wfile.write(b"0\r\n\r\n")
        elif do == "unsized":
            h.wfile.write(out)
            h.close_connection = True
        elif do == "drip":
            h.drip(out)
        else:
            h.wfile.write(out)


assert binascii.hexlify(SUMS["crc32c"](b"123456789")) == b"e3069283"
assert binascii.hexlify(SUMS["crc64nvme"](b"123456789")) == b"ae8b14860a799888"
