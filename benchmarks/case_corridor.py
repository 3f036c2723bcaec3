"""A corridor of three hops over three rails, with constant latencies: hops per second of the loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.flows import PARTICIPANTS, make_payments
from benchmarks.goals import Goal
from benchmarks.measure import Stopwatch, in_turn, times
from benchmarks.rtgs_loops import LOG_ROWS, SLOTS, drive, feeds
from simcore.engine.build import build_world
from simcore.engine.spec import AccountSpec, HopSpec, RailSpec, WorldSpec
from simcore.kernels import control
from simcore.kernels.constants import FIFO, GROSS, ROLE_CREDITOR, ROLE_DEBTOR, ROLE_PARTICIPANT
from simcore.kernels.world import IN_FLIGHT, SEQUENCE

BRIDGES = (PARTICIPANTS, PARTICIPANTS + 1)  # the two correspondents in the middle
LATENCIES = (0, 60_000_000, 2_000_000)  # us: none, a minute, two seconds
FUNDS = 1 << 59  # nothing queues: the case measures hops


def corridor() -> WorldSpec:
    """Debtor to the first bridge, bridge to bridge, second bridge to creditor."""
    first, second = ((ROLE_PARTICIPANT, who) for who in BRIDGES)
    ends = ((ROLE_DEBTOR, 0), first, second, (ROLE_CREDITOR, 0))
    hops = tuple(
        HopSpec(rail=rail, debtor=ends[rail], creditor=ends[rail + 1], latency_us=LATENCIES[rail]) for rail in range(3)
    )
    return WorldSpec(
        n_participant=PARTICIPANTS + 2,
        n_currency=1,
        rails=(RailSpec(currency=0, discipline=GROSS, rule=FIFO),) * 3,
        accounts=tuple(
            AccountSpec(rail=rail, participant=who, opening=FUNDS)
            for rail in range(3)
            for who in range(PARTICIPANTS + 2)
        ),
        routes=(hops,),
    )


def run(quick: bool, size: int | None) -> Iterator[tuple[dict[str, Any], list[Goal]]]:
    """Yield one record."""
    total = size or (200_000 if quick else 2_000_000)
    batches = feeds(make_payments(total))
    settled = 0

    def once() -> Stopwatch:
        nonlocal settled
        watch = Stopwatch()
        world = build_world(corridor(), slots=SLOTS, log_rows=LOG_ROWS)
        for rail in range(3):
            control.open_rail(world, rail, 0)
        world = drive(world, batches, None)
        watch.stop()
        settled = int(world.state[SEQUENCE])
        if world.state[IN_FLIGHT] or settled != 3 * total:
            raise AssertionError(f"{settled} hops settled of {3 * total}")
        return watch

    once()
    record = {"case": "corridor", "payments": total, "hops": 3 * total, "loop": times(in_turn(5, once)[0])}
    record["hops_per_s"] = settled / record["loop"]["cpu_best_s"]
    yield record, [Goal("corridor of three hops", record["hops_per_s"] / 1e6, 5, True, "M hops/s")]
