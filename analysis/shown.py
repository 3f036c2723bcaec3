"""What a comparison shows of a run: by the run, by route, by outage, and of its wallets by what became of payments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from analysis.measures import cells, measure
from analysis.tables import Tables

PAYMENTS: Final = ("submitted_count", "settlement_rate_count", "settled_value", "median_time", "mean_time",
                   "within_hour", "cost_bp", "refunded_value")  # fmt: skip
ACCOUNTS: Final = ("liquidity_used", "liquidity_for_payments", "principal_at_risk", "outside_value",
                   "outside_at_risk", "locked_liquidity", "credit_charge")  # fmt: skip
OF_ROUTE: Final = ("route_liquidity", "principal_at_risk")
"""What a route needs and risks by itself; of a run ``liquidity_for_payments`` is the same of all its payments."""
SHOWN: Final = (*PAYMENTS, "liquidity_used", "liquidity_for_payments", "route_liquidity", *ACCOUNTS[2:])
"""Measures of payments, liquidity, risk and credit in the order in which they are shown."""
OUTAGES: Final = ("outage_time", "outage_waiting_count", "outage_waiting_value", "outage_wait", "outage_wait_after",
                  "outage_unsettled_count", "outage_refused_count", "outage_queue_peak", "outage_recovery")  # fmt: skip
WALLETS: Final = ("wallet_count", "wallet_rejected_share", "wallet_value", "wallet_between_operators_value",
                  "wallet_crossing_value", "wallet_topped_up_value", "wallet_to_bank_value", "wallet_offline_count",
                  "wallet_offline_peak", "wallet_double_spend_value", "operator_reserves_mean",
                  "operator_reserves_peak", "operator_reserve_base_mean", "operator_issued_value",
                  "operator_settled_value")  # fmt: skip
SHARE: Final = "wallet_share"
"""Share of payments asked for that ended in one way; ``part`` says in which."""


def shown(tables: Tables) -> Iterator[dict[str, Any]]:
    """Route (empty for the run as a whole), part, currency, measure and value of everything shown of a run.

    ``part`` is the outage or the outcome that a row is about, else empty.
    """
    for by, names in (("run", [*PAYMENTS, *ACCOUNTS]), ("route", [*PAYMENTS, *OF_ROUTE])):
        sent: dict[tuple[str, str], None] = {}
        risky: set[tuple[str, str]] = set()
        for row in measure(tables, names, by).to_pylist():
            key = row["group"], row["currency"]
            sent |= {key: None} if row["measure"] == "submitted_count" else {}
            risky |= {key} if row["measure"] == "principal_at_risk" else set()
            yield _row(row, row["group"], "")
        # Where nothing is exchanged the measure has no rows: nothing is at risk.
        for route, currency in sent:
            if (route, currency) not in risky:
                yield {"route": route, "part": "", "currency": currency, "measure": "principal_at_risk", "value": 0.0}
    if tables.scenario.get("outages"):
        for row in measure(tables, OUTAGES, "outage").to_pylist():
            yield _row(row, "", row["group"])
    if tables.scenario.get("wallets"):
        asked: dict[str, float] = {}
        for row in measure(tables, WALLETS, "run").to_pylist():
            if row["measure"] == "wallet_count":
                asked[row["currency"]] = row["value"]
            yield _row(row, "", "")
        for cell in cells(tables, ["wallet_count"], "status"):
            share = float(cell.value or 0) / asked[cell.currency] if asked[cell.currency] else None
            yield {"route": "", "part": cell.group, "currency": cell.currency, "measure": SHARE, "value": share}


def _row(row: dict[str, Any], route: str, part: str) -> dict[str, Any]:
    return {"route": route, "part": part} | {name: row[name] for name in ("currency", "measure", "value")}
