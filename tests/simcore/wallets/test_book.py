"""Wallets by hand: each rule on its own, midnight, offline payments, both regimes, interest."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from simcore.errors import InvariantError, ScenarioError
from simcore.kernels.wallet_world import CASH, DEPOSIT, UNBOUND, WALLET_KIND_NAMES, WALLET_STATUS_NAMES
from simcore.wallets.book import WalletBook
from simcore.wallets.parameters import ECNY_CLASSES, Operator, WalletClass
from simcore.wallets.rows import make_payments, make_wallets, midnights

PHONE, MIDDLE, VERIFIED = range(3)
SECOND = 1_000_000
BANKS = (Operator(name="ICBC", reserve=10**9), Operator(name="CCB", reserve=10**9))
WITH_WALLET_FIRM = (*BANKS, Operator(name="Firm", bank=False))


def at(clock: str, zone: str = "Asia/Shanghai") -> int:
    """``"03-02 23:59:59"`` of 2026 in a zone, microseconds UTC."""
    local = datetime.strptime(f"2026-{clock}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZoneInfo(zone))
    return int((local - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * SECOND


class Town:
    """A book over three days from 2 March 2026, with the payments of a table; yuan in, yuan out."""

    def __init__(
        self, wallets: list[dict[str, Any]], payments: list[tuple[str, int, int, float, int]], **more: Any
    ) -> None:
        columns = {
            name: [it.get(name, default) for it in wallets]
            for name, default in (("operator", 0), ("wallet_class", PHONE), ("zone", 0), ("bank", UNBOUND))
        }
        money = {name: [round(100 * it.get(name, 0)) for it in wallets] for name in ("balance", "deposit")}
        when, payer, payee, amount, offline = (list(column) for column in zip(*payments))
        rows = make_payments([at(w) for w in when], payer, payee, [round(100 * a) for a in amount], offline)
        self.rows: list[Any] = []
        settings = {"classes": ECNY_CLASSES, "operators": BANKS, **more}
        self.book = WalletBook(
            wallets=make_wallets(**columns, **money), payments=[rows], take=lambda rows: self.rows.extend(rows.copy()),
            start=date(2026, 3, 2), days=3, **settings,
        )  # fmt: skip

    def play(self, until: str = "03-05 00:00:00") -> Town:
        self.book.play(at(until))
        self.book.prove()
        return self

    def statuses(self) -> list[str]:
        self.book.finish()
        return [WALLET_STATUS_NAMES[row["status"]] for row in sorted(self.rows, key=lambda row: row["payment_id"])]

    def balances(self) -> list[float]:
        return [balance / 100 for balance in self.book.world.wallets["balance"]]

    def deposits(self) -> list[float]:
        return [deposit / 100 for deposit in self.book.world.wallets["deposit"]]


def test_the_published_limits_of_a_phone_only_wallet() -> None:
    town = Town(
        [{"balance": 10_000}, {"balance": 0, "wallet_class": VERIFIED}, {"balance": 9_000}],
        [
            ("03-02 10:00:00", 0, 1, 2_000.01, -1),  # one fen above 2,000 in one payment
            ("03-02 10:00:01", 0, 1, 2_000, -1),
            ("03-02 10:00:02", 0, 1, 2_000, -1),
            ("03-02 10:00:03", 0, 1, 1_000.01, -1),  # one fen above 5,000 in one day
            ("03-02 10:00:04", 0, 2, 1_000, -1),  # fills a wallet to its 10,000
            ("03-02 10:00:05", 1, 2, 0.01, -1),  # one fen above what it may hold
        ],
    ).play()
    assert town.statuses() == [
        "REJECTED_PAYMENT_LIMIT",
        "SETTLED",
        "SETTLED",
        "REJECTED_DAY_LIMIT",
        "SETTLED",
        "REJECTED_BALANCE_LIMIT",
    ]
    assert town.balances() == [5_000, 4_000, 10_000]


@pytest.mark.parametrize(("clock", "status"), [("03-02 23:59:59", "REJECTED_DAY_LIMIT"), ("03-03 00:00:00", "SETTLED")])
def test_the_day_ends_at_local_midnight(clock: str, status: str) -> None:
    spend = [(f"03-02 10:00:0{k}", 0, 1, amount, -1) for k, amount in enumerate((2_000, 2_000, 1_000))]
    town = Town([{"balance": 10_000}, {"wallet_class": VERIFIED}], [*spend, (clock, 0, 1, 1, -1)]).play()
    assert town.statuses() == ["SETTLED"] * 3 + [status]


def test_each_wallet_has_the_midnight_of_its_own_zone() -> None:
    # 2 March 17:30 UTC is 01:30 of the 3rd in Singapore and 00:30 in Bangkok; at 16:30 UTC it is still the 2nd there.
    spend = [("03-02 10:00:00", 0, 2, 500, -1), ("03-02 10:00:00", 1, 2, 500, -1)]
    again = [("03-03 00:30:00", 0, 2, 500, -1), ("03-03 00:30:00", 1, 2, 500, -1), ("03-03 01:30:00", 1, 2, 500, -1)]
    day = (WalletClass(name="day", payment=50_000, day=50_000, balance=10**6),)
    town = Town(
        [{"balance": 2_000, "zone": 0}, {"balance": 2_000, "zone": 1}, {"zone": 0}], [*spend, *again], classes=day,
        zones=("Asia/Singapore", "Asia/Bangkok"),
    ).play()  # fmt: skip
    assert town.statuses() == ["SETTLED", "SETTLED", "SETTLED", "REJECTED_DAY_LIMIT", "SETTLED"]


def test_a_day_without_midnight_begins_at_its_first_instant() -> None:
    # Beirut's clock went from 00:00 to 01:00 on 31 March 2024.
    begins = midnights(("Asia/Beirut",), date(2024, 3, 31), 1)[0, 1]
    assert datetime.fromtimestamp(begins // SECOND, ZoneInfo("Asia/Beirut")).strftime("%d %H:%M") == "31 01:00"


def test_what_is_short_comes_from_the_bank_account() -> None:
    wallets = [{"balance": 100, "bank": 0, "deposit": 500}, {"balance": 100}, {}]
    table = [("03-02 10:00:00", 0, 2, 300, -1), ("03-02 10:00:01", 0, 2, 301, -1), ("03-02 10:00:02", 1, 2, 300, -1)]
    town = Town(wallets, table).play()
    # 200 topped up, then 300 are left and 301 are not there; the unbound wallet has only its 100.
    assert town.statuses() == ["SETTLED", "REJECTED_INSUFFICIENT_FUNDS", "REJECTED_INSUFFICIENT_FUNDS"]
    assert (town.balances(), town.deposits()) == ([0, 100, 300], [300, 0, 0])
    assert [int(row["topped_up"]) for row in town.rows] == [20_000, 0, 0]


def test_a_top_up_may_take_the_last_fen() -> None:
    just_enough = (Operator(name="ICBC", reserve=10_000),)
    table = [("03-02 10:00:00", 0, 1, 100, -1)]
    town = Town([{"bank": 0, "deposit": 100}, {}], table, operators=just_enough, regime=CASH).play()
    assert (town.statuses(), town.deposits()) == (["SETTLED"], [0, 0])
    assert int(town.book.operators["reserve"][0]) == 0


def test_what_a_wallet_may_not_hold_is_swept_to_the_bank_account() -> None:
    wallets = [{"balance": 2_000}, {"balance": 9_500, "bank": 1, "deposit": 7}]
    town = Town(wallets, [("03-02 10:00:00", 0, 1, 2_000, -1)]).play()
    assert (town.statuses(), town.balances(), town.deposits()) == (["SETTLED"], [0, 10_000], [0, 1_507])
    assert int(town.rows[0]["swept"]) == 150_000
    # Operator 0 owed 11,500 and owes 10,000: the 1,500 went to the other bank.
    assert list(town.book.operators["position"]) == [-150_000, 150_000]


def test_top_ups_and_withdrawals_asked_for() -> None:
    wallets = [{"balance": 9_000, "bank": 0, "deposit": 1_500}, {"balance": 50}]
    table = [
        ("03-02 10:00:00", -1, 0, 1_000, -1),  # fills the wallet to its 10,000, in one day and payment above limits
        ("03-02 10:00:01", -1, 0, 0.01, -1),  # one fen above what it may hold
        ("03-02 10:00:02", 0, -1, 9_900, -1),  # to the bank account, limits per payment and day don't count
        ("03-02 10:00:03", 0, -1, 100.01, -1),  # one fen more than is left
        ("03-02 10:00:04", -1, 1, 10, -1),  # no bank account
        ("03-02 10:00:05", 0, 1, 100, -1),
    ]
    town = Town(wallets, table).play()
    assert town.statuses() == [
        "SETTLED",
        "REJECTED_BALANCE_LIMIT",
        "SETTLED",
        "REJECTED_INSUFFICIENT_FUNDS",
        "REJECTED_INSUFFICIENT_FUNDS",
        "SETTLED",
    ]
    assert (town.balances(), town.deposits()) == ([0, 150], [10_400, 0])
    assert [WALLET_KIND_NAMES[row["kind"]] for row in town.rows[:3]] == ["top_up", "top_up", "withdrawal"]


def test_issue_gives_a_bank_money_that_top_ups_of_cash_need() -> None:
    table = [("03-02 10:00:00", -1, 0, 100, -1), ("03-02 12:00:00", -1, 0, 100, -1)]
    town = Town([{"bank": 0, "deposit": 500}, {}], table, operators=(Operator(name="ICBC"),), regime=CASH)
    town.play("03-02 11:00:00")
    town.book.issue(0, 30_000)
    town.play()
    assert town.statuses() == ["REJECTED_BANK_RESERVE", "SETTLED"]
    assert (town.book.issued, int(town.book.operators["reserve"][0])) == (30_000, 20_000)
    assert list(town.book.operators["backing"]) == [10_000]


def test_positions_taken_elsewhere_leave_banks_nothing_and_firms_their_cover() -> None:
    wallets = [{"balance": 1_000, "operator": 0}, {"balance": 500, "operator": 2}]
    town = Town(wallets, [("03-02 10:00:00", 0, 1, 300, -1)], operators=WITH_WALLET_FIRM).play()
    assert list(town.book.take_positions()) == [-30_000, 0, 30_000]
    town.book.prove()
    assert list(town.book.operators["reserve"]) == [10**9, 10**9, 0]
    assert list(town.book.operators["backing"]) == [0, 0, 80_000]


def test_an_offline_payment_is_posted_later() -> None:
    town = Town([{"balance": 300}, {}], [("03-02 10:00:00", 0, 1, 100, 60 * SECOND)])
    assert town.play("03-02 10:01:00").balances() == [300, 0]
    assert town.play("03-02 10:01:01").balances() == [200, 100]
    assert town.statuses() == ["SETTLED"]
    assert int(town.rows[0]["decided_at"] - town.rows[0]["initiated_at"]) == 60 * SECOND


def test_a_double_spend_is_a_rejected_posting_and_makes_no_money() -> None:
    hour = 3_600 * SECOND
    table = [("03-02 10:00:00", 0, 1, 300, hour), ("03-02 10:30:00", 0, 2, 300, -1)]
    town = Town([{"balance": 300, "bank": 0, "deposit": 900}, {}, {}], table, classes=(_offline(1_000),)).play()
    # The money was spent online before it was posted. The bank account isn't asked for a posting.
    assert town.statuses() == ["REJECTED_DOUBLE_SPEND", "SETTLED"]
    assert (town.balances(), town.deposits()) == ([0, 0, 300], [900, 0, 0])


def test_postings_at_one_instant_come_by_payment_id() -> None:
    table = [
        ("03-02 10:00:00", 0, 1, 60, 60 * SECOND),
        ("03-02 10:00:10", 0, 1, 40, 50 * SECOND),  # at the same 10:01:00
        ("03-02 10:00:20", 0, 1, 10, -1),  # leaves 90
    ]
    town = Town([{"balance": 100}, {}], table, classes=(_offline(1_000),)).play()
    assert town.statuses() == ["SETTLED", "REJECTED_DOUBLE_SPEND", "SETTLED"]


def test_the_offline_cap_counts_what_is_not_yet_posted() -> None:
    minute = 60 * SECOND
    table = [
        ("03-02 10:00:00", 0, 1, 60, minute),
        ("03-02 10:00:10", 0, 1, 41, minute),  # 101 under way
        ("03-02 10:00:20", 0, 1, 40, minute),
        ("03-02 10:01:00", 0, 1, 60, minute),  # the first 60 are posted at this very instant, before
        ("03-02 10:01:10", 0, 1, 0.01, minute),
    ]
    town = Town([{"balance": 1_000}, {}], table, classes=(_offline(100),)).play()
    assert town.statuses() == ["SETTLED", "REJECTED_OFFLINE_LIMIT", "SETTLED", "SETTLED", "REJECTED_OFFLINE_LIMIT"]


def test_a_device_knows_the_balance_and_what_it_has_paid() -> None:
    table = [("03-02 10:00:00", 0, 1, 60, SECOND), ("03-02 10:00:00", 0, 1, 41, SECOND)]
    town = Town([{"balance": 100}, {}], table, classes=(_offline(1_000),)).play()
    assert town.statuses() == ["SETTLED", "REJECTED_INSUFFICIENT_FUNDS"]


def test_what_is_offline_at_the_end_says_so() -> None:
    town = Town([{"balance": 100}, {}], [("03-04 23:59:59", 0, 1, 60, 3_600 * SECOND)]).play()
    assert (town.statuses(), town.balances()) == (["OFFLINE_AT_END"], [100, 0])


def test_cash_moves_between_operators_at_once_and_deposits_net() -> None:
    wallets = [{"balance": 1_000, "operator": 0}, {"balance": 1_000, "operator": 1}]
    table = [("03-02 10:00:00", 0, 1, 700, -1), ("03-02 10:00:01", 1, 0, 600, -1)]
    cash = Town(wallets, table, regime=CASH).play().book
    assert list(cash.operators["backing"]) == [90_000, 110_000]
    assert list(cash.operators["moved"]) == [70_000, 60_000]  # 1,300 at the central bank
    deposit = Town(wallets, table, regime=DEPOSIT).play().book
    assert list(deposit.operators["position"]) == [-10_000, 10_000]
    assert deposit.settle_cycle().size == 0
    assert list(deposit.operators["moved"]) == [10_000, 0]  # 100 do for the same payments
    assert list(deposit.operators["reserve"]) == [10**9 - 10_000, 10**9 + 10_000]
    deposit.prove()


def test_a_top_up_of_cash_needs_reserves_of_the_bank() -> None:
    poor = (Operator(name="ICBC", reserve=9_999),)
    wallets = [{"bank": 0, "deposit": 500}, {}]
    table = [("03-02 10:00:00", 0, 1, 100, -1)]
    assert Town(wallets, table, operators=poor, regime=CASH).play().statuses() == ["REJECTED_BANK_RESERVE"]
    # As a deposit it only changes its name on the bank's own books.
    assert Town(wallets, table, operators=poor, regime=DEPOSIT).play().statuses() == ["SETTLED"]


def test_an_operator_that_is_no_bank_covers_its_wallets_in_full() -> None:
    wallets = [{"balance": 1_000, "operator": 0}, {"balance": 500, "operator": 2}]
    town = Town(wallets, [("03-02 10:00:00", 0, 1, 300, -1)], operators=WITH_WALLET_FIRM).play()
    books = town.book.operators
    assert (list(books["backing"]), list(books["position"])) == ([0, 0, 50_000], [-30_000, 0, 30_000])
    town.book.settle_cycle()
    assert list(books["backing"]) == [0, 0, 80_000]
    assert list(books["wallets"]) == [70_000, 0, 80_000]
    assert list(town.book.reserve_base()) == [70_000, 0, 0]


def test_a_cycle_settles_for_all_or_for_none() -> None:
    poor = (Operator(name="ICBC", reserve=29_999), Operator(name="CCB"))
    town = Town([{"balance": 500}, {"operator": 1}], [("03-02 10:00:00", 0, 1, 300, -1)], operators=poor).play()
    assert list(town.book.settle_cycle()) == [0]
    assert list(town.book.operators["position"]) == [-30_000, 30_000]


def test_the_change_of_regime_gives_banks_their_cover_back() -> None:
    wallets = [{"balance": 1_000, "operator": 0}, {"balance": 500, "operator": 2}]
    town = Town(wallets, [("03-02 10:00:00", 0, 1, 300, -1)], operators=WITH_WALLET_FIRM, regime=CASH).play()
    assert list(town.book.reserve_base()) == [0, 0, 0]
    town.book.change_regime(DEPOSIT)
    town.book.prove()
    assert list(town.book.operators["reserve"]) == [10**9 + 70_000, 10**9, 0]
    assert list(town.book.operators["backing"]) == [0, 0, 80_000]
    town.book.change_regime(CASH)
    town.book.prove()
    assert list(town.book.operators["backing"]) == [70_000, 0, 80_000]


def test_interest_is_on_what_stands_in_the_wallet_at_midnight() -> None:
    wallets = [{"balance": 10_000, "wallet_class": VERIFIED}, {"wallet_class": VERIFIED}]
    town = Town(wallets, [("03-03 12:00:00", 0, 1, 4_000, -1)])
    town.play("03-05 00:00:00")
    # The midnights into 3, 4 and 5 March: the payer has 10,000 once and 6,000 twice, the payee 4,000 twice.
    assert list(town.book.world.wallets["balance_days"]) == [1_000_000, 0]  # counted up to when it last moved
    assert town.book.pay_interest(36_000_000, 360) == 220 + 80  # 3.6 % a year is a ten-thousandth a day
    assert town.balances() == [6_002.20, 4_000.80]
    assert int(town.book.operators["interest"][0]) == 300
    town.book.prove()
    assert town.book.pay_interest(36_000_000, 360) == 0


def test_interest_above_the_limit_waits_or_goes_to_the_bank_account() -> None:
    wallets = [{"balance": 10_000}, {"balance": 10_000, "bank": 1}]
    town = Town(wallets, [("03-02 10:00:00", 0, 1, 0.01, -1)], classes=(_offline(0),)).play()
    assert town.book.pay_interest(36_000_000, 360) > 0
    town.book.prove()
    assert town.book.world.wallets["balance"].max() <= 1_000_000


def test_cash_bears_no_interest() -> None:
    town = Town([{"balance": 10_000}, {}], [("03-02 10:00:00", 0, 1, 1, -1)], regime=CASH).play()
    assert town.book.pay_interest(36_000_000, 360) == 0
    town.book.change_regime(DEPOSIT)
    assert town.book.pay_interest(36_000_000, 360) == 0


def test_broken_books_are_named() -> None:
    town = Town([{"balance": 100}, {}], [("03-02 10:00:00", 0, 1, 1, -1)]).play()
    town.book.world.wallets["balance"][1] += 1
    with pytest.raises(InvariantError, match=r"add up to their operator's book; .*conserved"):
        town.book.prove()


def _offline(cap: int) -> WalletClass:
    return WalletClass(name="offline", payment=100_000, day=1_000_000, balance=1_000_000, offline=100 * cap)


BAD = {
    "single above daily": (lambda: _book(classes=(WalletClass(name="x", payment=2, day=1, balance=9),)), "LH148"),
    "a limit below zero": (lambda: _book(classes=(WalletClass(name="x", payment=-1, day=1, balance=9),)), "LH148"),
    "more than it may hold": (lambda: _book(make_wallets(1_000_001, 0, PHONE)), "LH148"),
    "no such operator": (lambda: _book(make_wallets(0, 2, PHONE)), "LH149"),
    "no operator": (lambda: _book(make_wallets(0, -1, PHONE)), "LH149"),
    "a bank that is none": (lambda: _book(make_wallets(0, 0, PHONE, bank=2), operators=WITH_WALLET_FIRM), "LH149"),
    "no such bank": (lambda: _book(make_wallets(0, 0, PHONE, bank=7)), "LH149"),
    "money without an account": (lambda: _book(make_wallets(0, 0, PHONE, deposit=5)), "LH149"),
    "a class that isn't there": (lambda: _book(make_wallets(0, 0, 3)), "LH149"),
    "an operator beyond int16": (lambda: make_wallets(0, 40_000, PHONE), "LH149"),
    "a reserve of no bank": (lambda: _book(operators=(Operator(name="F", reserve=5, bank=False),)), "LH149"),
    "pays itself": (lambda: _played(0, 0, 1), "LH150"),
    "no such payee": (lambda: _played(0, 2, 1), "LH150"),
    "nothing paid": (lambda: _played(0, 1, 0), "LH150"),
    "posted before it is made": (lambda: _played(0, 1, 1, offline=-2), "LH150"),
    "before the first day": (lambda: _played(0, 1, 1, when="03-01 23:59:59"), "LH150"),
    "after the last day": (lambda: _played(0, 1, 1, when="03-05 00:00:00"), "LH150"),
}


def _book(wallets: Any = None, payments: Any = (), **more: Any) -> WalletBook:
    made = make_wallets([100, 0], 0, PHONE) if wallets is None else wallets
    settings = {"classes": ECNY_CLASSES, "operators": BANKS, "payments": payments, **more}
    return WalletBook(wallets=made, take=lambda rows: None, start=date(2026, 3, 2), days=3, **settings)


def _played(payer: int, payee: int, amount: int, offline: int = -1, when: str = "03-02 10:00:00") -> None:
    _book(payments=[make_payments([at(when)], payer, payee, amount, offline)]).play(at("03-05 00:00:00"))


@pytest.mark.parametrize("case", list(BAD))
def test_what_cannot_be_played_is_refused(case: str) -> None:
    make, code = BAD[case]
    with pytest.raises(ScenarioError) as caught:
        make()
    assert [fault.code for fault in caught.value.faults] == [code]


def test_payments_out_of_order_are_refused_across_batches() -> None:
    late, early = (make_payments([at(when)], 0, 1, 1) for when in ("03-02 10:00:01", "03-02 10:00:00"))
    with pytest.raises(ScenarioError, match="wallet payment 1 "):
        _book(payments=[late, early]).play(at("03-05 00:00:00"))


def test_a_wallet_lies_in_one_cache_line() -> None:
    wallets = make_wallets(np.zeros(10, np.int64), 0, PHONE)
    assert wallets.itemsize == 64
    assert wallets.ctypes.data % 64 == 0
