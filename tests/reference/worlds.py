"""Generated worlds: few participants, tiny amounts and few instants, so that ties, gridlocks and exact fits are common.

One description of a case serves two sources of choice: Hypothesis, which makes a failing case small, and a seeded
generator, which makes thousands of full ones in the same time.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st

from simcore.engine.spec import AccountSpec, HopSpec, InstantLinkSpec, RailSpec, WorldSpec
from simcore.kernels import constants as c
from tests.reference.play import Buffers, Case, NewPayment, Step

T = TypeVar("T")
LAST = 12
"""The last instant at which a payment may begin."""
FEES: tuple[dict[str, int], ...] = (
    *({},) * 6, {"fee_fixed": 1}, {"fee_share": 250_000, "fee_least": 1, "fee_most": 3},
    {"fee_fixed": 1, "fee_share": 1},
)  # fmt: skip
"""Mostly none; one unit; a quarter, from one to three; one and next to nothing."""
ANY = 2**63 - 1
BOUNDS: tuple[dict[str, int], ...] = (
    *({},) * 5, {"least_amount": 2}, {"most_amount": 4}, {"least_amount": 2, "most_amount": 5},
)  # fmt: skip
"""Mostly none; payments are of one to six."""
DISCIPLINES = (c.GROSS, c.GROSS, c.GROSS, c.COLLECT, c.INSTANT)
RULES = (c.FIFO, c.PRIORITY, c.BYPASS)
STEPS = ("advance", "open", "open", "close", "cut_off", "open_for_funding", "return_queued", "transfer", "transfer",
         "cycle", "cycle", "cycle", "quote", "reset_day", "is_open", "lend", "set_limit", "reset_receipts",
         "return_collected", "settle_collected", "split", "split", "shut_hop", "shut_hop",
         "settle_positions", "settle_positions", "hold", "hold")  # fmt: skip


class Choices(Protocol):
    """Where a case's numbers come from."""

    def whole(self, least: int, most: int) -> int: ...
    def among(self, things: Sequence[T]) -> T: ...
    def shuffled(self, n: int) -> Sequence[int]: ...


class Rolled:
    """Choices of a seeded generator."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def whole(self, least: int, most: int) -> int:
        return self._random.randint(least, most)

    def among(self, things: Sequence[T]) -> T:
        return self._random.choice(things)

    def shuffled(self, n: int) -> Sequence[int]:
        return self._random.sample(range(n), n)


class Drawn:
    """Choices of Hypothesis."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self._draw = draw

    def whole(self, least: int, most: int) -> int:
        return self._draw(st.integers(least, most))

    def among(self, things: Sequence[T]) -> T:
        return things[self.whole(0, len(things) - 1)]

    def shuffled(self, n: int) -> Sequence[int]:
        return self._draw(st.permutations(range(n)))


def make_route(choose: Choices, n: int, n_currency: int, n_rail: int, n_draw: int) -> tuple[HopSpec, ...]:
    """1-3 joined hops between debtor and creditor, over anybody or anybody's agent, with any latencies."""
    stops = [(c.ROLE_DEBTOR, 0)]
    for _ in range(choose.whole(0, 2)):
        kind = choose.among((c.ROLE_PARTICIPANT, c.ROLE_PARTICIPANT, c.ROLE_AGENT_OF_DEBTOR, c.ROLE_AGENT_OF_CREDITOR))
        stops.append((kind, choose.whole(0, (n if kind == c.ROLE_PARTICIPANT else n_currency) - 1)))
    stops.append((c.ROLE_CREDITOR, 0))
    refund = choose.whole(0, n_draw - 1) if n_draw and choose.whole(0, 2) == 0 else c.NONE
    return tuple(
        HopSpec(
            rail=choose.whole(0, n_rail - 1),
            debtor=debtor,
            creditor=creditor,
            latency_us=choose.among((0, 0, 1, 2, 3)),
            draw=choose.whole(-1, n_draw - 1),
            cut_off=choose.among((False, False, True)),
            refund=refund,
            **choose.among(FEES),
        )
        for debtor, creditor in pairwise(stops)
    )


def _queue(choose: Choices, rule: int) -> dict[str, Any]:
    """A queue rule with what may come to it: a level from which on it is bypassed, tiers, or offset at entry."""
    more: dict[str, Any] = {"rule": rule}
    if rule == c.PRIORITY:
        more["bypass_above"] = choose.among((0, 0, 1, 2, 4))
    if rule != c.FIFO and choose.whole(0, 2) == 0:
        last = choose.whole(-1, 1)
        return {**more, "highly_urgent": last, "urgent": choose.whole(last, 2), "receipts": choose.among((False, True))}
    return {**more, "offset_most": choose.among((0, 0, 1, 3))}


