#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A server in front of another that does to chosen requests what networks and bad servers do.

    mean_proxy.py UPSTREAM_PORT PORT_FILE RULES LOG [TLS_CERT TLS_KEY] [N]

Listens on 127.0.0.1 only, on a free port that it writes to PORT_FILE; one line per request to LOG
(method, target without what follows "sig=", Range or '-', status, bytes of the body that went out);
ends after N seconds (1200), or when its parent is gone.  UPSTREAM_PORT is one of 127.0.0.1; with a
certificate, it is spoken to by TLS too.

A request whose method and target a line of RULES fits is treated as it says; the first line that is
not used up counts.  A line is "COUNT METHOD PART ACTION [ARGUMENT...]"; METHOD may be '*', PART is
a part of the target, or '*'; after PART may stand @N: the line leaves the first N requests alone.
Writing RULES anew begins anew.

    status CODE [RETRY_AFTER]  an answer of our own, nothing is passed on
    drop                       the connection ends without an answer
    lost                       it is passed on, and the answer lost
    cut N                      the answer ends after N bytes of its body
    short N, long N            N bytes of the body fewer or more than asked, the headers fitting that
    range A B C                Content-Range: bytes A-B/C
    total N                    the N of Content-Range: bytes A-B/N
    header NAME VALUE          that header in place of the upstream's
    headers N                  N bytes of headers
    norange                    passed on without its Range
    redirect URL               to there
    wrong                      other bytes, as many
    slow MS                    as it is, after that
"""
import http.client
import os
import socketserver
import ssl
import sys
import threading
import time

HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class Rules:
    lock = threading.Lock()
    path = log = ""
    text = None
    used = []

    @classmethod
    def pick(cls, method, target):
        with cls.lock:
            try:
                with open(cls.path) as f:
                    text = f.read()
            except OSError:
                text = ""
            lines = text.split("\n")
            if text != cls.text:
                cls.text, cls.used = text, [0] * len(lines)
            for i, line in enumerate(lines):
                words = line.split()
                if len(words) < 4 or words[1] not in ("*", method):
                    continue
                part, _, skip = words[2].partition("@")
                if part != "*" and part not in target:
                    continue
                if cls.used[i] >= int(words[0]) + int(skip or 0):
                    continue
                cls.used[i] += 1
                if cls.used[i] > int(skip or 0):
                    return words[3], words[4:]
            return "pass", []

    @classmethod
    def note(cls, *words):
        with cls.lock, open(cls.log, "a") as f:
            f.write(" ".join(str(w) for w in words) + "\n")


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256


class Handler(socketserver.StreamRequestHandler):
    upstream, tls = 0, None

    def setup(self):
        if self.tls:
            self.request = self.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self):
        try:
            while self.one_request():
                pass
        except (OSError, http.client.HTTPException):
            pass

    def read_body(self, headers):
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(headers.get("content-length", 0)))
        body = b""
        while True:
            n = int(self.rfile.readline().split(b";")[0], 16)
            body += self.rfile.read(n)
            self.rfile.readline()
            if n == 0:
                return body

    def one_request(self):
        line = self.rfile.readline(65536).decode("latin-1").split()
        if len(line) != 3:
            return False
        headers = {}
        while True:
            text = self.rfile.readline(65536).decode("latin-1").strip()
            if not text:
                break
            key, _, value = text.partition(":")
            headers[key.strip().lower()] = value.strip()
        body = self.read_body(headers)
        self.method, self.target, self.range = line[0], line[1], headers.get("range", "-")
        if self.target.startswith("http://"):  # we are the client's proxy
            Rules.note("PROXY", self.target.split("sig=")[0])
            self.target = "/" + self.target.split("/", 3)[3]
        action, words = Rules.pick(self.method, self.target)
        return self.treat(action, words, headers, body)

    def answer(self, status, headers, body, sent=None):
        text = "HTTP/1.1 %d Proxy\r\n" % status
        for key, value in headers:
            text += "%s: %s\r\n" % (key, value)
        Rules.note(self.method, self.target.split("sig=")[0], self.range, status,
                   len(body if sent is None else sent))
        self.wfile.write((text + "\r\n").encode("latin-1"))
        self.wfile.write(body if sent is None else sent)
        return sent is None

    def plain(self, status, more=()):
        return self.answer(status, [("Content-Length", "0"), *more], b"")

    def treat(self, action, words, headers, body):
        if action == "status":
            more = [("Retry-After", words[1])] if len(words) > 1 else []
            return self.plain(int(words[0]), more)
        if action == "drop":
            Rules.note(self.method, self.target.split("sig=")[0], self.range, "dropped", 0)
            return False
        if action == "redirect":
            return self.plain(302, [("Location", words[0])])
        if action == "norange":
            headers.pop("range", None)
        if action == "slow":
            time.sleep(int(words[0]) / 1000)
        make = http.client.HTTPSConnection if self.tls else http.client.HTTPConnection
        more = {"context": ssl._create_unverified_context()} if self.tls else {}
        up = make("127.0.0.1", self.upstream, timeout=60, **more)
        up.putrequest(self.method, self.target, skip_host=True, skip_accept_encoding=True)
        for key, value in headers.items():
            if key not in HOP:
                up.putheader(key, value)
        if body or self.method == "PUT":
            up.putheader("content-length", str(len(body)))
        up.endheaders(body)
        got = up.getresponse()
        data = got.read()
        up.close()
        head = [(k, v) for k, v in got.getheaders() if k.lower() not in HOP]
        return self.spoil(action, words, got, head, data)

    def spoil(self, action, words, got, head, data):
        length = int(got.getheader("Content-Length") or len(data))
        if action == "lost":
            Rules.note(self.method, self.target.split("sig=")[0], self.range, "lost", 0)
            return False
        if action == "short":
            data = data[:len(data) - int(words[0])]
            length = len(data)
        elif action == "long":
            data += b"x" * int(words[0])
            length = len(data)
        elif action == "wrong":
            data = bytes(b ^ 0x55 for b in data)
        elif action == "range":
            head = [h for h in head if h[0].lower() != "content-range"]
            head.append(("Content-Range", "bytes %s-%s/%s" % tuple(words)))
        elif action == "total":
            head = [(k, v.split("/")[0] + "/" + words[0] if k.lower() == "content-range" else v)
                    for k, v in head]
        elif action == "header":
            head = [h for h in head if h[0].lower() != words[0].lower()]
            head.append((words[0], " ".join(words[1:])))
        elif action == "headers":
            head += [("X-Filler-%d" % i, "y" * 1000) for i in range(int(words[0]) // 1000)]
        head.append(("Content-Length", str(length)))
        if action == "cut":
            return self.answer(got.status, head, data, data[:int(words[0])])
        return self.answer(got.status, head, data)


def end_with(parent, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end and os.getppid() == parent:
        time.sleep(0.2)
    os._exit(0)


def main():
    args = sys.argv[1:]
    Handler.upstream = int(args[0])
    Rules.path, Rules.log = args[2], args[3]
    rest = args[4:]
    if len(rest) >= 2:
        Handler.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        Handler.tls.load_cert_chain(rest[0], rest[1])
        rest = rest[2:]
    threading.Thread(target=end_with, args=(os.getppid(), int(rest[0]) if rest else 1200),
                     daemon=True).start()
    with Server(("127.0.0.1", 0), Handler) as server:
        with open(args[1] + ".new", "w") as f:
            f.write(str(server.server_address[1]))
        os.rename(args[1] + ".new", args[1])
        server.serve_forever()


main()
