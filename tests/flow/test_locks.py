# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A lock on every door: who is refused, how that is counted, and that whoever may come in notices nothing."""
import contextlib
import datetime
import http.client
import itertools
import pathlib
import socket
import stat
import subprocess
import threading

import pytest
import zmq
import zmq.auth
import zmq.utils.monitor
import zmq.utils.z85

from harness import more
from harness import utarg as harness
from harness.events import Shop

SERVICES = ("ingest", "metrics", "campaign")
_names = itertools.count(1)


def name(prefix):
    return f"{prefix}-{next(_names)}"


def now():
    return harness.now_ms()


def code(reply):
    return harness.code_name(reply.status.code)


@pytest.fixture()
def place(stack, new_shop):
    """The stack and a shop whose events are made by `shop`."""
    return stack, Shop(new_shop())


def frontend(stack, shop, *options):
    return stack.new_key(name("frontend"), "frontend", "--shop", shop.slug, *options)


def tool(stack, shop, *may, options=()):
    return stack.new_key(name("tool"), "tool", "--shop", shop.slug, *itertools.chain(*(("--may", m) for m in may)), *options)


def revoke(stack, key):
    stack.ok("key", "revoke", key.path.stem)


def rises(stack, service, counters, before):
    return harness.wait_until(
        lambda: sum(stack.counter(service, c) for c in counters) > before, what=f"{counters} of {service}"
    )


# ---- who comes in --------------------------------------------------------------------------------------


def test_a_frontends_key_file_is_all_that_pyzmq_needs(place):
    stack, shop = place
    path = stack.data / f"{name('checkout')}.key"
    stack.ok("key", "new", "--kind", "frontend", "--shop", shop.slug, "--origin", "server", "--out", path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with zmq.Context() as context, context.socket(zmq.DEALER) as dealer:
        dealer.linger = 0
        dealer.curve_publickey, dealer.curve_secretkey = zmq.auth.load_certificate(path)
        dealer.curve_serverkey, _ = zmq.auth.load_certificate(stack.data / "server.key_public")
        dealer.connect(stack.endpoint("ingest"))
        request = harness.proto().service.Request(request_id=1)
        request.publish.sent_at_ms = now()
        request.publish.publications.append(shop.purchase("v", now(), "A-1"))
        dealer.send(request.SerializeToString())
        assert dealer.poll(harness.TIMEOUT_S * 1000)
        reply = harness.proto().service.Reply.FromString(dealer.recv())
    assert [r.code for r in reply.publish.results] == [0]
    entry = stack.journal(shop.slug)[-1]
    assert entry.principal == path.stem and entry.origin == 2  # both from the key
    shown = stack.json("key", "show", path.stem)
    assert shown[0]["state"] == "good" and shown[0]["origin"] == "server" and shown[0]["shops"] == shop.slug
    server = stack.ok("key", "show", "--server").strip()
    assert server.encode() == zmq.auth.load_certificate(stack.data / "server.key_public")[0]


# ---- strangers -----------------------------------------------------------------------------------------


def speaks(endpoint, kind, setup):
    """What a ZeroMQ peer hears at that door; None: nothing."""
    ended = zmq.Event.DISCONNECTED | zmq.Event.HANDSHAKE_FAILED_AUTH
    with zmq.Context() as context, context.socket(kind) as peer:
        peer.linger = 0
        setup(peer)
        with contextlib.closing(peer.get_monitor_socket(ended)) as monitor:
            peer.connect(endpoint)
            if kind == zmq.SUB:
                peer.subscribe("")
            else:
                with contextlib.suppress(zmq.Again):  # refused already
                    peer.send(harness.proto().service.Request(request_id=1, ping={}).SerializeToString(), zmq.NOBLOCK)
            assert monitor.poll(harness.TIMEOUT_S * 1000), "it is still connected"
            heard = peer.recv() if peer.poll(0) else None
            peer.disable_monitor()
        return heard


def plain(peer):
    peer.plain_username, peer.plain_password = b"operator", b"operator"


def stranger(server):
    def setup(peer):
        public, secret = zmq.curve_keypair()
        peer.curve_publickey, peer.curve_secretkey, peer.curve_serverkey = public, secret, server

    return setup


MECHANISM = ("utarg_connections_refused_mechanism_total", "utarg_connections_broken_total")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("kind", (zmq.DEALER, zmq.SUB))
def test_strangers_hear_nothing_at_any_door(stack, service, kind):
    endpoint = stack.endpoint(service, publishes=kind == zmq.SUB)
    server = stack.key().server
    unknown = ("utarg_connections_refused_unknown_total",)
    for setup, counters in ((lambda peer: None, MECHANISM), (plain, MECHANISM), (stranger(server), unknown)):
        before = sum(stack.counter(service, c) for c in counters)
        assert speaks(endpoint, kind, setup) is None
        rises(stack, service, counters, before)
    assert stack.asker(service).ask(ping={}).ping.service == service


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("publishes", (False, True))
def test_what_is_no_zeromq_is_cut_and_counted(stack, service, publishes):
    port = harness.PORTS[service] + stack.offset + publishes
    counters = ("utarg_connections_unfinished", *MECHANISM)
    before = sum(stack.counter(service, c) for c in counters)
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=harness.TIMEOUT_S)
    with pytest.raises((http.client.HTTPException, OSError)):
        asked.request("GET", "/metrics")
        asked.getresponse()
    for garbage in (b"\0" * 100, b"\x16\x03\x01" + b"x" * 200, bytes(range(256)) * 4, b"\xff" + b"\0" * 8 + b"\x7f" + b"\3" * 60):
        with socket.create_connection(("127.0.0.1", port), timeout=harness.TIMEOUT_S) as raw:
            raw.sendall(garbage)
            while True:  # its greeting, at most; then the end
                try:
                    if not raw.recv(4096):
                        break
                except ConnectionError:
                    break
    rises(stack, service, counters, before + 4)
    assert stack.asker(service).ask(ping={}).ping.service == service


