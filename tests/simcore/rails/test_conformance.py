"""What every rail kind has to keep, whatever its rules: one suite over all kinds, on generated towns.

Money is conserved per currency, no account passes its limit at any event, nothing is final while its rail is closed,
every payment ends once, and the bytes of the tables depend on no buffer. All of it is worked out here from the rows and
the scenario's own numbers. A new kind in ``simcore/rails`` needs a town in ``worlds.py``, or the first test fails.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from itertools import groupby
from math import inf
from pathlib import Path
from random import Random
from typing import Any

import pytest

from scenarios.loader import load
from simcore.engine.conductor import Sizes
from simcore.engine.timetable import timetable
from simcore.model import Account, Scenario
from simcore.registry import rails
from simcore.results.audit import audit
from simcore.results.schema import TABLES
from tests.simcore.engine.towns import run_town
from tests.simcore.rails.worlds import WORLDS

SEEDS, MORE = 8, 120
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
Rows = list[dict[str, Any]]


def test_every_kind_of_rail_has_a_town() -> None:
    assert set(WORLDS) == set(rails().entries())


@pytest.mark.parametrize("kind", sorted(WORLDS))
def test_a_rail_kind_keeps_its_promises(kind: str, tmp_path: Path) -> None:
    check_kind(kind, range(SEEDS), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(WORLDS))
def test_a_rail_kind_keeps_its_promises_in_many_more_towns(kind: str, tmp_path: Path) -> None:
    check_kind(kind, range(SEEDS, SEEDS + MORE), tmp_path)


def check_kind(kind: str, seeds: range, tmp_path: Path) -> None:
    """Run each town twice, with other sizes of buffers, and hold it to all that follows."""
    seen: Counter[str] = Counter()
    for seed in seeds:
        folder = tmp_path / str(seed)
        path = WORLDS[kind](Random(f"{kind} {seed}"), folder)
        scenario = load(path).scenario
        run = run_town(path, folder / "run")
        run_town(path, folder / "again", sizes=Sizes(slots=2, log_rows=20))
        for table in TABLES:
            if (folder / "run" / f"{table}.arrow").exists():
                one, two = ((folder / name / f"{table}.arrow").read_bytes() for name in ("run", "again"))
                assert one == two, (seed, table)
        rows = run.obligations.to_pylist()
        check_books(scenario, rows, run.accounts.to_pylist())
        check_hours(scenario, rows)
        check_payments(rows, run.payments.to_pylist())
        LAWS[kind](scenario, rows)
        assert audit(run.path).ok
        seen.update(row["status"] for row in rows if row["kind"] == "payment")
    assert sum(number for status, number in seen.items() if status.startswith("SETTLED")) > 40, seen
    assert sum(number for status, number in seen.items() if not status.startswith("SETTLED")) > 10, seen


def sets_of(rows: Rows) -> list[Rows]:
    """What became final, in the order of finality; rows that share a number settled as one set."""
    final = sorted((row for row in rows if row["sequence"] is not None), key=lambda row: row["sequence"])
    return [list(group) for _, group in groupby(final, key=lambda row: row["sequence"])]


def lowest(account: Account) -> float:
    """The least its balance may be, as the scenario says."""
    if account.debit_limit == "unlimited":
        return -inf
    return -account.debit_limit.amount_minor if account.debit_limit is not None else 0


def check_books(scenario: Scenario, rows: Rows, accounts: Rows) -> None:
    """Conserved per rail, and so per currency; limits are those that the scenario gives, and kept after every set."""
    terms = {(rail, who): account for rail, own in scenario.accounts.items() for who, account in own.items()}
    balance = {key: account.opening.amount_minor for key, account in terms.items()}
    before = {rail: sum(value for (of, _), value in balance.items() if of == rail) for rail in scenario.accounts}
    clock = EPOCH
    for moves in sets_of(rows):
        assert len({row["settled_at"] for row in moves}) == 1
        assert clock <= moves[0]["settled_at"]
        clock = moves[0]["settled_at"]
        for row in moves:
            assert row["currency"] == scenario.rails[row["rail"]].currency
            assert row["amount_minor"] >= 0
            assert row["debtor"] != row["creditor"]
            balance[row["rail"], row["debtor"]] -= row["amount_minor"]
            balance[row["rail"], row["creditor"]] += row["amount_minor"]
        for key in {(row["rail"], row[side]) for row in moves for side in ("debtor", "creditor")}:
            assert balance[key] >= lowest(terms[key]), (key, moves)
    for rail, total in before.items():
        assert sum(value for (of, _), value in balance.items() if of == rail) == total
    closing = {(row["rail"], row["participant"]): row["closing_minor"] for row in accounts}  # the last day's is last
    assert {key: balance[key] for key in closing} == closing


def check_hours(scenario: Scenario, rows: Rows) -> None:
    """No payment is final on a rail but in hours in which it takes payments; at its very closing it still may."""
    windows = timetable(scenario).windows
    for row in rows:
        rail = scenario.rails[row["rail"]]
        if row["sequence"] is None or rail.calendar is None or row["kind"] not in ("payment", "return"):
            continue
        at = (row["settled_at"] - EPOCH) // dt.timedelta(microseconds=1)
        hours = [window for window in windows[row["rail"]] if window.only == "all"]
        assert any(window.open_us <= at <= window.close_us for window in hours), row


def check_payments(rows: Rows, payments: Rows) -> None:
    """Each ends once; what isn't final at its creditor moved nothing in the end, or is on its way back."""
    assert len({row["payment_id"] for row in payments}) == len(payments)
    moved: dict[int, Counter[tuple[str, str]]] = defaultdict(Counter)
    ends: dict[int, tuple[int, str, str]] = defaultdict(lambda: (-1, "", ""))  # the last hop, its rail and payee
    for row in rows:
        if row["sequence"] is not None and row["payment_id"] is not None:
            ends[row["payment_id"]] = max(ends[row["payment_id"]], (row["hop"], row["rail"], row["creditor"]))
            moved[row["payment_id"]][row["rail"], row["debtor"]] -= row["amount_minor"]
            moved[row["payment_id"]][row["rail"], row["creditor"]] += row["amount_minor"]
    for payment in payments:
        mine = moved[payment["payment_id"]]
        if payment["status"].startswith("SETTLED"):
            _, rail, payee = ends[payment["payment_id"]]
            assert mine[rail, payee] == payment["amount_received_minor"]
        elif payment["completed_at"] is not None:
            assert not any(mine.values()), payment


