"""exp, log and normal quantile by basic arithmetic, and the latencies and trade payments drawn with them."""

import math
import statistics
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from simcore.demand import portable, trade
from simcore.demand.chunk import Chunk, concatenate
from simcore.demand.latency import LONGEST_US, LatencyDraws, latency_us
from simcore.demand.trade import TradeSource
from simcore.errors import ScenarioError
from simcore.model import Corridor, Exponential, Hop, Latency, Lognormal, LognormalAmount, Uniform
from simcore.units import Money
from tests.simcore.demand import make

MILLISECOND = 1_000
HOUR = make.HOUR_US


def test_exp_and_log_agree_with_the_c_library_to_the_last_places():
    x = np.concatenate([np.linspace(-500, 500, 20_001), np.linspace(-1, 1, 20_001)])
    assert max(abs(a / math.exp(b) - 1) for a, b in zip(portable.exp(x), x)) < 6e-16
    y = np.concatenate([10.0 ** np.linspace(-300, 300, 20_001), np.linspace(0.5, 2, 20_001)])
    assert max(abs(a - math.log(b)) / max(abs(math.log(b)), 1e-3) for a, b in zip(portable.log(y), y)) < 6e-16


def test_normal_is_the_quantile_function():
    uniform = np.concatenate([np.linspace(1e-6, 1 - 1e-6, 5_001), [1e-16, 1e-12, 1 - 2**-53, 0.075, 0.925]])
    exact = statistics.NormalDist().inv_cdf
    assert max(abs(z - exact(u)) / max(1.0, abs(exact(u))) for z, u in zip(portable.normal(uniform), uniform)) < 1e-14
    assert np.isfinite(portable.normal(np.array([0.0, 1 - 2**-53]))).all()


def test_draws_keep_their_bits():
    """The same numbers on every machine: a change here changes every published result."""
    drawn = latency_us(LOGNORMAL, np.array([0.1, 0.5, 0.9, 0.999])).tolist()
    assert drawn == [774_282_000, 7_200_000_000, 66_952_322_000, 1_557_886_289_000]


LOGNORMAL = Latency(lognormal=Lognormal(median=2 * HOUR, sigma=1.74))


@pytest.mark.parametrize(
    "spec, median_us",
    [
        (LOGNORMAL, 2 * HOUR),
        (Latency(exponential=Exponential(mean=10 * HOUR)), 10 * HOUR * math.log(2)),
        (Latency(uniform=Uniform(low=HOUR, high=3 * HOUR)), 2 * HOUR),
    ],
)
def test_half_of_all_latencies_are_below_the_median(spec, median_us):
    drawn = latency_us(spec, np.random.default_rng(1).random(200_000))
    assert abs(np.mean(drawn < median_us) - 0.5) < 0.006  # five standard deviations
    assert (drawn % MILLISECOND == 0).all()
    assert (drawn >= 0).all()


def test_mean_of_the_exponential_and_sigma_of_the_lognormal():
    uniform = np.random.default_rng(2).random(400_000)
    assert abs(latency_us(Latency(exponential=Exponential(mean=HOUR)), uniform).mean() / HOUR - 1) < 0.01
    assert abs(np.log(latency_us(LOGNORMAL, uniform)).std() / 1.74 - 1) < 0.01