def test_a_legitimate_publisher_beside_500_junk_connections(place):
    stack, shop = place
    publisher = stack.publisher(key=frontend(stack, shop))
    publisher.accept([shop.page_view("v0", now())])
    port = harness.PORTS["ingest"] + stack.offset
    stop = threading.Event()

    def junk(number):
        """A tenth of 500, over and over: silent ones, HTTP, garbage, half a greeting."""
        while not stop.is_set():
            held = []
            for i in range(50):
                try:
                    raw = socket.create_connection(("127.0.0.1", port), timeout=1)
                    raw.sendall((b"", b"GET / HTTP/1.1\r\n\r\n", b"\0" * 64, b"\xff" + b"\0" * 8 + b"\x7f")[(i + number) % 4])
                    held.append(raw)
                except OSError:
                    pass
            stop.wait(0.2)
            for raw in held:
                raw.close()

    threads = [threading.Thread(target=junk, args=(i,)) for i in range(10)]
    for thread in threads:
        thread.start()
    try:
        harness.wait_until(lambda: stack.counter("ingest", "utarg_connections_total") > 500, what="500 connections")
        for turn in range(20):
            publisher.insist([shop.page_view(f"v{turn}-{i}", now()) for i in range(100)])
        fresh = stack.client("ingest", frontend(stack, shop))  # and a new one gets in, too
        assert fresh.ask(ping={}).ping.service == "ingest"
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert len(stack.journal(shop.slug)) == 1 + 1 + 2000


# ---- keys that were good -------------------------------------------------------------------------------


def test_a_revoked_key_ends_what_is_connected_and_lets_nobody_in(place):
    stack, shop = place
    key, other = tool(stack, shop), tool(stack, shop)
    client = stack.client("metrics", key)
    client.ask(kpi={"shop": shop.slug, "kpis": ["orders"]})
    topic = f"kpi/{shop.slug}/orders/total/-/day/"
    ended, stays = stack.subscriber(topic, key=key), stack.subscriber(topic, key=other)
    for subscriber in (ended, stays):
        subscriber.until(lambda t, m: True)
    revoke(stack, key)

    def refused():
        reply = client.request(ping={})
        return reply if code(reply) == "UNAUTHENTICATED" else None

    assert "revoked" in harness.wait_until(refused, what="the live connection refused").status.message
    for service in ("ingest", "campaign"):  # all of them know
        counters = ("utarg_connections_refused_revoked_total",)
        harness.wait_until(lambda: _is_out(stack, service, key), what=f"out at {service}")
        assert stack.counter(service, counters[0]) > 0
    harness.wait_until(lambda: stack.counter("metrics", "utarg_publish_reopened_total") > 0, what="the port reopened")
    while ended.receive(0):
        pass
    stack.publisher().accept([shop.purchase("v", now(), "R-1")])
    stays.until(lambda t, m: m.figure.value == "1", what="the other's update")
    assert ended.receive(0.3) is None
    assert "revoked" in stack.ok("key", "list")


