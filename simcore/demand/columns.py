"""Turns columns of a payment file into flat integer arrays, vectorised and exact, and names the rows that can't be.

Each function returns its array and leaves faults with :class:`RowFaults`; the value of a faulty row means nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fx.currency import exponent, to_minor

FAULTS_MOST = 20
ROW_MISSING = "LH069"
MICROSECONDS = pa.timestamp("us", tz="UTC")
TIME_EXPECTED = "a date and time with offset (RFC 3339, at most 6 decimals) or whole microseconds since 1970"

Int64 = NDArray[np.int64]
Rows = NDArray[np.int64] | Sequence[int]


@dataclass(frozen=True)
class RowFault:
    """One fault of one row of a batch; ``row`` counts from 0 inside the batch."""

    row: int
    column: str
    code: str
    got: str
    expected: str
    try_: str = ""


@dataclass
class RowFaults:
    """Collects the faults of one batch, the first few of each kind."""

    found: list[RowFault] = field(default_factory=list)

    def add(self, rows: Rows, column: str, code: str, describe: Callable[[int], tuple[str, str, str]]) -> None:
        """Enter rows; ``describe`` gives got, expected and try of one row."""
        for row in list(rows)[:FAULTS_MOST]:
            self.found.append(RowFault(int(row), column, code, *describe(int(row))))

    def first(self) -> list[RowFault]:
        """Return the first faults in the order of the rows."""
        return sorted(self.found, key=lambda fault: fault.row)[:FAULTS_MOST]


def is_text(kind: pa.DataType) -> bool:
    """Whether a column holds text, plain or as a dictionary."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def plain(array: pa.Array) -> pa.Array:
    """Return the array without dictionary, text as 32-bit strings."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    return array.cast(pa.string()) if is_text(array.type) and array.type != pa.string() else array


def shown(array: pa.Array, row: int) -> str:
    """Return a value as a message shows it; an empty one is "nothing"."""
    value = array[row]
    # Python's datetime can't hold nanoseconds.
    text = (value.cast(pa.string()) if pa.types.is_timestamp(array.type) else value).as_py()
    return f"{str(text)[:60]!r}" if isinstance(text, str) and text else ("nothing" if text in (None, "") else str(text))


def blank(array: pa.Array) -> NDArray[np.bool_]:
    """Return where a text is null or empty, (n,)."""
    lengths = pc.fill_null(pc.binary_length(array), 0).to_numpy(zero_copy_only=False)
    return np.asarray(lengths == 0)


def codes_of(array: pa.Array, names: pa.Array) -> NDArray[np.int32]:
    """Return the position of each text in ``names``, -1 for null and for what isn't there: (n,)."""
    if pa.types.is_dictionary(array.type):
        by_entry = codes_of(plain(array.dictionary), names)
        by_entry = np.append(by_entry, np.int32(-1))  # what a null index points at
        entries = pc.fill_null(array.indices.cast(pa.int64()), len(by_entry) - 1)
        return by_entry[entries.to_numpy(zero_copy_only=False)]
    if pa.types.is_null(array.type):
        return np.full(len(array), -1, dtype=np.int32)
    found = pc.fill_null(pc.index_in(plain(array), names), -1)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int32)


def names_column(
    array: pa.Array,
    column: str,
    names: Sequence[str],
    values: pa.Array,
    what: str,
    code: str,
    faults: RowFaults,
    default: int | None = None,
) -> NDArray[np.int32]:
    """Return positions in ``names``; unknown names are faults ``code``, missing ones take ``default`` or are faults."""
    found = codes_of(array, values)
    unknown = np.flatnonzero(found < 0)
    if not unknown.size:
        return found
    missing = blank(plain(array.take(pa.array(unknown)))) if is_text(array.type) else np.ones(unknown.size, dtype=bool)
    if default is not None:
        found = np.where(np.isin(np.arange(found.size), unknown[missing]), np.int32(default), found).astype(np.int32)
    else:
        faults.add(unknown[missing], column, ROW_MISSING, lambda row: ("nothing", f"the name of a {what}", ""))

    def describe(row: int) -> tuple[str, str, str]:
        near = get_close_matches(str(array[row].as_py()), names, n=1, cutoff=0.5)
        return shown(array, row), f"the name of a {what} of the scenario", near[0] if near else ""

    faults.add(unknown[~missing], column, code, describe)
    return found


def failing(array: pa.Array, cast: Callable[[pa.Array], pa.Array], most: int = FAULTS_MOST) -> list[int]:
    """Return the first rows that ``cast`` refuses, by halving; empty if it takes the whole."""
    rows: list[int] = []
    pending = [(0, len(array))]
    while pending and len(rows) < most:
        start, stop = pending.pop()
        try:
            cast(array.slice(start, stop - start))
        except pa.ArrowInvalid:
            if stop - start == 1:
                rows.append(start)
            else:
                middle = (start + stop) // 2
                pending += [(middle, stop), (start, middle)]
    return rows


