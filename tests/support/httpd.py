#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A small HTTP server that misbehaves on request, for the tests of fetch.

    httpd.py ROOT PORT_FILE LOG [--seconds N] [--tls CERT KEY]

Listens on 127.0.0.1 only, on a free port that it writes to PORT_FILE; logs one line per request
to LOG (method, target, Range or '-', If-Range or '-'); ends after N seconds (120), or when its
parent is gone.  Who removes LOG makes the server forget which requests came before.

The first part of the path is the mode, the last the file in ROOT:

    /ok/F              as it should be: ranges, ETag, If-Range
    /norange/F         no ranges
    /cut/N/F           the first response ends after N bytes of its body
    /cutall/N/F        every response does
    /cutnorange/N/F    the first does, and there are no ranges
    /cutbare/N/F       as cut, without ETag and Last-Modified
    /cutweak/N/F       as cut, with a weak ETag only
    /stall/N/F         the first response stops after N bytes, but stays open
    /stallall/N/F      every response does
    /redirect/N/F      N redirects, then as ok
    /loop/F            a redirect to itself
    /to/TARGET         a redirect to TARGET, percent-encoded
    /long/F            announces more than it sends
    /short/F           announces, and sends, less than the file
    /status/CODE/F     that status
    /flaky/K/CODE/F    that status for the first K requests, then as ok
    /later/K/F         503 with Retry-After: 1 for the first K requests
    /wrong/F           as many bytes, others
    /endless/F         never ends, announces nothing
    /changed/N/F       cut after N wrong bytes; then another ETag and the right file (If-Range kept)
    /mixed/N/F         the same, but If-Range is ignored
    /offset/N/F        cut after N bytes; then ranges start one byte too late
    /past/N/F          cut after N bytes; then 416
    /chunked/F         as ok, chunked, no length
    /slow/F            as ok, after half a second
    /login/F           401 unless the request carries user:secret
