"""The three loops of the benchmark do the same work: compiled, C and plain Python write the same rows in one order."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from benchmarks import flows, goals, rtgs_loops
from benchmarks.digest import Totals
from benchmarks.throughput import main

PAYMENTS = 20_000
# Ample, so that nothing queues; short, so that releases cascade; nothing, so that no payment ever settles.
OPENINGS = (10**13, 3 * 10**9, 10**8, 0)


@pytest.fixture(scope="module")
def payments() -> flows.Payments:
    return flows.make_payments(PAYMENTS)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    compiled = rtgs_loops.compile_c(tmp_path_factory.mktemp("c"))
    if compiled is None:
        pytest.skip("no C compiler here")
    return compiled[0]


@pytest.mark.parametrize("opening", OPENINGS)
def test_plain_python_agrees_with_the_loop(payments, opening):
    _, ours = rtgs_loops.run_loop(payments, opening, check=True)
    _, plain = rtgs_loops.run_python(payments, opening, check=True)
    assert plain == ours
    assert ours.settled + ours.queued_at_end == PAYMENTS
    assert (ours.queued_share > 0) == (opening < 10**13)


@pytest.mark.parametrize("opening", OPENINGS)
def test_c_agrees_with_the_loop(payments, library, opening):
    assert (
        rtgs_loops.run_c(library, payments, opening, check=True)[1]
        == rtgs_loops.run_loop(payments, opening, check=True)[1]
    )


def test_digest_notices_order_and_amount():
    rows = np.zeros(2, rtgs_loops.OBLIGATION_ROW)
    rows["payment_id"], rows["sequence"], rows["amount"] = (7, 8), (0, 1), (100, 200)
    swapped, changed = rows.copy(), rows.copy()
    swapped["payment_id"] = (8, 7)
    changed["amount"][1] = 201
    orders = set()
    for table in (rows, swapped, changed):
        totals = Totals()
        totals.add_obligations(table)
        orders.add(totals.order)
    assert len(orders) == 3


def test_payments_are_the_same_whole_or_in_parts():
    whole = flows.make_payments(10_000)
    part = flows.make_payments(10_000, first=6_000, count=1_000)
    for one, other in zip(whole.slice(6_000, 7_000), part, strict=True):
        assert np.array_equal(one, other)
    assert (np.diff(whole.time) >= 0).all()
    assert (whole.debtor != whole.creditor).all()
    assert whole.amount.min() >= 1
    assert int(whole.time[-1]) < flows.DAY_START + flows.DAY_LENGTH


def test_a_goal_is_met_on_its_own_side():
    assert goals.Goal("speed", 0.6, 0.6, True).met
    assert not goals.Goal("speed", 0.59, 0.6, True).met
    assert goals.Goal("time", 3, 3, False).met
    assert not goals.Goal("time", 3.1, 3, False).met
    assert goals.Goal("speed", None, 0.6, True).met is None


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler here")
def test_a_small_run_prints_goals_and_writes_json(tmp_path, capsys):
    import json

    file = tmp_path / "out" / "throughput.json"
    assert main(["--quick", "--size", "2000", "--case", "rtgs", "--case", "corridor", "--json", str(file)]) == 0
    document = json.loads(file.read_text(encoding="utf-8"))
    assert [record["case"] for record in document["cases"]] == ["rtgs 0 %", "rtgs 5 %", "rtgs 30 %", "corridor"]
    assert len(document["goals"]) == 7
    assert {"cpu", "cores", "python", "numba"} <= set(document["machine"])
    assert "rtgs 30 % queued: speed of C" in capsys.readouterr().out


def test_a_childs_peak_is_its_own_and_not_ours():
    import sys

    from benchmarks.child import run_child

    ours = np.ones(40_000_000)  # 320 MB, touched
    child = run_child([sys.executable, "-c", "print('here'); x = bytearray(64 << 20)"])
    assert child.said.strip() == "here"
    assert 64 << 20 < child.peak_bytes < 200 << 20 < ours.nbytes
    with pytest.raises(RuntimeError, match="ended with 3"):
        run_child([sys.executable, "-c", "raise SystemExit(3)"])
