"""Generated retail systems: the kernel and the plain twin agree on every row and every book, whatever the buffers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simcore.kernels.wallet_world import (
    CASH,
    DEPOSIT,
    INTEREST,
    ONLINE,
    PAYMENT,
    TOP_UP,
    UNBOUND,
    WALLET_STATUS_NAMES,
    WITHDRAWAL,
)
from simcore.wallets.book import WalletBook
from simcore.wallets.parameters import Operator, WalletClass
from simcore.wallets.rows import make_payments, make_wallets
from tests.reference import wallets as plain

# New York changes its clock on 8 March 2026, so one of its days has 23 hours.
ZONES = ("Asia/Shanghai", "America/New_York")
START = date(2026, 3, 7)
DAYS = 3
HOUR = 3_600_000_000
BEGIN = min(int(datetime(2026, 3, 7, tzinfo=ZoneInfo(zone)).astimezone(UTC).timestamp()) for zone in ZONES) * 1_000_000

sizes = st.integers(1, 60)


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    classes = []
    for name in "ab":
        day = draw(sizes)
        limits = {
            "payment": draw(st.integers(1, day)),
            "day": day,
            "balance": draw(sizes),
            "offline": draw(st.integers(0, 40)),
        }
        classes.append(WalletClass(name=name, **limits))
    operators = [Operator(name="bank", reserve=draw(st.integers(0, 80)))]
    for k in range(draw(st.integers(0, 2))):
        bank = draw(st.booleans())
        operators.append(Operator(name=f"o{k}", bank=bank, reserve=draw(st.integers(0, 80)) if bank else 0))
    banks = [k for k, it in enumerate(operators) if it.bank]
    wallets = []
    for _ in range(draw(st.integers(2, 5))):
        kind = draw(st.integers(0, 1))
        bank = draw(st.sampled_from([UNBOUND, *banks]))
        wallets.append(
            {
                "balance": draw(st.integers(0, classes[kind].balance)), "wallet_class": kind, "bank": bank,
                "operator": draw(st.integers(0, len(operators) - 1)), "zone": draw(st.integers(0, 1)),
                "deposit": 0 if bank == UNBOUND else draw(st.integers(0, 100)),
            }
        )  # fmt: skip
    hours = st.one_of(st.integers(0, 60 * HOUR), st.integers(0, 60).map(lambda h: h * HOUR))
    times = sorted(draw(st.lists(hours, max_size=40)))
    payments = []
    for k, when in enumerate(times):
        payer = draw(st.integers(0, len(wallets) - 1))
        payee = (payer + draw(st.integers(1, len(wallets) - 1))) % len(wallets)
        delay = draw(st.one_of(st.none(), st.integers(0, 30).map(lambda h: h * HOUR)))
        side = draw(st.sampled_from(["payment"] * 4 + ["top_up", "withdrawal"]))
        if side != "payment":
            payer, payee, delay = (-1, payee, None) if side == "top_up" else (payer, -1, None)
        payments.append(plain.Paid(k, BEGIN + when, payer, payee, draw(sizes), delay))
    return {
        "classes": tuple(classes), "operators": tuple(operators), "wallets": wallets, "payments": payments,
        "cash": draw(st.booleans()), "stop": draw(st.integers(0, 60)) * HOUR,
        "rate": draw(st.sampled_from([0, 10**7, 10**11])),
    }  # fmt: skip


def twin(world: dict[str, Any]) -> plain.Wallets:
    limits = [plain.Limits(it.payment, it.day, it.balance, it.offline) for it in world["classes"]]
    wallets = [
        plain.Wallet(
            it["balance"], it["operator"], limits[it["wallet_class"]], ZONES[it["zone"]],
            None if it["bank"] == UNBOUND else it["bank"], it["deposit"],
        )
        for it in world["wallets"]
    ]  # fmt: skip
    operators = [plain.Operator(it.bank, it.reserve) for it in world["operators"]]
    payments = [replace(it) for it in world["payments"]]
    return plain.Wallets(wallets, operators, payments, world["cash"], BEGIN)


def kernel(world: dict[str, Any], rows: list[Any], batch: int, log_rows: int, pending: int) -> WalletBook:
    columns = {name: [it[name] for it in world["wallets"]] for name in world["wallets"][0]}
    payments = make_payments(
        [it.at for it in world["payments"]], [it.payer for it in world["payments"]],
        [it.payee for it in world["payments"]], [it.amount for it in world["payments"]],
        [ONLINE if it.delay is None else it.delay for it in world["payments"]],
        flow=[it.number % 5 for it in world["payments"]],
    )  # fmt: skip
    return WalletBook(
        classes=world["classes"], operators=world["operators"], wallets=make_wallets(**columns),
        payments=[payments[k : k + batch] for k in range(0, len(payments), batch)],
        take=lambda found: rows.extend(found.copy()), start=START, days=DAYS, zones=ZONES,
        regime=CASH if world["cash"] else DEPOSIT, log_rows=log_rows, pending=pending,
    )  # fmt: skip


def drive(it: Any, world: dict[str, Any], is_twin: bool) -> list[list[int]]:
    """Play to an instant, settle, change to deposits, play on, settle, pay interest; return who was short."""
    short = []
    it.play(BEGIN + world["stop"])
    short.append(list(it.settle_cycle()))
    if world["cash"]:
        it.to_deposits() if is_twin else it.change_regime(DEPOSIT)
    it.play(BEGIN + 61 * HOUR)
    short.append(list(it.settle_cycle()))
    it.pay_interest(world["rate"], 360)
    return short


@given(worlds(), st.sampled_from([1, 3, 100]), st.sampled_from([1, 2, 100]), st.sampled_from([1, 2, 50]))
def test_kernel_and_twin_agree(world: dict[str, Any], batch: int, log_rows: int, pending: int) -> None:
    rows: list[Any] = []
    book, by_hand = kernel(world, rows, batch, log_rows, pending), twin(world)
    assert drive(book, world, False) == drive(by_hand, world, True)
    book.prove()
    for name, theirs in (
        ("balance", [it.balance for it in by_hand.wallets]),
        ("deposit", [it.deposit for it in by_hand.wallets]),
        ("offline", [it.under_way for it in by_hand.wallets]),
        ("balance_days", [it.balance_days for it in by_hand.wallets]),
    ):
        assert book.world.wallets[name].tolist() == theirs
    for name in ("reserve", "backing", "position", "moved", "interest"):
        assert book.operators[name].tolist() == [getattr(it, name) for it in by_hand.operators]
    book.finish()
    left = [
        (it.number, "OFFLINE_AT_END") for it in sorted(by_hand.offline, key=lambda it: (it.at + it.delay, it.number))
    ]
    interest = [(int(r["payee"]), int(r["amount"]), int(r["swept"])) for r in rows if r["kind"] == INTEREST]
    assert interest == by_hand.paid_interest
    rows = [row for row in rows if row["kind"] != INTEREST]
    found = [
        (
            int(row["payment_id"]), int(row["decided_at"]), WALLET_STATUS_NAMES[int(row["status"])],
            int(row["topped_up"]), int(row["swept"]), bool(row["offline"]),
        )
        for row in rows
    ]  # fmt: skip
    assert found[: len(by_hand.rows)] == by_hand.rows
    assert [(row[0], row[2]) for row in found[len(by_hand.rows) :]] == left
    # Every payment has one row, and the row says what was asked for.
    assert sorted(row[0] for row in found) == list(range(len(world["payments"])))
    for row in rows:
        asked = world["payments"][row["payment_id"]]
        assert (row["initiated_at"], row["amount"], row["payer"], row["payee"]) == (
            asked.at, asked.amount, asked.payer, asked.payee,
        )  # fmt: skip
        assert row["flow"] == asked.number % 5
        assert row["kind"] == (TOP_UP if asked.payer == -1 else WITHDRAWAL if asked.payee == -1 else PAYMENT)
    assert not book.world.wallets["offline"].any()


@given(worlds(), st.integers(1, 7))
def test_stopping_in_between_changes_nothing(world: dict[str, Any], step: int) -> None:
    whole: list[Any] = []
    parts: list[Any] = []
    book, other = kernel(world, whole, 100, 100, 50), kernel(world, parts, 2, 3, 1)
    book.play(BEGIN + 61 * HOUR)
    for hours in range(0, 61, step):
        other.play(BEGIN + hours * HOUR)
        other.prove()  # no wallet is beyond a limit, and nothing is lost, at any of these instants
    other.play(BEGIN + 61 * HOUR)
    for it in (book, other):
        it.finish()
    assert [row.item() for row in whole] == [row.item() for row in parts]
    assert np.array_equal(book.operators, other.operators)
