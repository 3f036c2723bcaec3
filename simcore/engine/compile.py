"""From a checked Scenario to the numbers of a :class:`WorldSpec` and the names behind its indices."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fx.rates import RatePath
from simcore.demand.stream import drawn_columns, most_customers
from simcore.engine.outages import Outages
from simcore.engine.spec import AccountSpec, HopSpec, InstantLinkSpec, RailSpec, WorldSpec
from simcore.engine.timetable import Timetable, timetable
from simcore.errors import ScenarioError
from simcore.kernels import constants as k
from simcore.model import Account, Fee, Hop, Latency, Scenario
from simcore.rates.paths import rate_paths
from simcore.units import Money

DISCIPLINES = {"gross": k.GROSS, "collect": k.COLLECT, "instant": k.INSTANT}
RULES = {"fifo": k.FIFO, "priority": k.PRIORITY, "bypass": k.BYPASS}
WHEN_CLOSED = {"wait": k.WAIT, "reject": k.REJECT, "return": k.RETURN}


@dataclass(frozen=True)
class QuoteDirection:
    """One direction in which a dealer quotes a pair."""

    dealer: str
    pair: str
    source: str
    target: str
    spread_bp_e2: int


@dataclass(frozen=True)
class Compiled:
    """A scenario ready to run."""

    scenario: Scenario
    spec: WorldSpec
    timetable: Timetable
    participants: list[str]
    rails: list[str]
    routes: list[str]
    currencies: list[str]
    links: list[str]
    """Entries of ``[pvp]`` in the order of the spec's links."""
    account_keys: list[tuple[str, str]]
    """(rail, participant) of every account, in the order of the spec."""
    quotes: list[QuoteDirection]
    """In the order of the spec's quotes."""
    rate_paths: dict[str, RatePath]
    """Pair → its mid rate over the run."""
    outages: Outages

    def account_index(self, rail: str, participant: str) -> int:
        """Position of an account; KeyError if there is none."""
        return self._index[rail, participant]

    @property
    def _index(self) -> dict[tuple[str, str], int]:
        cached: dict[tuple[str, str], int] | None = self.__dict__.get("_account_index")
        if cached is None:
            cached = {key: index for index, key in enumerate(self.account_keys)}
            object.__setattr__(self, "_account_index", cached)
        return cached

    def route_ends(self) -> tuple[Any, Any]:
        """Currency index of the first and of the last hop of each route: two int32 arrays (n_route,)."""
        rails = self.spec.rails
        first = [rails[hops[0].rail].currency for hops in self.spec.routes]
        last = [rails[hops[-1].rail].currency for hops in self.spec.routes]
        return np.array(first, np.int32), np.array(last, np.int32)


def debit_limit(account: Account) -> int:
    """The limit in minor units; issuers get a number no balance comes near."""
    if account.debit_limit is None:
        return 0
    if account.debit_limit == "unlimited":
        return k.UNLIMITED
    return account.debit_limit.amount_minor


def _minor(amount: Money | None) -> int:
    return 0 if amount is None else amount.amount_minor


def role(text: str, participants: dict[str, int], currencies: dict[str, int]) -> tuple[int, int]:
    """A role of a hop as (kind, which)."""
    if text == "debtor":
        return k.ROLE_DEBTOR, 0
    if text == "creditor":
        return k.ROLE_CREDITOR, 0
    if text.startswith("creditor.agent."):
        return k.ROLE_AGENT_OF_CREDITOR, currencies[text.removeprefix("creditor.agent.")]
    if text.startswith("agent."):
        return k.ROLE_AGENT_OF_DEBTOR, currencies[text.removeprefix("agent.")]
    return k.ROLE_PARTICIPANT, participants[text]


def _queue_terms(rail: Any) -> dict[str, Any]:
    """What a gross rail adds to its queue rule."""
    if rail.discipline != "gross":
        return {}
    batches = {}
    if rail.batches is not None:
        below, first = rail.batches.below, rail.batches.from_priority
        batches = {"batch_from": first or 0, **({} if below is None else {"batch_below": below.amount_minor})}
    return {
        **batches,
        "bypass_above": rail.bypass_above or 0,
        "highly_urgent": k.NONE if rail.highly_urgent is None else rail.highly_urgent,
        "urgent": k.NONE if rail.urgent is None else rail.urgent,
        "receipts": rail.release == "receipts",
        "splits": rail.split_every is not None,
    }


