# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fault tests need programs that can fail on purpose: say so once, instead of in each of them."""
import pytest

from harness import utarg as harness


def pytest_collection_modifyitems(items):
    if not (harness.BIN / "fault-list").exists():
        raise pytest.UsageError(f"{harness.BIN} cannot fail on purpose: UTARG_BIN=build/faults/bin, or build/debug/bin")
