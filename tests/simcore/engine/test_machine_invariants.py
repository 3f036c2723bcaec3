"""What must hold in any run, read from the rows alone: money conserved, limits kept, every payment accounted for."""

from __future__ import annotations

from collections import Counter, defaultdict

from simcore.engine.machine import Machine
from simcore.kernels import constants as c
from tests.reference.play import Case, Played, play
from tests.reference.worlds import Rolled, make_buffers, make_case

SETTLED = {c.SETTLED_GROSS, c.SETTLED_OFFSET, c.SETTLED_NET}


def check_books(case: Case, played: Played) -> None:
    """Replay the rows number by number; a set that shares a number counts only as a whole."""
    accounts = case.spec.accounts
    balance = [account.opening for account in accounts]
    sets: dict[int, list[tuple[int, ...]]] = defaultdict(list)
    figures = [entry[2] for entry in played.seen if entry[0] != "block"]
    lowest = [-max([account.debit_limit, *(each[k][3] for each in figures)]) for k, account in enumerate(accounts)]
    instant = 0
    for row in played.rows("obligations"):
        _, _, kind, debit, credit, amount, entered, settled, sequence, status, cycle_id, _ = row
        assert accounts[debit].rail == accounts[credit].rail
        assert debit != credit
        if sequence == c.NONE:
            assert settled == c.NEVER
            assert status not in SETTLED
            continue
        assert amount >= 0
        assert instant <= settled
        assert entered <= settled
        assert status in SETTLED
        # Positions of an instant rail settle net, but in no cycle of payments.
        assert (cycle_id == c.NONE) == (status != c.SETTLED_NET or kind == c.KIND_SETTLEMENT)
        instant = settled
        sets[sequence].append((debit, credit, amount))
    assert list(sets) == list(range(len(sets)))  # finality is numbered without a gap, in the order of the rows
    for moves in sets.values():
        for debit, credit, amount in moves:
            balance[debit] -= amount
            balance[credit] += amount
        for account in {account for debit, credit, _ in moves for account in (debit, credit)}:
            assert balance[account] >= lowest[account]
    assert balance == [each[2] for each in figures[-1]]
    for rail in range(len(case.spec.rails)):
        there = [k for k, account in enumerate(accounts) if account.rail == rail]
        assert sum(balance[k] for k in there) == sum(accounts[k].opening for k in there)


def check_payments(case: Case, played: Played) -> None:
    """Every payment ends once, and says so in one row."""
    rows = played.rows("payments")
    assert sorted(row[0] for row in rows) == list(range(len(case.payments)))
    settled: Counter[int] = Counter()
    kept: Counter[tuple[int, int]] = Counter()  # by the payee of a hop
    moved: dict[int, Counter[int]] = defaultdict(Counter)  # payment → hop → what it moved and didn't get back
    refunded: dict[int, list[tuple[int, int]]] = defaultdict(list)  # payment → (hop, amount) in the order they came
    for row in played.rows("obligations"):
        payment_id, hop, kind, _, _, amount, _, _, sequence, _, _, _ = row
        if kind == c.KIND_REFUND and sequence != c.NONE:
            refunded[payment_id].append((hop, amount))
        elif payment_id != c.NONE and sequence != c.NONE:
            settled[payment_id] += kind == c.KIND_PAYMENT
            moved[payment_id][hop] += -amount if kind == c.KIND_RETURN else amount
            kept[payment_id, hop] += amount if kind == c.KIND_FEE else 0
    for payment_id, received, fee, completed, status, hops in rows:
        assert (received > 0) == (status in SETTLED)
        assert fee == 0 or status in SETTLED or status in range(c.QUEUED_AT_END, c.RETURN_PENDING_AT_END)
        if status in SETTLED:
            assert settled[payment_id] == hops == len(moved[payment_id]) >= 1
            last, amount = list(moved[payment_id].items())[-1]
            assert received == amount - kept[payment_id, last]
            assert completed >= case.payments[payment_id].at
            back = refunded.pop(payment_id, [])  # some hops from the last one on, each in full
            assert back == sorted(moved[payment_id].items(), reverse=True)[: len(back)]
        elif completed != c.NEVER:
            assert not any(moved[payment_id].values())  # rejected or returned: every hop that settled was reversed
    assert not refunded  # only what was final is refunded


def test_books_and_payments_hold_in_generated_worlds() -> None:
    refunds = 0
    for seed in range(2_000_000, 2_002_000):
        choose = Rolled(seed)
        case, sizes = make_case(choose), make_buffers(choose)
        played = play(case, Machine, sizes)
        check_books(case, played)
        check_payments(case, played)
        refunds += sum(row[2] == c.KIND_REFUND for row in played.rows("obligations"))
    assert refunds > 500
