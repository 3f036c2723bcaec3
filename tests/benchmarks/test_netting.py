"""The netting benchmark: it finds what a bad mechanism breaks, its figures are right, and it runs from end to end."""

from __future__ import annotations

import json
import textwrap

import numpy as np
import pyarrow as pa
import pytest

from benchmarks import netting
from benchmarks.netting_check import check, faults_of_sets, lowest_funds, small_problems
from benchmarks.netting_instances import FAMILIES, make
from benchmarks.netting_runs import add_shares, growth, measure
from simcore.errors import InvariantError
from simcore.lsm import REGISTRY
from simcore.lsm.base import Clearing
from tests.simcore.lsm.instances import letters

HEAD = """
    from dataclasses import dataclass
    import numpy as np
    from simcore.lsm import register
    from simcore.lsm.base import Mechanism, Selection
    calls = []

    @register("{name}")
    @dataclass(frozen=True, kw_only=True)
    class Mine(Mechanism):
        "Mine."
        source = "here"
        keeps_order = {keeps}
        def select(self, problem):
            set_of = np.full(problem.size, -1, np.int32)
"""
BODIES = {
    "overdraws": ("False", "set_of[:] = 0", "funds are 0 or more after every set"),
    "changes": ("False", "problem.funds[:] = 0", "the problem is not changed"),
    "gaps": ("False", "set_of[:1] = 1", "sets are numbered 0, 1, 2"),
    "crashes": ("False", "set_of[0] = -1", "it gives an answer to every problem"),
    "shape": ("False", "set_of = set_of[:-1]", "one number per obligation"),
    "disorder": (
        "True",
        "set_of[[k for k in range(problem.size) if problem.amount[k] <= problem.funds[problem.debtor[k]]][-1:]] = 0",
        "keeps_order",
    ),
    "forgetful": (
        "False",
        "calls.append(1); own = problem.funds[problem.debtor]; "
        "set_of[np.flatnonzero(problem.amount <= own)[: len(calls) % 2]] = 0",
        "the same answer",
    ),
}


@pytest.fixture
def registry():
    """The registry as it was, afterwards."""
    REGISTRY.entries()
    before = dict(REGISTRY._entries)
    yield REGISTRY
    REGISTRY._entries.clear()
    REGISTRY._entries.update(before)


