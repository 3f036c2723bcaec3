"""The audit accepts right books, and names the row of every kind of wrong one."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simcore.results import audit_payments
from simcore.results.audit import audit, audit_command, audit_tables
from simcore.results.audit_joints import converted
from simcore.results.schema import KINDS, STATUSES
from tests.simcore.results.town import Town
from tests.simcore.results.wrong import edited, first, mend, read

# Seeds whose towns, between them, have every outcome and every kind of movement.
SEEDS = (0, 3, 8, 21)


@pytest.mark.parametrize("seed", range(40))
def test_right_books_pass(seed: int, tmp_path: Path) -> None:
    report = audit(Town(seed).write(tmp_path / "run"))
    assert report.ok, "\n".join(report.lines())
    assert [proof.name for proof in report.proofs] == ["money", "limits", "payments", "tables"]
    assert all(entry["ok"] and not entry["failures"] for entry in report.as_dict().values())


@pytest.mark.parametrize("scenario", ["", "[]", "null", "3"])
def test_tables_that_no_run_of_a_scenario_wrote_are_proved_without_one(scenario: str, tmp_path: Path) -> None:
    assert audit(Town(3).write(tmp_path / "run", metadata={"luhai.scenario": scenario})).ok


def test_the_towns_between_them_have_everything() -> None:
    towns = [Town(seed) for seed in range(40)]
    statuses = {row["status"] for town in towns for row in town.payments}
    kinds = {KINDS[row["kind"]] for town in towns for row in town.obligations}
    assert kinds == {"payment", "spread", "funding", "sweep", "return"}
    assert {STATUSES[status] for status in statuses} >= {
        "SETTLED_GROSS", "SETTLED_NET", "QUEUED_AT_END", "IN_TRANSIT_AT_END", "REJECTED_INSUFFICIENT_FUNDS",
        "RETURNED_CUT_OFF", "RETURNED_ZERO_AMOUNT",
    }  # fmt: skip


def test_any_batch_size_of_the_tables_gives_the_same_verdict(tmp_path: Path) -> None:
    """Sets, pairs of legs and payments that are cut by the edge of a record batch are put together again."""
    for seed in (*SEEDS, 5, 6):
        run = Town(seed).write(tmp_path / f"run{seed}")
        for size in (1, 2, 3, 17):
            for table in ("obligations", "payments"):
                rows = read(run, table)
                with pa.OSFile(str(run / f"{table}.arrow"), "wb") as sink, pa.ipc.new_file(sink, rows.schema) as writer:
                    writer.write_table(rows.combine_chunks(), max_chunksize=size)
            report = audit_tables(run, 60)
            assert report.ok, (seed, size, report.lines())


settled = ("SETTLED_GROSS", "SETTLED_NET")
CHANGES: list[tuple[str, str, Callable[[dict[str, Any]], bool], str, Any]] = [
    ("amount of a payment's hop", "obligations", lambda r: r["kind"] == "payment" and r["status"] in settled,
     "amount_minor", lambda x: x + 1),
    ("amount after a conversion", "obligations", lambda r: r["fx_id"] == 0, "amount_minor", lambda x: x + 1),
    ("spread", "obligations", lambda r: r["kind"] == "spread", "amount_minor", lambda x: x + 1),
    ("amount of a return", "obligations", lambda r: r["kind"] == "return", "amount_minor", lambda x: x + 1),
    ("amount of one leg of a funding", "obligations", lambda r: r["kind"] == "funding", "amount_minor",
     lambda x: x + 1),
    ("amount of one leg of a sweep", "obligations", lambda r: r["kind"] == "sweep", "amount_minor", lambda x: x - 1),
    ("amount that stayed queued", "obligations", lambda r: r["status"] == "QUEUED_AT_END", "amount_minor",
     lambda x: x + 1),
    ("negative amount", "obligations", lambda r: True, "amount_minor", -5),
    ("somebody else debited", "obligations", lambda r: r["kind"] == "payment" and r["debtor"] != "D" != r["creditor"],
     "debtor", "D"),
    ("somebody else credited", "obligations", lambda r: r["kind"] == "payment" and r["creditor"] not in "CB"
     and r["debtor"] != "C", "creditor", "C"),
    ("another currency", "obligations", lambda r: r["currency"] == "CNY", "currency", "USD"),
    ("another rail", "obligations", lambda r: r["rail"] == "RTGS" and r["kind"] == "payment", "rail", "BOOKS"),
    ("another kind", "obligations", lambda r: r["kind"] == "payment" and r["status"] in settled, "kind", "return"),
    ("a hop's number", "obligations", lambda r: r["hop"] == 1 and r["kind"] == "payment", "hop", 0),
    ("status of an obligation", "obligations", lambda r: r["status"] == "SETTLED_GROSS" and r["kind"] == "payment",
     "status", "QUEUED_AT_END"),
    ("settled by another rule", "obligations", lambda r: r["status"] == "SETTLED_GROSS" and r["kind"] == "payment"
     and r["payment_id"] is not None and r["currency"] == "USD", "status", "SETTLED_NET"),
    ("no sequence", "obligations", lambda r: r["sequence"] is not None, "sequence", None),
    ("sequence that goes back", "obligations", lambda r: (r["sequence"] or 0) > 5, "sequence", 0),
    ("no time of settlement", "obligations", lambda r: r["settled_at"] is not None, "settled_at", None),
    ("hop of nobody's payment", "obligations", lambda r: r["kind"] == "payment", "payment_id", 59_000),
    ("hop of another payment", "obligations", lambda r: r["kind"] == "payment" and r["payment_id"] != 7,
     "payment_id", 7),
    ("payment without an id", "obligations", lambda r: r["kind"] == "payment", "payment_id", None),
    ("no quote", "obligations", lambda r: r["fx_id"] == 0, "fx_id", 7),
    ("amount sent", "payments", lambda r: r["status"] in settled, "amount_sent_minor", lambda x: x + 1),
    ("amount received", "payments", lambda r: r["status"] in settled, "amount_received_minor", lambda x: x + 1),
    ("received, though returned", "payments", lambda r: r["status"] == "RETURNED_CUT_OFF", "amount_received_minor", 1),
    ("fee", "payments", lambda r: r["fee_minor"] > 0, "fee_minor", 0),
    ("payer", "payments", lambda r: r["debtor"] != "B" and r["hops"] > 0, "debtor", "B"),
    ("payee", "payments", lambda r: r["creditor"] != "B" and r["status"] in settled, "creditor", "B"),
    ("currency received", "payments", lambda r: r["status"] in settled, "currency_received",
     lambda x: {"CNY": "USD", "USD": "CNY"}[x]),
    ("outcome", "payments", lambda r: r["status"] == "RETURNED_CUT_OFF", "status", "RETURNED_CLOSED"),
    ("settled, as it says", "payments", lambda r: r["status"] == "IN_TRANSIT_AT_END", "status", "SETTLED_GROSS"),
    ("hops", "payments", lambda r: r["hops"] == 2, "hops", 1),
    ("completed too early", "payments", lambda r: r["hops"] == 2, "completed_at", lambda x: x.replace(year=2020)),
    ("not completed", "payments", lambda r: r["status"] in settled, "completed_at", None),
    ("initiated late", "payments", lambda r: r["status"] in settled, "initiated_at", lambda x: x.replace(year=2060)),
    ("one payment twice", "payments", lambda r: r["payment_id"] == 3, "payment_id", 4),
    ("rate", "fx", lambda r: True, "numerator", 1500),
    *[(f"{column} of a day", "accounts", lambda r: r["debited_minor"] > 0, f"{column}_minor", lambda x: x + 1)
      for column in ("opening", "closing", "minimum", "maximum", "debited", "credited")],
    ("minimum of a quiet day", "accounts", lambda r: r["debited_minor"] + r["credited_minor"] == 0, "minimum_minor",
     lambda x: x - 1),
    ("debit limit", "accounts", lambda r: r["minimum_minor"] < 0 and r["debit_limit_minor"], "debit_limit_minor", 0),
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=[change[0].replace(" ", "-") for change in CHANGES])
def test_one_changed_value_is_found_though_the_digest_was_mended(change: Any, tmp_path: Path) -> None:
    name, table, wanted, column, value = change
    found = 0
    for seed in range(12):
        run = Town(seed).write(tmp_path / f"run{seed}")
        rows = read(run, table)
        try:
            row = first(rows, wanted)
        except StopIteration:
            continue
        mend(run, table, edited(rows, row, column, value))
        report = audit(run)
        assert not report.ok, (seed, row)
        text = "\n".join(report.lines())
        assert report.proofs[-1].ok, text  # the digests fit: only the books can tell
        if table in ("obligations", "accounts") and column not in (
            "payment_id",
            "sequence",
            "status",
            "debit_limit_minor",
        ):
            # A spread is told at the payment row above it, with which it makes one amount.
            row -= name == "spread"
            assert re.search(rf"\b(row|rows|reverses) {row}\b", text), (seed, row, text)
        assert " row " in text
        found += 1
        if found == 3:
            return
    assert found, "no town has such a row"


def test_a_row_left_out_or_repeated_is_found(tmp_path: Path) -> None:
    for table in ("obligations", "payments", "accounts"):
        run = Town(8).write(tmp_path / f"less-{table}")
        rows = read(run, table)
        mend(run, table, pa.concat_tables([rows.slice(0, 5), rows.slice(6)]).combine_chunks())
        assert not audit(run).ok, table
        run = Town(8).write(tmp_path / f"more-{table}")
        mend(run, table, pa.concat_tables([rows.slice(0, 6), rows.slice(5)]).combine_chunks())
        assert not audit(run).ok, table


def test_a_movement_with_the_books_bent_to_fit_still_breaks_the_limit(tmp_path: Path) -> None:
    """Somebody who mends accounts.arrow too is caught by the limit, at the row that broke it."""
    town = Town(3)
    limits = dict(town.limit)
    poorest = min((a for a in limits if town.low[a] < limits[a]), key=lambda a: min(
        row["minimum"] for row in town.account_rows if town.names.account_rail[row["account"]] == 0))  # fmt: skip
    run = town.write(tmp_path / "run")
    rows = read(run, "accounts")
    lowest = min(range(rows.num_rows), key=lambda at: (
        rows["minimum_minor"][at].as_py() if rows["debit_limit_minor"][at].as_py() is not None else 0))  # fmt: skip
    assert rows["minimum_minor"][lowest].as_py() < 0, poorest
    who, rail = rows["participant"][lowest].as_py(), rows["rail"][lowest].as_py()
    for at, row in enumerate(rows.to_pylist()):
        if (row["participant"], row["rail"]) == (who, rail):
            rows = edited(rows, at, "debit_limit_minor", 0)
    mend(run, "accounts", rows)
    report = audit(run)
    proof = report.proofs[1]
    assert [other.ok for other in report.proofs] == [True, False, True, True]
    assert proof.failures[0].startswith("obligations row ")
    assert f"leaves {rail} {who}" in proof.failures[0]


def test_a_large_set_counts_only_as_a_whole(tmp_path: Path) -> None:
    """In a set, the one who pays before being paid is never short."""
    run = Town(0, n=1).write(tmp_path / "run")
    assert audit(run).ok
    for town in (Town(seed) for seed in range(40)):
        if town.cycles:
            assert audit(town.write(tmp_path / "cycle")).ok
            return
    raise AssertionError("no town nets")


def test_a_damaged_table_ends_the_audit_with_exit_code_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = Town(0).write(tmp_path / "run")
    assert audit_command(run) == 0
    assert audit_command(run, lambda path: 3) == 3
    path = run / "payments.arrow"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    capsys.readouterr()
    assert audit_command(run, lambda path: pytest.fail("nothing to run again")) == 3
    shown = capsys.readouterr()
    assert "✗ Every table" in shown.out
    assert "payments.arrow" in shown.out
    assert "nothing can be concluded" in shown.err


def test_an_edited_run_document_is_said_and_the_books_are_still_proved(tmp_path: Path) -> None:
    run = Town(0).write(tmp_path / "run")
    path = run / "manifest.json"
    path.write_text(path.read_text().replace('"n_payments": 60', '"n_payments": 61'))
    report = audit(run)
    assert [proof.ok for proof in report.proofs] == [True, True, False, False]
    assert "LH086" in report.proofs[3].failures[0]
    assert "61" in report.proofs[2].failures[0]


_POSITIVE = st.integers(1, 2**63 - 1) | st.integers(1, 2**40) | st.sampled_from([2**49, 2**50 - 1, 2**50, 10**10])


@settings(max_examples=500)
@given(st.lists(st.tuples(st.integers(0, 2**62) | st.integers(0, 10**6), _POSITIVE, _POSITIVE), max_size=20))
@example([(1, 1, 2), (3, 1, 2), (2**62 - 1, 1, 1), (2**62 - 1, 3, 2), (2**61 + 1, 2**50 - 3, 2**50 - 1)])
def test_conversion_is_the_exact_fraction_rounded_half_even(terms: list[tuple[int, int, int]]) -> None:
    columns = [np.array([each[k] for each in terms], np.int64) for k in range(3)]
    exact = [min(round(Fraction(amount * up, down)), 2**63 - 1) for amount, up, down in terms]
    assert converted(*columns).tolist() == exact


@settings(max_examples=50)
@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 5), max_size=30))
def test_rising_keeps_equal_values_as_they_stand(values: list[int]) -> None:
    import numpy as np

    found = audit_payments.rising(np.array(values, np.int64)).tolist()
    assert found == sorted(range(len(values)), key=lambda at: values[at])
