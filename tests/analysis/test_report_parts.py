"""The small parts of a report: values in words, differences of scenarios, status of inputs, Markdown, links."""

from __future__ import annotations

from dataclasses import fields
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.report.differ import Difference, differences, parts_of, path_text, said, setting
from analysis.report.prose import sections
from analysis.report.sources import Sources, linked, stated
from analysis.report.table import Cell, Table
from analysis.report.understood import tables_of
from analysis.report.values import amount, percent, text, time
from analysis.tables import Tables, open_tables
from scenarios.keys import parse_path
from simcore.market import Fx
from simcore.model import Scenario
from tests.analysis.made import make_run, scenario


@pytest.mark.parametrize(
    ("value", "unit", "currency", "words"),
    [
        (123456, "minor units", "CNY", "1,234.56"),
        (-5, "minor units", "CNY", "−0.05"),
        (123456, "minor units", "JPY", "123,456"),
        (2**63, "minor units", "CNY", "92,233,720,368,547,758.08"),
        (2400, "payments", "CNY", "2,400"),
        (Fraction(1, 3), "share", "", "33.33 %"),
        (Fraction(7, 1), "seconds", "", "7.0 s"),
        (Fraction(2, 3), "basis points", "", "0.7 bp"),
        (Fraction(7, 2), "ratio", "", "3.50"),
        (Fraction(3600_00), "minor units × seconds", "CNY", "1 h"),
    ],
)
def test_values_in_words(value: Any, unit: str, currency: str, words: str) -> None:
    assert text(value, unit, currency, "en") == words


def test_the_whole_and_nothing_are_kept_for_the_whole_and_nothing() -> None:
    assert [percent(Fraction(*each)) for each in ((1, 1), (99_999, 100_000), (0, 1), (1, 100_000))] == [
        "100 %", "> 99.99 %", "0 %", "< 0.01 %"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (119, "119.0 s"), (120, "2.0 min"), (7200, "2.0 h"), (172_800, "2.0 d")]
)
def test_times_have_a_unit_that_suits(seconds: int, words: str) -> None:
    assert time(Fraction(seconds), "en") == words


def test_chinese_units() -> None:
    assert time(Fraction(7200), "zh") == "2.0 小时"
    assert text(Fraction(10), "basis points", "", "zh") == "10.0 基点"
    assert amount(100, "XXX") == "100"


def test_differences_go_down_to_the_value() -> None:
    before = {"a": {"x": 1, "y": [{"z": 1}, {"z": 2}]}, "gone": 1}
    after = {"a": {"x": 1, "y": [{"z": 1}, {"z": 3}]}, "new": {"k": [1, 2]}}
    found = list(differences(before, after))
    assert found == [
        Difference(("a", "y", 1, "z"), 2, 3),
        Difference(("gone",), 1, None),
        Difference(("new",), None, {"k": [1, 2]}),
    ]
    assert [setting(each) for each in found] == ["a.y.1.z=3", None, 'new={ "k" = [1, 2] }']


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("bypass", "x=bypass"), ("50 bp", "x=50 bp"), ("5", 'x="5"'), ("true", 'x="true"'), ("", 'x=""'),
        ("a\nb", 'x="a\\nb"'), (" a", 'x=" a"'), (5, "x=5"), (True, "x=true"), (1.5, "x=1.5"),
    ],
)  # fmt: skip
def test_a_setting_is_read_as_the_value_it_came_from(value: Any, written: str) -> None:
    from scenarios.settings import _read_value

    assert setting(Difference(("x",), None, value)) == written
    assert _read_value(written.partition("=")[2]) == value


@given(
    st.lists(st.text("abz019_-+/. \"'中", min_size=1, max_size=6).filter(lambda part: part == part.strip()), min_size=1)
)
def test_key_paths_are_those_of_the_scenario_reader(path: list[str]) -> None:
    assert [str(part) for part in parse_path(path_text(tuple(path)))] == path


def test_a_source_covers_what_is_below_it() -> None:
    scenario = {
        "scenario": {"days": 1},
        "rails": {"MEPS+": {"queue": "fifo", "sessions": [{"open": "09:00", "close": "18:30"}], "name": "x"}},
        "fx": {"pairs": {"USD/CNY": {"rate": "7"}}},
        "sources": {
            "rails.MEPS+": {"status": "assumed", "source": "s"},
            "rails.MEPS+.sessions.0.close": {"status": "published", "source": "s"},
            'fx.pairs."USD/CNY"': {"status": "derived", "source": "s"},
        },
    }
    sources = Sources(scenario)
    assert sources.status(("rails", "MEPS+", "sessions", 0, "open")) == "assumed"
    assert sources.status(("rails", "MEPS+", "sessions", 0, "close")) == "published"
    assert sources.status(("rails", "CIPS")) == "not_stated"
    assert sources.marks("rails", "MEPS+") == ("published", "assumed")
    assert sources.marks("fx", "pairs", "USD/CNY") == ("derived",)
    assert {part: dict(count) for part, count in sources.counted().items()} == {
        "rails": {"assumed": 2, "published": 1}, "fx": {"derived": 1}
    }  # fmt: skip
    assert sources.total() == {"assumed": 2, "published": 1, "derived": 1}
    assert parts_of("rails.MEPS+.sessions.0") == ("rails", "MEPS+", "sessions", "0")