def _service(hop: Hop, rail: Any) -> int:
    """How the obligations of a hop settle on a gross rail: by the hop's word, else by the rail's terms."""
    batches = getattr(rail, "batches", None)
    if hop.service is None and batches is not None and batches.has_terms:
        return k.BY_TERMS
    return k.IN_BATCHES if hop.service == "batch" else k.SINGLY


def _fee(fee: Fee | None) -> dict[str, int]:
    """The fee of a hop in numbers."""
    if fee is None:
        return {}
    most = {} if fee.most is None else {"fee_most": fee.most.amount_minor}
    share = 0 if fee.share is None else fee.share
    return {"fee_fixed": _minor(fee.fixed), "fee_share": share, "fee_least": _minor(fee.least), **most}


def _offset_at_entry(rail: Any) -> dict[str, Any]:
    """The rail's offset at entry, as the loop runs it."""
    for use in getattr(rail, "mechanisms", ()):
        if use.at == "entry":
            first = use.rule == "first_pair"
            return {
                "offset_most": 1 if first else use.most,
                "offset_strict": use.strict,
                "offset_first": first or use.strict,
            }
    return {}


def _bounds(rail: Any) -> dict[str, Any]:
    """The least and the most amount of a rail that has them."""
    bounds = {name: getattr(rail, name) for name in ("least_amount", "most_amount")}
    return {name: amount.amount_minor for name, amount in bounds.items() if amount is not None}


def _blocks(scenario: Scenario, rail: Any) -> dict[str, Any]:
    """What a rail of a shared ledger needs: the ledger's first rail, its blocks and the rail's limits."""
    if rail.kind != "ledger":
        return {}
    first = next(at for at, it in enumerate(scenario.rails.values()) if getattr(it, "ledger", None) == rail.ledger)
    limit = rail.balance_limit
    return {
        "ledger": first,
        "block_every": rail.block_every,
        "capacity": rail.capacity,
        "gridlock": rail.gridlock,
        "rejects": rail.when_short == "reject",
        **({} if limit is None else {"balance_limit": limit.amount_minor}),
    }


def _instant_links(scenario: Scenario) -> tuple[InstantLinkSpec, ...]:
    """The links between instant payment systems in numbers."""
    routes = {name: index for index, name in enumerate(scenario.routes)}
    return tuple(
        InstantLinkSpec(
            routes=tuple(routes[name] for name in link.routes),
            time_limit=k.NEVER if link.time_limit is None else link.time_limit,
            quote_valid=k.NONE if link.quote_valid is None else link.quote_valid,
            requotes=link.when_expired == "requote",
            day_limit=k.NEVER if link.day_limit is None else link.day_limit.amount_minor,
        )
        for link in scenario.instant_links.values()
    )


def _quotes(scenario: Scenario) -> list[QuoteDirection]:
    directions = []
    for dealer, terms in scenario.fx.dealers.items():
        for name in terms.pairs:
            source, target = name.split("/")
            spread = scenario.fx.pairs[name].half_spread if terms.half_spread is None else terms.half_spread
            directions.append(QuoteDirection(dealer, name, source, target, spread))
            directions.append(QuoteDirection(dealer, name, target, source, spread))
    return directions


