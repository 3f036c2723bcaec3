"""Published examples of clearing: obligations, compression and clearing vectors.

Each test names its source. Where a source gives the input only, the answer was computed by hand or by another program
and is said to be so.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from simcore.lsm.bounds import divisible_bound
from simcore.lsm.clearing_vector import clearing_vector
from simcore.lsm.compression import Compression
from simcore.lsm.cycle_cancelling import CycleCancelling
from simcore.lsm.set_off import SetOff
from tests.reference.lsm_clearing_vector import greatest_clearing_vector
from tests.simcore.lsm.instances import letters

# https://informal.systems/blog/obligation-clearing-algorithm-design-101
TRIANGLE = letters(dict.fromkeys("ABC", 0), "A>B 100, B>C 80, C>A 70")
TWO_TRIANGLES = letters(dict.fromkeys("ABCDE", 0), "A>B 100, B>E 70, E>A 100, C>D 100, D>E 100, E>C 70, B>C 100")
# D'Errico and Roukny, https://vdocument.in/esrb-annual-conference-van-den-burg-prize-derrico-and-esrb-annual-conference.html
MARKET = letters(dict.fromkeys("ABCD", 0), "A>B 5, B>C 10, C>A 20, C>D 10")


def test_informal_systems_triangle() -> None:
    """A cycle of 70 goes: 210 are cleared and 40 left."""
    cleared = SetOff().clear(TRIANGLE)
    assert cleared.facts["cleared"] == 210
    assert cleared.residual_minor.tolist() == [30, 10, 0]


def test_informal_systems_cycles_depend_on_their_order_and_set_off_does_not() -> None:
    """The source clears 420 by two cycles of 70, or 500 by the one of 100; the optimum, 570, is ours.

    After the two cycles a third one of 30 is left, which brings them to the optimum too; after the one of 100, none.
    """
    assert CycleCancelling(order="largest").clear(TWO_TRIANGLES).facts["cleared"] == 500
    best = SetOff().clear(TWO_TRIANGLES)
    assert best.facts["cleared"] == 570
    assert best.residual_minor.tolist() == [0, 0, 0, 0, 0, 0, 70]  # B>C
    queue = CycleCancelling(order="queue").clear(TWO_TRIANGLES)
    assert queue.facts["cycles"] == 3
    assert queue.facts["cleared"] == 420 + 5 * 30


def test_informal_systems_without_cash_the_divisible_bound_is_set_off() -> None:
    assert divisible_bound(TWO_TRIANGLES) == 570


def test_d_errico_and_roukny_positions_of_the_market() -> None:
    """Gross 25, 15, 40, 10; net -15, +5, +20, -10 (owed to others less owed by them); market 45; excess 20."""
    owes, is_owed = np.zeros(4, np.int64), np.zeros(4, np.int64)
    np.add.at(owes, MARKET.debtor, MARKET.amount)
    np.add.at(is_owed, MARKET.creditor, MARKET.amount)
    assert (owes + is_owed).tolist() == [25, 15, 40, 10]
    assert (owes - is_owed).tolist() == [-15, 5, 20, -10]
    facts = SetOff().clear(MARKET).facts
    assert (facts["gross"], facts["net_internal_debt"], facts["excess"]) == (45, 25, 20)


def test_d_errico_and_roukny_compression() -> None:
    """Conservative leaves 30 (B>C 5, C>A 15, C>D 10), bilateral 45; non-conservative the net internal debt, 25."""
    conservative = Compression(kind="conservative").clear(MARKET)
    assert conservative.residual_minor.tolist() == [0, 5, 15, 10]
    left = {kind: Compression(kind=kind).clear(MARKET).facts["residual"] for kind in ("bilateral", "non_conservative")}
    assert left == {"bilateral": 45, "non_conservative": 25}


# The R package systemicrisk, example of default_clearing: https://rdrr.io/cran/systemicrisk/man/default_clearing.html
# Input from there; its thousandths are our minor units. Answers computed.
OWES = np.array([[0, 500, 500], [500, 0, 500], [500, 500, 0]])
OUTSIDE, EXTERNAL = [500, 625, 750], [1500, 500, 500]


def test_systemicrisk_without_costs_of_default() -> None:
    result = clearing_vector(OWES, OUTSIDE, EXTERNAL)
    assert [pay / 1000 for pay in result.exact] == [Fraction(165, 112), Fraction(159, 112), Fraction(3, 2)]
    assert result.defaulted.tolist() == [True, True, False]
    assert (result.payments + result.external).tolist() == [1473, 1419, 1500]  # 1473.2, 1419.6
    assert result.kept.tolist() == [0, 0, 18]  # 17.86


def test_systemicrisk_with_costs_of_default() -> None:
    result = clearing_vector(OWES, OUTSIDE, EXTERNAL, alpha=Fraction(1, 2), beta="0.7")
    expected = [Fraction(4225, 8416), Fraction(160275, 311392), Fraction(176055, 311392)]
    assert [pay / 1000 for pay in result.exact] == expected
    assert result.defaulted.all()


def test_systemicrisk_in_its_own_fractions() -> None:
    half = Fraction(1, 2)
    owes = [[Fraction(0) if i == j else half for j in range(3)] for i in range(3)]
    outside, external = [half, Fraction(5, 8), Fraction(3, 4)], [3 * half, half, half]
    pays, _ = greatest_clearing_vector(owes, outside, external)
    assert pays == [Fraction(165, 112), Fraction(159, 112), Fraction(3, 2)]
    pays, _ = greatest_clearing_vector(owes, outside, external, alpha=half, beta=Fraction(7, 10))
    assert pays == [Fraction(4225, 8416), Fraction(160275, 311392), Fraction(176055, 311392)]


def test_barucca_ring_with_senior_external_debt() -> None:
    """https://github.com/paolobarucca/eisenbergnoe: ring 4, 3, 2; outside assets 20, 20, 10 lose 10 %; computed."""
    ring = np.array([[0, 4, 0], [0, 0, 3], [2, 0, 0]])
    result = clearing_vector(ring, [18, 18, 9], [17, 18, 8], rank="senior")
    assert result.payments.tolist() == [3, 3, 2]
    assert result.exact == (3, 3, 2)
    assert result.external.tolist() == [17, 18, 8]
    assert result.defaulted.tolist() == [True, False, False]
