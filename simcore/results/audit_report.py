"""What an audit found: proofs, what each shows, and the first rows that break it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fx.currency import format_minor, is_currency

MOST_SHOWN: Final = 10
Fail = Callable[[dict[str, Any], NDArray[np.bool_], Callable[[int], str]], None]
"""Takes rows of a table, which of them are wrong, and what to say of one."""


def money(amount_minor: int, currency: str) -> str:
    """An amount as people read it."""
    amount_minor = int(amount_minor)
    return format_minor(amount_minor, currency) if is_currency(currency) else f"{amount_minor} minor units {currency}"


@dataclass
class Proof:
    """One promise: ``claim`` in words, ``details`` what was added up, ``failures`` the first rows that break it."""

    name: str
    claim: str
    details: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    failure_count: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing breaks it."""
        return not self.failure_count

    def fail(self, text: str) -> None:
        """Note one thing that breaks it."""
        self.fail_each([0], lambda _: text)

    def fail_each(self, rows: Iterable[Any], say: Callable[[int], str]) -> None:
        """Note one failure per row; texts are made for the first few only."""
        for row in rows:
            if len(self.failures) < MOST_SHOWN:
                self.failures.append(say(int(row)))
            self.failure_count += 1

    def lines(self) -> list[str]:
        """The proof as people read it."""
        found = [f"{'✓' if self.ok else '✗'} {self.claim}"]
        found += [f"    {text}" for text in self.details]
        found += [f"  ✗ {text}" for text in self.failures]
        if self.failure_count > len(self.failures):
            found.append(f"  ✗ … and {self.failure_count - len(self.failures):,} more")
        return found


def fail_rows(proof: Proof, table: str) -> Fail:
    """Notes rows of payments or obligations that break a proof, by row, payment and hop."""

    def fail(rows: dict[str, Any], mask: NDArray[np.bool_], say: Callable[[int], str]) -> None:
        if mask.any():
            proof.fail_each(
                np.flatnonzero(mask),
                lambda at: (
                    f"{table} row {rows['row'][at]} (payment {rows['payment_id'][at]}"
                    + (f", hop {rows['hop'][at]}): " if table == "obligations" else "): ")
                    + say(at)
                ),
            )

    return fail


@dataclass(frozen=True)
class AuditReport:
    """The proofs of one run: ``money``, ``limits``, ``payments``, and ``tables`` where files were compared."""

    proofs: tuple[Proof, ...]

    @property
    def ok(self) -> bool:
        """Whether every proof holds."""
        return all(proof.ok for proof in self.proofs)

    def lines(self) -> list[str]:
        """Readable lines, one proof after the other, ✓ or ✗ in front."""
        return [line for proof in self.proofs for line in proof.lines()]

    def as_dict(self) -> dict[str, Any]:
        """The form for the run document."""
        return {
            proof.name: {
                "ok": proof.ok,
                "claim": proof.claim,
                "details": proof.details,
                "failures": proof.failures,
                "failure_count": proof.failure_count,
            }
            for proof in self.proofs
        }
