"""``luhai report``: one page of HTML about runs, for those who will not run them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from analysis.report import Proof, Subject
    from analysis.report.differ import Difference


@click.command("report")
@click.argument(
    "runs", metavar="RUN...", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option(
    "--out", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
    help="The page, .html; report.html inside the run if not given, comparison.html inside the first of several.",
)  # fmt: skip
@click.option(
    "--lang", "language", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language of the page."
)
@click.option("--rerun", "again", is_flag=True, help="Take the fourth proof too: run each scenario again and compare.")
def command(runs: tuple[Path, ...], out: Path | None, language: str, again: bool) -> int | None:
    """Write one page about a run, or about several side by side.

    The page is one file that opens without a network: question, scenario and its sources, proofs, measures, pictures,
    what is left out, and the commands that make it again. Several runs must have had the same payments to make.

    \b
    Example:
      luhai report runs/week --out week.html --lang zh
    """
    if out is not None and out.suffix not in (".html", ".htm"):
        raise click.BadParameter(f"{out.name} must end in .html", param_hint="--out")
    from analysis.report import report, save
    from analysis.tables import open_tables

    names = _names(runs)
    opened = [open_tables(path) for path in runs]
    if again:
        from simcore.run_command import rerun

        for path in runs:
            if failed := rerun(path):
                return failed
    subjects = [_subject(name, tables, again, language) for name, tables in zip(names, opened, strict=True)]
    page = report(subjects, language)
    path = out or runs[0] / ("report.html" if len(runs) == 1 else "comparison.html")
    save(page, path)
    click.echo(path)
    return None


def _names(runs: tuple[Path, ...]) -> list[str]:
    """The folders' own names, so that a page doesn't depend on where they stand; longer where two have the same."""
    parts = [path.resolve().parts for path in runs]
    if len(set(parts)) < len(parts):
        raise click.BadParameter("a run stands there twice", param_hint="RUN")
    names = [each[-1] for each in parts]
    length = 1
    while len(set(names)) < len(names):
        length += 1
        names = ["/".join(each[-length:]) for each in parts]
    return names


def _subject(name: str, tables: Any, again: bool, language: str) -> Subject:
    """What a report tells of a run beside its tables."""
    from analysis.report import Subject
    from scenarios.extend import catalogue_names
    from scenarios.loader import from_dict
    from scenarios.resolve import to_toml
    from simcore.datafiles import CATALOGUE
    from simcore.errors import ScenarioError

    manifest = tables.manifest
    try:
        scenario = from_dict(manifest["scenario"])
    except (KeyError, ScenarioError) as error:
        first = error.faults[0] if isinstance(error, ScenarioError) else None
        raise ScenarioError.one(
            "LH120", str(tables.path / "manifest.json"),
            got=f"{first.where.rpartition(': ')[2]}: {first.got}" if first else "no scenario",
            expected=first.expected if first else "the resolved scenario of the run",
            try_=f"open it with Luhai {manifest.get('versions', {}).get('luhai', '')}, which wrote it",
        ) from None  # fmt: skip
    origin = str(manifest["origin"])
    from_entry = origin in catalogue_names()
    changed = _changed(manifest)
    proofs, as_recorded = _proofs(tables, language)
    return Subject(
        name=name, tables=tables, proofs=proofs, as_recorded=as_recorded, ran_again=again,
        commands=[] if changed is None else [_command(manifest, name, changed)], from_entry=from_entry,
        changed=changed or (), toml=to_toml(scenario),
        readme=(CATALOGUE / origin / "README.md").read_text(encoding="utf-8") if from_entry else "",
    )  # fmt: skip


def _proofs(tables: Any, language: str) -> tuple[list[Proof], bool]:
    """The first three proofs, taken again from the tables, and that of the files; and whether the run says the same.

    Raises
    ------
    InvariantError    a proof doesn't hold
    """
    from analysis.report import Proof
    from analysis.report.words import say
    from simcore.errors import InvariantError
    from simcore.results.audit import audit_tables

    manifest = tables.manifest
    found = audit_tables(tables.path, manifest.get("n_payments"))
    if not found.ok:
        raise InvariantError("\n".join([f"{tables.path}: a proof doesn't hold, so there is no report", *found.lines()]))
    claims = {"money": "money", "limits": "limits_kept", "payments": "payments_kept", "outages": "outages_kept"}
    count = f"{tables.rows('payments'):,}"
    proofs = [
        Proof(name=each.name, claim=say(claims[each.name], language, count), details=each.details)
        for each in found.proofs
    ]
    rows = ", ".join(f"{entry['rows']:,} {name}" for name, entry in manifest["tables"].items())
    proofs.append(Proof(name="tables", claim=say("tables_kept", language), details=[rows]))
    return proofs, found.as_dict() == manifest.get("audit")


def _changed(manifest: dict[str, Any]) -> list[Difference] | None:
    """What ``--set`` must change to make this run's scenario from its file, tried out; None where nothing does."""
    from analysis.report.differ import differences, setting
    from scenarios.loader import load
    from scenarios.resolve import to_dict
    from simcore.errors import ScenarioError

    origin, seed = str(manifest["origin"]), int(manifest["seed"])
    try:
        plain = to_dict(load(origin, seed=seed).scenario)
        found = list(differences(plain, manifest["scenario"]))
        texts = [text for each in found if (text := setting(each)) is not None]
        same = len(texts) == len(found) and load(origin, seed=seed, set=texts).digest == manifest["scenario_digest"]
    except ScenarioError:
        return None
    return found if same else None


def _command(manifest: dict[str, Any], name: str, changed: list[Difference]) -> str:
    """The command that makes a run again; a scenario's own file goes by its name, a variant of an entry by both."""
    from shlex import quote

    from analysis.report.differ import setting
    from simcore.datafiles import CATALOGUE

    file = Path(str(manifest["origin"]))
    origin = f"{file.parent.name}/{file.stem}" if file.parent.parent == CATALOGUE.resolve() else file.name
    words = ["luhai", "run", quote(origin), "--seed", str(manifest["seed"])]
    for each in changed:
        words += ["--set", quote(str(setting(each)))]
    return " ".join([*words, "--out", quote(name)])
