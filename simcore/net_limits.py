"""Reads the bilateral and multilateral limits that TARGET2's algorithms take, from a table for ``luhai net``.

Columns: ``participant, towards, currency`` and ``limit`` or ``limit_minor``. An empty ``towards`` is the multilateral
limit, towards everybody without a bilateral one.
"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import numpy as np

from simcore.demand import columns
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
    everybody = sorted({name for part in given.parts for name in part.participants})
    known = set(everybody)

    for column, names, rows in (
        ("participant", holder, range(table.size)),
        ("towards", towards.to_pylist(), np.flatnonzero(~to_all)),
    ):

        def describe(row: int, names: list[str] = names) -> tuple[str, str, str]:
            near = get_close_matches(names[row], everybody, n=1, cutoff=0.5)
            return repr(names[row]), "a participant of the obligations or balances", near[0] if near else ""

        unknown = [int(row) for row in rows if names[row] and names[row] not in known]
        table.faults.add(unknown, column, "LH102", describe)
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
