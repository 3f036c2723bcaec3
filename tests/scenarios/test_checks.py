"""Checks that need more than one faulty file to be seen: what is right stays right, and large files stay quick."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from scenarios.loader import load
from simcore.errors import ScenarioError

if TYPE_CHECKING:
    from tests.scenarios.conftest import Write


def faults(path: object) -> list[tuple[str, str]]:
    """Code and key path of every fault."""
    try:
        load(str(path))
    except ScenarioError as error:
        return [(fault.code, fault.where.partition(": ")[2]) for fault in error.faults]
    return []


AGENTS = (
    ('country = "CN" }\nSG', 'country = "CN", agents = { CNY = "CLEAR" } }\nSG'),
    ('{ rail = "CIPS", from = "debtor", to = "CLEAR" }', '{ rail = "CIPS", from = "debtor", to = "agent.CNY" }'),
)


def test_roles_that_mean_the_same_participant_join(write: Write) -> None:
    assert faults(write("to-singapore", *AGENTS)) == []


def test_the_creditors_agent_is_another_role(write: Write) -> None:
    path = write("to-singapore", *AGENTS, ('from = "CLEAR", to', 'from = "creditor.agent.CNY", to'))
    assert faults(path) == [("LH026", "participants.SG.agents")]


def test_joining_is_judged_for_every_pair_that_can_meet(write: Write) -> None:
    """A second debtor with another agent makes a route fall apart that holds for the first."""
    path = write(
        "to-singapore",
        *AGENTS,
        (
            "FX = { name",
            'C2 = { name = "Second", kind = "dealer", country = "CN", agents = { CNY = "FX" } }\nFX = { name',
        ),
        ("debtors = { CQ = 1 }", "debtors = { CQ = 1, C2 = 1 }"),
        ('corridor = "cq-sg"', 'route = "rmb"'),
    )
    assert ("LH043", "routes.rmb.hops.1.from") in faults(path)


def test_a_hop_between_one_and_the_same_is_skipped_and_needs_no_account(write: Write) -> None:
    """The debtor is its own agent there: nothing moves on that rail for its payments."""
    path = write(
        "two-banks",
        ('hops = [{ rail = "RTGS", from = "debtor"',
         'hops = [{ rail = "BOOKS", from = "debtor", to = "B01" }, { rail = "RTGS", from = "B01"'),
        ("[accounts.RTGS.B01]", '[rails.BOOKS]\nkind = "books"\ncurrency = "CNY"\n[accounts.RTGS.B01]'),
        ("debtors = { B01 = 1, B02 = 1 }", "debtors = { B01 = 1 }"),
    )  # fmt: skip
    assert faults(path) == []


def test_weights_of_zero_ask_for_nothing(write: Write) -> None:
    path = write(
        "two-banks",
        ("[participants.B02]", '[participants.B03]\nname = "3"\nkind = "dealer"\ncountry = "CN"\n[participants.B02]'),
        ("debtors = { B01 = 1,", "debtors = { B03 = 0, B01 = 1,"),
    )
    assert faults(path) == []


def test_hours_of_the_evening_before_are_hours(write: Write) -> None:
    path = write("two-banks", ('open = "08:30", close', 'open = "20:30-1", close'))
    assert faults(path) == []


def test_a_rail_open_for_funding_only_never_opens_for_payments(write: Write) -> None:
    path = write("two-banks", ('close = "17:15"', 'close = "17:15", only = "funding"'))
    assert faults(path) == [("LH048", "rails.RTGS.sessions")]


def test_a_closed_day_may_be_declared_open(write: Write) -> None:
    saturday = ("start = 2026-03-02", "start = 2026-03-07")
    flow = ('calendar = "CN"\nprofile', 'calendar = "ALL"\nprofile')
    assert faults(write("two-banks", saturday, flow)) == [("LH048", "rails.RTGS.calendar")]
    opened = ('queue = "bypass"', 'queue = "bypass"\nadd_open = [2026-03-07]')
    assert faults(write("two-banks", saturday, flow, opened)) == []


@pytest.mark.parametrize(
    ("rate", "code"),
    [
        ('source = "constant"\nrate = 5.3', None),
        ('source = "constant"\nrate = 0', "LH055"),
        ('source = "ecb"\nrate = 5.3', "LH055"),
        ('source = "given"\nfile = "missing.csv"', "LH030"),
    ],
)
def test_rates(write: Write, rate: str, code: str | None) -> None:
    path = write("to-singapore", ('[fx.pairs."SGD/CNY"]', f'[fx.pairs."SGD/CNY"]\n{rate}'))
    assert [found for found, _ in faults(path)] == ([code] if code else [])


def test_given_rates_are_read_when_checking(write: Write) -> None:
    path = write("to-singapore", ('[fx.pairs."SGD/CNY"]', '[fx.pairs."SGD/CNY"]\nsource = "given"\nfile = "rates.csv"'))
    write("time,rate\n2026-03-01T00:00:00+08:00,5.3\n", name="rates.csv")
    assert faults(path) == []
    write("time,rate\n2026-03-01T00:00:00,5.3\n2026-03-01T00:00:00+08:00,-1\n", name="rates.csv")
    assert [code for code, _ in faults(path)] == ["LH062", "LH069"]


def test_an_agent_nobody_has(write: Write) -> None:
    hops = (
        '{ rail = "RTGS", from = "debtor", to = "agent.USD" }, { rail = "RTGS", from = "agent.USD", to = "creditor" }'
    )
    path = write("two-banks", ("[flows.trade]", f"[routes.spare]\nhops = [{hops}]\n[flows.trade]"))
    assert faults(path) == [("LH026", "routes.spare.hops.0.to")]


@pytest.mark.parametrize(("zone", "fine"), [("Asia/Bangkok", True), ("Asia/Bangkock", False), ("", False)])
def test_zones(write: Write, zone: str, fine: bool) -> None:
    path = write("two-banks", ("per_day = 100", f'per_day = 100\nzone = "{zone}"'))
    assert faults(path) == ([] if fine else [("LH025", "flows.trade.zone")])


def test_sources_may_name_defaults_arrays_and_tables(write: Write) -> None:
    names = ["rails.RTGS.when_closed", "routes.direct.hops.0.latency", "accounts", "accounts.RTGS.B01.opening"]
    text = "".join(f"[sources.'{name}']\nstatus = 'assumed'\nsource = 'assumption'\n" for name in names)
    assert faults(write("two-banks", ("[routes.direct]", text + "[routes.direct]"))) == []


def test_five_thousand_banks_are_checked_in_seconds(write: Write) -> None:
    count = 5000
    banks = "".join(
        f'[participants.B{k}]\nname = "Bank {k}"\nkind = "commercial_bank"\ncountry = "CN"\n' for k in range(count)
    )
    accounts = "".join(f'[accounts.RTGS.B{k}]\nopening = "{k}.5 mn CNY"\n' for k in range(count))
    weights = "".join(f"B{k} = {k + 1}\n" for k in range(count))
    path = write("two-banks")
    text = path.read_text()
    text = text[: text.index("[participants")] + banks + text[text.index("[rails") : text.index("[accounts")] + accounts
    rest = path.read_text()
    rest = rest[rest.index("[routes") :].replace(
        "debtors = { B01 = 1, B02 = 1 }\ncreditors = { B01 = 1, B02 = 1 }\n", ""
    )
    path = write(f"{text}{rest}[flows.trade.debtors]\n{weights}[flows.trade.creditors]\n{weights}")
    begun = time.process_time()
    assert len(load(path).scenario.participants) == count
    assert time.process_time() - begun < 10


def test_odd_names_are_names(write: Write) -> None:
    """Quotes, dots, brackets and Chinese in a name change nothing; places and paths still lead there."""
    name = '重庆 "a.b" [key]'
    quoted = "'" + name + "'"
    path = write("two-banks", *[("B01", quoted)] * 4)
    assert faults(path) == []
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('kind = "commercial_bank"', 'kind = "bank"', 1), encoding="utf-8")
    (found,) = faults(path)
    assert found == ("LH013", r'participants."重庆 \"a.b\" [key]".kind')
