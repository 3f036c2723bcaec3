"""Proves payments whose rows are all there: the first hop and the last, what they come to, and the outcome."""

from __future__ import annotations

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
from simcore.results.audit_beside import MOST_HOPS, add_parts, add_spreads, partner, prove_returns
from simcore.results.audit_bounds import Bounds
from simcore.results.audit_joints import Joints
from simcore.results.audit_ledgers import Ledgers
from simcore.results.audit_links import Links
from simcore.results.audit_outages import Outages
from simcore.results.audit_pairs import Pairs
from simcore.results.audit_read import NO_TIME, Batch, Words, chosen, pick
from simcore.results.audit_refunds import prove_refunds
from simcore.results.audit_report import Proof, fail_rows
from simcore.results.audit_rows import AT_END, SETTLED
from simcore.results.schema import STATUSES

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


class Hops:
    """Compares obligations of payments with each other, with the payments and with the quotes of fx.arrow."""

    def __init__(
        self, fx: Batch, words: Words, proof: Proof, ledgers: Ledgers, bounds: Bounds, pairs: Pairs, outages: Outages,
        links: Links,
    ) -> None:  # fmt: skip
        self.words, self._links = words, links
        self._bounds, self._pairs, self._outages = bounds, pairs, outages
        self._joints = Joints(fx, words, ledgers, outages)
        self._payments, self._obligations = (fail_rows(proof, table) for table in ("payments", "obligations"))

    def prove(self, payments: Batch, rows: Batch, of: Ints) -> None:
        """``rows`` are obligations in the order of their payments; ``of`` is the position of each in ``payments``."""
        n = payments["row"].size
        status = payments["status"]
        settled_payment = SETTLED[status]
        open_end = AT_END[status]
        self._payments(
            payments,
            (payments["completed_at"] == NO_TIME) != open_end,
            lambda at: "a time of completion and a status that don't agree",
        )
        self._payments(
            payments,
            payments["completed_at"] < payments["initiated_at"],
            lambda at: "completed before it was initiated",
        )
        self._payments(
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
                key = owner * MOST_HOPS + hops["hop"]
                split = kind == KIND_PART
                if split.any():
                    add_parts(self._obligations, hops, key, parts, pick(rows, split), of[split])
                    parted[owner[last]] = (parts[last] > 0) & ~done[last]
                kept = (kind == KIND_SPREAD) | (kind == KIND_FEE)
                add_spreads(self._obligations, payments, hops, key, spread, spread_sum, pick(rows, kept), of[kept])
                again = kind == KIND_REFUND
                if again.any():
                    moved = np.where(done, hops["amount_minor"] + spread, 0) + parts
                    refunds, its = pick(rows, again), of[again]
                    prove_refunds(self._obligations, hops, owner, moved, refunds, its,
                                  partner(key, its, refunds), payments)  # fmt: skip
                back = kind == KIND_RETURN
                if back.any():
                    moved = np.where(done, hops["amount_minor"] + spread, 0) + parts
                    returned = prove_returns(self._obligations, n, hops, key, moved, pick(rows, back), of[back], status)
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
        self._obligations(
            head,
            head["debtor"] != mine["debtor"],
            lambda at: (
                f"debtor {name('debtor', head['debtor'][at])}, the payment's is {name('debtor', mine['debtor'][at])}"
            ),
        )
        self._obligations(
            head,
            head["currency"] != mine["currency_sent"],
            lambda at: (
                f"in {name('currency', head['currency'][at])}, the payment was sent in "
                f"{name('currency', mine['currency_sent'][at])}"
            ),
        )
        paid = gross[first]
        self._obligations(
            head,
            paid != mine["amount_sent_minor"],
            lambda at: f"amount_minor with spread is {paid[at]}, the payment sent {mine['amount_sent_minor'][at]}",
        )
        self._obligations(
            head,
            head["entered_at"] < mine["initiated_at"],
            lambda at: "entered its rail before the payment was initiated",
        )
        if not first.all():
            agreed = self._links.agreed_at(payments, hops, owner, first)
            self._joints.check(self._obligations, hops, gross, parts, done, ~first[1:], agreed)
        tail, mine, end = chosen(hops, np.flatnonzero(last)), chosen(payments, owner[last]), gross[last] - spread[last]
        got = SETTLED[mine["status"]] & done[last]
        ends = mine["creditor"]
        if self._pairs.used:
            ends = np.where(self._pairs.trades(mine["route"]), mine["debtor"], ends)
        self._obligations(
            tail,
            got & (tail["creditor"] != ends),
            lambda at: f"creditor {name('creditor', tail['creditor'][at])}, not {name('creditor', ends[at])}",
        )
        self._obligations(
            tail,
            got & (tail["currency"] != mine["currency_received"]),
            lambda at: (
                f"in {name('currency', tail['currency'][at])}, the payment was received in "
                f"{name('currency', mine['currency_received'][at])}"
            ),
        )
        self._obligations(
            tail,
            got & (end != mine["amount_received_minor"]),
            lambda at: f"amount_minor is {end[at]}, the creditor received {mine['amount_received_minor'][at]}",
        )
        self._obligations(
            tail,
            got & (tail["settled_at"] > mine["completed_at"]),
            lambda at: "settled after the payment was completed",
        )

    def _together(self, payments: Batch, hops: Batch, owner: Ints, done: Bools) -> None:
        """Each first leg that is final: the second is too, at the same instant and under the same number."""
        route = payments["route"][owner]
        at = np.flatnonzero(self._pairs.first_legs(route, hops["hop"]) & done)
        over = self._outages.linked(route[at], chosen(hops, at))
        self._obligations(chosen(hops, at), over, lambda k: "final over a link that was out")
        after = np.minimum(at + 1, owner.size - 1)
        there = (owner[after] == owner[at]) & (hops["hop"][after] == hops["hop"][at] + 1) & (after > at)
        alike = there & done[after]
        for column in ("sequence", "settled_at"):
            alike &= hops[column][after] == hops[column][at]
        self._obligations(chosen(hops, at), ~alike, lambda k: "final without the second leg of its pair")

    def _outcomes(
        self, payments: Batch, forward: Ints, settled: Ints, returned: Ints,
        last_status: Ints, spread: Ints, parted: Ints,
    ) -> None:  # fmt: skip
        """Compare the outcome of each payment with those of its hops; ``parted``: 1 where parts of a last hop settled
        that didn't settle as a whole."""
        status = payments["status"]
        won, open_end = SETTLED[status], AT_END[status]
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
        self._payments(payments, ~right, text)
        hops = payments["hops"]
        self._payments(payments, hops != settled, lambda at: f"hops is {hops[at]}, {settled[at]} settled")
        fee = np.where((lost & ~late) | pending, 0, spread)
        self._payments(
            payments,
            payments["fee_minor"] != fee,
            lambda at: f"fee_minor is {payments['fee_minor'][at]}, its spreads sum to {fee[at]}",
        )
