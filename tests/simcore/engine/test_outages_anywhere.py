"""Outages at any instant of generated days: nothing is final on what is out, both legs of a PvP are final or neither.

Every run proves its books from its tables before it is published; what is asked here on top is worked out from the
outages as the test wrote them, and not from what the engine recorded.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import simcore
from tests.simcore.engine.test_links import LINK_TOWN, RATES
from tests.simcore.engine.towns import CIPS_TOWN, HEADER, NET_TOWN, RING_TOWN, ROUTED

HERE = Path(__file__).parent
DAY = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
LINKED, LOCKED, LEDGER = (HERE / name for name in ("linked.toml", "locked.toml", "two-countries.toml"))
Spans = list[tuple[str, int, int]]
"""What is out (``rails=X``), from which minute of Monday, UTC, to which."""


def outages(spans: Spans) -> str:
    """The spans as tables of a scenario."""
    text = ""
    for k, (what, begin, end) in enumerate(spans):
        key, names = what.split("=")
        listed = ", ".join(f'"{name}"' for name in names.split("+"))
        clocks = (f'"{at // 60 % 24:02d}:{at % 60:02d}+{at // 1440}"' for at in (begin, end))
        begins, ends = clocks
        text += f'\n[outages.o{k}]\n{key} = [{listed}]\nzone = "UTC"\n'
        text += f"times = [{{ day = 2026-03-02, from = {begins}, to = {ends} }}]\n"
    return text


def played(text: str, payments: str, spans: Spans, files: dict[str, str] | None = None) -> tuple[list[Any], list[Any]]:
    """The tables of obligations and payments of a run, as rows."""
    with tempfile.TemporaryDirectory() as folder:
        scenario = Path(folder) / "scenario.toml"
        scenario.write_text(text + outages(spans))
        for name, content in {"payments.csv": payments, **(files or {})}.items():
            (Path(folder) / name).write_text(content)
        done = simcore.run(scenario, out=Path(folder) / "run")
        return done.obligations.to_pylist(), done.payments.to_pylist()


def routed(rows: list[tuple[int, str, int]]) -> str:
    """The file of payments that are given as minute of Monday, ``debtor creditor {0} currency route`` and amount."""
    text = ROUTED
    for k, (at, what, amount) in enumerate(rows):
        debtor, creditor, value, currency, route = what.format(amount).split()
        when = (DAY + dt.timedelta(minutes=at)).isoformat()
        text += f"P{k},{when},{debtor},{creditor},{value},{currency},{route}\n"
    return text


def minute(time: dt.datetime) -> float:
    return (time - DAY).total_seconds() / 60


def assert_nothing_while_out(rows: list[dict[str, Any]], spans: Spans, ledgers: dict[str, list[str]]) -> None:
    """No row of a rail became final in its outage; nobody's payment reached an RTGS or clearing in its own."""
    for what, begin, end in spans:
        key, names = what.split("=")
        for name in names.split("+"):
            rails = ledgers.get(name, []) if key == "ledgers" else [name] if key == "rails" else []
            for row in rows:
                if row["rail"] in rails and row["settled_at"] is not None:
                    assert not begin <= minute(row["settled_at"]) < end, (what, row)
                mine = key == "participants" and row["debtor"] == name and row["kind"] in ("payment", "return")
                on_ledger = any(row["rail"] in members for members in ledgers.values())
                if mine and not on_ledger:
                    assert not begin <= minute(row["entered_at"]) < end, (what, row)


def assert_pairs_are_atomic(rows: list[dict[str, Any]], pairs: set[int]) -> None:
    """Both hops of each payment have one instant and one number of finality, or neither has any."""
    final: dict[int, dict[int, tuple[Any, Any]]] = defaultdict(dict)
    for row in rows:
        if row["kind"] == "payment" and row["sequence"] is not None:
            final[row["payment_id"]][row["hop"]] = (row["settled_at"], row["sequence"])
    for legs in (final[number] for number in pairs):
        assert len(legs) in (0, 2), legs
        assert len(set(legs.values())) <= 1, legs


def spans_of(what: list[str], instants: list[int]) -> st.SearchStrategy[Spans]:
    """Up to four outages that begin and end at instants at which something happens, or at any other."""
    at = st.one_of(st.sampled_from(instants), st.integers(0, 900))
    one = st.tuples(st.sampled_from(what), at, at).filter(lambda span: span[1] != span[2])
    return st.lists(one.map(lambda span: (span[0], min(span[1:]), max(span[1:]))), max_size=4)