def make_world(choose: Choices, disciplines: Sequence[int], rules: Sequence[int]) -> WorldSpec:
    """2-5 participants, 1-4 rails, 1-4 routes; everybody holds an account everywhere and deals in every currency."""
    n, n_rail, n_draw = choose.whole(2, 5), choose.whole(1, 4), choose.whole(0, 2)
    n_currency = min(n_rail, choose.whole(1, 3))
    rails = tuple(
        RailSpec(
            currency=index % n_currency,
            discipline=choose.among(disciplines),
            splits=choose.among((False, False, True)),
            **_queue(choose, choose.among(rules)),
            when_closed=choose.among((c.WAIT, c.WAIT, c.REJECT, c.RETURN)),
            offset_strict=choose.among((False, True)),
            offset_first=choose.among((False, True)),
            batch_below=choose.among((c.NEVER, c.NEVER, 4)),
            batch_from=choose.among((0, 0, 1)),
            **choose.among(BOUNDS),
        )
        for index in range(n_rail)
    )
    accounts = tuple(
        AccountSpec(
            rail=rail,
            participant=participant,
            opening=choose.whole(0, 8),
            debit_limit=choose.among((0, 0, 0, 2, c.UNLIMITED)),
            reserved=choose.among((0, 0, 0, 1, 3)),
            held_highly_urgent=choose.among((0, 0, 1, 3)),
            held_urgent=choose.among((0, 0, 1, 3)),
        )
        for rail in range(n_rail)
        for participant in choose.shuffled(n)
    )
    currencies = range(n_currency)
    routes = (make_route(choose, n, n_currency, n_rail, n_draw) for _ in range(choose.whole(1, 4)))
    services = (c.SINGLY, c.SINGLY, c.IN_BATCHES, c.BY_TERMS)
    return WorldSpec(
        n_participant=n,
        n_currency=n_currency,
        rails=rails,
        accounts=accounts,
        routes=tuple(
            tuple(
                replace(hop, batch=choose.among(services)) if rails[hop.rail].discipline == c.GROSS else hop
                for hop in route
            )
            for route in routes
        ),
        agents={(currency, who): choose.whole(0, n - 1) for currency in currencies for who in range(n)},
        quotes=tuple((dealer, a, b) for a in currencies for b in currencies if a != b for dealer in range(n)),
        n_draw=n_draw,
        always_dealt=choose.among((True, False)),
        always_sending=choose.among((True, True, False)),
        n_size=choose.among((0, 1, 2)),
    )


def make_ledgers(choose: Choices) -> WorldSpec:
    """A world in which some rails are one ledger, with whatever terms, and hops on it mostly follow at once."""
    spec = make_world(choose, (c.GROSS, c.COLLECT), (c.FIFO, c.BYPASS))
    members = [k for k in range(len(spec.rails)) if choose.whole(0, 3)] or [0]
    terms = {
        "ledger": members[0],
        "block_every": choose.among((1, 2, 3)),
        "capacity": choose.among((1, 2, 5, 100)),
        "gridlock": choose.among((False, True)),
        "rejects": choose.among((False, False, True)),
    }
    most = ANY
    rails = tuple(
        replace(rail, discipline=c.COLLECT, rule=c.FIFO, splits=False, bypass_above=0, highly_urgent=-1, urgent=-1,
                receipts=False, offset_most=0, least_amount=choose.among((0, 0, 0, 2)),
                most_amount=choose.among((most, most, 4)), balance_limit=choose.among((most, most, 9)), **terms)
        if k in members else rail
        for k, rail in enumerate(spec.rails)
    )  # fmt: skip
    at_once = choose.whole(0, 3)
    routes = tuple(
        tuple(replace(hop, latency_us=0, draw=c.NONE) if at_once and hop.rail in members else hop for hop in route)
        for route in spec.routes
    )
    return replace(spec, rails=rails, routes=routes)


def make_ledger_case(choose: Choices) -> Case:
    """The same as :func:`make_case` with a ledger, and blocks at odd instants among the steps."""
    case = make_case(choose, spec=make_ledgers(choose))
    blocks = [Step(choose.whole(0, LAST + 2), "block", choose.whole(0, 3), 0) for _ in range(choose.whole(0, 3))]
    return replace(case, script=tuple(sorted((*case.script, *blocks), key=lambda step: step.at)))


