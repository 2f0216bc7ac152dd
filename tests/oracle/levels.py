# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Percentiles: nearest rank, on exact values or on the lower bounds of a fixed log histogram."""


def level(value):
    """Below 32 the value itself; above, its five highest bits."""
    value = max(value, 0)
    drop = max(value.bit_length() - 5, 0)
    return value >> drop << drop


def nearest_rank(values, percent):
    """The smallest value whose cumulative count is at least percent of all; (value, 1), or (0, 0) of nothing."""
    if not values:
        return 0, 0
    rank = -(-len(values) * percent // 100)
    return sorted(values)[max(rank, 1) - 1], 1
