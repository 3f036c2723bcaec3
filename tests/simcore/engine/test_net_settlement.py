"""Net settlement of instant rails: worked by hand, beside plain fractions, and in whole runs."""

from __future__ import annotations

import datetime as dt
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from simcore.engine.conductor import Sizes
from simcore.engine.net_settlement import settle
from simcore.results.audit import audit
from tests.simcore.engine.towns import BANK, HEAD, run_town, town

BANGKOK = dt.timezone(dt.timedelta(hours=7))
OWN = [0, 1, 2, 3]
PLENTY = dict.fromkeys(OWN, 10**9)

# Four participants; positions sum to zero. Bank 0 has 60, the others plenty; the operator has 25.
#   rule           positions             banks         moves                  short
TABLE = [
    ("wait",          (-100, -20, 50, 70), (0, 1, 2, 3), (0, 0, 0, 0),          {0: 40}),
    ("share",         (-100, -20, 50, 70), (0, 1, 2, 3), (-60, -20, 33, 47),    {0: 40}),  # 80 × 50/120, 80 × 70/120
    ("operator_pays", (-100, -20, 50, 70), (0, 1, 2, 3), (-60, -20, 44, 61),    {0: 40}),  # 105 are shared
    ("wait",          (-60, -20, 30, 50),  (0, 1, 2, 3), (-60, -20, 30, 50),    {}),       # just enough
    # Participants 0 and 2 have bank 0: it owes 60 net, has 60, and passes 40 on inside.
    ("wait",          (-100, -20, 40, 80), (0, 1, 0, 3), (-100, -20, 40, 80),   {}),
    # The same bank owes 70: 60 and the 30 inside are what participant 0 pays, the rest of its position waits.
    ("share",         (-100, -20, 30, 90), (0, 1, 0, 3), (-90, -20, 30, 80),    {0: 10}),
    # Nobody owes anything but to the operator, who paid 40 once: it gets them back.
    ("operator_pays", (-40, 0, 0, 0),      (0, 1, 2, 3), (-40, 0, 0, 0),        {}),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "positions", "banks", "moves", "short"), TABLE)
def test_positions_worked_by_hand(rule: str, positions: Any, banks: Any, moves: Any, short: dict[int, int]) -> None:
    result = settle(positions, banks, {**PLENTY, 0: 60}, 25, rule)
    assert (result.moves, result.short) == (moves, short)


def test_the_moves_are_those_of_fractions_rounded() -> None:
    """A twin in fractions: the star of operator and banks, without a thought for whole units."""
    roll = random.Random(5)
    for _ in range(500):
        n = roll.randint(2, 6)
        positions = [roll.randint(-9, 9) for _ in range(n - 1)]
        positions.append(-sum(positions))
        banks = [roll.randint(0, n - 1) for _ in range(n)]
        funds = {bank: roll.choice([0, 3, 8, 50]) for bank in banks}
        rule, cover = roll.choice(["share", "operator_pays"]), roll.choice([0, 4])
        result = settle(positions, banks, funds, cover, rule)
        net = {bank: sum(p for p, its in zip(positions, banks, strict=True) if its == bank) for bank in banks}
        pays = {bank: min(max(-change, 0), funds[bank]) for bank, change in net.items()}
        wanted = sum(max(change, 0) for change in net.values())
        pot = min(sum(pays.values()) + (cover if rule == "operator_pays" else 0), wanted)
        for at, (position, bank) in enumerate(zip(positions, banks, strict=True)):
            owing = sum(-p for p, its in zip(positions, banks, strict=True) if its == bank and p < 0)
            owed = sum(p for p, its in zip(positions, banks, strict=True) if its == bank and p > 0)
            if position < 0:
                share = Fraction(position, owing) * (min(owing, owed) + pays[bank])
            elif position > 0:
                got = Fraction(max(net[bank], 0) * pot, wanted) if wanted else 0
                share = Fraction(position, owed) * (min(owing, owed) + got)
            else:
                share = Fraction(0)
            assert abs(result.moves[at] - share) < 2  # two roundings: the bank's share, then the participant's
            assert abs(result.moves[at]) <= abs(position)
            assert result.moves[at] * position >= 0
        received, paid = sum(max(m, 0) for m in result.moves), -sum(min(m, 0) for m in result.moves)
        inside = sum(min(owing, owed) for owing, owed in _sides(positions, banks))
        assert (received, paid) == (inside + pot, inside + sum(pays.values()))


