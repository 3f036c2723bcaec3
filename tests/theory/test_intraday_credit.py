"""Intraday credit in generated days: as the plain twin has it, repo and overdraft alike, more of it never later."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from pathlib import Path

import pytest

from simcore.results.opened import Run
from tests.reference.credit import MINUTE, Bank, CreditDays, Line, Terms
from tests.reference.worlds import Rolled
from tests.simcore.engine.towns import BANK, HEAD, run_town, town

NAMES = ("A", "B", "C", "D")
RAIL = """
[rails.RTGS]
kind = "rtgs"
currency = "SGD"
calendar = "SG"
sessions = [{ open = "09:00", close = "12:00" }]
LEFT
lender = "MAS"
intraday_credit = { CREDIT }

[accounts.RTGS]
MAS = { opening = "0 SGD", debit_limit = "unlimited" }
ACCOUNTS

[routes.direct]
hops = [{ rail = "RTGS", from = "debtor", to = "creditor" }]

[flows.day]
kind = "replay"
file = "payments.csv"
route = "direct"
"""
START = dt.datetime(2026, 3, 2, tzinfo=dt.timezone(dt.timedelta(hours=8)))
DAY = 1440 * MINUTE
BEGIN = int(START.timestamp()) * 1_000_000
HOURS = [(BEGIN + day * DAY + 540 * MINUTE, BEGIN + day * DAY + 720 * MINUTE) for day in range(3)]


class Case:
    """Banks with or without collateral, a few payments on two of three days, at whole minutes and often the same."""

    def __init__(self, seed: int) -> None:
        choose = Rolled(seed)
        self.banks = {
            who: {"opening": choose.whole(0, 60), "own": choose.among((0, 0, 15)), "collateral": choose.whole(0, 80)}
            for who in NAMES
        }
        self.banks["A"]["collateral"] += 1
        self.haircut = choose.among((0, 10, 33))
        self.form = choose.among(("repo", "overdraft"))
        self.draw_every = choose.among((None, 20, 30)) if self.form == "repo" else None
        self.rate, self.charged = choose.among(((0, "time"), (9000, "time"), (120, "amount")))
        self.end_of_day = choose.among(("return", "roll_over"))
        self.overnight_rate = choose.among((0, 6000))
        self.lines = sorted(
            Line(
                BEGIN + choose.whole(0, 1) * DAY + choose.whole(535, 725) // 5 * 5 * MINUTE, *pair, choose.whole(1, 50)
            )
            for pair in (choose.shuffled(4)[:2] for _ in range(choose.whole(4, 25)))
        )
        self.lines = [line._replace(debtor=NAMES[line.debtor], creditor=NAMES[line.creditor]) for line in self.lines]

    def run(self, folder: Path, **changes: str) -> Run:
        """Run the engine over it; every run proves its books."""
        more = f', draw = "on_demand", draw_every = "{self.draw_every} min"' if self.draw_every else ""
        credit = f'form = "{self.form}", haircut = "{self.haircut} %", charged = "{self.charged}", '
        credit += f'rate = "{self.rate} bp", overnight_rate = "{self.overnight_rate} bp"{more}'
        accounts = "\n".join(
            f'{who} = {{ opening = "{it["opening"]} SGD", debit_limit = "{it["own"]} SGD"'
            + (f', collateral = "{it["collateral"]} SGD"' if it["collateral"] else "") + " }"
            for who, it in self.banks.items()
        )  # fmt: skip
        left = f'end_of_day = "{self.end_of_day}"'
        text = (
            HEAD.format(days=3)
            + "".join(BANK.format(name=name, kind="commercial_bank", country="SG") for name in NAMES)
            + BANK.format(name="MAS", kind="central_bank", country="SG")
            + RAIL.replace("CREDIT", changes.get("credit", credit)).replace("ACCOUNTS", accounts).replace("LEFT", left)
        )
        rows = "".join(
            f"{at},{dt.datetime.fromtimestamp(line.at // 1_000_000, START.tzinfo).isoformat()},{line.debtor},"
            f"{line.creditor},{line.amount},SGD\n"
            for at, line in enumerate(self.lines)
        )
        return run_town(town(folder, text, rows), folder / "run")

    def twin(self) -> CreditDays:
        banks = {
            who: Bank(it["opening"] * 100, it["own"] * 100, it["collateral"] * (100 - self.haircut))
            for who, it in self.banks.items()
        }
        terms = Terms(self.form == "overdraft", self.draw_every and self.draw_every * MINUTE, self.rate * 100,
                      self.charged == "amount", self.end_of_day == "roll_over", self.overnight_rate * 100)  # fmt: skip
        lines = [line._replace(amount=line.amount * 100) for line in self.lines]
        return CreditDays({**banks, "MAS": Bank(0, 2**60)}, "MAS", terms, lines, HOURS)


def instant(time: dt.datetime) -> int:
    return int(time.timestamp()) * 1_000_000


def moved(run: Run) -> list[tuple[int, str, str, str, int]]:
    return [
        (instant(row["settled_at"]), row["kind"], row["debtor"], row["creditor"], row["amount_minor"])
        for row in run.obligations.to_pylist()
        if row["kind"] != "payment"
    ]


def settled(run: Run) -> dict[int, int]:
    rows = run.payments.to_pylist()
    return {row["payment_id"]: instant(row["completed_at"]) for row in rows if row["status"].startswith("SETTLED")}


@pytest.mark.parametrize("seed", range(40))
def test_credit_is_given_used_charged_and_paid_back_as_the_plain_twin_has_it(seed: int, tmp_path: Path) -> None:
    case = Case(seed)
    run, twin = case.run(tmp_path), case.twin()
    assert moved(run) == twin.moved
    assert settled(run) == twin.settled


@pytest.mark.parametrize("seed", range(100, 112))
def test_a_repo_drawn_at_opening_settles_what_an_overdraft_does(seed: int, tmp_path: Path) -> None:
    """Free of charge and on one day, the account can pay the same at every instant.

    Not over days: what is lent on overnight differs, since a repo that isn't needed comes back whole.
    """
    case = Case(seed)
    case.lines = [line for line in case.lines if line.at < HOURS[0][1]]
    case.end_of_day = "return"
    forms = [case.run(tmp_path / form, credit=f'form = "{form}", haircut = "7 %"') for form in ("repo", "overdraft")]
    assert settled(forms[0]) == settled(forms[1])


@pytest.mark.parametrize("seed", range(200, 212))
def test_more_collateral_never_settles_a_payment_later_on_a_day_of_a_strict_queue(seed: int, tmp_path: Path) -> None:
    """Over days it may: what was lent overnight narrows the next day's line."""
    case = Case(seed)
    case.lines = [line for line in case.lines if line.at < HOURS[0][1]]
    case.end_of_day = "return"
    runs = [
        settled(case.run(tmp_path / haircut, credit=f'form = "{case.form}", haircut = "{haircut} %"'))
        for haircut in ("60", "30", "0")
    ]
    for less, more in pairwise(runs):
        assert all(number in more and more[number] <= at for number, at in less.items())


def test_the_cases_between_them_have_everything() -> None:
    twins = [Case(seed).twin() for seed in range(40)]
    kinds = {kind for twin in twins for _, kind, *_ in twin.moved}
    assert kinds == {"intraday_credit", "intraday_repayment", "credit_charge", "credit", "repayment"}
    assert any(len(twin.settled) < len(twin.lines) for twin in twins)
    assert any(at not in {line.at for line in twin.lines} for twin in twins for at in twin.settled.values())
