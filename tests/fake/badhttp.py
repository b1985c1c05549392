#!/usr/bin/python3
"""badhttp.py LOG ADDRESS PORT [CERT]: an HTTP server that misbehaves.

The path names the fault; each request is appended to LOG as one line, the path
and then the headers that matter. What a client may have to ask for again is
told apart by a count of each path.
"""
import collections
import gzip
import select
import socket
import socketserver
import ssl
import sys
import threading
import time
import urllib.parse
import zlib

BODY = b"".join(b"192.0.2.%d\n" % (i % 256) for i in range(20000))
OTHER = BODY.replace(b"192.0.2.", b"198.51.100.")
HALF = len(BODY) // 2
COUNT = collections.Counter()
LOCK = threading.Lock()
SHOWN = ("host", "range", "if-range", "if-none-match", "if-modified-since",
         "accept-encoding", "authorization", "x-api-key")


def gone(wfile):
    """Ends the connection by a reset, not by a proper end."""
    wfile.flush()
    wfile.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                b"\1\0\0\0\0\0\0\0")


class Handler(socketserver.StreamRequestHandler):
    def head(self, status, *headers):
        lines = ["HTTP/1.1 " + status, *headers, "", ""]
        self.wfile.write("\r\n".join(lines).encode())

    def full(self, body, *headers, status="200 OK"):
        self.head(status, "Content-Length: %d" % len(body), *headers)
        self.wfile.write(body)

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def handle(self):
        while self.one():
            pass

    def one(self):
        line = self.rfile.readline(65536).decode("latin-1").split()
        if len(line) != 3:
            return False
        self.headers = {}
        while True:
            text = self.rfile.readline(65536).decode("latin-1").strip()
            if not text:
                break
            name, _, value = text.partition(":")
            self.headers[name.lower()] = value.strip()
        if line[0] == "CONNECT":
            return self.connect(line[1])
        url = urllib.parse.urlsplit(line[1])
        self.query = dict(urllib.parse.parse_qsl(url.query))
        with LOCK:
            COUNT[url.path] += 1
            self.nth = COUNT[url.path]
            with open(sys.argv[1], "a", encoding="latin-1") as log:
                print(url.path, *("%s=%s" % (k, self.headers[k]) for k in SHOWN
                                  if k in self.headers), file=log)
        name = "do_" + url.path.strip("/").replace("-", "_")
        again = getattr(self, name, self.do_missing)()
        self.wfile.flush()
        return again is not False

    def connect(self, to):
        """A proxy, for who has a password, whatever that is."""
        if "proxy-authorization" not in self.headers:
            self.full(b"", status="407 Proxy Authentication Required")
            return False
        host, port = to.rsplit(":", 1)
        with socket.create_connection((host, int(port))) as far:
            self.head("200 Connection established")
            ends = {self.connection: far, far: self.connection}
            while True:
                for end in select.select(list(ends), [], [])[0]:
                    data = end.recv(65536)
                    if not data:
                        return False
                    ends[end].sendall(data)

    def do_missing(self):
        self.full(b"<html>no such page</html>", status="404 Not Found")

    def do_good(self):
        self.full(BODY)

    # Bodies that end too early, or nowhere.
    def do_torn(self):
        self.head("200 OK", "Content-Length: %d" % len(BODY))
        self.wfile.write(BODY[:HALF])
        return False

    def do_torn_chunk(self):
        self.head("200 OK", "Transfer-Encoding: chunked")
        self.chunk(BODY[:HALF])
        self.wfile.write(b"1000\r\nhalf a chunk")
        return False

    def do_unended_chunks(self):
        self.head("200 OK", "Transfer-Encoding: chunked")
        self.chunk(BODY)
        return False

    def do_unsized(self):
        self.head("200 OK", "Connection: close")
        self.wfile.write(BODY)
        return False

    def do_unsized_gzip(self):
        self.head("200 OK", "Connection: close", "Content-Encoding: gzip")
        self.wfile.write(gzip.compress(BODY))
        return False

    def do_reset(self):
        self.head("200 OK", "Content-Length: %d" % len(BODY))
        self.wfile.write(BODY[:HALF])
        gone(self)
        return False

    def do_reset_once(self):
        return self.do_reset() if self.nth == 1 else self.do_good()

    # Transfers that can be taken up, or seem so.
    def resume(self, etag, body=BODY, start=None):
        first = int(self.headers["range"][6:].rstrip("-"))
        at = first if start is None else start
        self.full(body[at:], "ETag: " + etag, "Content-Range: bytes %d-%d/%d" %
                  (at, len(body) - 1, len(body)), status="206 Partial Content")

    def torn_tagged(self, etag, upto=HALF):
        self.head("200 OK", "Content-Length: %d" % len(BODY), "ETag: " + etag)
        self.wfile.write(BODY[:upto])
        return False

    def do_resume(self):
        if "range" not in self.headers:
            return self.torn_tagged('"v1"')
        return self.resume('"v1"')

    def do_resume_changed(self):
        if "range" not in self.headers:
            return self.torn_tagged('"v1"')
        return self.full(OTHER, 'ETag: "v2"')

    def do_resume_wrong(self):
        if "range" in self.headers:
            return self.resume('"v1"', start=HALF // 2)
        return self.torn_tagged('"v1"') if self.nth == 1 else self.do_good()

    def do_resume_other_tag(self):
        if "range" in self.headers:
            return self.resume('"v2"', body=OTHER)
        return self.torn_tagged('"v1"') if self.nth == 1 else self.do_good()

    def do_resume_416(self):
        if "range" in self.headers:
            return self.full(b"", status="416 Range Not Satisfiable")
        return self.torn_tagged('"v1"') if self.nth == 1 else self.do_good()

    def do_weak(self):
        if "range" in self.headers:
            return self.resume('W/"v1"')
        return self.torn_tagged('W/"v1"') if self.nth == 1 else self.do_good()

    # Time.
    def do_silent(self):
        time.sleep(60)
        return False

    def do_drip(self):
        self.head("200 OK", "Content-Length: %d" % len(BODY))
        for i in range(60):
            self.wfile.write(BODY[i:i + 1])
            time.sleep(1)
        return False

    def do_drip_head(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for _ in range(60):
            self.wfile.write(b"X: y\r\n")
            time.sleep(1)
        return False

    # Size.
    def do_endless(self):
        self.head("200 OK", "Transfer-Encoding: chunked")
        while True:
            self.chunk(BODY)

    def do_endless_refusal(self):
        self.head("404 Not Found", "Transfer-Encoding: chunked")
        while True:
            self.chunk(BODY)

    def do_headers(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            self.wfile.write(b"X-Padding: %s\r\n" % (b"x" * 100))

    def do_header_line(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Padding: ")
        while True:
            self.wfile.write(b"x" * 1000)

    def do_continue(self):
        while True:
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def do_bomb(self):
        self.head("200 OK", "Transfer-Encoding: chunked",
                  "Content-Encoding: gzip")
        z = zlib.compressobj(9, zlib.DEFLATED, 31)
        zeros = bytes(1 << 20)
        for _ in range(4096):
            data = z.compress(zeros)
            if data:
                self.chunk(data)
        self.chunk(z.flush())
        self.chunk(b"")

    # Coding.
    def do_gzip(self):
        self.full(gzip.compress(BODY), "Content-Encoding: gzip", 'ETag: "z"')

    def do_gzip_members(self):
        self.full(gzip.compress(BODY[:HALF]) + gzip.compress(BODY[HALF:]),
                  "Content-Encoding: x-gzip")

    def do_gzip_torn(self):
        self.full(gzip.compress(BODY)[:-20], "Content-Encoding: gzip")

    def do_gzip_garbage(self):
        self.full(gzip.compress(BODY) + b"garbage", "Content-Encoding: gzip")

    def do_gzip_crc(self):
        data = bytearray(gzip.compress(BODY))
        data[-8] ^= 1
        self.full(bytes(data), "Content-Encoding: gzip")

    def do_gzip_not(self):
        self.full(BODY, "Content-Encoding: gzip")

    def do_gzip_reset_once(self):
        data = gzip.compress(BODY)
        if self.nth > 1:
            return self.full(data, "Content-Encoding: gzip", 'ETag: "z"')
        self.head("200 OK", "Content-Encoding: gzip", 'ETag: "z"',
                  "Content-Length: %d" % len(data))
        self.wfile.write(data[:len(data) // 2])
        return False

    def do_brotli(self):
        self.full(BODY, "Content-Encoding: br")

    # Answers of other kinds.
    def do_busy(self):
        self.full(b"", "Retry-After: 0", status="429 Too Many Requests")

    def do_busy_once(self):
        if self.nth > 1:
            return self.do_good()
        return self.full(b"", "Retry-After: 1", status="429 Too Many Requests")

    def do_busy_long(self):
        self.full(b"", "Retry-After: 3600", status="429 Too Many Requests")

    def do_status(self):
        self.full(b"x", "WWW-Authenticate: Basic realm=x",
                  status=self.query["s"] + " Some Reason")

    def do_unmodified(self):
        self.head("304 Not Modified")

    def do_empty(self):
        self.full(b"")

    def do_part(self):
        self.full(BODY[5:], "Content-Range: bytes 5-%d/%d" %
                  (len(BODY) - 1, len(BODY)), status="206 Partial Content")

    def do_lengths(self):
        self.head("200 OK", "Content-Length: 10", "Content-Length: 20")
        self.wfile.write(BODY[:20])

    def do_old(self):
        self.wfile.write(BODY)
        return False

    def do_nothing(self):
        return False

    def do_trailer(self):
        self.head("200 OK", "Transfer-Encoding: chunked")
        self.chunk(BODY)
        self.wfile.write(b'0\r\nETag: "trailer"\r\n\r\n')

    def do_tagged(self):
        """Always the tag that the client came with, never the same body."""
        if self.headers.get("if-none-match") == '"t"':
            return self.head("304 Not Modified", 'ETag: "t"')
        return self.full(BODY, 'ETag: "t"')

    def do_moving_tag(self):
        """The same body under a new tag each time."""
        self.full(BODY, 'ETag: "%d"' % self.nth)

    def do_to(self):
        self.full(b"", "Location: " + self.query["u"], status="302 Found")

    def do_nowhere(self):
        self.full(b"", status="302 Found")

    def do_loop(self):
        self.full(b"", "Location: /loop", status="301 Moved Permanently")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def finish_request(self, request, client_address):
        try:
            if len(sys.argv) > 4:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(sys.argv[4])
                request = context.wrap_socket(request, server_side=True)
            self.RequestHandlerClass(request, client_address, self)
        except (ConnectionError, ssl.SSLError):
            pass


with Server((sys.argv[2], int(sys.argv[3])), Handler) as server:
    server.serve_forever()
