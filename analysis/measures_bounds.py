"""Measures of liquidity against its bounds, and of netting, from the obligations of payments."""

from __future__ import annotations

from collections import defaultdict

from analysis.bounds import Needs, needs
from analysis.measures import Found
from analysis.measures_payments import ratio
from analysis.tables import Tables


def compute(tables: Tables, by: str) -> Found:
    """Every measure of the family ``bounds``, cut by ``by``; figures of accounts and days add up."""
    total: dict[tuple[str, str], Needs] = defaultdict(Needs)
    for account, need in needs(tables).items():
        total["" if by == "run" else getattr(account, by), account.currency] += need
    found: Found = {}
    for key, need in total.items():
        found |= {(name, *key): value for name, value in {
            "liquidity_lower_bound": need.lower, "liquidity_for_payments": need.used,
            "liquidity_upper_bound": need.upper, "liquidity_upper_submitted": need.submitted,
            "liquidity_level": need.level, "netting_possible": ratio(need.gross - need.lower, need.gross),
            "netting_efficiency": ratio(need.gross - need.used, need.gross),
            "recycling": ratio(need.gross, need.used),
        }.items()}  # fmt: skip
    return found
