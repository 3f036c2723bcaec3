"""Reads the tables that algorithms take for ``luhai net``: limits of TARGET2's, ceilings of CHIPS's.

Limits have the columns ``participant, towards, currency`` and ``limit`` or ``limit_minor``; an empty ``towards`` is the
multilateral limit, towards everybody without a bilateral one. Ceilings have ``participant, currency`` and ``ceiling``
or ``ceiling_minor``, counted in funds: opening and debit limit together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from simcore.demand import columns
from simcore.lsm.chips_release import Ceilings
from simcore.lsm.t2_limits import ALL, Limits
from simcore.net_input import InputTable, NetInput


def read_limits(path: Path, given: NetInput) -> dict[str, Limits]:
    """Return the limits of each currency, with account numbers in place of names; those of others are left out.

    Raises
    ------
    ScenarioError    LH101 for columns, LH065 and LH066 for the file, LH024, LH042, LH067, LH102 for rows
    """
    table = InputTable(path, ("participant", "towards", "currency"), ("limit", "limit_minor"), (), one_amount=True)
    holder, towards = table.texts("participant", "the name of a participant").to_pylist(), table.column("towards")
    to_all = columns.blank(towards)
    currency, codes = table.currencies()
    limit = table.sizes("limit", currency, codes, negative=False)
    _known(table, given, "participant", holder, range(table.size))
    _known(table, given, "towards", towards.to_pylist(), np.flatnonzero(~to_all))
    table.finish()
    found: dict[str, Limits] = {}
    for part in given.parts:
        number = {name: place for place, name in enumerate(part.participants)}
        own = np.flatnonzero(currency == codes.index(part.currency)) if part.currency in codes else np.array([], int)
        other = towards.to_pylist()
        found[part.currency] = tuple(
            (number[holder[row]], ALL if to_all[row] else number[other[row]], int(limit[row]))
            for row in own
            if holder[row] in number and (to_all[row] or other[row] in number)
        )
    return found


def read_ceilings(path: Path, given: NetInput) -> dict[str, Ceilings]:
    """Return the ceilings of each currency, with account numbers in place of names; those of others are left out.

    Raises
    ------
    ScenarioError    LH101 for columns, LH065 and LH066 for the file, LH024, LH042, LH067, LH102 for rows
    """
    table = InputTable(path, ("participant", "currency"), ("ceiling", "ceiling_minor"), (), one_amount=True)
    holder = table.texts("participant", "the name of a participant").to_pylist()
    currency, codes = table.currencies()
    ceiling = table.sizes("ceiling", currency, codes, negative=False)
    _known(table, given, "participant", holder, range(table.size))
    first: dict[tuple[str, int], int] = {}
    again = [row for row, key in enumerate(zip(holder, currency.tolist())) if first.setdefault(key, row) != row]
    table.faults.add(
        [row for row in again if holder[row] and currency[row] >= 0], "participant", "LH102",
        lambda row: (
            f"{holder[row]} in {codes[currency[row]]} again, as in row {first[holder[row], int(currency[row])] + 1}",
            "one row for each participant and currency", "",
        ),
    )  # fmt: skip
    table.finish()
    found: dict[str, Ceilings] = {}
    for part in given.parts:
        number = {name: place for place, name in enumerate(part.participants)}
        own = np.flatnonzero(currency == codes.index(part.currency)) if part.currency in codes else np.array([], int)
        found[part.currency] = tuple((number[holder[row]], int(ceiling[row])) for row in own if holder[row] in number)
    return found


def _known(table: InputTable, given: NetInput, column: str, names: Sequence[str], rows: Iterable[int]) -> None:
    """Names in these rows that neither obligations nor balances have are faults."""
    everybody = sorted({name for part in given.parts for name in part.participants})

    def describe(row: int) -> tuple[str, str, str]:
        near = get_close_matches(names[row], everybody, n=1, cutoff=0.5)
        return repr(names[row]), "a participant of the obligations or balances", near[0] if near else ""

    known = set(everybody)
    unknown = [int(row) for row in rows if names[row] and names[row] not in known]
    table.faults.add(unknown, column, "LH102", describe)