def make_links(choose: Choices) -> WorldSpec:
    """A world in which hops between gross rails of two currencies settle over links, mostly."""
    spec = make_world(choose, (c.GROSS, c.GROSS, c.GROSS, c.GROSS, c.COLLECT), RULES)
    links: dict[tuple[int, int], int] = {}

    def paired(one: HopSpec, other: HopSpec) -> bool:
        rails = spec.rails[one.rail], spec.rails[other.rail]
        return rails[0].currency != rails[1].currency and all(rail.discipline == c.GROSS for rail in rails)

    def with_links(route: tuple[HopSpec, ...]) -> tuple[HopSpec, ...]:
        hops = list(route)
        for k in range(len(hops) - 1):
            if (k == 0 or hops[k - 1].link == c.NONE) and paired(hops[k], hops[k + 1]) and choose.whole(0, 5):
                pair = (min(hops[k].rail, hops[k + 1].rail), max(hops[k].rail, hops[k + 1].rail))
                hops[k] = replace(hops[k], link=links.setdefault(pair, len(links)))
                hops[k + 1] = replace(hops[k + 1], latency_us=0, draw=c.NONE)
        return tuple(hops)

    # Most worlds have a route that is nothing but a pair.
    over = (c.ROLE_PARTICIPANT, choose.whole(0, spec.n_participant - 1))
    rails = [choose.whole(0, len(spec.rails) - 1) for _ in range(2)]
    pair = (HopSpec(rail=rails[0], debtor=(c.ROLE_DEBTOR, 0), creditor=over),
            HopSpec(rail=rails[1], debtor=over, creditor=(c.ROLE_CREDITOR, 0)))  # fmt: skip
    routes = tuple(with_links(route) for route in (*spec.routes, pair))
    return replace(spec, routes=routes, n_link=len(links))


def make_link_case(choose: Choices) -> Case:
    """The same as :func:`make_case` with links, and looks at what they hold among the steps."""
    case = make_case(choose, spec=make_links(choose))
    looks = [Step(choose.whole(0, LAST + 2), "look", 0, choose.whole(0, 3)) for _ in range(choose.whole(0, 4))]
    outages = [
        Step(choose.whole(0, LAST + 2), "shut_link", choose.whole(0, 1), choose.whole(0, 3))
        for _ in range(choose.among((0, 0, 1, 3)))
    ]
    return replace(case, script=tuple(sorted((*case.script, *looks, *outages), key=lambda step: step.at)))


def make_lock_case(choose: Choices) -> Case:
    """The same as :func:`make_link_case` where most links lock: pairs are kept, and go on or back, at any instant.

    Most payments go by the route that is nothing but a pair, if it is one, with the money for it.
    """
    case = make_link_case(choose)
    spec = case.spec
    locking = tuple(link for link in range(spec.n_link) if choose.whole(0, 5))
    paired = spec.routes[-1][0].link in locking
    route = len(spec.routes) - 1
    payments = tuple(each._replace(route=route) if paired and choose.whole(0, 2) else each for each in case.payments)
    rich = choose.among((0, 8, 8))
    accounts = tuple(replace(each, opening=each.opening + rich) for each in spec.accounts)
    opened = [Step(0, "open", rail, 0) for rail in range(len(spec.rails) if rich else 0)]
    steps = []
    for _ in range(choose.whole(0, 8)):
        at, which = choose.whole(0, LAST + 2), choose.whole(0, 3)
        steps.append(Step(at, "keep", which, choose.whole(0, 3)))
        for _ in range(choose.whole(0, 5)):
            at += choose.among((0, 0, 1, 3))
            steps.append(Step(at, choose.among(("go_on",) * 5 + ("go_back",)), choose.whole(0, 2), 0))
        steps += [Step(at, "go_back", which, 0)] * choose.among((0, 0, 2, 3))
    script = (*opened, *sorted((*case.script, *steps), key=lambda step: step.at))
    return Case(replace(spec, accounts=accounts, locking=locking), payments, script)


