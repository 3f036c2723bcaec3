"""What wallets hold at first and who pays whom: the same whatever the batch, in the proportions asked for."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from scenarios.loader import load
from simcore.demand.wallets import WalletDemand, draw_wallets, first_wallets
from simcore.engine.timetable import timetable
from simcore.kernels.wallet_world import DEPOSIT_SIDE, ONLINE, UNBOUND
from simcore.model import Scenario

TOWN = Path(__file__).parents[1] / "engine" / "wallets-of-a-town.toml"
SHOPPING, FRIENDS, TOP_UPS, TAKINGS = range(4)


def town(**flows: Any) -> Scenario:
    """The town with other terms of some of its flows."""
    scenario = load(TOWN, set={"scenario.start": "2026-09-21", "scenario.days": 14, "wallets.e-cny.interest_on": []})
    system = scenario.scenario.wallets["e-cny"]
    changed = {name: replace(flow, **flows.get(name.replace("-", "_"), {})) for name, flow in system.flows.items()}
    return replace(scenario.scenario, wallets={"e-cny": replace(system, flows=changed)})


def payments(scenario: Scenario, seed: int = 65, batch: int = 65_536) -> Any:
    times = timetable(scenario)
    return np.concatenate(list(WalletDemand(
        scenario, "e-cny", start_us=times.demand_start_us, end_us=times.demand_end_us, seed=seed, batch=batch,
    )))  # fmt: skip


def test_batches_joined_are_the_same_whatever_their_size() -> None:
    scenario = town()
    whole = payments(scenario)
    assert (whole == payments(scenario, batch=7)).all()
    assert (np.diff(whole["initiated_at"]) >= 0).all()


def test_a_flow_is_the_same_beside_other_flows() -> None:
    columns = ["initiated_at", "amount", "offline_us", "payer", "payee"]
    one, other = payments(town()), payments(town(friends={"per_day": Decimal(5)}))
    for flow in (SHOPPING, TOP_UPS, TAKINGS):
        assert (one[one["flow"] == flow][columns] == other[other["flow"] == flow][columns]).all()


def test_nobody_pays_itself_and_sides_are_those_of_the_kind() -> None:
    drawn, (visitors, residents, shops, end) = payments(town()), first_wallets(town().wallets["e-cny"])
    assert (drawn["payer"] != drawn["payee"]).all()
    friends, top_ups, takings = (drawn[drawn["flow"] == flow] for flow in (FRIENDS, TOP_UPS, TAKINGS))
    for side in ("payer", "payee"):
        assert friends[side].min() >= visitors
        assert friends[side].max() < shops
    assert (top_ups["payer"] == DEPOSIT_SIDE).all()
    assert (top_ups["payee"] >= residents).all()
    assert (top_ups["payee"] < shops).all()
    assert (takings["payee"] == DEPOSIT_SIDE).all()
    assert (takings["payer"] >= shops).all()
    assert (takings["payer"] < end).all()


def test_kinds_pay_by_their_weights_and_every_holder_of_a_kind_alike() -> None:
    drawn, (_, residents, shops, _) = (
        payments(town(shopping={"per_day": Decimal(20_000)})),
        first_wallets(town().wallets["e-cny"]),
    )
    payer = drawn[drawn["flow"] == SHOPPING]["payer"]
    n, share = payer.size, 1 / 6
    assert abs((payer < residents).mean() - share) < 5 * (share * (1 - share) / n) ** 0.5
    counts = np.bincount(payer[payer >= residents] - residents, minlength=shops - residents)
    assert abs(counts.var() / counts.mean() - 1) < 0.25  # Poisson: as likely, and not in turns


def test_holidays_weigh_and_hours_are_local() -> None:
    scenario = town(shopping={"per_day": Decimal(20_000), "weekdays": {"Sat": Decimal(2)}})
    drawn = payments(scenario)
    drawn = drawn[drawn["flow"] == SHOPPING]
    local = [dt.datetime.fromtimestamp(at / 1e6, ZoneInfo("Asia/Shanghai")) for at in drawn["initiated_at"].tolist()]
    assert {at.hour for at in local} == {0, 8, 12, 18, 23}
    days = {day: sum(at.date() == dt.date(2026, 9, day) for at in local) for day in (22, 25, 26, 28, 30)}
    # 25 September is Mid-Autumn, and the Saturday behind it belongs to that holiday.
    for day, weight in ((22, 1), (25, 1.5), (26, 1.5), (28, 1), (30, 1)):
        assert abs(days[day] - 20_000 * weight) < 6 * (20_000 * weight) ** 0.5


def test_offline_payments_have_their_share_and_their_delay() -> None:
    drawn = payments(town(shopping={"per_day": Decimal(20_000)}))
    shopping = drawn[drawn["flow"] == SHOPPING]
    offline = shopping[shopping["offline_us"] != ONLINE]["offline_us"]
    assert abs(offline.size / shopping.size - 0.05) < 5 * (0.05 * 0.95 / shopping.size) ** 0.5
    assert abs(offline.mean() / 7.2e9 - 1) < 5 / offline.size**0.5  # exponential, mean two hours
    assert (drawn[drawn["flow"] != SHOPPING]["offline_us"] == ONLINE).all()


def test_openings_are_drawn_within_the_class_and_bound_to_banks() -> None:
    system = town().wallets["e-cny"]
    wallets, (visitors, residents, shops, end) = draw_wallets(system, "e-cny", 65), first_wallets(system)
    assert (wallets["balance"][visitors:residents] == 50_000).all()
    assert (wallets["bank"][visitors:residents] == UNBOUND).all()
    drawn = wallets["balance"][residents:shops]
    assert abs(np.log(drawn / 30_000).mean()) < 5 * 1.2 / drawn.size**0.5  # median CNY 300, sigma 1.2
    assert (wallets["deposit"][residents:shops] == 300_000).all()
    assert (wallets["balance"][shops:end] == 0).all()
    assert wallets.size == end == 1_350
