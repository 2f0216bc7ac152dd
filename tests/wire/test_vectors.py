# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The contract's test vectors against the official protobuf library; tests/unit/json does the same in C."""
import importlib
import json
import pathlib

import pytest
from google.protobuf import json_format

import make_vectors

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINES = [json.loads(line) for line in (ROOT / "proto/vectors/messages.jsonl").read_text().splitlines()]


def message_class(full_name):
    name = full_name.rsplit(".", 1)[1]
    for file in make_vectors.FILES:
        module = importlib.import_module(f"utarg.v1.{file}_pb2")
        if hasattr(module, name):
            return getattr(module, name)
    raise LookupError(full_name)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line["name"])
def test_vector_reads_and_writes_the_same_bytes(proto, line):
    cls = message_class(line["type"])
    decoded = cls.FromString(bytes.fromhex(line["hex"]))
    assert json_format.MessageToDict(decoded) == line["json"]
    parsed = json_format.ParseDict(line["json"], cls())
    assert parsed.SerializeToString(deterministic=True).hex() == line["hex"]


def test_vectors_are_those_of_the_contract(proto):
    """A change of proto/ without new vectors shows here."""
    assert list(make_vectors.vectors()) == LINES


def test_every_event_body_has_a_vector(proto):
    event = message_class("utarg.v1.Event")
    bodies = {f.name for f in event.DESCRIPTOR.oneofs_by_name["body"].fields}
    assert bodies == {line["name"].split(", ")[1] for line in LINES if line["type"] == "utarg.v1.Event"} - {"empty"}


def test_no_floats_and_no_recursion(proto):
    for file in make_vectors.FILES:
        module = importlib.import_module(f"utarg.v1.{file}_pb2")
        for descriptor in module.DESCRIPTOR.message_types_by_name.values():
            check(descriptor, [])


def check(descriptor, path):
    assert descriptor.full_name not in path, f"recursive: {path}"
    for field in descriptor.fields:
        assert field.cpp_type not in (field.CPPTYPE_DOUBLE, field.CPPTYPE_FLOAT), field.full_name
        if field.message_type is not None:
            check(field.message_type, path + [descriptor.full_name])
