"""The rule of gross settlement as the one sentence it is, for one rail and payments of one hop.

"An arriving obligation joins the queue in queue order; then, while any queued obligation is payable, the one that
comes first in queue order settles, and the books change before the next is looked at."

No worklist, no order of accounts: for strict queues the set that settles at an instant doesn't depend on them, which is
what comparing this with the loop shows. For a bypass queue even the order is the sentence's.
"""

from __future__ import annotations

from simcore.kernels import constants as c
from tests.reference.play import NewPayment


def settle_by_the_sentence(
    rule: int, balance: list[int], limit: list[int], reserved: list[int], payments: tuple[NewPayment, ...]
) -> list[tuple[int, int]]:
    """(payment, instant) of everything that settles, in the order in which the sentence settles it.

    ``balance``, ``limit`` and ``reserved`` are by participant; payments come in the order of their arrival.
    """
    balance = list(balance)
    settled: list[tuple[int, int]] = []
    queue: list[int] = []

    def order(k: int) -> tuple[int, int]:
        return (0 if rule == c.FIFO else payments[k].priority), k

    def payable(k: int) -> bool:
        debtor = payments[k].debtor
        first_of_debtor = min((other for other in queue if payments[other].debtor == debtor), key=order)
        let_go = rule == c.BYPASS or k == first_of_debtor
        return let_go and payments[k].amount <= balance[debtor] + limit[debtor] - reserved[debtor]

    for arrived, payment in enumerate(payments):
        queue.append(arrived)
        while can := [k for k in queue if payable(k)]:
            first = min(can, key=order)
            queue.remove(first)
            balance[payments[first].debtor] -= payments[first].amount
            balance[payments[first].creditor] += payments[first].amount
            settled.append((first, payment.at))
    return settled
