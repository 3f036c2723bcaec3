"""Exchanges by every system at once, over the same accounts, with outages at any instant: each keeps its own promise.

Over a link, on a ledger and in a CLS-type system both legs are final together or neither is; by locks too, but where a
claim is late, which is recorded as such; and an instant link credits in time or gives everything back. Every run proves
its books from its tables before it is published; outages are those that the test wrote, not what the engine recorded.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.simcore.engine.test_cls_worlds import LATER, TOKYO
from tests.simcore.engine.test_outages_anywhere import (
    Spans,
    assert_nothing_while_out,
    assert_pairs_are_atomic,
    minute,
    payments_of,
    played,
    routed,
    spans_of,
)

HERE = Path(__file__).parent
SYSTEM, TOGETHER = (HERE / "cls.toml").read_text().replace(TOKYO, LATER), (HERE / "together.toml").read_text()
SYSTEM = SYSTEM.replace("days = 1", "days = 2")

CLS_ROW = st.tuples(
    st.one_of(st.sampled_from([0, 300, 360, 1440]), st.integers(0, 400)),
    st.sampled_from(["A B {0} USD USD-EUR", "B C {0} EUR EUR-USD", "C A {0}00 JPY JPY-USD", "C B {0} EUR EUR-USD",
                     "A C {0} USD USD-JPY", "B A {0} USD USD-EUR"]),
    st.sampled_from([10, 60, 200, 600]),
)  # fmt: skip
CLS_OUT = ["rails=FEDWIRE", "rails=T2", "rails=BOJ", "rails=FEDWIRE+T2", "participants=A", "participants=B",
           "participants=LP", "participants=CLS", "dealers=B"]  # fmt: skip
PAY_INS = [360, 420, 421, 480, 540, 600, 660, 1440, 360 + 1440]


@given(
    rows=payments_of(CLS_ROW, 12),
    spans=spans_of(CLS_OUT, PAY_INS),
    provider=st.booleans(),
    share=st.sampled_from([0, 50]),
)
@example(rows=[(300, "A B {0} USD USD-EUR", 200)], spans=[("rails=FEDWIRE", 420, 421)], provider=False, share=0)
@example(rows=[(300, "A B {0} USD USD-EUR", 200)], spans=[("participants=A", 360, 661)], provider=True, share=50)
@example(  # nobody can lend to B on Monday, so it begins Tuesday with debt, and what is lent to it then is too little
    rows=[(0, "C B {0} EUR EUR-USD", 600), (1440, "A B {0} USD USD-EUR", 10)],
    spans=[("participants=LP", 360, 661)], provider=True, share=0,
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_both_legs_of_a_trade_are_final_or_neither(rows: list[Any], spans: Spans, provider: bool, share: int) -> None:
    """Whoever can't pay in, and whichever rail isn't there to be paid in on."""
    text = SYSTEM.replace('haircut = "25 %"', f'haircut = "25 %"\nin_out = "{share} %"')
    hops, payments = played(text if provider else text.replace('liquidity_provider = "LP"\n', ""), routed(rows), spans)
    assert_nothing_while_out(hops, spans, {})
    assert_pairs_are_atomic(hops, {row["payment_id"] for row in payments})
    settled = {row["payment_id"] for row in hops if row["kind"] == "payment" and row["sequence"] is not None}
    for row in payments:
        assert (row["status"] == "SETTLED_GROSS") == (row["payment_id"] in settled), row
    for row in hops:  # what a member that is out would pay in waits until it is back
        for what, begin, end in spans:
            if row["kind"] == "pay_in" and what in (f"participants={row['debtor']}", "participants=CLS"):
                assert not begin <= minute(row["settled_at"]) < end, (what, row)


ROUTES = {"link": "HK TH {0} USD link", "lock": "HK CN {0} USD lock", "cls": "HK FX {0} USD cls",
          "ledger": "CN TH {0} CNY ledger", "ledger-back": "TH CN {0}0 THB ledger-back", "baht": "TH FX {0}0 THB baht",
          "instant": "TH MY {0}0 THB instant"}  # fmt: skip
ROW = st.tuples(
    st.one_of(st.sampled_from([30, 60, 90, 555, 630]), st.integers(0, 700)),
    st.sampled_from(list(ROUTES.values())), st.sampled_from([3, 20, 90, 300]),
)  # fmt: skip
OUT = ["rails=USD-CHATS", "rails=BAHTNET", "rails=HVPS", "rails=PROMPTPAY", "rails=RPP", "rails=USD-CHATS+BAHTNET",
       "ledgers=L", "links=LINK", "dealers=FX", "participants=FX", "participants=HK", "participants=TH",
       "participants=CN", "participants=ITMX", "participants=CLS"]  # fmt: skip
INSTANTS = [30, 60, 61, 90, 120, 180, 240, 360, 555, 560, 630, 631, 1440]
LEDGERS = {"L": ["E-CNY", "E-THB"]}


@given(rows=payments_of(ROW, 20), spans=spans_of(OUT, INSTANTS))
@settings(max_examples=40, deadline=None)
def test_every_system_keeps_its_promise_beside_the_others(rows: list[Any], spans: Spans) -> None:
    check(rows, spans)


def test_the_promise_is_put_to_the_test() -> None:
    """Exchanges of every kind that settle, and of every kind that don't; else the worlds above would prove little."""
    rows = sorted(
        (at, ROUTES[name], amount) for name in ROUTES for at in (35, 100, 200, 400) for amount in (3, 20, 300)
    )
    outcomes: Counter[tuple[str, bool]] = Counter()
    late = 0
    for what, begin, end in [("participants=FX", 150, 300), ("rails=BAHTNET", 90, 420), ("rails=HVPS", 110, 400),
                             ("ledgers=L", 30, 600), ("dealers=FX", 100, 640)]:  # fmt: skip
        for row in check(rows, [(what, begin, end)]):
            outcomes[row["route"], row["status"].startswith("SETTLED")] += 1
            late += row["status"] == "CLAIMED_LATE"
    assert {route for route, done in outcomes if done} >= {*ROUTES}
    assert {route for route, done in outcomes if not done} >= {*ROUTES} - {"baht"}
    assert late > 0


