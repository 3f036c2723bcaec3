"""Imports point one way, compiled code stays by itself, and no module can run code that came as data."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("fx", "simcore", "scenarios", "analysis")
# These sit on top of everything and import it inside functions.
TOP = ("simcore.cli", "simcore.commands", "simcore.run_command", "simcore.api")
KERNELS = ("simcore.kernels", "simcore.lsm", "simcore.accelerate", "fx.convert_kernel")
# The audit shares no code with the engine: names of what the tables hold, how texts are read, when a day begins.
AUDIT = ("simcore.results", "simcore.errors", "simcore.units", "simcore.calendar", "simcore.kernels.constants",
         "simcore.kernels.wallet_names", "fx.currency")  # fmt: skip
# (whose module, what it may import of ours); the first line that fits decides.
ALLOWED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("fx.convert_kernel", ()),
    ("fx", ("fx",)),
    ("simcore.accelerate", ()),
    # Constants are frozen into machine code, so a kernel may take them only from files that the cache's digest covers.
    ("simcore.kernels", ("simcore.kernels", "simcore.accelerate", "fx.convert_kernel")),
    ("simcore.lsm", ("simcore.lsm", "simcore.kernels", "simcore.accelerate", "simcore.registry", "simcore.errors")),
    *((top, OURS) for top in TOP),
    ("simcore.results.audit", ("simcore.results", "simcore.errors", "simcore.codes", "fx.currency")),
    *((f"simcore.results.{path.stem}", AUDIT) for path in sorted((ROOT / "simcore" / "results").glob("audit_*.py"))),
    ("simcore", ("fx", "simcore")),
    ("scenarios", ("fx", "simcore", "scenarios")),
    (
        "analysis",
        (
            "analysis",
            "simcore.results.schema",
            "simcore.results.provenance",
            "simcore.errors",
            "simcore.units",
            "fx.currency",
        ),
    ),
)
FORBIDDEN_EVERYWHERE = ("pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "yaml", "ruamel")
FORBIDDEN_IN_KERNELS = ("simpy", "pyarrow", "click", "pydantic", "matplotlib", "rich")
FORBIDDEN_CALLS = ("eval", "exec", "compile", "__import__")


@dataclass(frozen=True)
class Edge:
    """``importer`` imports ``imported`` on ``line``."""

    importer: str
    imported: str
    line: int

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.imported}"


def module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_module(name: str, root: Path) -> bool:
    path = root.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or path.is_dir()


def inside(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def edges(source: str, importer: str, is_package: bool, root: Path) -> Iterator[Edge]:
    """Every import in a source text, wherever it stands, by the full name of the module it reaches."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Edge(importer, alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = importer.split(".")[: None if is_package else -1]
                package = package[: len(package) - (node.level - 1)]
                base = ".".join([*package, *([node.module] if node.module else [])])
            for alias in node.names:
                # `from simcore import cli` reaches the module simcore.cli, not only the package.
                full = f"{base}.{alias.name}"
                yield Edge(importer, full if is_module(full, root) else base, node.lineno)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("importlib.import_module", "import_module"):
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield Edge(importer, first.value, node.lineno)


def calls(source: str) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


def faults(root: Path) -> list[str]:
    """Every edge and call under ``root`` that the rules above don't allow."""
    found = []
    for package in OURS:
        for path in sorted((root / package).rglob("*.py")):
            importer, source = module_name(path, root), path.read_text(encoding="utf-8")
            for edge in edges(source, importer, path.name == "__init__.py", root):
                if not allowed(edge):
                    found.append(str(edge))
            found += [f"{importer}:{line} calls {name}" for name, line in calls(source) if name in FORBIDDEN_CALLS]
    return found


def allowed(edge: Edge) -> bool:
    imported = edge.imported
    if inside(imported, FORBIDDEN_EVERYWHERE):
        return False
    if inside(edge.importer, KERNELS) and inside(imported, FORBIDDEN_IN_KERNELS):
        return False
    if not inside(imported, (*OURS, "tests", "benchmarks", "tools")):
        return True
    if edge.importer == "simcore" and inside(imported, ("simcore.api",)):
        return True  # simcore.run and simcore.open_run, looked up on first use
    if inside(imported, ("simcore.cli", "simcore.commands")):
        return inside(edge.importer, ("simcore.commands",))
    if inside(imported, TOP) and not inside(edge.importer, TOP):
        return False
    may = next(may for module, may in ALLOWED if inside(edge.importer, (module,)))
    return inside(imported, may)


