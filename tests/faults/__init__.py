# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""`python3 -m faults.run` without UTARG_BIN takes the fast programs that can fail on purpose, else the sanitized ones."""
import os
import pathlib

for _preset in ("faults", "debug"):
    _bin = pathlib.Path(__file__).resolve().parents[2] / "build" / _preset / "bin"
    if (_bin / "fault-list").exists():
        os.environ.setdefault("UTARG_BIN", str(_bin))
