"""TARGET2's bilateral and multilateral limits, and taking payments out until funds and limits hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simcore.accelerate import kernel
from simcore.errors import ScenarioError
from simcore.lsm.base import Problem
from simcore.lsm.grouping import Groups, Int32, Int64, by_debtor

Limits = tuple[tuple[int, int, int], ...]
ALL = -1  # in a limit: towards everybody without a bilateral limit


@dataclass(frozen=True)
class LimitedProblem:
    """A problem with what each payment counts against: funds of its two accounts and perhaps a limit of each.

    Rule r < n_account is "account r keeps its funds ≥ 0", the others are limits; ``room`` is what each still allows.
    """

    room: Int64  # (n_rule,) minor units, ≥ 0
    holder: Int32  # (n_rule,) account that has to keep the rule
    debit_rule: Int32  # (n,) limit of the debtor that the payment uses, -1 for none
    credit_rule: Int32  # (n,) limit of the creditor that the payment gives room to, -1 for none


def limited(problem: Problem, limits: Limits, where: str) -> LimitedProblem:
    """Sort payments under limits.

    Raises
    ------
    ScenarioError    LH103: an account that isn't there or is its own counterparty, a limit below zero or given twice
    """
    n_account = int(problem.funds.size)
    seen: set[tuple[int, int]] = set()
    for account, towards, limit in limits:
        wrong = ""
        if not (0 <= account < n_account and ALL <= towards < n_account) or account == towards:
            wrong = f"account {account} towards {towards}"
        elif not 0 <= limit < 2**62:
            wrong = f"{limit} minor units"
        elif (account, towards) in seen:
            wrong = f"two limits of account {account} towards {towards}"
        if wrong:
            raise ScenarioError.one(
                "LH103", f"{where}: limits", got=wrong, expected="one limit from 0 up to 2^62 for a pair of accounts"
            )
        seen.add((account, towards))
    width = n_account + 1
    keys = np.array([account * width + towards + 1 for account, towards, _ in limits], dtype=np.int64)
    sizes = np.array([limit for *_, limit in limits], dtype=np.int64)
    order = np.argsort(keys)
    keys, sizes = keys[order], sizes[order]

    def rule_of(account: Int32, towards: Int32) -> Int32:
        """The bilateral limit, else the multilateral one, else -1: (n,)."""
        rule = np.full(account.size, -1, dtype=np.int32)
        for column in (np.zeros(account.size, dtype=np.int64), towards.astype(np.int64) + 1):
            wanted = account.astype(np.int64) * width + column
            place = np.minimum(np.searchsorted(keys, wanted), max(keys.size - 1, 0))
            if keys.size:
                rule = np.where(keys[place] == wanted, n_account + place, rule).astype(np.int32)
        return rule

    holder = np.concatenate((np.arange(n_account), keys // width)).astype(np.int32)
    return LimitedProblem(
        np.concatenate((problem.funds, sizes)), holder,
        rule_of(problem.debtor, problem.creditor), rule_of(problem.creditor, problem.debtor),
    )  # fmt: skip


@kernel(forceinline=True)
def _move(rule, change, room, holder, broken):
    """Change the room of a rule and count at its holder whether it became broken or whole."""
    before = room[rule]
    room[rule] = before + change
    if before < 0 <= before + change:
        broken[holder[rule]] -= 1
    elif before >= 0 > before + change:
        broken[holder[rule]] += 1


@kernel
def take_out_last(
    start, debtor, creditor, amount, debit_rule, credit_rule, holder, room, last, broken, waiting, listed
):
    """Take out the last payment of an account that breaks a rule, until no rule is broken.

    Parameters
    ----------
    start : int64 (n_account + 1,)            payments of account i are start[i] : start[i + 1], in its queue order
    debtor, creditor, amount : (n,)           in that order
    debit_rule, credit_rule : int32 (n,)      limits, or -1; see :class:`LimitedProblem`
    holder : int32 (n_rule,)
    room : int64 (n_rule,)                    of each rule before any payment; on return after those that stay
    last : int64 (n_account,)                 written: what stays of account i is start[i] : last[i]
    broken : int64 (n_account,)               zeros: rules that each account breaks
    waiting, listed : int32, bool (n_account,)    scratch; listed all false

    Returns
    -------
    int64                                     payments taken out

    Notes
    -----
    O(n + n_rule). Payments leave from the end of the whole queue, so sets that keep all rules are closed under union
    and the order of treating accounts doesn't matter. With every payment out, all rules hold.
    """
    for k in range(amount.size):
        room[debtor[k]] -= amount[k]
        room[creditor[k]] += amount[k]
        if debit_rule[k] >= 0:
            room[debit_rule[k]] -= amount[k]
        if credit_rule[k] >= 0:
            room[credit_rule[k]] += amount[k]
    for rule in range(room.size):
        if room[rule] < 0:
            broken[holder[rule]] += 1
    top = 0
    for i in range(last.size):
        last[i] = start[i + 1]
        if broken[i] > 0:
            waiting[top] = i
            listed[i] = True
            top += 1
    removed = 0
    while top > 0:
        top -= 1
        i = waiting[top]
        listed[i] = False
        while broken[i] > 0:
            last[i] -= 1
            k = last[i]
            c = creditor[k]
            _move(i, amount[k], room, holder, broken)
            _move(c, -amount[k], room, holder, broken)
            if debit_rule[k] >= 0:
                _move(debit_rule[k], amount[k], room, holder, broken)
            if credit_rule[k] >= 0:
                _move(credit_rule[k], -amount[k], room, holder, broken)
            removed += 1
            if broken[c] > 0 and not listed[c]:
                waiting[top] = c
                listed[c] = True
                top += 1
    return removed


def staying(problem: Problem, rules: LimitedProblem, room: Int64) -> tuple[Groups, Int64]:
    """Each debtor's queue and where what stays of it ends; ``room`` is changed to what is left."""
    queues, n_account = by_debtor(problem), int(problem.funds.size)
    order, last = queues.order, np.empty(n_account, dtype=np.int64)
    take_out_last(
        queues.start, problem.debtor[order], problem.creditor[order], problem.amount[order], rules.debit_rule[order],
        rules.credit_rule[order], rules.holder, room, last, np.zeros(n_account, dtype=np.int64),
        np.empty(n_account, dtype=np.int32), np.zeros(n_account, dtype=np.bool_),
    )  # fmt: skip
    return queues, last