def _is_out(stack, service, key):
    with zmq.Context() as context, context.socket(zmq.DEALER) as peer:
        peer.linger = 0
        key.lock(peer)
        outcomes = zmq.Event.HANDSHAKE_FAILED_AUTH | zmq.Event.HANDSHAKE_SUCCEEDED
        with contextlib.closing(peer.get_monitor_socket(outcomes)) as monitor:
            peer.connect(stack.endpoint(service))
            assert monitor.poll(harness.TIMEOUT_S * 1000)
            event = zmq.utils.monitor.recv_monitor_message(monitor)["event"]
            peer.disable_monitor()
        return event == zmq.Event.HANDSHAKE_FAILED_AUTH


def test_an_expired_key_ends_by_itself(place):
    stack, shop = place
    until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=8)
    key = tool(stack, shop, options=("--expires", until.strftime("%Y-%m-%dT%H:%M:%SZ")))
    client = stack.client("metrics", key)
    subscriber = stack.subscriber(f"kpi/{shop.slug}/orders/total/-/day/", key=key)
    assert client.ask(ping={}).ping.service == "metrics"
    subscriber.until(lambda t, m: True)
    reopened = stack.counter("metrics", "utarg_publish_reopened_total")
    harness.wait_until(lambda: code(client.request(ping={})) == "UNAUTHENTICATED", what="expired")
    rises(stack, "metrics", ("utarg_publish_reopened_total",), reopened)
    assert _is_out(stack, "metrics", key)
    assert stack.counter("metrics", "utarg_connections_refused_expired_total") > 0
    assert stack.json("key", "show", key.path.stem)[0]["state"] == "expired"


def test_a_rotated_key_gives_way_to_the_new_one(place):
    stack, shop = place
    key = tool(stack, shop)
    path = stack.data / f"{name('rotated')}.key"
    client = stack.client("metrics", key)
    stack.ok("key", "rotate", key.path.stem, "--grace", "3600", "--out", path)
    new = harness.Key(path, stack.data / "server.key_public")
    assert stack.client("metrics", new).ask(ping={}).ping.service == "metrics"
    assert code(client.request(ping={})) == "OK"  # in its grace
    stack.ok("key", "rotate", key.path.stem, "--grace", "0", "--out", path)
    harness.wait_until(lambda: _is_out(stack, "metrics", new), what="the middle one out")
    newest = harness.Key(path, stack.data / "server.key_public")
    assert stack.client("metrics", newest).ask(kpi={"shop": shop.slug}).kpi.figures is not None


# ---- what a key may ------------------------------------------------------------------------------------


def test_each_kind_does_its_own_and_no_more(place):
    stack, shop = place
    front, board = frontend(stack, shop), tool(stack, shop)
    event = shop.page_view("v", now())
    denied = {
        front: {
            "ingest": [{"journal_read": {"shop": shop.slug}}, {"stats": {}}, {"drain": {}}, {"log_level": {"level": "debug"}}],
            "metrics": [{"kpi": {"shop": shop.slug}}, {"snapshot": {"topic_prefix": f"kpi/{shop.slug}/"}}],
            "campaign": [{"shop_list": {}}, {"offer_list": {"shop": shop.slug}}, {"campaign_list": {"shop": shop.slug}}],
        },
        board: {
            "ingest": [{"publish": {"publications": [event]}}, {"journal_read": {"shop": shop.slug}}],
            "metrics": [{"drain": {}}, {"stats": {}}],
            "campaign": [
                {"campaign_end": {"command_id": b"x" * 16, "shop": shop.slug, "campaign": "c"}},
                {"shop_add": {"command_id": b"x" * 16, "slug": shop.slug}},
            ],
        },
    }
    for key, requests in denied.items():
        for service, bodies in requests.items():
            client = stack.client(service, key)
            before = stack.counter(service, "utarg_requests_forbidden_total")
            for body in bodies:
                reply = client.request(**body)
                assert code(reply) == "FORBIDDEN" and reply.status.message, (service, body, reply)
            assert stack.counter(service, "utarg_requests_forbidden_total") == before + len(bodies)
            assert code(client.request(ping={})) == "OK" and code(client.request(ready={})) == "OK"
    assert len(stack.journal(shop.slug)) == 1


