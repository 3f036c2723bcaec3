"""The currency market of a scenario as typed tables: pairs, simulated paths of their rates, market hours, dealers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from simcore.marks import BasisPoints, Duration, Share
from simcore.units import ClockTime, Money


@dataclass(frozen=True, kw_only=True)
class VolatilitySpread:
    """A half-spread that widens while the rate moves more than it normally does.

    It is multiplied by 1 + factor × max(0, v / normal − 1), with v the volatility of the last ``window`` steps of the
    rate, a year. Until there have been so many it isn't widened.
    """

    window: int
    """Steps of the rate."""
    normal: Share
    """Volatility a year up to which the spread isn't widened."""
    factor: Decimal = Decimal(1)
    """Share of the excess by which it widens."""


@dataclass(frozen=True, kw_only=True)
class SizeSpread:
    """From an amount on the half-spread of the whole amount has a factor; the largest that it reaches counts."""

    least: Money = field(metadata={"key": "from"})
    """In either currency of the pair; in the other it is worth what the mid rate makes of it."""
    factor: Decimal


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The mid rate of one currency pair, ``"USD/CNY"``: CNY for one USD."""

    source: Literal["ecb", "constant", "given", "anchored", "simulated"] = "ecb"
    """Published by the ECB; constant; from a file; for VND, LAK, KHR, MMK and BND held against a currency that the ECB
    quotes; or drawn by a path of [fx.paths]."""
    rate: Decimal | None = None
    """For ``constant``; for ``simulated`` where the path starts, else with the last rate before the run."""
    file: str | None = None
    """For ``given``: CSV with columns ``time, rate``."""
    half_spread: BasisPoints
    """What a dealer keeps on each side; a dealer may have its own."""
    hours: str | None = None
    """When dealers quote the pair, an entry of [fx.hours]; none means always."""
    when_closed: Literal["wait", "last_quote"] | None = None
    """What is to be exchanged outside the hours waits for the opening before it is paid to the dealer (none means this
    too), or is exchanged at the last rate of the hours."""
    closed_half_spread: BasisPoints | None = None
    """Half-spread of every dealer outside the hours, with ``last_quote``; none means that of the hours."""
    spread_by_hour: dict[str, Decimal] | None = None
    """Factors of the half-spread by local hour, ``{ 17 = 1.5, 18 = 2 }``; other hours have 1."""
    spread_by_volatility: VolatilitySpread | None = None
    spread_by_size: tuple[SizeSpread, ...] | None = None
    """Half-spreads of large amounts, rising."""
    value_date: Literal["T+0", "T+1", "T+2"] | None = None
    """When a dealer pays what it sold: so many days after the day of the exchange on which both currencies' calendars
    work. None means at once."""


@dataclass(frozen=True, kw_only=True)
class MarketSession:
    """One stretch of a market's hours, on each of its business days."""

    open: ClockTime
    """Opening; ``"17:00-1"`` is the evening of the calendar day before."""
    close: ClockTime
    """Closing; ``"03:00+1"`` is the morning of the calendar day after."""


@dataclass(frozen=True, kw_only=True)
class MarketHours:
    """When a currency market is open: a trading day is a business day's sessions, also past midnight."""

    calendar: str | None = None
    """Business days; none means Monday to Friday."""
    zone: str | None = None
    """Zone of the clock times, and of hours and days of dealing; none means the calendar's, or UTC."""
    sessions: tuple[MarketSession, ...]
    """For onshore yuan ``[{ open = "09:30", close = "03:00+1" }]``."""


@dataclass(frozen=True, kw_only=True)
class Jumps:
    """Jumps of a rate: a Poisson number of them a year, each a normal step of the logarithm (Merton, 1976)."""

    per_year: Decimal
    """Mean number of jumps in a year of 252 trading days."""
    mean: Decimal = Decimal(0)
    """Mean step of the logarithm: -0.02 is about 2 % down."""
    size: Decimal
    """Standard deviation of the step."""


