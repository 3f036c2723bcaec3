"""Where the data files that a scenario names are: inside its folder, or in the catalogue that Luhai ships."""

from __future__ import annotations

from pathlib import Path

CATALOGUE = Path(__file__).resolve().parent.parent / "scenarios" / "catalogue"
"""One folder per entry, each with its scenario.toml."""

CATALOGUE_PREFIX = "catalogue:"
"""Starts the name of a file of the catalogue, ``catalogue:fifo-day/payments.parquet``, so that it is the same name on
every machine; a scenario that extends an entry gets such names."""


def data_path(folder: Path, text: str) -> Path:
    """Return the file that a scenario in ``folder`` names ``text``; nothing is checked.

    Raises
    ------
    ValueError    a NUL in the name
    """
    if "\0" in text:
        raise ValueError(f"{text!r} is no file name")
    if text.startswith(CATALOGUE_PREFIX):
        return CATALOGUE / text.removeprefix(CATALOGUE_PREFIX)
    return folder / text


def is_allowed(folder: Path, path: Path) -> bool:
    """Return whether ``path``, links followed, lies inside ``folder`` or the catalogue."""
    try:
        real = path.resolve()
        return real.is_relative_to(folder.resolve()) or real.is_relative_to(CATALOGUE.resolve())
    except (OSError, RuntimeError):  # a loop of links
        return False
