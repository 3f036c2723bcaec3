"""Reads the accounts of a scenario from a CSV table, as if they had been written in the file.

Columns: rail, participant, currency, opening, debit_limit, and optionally reserved, reserved_highly_urgent,
reserved_urgent, funding, collateral, haircut, funded_by, settled_by. Amounts are plain decimals in ``currency``, or
carry their own unit ("1.5 bn CNY"). Keys written in the scenario file itself go over the table's.
"""

from __future__ import annotations

import csv
import io
from typing import Any

from scenarios.document import Document, read_text
from scenarios.keys import KeyPath, Origin, listed, nearest, shown_file, shown_path, shown_value
from simcore.datafiles import data_path, is_allowed
from simcore.errors import Fault, ScenarioError

NEEDED = ("rail", "participant", "currency", "opening", "debit_limit")
AMOUNTS = ("opening", "debit_limit", "reserved", "reserved_highly_urgent", "reserved_urgent", "funding", "collateral")
OPTIONAL = (*AMOUNTS[2:], "haircut", "funded_by", "settled_by")


def add_accounts_file(document: Document) -> list[Fault]:
    """Put the rows of ``[accounts] file`` into the document; the faults are those of the table's form."""
    accounts = document.data.get("accounts")
    if not isinstance(accounts, dict) or "file" not in accounts or isinstance(accounts["file"], dict):
        return []
    name, where = accounts["file"], document.where(("accounts", "file"))
    del accounts["file"]
    if not isinstance(name, str) or "\0" in name:
        return [Fault(code="LH012", where=where, got=shown_value(name), expected="the name of a CSV file")]
    path = data_path(document.folder, name)
    if not is_allowed(document.folder, path):
        return [escape_fault(where, name)]
    if not path.is_file():
        return [missing_file_fault(document, where, name, "*.csv")]
    shown = shown_file(path)
    try:
        reader = csv.DictReader(io.StringIO(read_text(path), newline=""), strict=True)
        header = list(reader.fieldnames or [])
        faults = _header_faults(shown, header)
        return faults or _add_rows(document, accounts, reader, shown)
    except csv.Error as error:
        return [Fault(code="LH031", where=f"{shown}:{reader.line_num}", got=str(error), expected="a CSV row")]
    except ScenarioError as error:
        return error.faults


def escape_fault(where: str, name: str) -> Fault:
    """A data file outside the folder."""
    expected = "a file inside the scenario's folder or the catalogue, links followed"
    return Fault(code="LH007", where=where, got=shown_value(name), expected=expected)


def missing_file_fault(document: Document, where: str, name: str, pattern: str) -> Fault:
    """A data file that isn't there."""
    beside = sorted(path.relative_to(document.folder).as_posix() for path in document.folder.rglob(pattern))
    return Fault(code="LH030", where=where, got=f"{shown_value(name)}, which is not there",
                 expected="a file in the scenario's folder", try_=nearest(name, beside, 0.3))  # fmt: skip


def _header_faults(shown: str, header: list[str]) -> list[Fault]:
    faults = []
    known = (*NEEDED, *OPTIONAL)
    for column in header:
        if column not in known or header.count(column) > 1:
            got = f"the column {shown_value(column)}" + (" twice" if header.count(column) > 1 else "")
            faults.append(Fault(code="LH031", where=f"{shown}:1", got=got, expected=f"columns {listed(known)}",
                                try_=nearest(column, [name for name in known if name not in header])))  # fmt: skip
    for column in NEEDED:
        if column not in header:
            faults.append(Fault(code="LH031", where=f"{shown}:1", got=f"no column {column}",
                                expected=f"columns {listed(NEEDED)}"))  # fmt: skip
    return faults


def _add_rows(document: Document, accounts: dict[str, Any], reader: csv.DictReader[str], shown: str) -> list[Fault]:
    faults = []
    seen: dict[KeyPath, int] = {}
    inline = {rail: dict(table) for rail, table in accounts.items() if isinstance(table, dict)}
    for row in reader:
        line = reader.line_num
        where = f"{shown}:{line}"
        if None in row or None in row.values():
            faults.append(Fault(code="LH031", where=where, got="a row with more or fewer fields than the header",
                                expected=f"{len(reader.fieldnames or [])} fields"))  # fmt: skip
            continue
        cells = {column: text.strip() for column, text in row.items()}
        empty = [column for column in ("rail", "participant", "currency", "opening") if not cells[column]]
        if empty:
            faults.append(Fault(code="LH031", where=where, got=f"nothing under {empty[0]}", expected="a value"))
            continue
        rail, participant, currency = cells.pop("rail"), cells.pop("participant"), cells.pop("currency")
        path = ("accounts", rail, participant)
        if path in seen:
            faults.append(Fault(code="LH032", where=f"{where}: {shown_path(path)}", expected="each account once",
                                got=f"the account a second time; the first is on line {seen[path]}"))  # fmt: skip
            continue
        seen[path] = line
        entry = {
            column: _amount(text, currency) if column in AMOUNTS else text for column, text in cells.items() if text
        }
        over = inline.get(rail, {}).get(participant)
        table = accounts.setdefault(rail, {})
        if not isinstance(table, dict) or (over is not None and not isinstance(over, dict)):
            continue  # the file itself is wrong there, which the types say
        table[participant] = entry | (over or {})
        here = Origin(shown, line)
        document.origins.setdefault(path[:2], here)
        document.origins.setdefault(path, here)
        for column in entry:
            document.origins.setdefault((*path, column), here)
    return faults


def _amount(text: str, currency: str) -> str:
    """A plain number gets the row's currency; anything else is judged as it stands."""
    return text if any(letter.isalpha() for letter in text) else f"{text} {currency}"
