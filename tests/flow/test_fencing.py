# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two instances of a consumer on one database: the position is moved by compare-and-set, so one of them steps back
and no figure is doubled; when the one that works goes, the other takes over.
"""
import os
import signal

from harness import more
from harness import utarg as harness
from harness.events import Shop
from test_epochs import offers, position, wait_positions

def counter(stats, ending):
    (value,) = [value for name, value in stats.items() if name.endswith(ending)]
    return value


def test_a_second_metrics_is_fenced_and_doubles_nothing(own_stack):
    slug = own_stack.add_shop("twofold")
    shop, publisher, t, told = Shop(slug), own_stack.publisher(), harness.now_ms() - harness.TIMEOUT_S * 1000, 0

    def tell(count):
        """Orders, which add up: what is folded twice counts twice. (Nothing here makes metrics begin anew.)"""
        nonlocal told
        for i in range(told, told + count, 5):
            publisher.accept([shop.purchase(f"v{k}", int(t) + k, f"O-{k}", 100) for k in range(i, i + 5)])
        told += count

    def check():
        wait_positions(own_stack, slug)
        assert own_stack.values(slug, "orders", window=5).popitem()[1] == str(told)
        own_stack.verify(slug)

    tell(50)
    own_stack.settle(slug)
    with more.another(own_stack, "metrics") as second:
        second.wait_ready()  # it has read what there is and thinks that it follows

        def fenced():
            return [counter(more.stats(own_stack, "metrics", process), "checkpoints_fenced_total") for process in (None, second)]

        def one_stepped_back():
            tell(50)  # both go for each event; the loser has written nothing
            return sum(fenced()) > 0

        harness.wait_until(one_stepped_back, what="one of them fenced", every=0)
        check()
        is_second = fenced()[1] > 0
        said = second.log() if is_second else own_stack.log("metrics")
        assert "event=shop_fenced" in said and f"shop={slug}" in said and "another instance" in said
        # Whoever works is stopped with work to do: the other takes over, from the tables.
        winner = own_stack.pid("metrics") if is_second else second.process.pid
        os.kill(winner, signal.SIGSTOP)
        tell(50)
        head = own_stack.head(slug)
        harness.wait_until(lambda: position(own_stack, "metrics", slug) == f"1|{head}", what="the other one at the head")
        os.kill(winner, signal.SIGCONT)  # it comes back with a fold of yesterday
        tell(50)
        check()
    tell(50)
    check()


def test_a_second_campaign_is_fenced_and_doubles_nothing(own_stack):
    slug = own_stack.add_shop("twice-decided")
    shop, publisher = Shop(slug), own_stack.publisher()
    with more.another(own_stack, "campaign") as second:
        second.wait_ready()

        def fenced():
            return sum(counter(more.stats(own_stack, "campaign", process), "fenced_total") for process in (None, second))

        number = 0

        def one_more():
            nonlocal number
            number += 1
            publisher.accept([shop.offer_updated(harness.now_ms(), f"S-{number}", 1_000 + number)], 2)
            return fenced()

        harness.wait_until(one_more, what="one of them second", every=0)
        commands = [{"command_id": os.urandom(16), "shop": slug, "campaign": {"campaign": f"c-{i}", "title": "C", "channel": 4}}
                    for i in range(20)]
        seqs = []
        for i, command in enumerate(commands):  # decisions through both by turns, each with the other's before it
            client = second.asker() if i % 2 else own_stack.asker("campaign")
            seqs.append(client.ask(campaign_create=command).campaign.seq)
        assert seqs == sorted(set(seqs))
        for i, command in enumerate(commands):  # the first answer again, from the other one
            client = own_stack.asker("campaign") if i % 2 else second.asker()
            assert client.ask(campaign_create=command).campaign.seq == seqs[i]
        wait_positions(own_stack, slug)
        assert offers(own_stack, slug) == sorted((f"S-{i}", 1_000 + i) for i in range(1, number + 1))
    entries = own_stack.journal(slug)
    assert [entry.seq for entry in entries] == list(range(1, 2 + number + len(commands)))
    own_stack.verify(slug)
