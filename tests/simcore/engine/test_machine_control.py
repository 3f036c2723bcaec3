"""Control steps at one instant, one straight after the other: none may undo, repeat or overrun the one before."""

from __future__ import annotations

from typing import Any

import pytest

from simcore.engine.machine import Machine
from simcore.engine.spec import HopSpec, WorldSpec
from simcore.errors import InvariantError, ScenarioError
from simcore.kernels import constants as c
from tests.reference.play import Case, NewPayment, Played, Step, batches, play
from tests.reference.simple import day, finality, outcomes, payment, rail, world
from tests.reference.twin import Twin

BOTH = pytest.mark.parametrize("kind", [Machine, Twin])


@BOTH
@pytest.mark.parametrize("shut", ["close", "cut_off", "open_for_funding"])
def test_a_rail_that_shuts_in_the_instant_it_opened_lets_nobody_in(kind: type, shut: str) -> None:
    """A shock may close a rail at the instant of its opening, before the obligations that waited are let in."""
    spec = world([rail()], [[10, 0]])
    script = [Step(5, "open", 0, 0), Step(5, shut, 0, 0)]
    assert outcomes(day(kind, spec, [payment(1, "A>B", 1)], script)) == ["WAITING_AT_END"]
    script += [Step(8, "open", 0, 0)]
    assert outcomes(day(kind, spec, [payment(1, "A>B", 1)], script)) == ["SETTLED_GROSS 8"]


@BOTH
@pytest.mark.parametrize("before", ["close", "open_for_funding"])
def test_a_cut_off_does_not_open_a_rail(kind: type, before: str) -> None:
    """Money that came while the rail was open for funding only releases nothing until it opens for payments."""
    spec = world([rail(rule=c.BYPASS), rail()], [[0, 5], [5, 5]])
    lines = [payment(0, "A>B", 5)]
    script = [Step(0, "open", 0, 0), Step(3, before, 0, 0), Step(5, "fund A", 0, 0), Step(6, "cut_off", 0, 0)]
    assert outcomes(play_with_funding(kind, spec, lines, script)) == ["QUEUED_AT_END"]
    script += [Step(8, "open", 0, 0)]
    assert outcomes(play_with_funding(kind, spec, lines, script)) == ["SETTLED_GROSS 8"]


@BOTH
def test_transfers_in_a_row_do_not_overrun_a_small_log(kind: type) -> None:
    """Twenty sweeps of one instant write forty rows, though the log has room for eight."""
    spec = world([rail(), rail()], [[20, 0], [20, 0]])
    machine_rows: list[int] = []
    machine = kind(spec, iter(()), lambda rows: machine_rows.extend(rows["sequence"].tolist()), print, log_rows=8)
    for _ in range(20):
        machine.transfer(0, 1, 2, 3, 1, c.KIND_SWEEP, 0)
    machine.finish()
    assert machine_rows == [number for number in range(20) for _ in range(2)]
    assert machine.accounts["balance"].tolist() == [0, 20, 0, 20]


@BOTH
def test_money_that_came_and_went_in_one_instant_releases_nothing(kind: type) -> None:
    """A receives 5 from another rail and gives them away again before its queue was looked at."""
    spec = world([rail(rule=c.BYPASS), rail()], [[0, 5], [5, 5]])
    machine = kind(spec, batches((payment(0, "A>B", 5),), 9, 0), lambda rows: None, lambda rows: None)
    machine.open(0, 0)
    machine.advance(5)
    machine.transfer(1, 0, 2, 3, 5, c.KIND_FUNDING, 5)
    machine.transfer(0, 1, 3, 2, 5, c.KIND_SWEEP, 5)
    machine.advance(6)
    assert machine.accounts["balance"].tolist() == [0, 5, 5, 5]
    assert machine.in_flight == 1


@BOTH
@pytest.mark.parametrize("rule", [c.FIFO, c.PRIORITY, c.BYPASS])
@pytest.mark.parametrize("then", ["close", "open_for_funding", "return_queued"])
def test_releases_come_to_rest_before_the_rail_shuts_or_returns_its_queue(kind: type, rule: int, then: str) -> None:
    """Funds that arrive at the cut-off still settle what they can; what is left is returned or stays."""
    spec = world([rail(rule=rule), rail()], [[0, 5], [5, 5]])
    script = [Step(0, "open", 0, 0), Step(5, "fund A", 0, 0), Step(5, then, 0, 0)]
    day_of = [payment(0, "A>B", 2), payment(1, "A>B", 3), payment(2, "A>B", 4)]
    played = play_with_funding(kind, spec, day_of, script)
    left = "RETURNED_CUT_OFF 5" if then == "return_queued" else "QUEUED_AT_END"
    assert outcomes(played) == ["SETTLED_GROSS 5", "SETTLED_GROSS 5", left]
    assert finality(played) == [-1, -1, 0, 1]


