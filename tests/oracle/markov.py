# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A first-order chain over channels, and the removal effect of each in exact fractions: every channel is taken out
in turn and the chain is solved again."""
import collections
import fractions

START, ORDER, NOTHING = "(start)", "(order)", "(nothing)"
CHANNELS_MAX = 32


def _steps(path, converted):
    """Touches of one channel in a row are one step."""
    states = [START]
    for channel in path:
        if channel != states[-1]:
            states.append(channel)
    return list(zip(states, [*states[1:], ORDER if converted else NOTHING]))


class Channels:
    """`paths` are (channels, whether they converted, how many there are)."""

    def __init__(self, paths):
        steps = collections.Counter()
        for path, converted, times in paths:
            for step in _steps(path, converted):
                steps[step] += times
        self.kept, self.is_full = self._bounded(steps)
        self.counts = collections.Counter()
        for (before, after), count in steps.items():
            one, other = self._name(before), self._name(after)
            if one != other:
                self.counts[one, other] += count
        self.weights = self._weigh()

    def _bounded(self, steps):
        """The busiest channels, by steps that go out; what is beyond is "other"."""
        out = collections.Counter()
        for (before, _), count in steps.items():
            out[before] += count
        del out[START]
        if len(out) <= CHANNELS_MAX:
            return set(out), False
        busiest = sorted((name for name in out if name != "other"), key=lambda name: (-out[name], name))
        return {*busiest[: CHANNELS_MAX - 1], "other"}, True

    def _name(self, channel):
        if channel in self.kept or channel in (START, ORDER, NOTHING):
            return channel
        return "other"

    def weight(self, channel):
        """2^32 times the removal effect, rounded down; 0 of one that was never seen."""
        return self.weights.get(channel, self.weights["other"] if self.is_full else 0)

    def _weigh(self):
        whole = self._conversion(None)
        if not whole:
            return dict.fromkeys(self.kept, 0)
        effects = {name: 1 - self._conversion(name) / whole for name in self.kept}
        return {name: int(effect * 2**32) for name, effect in effects.items()}

    def _conversion(self, removed):
        """P(an order from the start); what leads to the removed channel leads to nothing."""
        states = [START] + sorted(self.kept - {removed})
        out = collections.Counter()
        for (before, _), count in self.counts.items():
            out[before] += count
        rows = []
        for i, state in enumerate(states):
            chance = {after: fractions.Fraction(count, out[state])
                      for (before, after), count in self.counts.items() if before == state}
            rows.append([fractions.Fraction(i == k) - chance.get(other, 0) for k, other in enumerate(states)]
                        + [fractions.Fraction(chance.get(ORDER, 0))])  # integers alone would divide to floats
        return _solve(rows)[0]


def _solve(rows):
    """Gauss-Jordan; every state leaks, so no pivot is 0."""
    for pivot in range(len(rows)):
        rows[pivot] = [value / rows[pivot][pivot] for value in rows[pivot]]
        for i, row in enumerate(rows):
            factor = row[pivot]
            if i != pivot and factor:
                rows[i] = [value - factor * other for value, other in zip(row, rows[pivot])]
    return [row[-1] for row in rows]