@dataclass(frozen=True, kw_only=True)
class GbmPair:
    """How one pair of a path moves."""

    volatility: Share
    """Standard deviation of the logarithm over a year of 252 trading days, jumps not counted: ``"4 %"``."""
    drift: Decimal = Decimal(0)
    """Growth of the expected rate over a year, jumps included: 0.02 is 2 %."""
    jumps: Jumps | None = None


@dataclass(frozen=True, kw_only=True)
class Gbm:
    """Geometric Brownian motion of one or several pairs, correlated, with jumps if wanted.

    The variance of a trading day is spread evenly over its steps. Each pair has a stream of chance of its own, so one
    that is added at the end changes no other.
    """

    kind: Literal["gbm"]
    pairs: dict[str, GbmPair]
    """Pairs of [fx.pairs] whose ``source`` is ``simulated``."""
    step: Duration
    """Distance between two rates, counted from the opening of each trading day; one a day if it is longer than that."""
    hours: str | None = None
    """Trading days, an entry of [fx.hours]; none means Monday to Friday around the clock, UTC."""
    correlation: tuple[tuple[Decimal, ...], ...] = ()
    """Matrix in the order of ``pairs``, of the normal parts of their logarithms; none means independent."""


@dataclass(frozen=True, kw_only=True)
class BlockBootstrap:
    """Blocks of ECB daily log returns in new order, the same blocks for all pairs, so that they keep their correlation.

    Blocks start anywhere in the history and run on from its end to its beginning (circular blocks; Politis and Romano,
    1992). With several steps a day each takes the return of one day, scaled to the step's share of a trading day.
    """

    kind: Literal["block_bootstrap"]
    pairs: tuple[str, ...]
    """Pairs of [fx.pairs] whose ``source`` is ``simulated``; the ECB must publish both currencies."""
    block: int = 20
    """Returns in a block; long enough to keep spells of high volatility together."""
    first: dt.date | None = None
    """First day of the history; none means that of the table."""
    last: dt.date | None = None
    """Its last day; none means the last one before the run."""
    step: Duration = 86_400_000_000
    """Distance between two rates, counted from the opening of each trading day."""
    hours: str | None = None
    """Trading days, an entry of [fx.hours]; none means Monday to Friday around the clock, UTC."""


RatePathKind = Gbm | BlockBootstrap


@dataclass(frozen=True, kw_only=True)
class Position:
    """How far a dealer's position may go before it stops dealing in that direction.

    A position is what the dealer's accounts in a currency hold more than at the start of the run; money it was given by
    a refill or lent by a rail's lender doesn't count, nor does what it sold and has still to pay. It is judged at
    control times: when the rate steps, and every ``every``. Payments in between may carry it past the limit. What would
    be exchanged in a direction that is stopped waits, and asks again every ``every``.
    """

    limits: dict[str, Money]
    """Currency → the most that the dealer may be long or short."""
    every: Duration = 300_000_000
    skew: Decimal = Decimal(0)
    """By what share of itself the half-spread of a direction widens that carries the position further: at the limit by
    all of it, before in proportion to the position."""


@dataclass(frozen=True, kw_only=True)
class Refill:
    """Fills a dealer's account up at given times, as far as money goes, while the rail is open."""

    rail: str
    to: Money
    """What the account is filled up to; what is above stays."""
    source: str = field(metadata={"key": "from"})
    """Who pays from its account on this rail: the dealer's treasury or parent or, with ``sell_on``, another dealer."""
    sell_on: str | None = None
    """The rail on which the dealer pays for it, at the other dealer's quote; none means that it gets it for nothing."""
    times: tuple[ClockTime, ...]
    """In the zone of the rail's calendar."""


@dataclass(frozen=True, kw_only=True)
class Dealer:
    """A participant that converts at its quote."""

    pairs: tuple[str, ...]
    half_spread: BasisPoints | None = None
    position: Position | None = None
    refills: tuple[Refill, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Fx:
    """The currency market."""

    pairs: dict[str, Pair] = field(default_factory=dict)
    dealers: dict[str, Dealer] = field(default_factory=dict)
    paths: dict[str, RatePathKind] | None = None
    """Simulated paths of rates, by name."""
    hours: dict[str, MarketHours] | None = None
    """Opening hours of markets, by name."""
