"""What a dealer charges: the spread it keeps from a payment and the amount it pays out, exact to the minor unit.

The rule. On a payment of A minor units of the source currency at a half-spread of s basis points and a mid rate R,

    spread     S = half_even(A × s / 10,000)       source currency
    principal  P = A − S                           source currency
    target     B = half_even(P × R)                target currency

so the spread is an amount of its own in the source currency, the principal is converted at the mid, and what rounding
leaves stays with the dealer: each currency is conserved to the unit. The compiled twin is in `fx.convert_kernel`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from fx.convert import convert_minor, rate_fraction

BP_E2_WHOLE = 1_000_000
"""100 %, in hundredths of a basis point."""


def dealer_legs(amount_minor: int, spread_bp_e2: int, numerator: int, denominator: int) -> tuple[int, int, int]:
    """Return (principal_minor, spread_minor, target_minor) of a conversion through a dealer.

    Parameters
    ----------
    amount_minor : int               minor units of the source currency, ≥ 0
    spread_bp_e2 : int               half-spread in hundredths of a basis point, 0..1,000,000 (500 is 5 bp)
    numerator, denominator : int     the mid rate as `fx.convert.rate_fraction` gives it

    Raises
    ------
    ValueError       an input out of range
    OverflowError    the target amount doesn't fit int64
    """
    if not 0 <= spread_bp_e2 <= BP_E2_WHOLE:
        raise ValueError(f"a half-spread lies between 0 and 10,000 bp, not {Decimal(spread_bp_e2) / 100} bp")
    spread_minor = convert_minor(amount_minor, spread_bp_e2, BP_E2_WHOLE) if spread_bp_e2 else 0
    principal_minor = amount_minor - spread_minor
    return principal_minor, spread_minor, convert_minor(principal_minor, numerator, denominator)


@dataclass(frozen=True, kw_only=True)
class Quote:
    """A dealer's price for one currency pair."""

    source: str
    """ISO 4217 code of the currency the dealer receives."""
    target: str
    """ISO 4217 code of the currency the dealer pays."""
    mid: Decimal
    """Mid rate: units of `target` for one unit of `source`."""
    spread_bp_e2: int
    """Half-spread in hundredths of a basis point."""

    def fraction(self) -> tuple[int, int]:
        """Return the mid as (numerator, denominator) over minor units; ValueError when it doesn't fit int64."""
        return rate_fraction(self.mid, self.source, self.target)

    def legs(self, amount_minor: int) -> tuple[int, int, int]:
        """Return (principal_minor, spread_minor, target_minor) for an amount of the source currency."""
        numerator, denominator = self.fraction()
        return dealer_legs(amount_minor, self.spread_bp_e2, numerator, denominator)
