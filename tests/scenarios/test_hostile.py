"""Whatever stands in a scenario, the answer is a model or faults in our words: never another exception."""

from __future__ import annotations

import datetime as dt
import re
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scenarios.document import Document
from scenarios.extend import read_document
from scenarios.loader import typed
from scenarios.resolve import to_toml
from scenarios.summary import summary
from simcore.errors import ScenarioError

HERE = Path(__file__).parent
ORIGINALS = {name: read_document(HERE / f"{name}.toml") for name in ("two-banks", "to-singapore")}
ACCOUNT = {"opening": "1 CNY", "debit_limit": "unlimited", "funding": "1 CNY", "funded_by": "CQ"}

TEXTS = """\
x CNY CQ HVPS debtor creditor agent.CNY creditor.agent.SGD agent. unlimited 24:00 23:59-9 USD/CNY
CNY/CNY / .. /etc/passwd rtgs cips deferred_net trade replay ecb given after_closed Asia/Bangkok 2026-03-02 1
""".split()  # noqa: SIM905 (read more easily so)
TEXTS += ["", "0 s", "-1 CNY", "9e999 CNY", "1 tn tn CNY", "0 bp", "\0", "99999999999 d", "100 %", "é" * 300]
NUMBERS = [0, 1, -1, 2**62, 2**63, -(2**63), 10**40, True, False]
DECIMALS = [Decimal(text) for text in ("0", "0.5", "-1", "NaN", "Infinity", "1E+999999", "1E-999999", "0E+999999")]
TIMES = [dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.time(8, 30), dt.time(8, 30, 0, 1), dt.datetime(2026, 3, 2, 8),
         dt.datetime(2026, 3, 2, 8, tzinfo=dt.UTC)]  # fmt: skip
TABLES = [[], {}, [[]], [{}], [1, "a"], {"kind": "rtgs"}, {"kind": 1}, ACCOUNT, {"CQ": ACCOUNT}, {"\0rtgs": 1},
          {"kind": "instant", "currency": "CNY"}, {"B01": 1}]  # fmt: skip
junk = st.sampled_from([*TEXTS, *NUMBERS, *DECIMALS, *TIMES, *TABLES]).map(deepcopy) | st.text(max_size=5)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path of a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, inner in items for found in places(inner, (*path, key)))]


@st.composite
def spoilt(draw: Any) -> Document:
    """An example in which up to three things were taken away, replaced or added."""
    original = ORIGINALS[draw(st.sampled_from(sorted(ORIGINALS)))]
    data = deepcopy(original.data)
    for _ in range(draw(st.integers(1, 3))):
        found = places(data)[1:]
        inner = [path for path in found if len(path) >= 3]  # small changes see deeper into the checks
        path = draw(st.sampled_from(inner if inner and draw(st.integers(0, 9)) else found or [("scenario",)]))
        table: Any = data
        for part in path[:-1]:
            table = table[part]
        change = draw(st.sampled_from(["remove", "replace", "replace", "add", "move"]))
        if change == "replace" or path[-1] not in (table if isinstance(table, dict) else range(len(table))):
            table[path[-1]] = draw(junk)
        elif change == "remove":
            del table[path[-1]]
        elif isinstance(table, list):
            table.append(deepcopy(table[path[-1]]))
        elif change == "add":
            table[draw(st.text(max_size=3) | st.sampled_from(["file", "kind", "name", "hops", "x" * 300]))] = draw(junk)
        else:
            table[draw(st.sampled_from(["x", "CQ", "B01", "RTGS", "CIPS", "calendar"]))] = table.pop(path[-1])
    return Document(file=original.file, folder=original.folder, data=data, origins=dict(original.origins))


@given(spoilt())
def test_a_spoilt_scenario_is_a_model_or_faults(document: Document) -> None:
    try:
        loaded = typed(document)
    except ScenarioError as error:
        found = error.faults
    else:
        assert to_toml(loaded.scenario)
        assert summary(loaded.scenario, loaded.digest)
        return
    assert found
    for fault in found:
        assert re.fullmatch(r"LH\d{3}", fault.code)
        assert fault.got
        assert fault.expected
        assert len(str(fault)) < 2000
        assert not re.search(r"pydantic|Decimal\(|datetime\.|Input should", str(fault))
