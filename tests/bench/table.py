#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The tables of docs/PERFORMANCE.md out of what `utarg bench --json` printed: table.py FILE"""
import json
import sys


def number(value):
    if value is None:
        return "-"
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.3f}".rstrip("0").rstrip(".")


def goals(found):
    yield "| key | what | measured | goal | beyond |  |"
    yield "|---|---|--:|--:|--:|---|"
    for key, goal in found["goals"].items():
        value, less = found[key], goal["less_is_better"]
        reached = value is not None and (value <= goal["goal"] if less else value >= goal["goal"])
        verdict = "" if value is None else "reached" if reached else "missed"
        numbers = " | ".join(number(n) for n in (value, goal["goal"], goal["beyond"]))
        yield f"| {key} | {goal['what']} | {numbers} | {verdict} |"


def rates(found):
    columns = "per_second p50_us p99_us cpu_per_million postgres_cpu_per_million generator_cpu_per_million wal_per_event".split()
    yield "| measured | events/s | p50 ms | p99 ms | CPU s / million | of PostgreSQL | of the generator | WAL bytes an event |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    for name in (key[: -len("_per_second")] for key in found["raw"] if key.endswith("_per_second")):
        if name == "fold":
            continue
        cells = []
        for column in columns:
            entry = found["raw"].get(f"{name}_{column}")
            scale = 1000 if column.endswith("_us") else 1
            cells.append(number(entry["median"] / scale) if entry else "")
        yield f"| {name} | " + " | ".join(cells) + " |"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        found = json.load(file)
    print(*goals(found), "", *rates(found), sep="\n")


if __name__ == "__main__":
    main()
