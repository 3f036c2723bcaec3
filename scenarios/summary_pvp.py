"""What ``luhai show`` says of payment versus payment: links, and systems of the kind CLS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scenarios.resolve import decimal_text
from simcore.model import Scenario
from simcore.units import format_amount, format_clock, format_duration


def pvp_lines(scenario: Scenario) -> Iterator[str]:
    """The part of ``luhai show`` about ``[pvp]``."""
    if not scenario.pvp:
        return
    yield f"Payment versus payment ({len(scenario.pvp)})"
    for name, link in scenario.pvp.items():
        if link.kind == "cls":
            yield from _cls(name, link)
            continue
        if link.kind == "htlc":
            yield from _locks(name, link)
            continue
        both = f"link of {' and '.join(link.rails)}; pairs held are looked at every {format_duration(link.every)}"
        yield f"  {name:<16} {link.name} {link.name_zh}".rstrip()
        yield f"      {both} while both are open"


def _locks(name: str, terms: Any) -> Iterator[str]:
    """Hash time locks: for how long, and who holds what is locked."""
    yield f"  {name:<16} {terms.name} {terms.name_zh}".rstrip()
    yield f"      hash time locks on {' and '.join(terms.rails)}, held by {terms.escrow}"
    first, second, margin = (format_duration(each) for each in (terms.first_lock, terms.second_lock, terms.margin))
    yield f"      the dealer's for {first}, the payer's for {second} if the first lasts {margin} longer"
    answers, claims = format_duration(terms.answers_after), format_duration(terms.claims_after)
    yield f"      locked after {answers}, claimed by the dealer after {claims}, then after the second hop's latency"


def _cls(name: str, terms: Any) -> Iterator[str]:
    """A system of the kind CLS: when what happens, and the limits."""
    yield f"  {name:<16} {terms.name} {terms.name_zh}".rstrip()
    yield f"      {', '.join(terms.rails)}: trades matched at {format_clock(terms.start)}"
    early = "".join(f", {code} to {format_clock(clock)}" for code, clock in terms.last_pay_in.items())
    yield f"      paid in at {', '.join(format_clock(clock) for clock in terms.pay_in_at)}{early}"
    cuts = "".join(f", {code} {decimal_text(100 * cut)} %" for code, cut in terms.haircuts.items())
    most = "".join(f", {who} {format_amount(limit)}" for who, limit in terms.aggregate_limits.items())
    yield f"      haircut {decimal_text(100 * terms.haircut)} %{cuts}"
    yield f"      short over all currencies at most {format_amount(terms.aggregate_limit)}{most}"
    if terms.in_out:
        share = decimal_text(100 * terms.in_out)
        yield f"      in/out swaps of {share} % of positions, the outside legs on the funding rails"
    if terms.liquidity_provider is not None:
        yield f"      {terms.liquidity_provider} pays in what others leave short"
