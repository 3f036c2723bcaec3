"""A small world, its payments and a script of control steps, played by the loop or by its twin.

A ``Case`` is a world, its payments and a script of control steps; ``play`` drives a ``Machine`` or a ``Twin`` through
it and keeps everything that can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from simcore.demand.batch import DemandBatch
from simcore.engine.spec import WorldSpec
from simcore.kernels import constants as c
from tests.reference.lock_steps import act_lock


class NewPayment(NamedTuple):
    """One payment to come."""

    at: int
    debtor: int
    creditor: int
    route: int
    amount: int
    priority: int
    draws: tuple[int, ...]


class Step(NamedTuple):
    """One control step; what the two numbers mean depends on what is done."""

    at: int
    what: str
    first: int
    second: int


class Buffers(NamedTuple):
    """Sizes that no result may depend on."""

    slots: int = 64
    log_rows: int = 512
    lanes: bool = True
    batch: int = 1000


LARGE = Buffers()
RATES = ((1, 1), (3, 2), (2, 3), (1, 5), (7, 3))
SPREADS = (0, 100_000, 250_000, 500_000)
# How long after its own instant a quote opens and has its value; 0: at once.
OPENS = (0, 2, 0, 1, 5)
# From these amounts on another half-spread.
SIZES = (((2, 300_000), (4, 100_000)), ((3, 0),), ())
VALUES = (0, 0, 3, 1, 0, 4)


@dataclass(frozen=True)
class Case:
    """A world, what is paid in it, and what is done to it."""

    spec: WorldSpec
    payments: tuple[NewPayment, ...]
    script: tuple[Step, ...]


COLUMNS = {
    "obligations": ("payment_id", "hop", "kind", "debit_account", "credit_account", "amount", "entered_at",
                    "settled_at", "sequence", "status", "cycle_id", "fx_id"),
    "payments": ("payment_id", "amount_received", "fee", "completed_at", "status", "hops"),
}  # fmt: skip


@dataclass
class Played:
    """What came out."""

    obligations: list[dict[str, Any]] = field(default_factory=list)
    payments: list[dict[str, Any]] = field(default_factory=list)
    seen: list[Any] = field(default_factory=list)
    """After each control step: what it returned, the accounts, payments in flight, numbers of finality given."""

    def rows(self, table: str) -> list[tuple[int, ...]]:
        """The rows of ``obligations`` or ``payments`` in the order they came."""
        return [row for part in getattr(self, table) for row in zip(*(part[name].tolist() for name in COLUMNS[table]))]

    def columns(self, table: str) -> list[tuple[str, Any]]:
        """The names and types of the columns; empty if there are no rows."""
        return sorted({(name, column.dtype) for part in getattr(self, table) for name, column in part.items()})


ACCOUNT_FIGURES = (
    "rail", "participant", "balance", "debit_limit", "reserved", "minimum", "maximum", "debited", "credited",
    "queued_value", "queued_count", "queued_peak",
)  # fmt: skip


def figures(accounts: Any) -> list[tuple[int, ...]]:
    """The account records as plain numbers."""
    return list(zip(*(accounts[name].tolist() for name in ACCOUNT_FIGURES)))


def batches(payments: tuple[NewPayment, ...], size: int, n_draw: int) -> Iterator[DemandBatch]:
    """The payments as demand, in batches of ``size``."""
    for first in range(0, len(payments), size):
        part = payments[first : first + size]

        def column(name: str, dtype: type, rows: tuple[NewPayment, ...] = part) -> Any:
            return np.array([getattr(row, name) for row in rows], dtype)

        nothing = np.zeros(len(part), np.int16)
        yield DemandBatch(
            first_payment_id=first,
            initiated_at=column("at", np.int64),
            debtor=column("debtor", np.int32),
            creditor=column("creditor", np.int32),
            route=column("route", np.int32),
            amount_minor=column("amount", np.int64),
            priority=column("priority", np.int8),
            flow=nothing,
            purpose=nothing,
            corridor=nothing,
            draws=column("draws", np.int64).reshape(len(part), n_draw),
            reference=None,
        )


def play(case: Case, kind: type, buffers: Buffers = LARGE) -> Played:
    """Drive a ``Machine`` or a ``Twin`` through a case, to its end."""
    played = Played()
    machine = kind(
        case.spec,
        batches(case.payments, buffers.batch, case.spec.n_draw),
        played.obligations.append,
        played.payments.append,
        slots=buffers.slots,
        log_rows=buffers.log_rows,
        lanes=buffers.lanes,
    )
    for index in range(len(case.spec.quotes)):
        machine.quote(index, *RATES[index % len(RATES)], SPREADS[index % len(SPREADS)], index)
    machine.on_block = lambda ledger, now, figures: played.seen.append(("block", ledger, now, figures.tolist()))
    now = -1
    for step in case.script:
        if step.at > now:  # steps of one instant follow straight on each other unless the script says "advance"
            machine.advance(step.at)
        now = step.at
        result = act(case.spec, machine, step, cycle_id=len(played.seen))
        played.seen.append((step, result, figures(machine.accounts), machine.in_flight, machine.settled))
    machine.advance(c.NEVER)
    machine.finish()
    played.seen.append(("end", None, figures(machine.accounts), machine.in_flight, machine.settled))
    return played


def act(spec: WorldSpec, machine: Any, step: Step, cycle_id: int) -> Any:
    """Do one step; None where it means nothing in this world."""
    rail, number = step.first % len(spec.rails), step.second
    ledger = spec.rails[rail].ledger
    if ledger != c.NONE and step.what in ("open", "cut_off", "close", "return_queued"):
        # The rails of a ledger have one clock; what it has collected goes back at the end of its day.
        for each, it in enumerate(spec.rails):
            if it.ledger == ledger and step.what in ("open", "return_queued"):
                getattr(machine, step.what)(each, step.at)
            elif it.ledger == ledger:
                getattr(machine, step.what)(each)
        return None
    if step.what == "block":
        return machine.block(ledger, step.at) if ledger != c.NONE and machine.is_open(ledger) else None
    if step.what == "advance":
        return machine.advance(step.at + number % 2)
    if step.what == "look":
        return machine.look_at_pairs(number % spec.n_link, step.at) if spec.n_link else None
    if step.what in ("keep", "go_on", "go_back"):
        return act_lock(spec, machine, step)
    if step.what == "shut_link":
        return machine.shut_link(number % spec.n_link, step.first % 2 == 0) if spec.n_link else None
    if step.what in ("open", "return_queued"):
        return getattr(machine, step.what)(rail, step.at)
    if step.what == "is_open":
        return machine.is_open(rail)
    if step.what in ("cut_off", "close", "open_for_funding", "reset_day", "reset_receipts"):
        return getattr(machine, step.what)(rail)
    if step.what == "shut_hop":
        hops = [k for k, hop in enumerate(hop for route in spec.routes for hop in route) if hop.cut_off]
        return machine.shut_hop(hops[step.first % len(hops)], step.at + 1 + number % 4) if hops else None
    if step.what == "new_day":
        return machine.new_day(number % len(spec.instant_links)) if spec.instant_links else None
    if step.what == "split":
        able = [k for k, it in enumerate(spec.rails) if it.splits and it.discipline == c.GROSS]
        return machine.split_queues(able[step.first % len(able)], 1 + number % 3, step.at) if able else None
    if step.what == "settle_positions":
        return _positions(spec, machine, rail, number, step.at)
    if step.what == "lend":
        return _lend(spec, machine, rail, number, step.at)
    if step.what == "set_limit":
        account = machine.accounts_of(rail).start + number % spec.n_participant
        limit = max(number // 2, -int(machine.accounts["balance"][account]))
        return machine.set_limit(account, limit, step.at)
    if step.what == "cycle":
        nets = [k for k, it in enumerate(spec.rails) if it.discipline == c.COLLECT and it.ledger == c.NONE]
        return machine.cycle(nets[step.first % len(nets)], cycle_id, step.at) if nets else None
    if step.what in ("settle_collected", "return_collected"):
        batched = {hop.rail for route in spec.routes for hop in route if hop.batch != c.SINGLY}
        nets = [k for k, it in enumerate(spec.rails)
                if it.ledger == c.NONE and (it.discipline == c.COLLECT or k in batched)]  # fmt: skip
        return _some_collected(spec, machine, nets[step.first % len(nets)], step, cycle_id) if nets else None
    if step.what == "quote" and spec.quotes:
        rate = RATES[number % len(RATES)]
        opens_at, value_at = OPENS[number % len(OPENS)], VALUES[number % len(VALUES)]
        later = tuple(after and step.at + after for after in (opens_at, value_at))
        spread = SPREADS[number % len(SPREADS)]
        sizes = SIZES[number % len(SIZES)][: spec.n_size]
        return machine.quote(step.first % len(spec.quotes), *rate, spread, 100 + cycle_id, *later, sizes)
    if step.what == "hold":
        return None if spec.always_sending else machine.hold(step.first % spec.n_participant, step.at + number % 5)
    if step.what == "transfer" and len(spec.rails) > 1:
        return _transfer(spec, machine, rail, number, step.at)
    return None


def _terms(machine: Any, each: int) -> tuple[int, int, int, bool]:
    """Debtor's account, creditor's account, amount, whether on its way back: of a slot, or of the twin's payment."""
    if hasattr(machine, "alive"):
        payment = machine.alive[each]
        return payment.debit, payment.credit, payment.amount, payment.returning
    slot = machine.world.slots[each]
    return int(slot["debit"]), int(slot["credit"]), int(slot["amount"]), bool(slot["returning"])


