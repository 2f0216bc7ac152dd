# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hand-worked: service, supply and books."""
from oracle.cases import AT, DAY, HOUR, MINUTE, SERVER, SHOP, Told, line


def told_by_server(*events, **how):
    return Told(*((event, SERVER) for event in events), **how)


def case(kind, t, case_id="S-1", **more):
    return SHOP.of(f"service_case_{kind}", t, case_id=case_id, **more)


def days(told, kpi, *numbers):
    return [told.figure(kpi, f"2026-03-{number}")[0] for number in numbers]


def test_first_reply_counts_the_unanswered_with_the_clock():
    told = told_by_server(
        case("opened", AT), case("replied", AT - MINUTE), case("replied", AT + MINUTE, by_customer=True),
        case("replied", AT + 2 * MINUTE), case("replied", AT + 3 * MINUTE), case("opened", AT + DAY),
        case("opened", AT, "S-2"), as_of=AT + 10 * MINUTE)
    # 120,000 ms is 117 x 1,024 in five bits: 118,784 (29 x 4,096); 600,000 is 589,824 (18 x 32,768).
    assert told.figures("first_reply_minutes_p50", "first_reply_minutes_p90", "contact_rate") == {
        "first_reply_minutes_p50": (118_784, 1), "first_reply_minutes_p90": (589_824, 1), "contact_rate": (2, 0)}
    assert told.figure("first_reply_minutes_p50", "2026-03-11") == (0, 0), "a second opening is no case"


def test_resolution_is_to_the_last_close():
    told = told_by_server(case("opened", AT), case("closed", AT + HOUR), case("reopened", AT + 2 * HOUR),
                          case("closed", AT + 30), case("closed", AT + 3 * HOUR), as_of=AT + DAY)
    assert told.figure("resolution_hours_p50") == (10_485_760, 1)  # 3 h: 10,800,000 -> 20 x 524,288
    open_again = told_by_server(case("opened", AT), case("closed", AT + HOUR), case("reopened", AT + 2 * HOUR),
                                as_of=AT + 4 * HOUR)
    assert open_again.figure("resolution_hours_p90") == (14_155_776, 1)  # 4 h: 27 x 524,288


def test_open_cases():
    told = told_by_server(case("opened", AT), case("closed", AT + DAY), case("closed", AT + DAY + 1),
                          case("reopened", AT + 2 * DAY), case("opened", AT + DAY, "S-2"), case("closed", AT, "S-3"))
    assert days(told, "open_cases", "09", 10, 11, 12, 13) == [0, 1, 1, 2, 2]
    assert told.figure("open_cases", window="month") == (2, 1)


def test_the_last_rating_of_a_case_counts():
    ratings = [("S-1", AT, 1), ("S-1", AT + DAY, 4), ("S-2", AT + DAY, 5)]
    told = told_by_server(*(SHOP.of("service_rated", t, case_id=name, score=score) for name, t, score in ratings))
    assert told.figure("satisfaction") == (0, 0) and told.figure("satisfaction", "2026-03-11") == (9, 2)


def test_open_orders():
    told = told_by_server(
        *(SHOP.purchase("", AT, f"O-{i}") for i in range(4)), SHOP.order_cancelled(AT + DAY, "O-1"),
        SHOP.of("order_fulfilled", AT + DAY, order_id="O-2", parcel_id="P-1"),
        SHOP.of("order_fulfilled", AT + 2 * DAY, order_id="O-2", parcel_id="P-2", last_parcel=True),
        SHOP.of("order_fulfilled", AT - 1, order_id="O-3", last_parcel=True))
    assert days(told, "open_orders", 10, 11, 12) == [3, 2, 1]


def test_complaints_and_withdrawals():
    def complaint(name, order, t=AT):
        return SHOP.of("complaint_received", t, complaint_id=name, order_id=order)

    told = told_by_server(
        *(complaint(f"Q-{order}", order) for order in ("refunded", "cancelled", "closed", "left", "")),
        complaint("Q-left", "refunded", AT + DAY), SHOP.refund(AT - 1, "R-0", "refunded", total_minor=1),
        SHOP.refund(AT + DAY, "R-1", "refunded", total_minor=1), SHOP.order_cancelled(AT + 2 * DAY, "cancelled"),
        case("opened", AT, order_id="closed"), case("closed", AT + 20 * DAY),
        SHOP.of("withdrawal_received", AT, withdrawal_id="W-1", order_id="refunded"),
        SHOP.of("withdrawal_received", AT, withdrawal_id="W-2", order_id="cancelled"))
    assert days(told, "complaints_due", 10, 11, 12, 29, 30) == [5, 4, 3, 3, 2]
    assert days(told, "complaints_overdue", 23, 24, 30) == [0, 3, 2]
    assert days(told, "refunds_due", 10, 11, 12) == [2, 1, 1] and days(told, "refunds_overdue", 23, 24) == [0, 1]
    told.as_of = AT + 14 * DAY - 1
    assert days(told, "complaints_overdue", 24) == [0]


# ---- supply ------------------------------------------------------------------------------------------------


