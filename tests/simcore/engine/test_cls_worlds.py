"""Generated days of a CLS-type system: against the plain twin, atomic, within limits, and empty at the end."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path
from typing import Any

from simcore.kernels.cls import PRICE_BITS
from simcore.results.audit import audit
from tests.reference.cls_run import play_day
from tests.simcore.engine.test_cls_runs import HERE, left, run

MEMBERS, CODES = "ABC", ("USD", "EUR", "JPY")
ROUTES = ("USD-EUR", "EUR-USD", "USD-JPY", "JPY-USD")
WORTH = {"USD": Fraction(1), "EUR": Fraction(2), "JPY": Fraction(1)}  # cents for a minor unit
TOKYO, LATER = 'sessions = [{ open = "08:30", close = "19:00" }]', 'sessions = [{ open = "08:30", close = "23:00" }]'
EARLY, PROVIDER = 'last_pay_in = { JPY = "10:00" }\n', 'liquidity_provider = "LP"\n'
MINOR = {"USD": 100, "EUR": 100, "JPY": 1}


def world(choose: random.Random) -> tuple[str, list[list[int]], list[tuple[Any, ...]]]:
    """Trades as text, funds on the RTGS in minor units, and trades as pairs."""
    funds = [[choose.choice((0, 20_000, 100_000)) for _ in CODES] for _ in MEMBERS]
    lines, pairs = [], []
    for second in range(choose.randint(1, 14)):
        one, other = choose.sample(range(3), 2)
        route = choose.choice(ROUTES)
        gives, takes = route.split("-")
        given = choose.randint(1, 300) * MINOR[gives] * (100 if gives == "JPY" else 1)
        taken = int(given * WORTH[gives] / WORTH[takes])
        if taken * WORTH[takes] != given * WORTH[gives]:
            given += MINOR[gives]
            taken = int(given * WORTH[gives] / WORTH[takes])
        lines.append(f"05:00:{second:02d} {MEMBERS[one]} {MEMBERS[other]} {given // MINOR[gives]} {gives} {route}")
        pairs.append((one, other, CODES.index(gives), CODES.index(takes), given, taken))
    return "\n".join(lines), funds, pairs


def openings(funds: list[list[int]]) -> dict[str, str]:
    """What to change in the scenario so that members have these funds."""
    text = {}
    for rail, code, k in (("FEDWIRE", "USD", 0), ("T2", "EUR", 1), ("BOJ", "JPY", 2)):
        full = 100_000 if code == "JPY" else 1000
        before = f"[accounts.{rail}]\n" + "".join(f'{who} = {{ opening = "{full} {code}" }}\n' for who in MEMBERS)
        after = f"[accounts.{rail}]\n" + "".join(
            f'{who} = {{ opening = "{funds[m][k] // MINOR[code]} {code}" }}\n' for m, who in enumerate(MEMBERS)
        )
        text[before] = after
    return text


def test_days_are_those_of_the_plain_twin(tmp_path: Path) -> None:
    settled = waiting = short = 0
    for seed in range(25):
        choose = random.Random(seed)
        trades, funds, pairs = world(choose)
        done = run(fresh(tmp_path, seed), trades, text={**openings(funds), EARLY: "", PROVIDER: "", TOKYO: LATER})
        scale, cut = 1 << PRICE_BITS, Fraction(1, 4)
        prices = []
        for code in CODES:
            price = round(WORTH[code] * scale)
            low, high = price * (1 - cut) // 1, -(-price * (1 + cut) // 1)
            prices.append((Fraction(price, scale), Fraction(low, scale), Fraction(high, scale)))
        limits = [[50_000, 25_000, 50_000]] * 3
        order, by_deadline = play_day(pairs, prices, limits, 50_000, 5, funds)
        rows = [row for row in done.obligations.to_pylist() if row["sequence"] is not None]
        trade_rows = [row for row in rows if row["kind"] == "payment" and row["hop"] == 0]
        assert [row["payment_id"] for row in trade_rows] == order, f"seed {seed}"
        for number, hour in enumerate((7, 8, 9, 10, 11)):
            for m, who in enumerate(MEMBERS):
                for k, code in enumerate(CODES):
                    came = sum(row["amount_minor"] for row in rows if row["kind"] == "pay_in" and row["debtor"] == who
                               and row["currency"] == code and row["settled_at"].hour <= hour)  # fmt: skip
                    assert came == by_deadline[number][m][k], f"seed {seed}, {who} {code} by {hour}"
        settled, waiting = settled + len(order), waiting + len(pairs) - len(order)
        short += done.events.to_pylist().__len__() and sum(e["event"] == "short" for e in done.events.to_pylist())
    assert min(settled, waiting, short) > 20  # else the worlds would prove little


def test_both_legs_or_neither_and_accounts_are_empty_whatever_fails(tmp_path: Path) -> None:
    """With a provider that can pay, whoever else can't, and with swaps or without."""
    for seed in range(25):
        choose = random.Random(1_000 + seed)
        trades, funds, _ = world(choose)
        text = openings(funds)
        text['haircut = "25 %"'] = f'haircut = "25 %"\nin_out = "{choose.choice((0, 50, 100))} %"'
        done = run(fresh(tmp_path, seed), trades, text=text)
        assert left(done) == [], f"seed {seed}"
        assert audit(done.path).ok
        legs: dict[int, set[Any]] = {}
        for row in done.obligations.to_pylist():
            if row["kind"] == "payment" and row["sequence"] is not None:
                legs.setdefault(row["payment_id"], set()).add((row["hop"], row["sequence"], row["settled_at"]))
        for found in legs.values():
            assert {hop for hop, _, _ in found} == {0, 1}
            assert len({(sequence, at) for _, sequence, at in found}) == 1


def fresh(tmp_path: Path, seed: int) -> Path:
    folder = tmp_path / str(seed)
    folder.mkdir()
    assert HERE.exists()
    return folder