def _some_collected(spec: WorldSpec, machine: Any, rail: int, step: Step, cycle_id: int) -> Any:
    """Settle or return those that were collected in an odd place, where the accounts allow it."""
    machine.advance(step.at)  # what may be released goes before the accounts are looked at
    chosen = list(machine.collected(rail))[step.second % 2 :: 2]
    rows = [_terms(machine, each) for each in chosen]
    if step.what == "return_collected":
        chosen = [each for each, (_, _, _, returning) in zip(chosen, rows) if not returning]
        machine.return_collected(rail, np.array(chosen, np.int64), c.RETURNED_UNWOUND, step.at)
        return len(chosen)
    # Sometimes with payments out of an estate beside them, in a ring, so that no order of single moves would do.
    first, n = machine.accounts_of(rail).start, spec.n_participant
    ring = range(n if step.first % 3 else 0)
    recoveries = [(first + k, first + (k + 1) % n, 1 + (step.second + k) % 4) for k in ring]
    after = {k: int(row["balance"]) + int(row["debit_limit"]) for k, row in enumerate(machine.accounts)}
    for debit, credit, amount in [row[:3] for row in rows] + recoveries:
        after[debit] -= amount
        after[credit] += amount
    if not chosen + recoveries or min(after.values()) < 0:
        return None
    machine.settle_collected(rail, np.array(chosen, np.int64), cycle_id, step.at, (), recoveries)
    return len(chosen)