def _sides(positions: list[int], banks: list[int]) -> list[tuple[int, int]]:
    return [
        (sum(-p for p, its in zip(positions, banks, strict=True) if its == bank and p < 0),
         sum(p for p, its in zip(positions, banks, strict=True) if its == bank and p > 0))
        for bank in set(banks)
    ]  # fmt: skip


FAST_TOWN = (
    HEAD.format(days=3)
    + "".join(
        BANK.format(name=name, kind=kind, country="TH")
        for name, kind in (("Kasikorn", "commercial_bank"), ("Krungthai", "commercial_bank"),
                           ("Wallet", "wallet_operator"), ("Itmx", "operator"))
    )
    + """
[rails.BAHTNET]
kind = "rtgs"
currency = "THB"
calendar = "TH"
sessions = [{ open = "08:30", close = "17:30" }]

[rails.FAST]
kind = "instant"
currency = "THB"
settle_on = "BAHTNET"
operator = "Itmx"
settle_at = ["10:00", "15:00"]

[accounts.BAHTNET]
Kasikorn = { opening = "1000 THB" }
Krungthai = { opening = "300 THB" }
Itmx = { opening = "0 THB" }

[accounts.FAST]
Kasikorn = { opening = "500 THB" }
Krungthai = { opening = "500 THB" }
Wallet = { opening = "100 THB", settled_by = "Kasikorn" }
Itmx = { opening = "0 THB" }

[routes.fast]
hops = [{ rail = "FAST", from = "debtor", to = "creditor" }]

[flows.day]
kind = "replay"
file = "payments.csv"
route = "fast"
"""
)  # fmt: skip


def pay(time: str, debtor: str, creditor: str, amount: int, day: int = 4) -> str:
    return f"{time}{debtor},2026-03-{day:02}T{time}:00+07:00,{debtor},{creditor},{amount},THB\n"