def law_of_rtgs(scenario: Scenario, rows: Rows) -> None:
    """What settles alone has a number of its own; what a mechanism or a batch settles shares one."""
    for moves in sets_of([row for row in rows if row["rail"] == "R"]):
        if moves[0]["status"] == "SETTLED_GROSS" and moves[0]["kind"] == "payment":
            assert len(moves) == 1


def law_of_books(scenario: Scenario, rows: Rows) -> None:
    """Books keep what is queued for the next day: nothing is returned at the end of one."""
    assert not any(row["status"] == "RETURNED_CUT_OFF" for row in rows)


def law_of_cips(scenario: Scenario, rows: Rows) -> None:
    """Every account is zero after every session."""
    balance: Counter[str] = Counter()
    closings = {window.close_us for window in timetable(scenario).windows["CIPS"]}
    last: dict[int, Counter[str]] = {}
    for moves in sets_of([row for row in rows if row["rail"] == "CIPS"]):
        for row in moves:
            balance[row["debtor"]] -= row["amount_minor"]
            balance[row["creditor"]] += row["amount_minor"]
        if any(row["kind"] == "sweep" for row in moves):
            last[(moves[0]["settled_at"] - EPOCH) // dt.timedelta(microseconds=1)] = balance.copy()
    assert set(last) <= closings
    assert all(not any(each.values()) for each in last.values())
    assert not any(balance.values())


def law_of_cls(scenario: Scenario, rows: Rows) -> None:
    """Both legs of a trade are final together or neither; accounts are empty after the day, if somebody provides."""
    legs: dict[int, list[Any]] = defaultdict(list)
    balance: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if row["rail"].startswith("CLS-") and row["sequence"] is not None:
            balance[row["rail"], row["debtor"]] -= row["amount_minor"]
            balance[row["rail"], row["creditor"]] += row["amount_minor"]
            if row["kind"] == "payment":
                legs[row["payment_id"]].append(row["sequence"])
    assert all(len(each) == 2 and len(set(each)) == 1 for each in legs.values())
    assert not any(balance.values()) or scenario.pvp["CLS"].liquidity_provider is None


def law_of_deferred_net(scenario: Scenario, rows: Rows) -> None:
    """Obligations settle in cycles only: at their times or at a closing."""
    cycles = {dt.time(10), dt.time(14, 30), dt.time(12), dt.time(17)}
    singapore = dt.timezone(dt.timedelta(hours=8))
    for row in rows:
        if row["kind"] == "payment" and row["sequence"] is not None:
            assert row["status"] == "SETTLED_NET"
            assert row["settled_at"].astimezone(singapore).time() in cycles


def law_of_instant(scenario: Scenario, rows: Rows) -> None:
    """Now or never."""
    for row in rows:
        if row["rail"] == "FAST" and row["kind"] == "payment":
            assert row["settled_at"] in (None, row["entered_at"])
            assert row["status"] in ("SETTLED_GROSS", "REJECTED_INSUFFICIENT_FUNDS")


def law_of_ledger(scenario: Scenario, rows: Rows) -> None:
    """Blocks of ten seconds; all legs of a payment in one; no more payments in a block than it takes."""
    legs: dict[int, set[int]] = defaultdict(set)
    blocks: dict[dt.datetime, set[int]] = defaultdict(set)
    for row in rows:
        if row["rail"].startswith("E-") and row["kind"] == "payment" and row["sequence"] is not None:
            assert row["settled_at"].second % 10 == row["settled_at"].microsecond == 0
            legs[row["payment_id"]].add(row["sequence"])
            blocks[row["settled_at"]].add(row["payment_id"])
    assert all(len(each) == 1 for each in legs.values())
    assert all(len(each) <= scenario.rails["E-CNY"].capacity for each in blocks.values())


LAWS = {
    "books": law_of_books,
    "cips": law_of_cips,
    "cls": law_of_cls,
    "deferred_net": law_of_deferred_net,
    "instant": law_of_instant,
    "ledger": law_of_ledger,
    "rtgs": law_of_rtgs,
}