def make_linked(choose: Choices) -> WorldSpec:
    """A world in which some routes belong to links with whatever terms: all their hops are on instant rails."""
    spec = make_world(choose, (c.INSTANT, c.INSTANT, c.GROSS, c.COLLECT), RULES)
    rails = tuple(
        replace(rail, when_closed=choose.among((c.REJECT, c.RETURN)), splits=False)
        if rail.discipline == c.INSTANT else rail
        for rail in spec.rails
    )  # fmt: skip
    # A few more of the kind that links are for: to somebody who exchanges, and from there to the creditor.
    instant = [k for k, rail in enumerate(rails) if rail.discipline == c.INSTANT]
    provided = []
    for _ in range(choose.whole(1, 3) if instant else 0):
        provider = (c.ROLE_PARTICIPANT, choose.whole(0, spec.n_participant - 1))
        latencies = choose.among(((0, 0), (0, 2), (1, 1), (2, 4), (2, 0)))
        ends = (((c.ROLE_DEBTOR, 0), provider), (provider, (c.ROLE_CREDITOR, 0)))
        provided.append(
            tuple(
                HopSpec(rail=choose.among(instant), debtor=debtor, creditor=creditor, latency_us=latency,
                        draw=choose.whole(-1, spec.n_draw - 1))
                for (debtor, creditor), latency in zip(ends, latencies)
            )
        )  # fmt: skip
    routes = (*spec.routes, *provided)
    able = [k for k, route in enumerate(routes) if all(hop.rail in instant for hop in route)]
    n_link = choose.whole(1, 2)
    most = 2**63 - 1
    links = tuple(
        InstantLinkSpec(
            routes=tuple(able[at::n_link]),
            time_limit=choose.among((0, 1, 3, 5, most)),
            quote_valid=choose.among((c.NONE, 0, 0, 1, 3)),
            requotes=choose.among((False, False, True)),
            day_limit=choose.among((most, 4, 8)),
        )
        for at in range(n_link)
    )
    customers = choose.among((0, 1, 3))
    return replace(spec, rails=rails, routes=routes, instant_links=links, n_customer=customers,
                   n_draw=spec.n_draw + (customers > 0))  # fmt: skip


def make_linked_case(choose: Choices) -> Case:
    """The same as :func:`make_case` with links, days that begin and quotes among the steps."""
    case = make_case(choose, spec=make_linked(choose))
    steps = [
        Step(choose.whole(0, LAST + 2), choose.among(("new_day", "quote", "quote")), choose.whole(0, 7),
             choose.whole(0, 19))
        for _ in range(choose.whole(0, 5))
    ]  # fmt: skip
    return replace(case, script=tuple(sorted((*case.script, *steps), key=lambda step: step.at)))


def make_payment(choose: Choices, spec: WorldSpec) -> NewPayment:
    """Anybody pays anybody else, a little."""
    n = spec.n_participant
    debtor = choose.whole(0, n - 1)
    payment = NewPayment(
        at=choose.whole(0, LAST),
        debtor=debtor,
        creditor=(debtor + choose.whole(1, n - 1)) % n,
        route=choose.whole(0, len(spec.routes) - 1),
        amount=choose.whole(1, 6),
        priority=choose.whole(0, 2),
        draws=tuple(choose.whole(0, 4) for _ in range(spec.n_draw))
        if choose.whole(0, 5)
        else tuple(choose.whole(-4, 4) for _ in range(spec.n_draw)),
    )
    if not spec.instant_links:
        return payment
    draws = [draw - c.UNRESOLVED if draw < 0 and choose.whole(0, 1) else draw for draw in payment.draws]
    if spec.n_customer:
        draws[-1] = choose.whole(-1, spec.n_customer - 1)
    return payment._replace(draws=tuple(draws))


def make_case(
    choose: Choices, disciplines: Sequence[int] = DISCIPLINES, rules: Sequence[int] = RULES,
    spec: WorldSpec | None = None,
) -> Case:  # fmt: skip
    """A world in which most rails open at once, up to 40 payments, and up to 16 control steps at any instant."""
    spec = spec or make_world(choose, disciplines, rules)
    opened = [Step(0, "open", rail, 0) for rail in range(len(spec.rails)) if choose.whole(0, 4)]
    steps = [
        Step(choose.whole(0, LAST + 2), choose.among(STEPS), choose.whole(0, 3), choose.whole(0, 19))
        for _ in range(choose.whole(0, 16))
    ]
    payments = [make_payment(choose, spec) for _ in range(choose.whole(0, 40))]
    return Case(
        spec,
        tuple(sorted(payments, key=lambda payment: payment.at)),
        (*opened, *sorted(steps, key=lambda step: step.at)),
    )


def make_buffers(choose: Choices) -> Buffers:
    """Sizes that no result may depend on."""
    return Buffers(
        slots=choose.among((2, 64)),
        log_rows=choose.among((8, 512)),
        lanes=choose.among((True, False)),
        batch=choose.among((1, 3, 1000)),
    )


@st.composite
def cases(draw: Any) -> Case:
    """Cases for Hypothesis."""
    return make_case(Drawn(draw))


@st.composite
def buffers(draw: Any) -> Buffers:
    """Sizes for Hypothesis."""
    return make_buffers(Drawn(draw))
