"""What every registered mechanism promises, tried on thousands of generated queues, and that it equals its twin.

A mechanism called ``name`` has a twin in ``tests/reference/lsm_name.py``: ``VARIANTS`` lists the parameters to try,
``twin(problem, mechanism)`` gives ``set_of`` from the definition. Where a definition leaves the set open (an optimum
may be reached by several), ``agrees(problem, mechanism, selection)`` asserts what it does say, in place of ``twin``.
A file may ask for less with ``SMALL`` and ``MIDDLING``, numbers of queues, where one takes long.
"""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import fields, is_dataclass
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from simcore.lsm import REGISTRY
from simcore.lsm.base import Clearing, Mechanism, Problem, Selection
from simcore.lsm.bounds import divisible_bound
from tests.simcore.lsm.instances import middling_problems, problem, small_problems

SMALL, MIDDLING = 2000, 12
ENTRIES = REGISTRY.entries()
MECHANISMS = [name for name, cls in ENTRIES.items() if issubclass(cls, Mechanism)]


def twin_of(name: str) -> ModuleType | None:
    """The module of the twin; None while nobody has written it."""
    module = f"tests.reference.lsm_{name}"
    return importlib.import_module(module) if importlib.util.find_spec(module) else None


CASES = [(name, variant) for name in MECHANISMS for variant in getattr(twin_of(name), "VARIANTS", [{}])]
IDS = [f"{name}-{'-'.join(map(str, variant.values()))}" for name, variant in CASES]


@cache
def queues(small: int, middling: int) -> list[Problem]:
    return [*small_problems(small), *middling_problems(middling)]


def frozen(given: Problem) -> Problem:
    """The same problem with arrays that can't be written."""
    arrays = {field.name: getattr(given, field.name).copy() for field in fields(given)}
    for array in arrays.values():
        array.flags.writeable = False
    return Problem(**arrays)


def assert_sets_are_sound(given: Problem, selection: Selection) -> None:
    """Sets are numbered without gaps and leave nobody short, one after the other."""
    set_of = selection.set_of
    assert set_of.dtype == np.int32
    assert set_of.shape == (given.size,)
    numbers = np.unique(set_of[set_of >= 0])
    assert numbers.tolist() == list(range(numbers.size))
    assert set_of.size == 0 or set_of.min() >= -1
    funds = given.funds.copy()
    for number in numbers:
        chosen = set_of == number
        np.subtract.at(funds, given.debtor[chosen], given.amount[chosen])
        np.add.at(funds, given.creditor[chosen], given.amount[chosen])
        assert funds.min() >= 0, f"set {number} leaves an account short"


def assert_prefixes(given: Problem, selection: Selection) -> None:
    """After every set, what each debtor has settled is a beginning of its queue."""
    for account in range(given.funds.size):
        sets = selection.set_of[given.debtor == account]
        order = np.where(sets < 0, given.size, sets)
        assert (np.diff(order) >= 0).all(), f"account {account} settles out of order: {sets}"


@pytest.mark.parametrize(("name", "variant"), CASES, ids=IDS)
def test_a_mechanism_keeps_its_promises_and_equals_its_twin(name: str, variant: dict[str, Any]) -> None:
    mechanism, reference = ENTRIES[name](**variant), twin_of(name)
    assert reference is not None, f"{name} has no twin in tests/reference/lsm_{name}.py"
    small, middling = getattr(reference, "SMALL", SMALL), getattr(reference, "MIDDLING", MIDDLING)
    for given in queues(small, middling):
        before = frozen(given)
        selection = mechanism.select(given)
        for field in fields(given):
            assert (getattr(given, field.name) == getattr(before, field.name)).all(), f"{field.name} was changed"
        assert_sets_are_sound(given, selection)
        if mechanism.keeps_order:
            assert_prefixes(given, selection)
        if hasattr(reference, "twin"):
            assert selection.set_of.tolist() == reference.twin(given, mechanism)
        else:
            reference.agrees(given, mechanism, selection)


@pytest.mark.parametrize(("name", "variant"), CASES, ids=IDS)
def test_the_same_problem_gives_the_same_selection(name: str, variant: dict[str, Any]) -> None:
    """From another instance of the mechanism, another place in memory, and read-only."""
    for given in [*small_problems(20, seed=7), *middling_problems(2, seed=7)]:
        first = ENTRIES[name](**variant).select(given)
        again = ENTRIES[name](**variant).select(frozen(given))
        assert first.set_of.tolist() == again.set_of.tolist()
        assert first.facts == again.facts


@pytest.mark.parametrize(("name", "variant"), CASES, ids=IDS)
def test_empty_queues_and_lonely_accounts(name: str, variant: dict[str, Any]) -> None:
    if variant.get("limits") or variant.get("ceilings"):
        pytest.skip("limits and ceilings name accounts that aren't there")
    for funds in ([], [0], [5, 0, 0]):
        assert ENTRIES[name](**variant).select(problem(funds, [])).set_of.size == 0


@pytest.mark.parametrize(("name", "variant"), CASES, ids=IDS)
def test_amounts_near_the_bound_do_not_overflow(name: str, variant: dict[str, Any]) -> None:
    """Sums below 2^62 are promised; the mechanism may not add beyond 63 bits."""
    big = 2**60
    given = problem([0, big, 1], [(0, 1, big), (1, 2, big + 1), (2, 0, big // 2)])
    assert_sets_are_sound(given, ENTRIES[name](**variant).select(given))


@pytest.mark.parametrize("name", list(ENTRIES))
def test_a_registered_class_documents_itself(name: str) -> None:
    cls = ENTRIES[name]
    assert is_dataclass(cls)
    assert cls.__dataclass_params__.frozen
    assert issubclass(cls, (Mechanism, Clearing))
    assert cls.source
    assert "Invariants:" in cls.__doc__
    assert "Cost:" in cls.__doc__
    if issubclass(cls, Mechanism):
        assert isinstance(cls.keeps_order, bool)


@pytest.mark.parametrize(("name", "variant"), CASES, ids=IDS)
def test_no_set_beats_the_divisible_bound(name: str, variant: dict[str, Any]) -> None:
    mechanism = ENTRIES[name](**variant)
    for given in [*small_problems(60, seed=17), *middling_problems(6, seed=17)]:
        settled = mechanism.select(given).settled
        assert int(given.amount[settled].sum()) <= divisible_bound(given)