def payments_of(rows: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[list[Any]]:
    return st.lists(rows, min_size=1, max_size=most).map(sorted)


LINK_ROW = st.tuples(
    st.one_of(st.sampled_from([30, 90, 600, 630, 631]), st.integers(0, 700)),
    st.sampled_from(["HK-A TH-A {0} USD linked", "HK-B TH-B {0} USD linked", "TH-A FX {0}0 THB thb",
                     "HK-A HK-B {0} USD usd"]),
    st.sampled_from([10, 40, 90, 300]),
)  # fmt: skip
LINK_OUT = ["rails=USD-CHATS", "rails=BAHTNET", "rails=USD-CHATS+BAHTNET", "links=CHATS", "dealers=FX",
            "participants=FX", "participants=HK-A"]  # fmt: skip


@given(rows=payments_of(LINK_ROW, 12), spans=spans_of(LINK_OUT, [30, 90, 91, 600, 630, 631, 90 + 1440, 1440]))
@example(rows=[(60, "HK-A TH-A {0} USD linked", 40)], spans=[("rails=BAHTNET", 90, 91)])  # at the opening both wait for
@example(rows=[(60, "HK-A TH-A {0} USD linked", 40)], spans=[("links=CHATS", 90, 1000)])  # over the end of the day
@example(rows=[(100, "HK-A TH-A {0} USD linked", 40)], spans=[("links=CHATS", 100, 101)])  # at the very instant
@settings(max_examples=40, deadline=None)
def test_both_legs_over_a_link_are_final_or_neither(rows: list[Any], spans: Spans) -> None:
    hops, payments = played(LINKED.read_text(), routed(rows), spans)
    assert_nothing_while_out(hops, spans, {})
    pairs = {row["payment_id"] for row in payments if row["route"] == "linked"}
    assert_pairs_are_atomic(hops, pairs)
    for row in hops:
        if row["payment_id"] in pairs and row["kind"] == "payment" and row["settled_at"] is not None:
            at = minute(row["settled_at"])
            assert not any(begin <= at < end for what, begin, end in spans if what == "links=CHATS"), row


LOCKED_OUT = ["rails=USD-CHATS", "rails=BAHTNET", "rails=USD-CHATS+BAHTNET", "dealers=FX", "participants=FX",
              "participants=HK-A", "participants=TH-A"]  # fmt: skip


@given(rows=payments_of(LINK_ROW, 12), spans=spans_of(LOCKED_OUT, [30, 90, 91, 105, 330, 600, 630, 631, 90 + 1440]))
@example(rows=[(100, "HK-A TH-A {0} USD linked", 90)] * 2, spans=[("rails=BAHTNET", 100, 200)])  # money for one of them
@example(
    rows=[(100, "HK-A TH-A {0} USD linked", 40), (101, "TH-A FX {0}0 THB thb", 300)], spans=[]
)  # while it is locked
@settings(max_examples=40, deadline=None)
def test_legs_by_locks_are_both_final_or_neither_but_for_late_claims(rows: list[Any], spans: Spans) -> None:
    """And every pair comes to an end, or to a lock that the run's end leaves; the dealer's money is for one or two."""
    hops, payments = played(LOCKED.read_text(), routed(rows), spans)
    assert_nothing_while_out(hops, spans, {})
    late = {row["payment_id"] for row in payments if row["status"] == "CLAIMED_LATE"}
    locked = {row["payment_id"] for row in hops if row["kind"] == "lock"}
    ended = {row["payment_id"] for row in payments if row["completed_at"] is not None}
    pairs = {row["payment_id"] for row in payments if row["route"] == "linked"}
    legs: dict[int, set[int]] = defaultdict(set)
    for row in hops:
        if row["payment_id"] in pairs and row["kind"] == "payment" and row["sequence"] is not None:
            legs[row["payment_id"]].add(row["hop"])
    for number in pairs & ended:
        assert legs[number] == {0} if number in late else legs[number] in (set(), {0, 1})
    for row in payments:
        if row["payment_id"] in pairs - ended:
            assert row["payment_id"] in locked, row


INSTANT_ROW = st.tuples(
    st.one_of(st.sampled_from([540 * 60 - 15, 540 * 60 - 10, 540 * 60 - 1, 540 * 60]), st.integers(0, 700 * 60)),
    st.sampled_from(["quick", "slow", "late"]),
    st.sampled_from(["1.00", "10.00", "30.00"]),
)
INSTANT_OUT = ["rails=FAST", "rails=RPP", "rails=FAST+RPP", "participants=Quick", "participants=Payer",
               "participants=Slow", "dealers=Quick"]  # fmt: skip


@given(rows=payments_of(INSTANT_ROW, 12), spans=spans_of(INSTANT_OUT, [530, 540, 541, 550, 560]))
@example(rows=[(540 * 60 - 12, "quick", "10.00")], spans=[("participants=Quick", 540, 550)])  # with the money in hand
@example(rows=[(540 * 60 - 12, "quick", "10.00")], spans=[("rails=FAST+RPP", 540, 550)])  # nowhere to go back to
@example(rows=[(540 * 60 - 10, "quick", "1.00")], spans=[("participants=Quick", 540, 541)])  # it had quoted before
@example(rows=[(540 * 60 - 9, "quick", "1.00")], spans=[("dealers=Quick", 540, 541)])
@settings(max_examples=40, deadline=None)
def test_what_an_instant_link_does_not_credit_in_time_is_back_once_nothing_is_out(
    rows: list[Any], spans: Spans
) -> None:
    """In time or not at all: no money of a payment is left on its way, and none is credited after the limit."""
    text = ROUTED
    for k, (at, route, amount) in enumerate(rows):
        when = (DAY + dt.timedelta(seconds=at)).isoformat()
        text += f"P{k},{when},Payer,Payee,{amount},SGD,{route}\n"
    hops, payments = played(LINK_TOWN, text, spans, {"rates.csv": RATES})
    given_up = [row for row in hops if row["status"] == "REJECTED_TIME_LIMIT"]  # by the link: nobody sent it
    assert_nothing_while_out([row for row in hops if row not in given_up], spans, {})
    for payment in payments:
        mine = [row for row in hops if row["payment_id"] == payment["payment_id"]]
        moved: dict[tuple[str, str], int] = defaultdict(int)
        for row in mine:
            if row["sequence"] is not None:
                moved[row["debtor"], row["rail"]] -= row["amount_minor"]
                moved[row["creditor"], row["rail"]] += row["amount_minor"]
        if payment["status"].startswith("SETTLED"):
            first, last = (next(row for row in mine if row["hop"] == hop) for hop in (0, 1))
            assert last["settled_at"] - first["entered_at"] <= dt.timedelta(minutes=1), mine
        else:
            assert payment["completed_at"] is not None
            assert not any(moved.values()), mine


LEDGER_ROW = st.tuples(
    st.one_of(st.sampled_from([30, 90, 555, 630]), st.integers(0, 700)),
    st.sampled_from(["CNB THB {0} CNY pvp", "THB CNB {0} THB pvp-back", "CNB FX {0} CNY cny"]),
    st.sampled_from([10, 50, 150, 400]),
)
LEDGER_OUT = ["ledgers=L", "rails=RTGS-CN", "rails=RTGS-TH", "dealers=FX", "participants=FX", "participants=CNB"]


@given(rows=payments_of(LEDGER_ROW, 12), spans=spans_of(LEDGER_OUT, [30, 90, 555, 630, 1440]))
@example(rows=[(100, "CNB THB {0} CNY pvp", 50)], spans=[("ledgers=L", 100, 101)])  # in the block it would be in
@settings(max_examples=30, deadline=None)
def test_both_legs_on_a_ledger_are_final_or_neither(rows: list[Any], spans: Spans) -> None:
    hops, payments = played(LEDGER.read_text(), routed(rows), spans)
    assert_nothing_while_out(hops, spans, {"L": ["E-CNY", "E-THB"]})
    assert_pairs_are_atomic(hops, {row["payment_id"] for row in payments if row["route"].startswith("pvp")})


TOWNS = {
    "ring": (RING_TOWN, "SGD", ["A", "B", "C"], ["rails=RTGS", "participants=A", "participants=C"], [60, 90, 120, 540]),
    "net": (NET_TOWN, "SGD", ["A", "B", "C"], ["rails=NET", "participants=A"], [60, 180, 300, 480, 540]),
    "cips": (CIPS_TOWN, "CNY", ["East", "West"], ["rails=HVPS", "rails=CIPS", "rails=HVPS+CIPS", "participants=East"],
             [30, 540, 555, 750, 1440]),
}  # fmt: skip


@pytest.mark.parametrize("name", TOWNS)
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_nothing_is_final_on_what_is_out(name: str, data: st.DataObject) -> None:
    """RTGS with a mechanism, a net clearing with cycles, CIPS funded from and swept to HVPS."""
    town, currency, banks, what, instants = TOWNS[name]
    row = st.tuples(
        st.one_of(st.sampled_from(instants), st.integers(0, 900)), st.permutations(banks), st.integers(1, 60)
    )
    rows, spans = data.draw(payments_of(row, 12)), data.draw(spans_of(what, instants))
    text = HEADER
    for k, (at, (debtor, creditor, *_), amount) in enumerate(rows):
        when = (DAY + dt.timedelta(minutes=at)).isoformat()
        text += f"{k},{when},{debtor},{creditor},{amount * (10_000 if currency == 'CNY' else 1)},{currency}\n"
    hops, _ = played(town, text, spans)
    assert_nothing_while_out(hops, spans, {})
