"""Measures of a finished run as one long table: measure, group, currency, value; from the Arrow tables alone.

    measure(open_tables("runs/week"), ["settled_value", "within_hour"], by="route")

Sums are exact integers (column ``exact``); a float appears in ``value`` only, at the end. Amounts of different
currencies are never added: every row belongs to one currency.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from importlib import import_module

import pyarrow as pa

from analysis.measure_list import GROUPS, MEASURES
from analysis.tables import Tables
from simcore.errors import ScenarioError

Found = dict[tuple[str, str, str], "int | Fraction | None"]
"""(measure, group, currency) → value, exact; None where it isn't defined, say a share of nothing."""


@dataclass(frozen=True)
class Cell:
    """One value of :func:`measure` as a row."""

    measure: str
    group: str
    currency: str
    value: int | Fraction | None


def schema() -> pa.Schema:
    """Columns of :func:`measure`."""
    return pa.schema([
        pa.field("measure", pa.string(), nullable=False), pa.field("group", pa.string(), nullable=False),
        pa.field("currency", pa.string(), nullable=False), pa.field("value", pa.float64()),
        pa.field("unit", pa.string(), nullable=False), pa.field("exact", pa.decimal256(76, 0)),
    ])  # fmt: skip


def cells(tables: Tables, names: Sequence[str] | None = None, by: str = "run") -> list[Cell]:
    """The values of :func:`measure`, exact, ordered by measure (as listed), group and currency."""
    for name in names or ():
        if name not in MEASURES:
            raise ScenarioError.one("LH013", "measure", got=f'"{name}"', expected=f"one of {', '.join(MEASURES)}")
    families = [family for family, groups in GROUPS.items() if by in groups]
    wanted = [name for name, each in MEASURES.items() if (names is None or name in names) and each.family in families]
    if not families or (names and len(wanted) < len(set(names))):
        missing = [name for name in names or () if name not in wanted]
        groups = GROUPS[MEASURES[missing[0]].family] if missing else tuple(dict.fromkeys(sum(GROUPS.values(), ())))
        where = f"measure {missing[0]}: by" if missing else "measure: by"
        raise ScenarioError.one("LH013", where, got=f'"{by}"', expected=f"one of {', '.join(groups)}")
    found: Found = {}
    modules = [import_module(f"analysis.measures_{each}") for each in dict.fromkeys(MEASURES[n].family for n in wanted)]
    # Two at a time: numpy and pyarrow let go of Python's lock for most of their work.
    with ThreadPoolExecutor(2) as pool:
        for part in pool.map(lambda module: module.compute(tables, by), modules):
            found |= part
    order = {name: position for position, name in enumerate(wanted)}
    kept = sorted((key for key in found if key[0] in order), key=lambda key: (order[key[0]], key[1], key[2]))
    return [Cell(*key, found[key]) for key in kept]


def measure(tables: Tables, names: Sequence[str] | None = None, by: str = "run") -> pa.Table:
    """Measures of a run.

    Parameters
    ----------
    tables : Tables              from :func:`analysis.tables.open_tables`
    names : names of measures    all that can be cut so if not given; see ``MEASURES``
    by : str                     "run", "rail", "route", "corridor", "participant", "currency", "purpose", "flow",
                                 "day", "hour", "pair", "outage", "holders", "country", "class" or "status"; which
                                 a measure takes is in ``GROUPS``

    Returns
    -------
    pyarrow.Table                measure, group (empty for the run), currency, value float64 (null where not defined),
                                 unit, exact (the integer behind a sum or a count, null for a ratio)

    Raises
    ------
    ScenarioError                LH013: no such measure, or one that can't be cut so
    """
    return table_of(cells(tables, names, by))


def table_of(rows: Sequence[Cell]) -> pa.Table:
    """Cells as the table of :func:`measure`."""
    columns = [
        [row.measure for row in rows], [row.group for row in rows], [row.currency for row in rows],
        [None if row.value is None else float(row.value) for row in rows],
        [MEASURES[row.measure].unit for row in rows],
        [Decimal(row.value) if isinstance(row.value, int) else None for row in rows],
    ]  # fmt: skip
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, schema(), strict=True)], schema=schema())
