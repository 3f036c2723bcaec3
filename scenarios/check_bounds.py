"""Checks of the amounts that a rail takes: above zero, in its currency, the least not above the most."""

from __future__ import annotations

from typing import Any

from scenarios.keys import KeyPath
from scenarios.references import Checks
from simcore.units import format_amount

CODE = "LH132"


def check_bounds(checks: Checks, path: KeyPath, rail: Any) -> None:
    """Note a least or most amount that can't be, and a pair that leaves no amount."""
    least, most = rail.least_amount, rail.most_amount
    sound = True
    for key, amount in (("least_amount", least), ("most_amount", most)):
        if amount is not None and (amount.amount_minor < 1 or amount.currency != rail.currency):
            checks.say(CODE, (*path, key), format_amount(amount), f"an amount above zero in {rail.currency}")
            sound = False
    if sound and least is not None and most is not None and least.amount_minor > most.amount_minor:
        checks.say(CODE, (*path, "least_amount"), f"{format_amount(least)}, above the most",
                   f"at most {format_amount(most)}, or every payment is rejected")  # fmt: skip