def compile_scenario(scenario: Scenario, folder: Path, seed: int) -> Compiled:
    """Number everything and draw the paths of rates; the loader has checked that every name is known."""
    participants = {name: index for index, name in enumerate(scenario.participants)}
    agent_currencies = [code for participant in scenario.participants.values() for code in participant.agents]
    pair_currencies = [code for name in scenario.fx.pairs for code in name.split("/")]
    codes = list(dict.fromkeys([*scenario.currencies, *agent_currencies, *pair_currencies]))
    currencies = {name: index for index, name in enumerate(codes)}
    rail_index = {name: index for index, name in enumerate(scenario.rails)}
    rails = tuple(
        RailSpec(
            currency=currencies[rail.currency],
            discipline=DISCIPLINES[rail.discipline],
            rule=RULES[getattr(rail, "queue", "fifo")],
            when_closed=WHEN_CLOSED[rail.when_closed],
            **_bounds(rail),
            **_queue_terms(rail),
            **_offset_at_entry(rail),
            **_blocks(scenario, rail),
        )
        for rail in scenario.rails.values()
    )
    keys = [(rail, holder) for rail in scenario.rails for holder in scenario.accounts.get(rail, {})]
    accounts = tuple(
        AccountSpec(
            rail=rail_index[rail],
            participant=participants[holder],
            opening=scenario.accounts[rail][holder].opening.amount_minor,
            debit_limit=debit_limit(scenario.accounts[rail][holder]),
            reserved=_minor(scenario.accounts[rail][holder].reserved),
            held_highly_urgent=_minor(scenario.accounts[rail][holder].reserved_highly_urgent),
            held_urgent=_minor(scenario.accounts[rail][holder].reserved_urgent),
        )
        for rail, holder in keys
    )
    links = [name for name, terms in scenario.pvp.items() if terms.kind in ("link", "cls", "htlc")]
    routes = []
    for route in scenario.routes.values():
        hops, drawn = [], 0
        for hop in route.hops:
            is_drawn = hop.is_drawn
            hops.append(
                HopSpec(
                    rail=rail_index[hop.rail],
                    debtor=role(hop.debtor, participants, currencies),
                    creditor=role(hop.creditor, participants, currencies),
                    latency_us=0 if isinstance(hop.latency, Latency) else hop.latency,
                    draw=drawn if is_drawn else k.NONE,
                    batch=_service(hop, scenario.rails[hop.rail]),
                    cut_off=hop.cut_off is not None,
                    refund=k.NONE if route.refunds is None else sum(each.is_drawn for each in route.hops),
                    link=links.index(hop.pvp) if hop.pvp in links else k.NONE,
                    **_fee(hop.fee),
                )
            )
            drawn += is_drawn
        routes.append(tuple(hops))
    quotes = _quotes(scenario)
    times, paths = timetable(scenario), rate_paths(scenario, folder, seed)
    outages = Outages(scenario, times.start_us, times.end_us, seed)
    for name, path in paths.items():
        if path.times_us[0] > times.start_us:
            raise ScenarioError.one(
                "LH055", f"fx.pairs.{name}", got="a first rate after the run begins",
                expected=f"a rate in force at {np.datetime64(times.start_us, 'us')} UTC",
                try_="add an earlier row; the run begins with the first opening of any rail",
            )  # fmt: skip
    spec = WorldSpec(
        n_participant=len(participants),
        n_currency=len(currencies),
        rails=rails,
        accounts=accounts,
        routes=tuple(routes),
        agents={
            (currencies[code], participants[name]): participants[agent]
            for name, participant in scenario.participants.items()
            for code, agent in participant.agents.items()
        },
        quotes=tuple((participants[q.dealer], currencies[q.source], currencies[q.target]) for q in quotes),
        always_dealt=not any(pair.hours for pair in scenario.fx.pairs.values())
        and not any(dealer.position for dealer in scenario.fx.dealers.values())
        and not outages.holds_dealers,
        always_sending=not outages.holds_participants,
        n_size=max((len(pair.spread_by_size or ()) for pair in scenario.fx.pairs.values()), default=0),
        instant_links=_instant_links(scenario),
        n_draw=max((len(columns) for columns in drawn_columns(scenario)), default=0) + (most_customers(scenario) > 0),
        n_customer=most_customers(scenario) * len(participants),
        n_link=len(links),
        collecting=tuple(at for at, name in enumerate(links) if scenario.pvp[name].kind == "cls"),
        locking=tuple(at for at, name in enumerate(links) if scenario.pvp[name].kind == "htlc"),
    )
    return Compiled(
        scenario=scenario,
        spec=spec,
        timetable=times,
        participants=list(participants),
        rails=list(rail_index),
        routes=list(scenario.routes),
        currencies=list(currencies),
        links=links,
        account_keys=keys,
        quotes=quotes,
        rate_paths=paths,
        outages=outages,
    )
