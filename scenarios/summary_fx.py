"""The currency market of a scenario as plain text: where each rate comes from, how simulated ones move, who deals."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from scenarios.resolve import decimal_text
from simcore.market import Dealer, Gbm, GbmPair, MarketHours, Pair, RatePathKind
from simcore.model import Scenario
from simcore.units import format_amount, format_clock, format_duration

SOURCES = {"ecb": "ECB reference rates", "given": "given in"}


def fx_lines(scenario: Scenario) -> Iterator[str]:
    """The lines of ``luhai show`` about [fx]; none where nothing is exchanged."""
    fx = scenario.fx
    if not fx.pairs and not fx.dealers:
        return
    from simcore.rates.paths import assumptions

    yield f"Currency market ({len(fx.pairs)})"
    for name, pair in fx.pairs.items():
        yield f"  {name:<16} {_rate(pair)}, half-spread {basis_points(pair.half_spread)}"
        yield from (f"      {line}" for line in [*assumptions(name, pair), *_quoting(pair)])
    for name, path in (fx.paths or {}).items():
        yield from _path(name, path)
    for name, hours in (fx.hours or {}).items():
        yield f"  hours {name}: {hours_text(hours)}"
    for name, dealer in fx.dealers.items():
        own = "" if dealer.half_spread is None else f" at {basis_points(dealer.half_spread)}"
        yield f"  dealer {name}: {', '.join(dealer.pairs)}{own}"
        yield from (f"      {line}" for line in _dealer(dealer))


def basis_points(spread_bp_e2: int) -> str:
    """A spread as a scenario file writes it."""
    return f"{decimal_text(Decimal(spread_bp_e2).scaleb(-2))} bp"


def _dealer(dealer: Dealer) -> Iterator[str]:
    if dealer.position is not None:
        limits = ", ".join(format_amount(most) for most in dealer.position.limits.values())
        yield f"stops dealing at a position of {limits}, looked at every {format_duration(dealer.position.every)}"
        if dealer.position.skew:
            share = f"{decimal_text(dealer.position.skew * 100)} %"
            yield f"half-spread of a direction that carries the position further: up to {share} wider at the limit"
    for refill in dealer.refills or ():
        times = ", ".join(format_clock(clock) for clock in refill.times)
        paid = f", paid for on {refill.sell_on}" if refill.sell_on else ""
        yield f"refilled to {format_amount(refill.to)} on {refill.rail} from {refill.source}{paid} at {times}"


def _rate(pair: Pair) -> str:
    more = pair.file or ("" if pair.rate is None else decimal_text(pair.rate))
    start = "from " if pair.source == "simulated" and more else ""
    return f"{SOURCES.get(pair.source, pair.source)} {start}{more}".strip()


def _quoting(pair: Pair) -> Iterator[str]:
    """The terms of a pair that change through the day."""
    if pair.hours:
        after = "waits for the opening"
        if pair.when_closed == "last_quote":
            wide = "" if pair.closed_half_spread is None else f", half-spread {basis_points(pair.closed_half_spread)}"
            after = f"is exchanged at the last quote{wide}"
        yield f"quoted in the hours {pair.hours}; outside them what is to be exchanged {after}"
    if pair.spread_by_hour:
        factors = ", ".join(f"{hour}:00 × {decimal_text(factor)}" for hour, factor in pair.spread_by_hour.items())
        yield f"half-spread by hour: {factors}"
    if pair.spread_by_volatility is not None:
        terms = pair.spread_by_volatility
        normal = f"above {decimal_text(terms.normal * 100)} % a year over {terms.window} steps"
        yield f"half-spread widens with volatility {normal}, factor {decimal_text(terms.factor)}"
    for size in pair.spread_by_size or ():
        yield f"half-spread from {format_amount(size.least)} on × {decimal_text(size.factor)}"
    if pair.value_date:
        yield f"value date {pair.value_date}"


def hours_text(hours: MarketHours) -> str:
    """Sessions and days of a market."""
    sessions = ", ".join(f"{format_clock(each.open)} to {format_clock(each.close)}" for each in hours.sessions)
    days = "Monday to Friday" if hours.calendar is None else f"business days of {hours.calendar}"
    zone = hours.zone or ("UTC" if hours.calendar is None else "")
    return f"{sessions}{' ' + zone if zone else ''}, {days}"


def _path(name: str, path: RatePathKind) -> Iterator[str]:
    when = f"a step every {format_duration(path.step)}" + (f" in {path.hours}" if path.hours else "")
    if isinstance(path, Gbm):
        yield f"  path {name}: geometric Brownian motion, {when}"
        for pair, terms in path.pairs.items():
            yield f"      {pair:<14} {_motion(terms)}"
    else:
        years = f" from {path.first}" * bool(path.first) + f" to {path.last}" * bool(path.last)
        blocks = f"blocks of {path.block} daily returns of the ECB's rates{years}"
        yield f"  path {name}: {blocks}, {when}; {', '.join(path.pairs)}"


def _motion(terms: GbmPair) -> str:
    text = f"volatility {decimal_text(terms.volatility * 100)} % a year"
    text += f", drift {decimal_text(terms.drift * 100)} %" if terms.drift else ""
    if terms.jumps is not None:
        mean, size = decimal_text(terms.jumps.mean), decimal_text(terms.jumps.size)
        text += f", {decimal_text(terms.jumps.per_year)} jumps a year of mean {mean}, standard deviation {size}"
    return text