def test_latencies_are_cut_to_least_and_most_and_never_leave_64_bits():
    uniform = np.random.default_rng(3).random(10_000)
    cut = latency_us(Latency(lognormal=Lognormal(median=HOUR, sigma=3.0), least=HOUR // 2, most=2 * HOUR), uniform)
    assert cut.min() == HOUR // 2
    assert cut.max() == 2 * HOUR
    wild = latency_us(Latency(lognormal=Lognormal(median=HOUR, sigma=500.0)), uniform)
    assert wild.min() == 0
    assert wild.max() == LONGEST_US


def test_a_latency_has_one_distribution():
    with pytest.raises(ValueError, match="exactly one"):
        latency_us(Latency(), np.zeros(1))


def test_latencies_of_one_route_do_not_depend_on_the_payments_of_another():
    hop = Hop(rail="R", debtor="debtor", creditor="creditor", latency=LOGNORMAL)
    columns = [[hop, hop], [], [hop]]
    mixed = np.array([0, 1, 2, 0, 2, 1, 0], dtype=np.int32)
    drawn = LatencyDraws(["a", "b", "c"], columns, 65, 0).draw(mixed)
    alone = LatencyDraws(["a", "b", "c"], columns, 65, 0).draw(np.zeros(3, dtype=np.int32))
    assert np.array_equal(drawn[mixed == 0], alone)
    assert not np.array_equal(drawn[mixed == 0][:, 0], drawn[mixed == 0][:, 1])
    assert (drawn[mixed == 1] == 0).all()


# ---- trade ----------------------------------------------------------------------------------------------------------


def payments(flow=None, *, days=5, seed=65, replicate=0, chunk=65_536, window=None, corridors=None) -> Chunk:
    scenario = make.scenario({"trade": flow or make.trade()}, participants=4, days=days, corridors=corridors)
    start_us, end_us = window or (make.START_US, make.START_US + days * make.DAY_US)
    source = TradeSource(
        scenario,
        "trade",
        index=0,
        purpose=0,
        participants={name: i for i, name in enumerate(scenario.participants)},
        routes={name: i for i, name in enumerate(scenario.routes)},
        start_us=start_us,
        end_us=end_us,
        seed=seed,
        replicate=replicate,
        chunk=chunk,
    )
    chunks = list(source.chunks())
    assert all((np.diff(part.initiated_at) >= 0).all() for part in chunks)
    whole = concatenate(chunks)
    assert (np.diff(whole.initiated_at) >= 0).all()
    return whole


def same(one: Chunk, two: Chunk) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one[:-1], two[:-1]))


def local_hours(chunk: Chunk, zone: str) -> list[datetime]:
    return [datetime.fromtimestamp(us / 1e6, UTC).astimezone(ZoneInfo(zone)) for us in chunk.initiated_at.tolist()]


def test_payments_come_on_business_days_in_the_hours_of_the_profile():
    profile = {"09": Decimal(3), "14": Decimal(1)}
    chunk = payments(make.trade(profile=profile, per_day=Decimal(2_000)), days=7)
    times = local_hours(chunk, "Asia/Shanghai")
    assert {time.date().isoformat() for time in times} == {f"2026-03-0{day}" for day in range(2, 7)}
    share = sum(time.hour == 9 for time in times) / chunk.size
    assert {time.hour for time in times} == {9, 14}
    assert abs(share - 0.75) < 0.025
    assert abs(chunk.size - 10_000) < 600  # six standard deviations of a Poisson number


def test_the_size_of_chunks_changes_nothing():
    whole = payments()
    assert whole.size > 800
    for size in (1, 7, 300):
        assert same(whole, payments(chunk=size))


def test_another_seed_or_replicate_gives_other_payments():
    assert not same(payments(), payments(seed=66))
    assert not same(payments(), payments(replicate=1))


def test_more_days_do_not_change_the_first_ones():
    short, long = payments(days=2), payments(days=5)
    assert same(short, long.slice(0, short.size))


def test_debtors_and_creditors_follow_the_joint_weights_and_never_pay_themselves():
    chunk = payments(make.trade(per_day=Decimal(40_000)))
    assert (chunk.debtor != chunk.creditor).all()
    pairs = {(d, c): np.mean((chunk.debtor == d) & (chunk.creditor == c)) for d in range(3) for c in (2, 3)}
    # Weights 3, 1, 0.5 to B02 and B03 alike; B02 can pay only B03: 3 + 3 + 1 + 1 + 0.5 = 8.5 in all.
    expected = {(0, 2): 3, (0, 3): 3, (1, 2): 1, (1, 3): 1, (2, 2): 0, (2, 3): 0.5}
    for pair, weight in expected.items():
        assert abs(pairs[pair] - weight / 8.5) < 0.006, pair


def test_a_debtor_in_the_middle_of_the_creditors_is_skipped():
    everybody = {f"B0{index}": Decimal(1) for index in range(4)}
    chunk = payments(make.trade(debtors=everybody, creditors=everybody, per_day=Decimal(20_000)))
    assert (chunk.debtor != chunk.creditor).all()
    counts = np.bincount(chunk.debtor * 4 + chunk.creditor, minlength=16).reshape(4, 4) / chunk.size
    off_diagonal = counts[~np.eye(4, dtype=bool)]
    assert abs(off_diagonal - 1 / 12).max() < 0.006


