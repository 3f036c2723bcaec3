"""Days of a CLS-type system: what was due, paid in and missing, what a provider covered, and what was left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from analysis.batches import Words, batches, numbers
from analysis.exact import sums
from analysis.measures import Found
from analysis.measures_payments import ratio
from analysis.tables import Tables

_SUMS: Final = {"pay_in_due": "cls_due_value", "pay_in": "cls_paid_in_value", "covered": "cls_covered_value"}
_LEFT: Final = ("cls_left_short_value", "cls_unpaid_value")
Group = tuple[str, str]
"""What a value belongs to, and its currency."""


def systems(tables: Tables) -> set[str]:
    """The rails of the kind ``cls``."""
    return {name for name in tables.scenario.get("rails", {}) if tables.entry("rails", name).get("kind") == "cls"}


def compute(tables: Tables, by: str) -> Found:
    """Every measure of the family ``cls``, cut by ``by``, in the currency of each leg; nothing without such a system.

    Memory follows the control events.
    """
    rails = systems(tables)
    if not rails:
        return {}
    total: dict[str, dict[Group, int]] = defaultdict(lambda: defaultdict(int), _left(tables, by, rails))
    total["cls_settled_value"] = _settled(tables, by, rails)
    for name, rail, who, currency, amount in _events(tables):
        if rail in rails and name in _SUMS:
            group = {"rail": rail, "participant": who, "currency": currency}.get(by, "")
            total[_SUMS[name]][group, currency] += amount
    found: Found = {}
    for group in sorted({group for each in total.values() for group in each}):
        values = {name: total[name].get(group, 0) for name in ("cls_settled_value", *_SUMS.values(), *_LEFT)}
        due, paid = values["cls_due_value"], values["cls_paid_in_value"]
        more = {"cls_missing_value": due - paid, "cls_paid_in_share": ratio(paid, values["cls_settled_value"])}
        found |= {(name, *group): value for name, value in (values | more).items()}
    return found


def _events(tables: Tables) -> Iterator[tuple[Any, ...]]:
    """What happened, on which rail, to whom, in which currency, how much."""
    columns = ("event", "rail", "participant", "currency", "amount_minor")
    for batch in batches(tables, "events", columns):
        yield from zip(*(batch[name].to_pylist() for name in columns), strict=True)


def _left(tables: Tables, by: str, rails: set[str]) -> dict[str, dict[Group, int]]:
    """What accounts of members are short, and what they hold, when a day has ended."""
    left: dict[str, dict[Group, int]] = {name: defaultdict(int) for name in _LEFT}
    columns = ("rail", "participant", "currency", "closing_minor")
    for batch in batches(tables, "accounts", columns):
        for rail, who, currency, closing in zip(*(batch[name].to_pylist() for name in columns), strict=True):
            if rail in rails and who != tables.entry("rails", rail).get("operator"):
                group = {"rail": rail, "participant": who, "currency": currency}.get(by, "")
                for name, amount in zip(_LEFT, (-closing, closing), strict=True):
                    left[name][group, currency] += max(amount, 0)
    return left


def _settled(tables: Tables, by: str, rails: set[str]) -> dict[Group, int]:
    """Legs of trades that settled, each in its currency and of who paid it."""
    words = {name: Words() for name in ("kind", "rail", "debtor", "currency")}
    total: dict[Group, int] = defaultdict(int)
    group_by = {"rail": "rail", "participant": "debtor", "currency": "currency"}.get(by)
    for batch in batches(tables, "obligations", ("kind", "rail", "debtor", "currency", "amount_minor", "settled_at")):
        codes = {name: words[name].codes(batch[name]) for name in words}
        wanted = [words["rail"].position(rail) for rail in sorted(rails)]
        mine = np.isin(codes["rail"], wanted) & (codes["kind"] == words["kind"].position("payment"))
        mine &= np.asarray(batch["settled_at"].is_valid().to_numpy(zero_copy_only=False))
        if not mine.any():
            continue
        keys = np.stack([codes[group_by][mine] if group_by else np.zeros(int(mine.sum()), np.int64),
                         codes["currency"][mine]])  # fmt: skip
        pairs, row = np.unique(keys, axis=1, return_inverse=True)
        values = sums(row.reshape(-1), pairs.shape[1], numbers(batch["amount_minor"])[mine])
        for (who, currency), value in zip(pairs.T.tolist(), values, strict=True):
            name = words[group_by].words[who] if group_by else ""
            total[name, words["currency"].words[currency]] += value
    return total
