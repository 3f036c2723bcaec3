"""The command: its table of subcommands, its exit codes, and that help loads nothing heavy."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import click
import pytest

import simcore
from simcore import cli
from simcore.errors import InvariantError, ScenarioError

HEAVY = ("numba", "numpy", "pyarrow", "matplotlib", "pydantic", "simpy", "rich", "llvmlite", "importlib.metadata")


def luhai(*arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Call the command in a process of its own, as a user does."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "simcore.cli", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(cli.ROOT), "COLUMNS": "100", **environment},
        timeout=120,
    )


@pytest.fixture
def command_that(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Put a function in the place of `luhai list`."""

    def install(function: Callable[[], object]) -> None:
        module = SimpleNamespace(command=click.Command("list", callback=function))
        monkeypatch.setitem(sys.modules, "simcore.commands.list_", module)

    return install


# --- the table of commands ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_the_table_says_what_the_command_says_of_itself(name: str) -> None:
    module, short_help = cli.COMMANDS[name]
    command = importlib.import_module(module).command
    assert command.name == name
    assert command.get_short_help_str(limit=200).rstrip(".") == short_help.rstrip(".")


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_each_command_shows_an_example_that_parses(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example in the help is one that the command's own options accept."""
    command = importlib.import_module(cli.COMMANDS[name][0]).command
    examples = [
        line.strip().split("  ")[0].split(" > ")[0].split()
        for line in command.help.splitlines()
        if line.strip().startswith(f"luhai {name}")
    ]
    assert examples, "no example"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "week").mkdir(parents=True)
    for words in examples:
        command.make_context(name, words[2:])


def test_every_command_module_is_in_the_table() -> None:
    folder = Path(simcore.__file__).parent / "commands"
    modules = {f"simcore.commands.{path.stem}" for path in folder.glob("*.py")}
    listed = {module for module, _ in cli.COMMANDS.values()}
    assert modules - listed == {"simcore.commands.__init__", "simcore.commands.options"}


