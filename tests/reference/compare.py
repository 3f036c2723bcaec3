"""Whether two ways of playing a case agree, and the smallest part of a case on which they don't."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from simcore.engine.machine import Machine
from tests.reference.play import Buffers, Case, Played, play
from tests.reference.worlds import Rolled, make_buffers


def difference(one: Played, other: Played) -> str:
    """The first thing in which two plays differ; empty if there is none."""
    for here, there in zip(one.seen, other.seen, strict=True):
        if here != there:
            return f"after {here[0]}:\n  {here}\n  {there}"
    for table in ("obligations", "payments"):
        ours, theirs = one.rows(table), other.rows(table)
        for k, (here, there) in enumerate(zip(ours, theirs)):
            if here != there:
                return f"row {k} of {table}:\n  {here}\n  {there}"
        if len(ours) != len(theirs):
            return f"{len(ours)} and {len(theirs)} rows of {table}"
        if ours and one.columns(table) != other.columns(table):
            return f"columns of {table}:\n  {one.columns(table)}\n  {other.columns(table)}"
    return ""


def smallest(case: Case, fault: Callable[[Case], str]) -> Case:
    """Leave out payments and steps one by one, as long as there is a fault without them."""
    for name in ("payments", "script"):
        k = 0
        while k < len(getattr(case, name)):
            parts = getattr(case, name)
            without = replace(case, **{name: parts[:k] + parts[k + 1 :]})
            if fault(without):
                case = without
            else:
                k += 1
    return case


def explain(case: Case, fault: Callable[[Case], str]) -> str:
    """The fault of the smallest part of a case, with that part; empty if the case has none."""
    if not fault(case):
        return ""
    case = smallest(case, fault)
    return "\n".join([fault(case), "", f"{case.spec}", *map(str, case.payments), *map(str, case.script)])


def against(twin: type, case: Case, sizes: Buffers) -> str:
    """How the loop with these sizes differs from a twin."""
    return difference(play(case, Machine, sizes), play(case, twin))


def check_worlds(make: Callable[[Rolled], Case], twin: type, seeds: range) -> None:
    """Ask of generated worlds that the loop, with sizes drawn too, does what a twin does."""
    for seed in seeds:
        choose = Rolled(seed)
        case, sizes = make(choose), make_buffers(choose)
        fault = explain(case, partial(against, twin, sizes=sizes))
        assert not fault, f"seed {seed}, {sizes}: {fault}"
