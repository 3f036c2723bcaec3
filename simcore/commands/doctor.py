"""``luhai doctor``: versions, compiled-code cache, fonts, zones, shadowed names and free disk of this installation."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

LIBRARIES = ("simpy", "numpy", "numba", "llvmlite", "pyarrow", "click", "matplotlib", "pydantic", "rich", "tzdata")
# A zone and its offset in hours on 5 January 2026: three of the corridor's, and one that has summer time.
ZONE_FACTS = (("Asia/Shanghai", 8), ("Asia/Singapore", 8), ("Asia/Bangkok", 7), ("America/New_York", -5))
MIB = 1 << 20
FREE_WANTED = 1024 * MIB


@dataclass(frozen=True)
class Line:
    """One line of the report; ``problem`` says what to do, and is empty when nothing need be done."""

    topic: str
    text: str
    problem: str = ""


def versions() -> Iterator[Line]:
    """The versions of Luhai, Python and every library a run needs."""
    from importlib.metadata import PackageNotFoundError, version

    from simcore import __version__

    yield Line("luhai", f"{__version__}  {Path(__file__).resolve().parents[2]}")
    python = ".".join(str(part) for part in sys.version_info[:3])
    yield Line("python", f"{python}  {sys.executable}")
    for name in LIBRARIES:
        try:
            yield Line(name, version(name))
        except PackageNotFoundError:
            yield Line(name, "missing", f"{name} is not installed; install Luhai again")


def compiled_code() -> Iterator[Line]:
    """Which folder keeps the compiled kernels, how much is there, and what older sets take up."""
    try:
        from simcore.accelerate import CACHE, KEYED_SETTINGS
    except ImportError as error:
        yield Line("cache", "not looked at", f"the compiler could not be imported: {error}")
        return
    import numba

    if numba.config.DISABLE_JIT:
        yield Line("cache", "not used: NUMBA_DISABLE_JIT is set, kernels run as plain Python, very slowly")
        return
    if CACHE.folder is None:
        yield Line("cache", f"none; kernels are compiled again in every process ({CACHE.reason})")
        return
    count, size = _contents(CACHE.folder)
    state = f"{count} compiled kernels, {size / MIB:.1f} MB" if count else "empty; the first run compiles"
    yield Line("cache", f"{CACHE.folder}  ({CACHE.kind})")
    yield Line("", state)
    if CACHE.reason:
        yield Line("", f"passed over: {CACHE.reason}")
    older = [path for path in CACHE.folder.parent.iterdir() if path.is_dir() and path != CACHE.folder]
    if older:
        total = sum(_contents(path)[1] for path in older)
        yield Line("", f"{len(older)} sets of other versions, {total / MIB:.1f} MB; they may be deleted")
    if numba.config.BOUNDSCHECK:
        yield Line("", f"index checks are on: NUMBA_BOUNDSCHECK (one of {len(KEYED_SETTINGS)} settings with own sets)")


def _contents(folder: Path) -> tuple[int, int]:
    """How many files of machine code a folder holds, and the bytes of everything in it."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sum(path.suffix == ".nbc" for path in files), sum(path.stat().st_size for path in files)


def fonts() -> Iterator[Line]:
    """Whether the shipped Chinese font is there and really has Chinese characters."""
    folder = Path(__file__).resolve().parents[2] / "analysis"
    shipped = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".otf", ".ttf"))
    if not shipped:
        yield Line("fonts", "no Chinese font is shipped; figures with --lang zh need one of the system's")
        return
    from matplotlib.ft2font import FT2Font

    for path in shipped:
        try:
            font = FT2Font(str(path))
            missing = [character for character in "陆海清算" if not font.get_char_index(ord(character))]
        except (OSError, RuntimeError) as error:
            yield Line("fonts", str(path), f"the font {path} can't be read ({error}); install Luhai again")
            continue
        problem = f"{path} lacks {''.join(missing)}; install Luhai again" if missing else ""
        yield Line("fonts", f"{font.family_name}  {path}", problem)


def zones() -> Iterator[Line]:
    """Whether time zones work and which of the two zone databases answers."""
    import zoneinfo
    from datetime import datetime, timedelta

    try:
        wrong = [
            name
            for name, hours in ZONE_FACTS
            if datetime(2026, 1, 5, tzinfo=zoneinfo.ZoneInfo(name)).utcoffset() != timedelta(hours=hours)
        ]
    except zoneinfo.ZoneInfoNotFoundError as error:
        yield Line("zones", "missing", f"no zone database ({error}); install the tzdata package")
        return
    system = [path for path in zoneinfo.TZPATH if (Path(path) / "Asia" / "Shanghai").is_file()]
    problem = f"wrong offset on 5 January 2026: {', '.join(wrong)}; update the zone database" if wrong else ""
    yield Line("zones", f"from {system[0] if system else 'the tzdata package'}", problem)


def names() -> Iterator[Line]:
    """Whether anything else goes by the name of one of our four packages."""
    from importlib.metadata import packages_distributions

    from simcore import __distribution__
    from simcore.cli import PACKAGES, shadowed

    problems = shadowed()
    owners = packages_distributions()
    for name in PACKAGES:
        others = sorted({owner for owner in owners.get(name, []) if owner != __distribution__})
        if others:
            problems.append(
                f"the package '{name}' also belongs to {', '.join(others)}, which may overwrite ours; "
                "install Luhai in an environment of its own"
            )
    if not problems:
        yield Line("names", ", ".join(PACKAGES) + " are ours")
    for problem in problems:
        yield Line("names", "shadowed", problem)


def disk() -> Iterator[Line]:
    """Free room in the working folder, where runs are written."""
    free = shutil.disk_usage(Path.cwd()).free
    problem = "less than 1 GiB is free in the working folder; a large run will not fit" if free < FREE_WANTED else ""
    yield Line("disk", f"{free / (1024 * MIB):.1f} GiB free in {Path.cwd()}", problem)


SECTIONS: tuple[Callable[[], Iterator[Line]], ...] = (versions, compiled_code, fonts, zones, names, disk)


@click.command("doctor")
@click.option("--warm", is_flag=True, help="Compile all kernels now, so that the first run need not wait.")
def command(warm: bool) -> int:
    """Look over this installation and name its problems.

    Shows versions, the cache of compiled kernels, fonts, time zones, anything that shadows one of Luhai's packages,
    and free disk. Exits with 1 if something must be mended.

    \b
    Example:
      luhai doctor --warm
    """
    if warm:
        from simcore.engine.warm import warm as compile_all

        begun = time.monotonic()
        compile_all(lambda text: click.echo(text, err=True))
        click.echo(f"kernels ready after {time.monotonic() - begun:.1f} s", err=True)
        return 0
    problems = []
    for section in SECTIONS:
        for line in section():
            click.echo(f"{line.topic:<11} {line.text}".rstrip())
            if line.problem:
                problems.append(f"{line.topic}: {line.problem}")
    if not problems:
        click.echo("\nno problems")
        return 0
    click.echo("\n" + "\n".join(f"problem: {problem}" for problem in problems))
    return 1
