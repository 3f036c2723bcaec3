"""The wallets of one retail system as an object: let time pass, settle cycles, pay interest, change the regime, prove.

A plain-Python twin with the same rules stands in ``tests/reference/wallets.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.engine.build import readable
from simcore.errors import InvariantError, ScenarioError
from simcore.exact import exact_sum
from simcore.kernels import wallets as kernels
from simcore.kernels.constants import DONE, LOG_FULL, NEED_DEMAND, NEED_SLOTS, NONE
from simcore.kernels.wallet_world import (
    CASH,
    CLASS,
    DEPOSIT,
    FEED_FINAL,
    FEED_POSITION,
    FETCHED,
    FREE,
    HEAP_SIZE,
    INTEREST_PAID,
    INTEREST_WALLET,
    NEXT_ID,
    NOW,
    OFFLINE_AT_END,
    OPERATOR,
    PAYMENT,
    PENDING,
    REGIME,
    ROWS,
    STATE_SIZE,
    WALLET_PAYMENT,
    WALLET_ROW,
    WalletWorld,
)
from simcore.kernels.world import DUE
from simcore.wallets.parameters import Operator, WalletClass, check_parameters
from simcore.wallets.rows import check_payments, check_wallets, midnights

MOST = 2**62  # of any sum in minor units


class WalletBook:
    """All wallets, their operators, and the payments to come.

    Parameters
    ----------
    classes, operators : tuple      at least one of each
    wallets : WALLET (n_wallet,)    from :func:`simcore.wallets.rows.make_wallets`; changed in place
    payments : iterable             batches of WALLET_PAYMENT, by time over all of them
    take : callable                 given the rows of the log (WALLET_ROW) when it is full; a view, copy what you keep
    start, days                     local days the book may be played over; a zone's clock decides when each begins
    zones : tuple of str            IANA names, to which wallets refer
    regime : int                    CASH or DEPOSIT
    begin_us : int                  when the book begins; the earliest midnight of ``start`` if not given
    log_rows, pending               sizes of buffers; they don't change the results

    Raises
    ------
    ScenarioError    LH148 for limits, LH149 for wallets and operators; while playing LH150 for payments
    """

    def __init__(
        self, *, classes: tuple[WalletClass, ...], operators: tuple[Operator, ...], wallets: Any,
        payments: Iterable[Any], take: Callable[[Any], None], start: date, days: int,
        zones: tuple[str, ...] = ("Asia/Shanghai",), regime: int = DEPOSIT, log_rows: int = 65_536,
        pending: int = 1_024, begin_us: int | None = None,
    ) -> None:  # fmt: skip
        check_parameters(classes, operators)
        check_wallets(wallets, classes, operators, zones)
        self._days = days
        self._payments, self._take = iter(payments), take
        self._last_initiated = -(2**62)
        self._turnover = 0
        mids = midnights(zones, start, days)
        self._end = int(mids[:, -2].max())
        self._first = int(mids[:, 1].min()) if begin_us is None else begin_us
        before = (start - date(1970, 1, 1)).days - 1
        limits = [(it.payment, it.day, it.balance, it.offline) for it in classes]
        self.world = WalletWorld(
            state=np.zeros(STATE_SIZE, np.int64), wallets=readable(wallets),
            classes=readable(np.array(limits, CLASS)),
            operators=readable(np.zeros(len(operators), OPERATOR)), midnights=mids,
            first_day=np.full(len(zones), before, np.int64), zone_day=np.full(len(zones), before, np.int64),
            zone_next=mids[:, 1].copy(), feed=readable(np.zeros(0, WALLET_PAYMENT)),
            pending=readable(np.zeros(0, PENDING)), heap=readable(np.zeros(0, DUE)),
            log=readable(np.zeros(log_rows, WALLET_ROW)),
        )  # fmt: skip
        state, books = self.world.state, self.world.operators
        state[REGIME], state[FREE] = regime, NONE
        self._more_pending(max(pending, 1))
        # Where the book begins at the earliest first midnight, it may still be the day before elsewhere.
        kernels.pass_midnights(self.world, np.int64(self._first))
        wallets["day"] = self.world.zone_day[wallets["zone"]]
        held, deposited = self._sums()[1:]
        books["is_bank"], books["reserve"] = [it.bank for it in operators], [it.reserve for it in operators]
        books["wallets"], books["deposits"] = held, deposited
        books["backing"] = np.where((books["is_bank"] == 0) | (regime == CASH), held, 0)
        reserves = sum(it.reserve for it in operators)
        self.money = sum(exact_sum(self.world.wallets[name]) for name in ("balance", "deposit"))
        self._central = reserves + int(books["backing"].sum())
        self._check_size(self.money)

    @property
    def issued(self) -> int:
        """Money of the central bank in the system: what banks hold themselves, and what covers wallets."""
        return self._central

    @property
    def operators(self) -> Any:
        """The operators' books, OPERATOR (n_operator,)."""
        return self.world.operators

    def play(self, until_us: int) -> None:
        """Play everything before an instant, microseconds UTC, exclusive."""
        if until_us > self._end:
            raise ValueError(f"the book is made for instants until {self._end}; got {until_us}")
        state, world = self.world.state, self.world
        while True:
            why = kernels.play(world, np.int64(until_us))
            if why == LOG_FULL:
                self.flush()
            elif why == NEED_DEMAND:
                self._next_batch()
            elif why == NEED_SLOTS:
                self._more_pending(self.world.pending.size)
            else:
                break
            world = self.world
        kernels.pass_midnights(world, np.int64(until_us))
        state[NOW] = max(state[NOW], until_us)

    def finish(self) -> None:
        """Write what is still offline to the log, with the status OFFLINE_AT_END, and hand over the last rows."""
        world, state = self.world, self.world.state
        while state[HEAP_SIZE] > 0:
            if state[ROWS] == world.log.size:
                self.flush()
            it = world.pending[kernels.pop_pending(world)]
            row = world.log[state[ROWS]]
            for name in ("initiated_at", "amount", "payer", "payee"):
                row[name] = it[name]
            row["payment_id"], row["decided_at"], row["topped_up"], row["swept"] = it["key"], state[NOW], 0, 0
            row["status"], row["offline"], row["flow"], row["kind"] = OFFLINE_AT_END, 1, it["flow"], PAYMENT
            world.wallets["offline"][it["payer"]] -= it["amount"]
            state[ROWS] += 1
        self.flush()

    def settle_cycle(self) -> NDArray[np.int64]:
        """Settle the operators' net positions at the central bank, all or none; return who would be short.

        Returns
        -------
        int64 (n_short,)    positions among the operators; empty if the cycle settled
        """
        books = self.world.operators
        bank = books["is_bank"] == 1
        short = np.flatnonzero(bank & (books["reserve"] + books["position"] < 0))
        if short.size == 0:
            books["reserve"] += np.where(bank, books["position"], 0)
            books["backing"] += np.where(bank, 0, books["position"])
            books["moved"] += np.maximum(-books["position"], 0)
            books["position"] = 0
        return short

    def take_positions(self) -> NDArray[np.int64]:
        """Set all positions to zero, because they settle elsewhere; int64 (n_operator,), what each receives or pays.

        What an operator that is no bank receives or pays is money of the central bank that covers its wallets.
        """
        books = self.world.operators
        moves = books["position"].copy()
        cover = np.where(books["is_bank"] == 1, 0, moves)
        books["backing"] += cover
        books["moved"] += np.maximum(-moves, 0)
        books["position"] = 0
        self._central += int(cover.sum())
        return moves

    def issue(self, operator: int, amount: int) -> None:
        """Give a bank money of the central bank, or take it back where the amount is negative; it must have it."""
        self.world.operators["reserve"][operator] += amount
        self._central += amount

    def change_regime(self, regime: int) -> None:
        """Make wallet money the central bank's (CASH) or the operators' (DEPOSIT), at the instant last played to.

        Banks get back what covered their wallets, or pay it in. Interest is counted from here on.

        Raises
        ------
        ScenarioError    LH149: a bank that can't pay in what its wallets hold, or positions that aren't settled
        """
        state, books = self.world.state, self.world.operators
        if regime == state[REGIME]:
            return
        bank = books["is_bank"] == 1
        if books["position"].any():
            raise ScenarioError.one(
                "LH149",
                "change of regime",
                got="positions between operators",
                expected="a cycle that settled before it",
            )
        if regime == CASH:
            for who in np.flatnonzero(bank & (books["reserve"] < books["wallets"])):
                got = f"a reserve of {books['reserve'][who]} for wallets of {books['wallets'][who]}"
                raise ScenarioError.one("LH149", f"operator {who}", got=got, expected="as much as its wallets hold")
        moved = np.where(bank, books["wallets"], 0) * (1 if regime == DEPOSIT else -1)
        books["reserve"] += moved
        books["backing"] -= moved
        kernels.begin_day_of_all(self.world)
        self.world.wallets["balance_days"] = 0
        state[REGIME] = regime

    def pay_interest(self, rate_e9: int, days_of_year: int = 360) -> int:
        """Pay what balances at local midnights have earned, up to the instant last played to; return the sum paid.

        The rate is per year in billionths. Nothing is paid under CASH, nor by operators that are no banks.
        """
        if rate_e9 < 0 or days_of_year not in (360, 365):
            raise ValueError(f"a rate not below zero and 360 or 365 days; got {rate_e9} and {days_of_year}")
        if self.world.state[REGIME] == CASH:
            return 0
        # All of it could be paid at once; look before anything is changed.
        most = self.money * (self._days + 2) * rate_e9 // (days_of_year * 10**9) + self.world.wallets.size
        self._check_size(self.money + most)
        kernels.begin_day_of_all(self.world)
        state = self.world.state
        state[INTEREST_WALLET] = state[INTEREST_PAID] = 0
        while (why := kernels.pay_interest(self.world, np.int64(rate_e9), np.int64(days_of_year))) == LOG_FULL:
            self.flush()
        if why != DONE:
            raise InvariantError("interest beyond int64")
        paid = int(state[INTEREST_PAID])
        self.money += paid
        return paid

    def reserve_base(self) -> NDArray[np.int64]:
        """What each operator owes that counts for required reserves: deposits, and under DEPOSIT wallets of banks."""
        books = self.world.operators
        counts = (books["is_bank"] == 1) & (self.world.state[REGIME] == DEPOSIT)
        return books["deposits"] + np.where(counts, books["wallets"], 0)

    def prove(self) -> None:
        """Hold the books to their promises: limits, sums by operator, cover in full, conservation.

        Raises
        ------
        InvariantError    naming what is broken
        """
        books, state = self.world.operators, self.world.state
        broken, held, deposited = self._sums()
        if broken != NONE:
            raise InvariantError(f"wallet {broken} is beyond a limit at {state[NOW]}: {self.world.wallets[broken]}")
        covered = books["backing"] + np.where(books["is_bank"] == 1, 0, books["position"])
        due = np.where((books["is_bank"] == 0) | (state[REGIME] == CASH), books["wallets"], 0)
        promises = {
            "wallets add up to their operator's book": (held == books["wallets"]).all(),
            "bank accounts add up to their bank's book": (deposited == books["deposits"]).all(),
            "money in wallets and bank accounts is conserved": int(held.sum() + deposited.sum()) == self.money,
            "positions between operators add up to zero": books["position"].sum() == 0,
            "wallets are covered in full": (covered == due).all(),
            "no reserve is below zero": (books["reserve"] >= 0).all(),
            "money of the central bank is conserved": int((books["reserve"] + books["backing"]).sum()) == self._central,
        }
        failed = [promise for promise, kept in promises.items() if not kept]
        if failed:
            raise InvariantError(f"wallets at {state[NOW]}: not so: {'; '.join(failed)}")

    def _sums(self) -> tuple[int, NDArray[np.int64], NDArray[np.int64]]:
        held, deposited = (np.zeros(self.world.operators.size, np.int64) for _ in range(2))
        return int(kernels.prove(self.world, held, deposited)), held, deposited

    def _check_size(self, money: int) -> None:
        books = self.world.operators
        most = max(money * (self._days + 2), money + int(books["reserve"].sum()))
        if most >= MOST:
            raise ScenarioError.one(
                "LH149",
                "wallets",
                got=f"{money} minor units over {self._days} days",
                expected="their product below 2^62",
            )

    def flush(self) -> None:
        """Hand over the rows logged so far."""
        state = self.world.state
        if state[ROWS] > 0:
            self._take(self.world.log[: state[ROWS]])
            state[ROWS] = 0

    def _next_batch(self) -> None:
        state = self.world.state
        batch = next(self._payments, None)
        if batch is None:
            state[FEED_FINAL] = 1
            return
        if batch.size == 0:
            return
        first_id = int(state[NEXT_ID])
        check_payments(batch, self.world.wallets.size, max(self._last_initiated, self._first), first_id)
        amount = batch["amount"]
        self._turnover += exact_sum(amount)
        if self._turnover >= MOST:
            raise ScenarioError.one(
                "LH150", f"wallet payments up to {first_id + batch.size - 1}", got=f"{self._turnover} minor units",
                expected="a turnover below 2^62",
            )  # fmt: skip
        self._last_initiated = int(batch["initiated_at"][-1])
        if self._last_initiated >= self._end:
            raise ScenarioError.one(
                "LH150", f"wallet payment {first_id + batch.size - 1}", got=f"initiated at {self._last_initiated}",
                expected=f"before the end of the book's days, {self._end}",
            )  # fmt: skip
        state[FEED_POSITION] = state[FETCHED] = 0
        self.world = self.world._replace(feed=readable(batch))

    def _more_pending(self, more: int) -> None:
        """Add free records for offline payments."""
        state, had = self.world.state, self.world.pending.size
        pending, heap = np.zeros(had + more, PENDING), np.zeros(had + more, DUE)
        pending[:had], heap[:had] = self.world.pending, self.world.heap
        pending["next"][had:] = np.arange(had + 1, had + more + 1)
        pending["next"][-1] = state[FREE]
        state[FREE] = had
        self.world = self.world._replace(pending=readable(pending), heap=readable(heap))
