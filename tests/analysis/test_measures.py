"""Every measure equals its definition in plain Python; parts add up to the whole; principal at risk worked by hand."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.exact import ROWS, sums
from analysis.measure_list import GROUPS, MEASURES
from analysis.measures import cells, measure
from analysis.measures_accounts import gini
from analysis.tables import open_tables
from simcore.demand.batch import DemandBatch
from simcore.errors import ScenarioError
from simcore.kernels import constants as c
from simcore.results.writer import Names, RunWriter
from tests.analysis.made import MIDNIGHT, make_run, scenario

SECOND = 1_000_000
KIND = {name: code for code, name in c.KIND_NAMES.items()}


def rows(run: Path, table: str) -> list[dict[str, Any]]:
    with pa.memory_map(str(run / f"{table}.arrow")) as source:
        whole = pa.ipc.open_file(source).read_all()
    times = [f.name for f in whole.schema if pa.types.is_timestamp(f.type)]
    for name in times:
        whole = whole.set_column(whole.schema.get_field_index(name), name, whole.column(name).cast(pa.int64()))
    found: list[dict[str, Any]] = whole.to_pylist()
    return found


def values(run: Path, by: str = "run") -> dict[tuple[str, str], Any]:
    return {(cell.measure, cell.group): cell.value for cell in cells(open_tables(run), by=by)}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_measures_of_payments_equal_their_definitions(tmp_path: Path, seed: int) -> None:
    run = make_run(tmp_path / "run", payments=60, days=2, seed=seed, settled=0.7)
    everything, end = rows(run, "payments"), max(row["time"] for row in rows(run, "balances"))
    for by, column in (("run", None), ("route", "route"), ("participant", "debtor")):
        found = values(run, by)
        for group in {"" if column is None else row[column] for row in everything}:
            here = [row for row in everything if column is None or row[column] == group]
            done = [row for row in here if row["status"].startswith("SETTLED")]
            delays = [row["completed_at"] - row["initiated_at"] for row in done]
            amounts = [row["amount_sent_minor"] for row in done]
            weighted = sum(a * d for a, d in zip(amounts, delays, strict=True))
            late = weighted + sum(r["amount_sent_minor"] * (end - r["initiated_at"]) for r in here if r not in done)
            assert found["submitted_count", group] == len(here)
            assert found["settled_count", group] == len(done)
            assert found["unsettled_count", group] == len(here) - len(done)
            assert found["settled_value", group] == sum(amounts)
            assert found["settlement_rate_value", group] == Fraction(
                sum(amounts), sum(r["amount_sent_minor"] for r in here))  # fmt: skip
            assert found["mean_time", group] == Fraction(sum(delays), len(done) * SECOND)
            assert float(found["median_time", group]) == median(delays) / SECOND
            assert found["value_weighted_delay", group] == Fraction(weighted, sum(amounts) * SECOND)
            assert found["delay_indicator", group] == Fraction(
                late, sum(r["amount_sent_minor"] * (end - r["initiated_at"]) for r in here))  # fmt: skip
            assert found["within_hour", group] == Fraction(sum(d <= 3600 * SECOND for d in delays), len(here))
            assert found["rmb_share", group] == 1


def test_measures_of_accounts_equal_their_definitions(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", days=2)
    accounts = [row for row in rows(run, "accounts") if row["debit_limit_minor"] is not None]
    used: dict[str, int] = {}
    for row in accounts:
        u = max(0, row["opening_minor"] - row["minimum_minor"])
        used[row["participant"]] = used.get(row["participant"], 0) + u
    found = values(run)
    debited = sum(row["debited_minor"] for row in accounts)
    total, n = sum(used.values()), len(used)
    assert found["liquidity_used", ""] == total > 0
    needed = {}
    for who in used:
        mine = [row for row in accounts if row["participant"] == who]
        first = min(mine, key=lambda row: row["business_day"])["opening_minor"]
        needed[who] = max(0, first - min(row["minimum_minor"] for row in mine))
    assert found["liquidity_needed", ""] == sum(needed.values()) > 0
    by_holder = values(run, "participant")
    assert {who: by_holder["liquidity_needed", who] for who in needed} == needed
    assert found["credit_drawn", ""] == sum(max(0, -row["minimum_minor"]) for row in accounts)
    assert found["turnover", ""] == Fraction(debited, total)
    pairs = sum(abs(a - b) for a in used.values() for b in used.values())
    assert found["liquidity_gini", ""] == Fraction(pairs, 2 * n * total)
    assert gini([5, 5, 5]) == 0
    assert gini([0, 0]) is None


@pytest.mark.parametrize("name", ["submitted_count", "settled_value", "returned_count", "fee_value", "liquidity_used"])
def test_parts_add_up_to_the_whole(tmp_path: Path, name: str) -> None:
    run = make_run(tmp_path / "run", payments=80, days=2)
    whole = measure(open_tables(run), [name]).column("exact").to_pylist()
    for by in GROUPS[MEASURES[name].family][1:]:
        assert sum(measure(open_tables(run), [name], by).column("exact").to_pylist()) == whole[0], by


def test_an_empty_run_gives_an_empty_table(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", payments=0, grid=False)
    for by in dict.fromkeys(sum(GROUPS.values(), ())):
        assert measure(open_tables(run), by=by).num_rows == 0


def test_unknown_names_and_cuts_are_faults(tmp_path: Path) -> None:
    tables = open_tables(make_run(tmp_path / "run"))
    for names, by in ((["speed"], "run"), (["liquidity_used"], "route"), (None, "planet")):
        with pytest.raises(ScenarioError, match="LH013"):
            measure(tables, names, by)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2**62), st.integers(0, 2**50)), max_size=50))
def test_sums_of_products_are_exact(drawn: list[tuple[int, int, int]]) -> None:
    group, a, b = (np.array([row[k] for row in drawn], np.int64) for k in range(3))
    expected = [sum(x * y for g, x, y in drawn if g == k) for k in range(4)]
    assert sums(group, 4, a, b) == expected
    assert sums(group * 0, 1, a, b) == [sum(expected)]
    assert sums(group * 0, 1, a) == [sum(int(value) for value in a)]


def test_sums_of_the_largest_numbers_are_exact() -> None:
    """A full part of the largest numbers is where a limb would overflow, were it one bit longer."""
    largest = np.full(ROWS, 2**63 - 1)
    for n in (1, 2):
        found = sums(np.zeros(ROWS, np.intp), n, largest, largest)
        assert found[0] == ROWS * (2**63 - 1) ** 2
    for n in (1, 2):
        with pytest.raises(ValueError, match="not negative"):
            sums(np.zeros(1, np.intp), n, np.array([-1]))


def conversions(out: Path, legs: list[tuple[int, int, int | None, int | None]]) -> Path:
    """A run of conversions: (amount paid in CNY, its second, the second leg's second, the second it came back)."""
    names = Names(
        participants=["A", "D", "B"], rails=["CN", "SG"], routes=["r"], flows=["f"], purposes=["trade"], corridors=[],
        currencies=["CNY", "SGD"], account_rail=np.array([0, 0, 1, 1], np.int32),
        account_participant=np.array([0, 1, 1, 2], np.int32), account_currency=np.array([0, 0, 1, 1], np.int32),
        account_limit=np.zeros(4, np.int64), route_currency_sent=np.zeros(1, np.int32),
        route_currency_received=np.ones(1, np.int32),
    )  # fmt: skip
    n = len(legs)
    with RunWriter(out, names, compression="zstd", metadata={}) as writer:
        writer.demand(DemandBatch(
            first_payment_id=0, initiated_at=np.full(n, MIDNIGHT), debtor=np.zeros(n, np.int32),
            creditor=np.full(n, 2, np.int32), route=np.zeros(n, np.int32),
            amount_minor=np.array([leg[0] for leg in legs], np.int64), priority=np.zeros(n, np.int8),
            flow=np.zeros(n, np.int16), purpose=np.zeros(n, np.int16), corridor=np.full(n, -1, np.int16),
            draws=np.zeros((n, 0), np.int64), reference=None))  # fmt: skip
        good = np.array([leg[2] is not None for leg in legs])
        last = np.array([MIDNIGHT + (leg[2] or 0) * SECOND if leg[2] is not None else c.NEVER for leg in legs])
        writer.payments({
            "payment_id": np.arange(n), "amount_received": np.where(good, 7, -1), "fee": np.zeros(n, np.int64),
            "completed_at": last, "status": np.where(good, c.SETTLED_GROSS, c.QUEUED_AT_END).astype(np.int8),
            "hops": np.ones(n, np.int8)})  # fmt: skip
        table: list[tuple[int, int, int, int, int, int, int | None, int]] = []
        for k, (amount, paid, received, back) in enumerate(legs):
            table.append((k, 0, KIND["payment"], 0, 1, amount, paid, -1))
            table.append((k, 1, KIND["payment"], 2, 3, 7, received, 0))
            if back is not None:
                table.append((k, 0, KIND["return"], 1, 0, amount, back, -1))
        when = np.array([c.NEVER if row[6] is None else MIDNIGHT + row[6] * SECOND for row in table])
        column = {
            name: np.array([row[k] for row in table], np.int64)
            for k, name in enumerate(
                ("payment_id", "hop", "kind", "debit_account", "credit_account", "amount", "_", "fx_id")
            )
            if name != "_"
        }
        status = np.where(when == c.NEVER, c.QUEUED_AT_END, c.SETTLED_GROSS).astype(np.int8)
        writer.obligations(column | {
            "hop": column["hop"].astype(np.int8), "kind": column["kind"].astype(np.int8),
            "entered_at": np.full(len(table), MIDNIGHT), "settled_at": when, "status": status,
            "sequence": np.where(when == c.NEVER, -1, np.arange(len(table))),
            "cycle_id": np.full(len(table), -1, np.int32), "fx_id": column["fx_id"].astype(np.int32)})  # fmt: skip
        writer.fx({
            "fx_id": [0], "time": [MIDNIGHT], "dealer": [1], "source": [0], "target": [1], "mid_rate": ["0.07"],
            "half_spread_bp_e2": [0], "numerator": [7], "denominator": [100], "origin": ["made up"]})  # fmt: skip
        return writer.publish({"seed": 1, "scenario": scenario(["A", "D", "B"])})


def test_principal_at_risk_worked_by_hand(tmp_path: Path) -> None:
    """100 for 30 s, 50 final together, 20 until it comes back after 15 s, 5 until the end of the run, 60 s later.

    The run ends at second 70. From 20 to 35 the first and the third are exposed, and the last from 10 on: 125.
    """
    legs = [(100, 10, 40, None), (50, 20, 20, None), (20, 20, None, 35), (5, 10, None, None), (1, 70, 70, None)]
    run = conversions(tmp_path / "run", legs)
    found = values(run)
    assert found["principal_at_risk", ""] == 100 * 30 + 20 * 15 + 5 * 60
    assert found["principal_at_risk_peak", ""] == 125
    assert values(run, "rail")["principal_at_risk", "CN"] == 3600
    assert values(run, "participant")["principal_at_risk", "A"] == 3600
