#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A catalog of a driver package, not yet signed: windows_catalog.py CATALOG FILE...

PKCS #7 signed data whose content is a certificate trust list, with one member a file: its tag is the
SHA-1 of the file in hex, and so are the attributes that Windows' own tools write (as in version 1 of
catalogs).  `osslsigncode sign` signs it.
"""
import hashlib
import sys


def tlv(tag, *parts):
    body = b''.join(parts)
    n = len(body)
    length = bytes([n]) if n < 128 else b'\x82' + n.to_bytes(2, 'big')
    return bytes([tag]) + length + body


def sequence(*parts):
    return tlv(0x30, *parts)


def set_of(*parts):
    return tlv(0x31, *sorted(parts))


def oid(text):
    numbers = [int(n) for n in text.split('.')]
    out = bytes([numbers[0] * 40 + numbers[1]])
    for n in numbers[2:]:
        digits = [n & 127]
        while n > 127:
            n >>= 7
            digits.insert(0, n & 127 | 128)
        out += bytes(digits)
    return tlv(6, out)


MICROSOFT = '1.3.6.1.4.1.311.'
NULL = tlv(5)


def member(data):
    digest = hashlib.sha1(data).digest()
    subject = '{DE351A42-8E59-11D0-8C47-00C04FC295EE}'  # a file of no particular kind
    info = sequence(oid(MICROSOFT + '12.2.2'), set_of(sequence(
        tlv(0x1e, subject.encode('utf-16-be')), tlv(2, b'\x02\x00'))))
    link = tlv(0xa2, tlv(0x80, '<<<Obsolete>>>'.encode('utf-16-be')))
    indirect = sequence(oid(MICROSOFT + '2.1.4'), set_of(sequence(
        sequence(oid(MICROSOFT + '2.1.25'), link),
        sequence(sequence(oid('1.3.14.3.2.26'), NULL), tlv(4, digest)))))
    tag = (digest.hex().upper() + '\0').encode('utf-16-le')
    return sequence(tlv(4, tag), set_of(info, indirect))


def catalog(files):
    members = b''.join(sorted(member(data) for data in files))
    trust_list = sequence(
        sequence(oid(MICROSOFT + '12.1.1')), tlv(4, hashlib.md5(members).digest()),
        tlv(0x17, b'231114221320Z'), sequence(oid(MICROSOFT + '12.1.2'), NULL), sequence(members))
    signed = sequence(tlv(2, b'\1'), set_of(), sequence(oid(MICROSOFT + '10.1'), tlv(0xa0, trust_list)),
                      set_of())
    return sequence(oid('1.2.840.113549.1.7.2'), tlv(0xa0, signed))


def main():
    files = []
    for name in sys.argv[2:]:
        with open(name, 'rb') as f:
            files.append(f.read())
    with open(sys.argv[1], 'wb') as f:
        f.write(catalog(files))


main()
