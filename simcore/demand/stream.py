"""All payments of a scenario as batches in demand order, with ids, drawn latencies and references."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fx.rates import RatePath
from simcore.demand.batch import DemandBatch
from simcore.demand.chunk import Chunk, no_payments
from simcore.demand.files import InputFile
from simcore.demand.latency import LatencyDraws
from simcore.demand.merge import merged, resized
from simcore.demand.periods import periods
from simcore.demand.replay import ReplaySource
from simcore.demand.trade import TradeSource
from simcore.engine.looks import Looks
from simcore.engine.outages import Outages
from simcore.errors import Fault, ScenarioError
from simcore.kernels.constants import NEVER
from simcore.model import Fee, Hop, Refunds, ReplayFlow, Scenario


def first_currencies(scenario: Scenario) -> list[str]:
    """Return the currency of the first hop of each route, in the order of the scenario's routes."""
    return [scenario.rails[route.hops[0].rail].currency for route in scenario.routes.values()]


def first_priorities(scenario: Scenario) -> list[bool]:
    """Return for each route whether its first rail orders by priority."""
    return [
        getattr(scenario.rails[route.hops[0].rail], "queue", None) in ("priority", "bypass")
        for route in scenario.routes.values()
    ]


def drawn_columns(scenario: Scenario) -> list[list[Hop | Refunds]]:
    """Return what is drawn for payments of each route: hops with drawn latency or screening in order, then refunds."""
    return [
        [*(hop for hop in route.hops if hop.is_drawn), *([] if route.refunds is None else [route.refunds])]
        for route in scenario.routes.values()
    ]


def most_customers(scenario: Scenario) -> int:
    """Return how many customers a participant has at most; 0 where no flow has customers."""
    return max((getattr(flow, "customers", None) or 0 for flow in scenario.flows.values()), default=0)


def added_charges(scenario: Scenario) -> NDArray[np.int64]:
    """What the debtor adds on each route to the amount it wants paid: all fees where charges are OUR, else nothing."""
    return np.array(
        [
            sum(_fixed(hop.fee) for hop in route.hops if hop.fee is not None) if route.charges == "OUR" else 0
            for route in scenario.routes.values()
        ],
        np.int64,
    )


def _fixed(fee: Fee) -> int:
    """A fee that doesn't depend on the amount."""
    fixed, least = (0 if part is None else part.amount_minor for part in (fee.fixed, fee.least))
    return min(max(fixed, least), 2**62 if fee.most is None else fee.most.amount_minor)


