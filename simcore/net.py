"""What ``luhai net`` does: one algorithm over a table of obligations, currency by currency, shown and written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import click
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fx.currency import format_minor
from simcore import __version__
from simcore.errors import InvariantError, ScenarioError
from simcore.lsm import REGISTRY
from simcore.lsm.base import Cleared, Clearing, Mechanism, Selection
from simcore.lsm.bounds import divisible_bound
from simcore.lsm.grouping import settle_in_sets
from simcore.net_input import NetInput, Part, read_input
from simcore.net_limits import read_ceilings, read_limits
from simcore.net_parameters import TABLES, algorithm, parameters, summary, values
from simcore.results.writer_folder import HiddenFolder, said_where

BALANCES_SHOWN = 20
READERS: dict[str, Callable[[Path, NetInput], Mapping[str, Any]]] = {"limits": read_limits, "ceilings": read_ceilings}
Int64 = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Netted:
    """What an algorithm did with one currency."""

    part: Part
    residual: Int64  # (n,) what is left of each obligation, minor units
    closing: Int64  # (n_account,) balances afterwards, minor units
    sets: int | None
    """Sets that settled one after another; None for clearing, which settles nothing."""
    extra: tuple[NDArray[np.int32], NDArray[np.int32], Int64] | None
    facts: dict[str, Any]
    bound: int | str | None
    """Greatest value that could settle if obligations were divisible; why it isn't known; None for clearing."""

    @property
    def done(self) -> NDArray[np.bool_]:
        """(n,) whether nothing is left of the obligation."""
        return self.residual == 0

    @property
    def value(self) -> int:
        """Value settled or cancelled, minor units."""
        return int((self.part.problem.amount - self.residual).sum())


def net_part(chosen: Mechanism | Clearing, part: Part) -> Netted:
    """Run an algorithm on one currency; InvariantError if a set leaves somebody short."""
    problem = part.problem
    if isinstance(chosen, Clearing):
        cleared: Cleared = chosen.clear(problem)
        return Netted(
            part=part, residual=cleared.residual_minor, closing=part.opening, sets=None, extra=cleared.extra,
            facts=cleared.facts, bound=None,
        )  # fmt: skip
    selection: Selection = chosen.select(problem)
    closing = _closing(part, selection)
    try:
        bound: int | str = divisible_bound(problem)
    except ScenarioError as error:
        bound = f"not computed: {error.faults[0].expected}; {error.faults[0].try_}"
    residual = np.where(selection.settled, 0, problem.amount)
    return Netted(
        part=part, residual=residual, closing=closing, sets=int(selection.set_of.max(initial=-1)) + 1, extra=None,
        facts=selection.facts, bound=bound,
    )  # fmt: skip


def _closing(part: Part, selection: Selection) -> Int64:
    """Balances after every set, checked after each of them."""
    problem, settled = part.problem, np.flatnonzero(selection.settled)
    rows = settled[np.argsort(selection.set_of[settled], kind="stable")]
    funds = problem.funds.copy()
    end = settle_in_sets(rows, selection.set_of, problem.debtor, problem.creditor, problem.amount, funds)
    balance = funds - part.debit_limit
    if end >= 0:
        number = int(selection.set_of[rows[end]])
        short = int(np.flatnonzero(funds < 0)[0])
        shown = format_minor(int(balance[short]), part.currency)
        raise InvariantError(f"set {number} leaves {part.participants[short]} with {shown}, below its debit limit")
    return balance


def _payable_alone(netted: Netted) -> int:
    problem, part = netted.part.problem, netted.part
    funds = netted.closing + part.debit_limit
    return int(((netted.residual > 0) & (problem.amount <= funds[problem.debtor])).sum())


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "nothing there"


def report(netted: Netted) -> Iterator[str]:
    """The lines about one currency."""
    part, problem = netted.part, netted.part.problem
    code, gross, done = part.currency, int(problem.amount.sum()), int(netted.done.sum())
    yield (
        f"{code}: {problem.size:,} obligations worth {format_minor(gross, code)} "
        f"between {len(part.participants):,} participants"
    )
    word = "cancelled" if netted.sets is None else "settled"
    yield (
        f"  {word:<10}{done:>12,}  {format_minor(netted.value, code)}  "
        f"({_share(done, problem.size)} by count, {_share(netted.value, gross)} by value)"
    )
    yield f"  {'left':<10}{problem.size - done:>12,}  {format_minor(gross - netted.value, code)}"
    if netted.sets is None:
        partly = int(((netted.residual > 0) & (netted.residual < problem.amount)).sum())
        yield f"  {'in part':<10}{partly:>12,}  of those left"
        if netted.extra is not None:
            yield f"  {'new':<10}{netted.extra[2].size:>12,}  {format_minor(int(netted.extra[2].sum()), code)}"
    else:
        yield f"  {'sets':<10}{netted.sets:>12,}"
        if alone := _payable_alone(netted):
            yield f"  {'payable':<10}{alone:>12,}  of those left could each settle alone"
    if isinstance(netted.bound, int):
        yield (
            f"  {'bound':<24}{format_minor(netted.bound, code)} could settle if obligations were divisible; "
            f"{_share(netted.value, netted.bound)} of it reached"
        )
    elif netted.bound:
        yield f"  {'bound':<24}{netted.bound}"
    for name, fact in netted.facts.items():
        shown = f"{fact:,}" if isinstance(fact, int) and not isinstance(fact, bool) else str(fact)
        yield f"  {name:<24}{shown if len(shown) <= 80 else shown[:77] + '…'}"
    yield "  closing balances"
    for place, name in enumerate(part.participants[:BALANCES_SHOWN]):
        yield f"    {name:<22}{format_minor(int(netted.closing[place]), code)}"
    if len(part.participants) > BALANCES_SHOWN:
        yield f"    … and {len(part.participants) - BALANCES_SHOWN:,} more"