def test_the_source_has_only_the_edges_we_want() -> None:
    assert faults(ROOT) == []


@pytest.mark.parametrize(
    ("path", "line", "fault"),
    [
        ("fx/a.py", "import simcore", "fx.a:1 imports simcore"),
        ("fx/a.py", "from simcore.errors import ScenarioError", "fx.a:1 imports simcore.errors"),
        ("fx/convert_kernel.py", "from fx.currency import X", "fx.convert_kernel:1 imports fx.currency"),
        ("simcore/a.py", "def f():\n    import scenarios.loader", "simcore.a:2 imports scenarios.loader"),
        ("simcore/a.py", "import analysis", "simcore.a:1 imports analysis"),
        ("simcore/engine/a.py", "from ..cli import main", "simcore.engine.a:1 imports simcore.cli"),
        ("simcore/a.py", "from . import cli", "simcore.a:1 imports simcore.cli"),
        ("simcore/a.py", "from simcore.commands import run", "simcore.a:1 imports simcore.commands"),
        ("simcore/run_command.py", "import simcore.cli", "simcore.run_command:1 imports simcore.cli"),
        ("simcore/engine/a.py", "import simcore.api", "simcore.engine.a:1 imports simcore.api"),
        ("scenarios/a.py", "from simcore.cli import main", "scenarios.a:1 imports simcore.cli"),
        ("scenarios/a.py", "import analysis.plots", "scenarios.a:1 imports analysis.plots"),
        ("scenarios/a.py", "from tests import reference", "scenarios.a:1 imports tests"),
        ("analysis/a.py", "from simcore.engine import run", "analysis.a:1 imports simcore.engine"),
        ("analysis/a.py", "from simcore.results import writer", "analysis.a:1 imports simcore.results"),
        ("analysis/a.py", "from fx.convert import convert", "analysis.a:1 imports fx.convert"),
        ("analysis/a.py", "importlib.import_module('simcore.engine')", "analysis.a:1 imports simcore.engine"),
        ("simcore/kernels/a.py", "import simpy", "simcore.kernels.a:1 imports simpy"),
        ("simcore/kernels/a.py", "import pyarrow.compute as pc", "simcore.kernels.a:1 imports pyarrow.compute"),
        ("simcore/kernels/a.py", "from simcore.model import LIMIT", "simcore.kernels.a:1 imports simcore.model"),
        ("simcore/results/audit.py", "import simcore.kernels", "simcore.results.audit:1 imports simcore.kernels"),
        ("simcore/results/audit_cls.py", "import simcore.cls", "simcore.results.audit_cls:1 imports simcore.cls"),
        ("simcore/a.py", "import pickle", "simcore.a:1 imports pickle"),
        ("analysis/a.py", "from yaml import safe_load", "analysis.a:1 imports yaml"),
        ("fx/a.py", "eval('1')", "fx.a:1 calls eval"),
        ("simcore/a.py", "exec('x = 1')", "simcore.a:1 calls exec"),
    ],
)  # fmt: skip
def test_each_forbidden_edge_is_named(path: str, line: str, fault: str, tmp_path: Path) -> None:
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(line)
    (tmp_path / "simcore").mkdir(exist_ok=True)
    (tmp_path / "simcore" / "cli.py").touch()
    assert faults(tmp_path) == [fault]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("fx/a.py", "import numpy\nfrom fx.currency import Currency"),
        (
            "simcore/a.py",
            "from fx import convert\nfrom simcore.errors import ScenarioError\nimport re\nre.compile('x')",
        ),
        ("simcore/cli.py", "def f():\n    from scenarios.loader import load"),
        ("simcore/commands/plot.py", "def f():\n    from analysis.plots import plot_command"),
        ("simcore/kernels/a.py", "import numba\nfrom simcore.kernels.world import World\nfrom .queue import push"),
        ("analysis/a.py", "from simcore.results import schema\nfrom simcore.results.provenance import open_run"),
    ],
)
def test_edges_that_are_wanted_pass(path: str, line: str, tmp_path: Path) -> None:
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(line)
    (tmp_path / "simcore" / "results").mkdir(parents=True, exist_ok=True)
    (tmp_path / "simcore" / "results" / "schema.py").touch()
    assert faults(tmp_path) == []
