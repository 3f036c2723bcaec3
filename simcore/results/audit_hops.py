"""Proves payments whose rows are all there: each hop against the one before, returns, and the outcome."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.constants import (
    CLAIMED_LATE,
    IN_TRANSIT_AT_END,
    KIND_FEE,
    KIND_PART,
    KIND_PAYMENT,
    KIND_REFUND,
    KIND_RETURN,
    KIND_SPREAD,
    RETURN_PENDING_AT_END,
    RETURNED_ZERO_AMOUNT,
)
from simcore.results.audit_bounds import Bounds
from simcore.results.audit_ledgers import Ledgers
from simcore.results.audit_links import Links
from simcore.results.audit_outages import Outages
from simcore.results.audit_pairs import Pairs
from simcore.results.audit_read import NO_TIME, Batch, Words
from simcore.results.audit_refunds import prove_refunds
from simcore.results.audit_report import Proof
from simcore.results.audit_rows import SETTLED
from simcore.results.schema import STATUSES

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
_MOST_HOPS = 128
_AT_END = np.array([STATUSES.get(code, "").endswith("_AT_END") for code in range(max(STATUSES) + 1)])
_JOINT = ("row", "payment_id", "hop", "rail", "debtor", "creditor", "currency", "amount_minor", "entered_at",
          "settled_at", "sequence", "status", "fx_id")  # fmt: skip
_REVERSED = {"rail": "rail", "debtor": "creditor", "creditor": "debtor", "currency": "currency"}


def converted(amount: Ints, numerator: Ints, denominator: Ints) -> Ints:
    """amount × numerator / denominator, rounded half to even and cut to int64; positive int64 of any size.

    A quotient in float64 is off by less than 2^12 below 2^62, so its rest is below 2^12 denominators. Modulo 2^64, in
    which int64 wraps, that rest is exact where the denominator is below 2^50; the others are Python's.
    """
    rough = amount.astype(np.float64) * numerator / denominator
    sure = (rough < 2.0**62) & (denominator < 2**50)
    whole = np.where(sure, rough, 0.0).astype(np.int64)
    rest = amount * numerator - whole * denominator
    more, rest = np.divmod(rest, denominator)
    whole += more
    whole += (2 * rest > denominator) | ((2 * rest == denominator) & (whole % 2 == 1))
    for at in np.flatnonzero(~sure).tolist():
        exact, left = divmod(int(amount[at]) * int(numerator[at]), bottom := int(denominator[at]))
        whole[at] = min(exact + (2 * left > bottom or (2 * left == bottom and exact % 2)), NO_TIME)
    return whole


class _Chosen(Batch):
    """Some rows of a batch; a column is taken out of it when it is first asked for."""

    def __init__(self, batch: Batch, at: NDArray[Any]) -> None:
        super().__init__()
        self.batch, self.at = batch, at

    def __missing__(self, name: str) -> NDArray[Any]:
        self[name] = self.batch[name][self.at]
        return self[name]


def pick(batch: Batch, mask: Bools) -> Batch:
    """These rows, to look at: columns can be asked for, not listed."""
    at = np.flatnonzero(mask)
    # Of chosen rows each is taken once, out of the batch itself.
    return _Chosen(batch.batch, batch.at[at]) if isinstance(batch, _Chosen) else _Chosen(batch, at)


def chosen(batch: Batch, at: Ints) -> Batch:
    """The rows at these positions; the batch itself where that is all of them as they stand."""
    whole = at.size == batch["row"].size and np.array_equal(at, np.arange(at.size))
    return batch if whole else _Chosen(batch, at)


class Hops:
    """Compares obligations of payments with each other, with the payments and with the quotes of fx.arrow."""

    def __init__(
        self, fx: Batch, words: Words, proof: Proof, ledgers: Ledgers, bounds: Bounds, pairs: Pairs, outages: Outages,
        links: Links,
    ) -> None:  # fmt: skip
        self.words, self.proof, self._links = words, proof, links
        self._ledgers, self._bounds, self._pairs, self._outages = ledgers, bounds, pairs, outages
        self._fx = fx
        self._fx_order = np.argsort(fx["fx_id"], kind="stable")

    def _fail(self, table: str, rows: Batch, mask: Bools, say: Callable[[int], str]) -> None:
        if mask.any():
            self.proof.fail_each(
                np.flatnonzero(mask),
                lambda at: (
                    f"{table} row {rows['row'][at]} (payment {rows['payment_id'][at]}"
                    + (f", hop {rows['hop'][at]}): " if table == "obligations" else "): ")
                    + say(at)
                ),
            )

    def prove(self, payments: Batch, rows: Batch, of: Ints) -> None:
        """``rows`` are obligations in the order of their payments; ``of`` is the position of each in ``payments``."""
        n = payments["row"].size
        status = payments["status"]
        settled_payment = SETTLED[status]
        open_end = _AT_END[status]
        self._fail(
            "payments",
            payments,
            (payments["completed_at"] == NO_TIME) != open_end,
            lambda at: "a time of completion and a status that don't agree",
        )
        self._fail(
            "payments",
            payments,
            payments["completed_at"] < payments["initiated_at"],
            lambda at: "completed before it was initiated",
        )
        self._fail(
            "payments",
            payments,
            ~settled_payment & (payments["amount_received_minor"] >= 0),
            lambda at: f"status {STATUSES[int(status[at])]}, yet amount_received_minor isn't null",
        )
        forward, settled_forward = np.zeros(n, np.int64), np.zeros(n, np.int64)
        returned, last_status = np.zeros(n, np.int64), np.full(n, -1)
        spread_sum, parted = np.zeros(n, np.int64), np.zeros(n, np.int64)
        if of.size:
            kind = rows["kind"]
            plain = not kind.any()
            hops, owner = (rows, of) if plain else (pick(rows, kind == KIND_PAYMENT), of[kind == KIND_PAYMENT])
            forward = np.bincount(owner, minlength=n)
            done = SETTLED[hops["status"]]
            settled_forward = forward if done.all() else np.bincount(owner[done], minlength=n)
            last = np.append(owner[1:] != owner[:-1], True)
            last_status[owner[last]] = hops["status"][last]
            spread, parts = np.zeros(owner.size, np.int64), np.zeros(owner.size, np.int64)
            if not plain:
                key = owner * _MOST_HOPS + hops["hop"]
                split = kind == KIND_PART
                if split.any():
                    self._parts(hops, key, parts, pick(rows, split), of[split])
                    parted[owner[last]] = (parts[last] > 0) & ~done[last]
                kept = (kind == KIND_SPREAD) | (kind == KIND_FEE)
                self._spreads(payments, hops, key, spread, spread_sum, pick(rows, kept), of[kept])
                again = kind == KIND_REFUND
                if again.any():
                    moved = np.where(done, hops["amount_minor"] + spread, 0) + parts
                    refunds, its = pick(rows, again), of[again]
                    prove_refunds(partial(self._fail, "obligations"), hops, owner, moved, refunds, its,
                                  self._partner(key, its, refunds), payments)  # fmt: skip
                back = kind == KIND_RETURN
                if back.any():
                    moved = np.where(done, hops["amount_minor"] + spread, 0) + parts
                    returned = self._returns(n, hops, key, moved, pick(rows, back), of[back], status)
            self._chain(payments, hops, owner, spread, parts, done, last)
            if self._pairs.used:
                self._together(payments, hops, owner, done)
        self._outcomes(payments, forward, settled_forward, returned, last_status, spread_sum, parted)

    def _chain(
        self,
        payments: Batch,
        hops: Batch,
        owner: Ints,
        spread: Ints,
        parts: Ints,
        done: Bools,
        last: Bools,
    ) -> None:
        if not owner.size:
            return
        first = np.append(True, last[:-1])
        head, mine = chosen(hops, np.flatnonzero(first)), chosen(payments, owner[first])
        gross = hops["amount_minor"] + spread + parts
        of_pair = self._pairs.first_legs(payments["route"][owner], hops["hop"]) if self._pairs.used else False
        self._bounds.check(hops, gross, done, of_pair)
        self._links.check(payments, hops, owner, done, last)
        name = self.words.name
        self._fail(
            "obligations",
            head,
            head["debtor"] != mine["debtor"],
            lambda at: (
                f"debtor {name('debtor', head['debtor'][at])}, the payment's is {name('debtor', mine['debtor'][at])}"
            ),
        )
        self._fail(
            "obligations",
            head,
            head["currency"] != mine["currency_sent"],
            lambda at: (
                f"in {name('currency', head['currency'][at])}, the payment was sent in "
                f"{name('currency', mine['currency_sent'][at])}"
            ),
        )
        paid = gross[first]
        self._fail(
            "obligations",
            head,
            paid != mine["amount_sent_minor"],
            lambda at: f"amount_minor with spread is {paid[at]}, the payment sent {mine['amount_sent_minor'][at]}",
        )
        self._fail(
            "obligations",
            head,
            head["entered_at"] < mine["initiated_at"],
            lambda at: "entered its rail before the payment was initiated",
        )
        if not first.all():
            self._joints(hops, gross, parts, done, ~first[1:])
        tail, mine, end = chosen(hops, np.flatnonzero(last)), chosen(payments, owner[last]), gross[last] - spread[last]
        got = SETTLED[mine["status"]] & done[last]
        ends = mine["creditor"]
        if self._pairs.used:
            ends = np.where(self._pairs.trades(mine["route"]), mine["debtor"], ends)
        self._fail(
            "obligations",
            tail,
            got & (tail["creditor"] != ends),
            lambda at: f"creditor {name('creditor', tail['creditor'][at])}, not {name('creditor', ends[at])}",
        )
        self._fail(
            "obligations",
            tail,
            got & (tail["currency"] != mine["currency_received"]),
            lambda at: (
                f"in {name('currency', tail['currency'][at])}, the payment was received in "
                f"{name('currency', mine['currency_received'][at])}"
            ),
        )
        self._fail(
            "obligations",
            tail,
            got & (end != mine["amount_received_minor"]),
            lambda at: f"amount_minor is {end[at]}, the creditor received {mine['amount_received_minor'][at]}",
        )
        self._fail(
            "obligations",
            tail,
            got & (tail["settled_at"] > mine["completed_at"]),
            lambda at: "settled after the payment was completed",
        )

    def _together(self, payments: Batch, hops: Batch, owner: Ints, done: Bools) -> None:
        """Each first leg that is final: the second is too, at the same instant and under the same number."""
        route = payments["route"][owner]
        at = np.flatnonzero(self._pairs.first_legs(route, hops["hop"]) & done)
        over = self._outages.linked(route[at], chosen(hops, at))
        self._fail("obligations", chosen(hops, at), over, lambda k: "final over a link that was out")
        after = np.minimum(at + 1, owner.size - 1)
        there = (owner[after] == owner[at]) & (hops["hop"][after] == hops["hop"][at] + 1) & (after > at)
        alike = there & done[after]
        for column in ("sequence", "settled_at"):
            alike &= hops[column][after] == hops[column][at]
        self._fail("obligations", chosen(hops, at), ~alike, lambda k: "final without the second leg of its pair")

    def _joints(self, hops: Batch, gross: Ints, parts: Ints, done: Bools, joined: Bools) -> None:
        """Each hop that follows another one of the same payment; ``joined`` (n - 1,) says of each row but the first."""
        name = self.words.name
        # Neighbours are compared in place: taking out the joined ones costs more than looking at the others too.
        before = {column: hops[column][:-1] for column in _JOINT}
        here = {column: hops[column][1:] for column in _JOINT}
        parts, done = parts[:-1], done[:-1]
        self._fail(
            "obligations",
            here,
            joined & (here["hop"] <= before["hop"]),
            lambda k: f"comes after hop {before['hop'][k]} of the same payment",
        )
        self._fail(
            "obligations",
            here,
            joined & (here["debtor"] != before["creditor"]),
            lambda k: (
                f"debtor {name('debtor', here['debtor'][k])}, but the hop before (row {before['row'][k]}) paid "
                f"{name('creditor', before['creditor'][k])}"
            ),
        )
        self._fail("obligations", here, joined & ~done, lambda k: "follows a hop that never settled")
        self._fail(
            "obligations",
            here,
            joined & self._ledgers.apart(before, here),
            lambda k: f"and hop {before['hop'][k]}, on the same ledger, aren't final together",
        )
        self._fail(
            "obligations",
            before,
            joined & self._outages.exchanged(before, here),
            lambda k: f"brought to {name('creditor', before['creditor'][k])} for an exchange while it was out",
        )
        one_set = (here["sequence"] == before["sequence"]) & (here["sequence"] >= 0)
        self._fail(
            "obligations",
            here,
            joined & done & ~one_set & (here["entered_at"] < before["settled_at"]),
            lambda k: "entered its rail before the hop before had settled",
        )
        expected = before["amount_minor"] + parts
        changes = joined & (here["currency"] != before["currency"])
        self._fail("obligations", here, changes & (parts > 0), lambda k: "exchanges what came in parts")
        unquoted = changes.copy()
        fx, rows = self._fx, np.flatnonzero(changes if self._fx_order.size else changes[:0])
        quote, good = self._quoted(here["fx_id"][rows])
        good &= (fx["source"][quote] == before["currency"][rows]) & (fx["target"][quote] == here["currency"][rows])
        rows, quote = rows[good], quote[good]
        unquoted[rows] = False
        expected[rows] = converted(before["amount_minor"][rows], fx["numerator"][quote], fx["denominator"][quote])
        self._fail(
            "obligations",
            here,
            unquoted,
            lambda k: (
                f"fx_id {here['fx_id'][k]} is no quote "
                f"{name('currency', before['currency'][k])}/{name('currency', here['currency'][k])}"
            ),
        )
        paid = gross[1:]
        self._fail(
            "obligations",
            here,
            joined & ~unquoted & (paid != expected),
            lambda k: (
                f"amount_minor with spread is {paid[k]}, the hop before gives {expected[k]}"
                + (f" at fx row {here['fx_id'][k]}" if changes[k] else "")
            ),
        )

    def _quoted(self, fx_id: Ints) -> tuple[Ints, Bools]:
        """Rows of fx with these numbers, and whether there is one."""
        ids = self._fx["fx_id"][self._fx_order]
        place = np.minimum(np.searchsorted(ids, fx_id), ids.size - 1)
        return self._fx_order[place], ids[place] == fx_id

    def _spreads(
        self, payments: Batch, hops: Batch, key: Ints, spread: Ints,
        spread_sum: Ints, rows: Batch, owner: Ints,
    ) -> None:  # fmt: skip
        """Add each spread, or fee, to the hop it stands beside."""
        at = self._partner(key, owner, rows)
        known = at >= 0
        same = known.copy()
        for column in ("rail", "debtor", "creditor", "currency", "sequence", "status", "entered_at"):
            same &= hops[column][at] == rows[column]
        self._fail("obligations", rows, ~same, lambda k: "a spread or fee without the payment row it belongs to")
        np.add.at(spread, at[known], rows["amount_minor"][known])
        charged = rows["currency"] == payments["currency_sent"][owner]
        np.add.at(spread_sum, owner[charged], rows["amount_minor"][charged])

    def _parts(self, hops: Batch, key: Ints, parts: Ints, rows: Batch, owner: Ints) -> None:
        """Add each part to the hop it is a part of."""
        at = self._partner(key, owner, rows)
        known = at >= 0
        same = known & SETTLED[rows["status"]]
        for column in ("rail", "debtor", "creditor", "currency", "entered_at"):
            same &= hops[column][at] == rows[column]
        same &= ~SETTLED[hops["status"][at]] | (rows["sequence"] < hops["sequence"][at])
        self._fail("obligations", rows, ~same, lambda k: "a part without the payment row it is a part of")
        np.add.at(parts, at[known], rows["amount_minor"][known])

    def _returns(
        self, n: int, hops: Batch, key: Ints, moved: Ints, rows: Batch,
        owner: Ints, status: NDArray[np.int32],
    ) -> Ints:  # fmt: skip
        """Compare each return with the hop it reverses; how many of each payment settled."""
        at = self._partner(key, owner, rows)
        reversed_ = (at >= 0) & (moved[at] > 0)
        for column, other in _REVERSED.items():
            reversed_ &= hops[other][at] == rows[column]
        self._fail(
            "obligations",
            rows,
            ~reversed_,
            lambda k: (
                "a return that reverses no settled hop"
                if at[k] < 0
                else (f"a return, yet not what reverses {hops['row'][at[k]]}, the row of that hop")
            ),
        )
        owed = moved[at]
        self._fail(
            "obligations",
            rows,
            reversed_ & (owed != rows["amount_minor"]),
            lambda k: f"returns {rows['amount_minor'][k]}, the hop moved {owed[k]}",
        )
        late = reversed_ & SETTLED[hops["status"][at]] & (hops["settled_at"][at] > rows["entered_at"])
        self._fail("obligations", rows, late, lambda k: "returned before the hop had settled")
        ends = status[owner]
        wrong = SETTLED[ends] | (_AT_END[ends] & (ends != RETURN_PENDING_AT_END))
        self._fail("obligations", rows, wrong, lambda k: f"a return, yet the payment is {STATUSES[int(ends[k])]}")
        rank = owner * _MOST_HOPS + rows["hop"]
        again = (owner[1:] == owner[:-1]) & (rank[1:] >= rank[:-1])
        self._fail("obligations", rows, np.append(False, again), lambda k: "returned out of order, or twice")
        return np.bincount(owner[SETTLED[rows["status"]]], minlength=n)

    @staticmethod
    def _partner(key: Ints, owner: Ints, rows: Batch) -> Ints:
        """The position in ``key`` of the payment row with this payment and hop, -1 where there is none."""
        wanted = owner * _MOST_HOPS + rows["hop"]
        if not key.size:
            return np.full(wanted.size, -1)
        at = np.minimum(np.searchsorted(key, wanted), key.size - 1)
        return np.where(key[at] == wanted, at, -1)

    def _outcomes(
        self, payments: Batch, forward: Ints, settled: Ints, returned: Ints,
        last_status: Ints, spread: Ints, parted: Ints,
    ) -> None:  # fmt: skip
        """Compare the outcome of each payment with those of its hops; ``parted``: 1 where parts of a last hop settled
        that didn't settle as a whole."""
        status = payments["status"]
        won, open_end = SETTLED[status], _AT_END[status]
        lost = ~won & ~open_end
        transit, pending = status == IN_TRANSIT_AT_END, status == RETURN_PENDING_AT_END
        zero, late = status == RETURNED_ZERO_AMOUNT, status == CLAIMED_LATE

        def text(at: int) -> str:
            last = STATUSES.get(int(last_status[at]), "none")
            return (f"status {STATUSES[int(status[at])]}, but {settled[at]} of {forward[at]} hops settled, "
                    f"{returned[at]} were returned and the last ended {last}")  # fmt: skip

        ended = last_status == status
        right = np.where(won, (forward > 0) & (settled == forward) & (returned == 0) & ended, True)
        right &= np.where(late, ended & (settled == forward - 1) & (returned == 0), True)
        right &= np.where(lost & ~zero & ~late, ended & (settled == forward - 1) & (returned == settled + parted), True)
        right &= np.where(zero, (settled == forward) & (returned == settled), True)
        right &= np.where(transit, (settled == forward) & (returned == 0), True)
        right &= np.where(pending, (settled + parted > 0) & (returned < settled + parted), True)
        waits = open_end & ~transit & ~pending
        right &= np.where(waits, ended & (settled == forward - 1) & (returned == 0), True)
        self._fail("payments", payments, ~right, text)
        hops = payments["hops"]
        self._fail("payments", payments, hops != settled, lambda at: f"hops is {hops[at]}, {settled[at]} settled")
        fee = np.where((lost & ~late) | pending, 0, spread)
        self._fail(
            "payments",
            payments,
            payments["fee_minor"] != fee,
            lambda at: f"fee_minor is {payments['fee_minor'][at]}, its spreads sum to {fee[at]}",
        )
