# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fixtures of all Python tests. What they are made of lies in tests/harness."""
import itertools
import pathlib
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(TESTS))
sys.path.insert(0, str(TESTS / "wire"))
sys.path.insert(0, str(TESTS / "flow"))

from harness import utarg as harness  # noqa: E402

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def proto():
    """The generated modules as a namespace; `importlib.import_module("utarg.v1.event_pb2")` works too."""
    return harness.proto()


@pytest.fixture(scope="module")
def stack():
    """A running instance of its own, shared by the tests of one file."""
    with harness.Stack() as running:
        yield running


@pytest.fixture()
def own_stack():
    """A running instance for one test that breaks it."""
    with harness.Stack() as running:
        yield running


@pytest.fixture()
def shop(stack):
    """A new shop in PLN and Europe/Warsaw; its slug."""
    return stack.add_shop(f"shop-{next(_numbers)}")


@pytest.fixture()
def new_shop(stack):
    """new_shop(currency, zone) makes another shop and returns its slug."""

    def make(currency="PLN", zone="Europe/Warsaw"):
        return stack.add_shop(f"shop-{next(_numbers)}", currency, zone)

    return make


@pytest.fixture()
def publisher(stack):
    return stack.publisher()
