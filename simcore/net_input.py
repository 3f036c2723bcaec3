"""Reads what ``luhai net`` works on: obligations and perhaps balances, sorted into one problem for each currency.

Obligations have the columns ``id, debtor, creditor, currency`` and ``amount`` or ``amount_minor``, optionally
``priority`` and ``entered_at``; the order of the rows is the order of the queue. Balances have ``participant,
currency`` and ``opening`` or ``opening_minor``, optionally ``debit_limit`` or ``debit_limit_minor``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fx.currency import currency_codes, exponent
from simcore.demand import columns, files
from simcore.demand.columns import RowFaults
from simcore.demand.header import type_problem
from simcore.errors import Fault, ScenarioError
from simcore.exact import exact_sum
from simcore.lsm.base import Problem

SUM_MOST = 2**62 - 1
Int64 = NDArray[np.int64]


@dataclass(frozen=True)
class Part:
    """The obligations of one currency. Account numbers of the problem are positions in ``participants``."""

    currency: str
    participants: list[str]
    opening: Int64  # (n_account,) minor units
    debit_limit: Int64  # (n_account,)
    rows: Int64  # (n,) places in the file
    problem: Problem


@dataclass(frozen=True)
class NetInput:
    """Everything that was read."""

    ids: pa.Array
    parts: list[Part]
    inputs: list[files.InputFile]


class InputTable:
    """One file, whole in memory, with its faults by row."""

    def __init__(
        self, path: Path, required: Sequence[str], amounts: Sequence[str], optional: Sequence[str], one_amount: bool
    ) -> None:
        self.shown = str(path)
        self._table = files.open_table(path, self.shown)
        names = self._table.schema.names
        self._check_header(names, required, amounts, optional, one_amount)
        self.input, identity = files.fingerprint(path, self.shown)
        wanted = [name for name in (*required, *amounts, *optional) if name in names]
        with files.reading(self.shown):
            batches = list(self._table.batches(wanted))
            files.check_unchanged(path, self.shown, identity)
        if not batches or not sum(batch.num_rows for batch in batches):
            raise ScenarioError.one("LH066", self.shown, got="no rows", expected="at least one row")
        self._columns = {
            name: pa.concat_arrays([columns.plain(batch.column(name)) for batch in batches]) for name in wanted
        }
        self.size = len(self._columns[wanted[0]])
        self.faults = RowFaults()

    def __contains__(self, name: str) -> bool:
        return name in self._columns

    def column(self, name: str) -> pa.Array:
        """A column without dictionary."""
        return self._columns[name]

    def _check_header(
        self, names: Sequence[str], required: Sequence[str], amounts: Sequence[str], optional: Sequence[str], one: bool
    ) -> None:
        faults: list[Fault] = []
        known = (*required, *amounts, *optional)
        extra = [name for name in names if name not in known]

        def fault(column: str, got: str, expected: str, try_: str = "", code: str = "LH101") -> None:
            faults.append(Fault(code=code, where=f"{self.shown}: {column}", got=got, expected=expected, try_=try_))

        for name in known:
            if names.count(name) > 1:
                fault(name, f"{names.count(name)} columns of that name", "one")
        for name in required:
            if name not in names:
                near = get_close_matches(name, extra, n=1, cutoff=0.6)
                rename = f"rename {near[0]} to {name}" if near else ""
                fault(name, f"the columns {', '.join(names)}", f"a column {name}", rename)
        for name in amounts:
            if name.endswith("_minor") and name in names and name.removesuffix("_minor") in names:
                fault(name, f"both {name.removesuffix('_minor')} and {name}", "one of the two")
        if one and not any(name in names for name in amounts[:2]):
            fault(amounts[0], f"the columns {', '.join(names)}", f"a column {amounts[0]} or {amounts[1]}")
        for name in extra:
            near = get_close_matches(name.lower().strip(), [n for n in optional if n not in names], n=1, cutoff=0.8)
            if near:
                fault(name, f"a column {name}", f"{near[0]}, or a name less like it", near[0])
        for name in (name for name in known if names.count(name) == 1):
            as_known = (
                "amount" if name in amounts else {"id": "reference", "entered_at": "initiated_at"}.get(name, name)
            )
            problem = type_problem(as_known, self._table.schema.field(name).type)
            if problem:
                code, _, got, expected, try_ = problem
                fault(name, got, expected, try_, code)
        if faults:
            raise ScenarioError(faults)

    def finish(self) -> None:
        """Raise the faults found so far, each with its row and, for text, its line."""
        found = self.faults.first()
        if not found:
            return
        rows = [fault.row + 1 for fault in found]
        lines = self._table.lines_of_rows(rows) if isinstance(self._table, files.CsvTable) else {}
        raise ScenarioError(
            Fault(
                code=fault.code,
                where=f"{self.shown}{f':{lines[row]}' if row in lines else ''}: row {row}: {fault.column}",
                got=fault.got,
                expected=fault.expected,
                try_=fault.try_,
            )
            for fault, row in zip(found, rows, strict=True)
        )

    def texts(self, name: str, what: str) -> pa.Array:
        """A column of names; blank ones are faults."""
        blank = np.flatnonzero(columns.blank(self.column(name)))
        self.faults.add(blank, name, "LH102", lambda row: ("nothing", what, ""))
        return self.column(name)

    def currencies(self) -> tuple[NDArray[np.int32], list[str]]:
        """Each row's currency as a position in a list, in order of appearance; unknown ones are faults."""
        known = set(currency_codes())
        array = self.texts("currency", "an ISO 4217 code")
        codes = [code for code in pc.unique(array).to_pylist() if code in known]
        found = columns.codes_of(array, pa.array(codes, pa.string()))
        unknown = np.flatnonzero((found < 0) & ~columns.blank(array))

        def describe(row: int) -> tuple[str, str, str]:
            near = get_close_matches(str(array[row].as_py()).upper(), sorted(known), n=1, cutoff=0.6)
            return columns.shown(array, row), "an ISO 4217 code in capitals", near[0] if near else ""

        self.faults.add(unknown, "currency", "LH024", describe)
        return found, codes

    def sizes(self, name: str, currency: NDArray[np.int32], codes: Sequence[str], *, negative: bool) -> Int64:
        """A column of amounts of any size in minor units; ``name_minor`` may stand in its place, absent ones are 0."""
        if name not in self and f"{name}_minor" not in self:
            return np.zeros(self.size, dtype=np.int64)
        major = name in self
        column = name if major else f"{name}_minor"
        array, values = self.column(column), np.zeros(self.size, dtype=np.int64)
        places = np.array([exponent(code) if major else 0 for code in codes] + [-1])[currency]
        bad: list[int] = []
        for scale in sorted(set(np.unique(places).tolist()) - {-1}):
            rows = np.flatnonzero(places == scale)
            values[rows], part_bad = columns.exact_integers(array.take(pa.array(rows)), scale)
            bad += rows[part_bad].tolist()
        expected = "a plain decimal number" if major else "a whole number of minor units"
        self.faults.add(
            sorted(bad), column, "LH067",
            lambda row: (columns.shown(array, row), f"{expected} of {codes[currency[row]]} that fits 64 bits", ""),
        )  # fmt: skip
        if not negative:
            below = np.setdiff1d(np.flatnonzero((values < 0) & (places >= 0)), bad)
            self.faults.add(below, column, "LH042", lambda row: (columns.shown(array, row), "zero or more", ""))
        return values