@BOTH
def test_a_transfer_beyond_the_funds_is_refused(kind: type) -> None:
    machine = kind(world([rail(), rail()], [[3, 0], [2, 0]]), iter(()), print, print)
    for amount in (0, -1, 3, 4):
        with pytest.raises(InvariantError):
            machine.transfer(0, 1, 2, 3, amount, c.KIND_SWEEP, 0)
    machine.transfer(0, 1, 2, 3, 2, c.KIND_SWEEP, 0)
    assert machine.accounts["balance"].tolist() == [1, 2, 0, 2]


@BOTH
def test_demand_left_at_the_end_is_an_error(kind: type) -> None:
    machine = kind(world([rail()], [[3, 0]]), batches((payment(9, "A>B", 1),) * 3, 1, 0), print, print)
    machine.advance(5)
    with pytest.raises(InvariantError):
        machine.finish()


@BOTH
def test_figures_of_the_day_begin_anew_at_the_day_s_balance(kind: type) -> None:
    spec = world([rail()], [[5, 0]])
    lines = [payment(0, "A>B", 4), payment(1, "A>B", 3), payment(2, "A>B", 2)]
    machine = kind(spec, batches(tuple(lines), 9, 0), lambda rows: None, lambda rows: None)
    machine.open(0, 0)
    machine.advance(5)
    names = ["balance", "minimum", "maximum", "debited", "credited", "queued_value", "queued_peak"]
    assert [machine.accounts[name].tolist()[0] for name in names] == [1, 1, 5, 4, 0, 5, 5]
    machine.return_queued(0, 5)
    assert [machine.accounts[name].tolist()[0] for name in names] == [1, 1, 5, 4, 0, 0, 5]
    machine.reset_day(0)
    assert [machine.accounts[name].tolist()[0] for name in names] == [1, 1, 1, 0, 0, 0, 0]


def test_turnover_beyond_int64_is_reported_and_never_wraps() -> None:
    """A and B send 2^59 back and forth, each with the credit line of an issuer."""
    spec = world([rail()], [[2**59, 0]])
    lines = [payment(at, "A>B" if at % 2 == 0 else "B>A", 2**59) for at in range(40)]
    with pytest.raises(ScenarioError, match="LH090"):
        day(Machine, spec, lines)


def test_what_an_account_has_collected_beyond_int64_is_reported() -> None:
    """A owes three times 2^62 before the first cycle: the sum that waits would wrap."""
    spec = world([rail(discipline=c.COLLECT)], [[2**60, 0]])
    machine = Machine(spec, batches((payment(1, "A>B", 2**62),) * 3, 9, 0), print, print)
    machine.open(0, 0)
    with pytest.raises(ScenarioError, match="LH090"):
        machine.advance(9)


def test_a_converted_amount_beyond_int64_is_reported() -> None:
    route = (HopSpec(rail=0, debtor=(0, 0), creditor=(2, 2)), HopSpec(rail=1, debtor=(2, 2), creditor=(1, 0)))
    spec = world([rail(), rail(currency=1)], [[9, 0, 0], [9, 9, 9]], routes=(route,), quotes=((2, 0, 1),))
    machine = Machine(spec, batches((payment(1, "A>B", 9),), 1, 0), print, print)
    machine.quote(0, 2**62, 1, 0, 0)
    machine.open(0, 0)
    with pytest.raises(ScenarioError, match="LH090"):
        machine.advance(9)


def play_with_funding(kind: type, spec: WorldSpec, lines: list[NewPayment], script: list[Step]) -> Played:
    """Play a script in which ``fund A`` moves 5 to A on the first rail, from B, as a transfer with its mirror."""

    class Funded(kind):
        def is_open(self, rail: int) -> bool:
            self.transfer(1, 0, 2, 3, 5, c.KIND_FUNDING, 5)
            return True

    renamed = [step._replace(what="is_open") if step.what == "fund A" else step for step in script]
    return play(Case(spec, tuple(lines), tuple(renamed)), Funded)


def test_rows_handed_over_stay_what_they_were() -> None:
    """A table of one row could be a window into the log, and the log is written again."""
    taken: list[Any] = []
    lines = (payment(1, "A>B", 1), payment(2, "A>B", 2))
    machine = Machine(world([rail()], [[9, 0]]), batches(lines, 9, 0), taken.append, taken.append, log_rows=8)
    machine.open(0, 0)
    for until in (2, 3):
        machine.advance(until)
        machine.flush_logs()
    assert [rows["payment_id"].tolist() for rows in taken] == [[0], [0], [1], [1]]
