"""Hash time locks on the machine against their plain-Python twin, on generated worlds; and each lock has one end."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.engine.machine import Machine
from simcore.kernels import constants as c
from tests.reference.compare import against, check_worlds
from tests.reference.locks import LockTwin
from tests.reference.play import Buffers, Case, play
from tests.reference.worlds import Drawn, Rolled, buffers, make_lock_case

WORLDS = 1_000


@st.composite
def lock_cases(draw: object) -> Case:
    return make_lock_case(Drawn(draw))  # type: ignore[arg-type]


@given(case=lock_cases(), sizes=buffers())
def test_locks_do_what_the_rules_say(case: Case, sizes: Buffers) -> None:
    assert not against(LockTwin, case, sizes)


def test_locks_do_what_the_rules_say_in_full_worlds() -> None:
    check_worlds(make_lock_case, LockTwin, range(WORLDS))


@pytest.mark.slow
@pytest.mark.parametrize("block", range(1, 11))
def test_locks_do_what_the_rules_say_in_many_more(block: int) -> None:
    check_worlds(make_lock_case, LockTwin, range(block * WORLDS, (block + 1) * WORLDS))


def test_what_is_locked_is_claimed_or_goes_back_once_and_only_a_late_claim_leaves_one_leg() -> None:
    """Whatever else happens around: each lock has one end, and legs of a payment are final both, neither, or late."""
    ends: Counter[str] = Counter()
    for seed in range(2_000):
        case = make_lock_case(Rolled(seed))
        played = play(case, Machine)
        status = {row[0]: row[4] for row in played.rows("payments")}
        locked: Counter[tuple[int, int]] = Counter()
        final: dict[int, set[int]] = {}
        for payment, hop, kind, _, _, _, _, _, sequence, *_ in played.rows("obligations"):
            if kind in (c.KIND_LOCK, c.KIND_UNLOCK):
                locked[payment, hop] += 1 if kind == c.KIND_LOCK else -1
            if kind == c.KIND_PAYMENT and sequence != c.NONE:
                final.setdefault(payment, set()).add(hop)
        for (payment, hop), open_ in locked.items():
            assert open_ in (0, 1), f"seed {seed}, payment {payment}"
            if open_:
                assert status[payment] == c.HELD_AT_END, f"seed {seed}, payment {payment}"
            elif status[payment] == c.CLAIMED_LATE:
                assert hop in final[payment] or hop - 1 in final[payment]
                ends["late"] += 1
            elif status[payment] == c.RETURNED_LOCK_ENDED:
                assert hop not in final.get(payment, set())
                ends["back"] += 1
            elif hop in final.get(payment, set()):
                ends["claimed"] += 1
    assert min(ends[what] for what in ("late", "back", "claimed")) > 30, ends  # else the worlds would prove little