@pytest.mark.parametrize("name", BODIES)
def test_a_bad_mechanism_is_told_what_it_breaks_and_on_which_queue(name, tmp_path, capsys, registry):
    keeps, line, promise = BODIES[name]
    path = tmp_path / "mine.py"
    text = textwrap.dedent(HEAD.format(name=f"mine_{name}", keeps=keeps))
    path.write_text(f"{text}        {line}\n        return Selection(set_of=set_of)\n", encoding="utf-8")
    assert netting.main(["--with", str(path), "--out", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert promise in said
    assert "instance" in said
    assert (tmp_path / f"mine_{name}-broken.csv").is_file()
    assert (tmp_path / f"mine_{name}-broken-balances.csv").is_file()


def test_the_saved_queue_is_read_by_luhai_net(tmp_path, capsys, registry):
    from simcore.cli import status

    keeps, line, _ = BODIES["overdraws"]
    text = textwrap.dedent(HEAD.format(name="mine_net", keeps=keeps))
    (tmp_path / "mine.py").write_text(f"{text}        {line}\n        return Selection(set_of=set_of)\n", "utf-8")
    netting.main(["--with", str(tmp_path / "mine.py"), "--out", str(tmp_path)])
    files = [str(tmp_path / "mine_net-broken.csv"), "--balances", str(tmp_path / "mine_net-broken-balances.csv")]
    assert status(["net", *files, "--algorithm", "gridlock_resolution"]) == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [("x = 1", "registers nothing"), ("import nowhere_at_all", "ModuleNotFoundError"), (None, "no such")],
)
def test_a_file_that_is_no_mechanism(text, said, tmp_path, capsys, registry):
    path = tmp_path / "mine.py"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    assert netting.main(["--with", str(path)]) == 2
    assert said in capsys.readouterr().err


def test_every_algorithm_of_ours_passes_what_others_must():
    fast = [name for name in REGISTRY.entries() if name not in ("optimum", "luhai_best", "matching_cycles")]
    assert {name: check(name) for name in fast} == dict.fromkeys(fast, 200)
    assert any(issubclass(REGISTRY.entries()[name], Clearing) for name in fast)


def test_the_lowest_funds_are_those_after_the_sets_one_by_one():
    """Counted again payment by payment."""
    rng = np.random.default_rng(65)
    for _, problem in small_problems():
        set_of = rng.integers(-1, 4, problem.size).astype(np.int32)
        funds, low = problem.funds.copy(), problem.funds.copy()
        for number in range(4):
            for k in np.flatnonzero(set_of == number):
                funds[problem.debtor[k]] -= problem.amount[k]
                funds[problem.creditor[k]] += problem.amount[k]
            low = np.minimum(low, funds)
        assert lowest_funds(problem, set_of).tolist() == low.tolist()


def test_figures_of_a_queue_done_by_hand():
    """A has 10 and pays 20 against 15: gridlock resolution settles both at once, and A falls by 5."""
    given = letters({"A": 10, "B": 0}, "A>B 20, B>A 15, B>A 100")
    record = measure(REGISTRY.entries()["gridlock_resolution"](), given)
    assert (record["settled"], record["value_minor"], record["liquidity_minor"]) == (2, 35, 5)
    best = measure(REGISTRY.entries()["optimum"](), given)
    records = [
        {"algorithm": name, "family": "hand", "payments": 3, "seed": 1, "skipped": "", **each}
        for name, each in (("gridlock_resolution", record), ("optimum", best))
    ]
    add_shares(records)
    assert records[0]["share_of_optimum"] == 1.0
    records[0]["value_minor"] += 1000
    with pytest.raises(InvariantError, match="more than the proven optimum"):
        add_shares(records)


def test_sets_out_of_order_are_seen():
    given = letters({"A": 10, "B": 0}, "A>B 7, A>B 5")
    assert list(faults_of_sets(given, np.array([-1, 0], np.int32), True))
    assert not list(faults_of_sets(given, np.array([-1, 0], np.int32), False))
    assert next(faults_of_sets(given, np.array([0, 0], np.int32), True))[0].startswith("funds")


def test_growth_is_the_power_of_the_size():
    records = [
        {"algorithm": "a", "family": f, "payments": n, "skipped": "", "cpu_s": level * n**1.5}
        for f, level in (("x", 1e-9), ("y", 1e-7))
        for n in (1_000, 10_000, 100_000)
    ]
    assert growth(records) == {"a": 1.5}


@pytest.mark.parametrize("family", FAMILIES)
def test_an_instance_is_the_same_again(family):
    first, again = make(family, 10, 60, 3), make(family, 10, 60, 3)
    assert first.size == 60
    for name in ("funds", "debtor", "creditor", "amount"):
        assert (getattr(first, name) == getattr(again, name)).all()
    assert (first.debtor != first.creditor).all()
    assert (first.funds >= 0).all()


def test_the_command_writes_what_it_prints(tmp_path, capsys):
    where = ["--json", str(tmp_path / "n.json"), "--out", str(tmp_path)]
    small = ["--quick", "--no-speed", "--families", "uniform", "--sizes", "20,40", "--seeds", "1"]
    assert netting.main([*small, *where]) == 0
    printed = capsys.readouterr().out
    with pa.memory_map(str(tmp_path / "netting.arrow")) as file:
        table = pa.ipc.open_file(file).read_all()
    assert set(REGISTRY.entries()) <= set(table.column("algorithm").to_pylist())
    document = json.loads((tmp_path / "n.json").read_text("utf-8"))
    assert document["shares"]["uniform"]["optimum"]["of_optimum"] in (1.0, None)
    assert "gridlock_resolution" in printed
    assert printed.split("\n\n", 1)[1].split("\nwritten")[0] in (tmp_path / "netting.txt").read_text("utf-8")
    for picture in ("netting-quality.png", "netting-time.png"):
        assert (tmp_path / picture).read_bytes()[:4] == b"\x89PNG"


def test_the_tutorial_of_a_new_mechanism_is_true():
    from tools.run_documents import differences

    assert "\n".join(differences("docs/new_mechanism.md")) == ""