def test_another_shop_in_the_payload_is_forbidden(place, new_shop):
    stack, shop = place
    other = Shop(new_shop())
    publisher = stack.publisher(key=frontend(stack, shop))
    results = publisher.publish([shop.page_view("a", now()), other.page_view("b", now()), shop.page_view("c", now())])
    assert [harness.code_name(r.code) for r in results] == ["OK", "FORBIDDEN", "OK"]
    assert results[1].field == "shop" and other.slug in results[1].message
    assert len(stack.journal(other.slug)) == 1 and len(stack.journal(shop.slug)) == 3
    assert stack.counter("ingest", "utarg_ingest_refused_forbidden_total") >= 1
    board = tool(stack, shop)
    for service, body in (
        ("metrics", {"kpi": {"shop": other.slug}}),
        ("metrics", {"snapshot": {"topic_prefix": f"kpi/{other.slug}/"}}),
        ("campaign", {"offer_list": {"shop": other.slug}}),
        ("campaign", {"offer_history": {"shop": other.slug, "sku": "A"}}),
        ("campaign", {"campaign_list": {"shop": other.slug}}),
        ("campaign", {"shop_list": {"slug": other.slug}}),
    ):
        assert code(stack.client(service, board).request(**body)) == "FORBIDDEN", body
    shops = stack.client("campaign", board).ask(shop_list={}).shop_list.shops
    assert [s.slug for s in shops] == [shop.slug]


def test_the_origin_is_the_keys(place):
    stack, shop = place
    publisher = stack.publisher(key=frontend(stack, shop, "--origin", "import"))
    publisher.accept([shop.page_view("a", now())])
    publisher.accept([shop.page_view("b", now())], origin=3)
    assert code(publisher.try_publish([shop.page_view("c", now())], origin=1)) == "FORBIDDEN"
    assert [e.origin for e in stack.journal(shop.slug)[1:]] == [3, 3]


def test_a_frontend_may_be_for_some_events_only(place):
    stack, shop = place
    publisher = stack.publisher(key=frontend(stack, shop, "--may", "event.publish:browsing,event.publish:cart"))
    results = publisher.publish([shop.page_view("a", now()), shop.purchase("a", now(), "P-1"), shop.add_to_cart("a", now(), "c")])
    assert [harness.code_name(r.code) for r in results] == ["OK", "FORBIDDEN", "OK"]


def test_a_tool_sees_one_campaigns_orders_and_nothing_else(place):
    stack, shop = place
    key = tool(stack, shop, "kpi.read:orders:campaign:winter")
    client = stack.client("metrics", key)
    publisher = stack.publisher()
    for i, campaign in enumerate(("winter", "winter", "summer")):
        context = {"utm_source": "ads", "utm_medium": "cpc", "utm_campaign": campaign}
        publisher.accept([shop.page_view(f"v{i}", now(), context=context), shop.purchase(f"v{i}", now(), f"O-{i}", context=context)])
    stack.settle(shop.slug)

    wanted = {"shop": shop.slug, "kpis": ["orders"], "dimension": "campaign", "key": "winter"}
    figures = client.ask(kpi=wanted).kpi.figures
    assert {(f.key, f.value) for f in figures} == {("winter", "2")}
    for change in ({"key": "summer"}, {"key": ""}, {"kpis": []}, {"kpis": ["orders", "net_revenue"]},
                   {"dimension": "", "key": ""}, {"dimension": "device"}):
        assert code(client.request(kpi=wanted | change)) == "FORBIDDEN", change

    allowed = f"kpi/{shop.slug}/orders/campaign/winter/"
    assert client.ask(snapshot={"topic_prefix": allowed}).snapshot.updates
    denied = [f"kpi/{shop.slug}/orders/campaign/", f"kpi/{shop.slug}/", f"kpi/{shop.slug}/orders/campaign/summer/", "kpi/",
              allowed.rstrip("/"), f"kpi/{shop.slug}/net_revenue/campaign/winter/"]
    for prefix in denied:
        reply = client.request(snapshot={"topic_prefix": prefix})
        assert code(reply) == "FORBIDDEN" and reply.status.message, prefix

    before = stack.counter("metrics", "utarg_denied_subscriptions_total")
    subscriber = stack.subscriber(*denied, "", "head/", key=key)
    rises(stack, "metrics", ("utarg_denied_subscriptions_total",), before + len(denied) + 1)
    heard = stack.subscriber(f"kpi/{shop.slug}/orders/campaign/summer/")  # an operator
    context = {"utm_source": "ads", "utm_medium": "cpc", "utm_campaign": "summer"}
    publisher.accept([shop.purchase("v9", now(), "O-9", context=context)])
    heard.until(lambda t, m: m.figure.value == "2")
    assert subscriber.receive(0.3) is None
    subscriber.socket.subscribe(allowed)
    topic, update = subscriber.until(lambda t, m: True)
    assert topic.startswith(allowed) and update.figure.key == "winter"


