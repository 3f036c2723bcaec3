"""Hash-time-locked exchanges between two ledgers: lock, lock for a shorter time, claim, claim; else refund, or late.

The initiator alone knows a secret. It locks its money on the first ledger; the responder locks its own on the second,
for a shorter time; the initiator claims there, which shows the secret; the responder claims on the first with it. A
lock that nobody claims in time goes back. One failure can't be undone: the responder claims too late, and has paid for
nothing.
"""

from __future__ import annotations

import heapq
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from simcore.errors import ScenarioError
from simcore.kernels.constants import NEVER

Outcome = Literal["SETTLED", "REFUNDED", "CLAIMED_LATE", "REJECTED_INSUFFICIENT_FUNDS"]
FIRST, SECOND = 0, 1
INITIATOR, RESPONDER = "initiator", "responder"


@dataclass(frozen=True)
class Exchange:
    """One exchange; amounts are minor units of the ledger's currency, times microseconds."""

    at: int
    """When the initiator wants to lock."""
    initiator: str
    responder: str
    pays: int
    """What the initiator locks on the first ledger, > 0."""
    gets: int
    """What the responder locks on the second, > 0."""
    answers_after: int = 0
    """From the first lock to the responder's."""
    claims_after: int = 0
    """From the second lock to the initiator's claim."""
    takes_after: int = 0
    """From that claim to the responder's."""


def in_order(first: int, second: int, margin: int) -> bool:
    """Whether the second lock ends before the first, by more than the margin."""
    return 0 < second < first and 0 <= margin < first - second


@dataclass(frozen=True, kw_only=True)
class Locks:
    """For how long money is locked, microseconds; the second lock must end before the first."""

    first: int
    second: int
    margin: int = 0
    """The responder locks only if the first lock lasts at least so much longer than its own will."""

    def __post_init__(self) -> None:
        if not in_order(self.first, self.second, self.margin):
            raise ScenarioError.one(
                "LH140", "locks", got=f"{self.first} us, then {self.second} us with a margin of {self.margin} us",
                expected="a second lock above 0 and shorter than the first, by more than the margin",
                try_=f"first = {2 * max(self.second + self.margin, 1)}",
            )  # fmt: skip


@dataclass
class Result:
    """What became of one exchange; instants are -1 where there was none."""

    outcome: Outcome = "REFUNDED"
    locked: list[int] = field(default_factory=lambda: [-1, -1])
    """When money was locked on each ledger."""
    final: list[int] = field(default_factory=lambda: [-1, -1])
    """When it was claimed, or had gone back, on each ledger."""
    claimed: list[bool] = field(default_factory=lambda: [False, False])
    """Whether it was claimed."""


@dataclass
class Played:
    """What came out of a run."""

    results: list[Result]
    balances: tuple[dict[str, int], dict[str, int]]
    """Of each ledger at the end; nothing is locked then."""
    trapped: tuple[int, int]
    """Of each ledger: minor units × microseconds that were locked, claimed in the end or not."""
    trapped_in_vain: tuple[int, int]
    """The part of it that went back."""
    peak: tuple[int, int]
    """The most that was locked at one instant."""

    def count(self, outcome: Outcome) -> int:
        """How many exchanges ended so."""
        return sum(each.outcome == outcome for each in self.results)


def play(exchanges: Sequence[Exchange], funds: Sequence[Mapping[str, int]], locks: Locks,
         outages: Sequence[Iterable[tuple[int, int]]] = ((), ())) -> Played:  # fmt: skip
    """Play exchanges to their end.

    Parameters
    ----------
    exchanges : in any order
    funds : of each ledger, participant → balance at the start, ≥ 0; who isn't named has nothing
    locks : Locks
    outages : of each ledger, stretches (from, until) in which it does nothing; what is wanted then is done when it ends

    Returns
    -------
    Played

    Notes
    -----
    Both legs are claimed or neither is, but where the responder claims late: then only the second is, and its outcome
    says so. A claim counts before the lock ends; at that instant the money goes back, or at the end of an outage. At
    one instant ends of locks come before claims, these before locks, each in order of the exchanges. O(n log n).

    References
    ----------
    Bank of Canada and Monetary Authority of Singapore, Jasper-Ubin design paper (2019).
    """
    run = _Run(funds, locks, outages)
    for exchange in exchanges:
        run.begin(exchange)
    while run.events:
        run.step()
    return Played(
        results=run.results, balances=(run.balances[0], run.balances[1]), trapped=(run.trapped[0], run.trapped[1]),
        trapped_in_vain=(run.in_vain[0], run.in_vain[1]), peak=(run.peak[0], run.peak[1]),
    )  # fmt: skip


