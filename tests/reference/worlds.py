"""Generated worlds: few participants, tiny amounts and few instants, so that ties, gridlocks and exact fits are common.

A ``Case`` is a world, its payments and a script of control steps; ``play`` drives a ``Machine`` or a ``Twin`` through
it and keeps everything that can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from simcore.demand.batch import DemandBatch
from simcore.engine.spec import AccountSpec, HopSpec, RailSpec, WorldSpec
from simcore.kernels import constants as c

LAST = 12
"""The last instant at which anything new happens."""


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
        machine.quote(index, 3, 2, 100_000, index)
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


RATES = ((1, 1), (3, 2), (2, 3), (1, 5), (7, 3))
SPREADS = (0, 100_000, 250_000, 500_000)


def act(spec: WorldSpec, machine: Any, step: Step, cycle_id: int) -> Any:
    """Do one step; None where it means nothing in this world."""
    rail, number = step.first % len(spec.rails), step.second
    if step.what == "advance":
        return machine.advance(step.at + number % 2)
    if step.what in ("open", "return_queued"):
        return getattr(machine, step.what)(rail, step.at)
    if step.what == "is_open":
        return machine.is_open(rail)
    if step.what in ("cut_off", "close", "open_for_funding", "reset_day"):
        return getattr(machine, step.what)(rail)
    if step.what == "cycle":
        return machine.cycle(rail, cycle_id, step.at)
    if step.what == "quote" and spec.quotes:
        rate = RATES[number % len(RATES)]
        return machine.quote(step.first % len(spec.quotes), *rate, SPREADS[number % len(SPREADS)], 100 + cycle_id)
    if step.what == "transfer" and len(spec.rails) > 1:
        return _transfer(spec, machine, rail, number, step.at)
    return None


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


# --- strategies ---

DISCIPLINES = (c.GROSS, c.GROSS, c.GROSS, c.COLLECT, c.INSTANT)
STEPS = ("advance", "open", "open", "close", "cut_off", "open_for_funding", "return_queued", "transfer", "transfer",
         "cycle", "cycle", "quote", "reset_day", "is_open")  # fmt: skip


def small(most: int) -> st.SearchStrategy[int]:
    """0..most."""
    return st.integers(0, most)


@st.composite
def worlds(draw: Any, disciplines: tuple[int, ...] = DISCIPLINES, rules: tuple[int, ...] = (0, 1, 2)) -> WorldSpec:
    """A world of 2-5 participants, 1-4 rails and 1-4 routes of 1-3 hops; everybody deals in every currency."""
    n, n_currency, n_rail, n_draw = draw(st.tuples(st.integers(2, 5), st.integers(1, 2), st.integers(1, 4), small(2)))
    rails = tuple(
        RailSpec(
            currency=index % n_currency if n_rail > 1 else 0,
            discipline=draw(st.sampled_from(disciplines)),
            rule=draw(st.sampled_from(rules)),
            when_closed=draw(small(2)),
        )
        for index in range(n_rail)
    )
    limits = st.sampled_from((0, 0, 0, 2, c.UNLIMITED))
    reserves = st.sampled_from((0, 0, 0, 1, 3))
    accounts = tuple(
        AccountSpec(
            rail=rail,
            participant=participant,
            opening=draw(small(6)),
            debit_limit=draw(limits),
            reserved=draw(reserves),
        )
        for rail in range(n_rail)
        for participant in draw(st.permutations(range(n)))
    )
    middles = st.one_of(
        st.tuples(st.just(c.ROLE_PARTICIPANT), small(n - 1)),
        st.tuples(st.sampled_from((c.ROLE_AGENT_OF_DEBTOR, c.ROLE_AGENT_OF_CREDITOR)), small(n_currency - 1)),
    )
    latencies = st.tuples(st.sampled_from((0, 0, 1, 2, 3)), st.integers(-1, n_draw - 1))
    routes = []
    for _ in range(draw(st.integers(1, 4))):
        stops = [(c.ROLE_DEBTOR, 0), *draw(st.lists(middles, max_size=2)), (c.ROLE_CREDITOR, 0)]
        hops = []
        for debtor, creditor in pairwise(stops):
            latency, column = draw(latencies)
            rail = draw(small(n_rail - 1))
            hops.append(HopSpec(rail=rail, debtor=debtor, creditor=creditor, latency_us=latency, draw=column))
        routes.append(tuple(hops))
    pairs = [(a, b) for a in range(n_currency) for b in range(n_currency) if a != b]
    return WorldSpec(
        n_participant=n,
        n_currency=n_currency,
        rails=rails,
        accounts=accounts,
        routes=tuple(routes),
        agents={(k, who): draw(small(n - 1)) for k in range(n_currency) for who in range(n)},
        quotes=tuple((dealer, *pair) for pair in pairs for dealer in range(n)),
        n_draw=n_draw,
    )


@st.composite
def payments(draw: Any, spec: WorldSpec, most: int = 30, latest: int = LAST) -> tuple[NewPayment, ...]:
    """Up to ``most`` payments, by time."""
    n = spec.n_participant
    lines = st.tuples(
        small(latest),
        small(n - 1),
        st.integers(1, n - 1),
        small(len(spec.routes) - 1),
        st.integers(1, 6),
        small(2),
        st.tuples(*[small(4)] * spec.n_draw),
    )
    rows = [
        NewPayment(at, who, (who + step) % n, *rest) for at, who, step, *rest in draw(st.lists(lines, max_size=most))
    ]
    return tuple(sorted(rows, key=lambda row: row.at))


@st.composite
def cases(draw: Any, **of: Any) -> Case:
    """A world in which most rails open at once, some payments, and up to 14 control steps at any instant."""
    spec = draw(worlds(**of))
    opened = [Step(0, "open", rail, 0) for rail in range(len(spec.rails)) if draw(small(3))]
    steps = st.builds(Step, small(LAST + 2), st.sampled_from(STEPS), small(3), small(19))
    script = sorted(draw(st.lists(steps, max_size=14)), key=lambda step: step.at)
    return Case(spec, draw(payments(spec)), (*opened, *script))


buffers = st.builds(
    Buffers,
    slots=st.sampled_from((2, 64)),
    log_rows=st.sampled_from((8, 512)),
    lanes=st.booleans(),
    batch=st.sampled_from((1, 3, 1000)),
)