def test_a_subscriber_that_publishes_is_sent_away_and_the_others_stay(place):
    stack, shop = place
    key = tool(stack, shop)
    topic = f"kpi/{shop.slug}/orders/total/-/day/"
    others = [stack.subscriber(topic, key=tool(stack, shop)) for _ in range(3)]
    for other in others:
        other.until(lambda t, m: True)
    before = stack.counter("metrics", "utarg_bad_subscriptions_total")
    with zmq.Context() as context, context.socket(zmq.XSUB) as peer:
        peer.linger = 0
        key.lock(peer)
        peer.connect(stack.endpoint("metrics", publishes=True))
        peer.send(b"\x01" + topic.encode())
        assert peer.poll(harness.TIMEOUT_S * 1000)
        peer.send_multipart([topic.encode(), b"a forged figure"])
        rises(stack, "metrics", ("utarg_bad_subscriptions_total",), before)
    assert _is_out(stack, "metrics", key) and stack.counter("metrics", "utarg_connections_refused_banned_total") > 0
    stack.publisher().accept([shop.purchase("v", now(), "S-1")])
    for other in others:
        _, update = other.until(lambda t, m: m.figure.value == "1")
        assert update.figure.shop == shop.slug


def test_only_a_service_speaks_for_somebody(place):
    stack, shop = place
    board = tool(stack, shop, "kpi.read")
    stack.client("metrics", board).ask(ping={})  # from here on metrics knows it
    stack.settle(shop.slug)
    service = stack.client("metrics", stack.key("campaign"))
    body = {"kpi": {"shop": shop.slug, "kpis": ["orders"]}}
    reply = service.request(on_behalf_of=board.path.stem, **body)
    assert code(reply) == "OK", reply
    assert code(service.request(on_behalf_of=board.path.stem, stats={})) == "FORBIDDEN"  # not more than the tool may
    assert code(service.request(on_behalf_of="nobody", **body)) == "FORBIDDEN"
    assert code(service.request(stats={})) == "OK"
    operator = stack.client("metrics", stack.key())
    assert code(operator.request(on_behalf_of=board.path.stem, **body)) == "FORBIDDEN"
    front = frontend(stack, shop)
    speaker = stack.client("ingest", stack.key("metrics"))
    stack.client("ingest", front).ask(ping={})
    reply = speaker.request(on_behalf_of=front.path.stem, publish={"publications": [shop.page_view("v", now())], "sent_at_ms": now()})
    assert [harness.code_name(r.code) for r in reply.publish.results] == ["OK"]
    assert stack.journal(shop.slug)[-1].principal == front.path.stem


# ---- secrets -------------------------------------------------------------------------------------------


def test_secrets_stay_in_their_files(place):
    stack, shop = place
    key = frontend(stack, shop)
    secrets = [key.secret] + [stack.key(n).secret for n in ("operator", *SERVICES)]
    secrets.append(zmq.auth.load_certificate(stack.data / "secrets" / "server.key_secret")[1])
    assert all(secrets)
    for log in stack.data.glob("log/*"):
        text = log.read_bytes()
        assert not any(secret in text for secret in secrets), log
    for pid in {p["pid"] for p in stack.status().values()} | {stack.json("status")["supervisor_pid"]}:
        for what in ("cmdline", "environ"):
            text = pathlib.Path(f"/proc/{pid}/{what}").read_bytes()
            assert not any(secret in text for secret in secrets), (pid, what)
    socket_directory = stack.json("status") and stack.data / "run"
    dump = subprocess.run(
        ["/usr/lib/postgresql/15/bin/pg_dump", "-h", str(socket_directory), "-U", "utarg_owner", "utarg"],
        capture_output=True, env={"PGPASSFILE": str(stack.data / "secrets/utarg_owner.pgpass")},
    )
    assert dump.returncode == 0, dump.stderr
    raw = [zmq.utils.z85.decode(secret).hex().encode() for secret in secrets]
    assert not any(secret in dump.stdout for secret in secrets + raw)
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in stack.data.glob("secrets/*key*")}  # pseudonym.key too
    assert len(modes) == 6 and set(modes.values()) == {0o600}, modes