def _lend(spec: WorldSpec, machine: Any, rail: int, number: int, now: int) -> Any:
    """Move money from one account of a rail to another, as far as there is any."""
    first, n = machine.accounts_of(rail).start, spec.n_participant
    debit, credit = first + number % n, first + (number + 1) % n
    most = int(machine.accounts[debit]["balance"]) + int(machine.accounts[debit]["debit_limit"])
    if most <= 0:
        return None
    return machine.lend(debit, credit, min(1 + number % 4, most), c.KIND_CREDIT, now)


def _positions(spec: WorldSpec, machine: Any, rail: int, number: int, now: int) -> Any:
    """Settle positions of one rail on the next, some one way and some the other, where the accounts allow it."""
    n, other = spec.n_participant, (rail + 1) % len(spec.rails)
    here, there = machine.accounts_of(rail).start, machine.accounts_of(other).start
    machine.advance(now)  # what may be released goes before the accounts are looked at
    legs = []
    for k in range(1, n):
        amount = 1 + (number + k) % 3
        pairs = [(there + (k + number) % n, there), (here, here + k)]  # to the operator, who credits its position
        legs += [(*(pair[::-1] if (number + k) % 2 else pair), amount) for pair in pairs if pair[0] != pair[1]]
    after = {k: int(row["balance"]) + int(row["debit_limit"]) for k, row in enumerate(machine.accounts)}
    for debit, credit, amount in legs:
        after[debit] -= amount
        after[credit] += amount
    if min(after.values()) < 0:
        return None
    return machine.settle_positions(*(np.array(column, np.int64) for column in zip(*legs)), now)


def _transfer(spec: WorldSpec, machine: Any, rail: int, number: int, now: int) -> Any:
    """Move money between two pairs of accounts as far as there is any."""
    mirror = (rail + 1) % len(spec.rails)
    n = spec.n_participant
    here, there = machine.accounts_of(rail).start, machine.accounts_of(mirror).start
    debit, mirror_debit = here + number % n, there + number // 2 % n
    credit, mirror_credit = here + (number + 1) % n, there + (number // 2 + 1) % n
    accounts = machine.accounts
    most = min(int(accounts[k]["balance"]) + int(accounts[k]["debit_limit"]) for k in (debit, mirror_debit))
    amount = min(1 + number % 4, most)
    if amount <= 0:
        return None
    kind = c.KIND_FUNDING if number % 2 else c.KIND_SWEEP
    return machine.transfer(debit, credit, mirror_debit, mirror_credit, amount, kind, now)