def _repeated(codes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows whose code an earlier row has, and that earlier row."""
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    again = np.flatnonzero(first[inverse] != np.arange(codes.size))
    return again, first[inverse]


def _check_sum(shown: str, what: str, currency: str, values: Int64) -> None:
    total = exact_sum(values)
    if total > SUM_MOST:
        raise ScenarioError.one(
            "LH104", f"{shown}: {currency}", got=f"{what} of {total:,} minor units together",
            expected=f"at most {SUM_MOST:,} (2^62 - 1)",
        )  # fmt: skip


@dataclass(frozen=True)
class Balances:
    """What ``--balances`` says, row by row; ``currency`` counts in ``currencies``, ``participant`` in ``names``."""

    shown: str
    names: list[str]
    currencies: list[str]
    participant: NDArray[np.int32]
    currency: NDArray[np.int32]
    opening: Int64
    debit_limit: Int64
    input: files.InputFile


def read_balances(path: Path) -> Balances:
    """Read openings and debit limits; ScenarioError with every fault of the first that are found."""
    amounts = ("opening", "opening_minor", "debit_limit", "debit_limit_minor")
    table = InputTable(path, ("participant", "currency"), amounts, (), one_amount=True)
    names = table.texts("participant", "the name of a participant")
    currency, codes = table.currencies()
    opening = table.sizes("opening", currency, codes, negative=True)
    limit = table.sizes("debit_limit", currency, codes, negative=False)
    table.finish()
    participants: list[str] = pc.unique(names).to_pylist()
    participant = columns.codes_of(names, pa.array(participants, pa.string()))
    again, earlier = _repeated(participant.astype(np.int64) * len(codes) + currency)
    table.faults.add(
        again, "participant", "LH102",
        lambda row: (
            f"{participants[participant[row]]} in {codes[currency[row]]} again, as in row {earlier[row] + 1}",
            "one row for each participant and currency", "",
        ),
    )  # fmt: skip
    # Compared without a sum, which could pass 64 bits.
    below = np.flatnonzero(opening < -limit)
    column = "opening" if "opening" in table else "opening_minor"
    table.faults.add(
        below, column, "LH041",
        lambda row: (columns.shown(table.column(column), row), "an opening that is not below the debit limit", ""),
    )  # fmt: skip
    table.finish()
    for place, code in enumerate(codes):
        own = currency == place
        _check_sum(table.shown, "openings and limits", code, np.concatenate((np.maximum(opening[own], 0), limit[own])))
    return Balances(table.shown, participants, codes, participant, currency, opening, limit, table.input)


def read_input(path: Path, balances_path: Path | None) -> NetInput:
    """Read the obligations and, if given, the balances.

    Without balances everybody opens with 0. With them, everybody who owes or is owed must be in the file, for at
    least one currency, and opens with 0 in the currencies for which there is no row.

    Raises
    ------
    ScenarioError    LH101 for columns, LH065 and LH066 for the files, LH102, LH024, LH041, LH042, LH046, LH062, LH067,
                     LH069 for rows, LH104 for sums
    """
    table = InputTable(
        path, ("id", "debtor", "creditor", "currency"), ("amount", "amount_minor"), ("priority", "entered_at"), True
    )
    balances = read_balances(balances_path) if balances_path else None
    ids = table.column("id")
    as_text = ids if columns.is_text(ids.type) else ids.cast(pa.string())
    table.faults.add(
        np.flatnonzero(columns.blank(as_text)), "id", "LH102", lambda row: ("nothing", "an id of its own", "")
    )
    again, earlier = _repeated(np.asarray(as_text.dictionary_encode().indices.fill_null(-1), dtype=np.int64))
    again = again[~columns.blank(as_text)[again]]
    table.faults.add(
        again, "id", "LH102",
        lambda row: (
            f"{as_text[row].as_py()!r} again, as in row {earlier[row] + 1}", "an id that no other row has", "",
        ),
    )  # fmt: skip
    names, debtor, creditor = _participants(table, balances)
    currency, codes = table.currencies()
    amount_column = "amount" if "amount" in table else "amount_minor"
    amount = columns.amounts_column(table.column(amount_column), amount_column, currency, codes, table.faults)
    priority = np.zeros(table.size, dtype=np.int8)
    if "priority" in table:
        priority = columns.priority_column(table.column("priority"), 0, table.faults)
    entered_at = np.zeros(table.size, dtype=np.int64)
    if "entered_at" in table:
        array = table.column("entered_at")
        number = columns.is_text(array.type) and str(array[0].as_py() or "").lstrip("-").isdigit()
        entered_at = columns.times_column(array, "entered_at", table.faults, "LH062", number)
    table.finish()
    parts = []
    for place, code in enumerate(codes):
        rows = np.flatnonzero(currency == place)
        _check_sum(table.shown, "obligations", code, amount[rows])
        columns_of_part = (debtor[rows], creditor[rows], amount[rows], priority[rows], entered_at[rows])
        parts.append(_part(code, names, balances, rows, *columns_of_part))
    inputs = [table.input, *([balances.input] if balances else [])]
    return NetInput(ids, sorted(parts, key=lambda part: part.currency), inputs)


def _participants(
    table: InputTable, balances: Balances | None
) -> tuple[list[str], NDArray[np.int32], NDArray[np.int32]]:
    """Names in the order of the balances, or of appearance, and debtor and creditor of each row as places in it."""
    both = [table.texts(name, "the name of a participant") for name in ("debtor", "creditor")]
    if balances is not None:
        names = balances.names
    else:
        # Row by row, the debtor first, so that account numbers don't depend on how names are stored.
        zipped = pa.concat_arrays(both).take(pa.array(np.arange(2 * table.size).reshape(2, -1).T.ravel()))
        names = [name for name in pc.unique(zipped).to_pylist() if name]
    values = pa.array(names, pa.string())
    found = [columns.codes_of(array, values) for array in both]
    for column, array, place in zip(("debtor", "creditor"), both, found, strict=True):

        def describe(row: int, array: pa.Array = array) -> tuple[str, str, str]:
            near = get_close_matches(str(array[row].as_py()), names, n=1, cutoff=0.5)
            return columns.shown(array, row), "a participant that the balances have", near[0] if near else ""

        table.faults.add(np.flatnonzero((place < 0) & ~columns.blank(array)), column, "LH102", describe)
    debtor, creditor = found
    table.faults.add(
        np.flatnonzero((debtor == creditor) & (debtor >= 0)), "creditor", "LH046",
        lambda row: (names[debtor[row]], "a creditor other than the debtor", ""),
    )  # fmt: skip
    return names, debtor, creditor


def _part(
    code: str,
    names: Sequence[str],
    balances: Balances | None,
    rows: Int64,
    debtor: NDArray[np.int32],
    creditor: NDArray[np.int32],
    amount: Int64,
    priority: NDArray[np.int8],
    entered_at: Int64,
) -> Part:
    """The problem of one currency, with the participants that have a balance or an obligation in it."""
    opening, limit = np.zeros(len(names), dtype=np.int64), np.zeros(len(names), dtype=np.int64)
    taking_part = np.zeros(len(names), dtype=bool)
    if balances is not None and code in balances.currencies:
        own = balances.currency == balances.currencies.index(code)
        holders = balances.participant[own]
        opening[holders], limit[holders] = balances.opening[own], balances.debit_limit[own]
        taking_part[holders] = True
    taking_part[debtor] = taking_part[creditor] = True
    places = np.flatnonzero(taking_part)
    number = np.full(len(names), -1, dtype=np.int32)
    number[places] = np.arange(places.size, dtype=np.int32)
    problem = Problem(
        funds=opening[places] + limit[places],
        debtor=number[debtor],
        creditor=number[creditor],
        amount=amount,
        priority=priority,
        entered_at=entered_at,
    )
    return Part(code, [names[place] for place in places.tolist()], opening[places], limit[places], rows, problem)
