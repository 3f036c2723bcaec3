"""What ``luhai run`` and ``luhai rerun`` do: run, show progress, print the summary and the proofs, compare bytes."""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from fx.currency import format_minor
from scenarios.extend import catalogue_names, find
from scenarios.loader import from_dict, load
from simcore.api import perform_loaded
from simcore.datafiles import CATALOGUE
from simcore.engine.conductor import Progress
from simcore.engine.counts import Counts
from simcore.engine.perform import Performed, perform
from simcore.engine.warm import is_warm
from simcore.errors import ScenarioError
from simcore.results.provenance import digest, file_digest, read_manifest
from simcore.results.schema import tables_of

FAILED = 3
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
LINE_SECONDS = 2.0  # a log gets a line per 10 % only once the run has lasted so long


def _day(time_us: int) -> str:
    return f"{EPOCH + dt.timedelta(microseconds=time_us):%a %Y-%m-%d %H:%M} UTC"


@contextmanager
def _progress(quiet: bool) -> Iterator[Progress | None]:
    """Progress on stderr: a bar on a terminal, a line per 10 % of a long run elsewhere."""
    if quiet:
        yield None
        return
    began = time.perf_counter()
    if not sys.stderr.isatty():
        told = 0

        def line(share: float, now: int, payments: int, in_flight: int) -> None:
            nonlocal told
            if int(share * 10) > told and time.perf_counter() - began > LINE_SECONDS:
                told = int(share * 10)
                click.echo(f"{told * 10:3d} %  {_day(now)}  {payments:,} payments, {in_flight:,} in flight", err=True)

        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[more]}"), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("running", total=1.0, more="")
        shown = 0.0

        def bar(share: float, now: int, payments: int, in_flight: int) -> None:
            nonlocal shown
            if time.perf_counter() - shown > 0.1:
                shown = time.perf_counter()
                rate = payments / max(shown - began, 1e-9)
                more = f"{_day(now)}  {payments:,} payments ({rate:,.0f}/s), {in_flight:,} in flight"
                bars.update(task, completed=share, more=more)

        yield bar


def _say_compiling(quiet: bool) -> None:
    if not quiet and not is_warm():
        click.echo("Compiling the event loop; once per version, about half a minute …", err=True)


def _duration(time_us: int) -> str:
    seconds = time_us / 1e6
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _summary(performed: Performed) -> Iterator[str]:
    """The lines after a run."""
    manifest, counts = performed.manifest, performed.counts
    info = manifest["scenario"]["scenario"]
    rails = manifest["scenario"]["rails"]
    routes = manifest["scenario"]["routes"]
    yield f"{info['title']}  (seed {manifest['seed']})"
    rows = f"{counts.payments:,} payments, {counts.obligations:,} obligations"
    yield f"  {rows}, {counts.control_events:,} control events"
    for name, count in sorted(counts.statuses.items(), key=lambda item: -item[1]):
        yield f"  {count:>12,}  {name}"
    for name, route in counts.routes.items():
        if not route.settled:
            yield f"  route {name}: {route.payments:,} payments, none settled"
            continue
        currency = rails[routes[name]["hops"][0]["rail"]]["currency"]
        yield (
            f"  route {name}: {route.settled:,} of {route.payments:,} settled, "
            f"{format_minor(route.sent_minor, currency)}; mean time {_duration(route.time_us // route.settled)}, "
            f"{100 * route.within_hour / route.payments:.0f} % of all within an hour"
        )
    yield from _wallets(manifest["scenario"].get("wallets", {}), counts)
    yield from (f"  note: {note}" for note in performed.notes)
    yield from performed.report.lines()
    yield f"✓ Same seed, same bytes: the tables' digest is {tables_digest(manifest)[:16]}; `luhai audit` runs it again"
    seconds = manifest["seconds"]
    yield f"Written to {performed.path} (run {seconds['run']:.1f} s, audit {seconds['audit']:.1f} s)"


