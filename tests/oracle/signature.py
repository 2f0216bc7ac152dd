# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ed25519 as RFC 8032 defines it, slow and plain: whether a click's signature is of the shop's key."""
import functools
import hashlib

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)  # of -1
ZERO = (0, 1)


def _add(a, b):
    (x1, y1), (x2, y2) = a, b
    product = D * x1 * x2 * y1 * y2
    return ((x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P)


def _times(point, factor):
    found = ZERO
    while factor:
        if factor & 1:
            found = _add(found, point)
        point, factor = _add(point, point), factor >> 1
    return found


def _x_of(y, is_odd):
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT % P
    if x * x % P != square or (x == 0 and is_odd):
        return None
    return P - x if x % 2 != is_odd else x


def _point(data):
    number = int.from_bytes(data, "little")
    y, is_odd = number % 2**255, number >> 255
    x = _x_of(y, is_odd) if y < P else None
    return None if x is None else (x, y)


BASE = (_x_of(4 * pow(5, -1, P) % P, 0), 4 * pow(5, -1, P) % P)


def _blob(text):
    return len(text.encode()).to_bytes(4, "big") + text.encode()


def link(shop, affiliate, campaign):
    return b"utarg.affiliate.v1" + _blob(shop) + _blob(affiliate) + _blob(campaign)


def _hash(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


@functools.cache
def is_valid(public_key, shop, affiliate, campaign, signature):
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key, commitment, answer = _point(public_key), _point(signature[:32]), int.from_bytes(signature[32:], "little")
    if key is None or commitment is None or answer >= ORDER:
        return False
    challenge = _hash(signature[:32], public_key, link(shop, affiliate, campaign)) % ORDER
    return _times(BASE, answer) == _add(commitment, _times(key, challenge))


# ---- for those who make clicks ----


def _bytes_of(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def _secret(seed):
    digest = hashlib.sha512(seed).digest()
    return int.from_bytes(digest[:32], "little") & (2**254 - 8) | 2**254, digest[32:]


def public_key(seed):
    return _bytes_of(_times(BASE, _secret(seed)[0]))


def sign(seed, shop, affiliate, campaign):
    scalar, prefix = _secret(seed)
    text = link(shop, affiliate, campaign)
    nonce = _hash(prefix, text) % ORDER
    commitment = _bytes_of(_times(BASE, nonce))
    challenge = _hash(commitment, public_key(seed), text) % ORDER
    return commitment + ((nonce + challenge * scalar) % ORDER).to_bytes(32, "little")
