"""The yardstick in plain Python: one first-in-first-out RTGS rail over payments that lie in lists.

Written for speed within plain Python: local names, lists, deques, nothing called per payment but their methods. It
keeps what the compiled loop keeps: the day's figures of each account, queues, and a row per obligation and payment in
order of finality. It doesn't read, check, convert, write or audit anything.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

ObligationRow = tuple[int, int, int, int, int, int, int]  # payment, debit, credit, amount, entered, settled, sequence
PaymentRow = tuple[int, int, int]  # payment, amount received, completed


class PlainRun(NamedTuple):
    """What the loop leaves behind; figures are lists by account."""

    obligations: list[ObligationRow]
    payments: list[PaymentRow]
    balance: list[int]
    minimum: list[int]
    maximum: list[int]
    debited: list[int]
    credited: list[int]
    queued_value: list[int]
    queued_peak: list[int]
    queued_count: list[int]


def run_plain(
    times: Iterable[int], debtors: Iterable[int], creditors: Iterable[int], amounts: Iterable[int], openings: list[int]
) -> PlainRun:
    """Settle the payments in order; every amount in minor units, times in microseconds."""
    balance, minimum, maximum = list(openings), list(openings), list(openings)
    debited, credited, queued_value, queued_peak = ([0] * len(openings) for _ in range(4))
    queues: list[deque[tuple[int, int, int, int]]] = [deque() for _ in openings]
    obligations: list[ObligationRow] = []
    payments: list[PaymentRow] = []
    add_obligation, add_payment = obligations.append, payments.append
    sequence = 0
    for payment, (now, debtor, creditor, amount) in enumerate(zip(times, debtors, creditors, amounts)):
        left = balance[debtor] - amount
        if left < 0 or queues[debtor]:
            queues[debtor].append((payment, creditor, amount, now))
            value = queued_value[debtor] + amount
            queued_value[debtor] = value
            if value > queued_peak[debtor]:
                queued_peak[debtor] = value
            continue
        balance[debtor] = left
        if left < minimum[debtor]:
            minimum[debtor] = left
        debited[debtor] += amount
        held = balance[creditor] + amount
        balance[creditor] = held
        if held > maximum[creditor]:
            maximum[creditor] = held
        credited[creditor] += amount
        add_obligation((payment, debtor, creditor, amount, now, now, sequence))
        add_payment((payment, amount, now))
        sequence += 1
        if not queues[creditor]:
            continue
        work = deque((creditor,))
        while work:
            payer = work[0]  # stays in the list while its queue is released, so that nobody adds it again
            queue = queues[payer]
            while queue and queue[0][2] <= balance[payer]:
                released, payee, value, entered = queue.popleft()
                queued_value[payer] -= value
                left = balance[payer] - value
                balance[payer] = left
                if left < minimum[payer]:
                    minimum[payer] = left
                debited[payer] += value
                held = balance[payee] + value
                balance[payee] = held
                if held > maximum[payee]:
                    maximum[payee] = held
                credited[payee] += value
                add_obligation((released, payer, payee, value, entered, now, sequence))
                add_payment((released, value, now))
                sequence += 1
                if queues[payee] and payee not in work:
                    work.append(payee)
            work.popleft()
    return PlainRun(
        obligations, payments, balance, minimum, maximum, debited, credited, queued_value, queued_peak,
        [len(queue) for queue in queues],
    )  # fmt: skip