def test_a_value_that_was_set_has_no_source_any_more() -> None:
    rail = {"queue": "fifo", "sessions": [{"open": "09:00", "close": "18:30"}]}
    given = {
        "rails.A": {"status": "assumed", "source": "s"},
        "rails.A.sessions": {"status": "published", "source": "t"},
    }
    sources = Sources({"rails": {"A": rail}, "sources": given}, [("rails", "A", "sessions", 0, "close")])
    assert sources.status(("rails", "A", "sessions", 0, "close")) == "changed_here"
    assert sources.status(("rails", "A", "sessions", 0, "open")) == "published"
    assert sources.marks("rails", "A") == ("published", "assumed", "changed_here")
    assert dict(sources.total()) == {"assumed": 1, "published": 1, "changed_here": 1}
    whole = Sources({"rails": {"A": rail}, "sources": given}, [("rails", "A", "sessions")])
    assert whole.marks("rails", "A") == ("assumed", "changed_here")
    assert [each.changed for _, found in stated(whole) for one in found for each in one.inputs] == [
        ["rails.A.sessions"], ["rails.A.sessions"]
    ]  # fmt: skip
    assert stated(whole)[0][1][0].inputs[0].path == "rails.A.sessions"


def test_values_of_tables_in_words() -> None:
    latency = {"lognormal": {"median": "645 s", "sigma": 1.74}, "most": "5 d", "least": None}
    assert said(latency) == "lognormal (median 645 s, sigma 1.74), most 5 d"
    assert said([{"use": "a", "at": True}, {"use": "b"}]) == "use a, at yes; use b"
    assert said([]) == said(None) == said({}) == ""


def test_nothing_of_a_route_or_an_account_is_kept_quiet(tmp_path: Path) -> None:
    made = scenario(["CB"])
    made["routes"]["fast"] = {
        "hops": [{"rail": "RTGS", "from": "debtor", "to": "creditor", "latency": "2 s", "fee": {"fixed": "5 CNY"}},
                 {"rail": "X", "from": "creditor", "to": "Y", "latency": "0 s"}],
        "charges": "OUR",
    }  # fmt: skip
    account = {"opening": "1,000.50 CNY", "debit_limit": "2 mn CNY", "funding": "1 CNY"}
    made["accounts"] = {"RTGS": {"CB": {"opening": "1.5 mn CNY", "debit_limit": "unlimited"}, "B": account}}
    run = make_run(tmp_path / "run", payments=0, grid=False, manifest={"scenario": made})
    tables = {table.id: table for table in tables_of(open_tables(run), Sources(made), "en")}
    assert list(tables["in-routes"].rows[0][1].lines) == [
        "RTGS: debtor → creditor, after 2 s", "– fee: fixed 5 CNY", "X: creditor → Y", "charges: OUR"
    ]  # fmt: skip
    row = tables["in-accounts"].rows[0]
    assert [cell.text for cell in row[1:5]] == ["2", "1,501,000.50 CNY", "2,000,000 CNY", "CB"]
    assert list(row[5].lines) == ["funding: 1"]


def test_every_table_that_a_scenario_may_have_is_called_what_people_call_it(tmp_path: Path) -> None:
    parts = [each.name for each in fields(Scenario) if each.name not in ("scenario", "fx", "sources")]
    made = scenario(["CB"]) | {part: {"X": {"A": {"a": 1}}} for part in parts}
    made["fx"] = {each.name: {"X": {"a": 1}} for each in fields(Fx)}
    run = open_tables(make_run(tmp_path / "run", payments=0, grid=False))
    tables = Tables(run.path, {**run.manifest, "scenario": made})
    for language in ("en", "zh"):
        found = {table.id: table.caption for table in tables_of(tables, Sources(made), language)}
        assert len(found) == len(parts) + len(fields(Fx))
        assert all(title[0].isupper() if language == "en" else not title.isascii() for title in found.values()), found


def test_sections_of_a_readme() -> None:
    found = sections("# T\n\nx\n\n## One\n\n### Sub\n\na `b` **c**\n\n| h |\n|---|\n| 1 |\n\n## Two\n\n<i>raw</i>\n")
    assert list(found) == ["One", "Two"]
    assert "<h4>Sub</h4>" in found["One"]
    assert '<div class="scroll" tabindex="0"><table>' in found["One"]
    assert "&lt;i&gt;raw&lt;/i&gt;" in found["Two"]
    assert sections("") == {}


def test_addresses_become_links_and_end_before_the_stop() -> None:
    assert linked("see https://a.example/b?c=1&d. Then") == (
        'see <a href="https://a.example/b?c=1&amp;d" rel="noreferrer">https://a.example/b?c=1&amp;d</a>. Then'
    )
    assert linked("<b>") == "&lt;b&gt;"


def test_columns_that_say_nothing_are_left_out() -> None:
    table = Table("t", "", [Cell("a"), Cell("b"), Cell("c")], [[Cell("1"), Cell(), Cell("–", number=True)]], 2)
    assert [cell.text for cell in table.without_empty_columns().heads] == ["a"]
    assert table.without_empty_columns().n_heads == 1