def test_a_key_file_that_others_may_read_is_refused(place):
    stack, shop = place
    key = tool(stack, shop)
    assert stack.cli("kpi", shop.slug, "--key-file", key.path).returncode == 0
    key.path.chmod(0o644)
    done = stack.cli("kpi", shop.slug, "--key-file", key.path)
    assert done.returncode == 4 and "chmod 600" in done.stderr
    secret = stack.data / "secrets" / "server.key_secret"
    secret.chmod(0o640)
    try:
        done = subprocess.run(
            [harness.BIN / "utarg-ingest", f"--server-key-file={secret}", "--port-offset=40000"], capture_output=True, text=True
        )
        assert done.returncode != 0 and "server-key-file" in done.stderr + done.stdout
    finally:
        secret.chmod(0o600)


def test_words_that_make_no_key(place):
    stack, shop = place
    out = stack.data / "never.key"
    for options, exit_code, says in (
        (["--shop", shop.slug], 2, "--kind"),
        (["--kind", "king", "--shop", shop.slug], 2, "king"),
        (["--kind", "tool"], 2, "--shop"),
        (["--kind", "tool", "--shop", "nowhere"], 2, "nowhere"),
        (["--kind", "tool", "--shop", shop.slug, "--may", "kpi.write"], 2, "kpi.write"),
        (["--kind", "tool", "--shop", shop.slug, "--expires", "2020-01-01"], 2, "over already"),
        (["--kind", "tool", "--shop", shop.slug, "--expires", "soon"], 2, "soon"),
        (["--kind", "frontend", "--shop", shop.slug, "--origin", "moon"], 2, "moon"),
        (["--kind", "operator", "--name", "operator"], 5, "already"),
    ):
        done = stack.cli("key", "new", *options, "--out", out)
        assert done.returncode == exit_code and says in done.stderr, (options, done)
        assert not out.exists()
    assert stack.cli("key", "new", "--kind", "operator").returncode == 2
    key = tool(stack, shop)
    done = stack.cli("key", "new", "--kind", "tool", "--shop", shop.slug, "--name", "other", "--out", key.path)
    assert done.returncode == 5 and "there already" in done.stderr
    assert stack.cli("key", "revoke", "nobody").returncode == 2
    assert stack.cli("key", "show", "nobody").returncode == 2


def test_a_restarted_service_knows_its_keys_at_once(own_stack):
    stack = own_stack
    shop = Shop(stack.add_shop("again"))
    key = frontend(stack, shop)
    publisher = stack.publisher(key=key)
    publisher.accept([shop.page_view("v", now())])
    old = stack.kill("ingest")
    publisher.insist([shop.page_view("w", now())])
    stack.wait_restarted("ingest", old)
    revoke(stack, key)
    harness.wait_until(lambda: code(publisher.request(ping={})) == "UNAUTHENTICATED", what="revoked")
    assert stack.publisher().request(ping={}).ping.service == "ingest"


def test_who_came_before_the_keys_could_be_read_stays(own_stack):
    """A health check connects by the service's own key while the database cannot tell the keys yet; once it can, the same
    connection goes on being answered."""
    more.sql(own_stack, "REVOKE SELECT ON office.key FROM utarg_campaign")
    with more.another(own_stack, "campaign") as early:
        assert early.asker().ask(ready={}).ready
        harness.wait_until(lambda: "keys_unreachable" in early.log(), what="the keys out of reach")
        more.sql(own_stack, "GRANT SELECT ON office.key TO utarg_campaign")
        harness.wait_until(lambda: "keys_reachable" in early.log(), what="the keys read")
        assert early.asker().ask(ready={}).ready
