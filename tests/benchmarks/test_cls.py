"""The day that is timed is one that can be: most of it settles, swaps shrink what is to be paid in, limits bind."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from benchmarks.cls import CURRENCIES, DEADLINES, MEMBERS, made
from simcore.cls import in_out_swaps, net_positions, settle_day


def test_the_timed_day_settles_and_swaps_shrink_it() -> None:
    pairs, terms = made(20_000)
    done = settle_day(pairs, terms, DEADLINES)
    assert done.settled > 19_000
    assert 0.5 < done.netting_ratio < 1
    net = net_positions(pairs, MEMBERS, CURRENCIES)
    swap = in_out_swaps(net, terms.limits(), Fraction(3, 4))
    assert np.abs(swap.net).sum() < np.abs(net).sum() / 2
    # The longer the queue, the later: with tight limits less settles by the first deadline.
    tight = settle_day(pairs, made(20_000, tight=100)[1], DEADLINES)
    assert tight.settled_after[0] < done.settled_after[0]
