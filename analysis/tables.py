"""A finished run opened for measures and pictures: columns as numpy arrays, names, labels and local time.

Only the columns asked for are read and unpacked, so that a picture of a run with ten million payments needs a few
columns' memory. Amounts stay int64 minor units and times int64 microseconds UTC until they are drawn.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fx.currency import exponent, is_currency
from simcore.results import provenance
from simcore.results.schema import ALL_TABLES

NULL: Final = -(2**63)
"""What a missing number or time is in an int64 column."""


@dataclass(frozen=True)
class Ids:
    """A column of names: ``codes`` int32 (n,), positions in ``words``; -1 where there is none."""

    codes: NDArray[np.int32]
    words: list[str]

    def equal(self, word: str) -> NDArray[np.bool_]:
        """(n,) where the column has this name."""
        if word not in self.words:
            return np.zeros(self.codes.size, np.bool_)
        return self.codes == self.words.index(word)

    def used(self) -> list[str]:
        """The names that occur, in the order of the scenario."""
        return [self.words[code] for code in np.unique(self.codes) if code >= 0]


class Tables:
    """One run directory: ``path``, the run document ``manifest``, and the columns of its tables.

    Open it with :func:`open_tables`.
    """

    def __init__(self, path: Path, manifest: dict[str, Any]) -> None:
        self.path = path
        self.manifest = manifest
        self._read: dict[tuple[str, str], pa.Array] = {}

    def rows(self, table: str) -> int:
        """Number of rows of a table."""
        return int(self.manifest["tables"][table]["rows"])

    def numbers(self, table: str, column: str) -> NDArray[np.int64]:
        """A column of amounts, counts or times as int64 (n,); ``NULL`` where there is none."""
        array = self._column(table, column)
        if pa.types.is_date32(array.type):
            array = array.cast(pa.int32())
        array = array.cast(pa.int64())
        return np.asarray(array.fill_null(NULL).to_numpy(zero_copy_only=False), np.int64)

    def ids(self, table: str, column: str) -> Ids:
        """A column of names."""
        array = self._column(table, column)
        codes = array.indices.cast(pa.int32()).fill_null(-1).to_numpy(zero_copy_only=False)
        return Ids(np.asarray(codes, np.int32), array.dictionary.to_pylist())

    def _column(self, table: str, column: str) -> pa.Array:
        key = table, column
        if key not in self._read:
            position = [each.name for each in ALL_TABLES[table]].index(column)
            with pa.memory_map(str(self.path / f"{table}.arrow")) as source:
                reader = pa.ipc.open_file(source, options=pa.ipc.IpcReadOptions(included_fields=[position]))
                array = reader.read_all().unify_dictionaries().column(column).combine_chunks()
            self._read[key] = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
        return self._read[key]

    # What the scenario says.

    @property
    def scenario(self) -> dict[str, Any]:
        """The resolved scenario of the run document; empty where it holds none."""
        found = self.manifest.get("scenario")
        return found if isinstance(found, dict) else {}

    @property
    def name(self) -> str:
        """The scenario's name."""
        return str(self.scenario.get("scenario", {}).get("name", "") or self.path.name)

    @property
    def digest(self) -> str:
        """SHA-256 over the digests of all tables, hexadecimal: the same for every run with the same results."""
        return provenance.digest({name: entry["sha256"] for name, entry in self.manifest["tables"].items()})

    def entry(self, kind: str, name: str) -> dict[str, Any]:
        """What the scenario says of one name: ``kind`` is ``participants``, ``rails`` or ``routes``."""
        found = self.scenario.get(kind, {}).get(name)
        return found if isinstance(found, dict) else {}

    def label(self, kind: str, name: str, language: str = "en") -> str:
        """The full name of a participant, rail or route in a language, or the name that tables use."""
        entry = self.entry(kind, name)
        chinese = str(entry.get("name_zh", "")) if language == "zh" else ""
        return chinese or str(entry.get("name", "")) or name

    def zone(self, rail: str) -> ZoneInfo:
        """The zone of a rail's clock: its calendar's, or that of the rail it settles on; UTC where neither has one."""
        entry = self.entry("rails", rail)
        calendar = entry.get("calendar") or self.entry("rails", str(entry.get("settle_on"))).get("calendar")
        return ZoneInfo(_zones().get(str(calendar), "UTC"))

    def span(self) -> tuple[int, int] | None:
        """First and last instant of the run, microseconds UTC: those of the time grid, or of the payments."""
        from analysis.batches import batches, numbers

        # Batch by batch, since a run may have snapshots or not, and ten million payments.
        for table, columns in (("balances", ("time",)), ("payments", ("initiated_at", "completed_at"))):
            ends: list[int] = []
            for batch in batches(self, table, columns):
                for times in map(numbers, batch.values()):
                    ends += [int(end(times[times != NULL])) for end in (np.min, np.max) if (times != NULL).any()]
            if ends:
                return min(ends), max(ends)
        return None

    def open_hours(self, rail: str) -> list[tuple[int, int]]:
        """When a rail was open, as pairs of microseconds UTC, cut to the run; empty for one that never opened."""
        span = self.span()
        if span is None:
            return []
        events, times = self.ids("events", "event"), self.numbers("events", "time")
        here = self.ids("events", "rail").equal(rail)
        changes = [(int(t), True) for t in times[here & events.equal("opened")]]
        changes += [(int(t), False) for t in times[here & events.equal("closed")]]
        hours: list[tuple[int, int]] = []
        since = span[0] if changes and not min(changes)[1] else None
        for time, opened in sorted(changes):
            if opened and since is None:
                since = time
            elif not opened and since is not None:
                hours.append((since, time))
                since = None
        if since is not None and since < span[1]:
            hours.append((since, span[1]))
        return hours


def open_tables(path: Path | str, verify: bool = True) -> Tables:
    """Open a run directory.

    Parameters
    ----------
    path : path       the directory that ``luhai run`` made
    verify : bool     compare bytes, SHA-256 and rows of every table with the run document first

    Raises
    ------
    ScenarioError     not a run directory, another schema version, or a file that is not the one that was written
    """
    path = Path(path)
    return Tables(path, provenance.verify(path) if verify else provenance.read_manifest(path))


def major(amount_minor: NDArray[np.int64], currency: str) -> NDArray[np.float64]:
    """Minor units as a float of major units: for drawing, after the books are closed."""
    return amount_minor / 10 ** (exponent(currency) if is_currency(currency) else 0)


def local_days(time_us: NDArray[np.int64] | int, zone: ZoneInfo) -> Any:
    """Instants as days since 1970-01-01 on the wall clock of a zone (float64), as matplotlib counts them.

    The offset is that of each instant; an array is shifted piece by piece where the zone's offset changes.
    """
    from datetime import UTC, datetime, timedelta

    times = np.atleast_1d(np.asarray(time_us, np.int64))
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    hours, position = np.unique(times // 900_000_000, return_inverse=True)  # offsets change at whole quarters
    offsets = np.array(
        [
            (epoch + timedelta(seconds=int(hour) * 900)).astimezone(zone).utcoffset() / timedelta(microseconds=1)  # type: ignore[operator]
            for hour in hours
        ],
        np.int64,
    )
    days = (times + offsets[position]) / 86_400e6
    return days if np.ndim(time_us) else float(days[0])


@cache
def _zones() -> dict[str, str]:
    """Calendar → IANA zone, from the frozen table of calendars."""
    with files("simcore").joinpath("data/calendars/countries.csv").open("r", encoding="utf-8") as file:
        return {row["calendar"]: row["zone"] for row in csv.DictReader(file)}
