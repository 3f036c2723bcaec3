"""Carries out what a deferred net system does when a net debtor can't pay, and writes down who was short."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from simcore.engine.control_log import ControlLog
from simcore.engine.machine import Machine
from simcore.engine.mechanisms import problem_of
from simcore.engine.short import positions, resolve
from simcore.kernels.constants import RETURNED_DEFAULT


class Rule(NamedTuple):
    """What happens where a net debtor can't pay, and whether what accounts reserve may be used by everybody."""

    when_short: str
    share_by: str = "owed"
    uses_reserved: bool = False


def resolve_cycle(
    machine: Machine, rail: int, name: str, currency: str, rule: Rule, log: ControlLog, names: list[str], now: int,
) -> dict[str, int]:  # fmt: skip
    """Settle, return or leave what a rail has collected; figures for ``cycles``.

    Parameters
    ----------
    name, currency : of the rail
    names : participant of each account of the rail, in order
    """
    chosen = machine.collected(rail)
    problem = problem_of(machine, rail, chosen)
    where = machine.accounts_of(rail)
    rows = machine.accounts[where]
    held, most = rows["reserved"].copy(), rows["balance"] + rows["debit_limit"]
    if rule.uses_reserved:
        problem = replace(problem, funds=np.maximum(most, 0))
    bound = machine.world.slots["returning"][chosen] != 0
    choice = resolve(problem, rule.when_short, rule.share_by, held, most, bound)

    def note(event: str, account: int, amount: int, detail: str) -> None:
        log.event(now, event, rail=name, participant=names[account], currency=currency, amount_minor=amount,
                  detail=detail)  # fmt: skip

    net = positions(problem, np.arange(problem.size))
    lacking = -(problem.funds + net)
    for account in np.flatnonzero(lacking > 0).tolist():
        note("short", account, int(lacking[account]), f"of its net position; {rule.when_short}")
    for payer, loser, amount in choice.shares:
        note("loss_share", payer, amount, f"for {names[loser]}")
    for loser, creditor, amount in choice.recoveries:
        note("recovery", loser, amount, f"to {names[creditor]}")
    back = choice.returned[~bound[choice.returned]]
    if back.size:
        event = "in_default" if choice.status == RETURNED_DEFAULT else "unwound"
        for account in np.unique(problem.debtor[back]).tolist():
            mine = back[problem.debtor[back] == account]
            note(event, account, int(problem.amount[mine].sum()), f"{mine.size} obligations")
    if choice.settles.size or choice.recoveries:
        shares, recoveries = (
            [(where.start + payer, where.start + payee, amount) for payer, payee, amount in moves]
            for moves in (choice.shares, choice.recoveries)
        )
        machine.settle_collected(rail, chosen[choice.settles], log.cycle_count, now, shares, recoveries)
    if back.size:
        machine.return_collected(rail, chosen[back], choice.status, now)
    settled = positions(problem, choice.settles)
    for loser, creditor, amount in choice.recoveries:
        settled[loser] -= amount
        settled[creditor] += amount
    return {
        "considered_count": problem.size,
        "considered_minor": int(problem.amount.sum()),
        "settled_count": int(choice.settles.size),
        "settled_minor": int(problem.amount[choice.settles].sum()),
        "moved_minor": int(-settled[settled < 0].sum()),
    }