def at_end(run: Any) -> dict[tuple[str, str], int]:
    return {(row["rail"], row["participant"]): row["balance_minor"] // 100 for row in run.balances.to_pylist()}


# A public holiday on Tuesday, 3 March 2026 (Makha Bucha): BAHTNET is closed, positions stand until Wednesday.
PAYMENTS = (
    pay("11:00", "Krungthai", "Kasikorn", 200, day=3)
    + pay("12:00", "Wallet", "Krungthai", 80, day=3)
    + pay("09:00", "Krungthai", "Wallet", 50)
    + pay("12:00", "Kasikorn", "Krungthai", 30)
)


def test_positions_settle_at_their_times_and_accounts_are_at_their_level_again(tmp_path: Path) -> None:
    """At 10:00 Krungthai owes 200 − 80 + 50 = 170, Kasikorn is owed 200; the wallet owes 80 − 50 = 30 by Kasikorn."""
    run = run_town(town(tmp_path, FAST_TOWN, PAYMENTS), tmp_path / "run", sizes=Sizes(slots=2, log_rows=8))
    rows = [row for row in run.obligations.to_pylist() if row["kind"] == "settlement"]
    assert [
        (f"{row['settled_at'].astimezone(BANGKOK):%d %H:%M}", row["rail"], row["debtor"], row["creditor"],
         row["amount_minor"] // 100)
        for row in rows
    ] == [
        ("04 10:00", "BAHTNET", "Itmx", "Kasikorn", 200),
        ("04 10:00", "FAST", "Kasikorn", "Itmx", 200),
        ("04 10:00", "BAHTNET", "Krungthai", "Itmx", 170),
        ("04 10:00", "FAST", "Itmx", "Krungthai", 170),
        ("04 10:00", "BAHTNET", "Kasikorn", "Itmx", 30),
        ("04 10:00", "FAST", "Itmx", "Wallet", 30),
        ("04 15:00", "BAHTNET", "Kasikorn", "Itmx", 30),
        ("04 15:00", "FAST", "Itmx", "Kasikorn", 30),
        ("04 15:00", "BAHTNET", "Itmx", "Krungthai", 30),
        ("04 15:00", "FAST", "Krungthai", "Itmx", 30),
    ]  # fmt: skip
    assert len({row["sequence"] for row in rows}) == 2
    assert at_end(run) == {
        ("BAHTNET", "Kasikorn"): 1140, ("BAHTNET", "Krungthai"): 160, ("BAHTNET", "Itmx"): 0,
        ("FAST", "Kasikorn"): 500, ("FAST", "Krungthai"): 500, ("FAST", "Wallet"): 100, ("FAST", "Itmx"): 0,
    }  # fmt: skip
    assert audit(tmp_path / "run").ok


def test_a_debtor_who_is_short_keeps_all_waiting_until_it_has_funds(tmp_path: Path) -> None:
    """Krungthai has THB 100 at 10:00 and owes 170; what it is paid back by 15:00 brings its position down to 70."""
    poor = FAST_TOWN.replace('Krungthai = { opening = "300 THB" }', 'Krungthai = { opening = "100 THB" }')
    back = PAYMENTS + pay("14:00", "Kasikorn", "Krungthai", 70)
    run = run_town(town(tmp_path, poor, back), tmp_path / "run")
    times = {f"{row['settled_at'].astimezone(BANGKOK):%d %H:%M}"
             for row in run.obligations.to_pylist() if row["kind"] == "settlement"}  # fmt: skip
    assert times == {"04 15:00"}
    short = [row for row in run.events.to_pylist() if row["event"] == "short"]
    assert [(row["participant"], row["amount_minor"] // 100) for row in short] == [("Krungthai", 70)]
    assert at_end(run)["FAST", "Krungthai"] == 500
    assert audit(tmp_path / "run").ok


@pytest.mark.parametrize(
    ("rule", "operator", "kasikorn", "left"), [("share", 0, 1100, 70), ("operator_pays", 70, 1170, 0)]
)
def test_a_shortfall_is_shared_or_paid_by_the_operator(
    tmp_path: Path, rule: str, operator: int, kasikorn: int, left: int
) -> None:
    """Krungthai can pay 100 of 170. Kasikorn is owed 200 less its wallet's 30: 100, or 170 with the operator's."""
    text = FAST_TOWN.replace('Krungthai = { opening = "300 THB" }', 'Krungthai = { opening = "100 THB" }')
    text = text.replace('Itmx = { opening = "0 THB" }', f'Itmx = {{ opening = "{operator} THB" }}', 1)
    text = text.replace('settle_at = ["10:00", "15:00"]', f'settle_at = ["10:00"]\nwhen_short = "{rule}"')
    run = run_town(town(tmp_path, text, PAYMENTS[: PAYMENTS.rindex("12:00Kasi")]), tmp_path / "run")
    end = at_end(run)
    assert end["BAHTNET", "Krungthai"] == 0
    assert end["BAHTNET", "Kasikorn"] == kasikorn
    assert end["BAHTNET", "Itmx"] == 0
    assert end["FAST", "Krungthai"] == 430  # 70 of its position are left
    assert end["FAST", "Kasikorn"] == 500 + left
    assert end["FAST", "Itmx"] == 70 - left
    assert audit(tmp_path / "run").ok


def test_settlement_every_so_long_and_at_times(tmp_path: Path) -> None:
    text = FAST_TOWN.replace('settle_at = ["10:00", "15:00"]', 'settle_at = ["08:45"]\nsettle_every = "3 h"')
    payments = "".join(pay(f"{hour:02}:05", "Kasikorn", "Krungthai", 10) for hour in (8, 9, 12, 15))
    run = run_town(town(tmp_path, text, payments), tmp_path / "run")
    rows = [row for row in run.obligations.to_pylist() if row["kind"] == "settlement" and row["rail"] == "FAST"]
    times = sorted({f"{row['settled_at'].astimezone(BANGKOK):%H:%M}" for row in rows})
    assert times == ["08:45", "11:30", "14:30"]
    assert at_end(run)["FAST", "Kasikorn"] == 490  # what came after 14:30