def test_help_and_command_modules_load_nothing_heavy() -> None:
    code = (
        "import sys, json, importlib, simcore.cli as c; c.status(['--help'])\n"
        "after_help = [m for m in sys.modules if m.startswith('simcore.commands.')]\n"
        "[importlib.import_module(m) for m, _ in c.COMMANDS.values()]\n"
        f"print(json.dumps([after_help, [m for m in {HEAVY!r} if m in sys.modules]]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=cli.ROOT, check=True)
    imported_by_help, heavy = json.loads(done.stdout.splitlines()[-1])
    assert imported_by_help == []
    assert heavy == []


def test_importing_simcore_loads_nothing_of_ours_but_itself() -> None:
    code = (
        "import sys, simcore; print(sorted(m for m in sys.modules if m.startswith(('simcore.', 'numba', 'pyarrow'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=cli.ROOT, check=True)
    assert done.stdout.strip() == "[]"


# --- exit codes --------------------------------------------------------------------------------------------------


def test_version_and_help_succeed() -> None:
    shown = luhai("--version")
    assert (shown.returncode, shown.stdout) == (0, f"luhai {simcore.__version__}\n")
    shown = luhai("--help")
    assert shown.returncode == 0
    for name, (_, short_help) in cli.COMMANDS.items():
        assert f"  {name}" in shown.stdout
        assert short_help in shown.stdout


@pytest.mark.parametrize("arguments", [["pay"], ["run"], ["run", "x", "--seed", "-1"]])
def test_a_wrong_call_is_the_users_fault(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.status(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Error:" in shown.err


def test_a_scenario_fault_exits_with_2_and_only_its_text(
    command_that: Callable[[Callable[[], object]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise ScenarioError.one("LH012", "a.toml:3:1: scenario.days", got="0", expected="1 or more", try_="1")

    command_that(fail)
    assert cli.status(["list"]) == 2
    assert capsys.readouterr() == (
        "",
        "a.toml:3:1: scenario.days [LH012]\n  got       0\n  expected  1 or more\n  try       1\n",
    )


def _raise(error: BaseException) -> Callable[[], object]:
    def fail() -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("outcome", "code", "message"),
    [
        (lambda: None, 0, ""),
        (lambda: 3, 3, ""),
        (_raise(InvariantError("account CIPS.B01 is 5 below its limit")), 3, "account CIPS.B01 is 5 below its limit\n"),
        (_raise(KeyboardInterrupt()), 130, "interrupted; nothing was written\n"),
        (
            _raise(ZeroDivisionError("by zero")),
            1,
            "luhai: unexpected ZeroDivisionError: by zero\nrun with LUHAI_DEBUG=1 for the trace\n",
        ),
    ],
    ids=["done", "a failed check", "a broken promise", "Ctrl-C", "a bug"],
)
def test_exit_codes(
    outcome: Callable[[], object],
    code: int,
    message: str,
    command_that: Callable[[Callable[[], object]], None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("LUHAI_DEBUG", raising=False)
    command_that(outcome)
    assert cli.status(["list"]) == code
    assert capsys.readouterr().err.lstrip("\n") == message


def test_the_trace_of_a_bug_is_shown_on_request(
    command_that: Callable[[Callable[[], object]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUHAI_DEBUG", "1")
    command_that(_raise(ZeroDivisionError("by zero")))
    with pytest.raises(ZeroDivisionError):
        cli.status(["list"])


# --- shadowed packages -------------------------------------------------------------------------------------------


def test_our_own_packages_are_not_shadowed() -> None:
    assert cli.shadowed() == []


def test_a_file_with_the_name_of_our_package_is_named_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "analysis.py").write_text("raise SystemExit('the wrong analysis was imported')")
    search_path = f"{tmp_path}{':' if sys.platform != 'win32' else ';'}{cli.ROOT}"
    shown = luhai("list", PYTHONPATH=search_path)
    assert shown.returncode == 2
    assert f"'analysis' would be imported from {tmp_path / 'analysis.py'}" in shown.stderr
    assert "Rename" in shown.stderr
    shown = luhai("doctor", PYTHONPATH=search_path)
    assert shown.returncode == 1
    assert f"problem: names: 'analysis' would be imported from {tmp_path / 'analysis.py'}" in shown.stdout


def test_a_package_that_was_overwritten_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in cli.PACKAGES:
        (tmp_path / name).mkdir()
        mark = "" if name == "scenarios" else '__distribution__ = "luhai"\n'
        (tmp_path / name / "__init__.py").write_text(mark)
    monkeypatch.setattr(cli, "ROOT", tmp_path)
    found = {name: SimpleNamespace(origin=str(tmp_path / name / "__init__.py")) for name in cli.PACKAGES}
    monkeypatch.setattr(cli.importlib.util, "find_spec", found.get)
    (problem,) = cli.shadowed()
    assert "was overwritten by another installed package called 'scenarios'" in problem


def test_a_missing_package_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli.importlib.util, "find_spec", lambda name: None)
    assert ["'fx' is missing" in problem for problem in cli.shadowed()] == [False, True, False, False]


# --- single commands ---------------------------------------------------------------------------------------------


def test_settings_reach_the_loader_as_they_were_written() -> None:
    """Only the loader knows what a key path is, so only it judges them; it has one coded fault for all wrong ones."""
    from simcore.commands.run import command

    context = command.make_context("run", ["fifo-day", "--set", 'fx."A=B"=1', "--set", "scenario.days = 2"])
    assert context.params["settings"] == ('fx."A=B"=1', "scenario.days = 2")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_the_shell(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.status(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "luhai" in script
    assert f"_LUHAI_COMPLETE={shell}_complete" in script


def test_the_shell_is_answered_with_commands() -> None:
    shown = luhai(_LUHAI_COMPLETE="bash_complete", COMP_WORDS="luhai rer", COMP_CWORD="1")
    assert shown.stdout.split() == ["plain,rerun"]


def test_bench_without_a_source_tree_says_where_the_benchmarks_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from simcore.commands import bench

    monkeypatch.setattr(bench, "ROOT", tmp_path)
    assert cli.status(["bench", "throughput"]) == 2
    assert "They come with the source tree" in capsys.readouterr().err


def test_doctor_reports_every_library_and_finds_no_problem(tmp_path: Path) -> None:
    shown = luhai("doctor", LUHAI_CACHE_DIR=str(tmp_path))
    assert shown.returncode == 0, shown.stdout
    for word in (
        "numba",
        "numpy",
        "pyarrow",
        "tzdata",
        "zones",
        "fonts",
        "disk",
        f"cache       {tmp_path}",
        "no problems",
    ):
        assert word in shown.stdout


def test_doctor_names_a_missing_zone_database(monkeypatch: pytest.MonkeyPatch) -> None:
    import zoneinfo

    from simcore.commands import doctor

    def missing(name: str) -> None:
        raise zoneinfo.ZoneInfoNotFoundError(f"No time zone found with key {name}")

    monkeypatch.setattr(zoneinfo, "ZoneInfo", missing)
    (line,) = doctor.zones()
    assert "install the tzdata package" in line.problem


def test_doctor_names_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    from simcore.commands import doctor

    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: SimpleNamespace(free=10 * doctor.MIB))
    (line,) = doctor.disk()
    assert "less than 1 GiB" in line.problem


def test_doctor_warm_compiles_and_says_what_it_is_doing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    warmed = []

    def warm(progress: Callable[[str], None]) -> None:
        progress("compiling the event loop")
        warmed.append(True)

    monkeypatch.setitem(sys.modules, "simcore.engine.warm", SimpleNamespace(warm=warm))
    assert cli.status(["doctor", "--warm"]) == 0
    assert warmed == [True]
    assert capsys.readouterr().err.startswith("compiling the event loop\nkernels ready after ")


@pytest.fixture
def codes(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = SimpleNamespace(
        title="an amount finer than its currency", text="THB has two decimals.", example="10.005 THB"
    )
    monkeypatch.setitem(sys.modules, "simcore.codes", SimpleNamespace(CODES={"LH012": entry}))


@pytest.mark.usefixtures("codes")
@pytest.mark.parametrize("written", ["LH012", "lh012"])
def test_explain_prints_the_whole_story_of_a_code(written: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.status(["explain", written]) == 0
    assert capsys.readouterr().out == (
        "LH012: an amount finer than its currency\n\nTHB has two decimals.\n\nExample:\n\n10.005 THB\n"
    )


@pytest.mark.usefixtures("codes")
def test_explain_without_a_code_lists_all_and_with_a_wrong_one_names_the_nearest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.status(["explain"]) == 0
    assert capsys.readouterr().out == "LH012  an amount finer than its currency\n"
    assert cli.status(["explain", "LH021"]) == 2
    assert "did you mean LH012?" in capsys.readouterr().err


def test_a_reader_that_leaves_early_is_no_bug() -> None:
    """`luhai --help | head -1` ends quietly."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "simcore.cli", "--help"],
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(cli.ROOT)},
        )
    assert (done.returncode, done.stderr) == (1, "")


def test_help_takes_at_most_three_times_as_long_as_importing_click() -> None:
    """The best of seven, so that other work on the machine doesn't decide."""

    def seconds(*arguments: str) -> float:
        begun = time.perf_counter()
        subprocess.run([sys.executable, *arguments], cwd=cli.ROOT, check=True, capture_output=True)
        return time.perf_counter() - begun

    pairs = [(seconds("-c", "import click"), seconds("-m", "simcore.cli", "--help")) for _ in range(7)]
    assert min(pair[1] for pair in pairs) <= 3 * min(pair[0] for pair in pairs)


def test_plot_tells_runs_from_pictures_and_both_from_misspelt_names(tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert luhai("run", "fifo-day", "--seed", "1", "--out", f"{tmp_path}/{name}", "--quiet").returncode == 0
    done = luhai("plot", "a", "b", cwd=tmp_path)
    assert done.stdout.split() == ["a/figures/liquidity_delay.png"]
    done = luhai("plot", "a", "b", "liquidity_dealy", cwd=tmp_path)
    assert done.returncode == 2
    assert "liquidity_delay" in done.stderr
    done = luhai("plot", "a", "network", "--all", cwd=tmp_path)
    assert done.returncode == 2
    assert "network  " in luhai("plot", "--help").stdout
