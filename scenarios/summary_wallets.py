"""What retail systems contain, as lines of ``luhai show``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scenarios.resolve import decimal_text
from scenarios.summary_texts import latency_text, times_text, weights_text
from simcore.draws import LognormalAmount
from simcore.model import Scenario
from simcore.retail import WalletFlow, WalletHolders, Wallets
from simcore.units import Money, format_amount

REGIMES = {"cash": "wallet money is the central bank's", "deposit": "wallet money is the operators'"}


def wallet_lines(scenario: Scenario) -> Iterator[str]:
    """A paragraph about every retail system; nothing where there is none."""
    if not scenario.wallets:
        return
    count = sum(holders.count for system in scenario.wallets.values() for holders in system.holders.values())
    yield f"Wallets ({count:,})"
    for name, system in scenario.wallets.items():
        yield f"  {name:<16} {system.name} {system.name_zh}".rstrip()
        yield f"      {system.currency}, issued by {system.issuer} on {system.rail}; {_regime(system)}"
        for kind, limits in system.classes.items():
            payment, day, balance = (format_amount(each) for each in (limits.payment, limits.day, limits.balance))
            offline = f", {format_amount(limits.offline)} offline" if limits.offline else ""
            yield f"      class {kind}: {payment} a payment, {day} a day, {balance} held{offline}"
        yield f"      operators: {', '.join(_operator(who, it) for who, it in system.operators.items())}"
        yield from (f"      {_holders(kind, holders)}" for kind, holders in system.holders.items())
        for flow, terms in system.flows.items():
            yield from _flow(flow, terms)


def _regime(system: Wallets) -> str:
    parts = []
    if system.regime == "by_date":
        parts.append(f"{REGIMES['cash']} until {system.deposit_from}, from then on the operators'")
    else:
        parts.append(REGIMES[system.regime])
    if system.regime != "cash":
        times = times_text(system.settle_every, system.settle_at)
        parts.append(f"positions between operators settle {times}" if times else "positions don't settle")
    if system.interest:
        days = ", ".join(str(day) for day in system.interest_on)
        parts.append(f"interest {system.interest / 100:g} bp a year" + (f", paid on {days}" if days else ""))
    return "; ".join(parts)


def _operator(name: str, operator: Any) -> str:
    stock = f" with a stock of {format_amount(operator.stock)}" if operator.stock else ""
    return f"{name}{stock}" if operator.bank else f"{name} (no bank)"


def _opening(amount: Money | LognormalAmount | None) -> str:
    if isinstance(amount, LognormalAmount):
        return f"{format_amount(amount.median)} in the median (sigma {amount.sigma:g})"
    return format_amount(amount) if amount is not None else "nothing"


def _holders(name: str, holders: WalletHolders) -> str:
    bank = f", bound to {holders.bank} with {_opening(holders.deposit)}" if holders.bank else ""
    return (
        f"{holders.count:,} {name} ({holders.country}), {holders.limits}, with {holders.operator}, hold "
        f"{_opening(holders.balance)}{bank}"
    )


def _flow(name: str, flow: WalletFlow) -> Iterator[str]:
    sides = {"payment": f"{weights_text(flow.payers)} → {weights_text(flow.payees)}",
             "top_up": f"bank accounts → {weights_text(flow.payees)}",
             "withdrawal": f"{weights_text(flow.payers)} → bank accounts"}[flow.kind]  # fmt: skip
    weights = {**flow.weekdays, **({"holidays": flow.holiday} if flow.holiday != 1 else {}), **flow.days}
    days = "".join(f", {day} × {decimal_text(factor)}" for day, factor in weights.items())
    what = {"payment": "payments", "top_up": "top-ups", "withdrawal": "withdrawals"}[flow.kind]
    yield f"      flow {name}: {decimal_text(flow.per_day)} {what} a day ({flow.calendar}{days}), {sides}"
    more = f"amounts: median {format_amount(flow.amount.median)}, sigma {flow.amount.sigma:g}"
    if flow.offline_share:
        after = latency_text(flow.posted_after or 0) or "no time"
        more += f"; {decimal_text(flow.offline_share * 100)} % offline, posted after {after}"
    yield f"          {more}"
