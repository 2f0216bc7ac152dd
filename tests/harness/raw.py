# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Protobuf bytes by hand, for what the official library refuses to write."""


def varint(value):
    out = bytearray()
    value &= 2**64 - 1
    while True:
        out.append((value & 0x7F) | (0x80 if value > 0x7F else 0))
        value >>= 7
        if not value:
            return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def field(field, content):
    """A length-delimited field: text, bytes or a message."""
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


# Field numbers of Request, PublishRequest and Publication.
def request(body, request_id=7, body_number=20):
    return number(1, request_id) + field(body_number, body)


def publish(*publications, sent_at_ms=0, origin=0):
    return number(1, sent_at_ms) + b"".join(field(2, one) for one in publications) + number(3, origin)


def publication(event, subject=None):
    return field(1, event) + (b"" if subject is None else field(2, subject))
