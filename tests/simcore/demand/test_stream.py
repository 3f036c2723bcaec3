"""One merged order of all flows: the same for any batch size, and equal to sorting everything at once."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.demand import files
from simcore.demand.batch import DemandBatch
from simcore.demand.chunk import Chunk
from simcore.demand.merge import merged, resized
from simcore.demand.stream import Demand
from simcore.errors import ScenarioError
from simcore.model import Corridor, Flow, Hop, Latency, Lognormal, Route, Uniform
from tests.simcore.demand import make

# ---- merge: generated flows -----------------------------------------------------------------------------------------


def chunk_of(flow: int, rows: list[tuple[int, int, int]], first: int) -> Chunk:
    """Rows of (time, priority, route); the amount numbers them inside the flow."""
    n = len(rows)
    times, priorities, routes = np.array(rows, dtype=np.int64).reshape(n, 3).T
    zeros = np.zeros(n, dtype=np.int32)
    return Chunk(
        times,
        zeros,
        zeros,
        routes.astype(np.int32),
        np.arange(first, first + n),
        priorities.astype(np.int8),
        np.full(n, flow, dtype=np.int16),
        zeros.astype(np.int16),
        zeros - 1,
        None,
    )


payment = st.tuples(st.integers(0, 6), st.integers(0, 9), st.integers(0, 1))
# Few instants and long runs of them, so that ties run over the ends of chunks.
flows_of_payments = st.lists(st.lists(payment, max_size=25), min_size=1, max_size=4)


@settings(max_examples=400)
@given(flows_of_payments, st.lists(st.booleans(), min_size=2, max_size=2), st.integers(1, 9), st.integers(1, 9))
def test_merging_equals_sorting_the_whole(flows: Any, has_priority: list[bool], chunk: int, size: int):
    flows = [sorted(rows, key=lambda row: row[0]) for rows in flows]
    iterators = [
        iter([chunk_of(flow, rows[start : start + chunk], start) for start in range(0, len(rows), chunk)])
        for flow, rows in enumerate(flows)
    ]
    expected = sorted(
        (time, priority if has_priority[route] else 5, flow, order)
        for flow, rows in enumerate(flows)
        for order, (time, priority, route) in enumerate(rows)
    )
    parts = list(resized(merged(iterators, np.array(has_priority)), size))
    assert [part.size for part in parts[:-1]] == [size] * (len(parts) - 1)
    found = [
        (time, priority if has_priority[route] else 5, flow, order)
        for part in parts
        for time, priority, route, flow, order in zip(
            *(a.tolist() for a in (part.initiated_at, part.priority, part.route, part.flow, part.amount_minor))
        )
    ]
    assert found == expected


def test_a_long_run_of_one_instant_is_not_held_back_without_priorities():
    taken = []

    def endless() -> Any:
        for number in range(1_000):
            taken.append(number)
            yield chunk_of(0, [(1, 5, 0)] * 10, number * 10)

    stream = merged([endless()], np.array([False]))
    next(stream)
    assert len(taken) == 1


# ---- whole scenarios ------------------------------------------------------------------------------------------------

SLOW = Latency(lognormal=Lognormal(median=7_200_000_000, sigma=1.74), least=60_000_000)
EVEN = Latency(uniform=Uniform(low=0, high=1_000_000))
ROUTES = {
    "direct": Route(hops=(Hop(rail="RTGS", debtor="debtor", creditor="creditor", latency=SLOW),)),
    "relay": Route(
        hops=(
            Hop(rail="RTGS", debtor="debtor", creditor="B03", latency=SLOW),
            Hop(rail="RTGS", debtor="B03", creditor="creditor", latency=EVEN),
        )
    ),
    "plain": Route(hops=(Hop(rail="RTGS", debtor="debtor", creditor="creditor", latency=5),)),
}
CORRIDORS = {
    "CN-CN": Corridor(
        debtor_country="CN", creditor_country="CN", routes={"direct": Decimal("0.5"), "relay": Decimal("0.5")}
    )
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two payment files; the second has ties with the first, purposes and priorities."""
    path = tmp_path_factory.mktemp("demand")
    table = make.payments_table(3_000, participants=4)
    make.write_table(path / "one.parquet", table)
    minute = pa.compute.floor_temporal(table["initiated_at"], unit="minute")
    table = table.set_column(1, "initiated_at", minute.cast(pa.timestamp("us", "UTC")))
    numbers = np.arange(3_000)
    table = table.append_column("purpose", pa.array(np.array(["oil", "", "fruit"])[numbers % 3]))
    table = table.append_column("priority", pa.array(numbers * 7 % 10))
    make.write_table(path / "two.csv", table)
    return path


def flows() -> dict[str, Flow]:
    return {
        "one": make.replay("one.parquet", route="plain"),
        "trade": make.trade(corridor="CN-CN", route=None, per_day=Decimal(2_000)),
        "two": make.replay("two.csv", route="direct", corridor="CN-CN", purpose="other"),
    }


def demand(
    folder: Path, flows: dict[str, Flow], *, queue: str = "priority", batch: int = 65_536, **options: Any
) -> Demand:
    scenario = make.scenario(flows, participants=4, queue=queue, routes=ROUTES, corridors=CORRIDORS)
    given_options = {"seed": 65, "start_us": make.START_US, "end_us": make.START_US + make.DAY_US, **options}
    return Demand(scenario, folder, batch=batch, **given_options)


def joined(batches: list[DemandBatch]) -> dict[str, Any]:
    """All batches as one set of columns."""
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(batch, name) for batch in batches])
        for name in DemandBatch._fields
        if name not in ("first_payment_id", "reference", "customer")
    }
    columns["reference"] = [
        text for batch in batches for text in (batch.reference.to_pylist() if batch.reference else [None] * batch.size)
    ]
    return columns


