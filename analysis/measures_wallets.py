"""Measures from the tables of wallets: value, number, what was refused by which rule; one pass over the payments."""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from analysis.batches import Words, batches, numbers
from analysis.cuts import by_currency, plain_groups
from analysis.exact import sums
from analysis.measures import Found
from analysis.measures_payments import ratio
from analysis.measures_risk import peak
from analysis.tables import Tables
from analysis.wallet_rows import Wallets

_COLUMNS = ("system", "flow", "kind", "payer", "payee", "currency", "amount_minor", "topped_up_minor", "swept_minor",
            "initiated_at", "decided_at", "offline", "status")  # fmt: skip
_CUT = {"participant": "operator", "holders": "holders", "country": "country", "class": "class"}


def compute(tables: Tables, by: str) -> Found:
    """Every measure of the family ``wallets``, cut by ``by``, for each currency; nothing for a run without wallets."""
    if not tables.scenario.get("wallets"):
        return {}
    cut = _CUT.get(by)
    wallets, currencies, statuses, kinds = Wallets(tables, cut), Words(), Words(), Words()
    groups = wallets.names[cut] if cut else Words()
    total: dict[str, Counter[tuple[int, int]]] = defaultdict(Counter)
    unposted: dict[tuple[int, int], list[NDArray[np.int64]]] = defaultdict(list)
    span = tables.span()
    end = span[1] if span else 0
    for batch in batches(tables, "wallet_payments", _COLUMNS):
        amount, payer, payee = (numbers(batch[name]) for name in ("amount_minor", "payer", "payee"))
        currency, status, kind = (
            words.codes(batch[name])
            for words, name in ((currencies, "currency"), (statuses, "status"), (kinds, "kind"))
        )
        from_, to = (wallets.rows(batch["system"], side) for side in (payer, payee))
        side = np.where(payer >= 0, from_, to)
        if cut:
            group = wallets.of(cut, side)
        elif by == "flow":
            group = groups.codes(batch["flow"])
        elif by == "status":
            group = status
            groups = statuses
        else:
            group = plain_groups(by, groups, numbers(batch["initiated_at"]), currencies, currency)
        pairs, row = by_currency(group, currency)
        n = len(pairs)
        done, refused = (
            np.array([word.startswith(start) for word in statuses.words])[status] for start in ("SETTLED", "REJECTED")
        )
        is_kind = {name: kind == kinds.position(name) for name in ("payment", "top_up", "withdrawal", "interest")}
        paid = is_kind["payment"]
        settled = np.where(paid & done, amount, 0)
        offline = paid & (numbers(batch["offline"]) == 1)
        start, until = numbers(batch["initiated_at"]), numbers(batch["decided_at"])
        until = np.where(status == statuses.position("OFFLINE_AT_END"), end, until)
        for position in np.unique(row[offline]).tolist():  # what a device refuses is decided at once
            mine = offline & (row == position) & (until > start)
            unposted[pairs[position]].append(np.array([start[mine], until[mine], amount[mine]]))
        double = paid & (status == statuses.position("REJECTED_DOUBLE_SPEND"))
        counts = {
            "wallet_count": paid,
            "wallet_rejected_count": paid & refused,
            "wallet_offline_count": offline,
        }
        values = {
            "wallet_value": settled,
            "wallet_double_spend_value": np.where(double, amount, 0),
            "wallet_topped_up_value": np.where(is_kind["top_up"] & done, amount, 0) + numbers(batch["topped_up_minor"]),
            "wallet_to_bank_value": np.where(is_kind["withdrawal"] & done, amount, 0) + numbers(batch["swept_minor"]),
        }
        for name, column in (("wallet_crossing_value", "country"), ("wallet_between_operators_value", "operator")):
            values[name] = np.where(wallets.of(column, from_) != wallets.of(column, to), settled, 0)
        for name, mask in counts.items():
            for pair, count in zip(pairs, np.bincount(row[mask], minlength=n).tolist(), strict=True):
                total[name][pair] += count
        for name, each in values.items():
            for pair, value in zip(pairs, sums(row, n, each), strict=True):
                total[name][pair] += value
    found: Found = {}
    if by == "status":  # the others say nothing new there
        total = defaultdict(Counter, {"wallet_count": total["wallet_count"]})
    for pair in total["wallet_count"]:
        one = {name: count[pair] for name, count in total.items()}
        cells: dict[str, int | Fraction | None] = dict(one)
        if "wallet_rejected_count" in one:
            cells["wallet_rejected_share"] = ratio(one["wallet_rejected_count"], one["wallet_count"])
            cells["wallet_offline_peak"] = peak(*np.concatenate(unposted[pair], axis=1)) if pair in unposted else 0
        found |= {(name, groups.words[pair[0]], currencies.words[pair[1]]): cell for name, cell in cells.items()}
    return found
