"""Measures of payments, accounts and networks equal their definitions on drawn runs of every outcome and currency."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from itertools import pairwise, product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analysis.measures import cells
from analysis.tables import open_tables
from simcore.demand.batch import DemandBatch
from simcore.kernels import constants as c
from simcore.results.writer import Names, RunWriter
from tests.analysis.made import HOUR, MIDNIGHT, scenario

PEOPLE = ["D", "A", "B", "C", "E"]
MONEY = ["CNY", "SGD", "USD"]
ROUTES = [("CNY", "CNY"), ("SGD", "CNY"), ("SGD", "USD")]
STATUS = [c.SETTLED_GROSS, c.SETTLED_OFFSET, c.SETTLED_NET, c.QUEUED_AT_END, c.RETURNED_CUT_OFF,
          c.REJECTED_INSUFFICIENT_FUNDS]  # fmt: skip


class Paid(NamedTuple):
    """A payment; ``via`` are those it passes through, ``settled`` whether its status says so."""

    debtor: str
    creditor: str
    route: int
    amount: int
    fee: int
    status: int
    via: tuple[str, ...]

    @property
    def settled(self) -> bool:
        return self.status in STATUS[:3]


payments = st.lists(
    st.builds(
        lambda ends, route, amount, fee, status, via: Paid(*ends[:2], route, amount, fee, status, tuple(via)),
        st.permutations(PEOPLE[1:]), st.integers(0, 2), st.integers(1, 2**50), st.integers(0, 2**40),
        st.sampled_from(STATUS), st.lists(st.sampled_from(PEOPLE), max_size=2),
    ),
    min_size=1, max_size=30,
)  # fmt: skip


def write(out: Path, paid: list[Paid], debited: list[int]) -> Path:
    """A run of these payments, on one rail for each currency, and of accounts with these debits on two days."""
    n, k = len(paid), len(PEOPLE)
    names = Names(
        participants=PEOPLE, rails=MONEY, routes=["home", "in", "out"], flows=["f"], purposes=["p"], corridors=[],
        currencies=MONEY, account_rail=np.repeat(np.arange(3), k).astype(np.int32),
        account_participant=np.tile(np.arange(k), 3).astype(np.int32),
        account_currency=np.repeat(np.arange(3), k).astype(np.int32),
        account_limit=np.array([c.UNLIMITED, *([0] * (k - 1))] * 3, np.int64),
        route_currency_sent=np.array([MONEY.index(sent) for sent, _ in ROUTES], np.int32),
        route_currency_received=np.array([MONEY.index(received) for _, received in ROUTES], np.int32),
    )  # fmt: skip
    with RunWriter(out, names, compression="zstd", metadata={}) as writer:
        writer.demand(DemandBatch(
            first_payment_id=0, initiated_at=MIDNIGHT + np.arange(n) * HOUR,
            debtor=np.array([PEOPLE.index(each.debtor) for each in paid], np.int32),
            creditor=np.array([PEOPLE.index(each.creditor) for each in paid], np.int32),
            route=np.array([each.route for each in paid], np.int32),
            amount_minor=np.array([each.amount for each in paid], np.int64), priority=np.zeros(n, np.int8),
            flow=np.zeros(n, np.int16), purpose=np.zeros(n, np.int16), corridor=np.full(n, -1, np.int16),
            draws=np.zeros((n, 0), np.int64), reference=None))  # fmt: skip
        done = np.where([each.settled for each in paid], MIDNIGHT + np.arange(n) * HOUR + 1, c.NEVER)
        writer.payments({
            "payment_id": np.arange(n), "amount_received": np.where(done == c.NEVER, -1, 7),
            "fee": np.array([each.fee for each in paid], np.int64), "completed_at": done,
            "status": np.array([each.status for each in paid], np.int8), "hops": np.ones(n, np.int8)})  # fmt: skip
        hops = []
        for number, each in enumerate(paid):
            chain = [each.debtor, *each.via, each.creditor]
            for hop, (debtor, creditor) in enumerate(pairwise(chain)):
                if debtor != creditor:
                    hops.append((number, hop, PEOPLE.index(debtor), PEOPLE.index(creditor)))
        column = np.array(hops, np.int64).T
        size = len(hops)
        writer.obligations({
            "payment_id": column[0], "hop": column[1].astype(np.int8), "kind": np.zeros(size, np.int8),
            "debit_account": column[2], "credit_account": column[3], "amount": np.ones(size, np.int64),
            "entered_at": np.full(size, MIDNIGHT), "settled_at": np.full(size, MIDNIGHT),
            "sequence": np.arange(size), "status": np.full(size, c.SETTLED_GROSS, np.int8),
            "cycle_id": np.full(size, -1, np.int32), "fx_id": np.full(size, -1, np.int32)})  # fmt: skip
        for day in range(2):
            zero = np.zeros(3 * k, np.int64)
            writer.accounts({
                "account": np.arange(3 * k), "business_day": np.full(3 * k, MIDNIGHT // (24 * HOUR) + 1 + day),
                "opening": zero, "closing": zero, "minimum": zero, "maximum": zero, "credited": zero,
                "peak_queue": zero, "debited": np.array(debited[day * 3 * k : (day + 1) * 3 * k], np.int64),
            })  # fmt: skip
        return writer.publish({"seed": 1, "scenario": scenario(PEOPLE)})


def ratio(top: int, bottom: int) -> Fraction | None:
    return Fraction(top, bottom) if bottom else None


def of_payments(here: list[Paid], currency: str) -> dict[str, Any]:
    """Definitions of the measures of payments that were sent in one currency."""
    done = [each for each in here if each.settled]
    value = sum(each.amount for each in done)
    return {
        "returned_count": sum(each.status in STATUS[4:] for each in here),
        "unsettled_count": sum(each.status == c.QUEUED_AT_END for each in here),
        "settlement_rate_count": ratio(len(done), len(here)),
        "fee_value": sum(each.fee for each in here),
        "cost_bp": ratio(10_000 * sum(each.fee for each in done), value),
        "rmb_share": ratio(sum("CNY" in ROUTES[each.route] for each in done), len(done)),
    }


def of_network(done: list[Paid]) -> dict[str, Any]:
    """Definitions of the measures of the network that settled payments in one currency make."""
    people = sorted({who for each in done for who in (each.debtor, each.creditor)})
    links = {(each.debtor, each.creditor) for each in done}
    total, n = sum(each.amount for each in done), len(people)
    sent = {who: sum(each.amount for each in done if each.debtor == who) for who in people}
    through = {who: sent[who] + sum(each.amount for each in done if each.creditor == who) for who in people}
    ranked, size = sorted(people, key=lambda who: (-through[who], who)), 0
    while 4 * sum(e.amount for e in done if {e.debtor, e.creditor} <= set(ranked[:size])) < 3 * total:
        size += 1
    return {
        "degree": Fraction(sum(sum((who, other) in links for other in people) for who in people), n),
        "connectivity": Fraction(len(links), n * (n - 1)),
        "reciprocity": Fraction(sum((b, a) in links for a, b in links), len(links)),
        "core_share": Fraction(size, n),
        "critical_share": max(stopped(done, who) for who in PEOPLE),
        "sent_herfindahl": sum(Fraction(value, total) ** 2 for value in sent.values()),
        "sent_gini": Fraction(sum(abs(a - b) for a, b in product(sent.values(), repeat=2)), 2 * n * total),
    }


def stopped(done: list[Paid], who: str) -> Fraction:
    """Share of value that stops with a participant."""
    gone = sum(each.amount for each in done if who in (each.debtor, each.creditor, *each.via))
    return Fraction(gone, sum(each.amount for each in done))


@given(payments, st.lists(st.integers(0, 2**50), min_size=30, max_size=30))
def test_measures_equal_their_definitions(paid: list[Paid], debited: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tables = open_tables(write(Path(folder) / "run", paid, debited))
        found = {(cell.measure, cell.currency): cell.value for cell in cells(tables)}
        each = {(cell.measure, cell.group, cell.currency): cell.value for cell in cells(tables, by="participant")}
    for currency in MONEY:
        here = [one for one in paid if ROUTES[one.route][0] == currency]
        done = [one for one in here if one.settled]
        for name, value in (of_payments(here, currency) if here else {}).items():
            assert found[name, currency] == value, name
        for name, value in (of_network(done) if done else {}).items():
            assert found[name, currency] == value, name
        for who in PEOPLE if done else ():
            paid_by = {one.creditor for one in done if one.debtor == who}
            back = [one for one in paid_by if any(o.debtor == one and o.creditor == who for o in done)]
            assert (each.get(("critical_share", who, currency)) or 0) == stopped(done, who)
            assert (each.get(("degree", who, currency)) or 0) == len(paid_by)
            assert each.get(("reciprocity", who, currency)) == ratio(len(back), len(paid_by))
        k = MONEY.index(currency) * len(PEOPLE)
        totals = [debited[k + who] + debited[15 + k + who] for who in range(1, 5)]  # the issuer is left out
        assert found["herfindahl", currency] == ratio(sum(value**2 for value in totals), sum(totals) ** 2)


def test_a_network_worked_by_hand() -> None:
    """A pays B 60 and C 10, B pays A 20, C pays E 10, half of it through D.

    Four participants, four links, two of them mutual. A sends and receives 90, B 80, C 20, E 10; A and B together
    carry 80 of the 100, so the core is two of four. Without A, 90 stops.
    """
    paid = [Paid("A", "B", 0, 60, 0, STATUS[0], ()), Paid("A", "C", 0, 10, 0, STATUS[0], ()),
            Paid("B", "A", 0, 20, 0, STATUS[0], ()), Paid("C", "E", 0, 5, 0, STATUS[0], ()),
            Paid("C", "E", 0, 5, 0, STATUS[0], ("D",))]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        run = open_tables(write(Path(folder) / "run", paid, [0] * 30))
        found = {cell.measure: cell.value for cell in cells(run) if cell.currency == "CNY"}
        share = {cell.group: cell.value for cell in cells(run, ["critical_share"], by="participant")}
    assert found["degree"] == 1
    assert found["connectivity"] == Fraction(1, 3)
    assert found["reciprocity"] == Fraction(1, 2)
    assert found["core_share"] == Fraction(1, 2)
    assert found["critical_share"] == share["A"] == Fraction(9, 10)
    assert share["D"] == Fraction(1, 20)
    assert found["sent_herfindahl"] == Fraction(70**2 + 20**2 + 10**2, 100**2)
