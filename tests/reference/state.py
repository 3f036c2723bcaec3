"""What the plain-Python twin keeps in mind: payments on their way, accounts with their queues, rails."""

from __future__ import annotations

from dataclasses import dataclass, field

from simcore.kernels import constants as c


@dataclass(eq=False)
class Payment:
    """A payment on its way, and the one obligation of it that is due now."""

    payment_id: int
    debtor: int
    creditor: int
    route: int
    priority: int
    amount: int
    draws: list[int]
    hop: int = 0
    debit: int = -1
    credit: int = -1
    place: str = "transit"
    arrival: int = 0
    entered_at: int = 0
    due: int = 0
    scheduled: int = 0
    returning: bool = False
    refunded: bool = False
    """It was final, and its money is on its way back or will be."""
    decided: int = 0
    fee: int = 0
    fx_id: int = c.NONE
    parted: int = 0
    """Parts of the obligation due now that have settled."""
    moved: dict[int, int] = field(default_factory=dict)
    """What each settled hop moved."""
    deadline: int = c.NEVER
    late: bool = False
    """It can't reach its next rail before the deadline, and is given up then."""
    quoted_until: int = c.NEVER
    quote: tuple[int, int, int, int] | None = None
    """Numerator, denominator, half-spread and row of fx, where its link holds a quote for it."""
    counted_on: int = -1
    """The day on which it counts for its customer."""


@dataclass(eq=False)
class Account:
    """One account and the obligations queued to be paid from it."""

    rail: int
    participant: int
    balance: int
    debit_limit: int
    reserved: int
    minimum: int
    maximum: int
    debited: int = 0
    credited: int = 0
    queue: list[Payment] = field(default_factory=list)
    queued_value: int = 0
    queued_count: int = 0
    queued_peak: int = 0
    held_highly_urgent: int = 0
    held_urgent: int = 0
    receipts: int = 0

    @property
    def available(self) -> int:
        return self.balance + self.debit_limit - self.reserved

    def move(self, change: int) -> None:
        """Move to the position after a set, which alone counts."""
        self.balance += change
        self.minimum = min(self.minimum, self.balance)
        self.maximum = max(self.maximum, self.balance)

    def count(self, amount: int, number: int) -> None:
        """Keep the figures of what is queued."""
        self.queued_count += number
        self.queued_value += number * amount
        self.queued_peak = max(self.queued_peak, self.queued_value)


@dataclass(eq=False)
class Rail:
    """One rail: its rules, whether it is open, what waits for it to open and what it has collected."""

    currency: int
    discipline: int
    rule: int
    when_closed: int
    accounts: list[int]
    state: int = c.CLOSED
    waiting: list[Payment] = field(default_factory=list)
    letting_in: bool = False
    collected: list[Payment] = field(default_factory=list)

    @property
    def releases(self) -> bool:
        """Whether queued obligations may settle."""
        return self.state in (c.OPEN, c.CUT_OFF)