def test_the_edges_of_the_stretch_that_is_cut_out():
    """Where a debtor's own share begins and ends, rounding must not choose the debtor itself."""
    weights = {f"B0{index}": Decimal(weight) for index, weight in enumerate(("1", "3", "0.7", "2.9"))}
    pairs = trade._Pairs("t", make.trade(debtors=weights, creditors=weights), {name: int(name[1:]) for name in weights})
    total = sum(map(float, weights.values()))
    own = [float(weight) / total for weight in weights.values()]
    edges = [sum(own[:index]) / (1 - own[index]) for index in range(4)]
    near = [edge * (1 + step * 2**-53) for edge in edges for step in range(-40, 41)]
    second = np.array([0.0, 1 - 2**-53, *(point for point in near if point < 1)])
    for first in (0.0, 0.2, 0.4, 0.6, 0.8, 1 - 2**-53):
        debtor, creditor = pairs.choose(np.full(second.size, first), second)
        assert (debtor != creditor).all()
        assert creditor.min() >= 0


def test_nobody_to_pay_is_a_fault():
    with pytest.raises(ScenarioError) as error:
        payments(make.trade(debtors={"B00": Decimal(1)}, creditors={"B00": Decimal(1)}))
    assert error.value.faults[0].code == "LH066"


def test_amounts_are_whole_lognormal_and_cut():
    amount = LognormalAmount(median=Money(1_000_000, "CNY"), sigma=1.5)
    drawn = payments(make.trade(amount=amount, per_day=Decimal(20_000))).amount_minor
    assert abs(np.mean(drawn < 1_000_000) - 0.5) < 0.01
    assert abs(np.log(drawn).std() / 1.5 - 1) < 0.02
    cut = LognormalAmount(
        median=Money(1_000_000, "CNY"), sigma=1.5, least=Money(500_001, "CNY"), most=Money(2_000_003, "CNY")
    )
    drawn = payments(make.trade(amount=cut)).amount_minor
    assert (drawn.min(), drawn.max()) == (500_001, 2_000_003)
    tiny = LognormalAmount(median=Money(1, "CNY"), sigma=100.0)
    drawn = payments(make.trade(amount=tiny)).amount_minor
    assert (drawn.min(), drawn.max()) == (1, 10**18)


def corridor(direct: str, sgd: str) -> dict[str, Corridor]:
    shares = {"direct": Decimal(direct), "sgd": Decimal(sgd)}
    return {"CN-SG": Corridor(debtor_country="CN", creditor_country="SG", routes=shares)}


def test_two_policies_meet_the_same_payments():
    """Only the route differs when the shares of a corridor do."""
    flow = make.trade(corridor="CN-SG", route=None)
    one = payments(flow, corridors=corridor("0.2", "0.8"))
    two = payments(flow, corridors=corridor("0.6", "0.4"))
    assert same(one._replace(route=two.route), two)
    assert abs(np.mean(one.route == 0) - 0.2) < 0.07
    assert abs(np.mean(two.route == 0) - 0.6) < 0.09
    assert (two.route[one.route == 0] == 0).all()  # who already took the route still does


def test_a_route_without_a_share_is_never_taken():
    flow = make.trade(corridor="CN-SG", route=None)
    assert (payments(flow, corridors=corridor("0", "1")).route == 1).all()
    assert (payments(flow, corridors=corridor("1", "0")).route == 0).all()


def test_an_hour_that_the_clock_skips_or_repeats():
    """In New York 02:00 to 03:00 doesn't exist on 8 March 2026; its payments come in the hour that takes its place."""
    flow = make.trade(
        calendar="ALL",
        zone="America/New_York",
        per_day=Decimal(3_000),
        profile={f"{hour:02d}": Decimal(1) for hour in range(24)},
    )
    window = (make.START_US, make.START_US + 9 * make.DAY_US)
    times = local_hours(payments(flow, days=7, window=window, chunk=1), "America/New_York")
    sunday = [time.hour for time in times if time.date().isoformat() == "2026-03-08"]
    assert sunday.count(2) == 0
    assert sunday.count(3) > 180  # twice the 125 of other hours, give or take


def test_payments_outside_the_window_are_not_made():
    whole = payments()
    first, last = int(whole.initiated_at[100]), int(whole.initiated_at[200])
    assert same(payments(window=(first, last)), whole.slice(100, 200))


def test_a_day_without_payments_is_fine():
    assert payments(make.trade(per_day=Decimal("0.000001"))).size == 0
    assert payments(make.trade(calendar="CN"), days=1, window=(make.START_US, make.START_US + make.DAY_US)).size > 100
