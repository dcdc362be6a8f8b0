#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What tests ask of the storage emulator besides what they test.

    azurite.py container BASE NAME [blob]   make a container; with 'blob' everybody may read in it
    azurite.py sas NAME PERMISSIONS SECONDS the query of a container's SAS, good for so long from now
    azurite.py get BASE PATH                a blob's bytes
    azurite.py head BASE PATH               a blob's headers
    azurite.py token SECONDS                a bearer token, as the emulator wants it (it checks no signature)

BASE is http://127.0.0.1:PORT.  The account and its key are the emulator's own, which are published.
"""
import base64
import email.utils
import hashlib
import hmac
import json
import ssl
import sys
import time
import urllib.parse
import urllib.request

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
VERSION = "2020-12-06"


def sign(text):
    return base64.b64encode(
        hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()).decode()


def request(base, method, path, query="", more=None):
    headers = {"x-ms-date": email.utils.formatdate(usegmt=True), "x-ms-version": VERSION,
               **(more or {})}
    text = method + "\n" * 12
    text += "".join("%s:%s\n" % (k, headers[k]) for k in sorted(headers))
    text += "/%s/%s/%s" % (ACCOUNT, ACCOUNT, path)
    for item in sorted(query.split("&")) if query else []:
        text += "\n" + item.replace("=", ":")
    headers["Authorization"] = "SharedKey %s:%s" % (ACCOUNT, sign(text))
    url = "%s/%s/%s%s" % (base, ACCOUNT, path, "?" + query if query else "")
    return urllib.request.urlopen(
        urllib.request.Request(url, method=method, headers=headers),
        context=ssl._create_unverified_context() if url.startswith("https") else None)


def sas(container, permissions, seconds):
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + int(seconds)))
    text = "\n".join([permissions, "", when, "/blob/%s/%s" % (ACCOUNT, container), "", "", "",
                      VERSION, "c", "", "", "", "", "", "", ""])
    return urllib.parse.urlencode({"sv": VERSION, "sr": "c", "sp": permissions, "se": when,
                                   "sig": sign(text)})


def token(seconds):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
    now = int(time.time())
    return ".".join([part({"alg": "none", "typ": "JWT"}),
                     part({"aud": "https://storage.azure.com",
                           "iss": "https://sts.windows.net/ab1f708d-50f6-404c-a006-d71b2ac7a606/",
                           "iat": now - 60, "nbf": now - 60, "exp": now + int(seconds)}),
                     "c2lnbmF0dXJl"])


def main():
    command, args = sys.argv[1], sys.argv[2:]
    if command == "container":
        more = {"x-ms-blob-public-access": args[2]} if len(args) > 2 else {}
        request(args[0], "PUT", args[1], "restype=container", more)
    elif command == "sas":
        print(sas(*args))
    elif command == "get":
        sys.stdout.buffer.write(request(args[0], "GET", args[1]).read())
    elif command == "head":
        print(request(args[0], "HEAD", args[1]).headers)
    elif command == "token":
        print(token(args[0]))
    else:
        sys.exit(__doc__)


main()