class Demand:
    """Who pays whom, when and how much: iterate it for :class:`DemandBatch`, again for the same batches.

    Indices follow the order of the scenario's tables: participants, routes, flows, corridors. The batches joined
    together are the same whatever ``batch`` is.

    Parameters
    ----------
    scenario : Scenario      resolved
    folder : Path            where replay files are looked for
    seed, replicate : int    root seed and repetition
    start_us, end_us : int   the run's window, microseconds UTC; nothing is initiated before or at ``end_us`` and later
    batch : int              payments in a batch
    looks : Looks            at what banks look before they choose; nothing if not given. A batch ends where they look,
                             the next is drawn only then; ``looks.complete_until`` says what has been handed out
    route_first_currency, route_has_priority, draw_columns : one entry for each route; none means as the scenario says

    Raises
    ------
    ScenarioError            for a replay file's header and state at once, for its rows while iterating; every replay
                             file's faults together. A duplicate reference is known only when the file has been read
    """

    def __init__(
        self,
        scenario: Scenario,
        folder: Path,
        *,
        seed: int,
        start_us: int,
        end_us: int,
        route_first_currency: Sequence[str] | None = None,
        route_has_priority: Sequence[bool] | None = None,
        draw_columns: Sequence[Sequence[Hop | Refunds]] | None = None,
        batch: int = 65_536,
        replicate: int = 0,
        paths: Mapping[str, RatePath] | None = None,
        outages: Outages | None = None,
        looks: Looks | None = None,
    ) -> None:
        if batch < 1:
            raise ValueError(f"a batch has at least one payment, not {batch}")
        self._routes = list(scenario.routes)
        self._seed, self._replicate, self._batch = seed, replicate, batch
        self._looks = looks if looks is not None and looks.times else None
        self._draw_columns = drawn_columns(scenario) if draw_columns is None else draw_columns
        has_priority = first_priorities(scenario) if route_has_priority is None else route_has_priority
        self._has_priority = np.array(has_priority, dtype=bool)
        self._added = added_charges(scenario)
        self._customers = most_customers(scenario)
        currencies = first_currencies(scenario) if route_first_currency is None else route_first_currency

        self.purposes: list[str] = list(dict.fromkeys(flow.purpose for flow in scenario.flows.values()))
        """Every purpose a payment may have; ``DemandBatch.purpose`` is a position here."""
        participants = {name: index for index, name in enumerate(scenario.participants)}
        routes = {name: index for index, name in enumerate(scenario.routes)}
        corridors = {name: index for index, name in enumerate(scenario.corridors)}
        self._sources: list[TradeSource | ReplaySource] = []
        self._corridor_of_flow = np.array(
            [corridors.get(flow.corridor or "", -1) for flow in scenario.flows.values()], dtype=np.int16
        )
        faults: list[Fault] = []
        for index, (name, flow) in enumerate(scenario.flows.items()):
            try:
                if isinstance(flow, ReplayFlow):
                    self._sources.append(
                        ReplaySource(
                            flow,
                            folder,
                            index=index,
                            participants=list(participants),
                            routes=self._routes,
                            route_currency=currencies,
                            start_us=start_us,
                            end_us=end_us,
                        )
                    )
                else:
                    self._sources.append(
                        TradeSource(
                            scenario,
                            name,
                            index=index,
                            purpose=self.purposes.index(flow.purpose),
                            participants=participants,
                            routes=routes,
                            start_us=start_us,
                            end_us=end_us,
                            seed=seed,
                            replicate=replicate,
                            paths=paths,
                            outages=outages,
                            looks=looks,
                        )
                    )
            except ScenarioError as error:
                faults += error.faults
        if faults:
            raise ScenarioError(faults)
        replays = [source for source in self._sources if isinstance(source, ReplaySource)]
        self.purposes = list(dict.fromkeys(self.purposes + [text for source in replays for text in source.purposes]))
        self.inputs: list[InputFile] = [source.input for source in replays]
        """Every replay file with its size and SHA-256."""
        self.notes: list[str] = [
            f"{source.input.file}: the column latest is checked but has no effect in this version"
            for source in replays
            if source.has_latest
        ]
        """What a reader of the results should know."""

    @property
    def total_hint(self) -> int | None:
        """About how many payments there will be, for a progress bar; none if a file doesn't say."""
        counts = [s.rows if isinstance(s, ReplaySource) else s.rows_expected for s in self._sources]
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else None

    def __iter__(self) -> Iterator[DemandBatch]:
        index_of = {purpose: index for index, purpose in enumerate(self.purposes)}
        flows = [s.chunks(index_of) if isinstance(s, ReplaySource) else s.chunks() for s in self._sources]
        latencies = LatencyDraws(self._routes, self._draw_columns, self._seed, self._replicate)
        first_payment_id = 0
        for chunk in self._pieces(flows):
            yield self._batch_of(chunk, first_payment_id, latencies)
            first_payment_id += chunk.size

    def _pieces(self, flows: Sequence[Iterator[Any]]) -> Iterator[Chunk]:
        """All payments in demand order, cut into what a batch holds and where banks look; a period has one at least."""
        looks = self._looks
        if looks is None:
            yield from resized(merged(flows, self._has_priority), self._batch)
            return
        for end, period in zip([*looks.times[1:], NEVER], periods(flows, looks.times[1:]), strict=True):
            last = no_payments()
            for chunk in resized(merged(period, self._has_priority), self._batch):
                if last.size:
                    yield last
                last = chunk
            looks.complete_until = end
            yield last

    def _batch_of(self, chunk: Chunk, first_payment_id: int, latencies: LatencyDraws) -> DemandBatch:
        """The payments with their ids and what is drawn for them."""
        reference = chunk.reference
        if reference is not None and reference.null_count == chunk.size:
            reference = None
        draws = latencies.draw(chunk.route)
        if self._customers:  # numbered through all participants
            number = np.where(chunk.customer < 0, -1, chunk.debtor.astype(np.int64) * self._customers + chunk.customer)
            draws = np.column_stack((draws, number))
        return DemandBatch(
            first_payment_id=first_payment_id,
            initiated_at=chunk.initiated_at,
            debtor=chunk.debtor,
            creditor=chunk.creditor,
            route=chunk.route,
            amount_minor=chunk.amount_minor + self._added[chunk.route] if self._added.any() else chunk.amount_minor,
            priority=chunk.priority,
            flow=chunk.flow,
            purpose=chunk.purpose,
            corridor=self._corridor_of_flow[chunk.flow],
            draws=draws,
            reference=reference,
            customer=chunk.customer if self._customers else None,
        )