"""
import base64
import hashlib
import os
import socketserver
import ssl
import sys
import threading
import time
import urllib.parse

FOREVER = 60


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64


class State:
    root = ""
    log = ""
    seen = {}
    lock = threading.Lock()

    @classmethod
    def count(cls, target):
        """How many requests there were for this target before."""
        with cls.lock:
            cls.seen[target] = cls.seen.get(target, 0) + 1
            return cls.seen[target] - 1

    @classmethod
    def write_log(cls, line):
        with cls.lock:
            if not os.path.exists(cls.log):
                cls.seen.clear()
            with open(cls.log, "a") as f:
                f.write(line + "\n")


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            while self.one_request():
                pass
        except (ConnectionError, ssl.SSLError, TimeoutError):
            pass

    def one_request(self):
        line = self.rfile.readline(65536).decode("latin-1").split()
        if len(line) != 3:
            return False
        self.headers = {}
        while True:
            h = self.rfile.readline(65536).decode("latin-1").strip()
            if not h:
                break
            key, _, value = h.partition(":")
            self.headers[key.lower()] = value.strip()
        target = line[1]
        if target.startswith("http://"):  # we are the proxy
            State.write_log("PROXY " + target)
            target = urllib.parse.urlsplit(target).path
        State.write_log(" ".join([line[0], target, self.headers.get("range", "-"),
                                  self.headers.get("if-range", "-")]))
        return self.answer(target)

    def head(self, status, headers):
        text = "HTTP/1.1 %d Test\r\n" % status
        for key, value in headers.items():
            text += "%s: %s\r\n" % (key, value)
        self.wfile.write((text + "\r\n").encode("latin-1"))

    def plain(self, status, more=None):
        body = b"no\n"
        self.head(status, dict({"Content-Length": len(body)}, **(more or {})))
        self.wfile.write(body)
        return True

    def content(self, data, ranges=True, cut=None, stall=None, if_range=True, bare=False,
                weak=False, shift=0):
        etag = '"%s"' % hashlib.sha256(data).hexdigest()[:16]
        headers = {}
        if weak:
            headers["ETag"] = "W/" + etag
        elif not bare:
            headers["ETag"] = etag
            headers["Last-Modified"] = "Mon, 23 Nov 2026 00:00:00 GMT"
        status, start = 200, 0
        wanted = self.headers.get("range", "")
        if ranges:
            headers["Accept-Ranges"] = "bytes"
            condition = self.headers.get("if-range")
            if condition and if_range and condition != etag:
                wanted = ""
            if wanted.startswith("bytes=") and wanted.endswith("-"):
                start = int(wanted[6:-1]) + shift
                if start >= len(data):
                    return self.plain(416)
                status = 206
                headers["Content-Range"] = "bytes %d-%d/%d" % (start, len(data) - 1, len(data))
        body = data[start:]
        headers["Content-Length"] = len(body)
        self.head(status, headers)
        if cut is not None and cut < len(body):
            self.wfile.write(body[:cut])
            return False
        if stall is not None and stall < len(body):
            self.wfile.write(body[:stall])
            self.wfile.flush()
            time.sleep(FOREVER)
            return False
        self.wfile.write(body)
        return True

    def redirect(self, target):
        return self.plain(302, {"Location": target})

    def answer(self, target):
        parts = target.split("?")[0].strip("/").split("/")
        mode, name = parts[0], parts[-1]
        before = State.count(target)
        if mode == "to":
            return self.redirect(urllib.parse.unquote(parts[1]))
        if mode == "loop":
            return self.redirect(target)
        if mode == "redirect":
            n = int(parts[1])
            return self.redirect("/redirect/%d/%s" % (n - 1, name) if n > 1 else "/ok/" + name)
        if mode == "status":
            return self.plain(int(parts[1]))
        if mode == "flaky" and before < int(parts[1]):
            return self.plain(int(parts[2]))
        if mode == "later" and before < int(parts[1]):
            return self.plain(503, {"Retry-After": "1"})
        if mode == "endless":
            self.head(200, {"Connection": "close"})
            while True:
                self.wfile.write(b"x" * 65536)
        if mode == "login":
            secret = "Basic " + base64.b64encode(b"user:secret").decode()
            if self.headers.get("authorization") != secret:
                return self.plain(401, {"WWW-Authenticate": 'Basic realm="test"'})
        try:
            with open(os.path.join(State.root, os.path.basename(name)), "rb") as f:
                data = f.read()
        except OSError:
            return self.plain(404)
        return self.file(mode, parts, data, before)

    def file(self, mode, parts, data, before):
        wrong = bytes(b ^ 0xff for b in data[:4096]) + data[4096:]
        if mode == "wrong":
            return self.content(wrong)
        if mode == "norange":
            return self.content(data, ranges=False)
        if mode == "long":
            self.head(200, {"Content-Length": len(data) + 1000})
            self.wfile.write(data)
            return False
        if mode == "short":
            return self.content(data[:-1])
        if mode == "chunked":
            self.head(200, {"Transfer-Encoding": "chunked"})
            for i in range(0, len(data), 10000):
                piece = data[i:i + 10000]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
            return True
        if mode == "slow":
            time.sleep(0.5)
        if mode in ("ok", "slow", "redirect", "flaky", "later", "login"):
            return self.content(data)
        n = int(parts[1])
        first = n if before == 0 else None
        if mode == "cut":
            return self.content(data, cut=first)
        if mode == "cutall":
            return self.content(data, cut=n)
        if mode == "cutnorange":
            return self.content(data, ranges=False, cut=first)
        if mode == "cutbare":
            return self.content(data, cut=first, bare=True)
        if mode == "cutweak":
            return self.content(data, cut=first, weak=True)
        if mode == "stall":
            return self.content(data, stall=first)
        if mode == "stallall":
            return self.content(data, stall=n)
        if mode == "offset":
            return self.content(data, cut=first, shift=1)
        if mode == "past":
            if before == 1:
                return self.plain(416)
            return self.content(data, cut=first)
        if mode == "changed":
            return self.content(wrong if before == 0 else data, cut=first)
        if mode == "mixed":
            return self.content(wrong if before == 0 else data, cut=first, if_range=False)
        return self.plain(404)


def watch(seconds):
    """End with the parent or when the time is up, whatever the other threads do."""
    parent = os.getppid()
    until = time.monotonic() + seconds
    while time.monotonic() < until and os.getppid() == parent:
        time.sleep(0.2)
    os._exit(0)


def main():
    args = sys.argv[1:]
    State.root, port_file, log = args[:3]
    seconds, tls = 120, None
    rest = args[3:]
    while rest:
        if rest[0] == "--seconds":
            seconds, rest = int(rest[1]), rest[2:]
        elif rest[0] == "--tls":
            tls, rest = rest[1:3], rest[3:]
        else:
            sys.exit("unknown argument " + rest[0])
    State.log = log
    server = Server(("127.0.0.1", 0), Handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
    threading.Thread(target=watch, args=(seconds,), daemon=True).start()
    with open(port_file + ".new", "w") as f:
        f.write("%d\n" % server.server_address[1])
    os.rename(port_file + ".new", port_file)
    server.serve_forever()


main()
