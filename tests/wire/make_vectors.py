#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Prints proto/vectors/messages.jsonl: every message of the contract, filled, as JSON and as bytes.

One line a vector: {"name", "type", "json", "hex"}. Values are a function of the field alone, so a changed
line in a diff is a changed contract. The official protobuf library writes the bytes; the C test and the
Python test must both read and write exactly these.

    PYTHONPATH=<protoc --python_out folder> tests/wire/make_vectors.py > proto/vectors/messages.jsonl
"""
import importlib
import json
import sys

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor as F

FILES = ["types", "event", "admin", "ingest", "metrics", "campaign", "service"]


def scalar(field):
    n = field.number
    if field.type == F.TYPE_STRING:
        return f"{field.name}-ż€𝄞"
    if field.type == F.TYPE_BYTES:
        return bytes((n * 16 + i) % 256 for i in range(16))
    if field.type == F.TYPE_BOOL:
        return True
    if field.type == F.TYPE_ENUM:
        return field.enum_type.values[-1].number
    if field.type == F.TYPE_INT64:
        return -(2**53) - n if field.name.endswith("_minor") else 1_795_172_400_000 + n
    if field.type == F.TYPE_UINT64:
        return 2**63 + n
    if field.type == F.TYPE_UINT32:
        return 2**31 + n
    raise NotImplementedError(f"{field.full_name}: a type the contract does not use")


def fill(message, only=None):
    """Sets every field; of a oneof with several members only `only`, or its first."""
    for field in message.DESCRIPTOR.fields:
        oneof = field.containing_oneof
        if oneof and field.name != (only or oneof.fields[0].name) and len(oneof.fields) > 1:
            continue
        if field.label == F.LABEL_REPEATED:
            target = getattr(message, field.name)
            for _ in range(2):
                if field.type == F.TYPE_MESSAGE:
                    fill(target.add())
                else:
                    target.append(scalar(field))
        elif field.type == F.TYPE_MESSAGE:
            child = getattr(message, field.name)
            child.SetInParent()
            fill(child)
        else:
            setattr(message, field.name, scalar(field))


def vector(name, message):
    return {
        "name": name,
        "type": message.DESCRIPTOR.full_name,
        "json": json_format.MessageToDict(message),
        "hex": message.SerializeToString(deterministic=True).hex(),
    }


def vectors():
    for file in FILES:
        module = importlib.import_module(f"utarg.v1.{file}_pb2")
        for name, descriptor in module.DESCRIPTOR.message_types_by_name.items():
            cls = getattr(module, name)
            yield vector(f"{name}, empty", cls())
            bodies = [o for o in descriptor.oneofs if len(o.fields) > 1]
            for member in [f.name for o in bodies for f in o.fields] or [None]:
                message = cls()
                fill(message, member)
                yield vector(f"{name}, {member}" if member else f"{name}, full", message)


if __name__ == "__main__":
    for line in vectors():
        print(json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":")))
    sys.stdout.flush()
