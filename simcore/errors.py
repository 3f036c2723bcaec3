"""The faults Luhai reports: what the user wrote wrongly, and what must never happen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing the user can mend.

    ``where`` is ``file:line:column: key.path`` as far as known, ``got`` what was found, ``expected`` what was
    expected, ``try_`` what to write instead (empty when there is no good guess). ``code`` is expanded by
    ``luhai explain``.
    """

    code: str
    where: str
    got: str
    expected: str
    try_: str = ""

    def __str__(self) -> str:
        lines = [f"{self.where} [{self.code}]", f"  got       {self.got}", f"  expected  {self.expected}"]
        if self.try_:
            lines.append(f"  try       {self.try_}")
        return "\n".join(lines)


class LuhaiError(Exception):
    """Base of what Luhai raises on purpose; ``exit_code`` is the command's."""

    exit_code = 1


class ScenarioError(LuhaiError):
    """The user's fault: every fault found in one pass, each with its place (exit code 2)."""

    exit_code = 2

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = list(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))

    @classmethod
    def one(cls, code: str, where: str, *, got: str, expected: str, try_: str = "") -> ScenarioError:
        """Shorthand for a single fault."""
        return cls([Fault(code=code, where=where, got=got, expected=expected, try_=try_)])


class InvariantError(LuhaiError):
    """A promise of ours is broken: never the user's fault (exit code 3)."""

    exit_code = 3