def _wallets(systems: dict[str, Any], counts: Counts) -> Iterator[str]:
    """What became of wallet payments, system by system."""
    for name, count in counts.wallets.items():
        value = format_minor(count.settled_minor, systems[name]["currency"])
        yield f"  wallets {name}: {count.wallets:,} wallets, {count.payments:,} payments, {value} settled"
        yield from (f"  {n:>12,}  {status}" for status, n in sorted(count.statuses.items(), key=lambda item: -item[1]))


def tables_digest(manifest: dict[str, Any]) -> str:
    """One digest over all tables of a run."""
    return digest({name: manifest["tables"][name]["sha256"] for name in tables_of(manifest.get("scenario"))})


def run_scenario(
    scenario: str,
    *,
    out: Path | None,
    seed: int | None,
    settings: tuple[str, ...],
    quiet: bool,
    compression: str,
    replace: bool,
) -> int:
    """Run a scenario, print its summary and proofs; 0, or an error of Luhai."""
    loaded = load(scenario, set=settings, seed=seed)
    _say_compiling(quiet)
    info = loaded.scenario.scenario
    place = find(scenario) if not Path(scenario).exists() else Path(scenario)  # a variant of an entry is a file
    origin = scenario if scenario in catalogue_names() else str(place.resolve())
    name = info.name if info.seed is None else f"{info.name}-{info.seed}"
    with _progress(quiet) as progress:
        performed = perform_loaded(
            loaded, origin, out or Path("runs") / name, compression=compression, replace=replace, progress=progress
        )
    if not quiet:
        for line in _summary(performed):
            click.echo(line)
    return 0


def _folder(manifest: dict[str, Any], run: Path) -> Path:
    """Where the data files of a finished run are: its catalogue entry or the scenario's own folder."""
    origin = str(manifest["origin"])
    if origin in catalogue_names():
        return CATALOGUE / origin
    path = Path(origin)
    if manifest["inputs"] and not path.exists():
        raise ScenarioError.one(
            "LH087", str(run), got=f"a run of {origin}, which is not there any more",
            expected="the scenario's folder with the replayed files beside it",
        )  # fmt: skip
    return path if path.is_dir() else path.parent


def rerun(run: Path, out: Path | None = None) -> int:
    """Run again from the run document and compare every table byte by byte: 0, or 3 naming the tables that differ."""
    manifest = read_manifest(run, sealed=False)
    scenario = from_dict(manifest["scenario"])
    folder = _folder(manifest, run)
    _say_compiling(False)
    with tempfile.TemporaryDirectory(prefix="luhai-rerun-") as temporary:
        again = perform(
            scenario, manifest["scenario"], folder, origin=manifest["origin"], seed=int(manifest["seed"]),
            out=out or Path(temporary) / "run", compression=manifest["compression"],
        )  # fmt: skip
        before = {entry["file"]: entry["sha256"] for entry in manifest["inputs"]}
        changed = [entry["file"] for entry in again.manifest["inputs"] if before.get(entry["file"]) != entry["sha256"]]
        names = tables_of(manifest.get("scenario"))
        differ = [
            name for name in names if file_digest(run / f"{name}.arrow") != file_digest(again.path / f"{name}.arrow")
        ]
    if not differ:
        click.echo(f"✓ Same seed, same bytes: run again, all {len(names)} tables are identical")
        if out is not None:
            click.echo(f"Written to {again.path}")
        return 0
    click.echo(f"✗ Same seed, same bytes: {', '.join(f'{name}.arrow' for name in differ)} differ", err=True)
    for file in changed:
        click.echo(f"   {file} is not the file that was read then", err=True)
    then, now = manifest["versions"], again.manifest["versions"]
    for name in sorted(set(then) | set(now)):
        if then.get(name) != now.get(name):
            click.echo(f"   {name} was {then.get(name)}, is {now.get(name)}", err=True)
    return FAILED
