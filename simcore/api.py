"""Luhai from Python: run a scenario, open a finished run."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from scenarios.loader import Loaded, load
from scenarios.resolve import to_dict
from simcore.engine.perform import Performed, perform
from simcore.model import Scenario
from simcore.results.opened import Run, open_run
from simcore.rng import draw_seed

__all__ = ["Run", "open_run", "perform_loaded", "run", "with_seed"]


def with_seed(scenario: Scenario) -> tuple[Scenario, int]:
    """The scenario with its seed, drawn if it has none."""
    seed = scenario.scenario.seed
    if seed is None:
        seed = draw_seed()
    return replace(scenario, scenario=replace(scenario.scenario, seed=seed)), seed


def perform_loaded(loaded: Loaded, origin: str, out: Path, **options: Any) -> Performed:
    """Run a loaded scenario; options as for :func:`simcore.engine.perform.perform`."""
    scenario, seed = with_seed(loaded.scenario)
    return perform(scenario, to_dict(scenario), loaded.folder, origin=origin, seed=seed, out=out, **options)


def run(
    scenario: str | os.PathLike[str],
    *,
    seed: int | None = None,
    set: Mapping[str, Any] | Iterable[str] = (),
    out: str | os.PathLike[str] | None = None,
    replace: bool = False,
) -> Run:
    """Run a scenario and open the result.

    Parameters
    ----------
    scenario : a TOML file, its folder, or the name of a catalogue entry
    seed : root of all chance; the scenario's own, or a drawn one, if not given
    set : values to replace, ``{"rails.RTGS.queue": "bypass"}`` or ``["rails.RTGS.queue=bypass"]``
    out : directory to make; if not given, a temporary one that lives as long as the returned Run
    replace : an earlier run may stand at ``out``

    Raises
    ------
    ScenarioError     every fault of the scenario or its data
    InvariantError    a proof failed; nothing was published

    Examples
    --------
    >>> import simcore
    >>> simcore.run("fifo-day", seed=65).payments.schema.names[:2]
    ['payment_id', 'reference']
    """
    loaded = load(scenario, set=set, seed=seed)
    if out is not None:
        return open_run(perform_loaded(loaded, os.fspath(scenario), Path(out), replace=replace).path, verify=False)
    folder = tempfile.TemporaryDirectory(prefix="luhai-")
    performed = perform_loaded(loaded, os.fspath(scenario), Path(folder.name) / "run")
    opened = open_run(performed.path, verify=False)
    weakref.finalize(opened, folder.cleanup)
    return opened
