"""SimPy's clock with Luhai's order of control events: integer microseconds, then class, then place in the class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import simpy

from simcore.errors import InvariantError

# Classes of control events at one instant (docs/design.md, "Order"). Payment events of the instant come between LOOK
# and CYCLE: obligations that waited for the opening, then those arriving from an earlier hop, then new payments.
SHOCK: Final = 0
CLOSING: Final = 1
OPENING: Final = 2
FIXING: Final = 3
FUNDING: Final = 4
LOOK: Final = 5
CYCLE: Final = 6
CUT_OFF: Final = 7
RECORD: Final = 8
_PLACES: Final = 1_000_000


class Clock:
    """Lets processes wait for an instant and a class; payments are brought up to that point before they wake.

    Parameters
    ----------
    start_us : int
    catch_up : called with the instant up to which (exclusive) every payment event must have happened
    """

    def __init__(self, start_us: int, catch_up: Callable[[int], None]) -> None:
        self.env = simpy.Environment(initial_time=start_us)
        self._catch_up = catch_up

    @property
    def now(self) -> int:
        """The instant, microseconds UTC."""
        return int(self.env.now)

    def at(self, time_us: int, order: int, place: int = 0) -> simpy.Event:
        """An event at an instant: first by ``order`` (the class), then by ``place`` in it."""
        if time_us < self.now:  # SimPy would go back to it in silence
            raise InvariantError(f"a control event at {time_us}, which is before {self.now}")
        event = simpy.Event(self.env)
        event._ok, event._value = True, None

        def catch_up(_: simpy.Event) -> None:
            self._catch_up(time_us if order <= LOOK else time_us + 1)

        assert event.callbacks is not None
        event.callbacks.append(catch_up)
        self.env.schedule(event, priority=order * _PLACES + place, delay=time_us - self.now)
        return event

    def run(self) -> None:
        """Let everything happen."""
        self.env.run()
