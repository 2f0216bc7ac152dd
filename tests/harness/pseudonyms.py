# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pseudonyms as common/base/pseudonym.h tells them, by Python's hashlib; and where a text can still be found."""
import base64
import hashlib
import os
import pathlib


class Pseudonyms:
    """Of one shop of a stack: visitor("v1"), customer("c1")."""

    def __init__(self, stack, shop):
        master = bytes.fromhex((stack.data / "secrets/pseudonym.key").read_text().strip())
        self._key = hashlib.blake2b(shop.encode(), digest_size=32, key=master, person=b"utarg.shop").digest()

    def _of(self, person, text):
        digest = hashlib.blake2b(text.encode(), digest_size=16, key=self._key, person=person).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def visitor(self, id):
        return self._of(b"utarg.visitor", id)

    def customer(self, ref):
        return self._of(b"utarg.customer", ref)


def files_with(root, needles, but=()):
    """{needle: [files below root whose bytes hold it]}, folders named in `but` left out."""
    found = {needle: [] for needle in needles}
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if str(pathlib.Path(folder, name).relative_to(root)) not in but]
        for name in names:
            path = pathlib.Path(folder, name)
            if not path.is_file():
                continue
            content = path.read_bytes()
            for needle in needles:
                if needle.encode() in content:
                    found[needle].append(str(path.relative_to(root)))
    return {needle: paths for needle, paths in found.items() if paths}
