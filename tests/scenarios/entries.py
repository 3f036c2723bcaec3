"""Entries of the catalogue as tests read them, and the published trade that two of them are made of."""

from __future__ import annotations

from scenarios.loader import load
from simcore.datafiles import CATALOGUE
from simcore.model import Scenario, TradeFlow

ASEAN_TRADE, HVPS_DAYS, IMPORT_SHARE = 132.65e9, 248, 75.76 / 112.17


def readme(entry: str) -> str:
    return (CATALOGUE / entry / "README.md").read_text(encoding="utf-8")


def in_one_line(text: str) -> str:
    return " ".join(text.split())


def scenario_of(entry: str) -> Scenario:
    return load(entry).scenario


def trade_flows(week: Scenario) -> dict[str, TradeFlow]:
    return {name: flow for name, flow in week.flows.items() if isinstance(flow, TradeFlow)}