def tables(given: NetInput, results: Sequence[Netted]) -> dict[str, pa.Table]:
    """``settled``, in the order of the input; ``positions``; and ``new`` where obligations were replaced."""
    residual = np.zeros(len(given.ids), dtype=np.int64)
    for netted in results:
        residual[netted.part.rows] = netted.residual
    found = {
        "settled": pa.table({"id": given.ids, "settled": pa.array(residual == 0), "residual_minor": residual}),
        "positions": pa.concat_tables(
            pa.table(
                {
                    "participant": pa.array(netted.part.participants, pa.string()),
                    "currency": pa.array([netted.part.currency] * len(netted.part.participants), pa.string()),
                    "opening_minor": netted.part.opening,
                    "closing_minor": netted.closing,
                }
            )
            for netted in results
        ),
    }
    new = [
        pa.table(
            {
                "debtor": pa.array(netted.part.participants, pa.string()).take(pa.array(netted.extra[0])),
                "creditor": pa.array(netted.part.participants, pa.string()).take(pa.array(netted.extra[1])),
                "currency": pa.array([netted.part.currency] * netted.extra[2].size, pa.string()),
                "amount_minor": netted.extra[2],
            }
        )
        for netted in results
        if netted.extra is not None
    ]
    return {**found, "new": pa.concat_tables(new)} if new else found


def write(folder: HiddenFolder, written: dict[str, pa.Table], document: dict[str, Any]) -> None:
    """Put the tables and the document into a folder."""
    with said_where(folder.out, "writing the tables"):
        options = pa.ipc.IpcWriteOptions(compression="zstd")
        for name, table in written.items():
            path = folder.path / f"{name}.arrow"
            with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema, options=options) as writer:
                writer.write_table(table)
        text = json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n"
        (folder.path / "net.json").write_text(text, encoding="utf-8")


def net_command(
    file: Path,
    name: str,
    *,
    balances: Path | None,
    settings: Sequence[str],
    seed: int | None,
    out: Path | None,
) -> int:
    """Run one algorithm over a file, print what it did and write it if ``out`` is given."""
    cls = algorithm(name)
    given_values = values(cls, name, settings)
    if seed is not None and "seed" in {field.name for field in fields(cls)}:
        given_values["seed"] = seed
    table_files = {key: given_values.pop(key) for key in TABLES if key in given_values}
    cls(**given_values)  # its own faults come before those of the files
    given = read_input(file, balances)
    read = {key: READERS[key](Path(path), given) for key, path in table_files.items()}
    folder = HiddenFolder(out, replace=False) if out is not None else None
    try:
        results = []
        for part in given.parts:
            own = {key: by_currency[part.currency] for key, by_currency in read.items()}
            results.append(net_part(cls(**given_values, **own), part))
        if folder is not None:
            document = _document(name, cls(**given_values), table_files, given, results)
            write(folder, tables(given, results), document)
    except BaseException:
        if folder is not None:
            folder.discard()
        raise
    if folder is not None:
        folder.publish()
    click.echo(f"{name}: {cls.source}")
    if len(given.parts) > 1:
        click.echo(f"{len(given.parts)} currencies, each netted by itself")
    for netted in results:
        for line in report(netted):
            click.echo(line)
    if folder is not None:
        click.echo(f"Written to {folder.out}")
    return 0


def _document(
    name: str, chosen: Any, table_files: Mapping[str, str], given: NetInput, results: Sequence[Netted]
) -> dict[str, Any]:
    """What was done with what, for whoever finds the tables; nothing of the wall clock, so equal runs are equal."""
    used = {field.name: getattr(chosen, field.name) for field in fields(chosen)}
    return {
        "luhai": __version__,
        "algorithm": name,
        "parameters": {**used, **table_files},
        "inputs": [{"file": entry.file, "bytes": entry.bytes, "sha256": entry.sha256} for entry in given.inputs],
        "currencies": {
            netted.part.currency: {
                "obligations": netted.part.problem.size,
                "gross_minor": int(netted.part.problem.amount.sum()),
                "settled" if netted.sets is not None else "cancelled": int(netted.done.sum()),
                "value_minor": netted.value,
                "sets": netted.sets,
                "divisible_bound_minor": netted.bound,
                "facts": netted.facts,
            }
            for netted in results
        },
    }


def _kind(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) else str(kind).replace("typing.", "")


def list_command() -> int:
    """Print every algorithm with its parameters."""
    for name, cls in REGISTRY.entries().items():
        click.echo(f"{name}\n  {summary(cls)}\n  source: {cls.source}")
        if issubclass(cls, Clearing):
            click.echo("  cancels obligations; needs no balances and can't be used on a rail")
        for parameter in parameters(cls):
            kind = TABLES.get(parameter.name) or " or ".join(parameter.choices) or _kind(parameter.kind)
            click.echo(f"    --set {parameter.name}={_plain(parameter.default)}   {kind}")
            if parameter.text:
                click.echo(f"        {parameter.text}")
        click.echo("")
    return 0


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) or value is None else ("" if value == () else str(value))