class Protocol(ABC):
    """What is to happen to exchanges, and when; who holds the money says how it is locked and given."""

    def __init__(self, locks: Locks) -> None:
        self.locks = locks
        self.exchanges: list[Exchange] = []
        self.results: list[Result] = []
        self.events: list[tuple[int, int, int]] = []

    @abstractmethod
    def hold(self, ledger: int, number: int, now: int) -> bool:
        """Lock an amount, if its owner has it."""

    @abstractmethod
    def give(self, ledger: int, number: int, now: int, claimed: bool) -> None:
        """Give what is locked to who claims it, or back."""

    @abstractmethod
    def up_at(self, ledger: int, whose: str, number: int, wanted: int) -> int:
        """The first instant from ``wanted`` on at which a ledger does anything, and who has to act can.

        ``whose`` is the initiator, the responder, or "" where the ledger acts by itself.
        """

    def begin(self, exchange: Exchange) -> int:
        """Take an exchange up; its number."""
        spans = (exchange.answers_after, exchange.claims_after, exchange.takes_after)
        if min(exchange.pays, exchange.gets) <= 0 or min(spans) < 0 or exchange.initiator == exchange.responder:
            raise ValueError(f"an exchange has two parties, amounts above 0 and no negative times: {exchange}")
        self.exchanges.append(exchange)
        self.results.append(Result())
        number = len(self.exchanges) - 1
        self._plan(_LOCK_FIRST, number, exchange.at)
        return number

    def next_at(self) -> int:
        """When the next step is due; NEVER if there is none."""
        return self.events[0][0] if self.events else NEVER

    def step(self) -> int:
        """Take the next step; the exchange it belongs to."""
        now, what, number = heapq.heappop(self.events)
        _STEPS[what](self, number, now)
        return number

    def _plan(self, what: int, number: int, wanted: int) -> None:
        """Let something happen as soon as its ledger does anything."""
        heapq.heappush(self.events, (self.up_at(_LEDGER[what], _WHOSE[what], number, wanted), what, number))

    def amount(self, ledger: int, number: int) -> int:
        """What is locked on a ledger."""
        return self.exchanges[number].pays if ledger == FIRST else self.exchanges[number].gets

    def _lock(self, ledger: int, number: int, now: int) -> bool:
        if not self.hold(ledger, number, now):
            return False
        self.results[number].locked[ledger] = now
        self._plan(_END_FIRST if ledger == FIRST else _END_SECOND, number, self._ends(ledger, number))
        return True

    def _ends(self, ledger: int, number: int) -> int:
        return self.results[number].locked[ledger] + (self.locks.first if ledger == FIRST else self.locks.second)

    def _release(self, ledger: int, number: int, now: int, claimed: bool) -> None:
        self.give(ledger, number, now, claimed)
        self.results[number].final[ledger], self.results[number].claimed[ledger] = now, claimed

    def lock_first(self, number: int, now: int) -> None:
        """The initiator locks, and the responder will answer."""
        if self._lock(FIRST, number, now):
            self._plan(_LOCK_SECOND, number, now + self.exchanges[number].answers_after)
        else:
            self.results[number].outcome = "REJECTED_INSUFFICIENT_FUNDS"

    def lock_second(self, number: int, now: int) -> None:
        """The responder locks only what it can claim for in time: its own lock has to end before the other."""
        late = now + self.locks.second + self.locks.margin >= self._ends(FIRST, number)
        if not late and self._lock(SECOND, number, now):
            self._plan(_CLAIM_SECOND, number, now + self.exchanges[number].claims_after)

    def claim_second(self, number: int, now: int) -> None:
        """The initiator claims, which shows the secret."""
        if now < self._ends(SECOND, number):
            self.results[number].outcome = "CLAIMED_LATE"  # until the responder has claimed too
            self._release(SECOND, number, now, claimed=True)
            self._plan(_CLAIM_FIRST, number, now + self.exchanges[number].takes_after)

    def claim_first(self, number: int, now: int) -> None:
        """The responder claims with the secret."""
        if now < self._ends(FIRST, number):
            self.results[number].outcome = "SETTLED"
            self._release(FIRST, number, now, claimed=True)

    def end(self, ledger: int, number: int, now: int) -> None:
        """A lock has ended: what nobody has claimed goes back."""
        if self.results[number].final[ledger] < 0:
            self._release(ledger, number, now, claimed=False)


class _Run(Protocol):
    """Balances in dictionaries, and what is locked."""

    def __init__(self, funds: Sequence[Mapping[str, int]], locks: Locks,
                 outages: Sequence[Iterable[tuple[int, int]]]) -> None:  # fmt: skip
        super().__init__(locks)
        self.outages = [sorted(each) for each in outages]
        self.balances = [dict(ledger) for ledger in funds]
        self.trapped, self.in_vain, self.held, self.peak = [0, 0], [0, 0], [0, 0], [0, 0]

    def hold(self, ledger: int, number: int, now: int) -> bool:
        each, amount = self.exchanges[number], self.amount(ledger, number)
        owner = each.initiator if ledger == FIRST else each.responder
        if self.balances[ledger].get(owner, 0) < amount:
            return False
        self.balances[ledger][owner] -= amount
        self.held[ledger] += amount
        self.peak[ledger] = max(self.peak[ledger], self.held[ledger])
        return True

    def give(self, ledger: int, number: int, now: int, claimed: bool) -> None:
        each, amount = self.exchanges[number], self.amount(ledger, number)
        to = each.responder if (ledger == FIRST) == claimed else each.initiator
        self.balances[ledger][to] = self.balances[ledger].get(to, 0) + amount
        locked = amount * (now - self.results[number].locked[ledger])
        self.held[ledger] -= amount
        self.trapped[ledger] += locked
        self.in_vain[ledger] += 0 if claimed else locked

    def up_at(self, ledger: int, whose: str, number: int, wanted: int) -> int:
        for begin, end in self.outages[ledger]:  # by their beginnings, so that one pass goes through all that touch
            if begin <= wanted < end:
                wanted = end
        return wanted


_END_FIRST, _END_SECOND, _CLAIM_FIRST, _CLAIM_SECOND, _LOCK_SECOND, _LOCK_FIRST = range(6)
_LEDGER = (FIRST, SECOND, FIRST, SECOND, SECOND, FIRST)
_WHOSE = ("", "", RESPONDER, INITIATOR, RESPONDER, INITIATOR)
_STEPS = (
    lambda run, number, now: run.end(FIRST, number, now),
    lambda run, number, now: run.end(SECOND, number, now),
    Protocol.claim_first,
    Protocol.claim_second,
    Protocol.lock_second,
    Protocol.lock_first,
)
