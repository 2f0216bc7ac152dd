# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What publishers wrote down (the files of fault-load), read back. Event ids are hex texts; moments are microseconds of
the machine's monotonic clock, the one of time.monotonic()."""
import typing

ACKS = ("OK", "DUPLICATE")
LATER = ("BUSY", "STORAGE_LOW", "DRAINING", "INTERNAL")


class Send(typing.NamedTuple):
    us: int
    publisher: int
    request: int
    id: str
    shop: str
    number: int


class Reply(typing.NamedTuple):
    us: int
    publisher: int
    request: int
    id: str  # "*": the request as a whole
    code: str
    seq: int
    epoch: int


class History:
    """Sendings and replies in the order they were written."""

    def __init__(self, sends=(), replies=()):
        self.sends, self.replies = list(sends), list(replies)

    @property
    def acks(self):
        return [reply for reply in self.replies if reply.code in ACKS]

    def shop_of(self):
        return {send.id: send.shop for send in self.sends}

    def first_sent(self):
        """{id: us of its first sending}"""
        found = {}
        for send in self.sends:
            if send.us < found.get(send.id, send.us + 1):
                found[send.id] = send.us
        return found

    def answers(self):
        """Moments of replies of any kind, sorted: one a request."""
        return sorted({(reply.us, reply.publisher, reply.request) for reply in self.replies})


def parse_line(line, history):
    """A line whose end is missing (the program was killed while it wrote) says nothing."""
    parts = line.split()
    if not line.endswith("\n") or not parts:
        return
    if parts[0] == "send":
        _, us, publisher, request, event_id, shop, number = parts
        history.sends.append(Send(int(us), int(publisher), int(request), event_id, shop, int(number)))
    elif parts[0] == "reply":
        _, us, publisher, request, event_id, code, seq, epoch = parts
        history.replies.append(Reply(int(us), int(publisher), int(request), event_id, code, int(seq), int(epoch)))
    else:
        raise ValueError(f"no line of a history: {line!r}")


def read(*paths):
    """One History of the files together."""
    history = History()
    for path in paths:
        with open(path, encoding="ascii") as lines:
            for line in lines:
                parse_line(line, history)
    return history


class Tail:
    """Counts of a history that is still being written."""

    def __init__(self, path):
        self.path, self.place, self.rest = path, 0, ""
        self.acked = self.answered = self.sent = 0
        self.last_ack_us = 0

    def read(self):
        try:
            with open(self.path, encoding="ascii") as file:
                file.seek(self.place)
                text = file.read()
                self.place = file.tell()
        except FileNotFoundError:
            return self
        lines = (self.rest + text).split("\n")
        self.rest = lines.pop()
        for line in lines:
            if line.startswith("send"):
                self.sent += 1
                continue
            self.answered += 1
            parts = line.split()
            if parts[5] in ACKS:
                self.acked += 1
                self.last_ack_us = int(parts[1])
        return self
