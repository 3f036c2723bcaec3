"""Bounds of liquidity equal their definitions in plain Python, and a worked example that a banker can follow."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import bounds_rows
from analysis.bounds import Account, Needs, bounds, needs
from analysis.measures import cells
from analysis.tables import open_tables
from simcore import cli
from simcore.kernels import constants as c
from simcore.results.writer import EventRow, Names, RunWriter
from tests.analysis.made import HOUR, MIDNIGHT, scenario

KIND = {name: code for code, name in c.KIND_NAMES.items()}
MINUTE = HOUR // 60
BANKS = ["CB", "A", "B", "C"]  # CB issues the money and has no limit


class Owed(NamedTuple):
    """An obligation; ``rank`` is its order of finality, shared in a set, None if it never settled."""

    rail: int
    debtor: str
    creditor: str
    amount: int
    entered: int
    settled: int | None
    rank: int | None
    kind: str = "payment"


def write(out: Path, owed: list[Owed], days: int = 1) -> Path:
    """A run of two rails, SH and SG, that open on each day at 9:00, SG for 24 hours of its own."""
    rails, n = ["SH", "SG"], len(BANKS)
    names = Names(
        participants=BANKS, rails=rails, routes=["r"], flows=["f"], purposes=["p"], corridors=[],
        currencies=["CNY", "SGD"], account_rail=np.repeat([0, 1], n).astype(np.int32),
        account_participant=np.tile(np.arange(n), 2).astype(np.int32),
        account_currency=np.repeat([0, 1], n).astype(np.int32),
        account_limit=np.array([c.UNLIMITED, 0, 0, 0] * 2, np.int64), route_currency_sent=np.zeros(1, np.int32),
        route_currency_received=np.zeros(1, np.int32),
    )  # fmt: skip
    order = sorted(range(len(owed)), key=lambda k: (owed[k].rank is None, owed[k].rank))
    rows = [owed[k] for k in order]
    when = np.array([c.NEVER if each.settled is None else each.settled for each in rows], np.int64)
    own = np.array([each.kind not in ("funding", "sweep") for each in rows])
    with RunWriter(out, names, compression="zstd", metadata={}) as writer:
        if rows:
            writer.obligations({
                "payment_id": np.where(own, order, -1), "hop": np.zeros(len(rows), np.int8),
                "kind": np.array([KIND[each.kind] for each in rows], np.int8),
                "debit_account": np.array([n * each.rail + BANKS.index(each.debtor) for each in rows]),
                "credit_account": np.array([n * each.rail + BANKS.index(each.creditor) for each in rows]),
                "amount": np.array([each.amount for each in rows], np.int64),
                "entered_at": np.array([each.entered for each in rows], np.int64), "settled_at": when,
                "sequence": np.array([-1 if each.rank is None else each.rank for each in rows], np.int64),
                "status": np.where(when == c.NEVER, c.QUEUED_AT_END, c.SETTLED_GROSS).astype(np.int8),
                "cycle_id": np.full(len(rows), -1, np.int32), "fx_id": np.full(len(rows), -1, np.int32),
            })  # fmt: skip
        writer.accounts({
            "account": np.arange(2 * n), "business_day": np.full(2 * n, MIDNIGHT // (24 * HOUR) + 1),
            **{name: np.zeros(2 * n, np.int64) for name in
               ("opening", "closing", "minimum", "maximum", "debited", "credited", "peak_queue")},
        })  # fmt: skip
        for day in range(days):
            for rail in rails:
                start = MIDNIGHT + (24 * day + 9) * HOUR
                writer.events([EventRow(start, "opened", rail=rail, detail=f"2026-03-{2 + day:02}")])
        return writer.publish({"seed": 1, "scenario": scenario(BANKS)})


def plainly(owed: list[Owed], days: int) -> dict[Account, Needs]:
    """The definitions, account by account, with lists and loops."""

    def day_of(time: int) -> int:
        return min(days - 1, max(0, (time - MIDNIGHT - 9 * HOUR) // (24 * HOUR)))

    def peak(who: str, groups: list[list[Owed]]) -> int:
        level = highest = 0
        for group in groups:
            level += sum(each.amount for each in group if each.debtor == who)
            level -= sum(each.amount for each in group if each.creditor == who)
            highest = max(highest, level)
        return highest

    here: dict[tuple[int, int], list[tuple[int, Owed]]] = defaultdict(list)
    for k, each in enumerate(owed):
        if each.kind not in ("funding", "sweep"):
            here[each.rail, day_of(each.entered if each.settled is None else each.settled)].append((k, each))
    found = {}
    for (rail, day), rows in here.items():
        settled = [each for _, each in rows if each.rank is not None]
        sets = [
            [each for each in settled if each.rank == rank]
            for rank in sorted({e.rank for e in settled if e.rank is not None})
        ]
        entered = [[each] for _, each in sorted(rows, key=lambda row: (row[1].entered, row[0]))]
        at_once = [group for group in entered if group[0].rank is not None]
        for who in BANKS[1:]:
            if any(who in (each.debtor, each.creditor) for _, each in rows):
                paid = sum(each.amount for each in settled if each.debtor == who)
                received = sum(each.amount for each in settled if each.creditor == who)
                found[Account(["SH", "SG"][rail], ["CNY", "SGD"][rail], f"2026-03-{2 + day:02}", who)] = Needs(
                    paid, max(0, paid - received), peak(who, sets), peak(who, at_once), peak(who, entered)
                )
    return found


@st.composite
def days_of_payments(draw: st.DrawFn) -> tuple[list[Owed], int]:
    """Obligations of a few instants, so that they tie, some settling in sets, later, on another day, or never."""
    days, largest = draw(st.integers(1, 3)), draw(st.sampled_from([5, 10**9, 2**58]))
    owed, rank = [], 0
    for _ in range(draw(st.integers(0, 25))):
        debtor, creditor = draw(st.permutations(BANKS))[:2]
        entered = MIDNIGHT + 8 * HOUR + draw(st.integers(0, 24 * days)) * HOUR
        owed.append(Owed(draw(st.integers(0, 1)), debtor, creditor, draw(st.integers(1, largest)), entered, None, None,
                         draw(st.sampled_from(["payment", "spread", "return", "funding"]))))  # fmt: skip
    finals = draw(st.permutations(range(len(owed))))[: draw(st.integers(0, len(owed)))]
    now = MIDNIGHT + 9 * HOUR
    for k in finals:
        if draw(st.booleans()):  # otherwise in one set with the one before
            rank, now = rank + 1, now + draw(st.integers(0, 5)) * HOUR
        owed[k] = owed[k]._replace(settled=max(now, owed[k].entered), rank=rank)
        now = max(now, owed[k].entered)
    return owed, days


@given(days_of_payments(), st.sampled_from([1, 3, 1 << 17]))
def test_bounds_equal_their_definitions(drawn: tuple[list[Owed], int], chunk: int) -> None:
    owed, days = drawn
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(bounds_rows, "CHUNK", chunk)
        found = needs(open_tables(write(Path(folder) / "run", owed, days)))
    assert found == plainly(owed, days)
    for need in found.values():
        assert need.lower <= min(need.used, need.upper) <= need.gross


def test_three_banks_worked_by_hand(tmp_path: Path) -> None:
    """A owes B 100 at 9:00, B owes C 80 at 9:10, C owes A 90 at 9:20; B to C must wait until 9:30.

    At once, A needs 100 and nobody else anything: B has A's 100 when it pays, and C has B's 80 and needs 10 more. So
    110. Netted at the end, A paid 10 more than it received and C 10 more: 20. As it went, A needed 100 and C 90,
    which B's 80 came too late for: 190, that is 170 of the 90 between the bounds: waiting cost liquidity.
    """
    at = [MIDNIGHT + 9 * HOUR + k * MINUTE for k in range(40)]
    owed = [Owed(0, "A", "B", 100, at[0], at[0], 0), Owed(0, "B", "C", 80, at[10], at[30], 2),
            Owed(0, "C", "A", 90, at[20], at[20], 1), Owed(0, "B", "A", 500, at[35], None, None)]  # fmt: skip
    run = write(tmp_path / "run", owed)
    [row] = bounds(open_tables(run)).to_pylist()
    assert row == {
        "rail": "SH", "currency": "CNY", "business_day": "2026-03-02", "gross_minor": Decimal(270),
        "lower_minor": Decimal(20), "used_minor": Decimal(190), "upper_minor": Decimal(110),
        "submitted_minor": Decimal(590), "level": 170 / 90,
    }  # fmt: skip
    found = {(cell.measure, cell.group): cell.value for cell in cells(open_tables(run))}
    assert found["liquidity_lower_bound", ""] == 20
    assert found["liquidity_for_payments", ""] == 190
    assert found["liquidity_upper_bound", ""] == 110
    assert found["liquidity_upper_submitted", ""] == 590
    assert found["liquidity_level", ""] == Fraction(170, 90)
    assert found["netting_possible", ""] == Fraction(250, 270)
    assert found["netting_efficiency", ""] == Fraction(80, 270)
    assert found["recycling", ""] == Fraction(270, 190)


def test_a_set_needs_only_what_it_comes_to(tmp_path: Path) -> None:
    """The same three payments as one set at 9:30 need their net debits, which is the lower bound."""
    at = [MIDNIGHT + 9 * HOUR + k * MINUTE for k in range(40)]
    owed = [Owed(0, "A", "B", 100, at[0], at[30], 0), Owed(0, "B", "C", 80, at[10], at[30], 0),
            Owed(0, "C", "A", 90, at[20], at[30], 0)]  # fmt: skip
    [row] = bounds(open_tables(write(tmp_path / "run", owed))).to_pylist()
    assert (row["lower_minor"], row["used_minor"], row["upper_minor"], row["level"]) == (20, 20, 110, 0)


def test_parts_add_up_and_issuers_need_nothing(tmp_path: Path) -> None:
    at = MIDNIGHT + 9 * HOUR
    owed = []
    for k in range(40):
        debtor, time = "CB" if k % 5 == 0 else "ABC"[k % 3], at + k * HOUR
        owed.append(Owed(k % 2, debtor, "ABC"[(k + 1) % 3], 10 + k, time, time, k))
    tables = open_tables(write(tmp_path / "run", owed, days=2))
    for name in ("liquidity_lower_bound", "liquidity_for_payments", "liquidity_upper_bound"):
        whole = {(cell.currency): cell.value for cell in cells(tables, [name])}
        for by in ("rail", "participant", "currency", "day"):
            parts: dict[str, int] = defaultdict(int)
            for cell in cells(tables, [name], by):
                assert isinstance(cell.value, int)
                assert cell.group != "CB"
                parts[cell.currency] += cell.value
            assert parts == whole


def test_without_funding_it_is_the_liquidity_of_the_accounts(tmp_path: Path) -> None:
    """Where only payments move money, replaying them gives what the engine saw in the accounts."""
    run = str(tmp_path / "run")
    for rule in ("fifo", "bypass"):
        settings = ["--set", f"rails.RTGS.queue={rule}", "--set", "rails.RTGS.mechanisms=[]", "--seed", "65"]
        assert cli.status(["run", "fifo-day", "--quiet", "--replace", "--out", run, *settings]) == 0
        found = {cell.measure: cell.value for cell in cells(open_tables(run), by="run")}
        assert found["liquidity_for_payments"] == found["liquidity_used"]
        assert found["liquidity_lower_bound"] <= found["liquidity_used"] <= found["liquidity_upper_bound"]