def check(rows: list[Any], spans: Spans) -> list[Any]:
    """Play, and ask of each payment what its system promises; the payments."""
    hops, payments = played(TOGETHER, routed(rows), spans)
    given_up = [row for row in hops if row["status"] == "REJECTED_TIME_LIMIT"]  # by the link: nobody sent it
    assert_nothing_while_out([row for row in hops if row not in given_up], spans, LEDGERS)
    at_once = {row["payment_id"] for row in payments if row["route"] in ("link", "cls", "ledger", "ledger-back")}
    assert_pairs_are_atomic(hops, at_once)
    mine: dict[int, list[Any]] = defaultdict(list)
    for row in hops:
        if row["payment_id"] is not None:
            mine[row["payment_id"]].append(row)
    for payment in payments:
        its = mine[payment["payment_id"]]
        legs = {row["hop"] for row in its if row["kind"] == "payment" and row["sequence"] is not None}
        moved: Counter[tuple[str, str]] = Counter()
        for row in its:
            if row["sequence"] is not None:
                moved[row["debtor"], row["rail"]] -= row["amount_minor"]
                moved[row["creditor"], row["rail"]] += row["amount_minor"]
        if payment["route"] == "lock" and payment["completed_at"] is not None:
            late = payment["status"] == "CLAIMED_LATE"
            assert legs == ({0} if late else {0, 1} if payment["status"] == "SETTLED_GROSS" else set()), payment
        if payment["route"] == "instant":
            if legs == {0, 1}:
                first, last = (next(row for row in its if row["hop"] == hop) for hop in (0, 1))
                assert (last["settled_at"] - first["entered_at"]).total_seconds() <= 60, its
            elif payment["completed_at"] is not None:
                assert not any(moved.values()), its
        if legs == set() and payment["completed_at"] is not None:
            assert not any(moved.values()), its  # nothing has moved, or everything is back
    return payments
