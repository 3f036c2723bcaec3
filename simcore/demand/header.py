"""Which columns a file of payments has, and of which types: checked once, before the first row.

Required are ``reference, initiated_at, debtor, creditor, currency`` and ``amount`` (major units) or ``amount_minor``;
``route, priority, purpose, latest`` are optional. Other columns are ignored, unless one looks like a misspelt optional
column: ignoring that would change the run without a word.
"""

from __future__ import annotations

from difflib import get_close_matches

import pyarrow as pa

from simcore.demand.columns import TIME_EXPECTED, is_text
from simcore.errors import Fault, ScenarioError

REQUIRED = ("reference", "initiated_at", "debtor", "creditor", "currency")
AMOUNTS = ("amount", "amount_minor")
OPTIONAL = ("route", "priority", "purpose", "latest")


def check_columns(schema: pa.Schema, shown: str, *, route_given: bool) -> None:
    """Raise every fault of the header in one pass; ``route_given`` says that rows need no route of their own."""
    faults: list[Fault] = []
    names = schema.names
    known = (*REQUIRED, *AMOUNTS, *OPTIONAL)

    def fault(code: str, column: str, got: str, expected: str, try_: str = "") -> None:
        faults.append(Fault(code=code, where=f"{shown}: {column}", got=got, expected=expected, try_=try_))

    for name in sorted({name for name in names if names.count(name) > 1 and name in known}):
        fault("LH060", name, f"{names.count(name)} columns of that name", "one")
    extra = [name for name in names if name not in known]
    for name in REQUIRED:
        if name not in names:
            near = get_close_matches(name, extra, n=1, cutoff=0.6)
            fault(
                "LH060",
                name,
                f"the columns {', '.join(names)}",
                f"a column {name}",
                f"rename {near[0]} to {name}" if near else "",
            )
    if "amount" in names and "amount_minor" in names:
        fault("LH060", "amount", "both amount and amount_minor", "one of the two")
    if "amount" not in names and "amount_minor" not in names:
        fault("LH060", "amount", f"the columns {', '.join(names)}", "a column amount or amount_minor")
    if not route_given and "route" not in names:
        fault("LH060", "route", f"the columns {', '.join(names)}", "a column route, or route = … in the flow")
    for name in extra:
        near = get_close_matches(name.lower().strip(), [n for n in OPTIONAL if n not in names], n=1, cutoff=0.8)
        if near:
            fault("LH060", name, f"a column {name}", f"{near[0]}, or a name less like it", near[0])
    for name in dict.fromkeys(n for n in names if n in known and names.count(n) == 1):
        problem = type_problem(name, schema.field(name).type)
        if problem:
            fault(*problem)
    if faults:
        raise ScenarioError(faults)


def type_problem(name: str, kind: pa.DataType) -> tuple[str, str, str, str, str] | None:
    """Return code, column, got, expected and try when a column of this type can't be used, else None."""
    text, whole = is_text(kind), pa.types.is_integer(kind)
    got = f"a column of type {kind}"
    if pa.types.is_null(kind) and name in OPTIONAL:
        return None
    if name in ("initiated_at", "latest"):
        if pa.types.is_timestamp(kind) and kind.tz is None:
            return (
                "LH062",
                name,
                got + ", without zone",
                "instants: a wall-clock time without its zone names none",
                "pyarrow.compute.assume_timezone(column, 'Asia/Shanghai')",
            )
        fine = text or whole or pa.types.is_timestamp(kind)
        return None if fine else ("LH062", name, got, TIME_EXPECTED, "")
    if name in AMOUNTS:
        if pa.types.is_floating(kind):
            return (
                "LH067",
                name,
                got + ", binary fractions that can't hold a decimal amount exactly",
                "decimals as text or decimal128, or whole minor units in amount_minor",
                "",
            )
        fine = text or whole or pa.types.is_decimal(kind)
        return None if fine else ("LH067", name, got, "decimals as text or decimal128, or whole numbers", "")
    if name == "priority":
        return None if text or whole else ("LH069", name, got, "whole numbers from 0 to 9", "")
    if name == "reference":
        return None if text or whole else ("LH069", name, got, "text or whole numbers", "")
    return None if text else ("LH069", name, got, "text", "")
