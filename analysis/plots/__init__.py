"""The pictures of a run: one per file, listed here, drawn by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from simcore.errors import ScenarioError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.tables import Tables


@dataclass(frozen=True)
class Entry:
    """One picture: what it shows, in a line; its function has the same name and is in the module of that name."""

    shows: str
    shows_zh: str
    standard: bool = False
    """Whether ``luhai plot RUN`` draws it without being asked for it."""
    several: bool = False
    """Whether it takes several runs of the same payments."""
    of: str = ""
    """A table of the scenario without which there is nothing to draw."""


FIGURES: Final[dict[str, Entry]] = {
    "account_intraday": Entry("intraday balance and queue per account of one rail", "各账户的日间余额与排队", True),
    "settled_by_route": Entry("cumulative settled value and speed by route", "各路径的累计结算金额与速度", True),
    "wallets": Entry("what wallets paid, what was refused, reserves", "钱包支付、被拒与备付", True, of="wallets"),
    "queue_heatmap": Entry("value queued by participant and local hour on one rail", "各参与者各时段的排队金额"),
    "settled_by_rail": Entry("cumulative settled value by rail", "各系统的累计结算金额"),
    "settlement_risk": Entry("principal at risk over the run, by currency paid", "各付款币种的本金风险"),
    "balance_fan": Entry("balances of one rail as bands over participants or days", "余额的分位数区间"),
    "settlement_hours": Entry("opening hours of the rails in all zones and their overlap", "各系统营业时间及重叠"),
    "network": Entry("who pays whom on one rail, net, and net positions", "参与者净额往来与净头寸"),
    "corridor_flows": Entry("who pays whom by country and currency", "各国家与币种之间的支付流向"),
    "fx_path": Entry("exchange rates over the run, with dealers' spreads", "汇率走势与做市商点差"),
    "liquidity_delay": Entry("liquidity against delay over several runs", "多次运行的流动性与延迟", several=True),
}  # fmt: skip


def standard(tables: Tables) -> list[str]:
    """The pictures that are drawn of a run where none is named."""
    return [name for name in possible(tables) if FIGURES[name].standard]


def possible(tables: Tables) -> list[str]:
    """The pictures for which a run's scenario has what they show."""
    return [name for name, entry in FIGURES.items() if not entry.of or tables.scenario.get(entry.of)]


def draw(tables: Tables | Sequence[Tables], figure: str, **options: Any) -> Figure:
    """One picture of an opened run, or of several.

    Parameters
    ----------
    tables             from :func:`analysis.tables.open_tables`; several where the figure's entry says so
    figure : str       one of ``FIGURES``
    options            those of the figure's function; all take ``language``, "en" or "zh", and
                       ``width_mm``, 170 for a page or 85 for a column

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ScenarioError      LH013: no figure has this name; LH111: it shows one run
    """
    from importlib import import_module

    if figure not in FIGURES:
        from difflib import get_close_matches

        nearest = (get_close_matches(figure, FIGURES, n=1) or [""])[0]
        expected = f"one of {', '.join(FIGURES)}; or the directory of another run"
        raise ScenarioError.one("LH013", "luhai plot: FIGURE", got=f'"{figure}"', expected=expected, try_=nearest)
    if isinstance(tables, Sequence) and not FIGURES[figure].several:
        if len(tables) != 1:
            raise ScenarioError.one("LH111", figure, got=f"{len(tables)} runs", expected="one run")
        tables = tables[0]
    function = getattr(import_module(f"analysis.plots.{figure}"), figure)
    found: Figure = function(tables, **options)
    return found


def plot_command(
    run: Path | Sequence[Path], *, figures: Sequence[str] = (), form: str = "png", out: Path | None = None,
    language: str = "en", everything: bool = False, width_mm: float | None = None,
) -> int:  # fmt: skip
    """What ``luhai plot`` does: draw pictures of a run as files and print their paths.

    Those named, or ``everything``, or the standard ones, of several runs those that take several; as wide as a page if
    ``width_mm`` is not given. They go into the first run's folder if not into ``out``. Where nobody named it, a picture
    that would show nothing isn't written: why is said on standard error.
    """
    import sys

    from analysis.plots.style import save, why_nothing
    from analysis.tables import open_tables

    runs = [run] if isinstance(run, Path) else list(run)
    tables = [open_tables(path) for path in runs]
    folder = runs[0] / "figures" if out is None else out
    common = standard(tables[0]) if len(runs) == 1 else [name for name, entry in FIGURES.items() if entry.several]
    wanted = possible(tables[0]) if everything else [*dict.fromkeys(figures)] or common
    options: dict[str, Any] = {"language": language} | ({} if width_mm is None else {"width_mm": width_mm})
    # Every picture is drawn before the first is written: a wrong name leaves nothing behind.
    drawn = {
        name: draw(tables, name, **options, **({"names": [str(path) for path in runs]} if _several(name) else {}))
        for name in wanted
    }
    for name, figure in drawn.items():
        if not figures and (why := why_nothing(figure)):
            print(f"{name}: {why}", file=sys.stderr)
            continue
        path = folder / f"{name}.{form}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            save(figure, path, form)
        except OSError as error:
            got = f"a place that can't be written ({error.strerror})"
            raise ScenarioError.one("LH072", str(path), got=got, expected="a folder to write pictures into") from None
        print(path)
    return 0


def _several(figure: str) -> bool:
    return figure in FIGURES and FIGURES[figure].several
