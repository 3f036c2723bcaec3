"""A comparison as rows of text: payments by route, outages, wallets, and a sentence for each difference."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from analysis.measure_list import MEASURES
from analysis.paired import WAITED
from analysis.shown import OF_ROUTE, OUTAGES, SHARE, SHOWN, WALLETS
from fx.currency import exponent, is_currency

HEADS: Final = {
    "submitted_count": "payments", "settlement_rate_count": "settled", "settled_value": "value",
    "median_time": "median", "mean_time": "mean", "within_hour": "in 1 h", "cost_bp": "cost",
    "refunded_value": "refunded", "liquidity_used": "liquidity", "liquidity_for_payments": "needed",
    "principal_at_risk": "at risk", "outside_value": "outside",
    "outside_at_risk": "outside at risk", "locked_liquidity": "locked",
    "credit_charge": "credit", "outage_time": "lasted", "outage_waiting_count": "waited",
    "outage_waiting_value": "value", "outage_wait": "wait", "outage_wait_after": "after",
    "outage_unsettled_count": "unsettled",
    "outage_refused_count": "refused", "outage_queue_peak": "queue", "outage_recovery": "until as before",
    "wallet_count": "payments asked for", "wallet_rejected_share": "refused", "wallet_value": "value",
    "wallet_between_operators_value": "between operators", "wallet_crossing_value": "across the border",
    "wallet_topped_up_value": "topped up", "wallet_to_bank_value": "to bank accounts",
    "wallet_offline_count": "offline payments", "wallet_offline_peak": "offline and not posted, most",
    "wallet_double_spend_value": "spent twice", "operator_reserves_mean": "operators' reserves, mean",
    "operator_reserves_peak": "operators' reserves, most",
    "operator_reserve_base_mean": "counts for requirements, mean",
    "operator_issued_value": "bought of the central bank",
    "operator_settled_value": "settled between operators", WAITED: "mean of those that waited for an outage",
}  # fmt: skip
NOTES: Final = {
    "cost_bp": "cost: fees and spreads in every currency, at their payment's mid rates, and the sending bank's tariff",
    "credit_charge": "credit: what banks paid the central bank for it; it is in no payment's cost",
    "liquidity_used": "liquidity: what accounts used, funding and sweeps included",
    "liquidity_for_payments": "needed: the largest net debits of payments alone; of a route as if it were the only one",
    "principal_at_risk": "at risk: principal of conversions × hours",
    "outside_value": "outside: principal paid for in/out swaps beside a system of the kind CLS",
    "outside_at_risk": "outside at risk: × hours until the other leg is paid",
    "locked_liquidity": "locked: in hash time locks × hours",
}  # fmt: skip
SELDOM: Final = ("refunded_value", "outside_value", "outside_at_risk", "locked_liquidity", "credit_charge")
"""Columns that stand there only where a run has some of it."""
_SIZES: Final = ((1e12, "tn"), (1e9, "bn"), (1e6, "mn"))


@dataclass(frozen=True)
class Text:
    """Rows of text under their heads; the first ``left`` columns are names, the others numbers."""

    heads: list[str]
    rows: list[list[str]]
    left: int

    def lines(self) -> list[str]:
        """As lines of columns."""
        table = [self.heads, *self.rows]
        widths = [max(len(row[k]) for row in table) for k in range(len(self.heads))]
        return ["  ".join(
            cell.ljust(width) if k < self.left else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip() for row in table]  # fmt: skip


def shown(measure: str, value: float | None, currency: str) -> str:
    """A value as tables show it: shares in %, times in a unit that suits, amounts in major units, - where undefined."""
    unit = "share" if measure == SHARE else MEASURES[measure].unit
    if value is None:
        return "-"
    if unit == "share":
        return f"{value * 100:.1f} %"
    if unit == "seconds":
        return time(value)
    if unit == "basis points":
        return f"{value:.1f} bp"
    if unit == "payments":
        return f"{value:,.0f}"
    major = value / 10 ** (exponent(currency) if is_currency(currency) else 0)
    return amount(major / 3600 if unit == "minor units × seconds" else major)


def time(seconds: float) -> str:
    """A length of time in seconds, from two minutes on in minutes, from two hours on in hours."""
    size, unit = next(((size, unit) for size, unit in ((3600, "h"), (60, "min")) if seconds >= 2 * size), (1, "s"))
    return f"{seconds / size:,.1f} {unit}"


def amount(value: float) -> str:
    """An amount in four digits, with mn, bn or tn from a million on; one below that in full."""
    size, unit = next(((size, unit) for size, unit in _SIZES if abs(value) >= size), (1.0, ""))
    if not unit:
        return f"{value:,.0f}"
    number = value / size
    return f"{number:,.{max(0, 4 - len(str(int(abs(number)))))}f} {unit}"


def _cells(table: pa.Table) -> list[dict[str, Any]]:
    return [row for row in table.to_pylist() if not row["measure"].endswith("_difference")]


def payments(table: pa.Table) -> Text:
    """A row for each route, currency and run, the whole first; what each needs and risks stands beside its cost."""
    cells: dict[tuple[str, str, str], dict[str, float | None]] = {}
    runs = list(dict.fromkeys(table["run"].to_pylist()))
    for row in _cells(table):
        if row["measure"] in SHOWN and not row["part"]:
            name = "liquidity_for_payments" if row["measure"] == OF_ROUTE[0] else row["measure"]
            cells.setdefault((row["route"], row["currency"], row["run"]), {})[name] = row["value"]
    # A currency that is only held, and not even used, says nothing.
    cells = {key: found for key, found in cells.items() if "submitted_count" in found or any(found.values())}
    names = [name for name in SHOWN if any(
        found.get(name) if name in SELDOM else found.get(name) is not None for found in cells.values())]  # fmt: skip
    order = sorted(cells, key=lambda key: (key[0], key[1], runs.index(key[2])))
    several = len(runs) > 1
    rows = [[route or "all", money, *([run] if several else []),
             *(shown(name, cells[route, money, run].get(name), money) for name in names)]
            for route, money, run in order]  # fmt: skip
    return Text(["route", "money", *(["run"] if several else []), *(HEADS[name] for name in names)], rows, 2 + several)


def notes(text: Text) -> list[str]:
    """What the columns of :func:`payments` mean."""
    there = [note for name, note in NOTES.items() if HEADS[name] in text.heads]
    return ["Amounts in units of the money named: the one sent, of accounts theirs.", *(f"{each}." for each in there)]


def outages(table: pa.Table) -> Text | None:
    """A row for each outage, run and currency; None where no run has outages."""
    cells: dict[tuple[str, str, str], dict[str, float | None]] = {}
    runs = list(dict.fromkeys(table["run"].to_pylist()))
    for row in _cells(table):
        if row["part"] and row["measure"] in OUTAGES:
            cells.setdefault((row["part"], row["currency"], row["run"]), {})[row["measure"]] = row["value"]
    if not cells:
        return None
    names = [name for name in OUTAGES if any(name in found for found in cells.values())]
    rows = [[part, money, run, *(shown(name, cells[part, money, run].get(name), money) for name in names)]
            for part, money, run in sorted(cells, key=lambda key: (key[0], key[1], runs.index(key[2])))]  # fmt: skip
    return Text(["outage (UTC)", "money", "run", *(HEADS[name] for name in names)], rows, 3)


def wallets(table: pa.Table) -> Text | None:
    """A row for each measure of wallets and for each way in which a payment ended, a column for each run."""
    runs = list(dict.fromkeys(table["run"].to_pylist()))
    cells: dict[tuple[str, str, str], dict[str, float | None]] = {}
    for row in _cells(table):
        if row["measure"] in WALLETS or row["measure"] == SHARE:
            cells.setdefault((row["currency"], row["measure"], row["part"]), {})[row["run"]] = row["value"]
    if not cells:
        return None
    rows = []
    for money in dict.fromkeys(currency for currency, _, _ in cells):
        for key in [each for name in WALLETS for each in _with_parts(cells, money, name)]:
            values = [shown(key[1], cells[key].get(run), money) for run in runs]
            what = key[2] or HEADS[key[1]]
            rows.append([f"  {what}" if key[2] else what, money, *values])
    return Text(["wallets", "money", *runs], rows, 2)


def _with_parts(cells: Iterable[tuple[str, str, str]], money: str, name: str) -> Sequence[tuple[str, str, str]]:
    """A measure's row and, below the share refused, the rules that refused."""
    parts = sorted(key for key in cells if key[:2] == (money, SHARE) and key[2].startswith("REJECTED"))
    mine = [key for key in cells if key == (money, name, "")]
    return [*mine, *parts] if name == "wallet_rejected_share" else mine


def differences(table: pa.Table) -> list[str]:
    """A sentence for each difference."""
    found = []
    for row in table.to_pylist():
        name = row["measure"].removesuffix("_difference")
        if name != row["measure"]:
            scale, unit = (60, "min") if name in ("mean_time", WAITED) else (0.01, "points")
            interval = "no interval: all payments begin in one hour"
            if row["low"] is not None:
                interval = f"95 %: {row['low'] / scale:+.2f} to {row['high'] / scale:+.2f}"
            found.append(f"{row['run']}: {HEADS[name]} {row['value'] / scale:+.2f} {unit} ({interval})")
    return found