def test_fulfilment_returns_and_refusals():
    def of(kind, order, t=AT, **more):
        return SHOP.of(kind, t, order_id=order, **more)

    told = told_by_server(
        *(SHOP.purchase("", AT, f"O-{i}") for i in range(1, 5)),
        of("order_fulfilled", "O-1", AT + HOUR, last_parcel=True),
        of("order_fulfilled", "O-1", AT + 2 * HOUR, last_parcel=True),
        of("order_fulfilled", "O-2", AT + 31 * DAY, last_parcel=True), of("order_fulfilled", "O-3", AT + DAY),
        of("order_fulfilled", "O-4", AT - HOUR, last_parcel=True),
        of("return_received", "O-1", return_id="T", lines=[{"sku": "A", "quantity": 1}]), of("parcel_refused", "O-2"),
        of("return_received", "O-3", return_id="T", lines=[{"sku": "A", "quantity": 1}]))
    # 0, 1 h and 31 days: 3,600,000 -> 27 x 131,072; 2,678,400,000 -> 19 x 134,217,728.
    assert told.figures("fulfilment_hours_p50", "fulfilment_hours_p90", "return_rate", "parcel_refused_rate") == {
        "fulfilment_hours_p50": (3_538_944, 1), "fulfilment_hours_p90": (2_550_136_832, 1), "return_rate": (1, 3),
        "parcel_refused_rate": (1, 3)}


def test_promises_are_kept_by_the_end_of_the_day():
    def order(name, day="2026-03-12"):
        return SHOP.purchase("", AT, name, promised_day=day)

    def delivered(name, t, parcel=""):
        return SHOP.of("order_delivered", t, order_id=name, parcel_id=parcel)

    events = [
        order("kept"), delivered("kept", "2026-03-12T23:59:59.999+01:00"), delivered("kept", "2026-03-14T00:00Z"),
        order("late"), delivered("late", "2026-03-13T00:00+01:00"),
        order("half"), delivered("half", AT, "P-1"), delivered("half", "2026-03-14T00:00Z", "P-2"),
        order("never"), order("cancelled"), SHOP.order_cancelled(AT, "cancelled"), SHOP.purchase("", AT, "no promise"),
    ]
    assert told_by_server(*events).figure("on_time_rate", "2026-03-12") == (1, 4)
    early = told_by_server(*events, as_of="2026-03-12T23:59+01:00")
    assert early.figure("on_time_rate", "2026-03-12") == (1, 3), "the day of the last one has not passed"
    assert early.figure("on_time_rate", "2026-03-12", "hour") is None


def test_reviews():
    reviews = [("V-1", "A", AT, 1), ("V-1", "A", AT + 1, 3), ("V-2", "B", AT, 5), ("V-3", "", AT, 4)]
    told = told_by_server(*(SHOP.of("review_posted", t, review_id=name, sku=sku, score=score)
                            for name, sku, t, score in reviews))
    assert told.figure("review_score") == (12, 3)
    assert told.figure("review_score", dimension="offer", key="A") == (3, 1)


def digest(*rows, day="2026-03-10", t=AT, **more):
    return SHOP.of("order_digest", t, day=day, rows=[dict(zip(("order_id", "gross_minor", "currency", "status"), row))
                                                     for row in rows], **more)


def test_books_row_by_row():
    orders = [SHOP.purchase("", AT, f"O-{i}", lines=[line("A", 1, 100)]) for i in range(1, 6)]
    rows = [("O-1", 123, "PLN"), ("O-2", 124, "PLN"), ("O-3", 123, "EUR"), ("O-4", 123, "PLN"), ("O-none", 123, "PLN"),
            ("O-1", 1, "PLN")]
    told = told_by_server(*orders, SHOP.order_cancelled(AT, "O-4"), digest(("O-9", 1, "PLN"), t=AT - 1), digest(*rows))
    assert told.figures("books_coverage", "books_missing", "books_extra", "books_day_agrees") == {
        "books_coverage": (1, 5), "books_missing": (1, 1), "books_extra": (1, 1), "books_day_agrees": (0, 1)}
    right = told_by_server(*orders, SHOP.order_cancelled(AT, "O-4"), digest(
        *((f"O-{i}", 123, "PLN", 2 if i == 4 else 1) for i in range(1, 6))))
    assert right.figures("books_coverage", "books_extra", "books_day_agrees") == {
        "books_coverage": (5, 5), "books_extra": (0, 1), "books_day_agrees": (1, 1)}


def test_books_of_a_whole_day():
    orders = [SHOP.purchase("", AT, "O-1", lines=[line("A", 1, 100)]),
              SHOP.purchase("", AT, "O-2", lines=[line("A", 1, 200)]),
              SHOP.purchase("", AT, "O-3", currency="EUR")]
    said = {"order_count": 2, "gross_minor": 123 + 246, "currency": "PLN"}
    assert told_by_server(*orders, digest(**said)).figures("books_day_agrees", "books_coverage", "books_extra") == {
        "books_day_agrees": (1, 1), "books_coverage": (0, 0), "books_extra": (0, 1)}
    assert told_by_server(*orders, digest(**said | {"gross_minor": 368})).figure("books_day_agrees") == (0, 1)
    assert told_by_server(*orders).figure("books_day_agrees") == (0, 0), "no digest"
    assert told_by_server(*orders, digest(**said)).figure("books_day_agrees", window="month") is None