def converted(array: pa.Array, kind: pa.DataType) -> tuple[pa.Array, list[int]]:
    """Return the array as ``kind`` without nulls (0 stands in) and the rows that are null or can't be cast."""

    def cast(part: pa.Array) -> pa.Array:
        return part.cast(kind)

    bad: list[int] = []
    try:
        result = cast(array)
    except pa.ArrowInvalid:
        bad = failing(array, cast)
        if len(bad) == FAULTS_MOST:
            result = pa.nulls(len(array), kind)
        else:
            mask = np.zeros(len(array), dtype=bool)
            mask[bad] = True
            result = cast(array.take(pa.array(np.arange(len(array)), mask=mask)))
    if result.null_count:
        bad = sorted({*bad, *np.flatnonzero(pc.is_null(array).to_numpy(zero_copy_only=False))[:FAULTS_MOST].tolist()})
        result = pc.fill_null(result, pa.scalar(0).cast(kind))
    return result, bad


def unscaled(decimals: pa.Array) -> tuple[Int64, NDArray[np.bool_]]:
    """Return the whole numbers behind a decimal128 array and whether each fits int64: (n,), (n,)."""
    words = np.frombuffer(decimals.buffers()[1], dtype=np.int64).reshape(-1, 2)
    low, high = words[decimals.offset : decimals.offset + len(decimals)].T
    return low.copy(), np.asarray(high == (low >> 63))


def exact_integers(array: pa.Array, scale: int) -> tuple[Int64, list[int]]:
    """Return ``array × 10^scale`` as int64 and the rows where that isn't exact, is null or no number.

    ``array`` is text, integers or decimals without dictionary; at most ``FAULTS_MOST`` rows are named.
    """

    decimals, bad = converted(array, pa.decimal128(38, scale))
    values, fits = unscaled(decimals)
    fits[bad] = True
    return values, sorted(bad + np.flatnonzero(~fits)[:FAULTS_MOST].tolist())


def times_column(array: pa.Array, column: str, faults: RowFaults, code: str, as_number: bool = False) -> Int64:
    """Return instants in microseconds, (n,): RFC 3339 text, timestamps with a zone, or whole microseconds.

    ``as_number`` reads text as whole microseconds.
    """
    array = plain(array)
    if as_number or pa.types.is_integer(array.type):
        values, bad = exact_integers(array, 0)
    else:
        instants, bad = converted(array, MICROSECONDS)
        values = np.asarray(instants.cast(pa.int64()))

    def describe(row: int) -> tuple[str, str, str]:
        got = shown(array, row)
        try_ = ""
        if is_text(array.type) and not failing(array.slice(row, 1), lambda part: part.cast(pa.timestamp("us"))):
            text = array[row].as_py() or ""
            time = "" if "T" in text or " " in text else "T09:00:00"
            try_ = f"{text.replace(' ', 'T')}{time}+08:00, or whichever offset is meant"
        return got, TIME_EXPECTED, try_

    faults.add(bad, column, code, describe)
    return values


def amounts_column(
    array: pa.Array, column: str, currency: NDArray[np.int32], currencies: Sequence[str], faults: RowFaults
) -> Int64:
    """Return amounts in minor units of each row's currency, (n,): ``amount`` in major units, ``amount_minor`` as it is.

    Rows whose currency is -1 are left out (their fault is the currency's). Nothing is rounded.
    """
    array = plain(array)
    values = np.zeros(len(array), dtype=np.int64)
    places = np.array([exponent(code) if column == "amount" else 0 for code in currencies] + [-1])[currency]
    bad: list[int] = []
    for scale in sorted(set(np.unique(places).tolist()) - {-1}):
        rows = np.flatnonzero(places == scale)
        part, part_bad = exact_integers(array if rows.size == len(array) else array.take(pa.array(rows)), scale)
        values[rows] = part
        bad += rows[part_bad].tolist()
    bad = sorted({*bad, *np.flatnonzero((values <= 0) & (places >= 0))[:FAULTS_MOST].tolist()})

    def describe(row: int) -> tuple[str, str, str]:
        got, code = shown(array, row), currencies[currency[row]]
        unit = f"minor units of {code}" if column == "amount_minor" else code
        expected = f"an amount above zero, as a plain decimal number of {unit}"
        try:
            number = Decimal(array[row].as_py() or "")
            if number.is_finite() and number > 0:
                if column == "amount":
                    to_minor(number, code)
                expected = f"a whole number of {unit} that fits 64 bits"
        except (InvalidOperation, TypeError):
            pass
        except ValueError as error:
            expected = f"{unit} in whole minor units that fit 64 bits: {error}"
        return got, expected, ""

    faults.add(
        [row for row in bad if array[row].as_py() in (None, "")],
        column,
        ROW_MISSING,
        lambda row: ("nothing", "an amount", ""),
    )
    faults.add([row for row in bad if array[row].as_py() not in (None, "")], column, "LH067", describe)
    return values


def priority_column(array: pa.Array, default: int, faults: RowFaults) -> NDArray[np.int8]:
    """Return priorities 0 to 9, (n,); missing ones are ``default``."""
    array = plain(array)
    if pa.types.is_null(array.type):
        return np.full(len(array), default, dtype=np.int8)
    if is_text(array.type):
        array = pc.if_else(pa.array(blank(array)), pa.scalar(None, pa.string()), array)
    values, bad = exact_integers(pc.fill_null(array, pa.scalar(default).cast(array.type)), 0)
    bad = sorted({*bad, *np.flatnonzero((values < 0) | (values > 9))[:FAULTS_MOST].tolist()})
    expected = "a whole number from 0 (most urgent) to 9"
    faults.add(bad, "priority", "LH069", lambda row: (shown(array, row), expected, ""))
    return values.astype(np.int8)