def equal(one: dict[str, Any], two: dict[str, Any]) -> bool:
    return all(np.array_equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize("queue", ["fifo", "priority", "bypass"])
def test_any_batch_size_gives_the_same_payments(folder: Path, queue: str, monkeypatch: pytest.MonkeyPatch):
    whole = joined(list(demand(folder, flows(), queue=queue)))
    assert whole["initiated_at"].size > 7_500
    for batch, block in ((1_000, 500), (17, 131_072), (8_000, 7)):
        monkeypatch.setattr(files, "BATCH_ROWS", block)
        batches = list(demand(folder, flows(), queue=queue, batch=batch))
        assert [part.first_payment_id for part in batches] == list(range(0, whole["initiated_at"].size, batch))
        assert equal(joined(batches), whole)


def test_order_is_time_then_priority_then_flow(folder: Path):
    found = joined(list(demand(folder, flows())))
    keys = list(zip(*(found[name].tolist() for name in ("initiated_at", "priority", "flow"))))
    assert keys == sorted(keys)
    assert any(a[0] == b[0] and a[1] < b[1] for a, b in pairwise(keys))
    found = joined(list(demand(folder, flows(), queue="fifo")))
    keys = list(zip(*(found[name].tolist() for name in ("initiated_at", "flow"))))
    assert keys == sorted(keys)


def test_iterating_again_gives_the_same(folder: Path):
    same = demand(folder, flows())
    assert equal(joined(list(same)), joined(list(same)))


def test_adding_a_flow_changes_no_other(folder: Path):
    few = joined(list(demand(folder, {"trade": flows()["trade"]}, queue="fifo")))
    many = joined(list(demand(folder, flows(), queue="fifo")))
    rows = many["flow"] == 1
    for name in ("initiated_at", "debtor", "creditor", "route", "amount_minor", "priority", "corridor"):
        assert np.array_equal(few[name], many[name][rows]), name
    # Latencies belong to routes: on a route of its own the other flow's payments keep theirs.
    relay = few["route"] == 1
    assert np.array_equal(few["draws"][relay], many["draws"][rows][relay])


def test_another_seed_draws_other_payments_but_replays_the_same(folder: Path):
    one, two = (joined(list(demand(folder, flows(), queue="fifo", seed=seed))) for seed in (65, 66))
    for number, drawn in ((0, False), (1, True), (2, False)):
        amounts = [found["amount_minor"][found["flow"] == number] for found in (one, two)]
        assert np.array_equal(*amounts) != drawn


def test_draws_belong_to_the_columns_of_the_route(folder: Path):
    found = joined(list(demand(folder, flows())))
    assert found["draws"].shape[1] == 2
    direct, relay, plain = (found["draws"][found["route"] == route] for route in range(3))
    assert direct[:, 0].min() >= 60_000_000
    assert (direct[:, 1] == 0).all()
    assert 0 < relay[:, 1].max() <= 1_000_000
    assert (plain == 0).all()
    assert (found["draws"] % 1_000 == 0).all()


def test_a_scenario_without_drawn_latencies_has_no_columns(folder: Path):
    scenario = make.scenario({"one": make.replay("one.parquet")}, participants=4)
    [batch] = Demand(scenario, folder, seed=1, start_us=make.START_US, end_us=make.START_US + make.DAY_US)
    assert batch.draws.shape == (3_000, 0)


def test_purposes_corridors_and_references(folder: Path):
    source = demand(folder, flows())
    assert source.purposes == ["replay", "trade", "other", "oil", "fruit"]
    found = joined(list(source))
    assert set(found["purpose"][found["flow"] == 2]) == {2, 3, 4}
    assert set(found["corridor"][found["flow"] == 0]) == {-1}
    assert set(found["corridor"][found["flow"] == 1]) == {0}
    assert set(found["corridor"][found["flow"] == 2]) == {0}
    references = np.array(found["reference"], dtype=object)
    assert all(text is None for text in references[found["flow"] == 1])
    assert references[found["flow"] == 0].tolist() == [f"REF{number:09d}" for number in range(3_000)]


def test_without_references_there_is_none(folder: Path):
    assert all(batch.reference is None for batch in demand(folder, {"trade": flows()["trade"]}))


def test_inputs_are_named_with_their_digest(folder: Path):
    import hashlib

    source = demand(folder, flows())
    assert [entry.file for entry in source.inputs] == ["one.parquet", "two.csv"]
    for entry in source.inputs:
        content = (folder / entry.file).read_bytes()
        assert (entry.bytes, entry.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert source.notes == []
    assert source.total_hint is None  # a CSV file doesn't say how many rows it has
    assert demand(folder, {"one": flows()["one"], "trade": flows()["trade"]}).total_hint == 5_000


def test_faults_of_all_files_come_at_once(tmp_path: Path):
    make.write_csv(tmp_path / "b.csv", [{"reference": "1"}])
    with pytest.raises(ScenarioError) as error:
        demand(tmp_path, {"a": make.replay("a.csv"), "b": make.replay("b.csv")})
    assert {fault.where.split(":")[0] for fault in error.value.faults} == {"a.csv", "b.csv"}


def test_a_deadline_is_noted(tmp_path: Path):
    make.write_csv(tmp_path / "a.csv", make.rows({"latest": "2026-03-02T18:00:00+08:00"}))
    assert demand(tmp_path, {"a": make.replay("a.csv")}).notes == [
        "a.csv: the column latest is checked but has no effect in this version"
    ]
