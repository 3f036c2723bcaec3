"""One RTGS rail with strict first-in-first-out queues, at three levels of liquidity: Luhai's loop, C, plain Python."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.digest import Digest
from benchmarks.flows import OPENINGS, PARTICIPANTS, Payments, make_payments
from benchmarks.goals import Goal
from benchmarks.measure import in_turn, times
from benchmarks.rtgs_loops import Compiled, compile_c, run_c, run_loop, run_python
from simcore.errors import InvariantError

PYTHON_PREFIX = 1_000_000


def run(quick: bool, size: int | None) -> Iterator[tuple[dict[str, Any], list[Goal]]]:
    """Yield a record and its goals for about 0, 5 and 30 % queued."""
    total = size or (1_000_000 if quick else 10_000_000)
    # A size without its own calibration takes the nearest: the share that queues is printed in any case.
    openings = OPENINGS[min(OPENINGS, key=lambda known: abs(known - total))]
    payments = make_payments(total)
    with tempfile.TemporaryDirectory() as folder:
        compiled = compile_c(Path(folder))
        run_loop(payments.slice(0, 1000), openings[0])  # warm
        for percent, opening in openings.items():
            _, digest = run_loop(payments, opening, check=True)
            assert digest is not None
            record: dict[str, Any] = {
                "case": f"rtgs {percent} %",
                "payments": total,
                "participants": PARTICIPANTS,
                "opening_minor": opening,
                "queued_share": round(digest.queued_share, 4),
                "queued_at_end": digest.queued_at_end,
                "digest": digest._asdict(),
            }
            against_c = _against_c(record, digest, payments, opening, compiled, 3 if quick else 5)
            # The shorter day has a balance of its own, so that about the same share queues.
            prefix = payments.slice(0, PYTHON_PREFIX)
            against_python = _against_python(record, prefix, OPENINGS[min(OPENINGS)][percent])
            note = "" if compiled else "no C compiler"
            yield (
                record,
                [
                    Goal(f"rtgs {percent} % queued: speed of C", against_c, 0.6, True, "x", note),
                    Goal(f"rtgs {percent} % queued: speed of plain Python", against_python, 25, True, "x"),
                ],
            )


def _against_c(
    record: dict[str, Any], digest: Digest, payments: Payments, opening: int, compiled: Compiled | None, repeats: int
) -> float | None:
    """Add the times of the loop, and of C where there is a compiler; return C's time over the loop's."""
    runs = [lambda: run_loop(payments, opening)[0]]
    if compiled:
        library, command = compiled
        _must_agree("C", run_c(library, payments, opening, check=True)[1], digest)
        record["compiler"] = command
        runs.append(lambda: run_c(library, payments, opening)[0])
    measured = [times(watches) for watches in in_turn(repeats, *runs)]
    record["loop"] = measured[0]
    record["payments_per_s"] = payments.size / measured[0]["cpu_best_s"]
    if not compiled:
        return None
    record["c"] = measured[1]
    record["c_payments_per_s"] = payments.size / measured[1]["cpu_best_s"]
    return float(measured[1]["cpu_best_s"] / measured[0]["cpu_best_s"])


def _against_python(record: dict[str, Any], prefix: Payments, opening: int) -> float:
    """Add the times of both loops on the first payments; return plain Python's time over the loop's."""
    _must_agree("plain Python", run_python(prefix, opening, check=True)[1], run_loop(prefix, opening, check=True)[1])
    loop, python = in_turn(3, lambda: run_loop(prefix, opening)[0], lambda: run_python(prefix, opening)[0])
    record["python_prefix"], record["python_opening_minor"] = prefix.size, opening
    record["loop_on_prefix"], record["python"] = times(loop), times(python)
    record["python_payments_per_s"] = prefix.size / record["python"]["cpu_best_s"]
    return float(record["python"]["cpu_best_s"] / record["loop_on_prefix"]["cpu_best_s"])


def _must_agree(who: str, theirs: Digest | None, ours: Digest | None) -> None:
    if theirs != ours:
        raise InvariantError(f"{who} and the loop differ:\n{theirs}\n{ours}")
