"""One RTGS rail three times over: the compiled loop, the same algorithm in C, and plain Python, on the same payments.

Each ``run_*`` returns the measured seconds and, if ``check`` is set, the digest of what it wrote; a checked run is
slower, since every row it flushes is summed up.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.digest import Digest, Totals
from benchmarks.flows import PARTICIPANTS, Payments
from benchmarks.measure import Stopwatch
from benchmarks.plain_rtgs import PlainRun, run_plain
from simcore.engine.build import build_world, empty_feed, with_more_slots
from simcore.engine.spec import AccountSpec, HopSpec, RailSpec, WorldSpec
from simcore.errors import InvariantError
from simcore.kernels import control, loop
from simcore.kernels.constants import (
    DONE,
    FIFO,
    GROSS,
    LOG_FULL,
    NEED_DEMAND,
    NEED_SLOTS,
    NEVER,
    NONE,
    ROLE_CREDITOR,
    ROLE_DEBTOR,
)
from simcore.kernels.world import (
    FEED_FINAL,
    FEED_FIRST_ID,
    FEED_POSITION,
    OBLIGATION_ROW,
    OBLIGATION_ROWS,
    PAYMENT_ROW,
    PAYMENT_ROWS,
    Feed,
    World,
)

BATCH = 65_536
LOG_ROWS = 65_536
SLOTS = 1024
Measured = tuple[Stopwatch, Digest | None]
Compiled = tuple[ctypes.CDLL, str]  # the library and the command that made it


def one_rail(opening: int) -> WorldSpec:
    """One gross rail with first-in-first-out queues; every account opens with the same balance."""
    return WorldSpec(
        n_participant=PARTICIPANTS,
        n_currency=1,
        rails=(RailSpec(currency=0, discipline=GROSS, rule=FIFO),),
        accounts=tuple(AccountSpec(rail=0, participant=who, opening=opening) for who in range(PARTICIPANTS)),
        routes=((HopSpec(rail=0, debtor=(ROLE_DEBTOR, 0), creditor=(ROLE_CREDITOR, 0)),),),
    )


def feeds(payments: Payments) -> list[Feed]:
    """The payments as the loop takes them, cut into batches."""
    zeros, urgency, empty = np.zeros(BATCH, np.int32), np.zeros(BATCH, np.int8), np.zeros((BATCH, 0), np.int64)
    cut = []
    for start in range(0, payments.size, BATCH):
        part = payments.slice(start, start + BATCH)
        n = part.size
        cut.append(Feed(part.time, part.debtor, part.creditor, zeros[:n], part.amount, urgency[:n], empty[:n]))
    return cut


def drive(world: World, batches: list[Feed], totals: Totals | None) -> World:
    """Run a world to its end as the engine does: feed it, enlarge it, and take its rows, which nobody wants."""
    state, following = world.state, iter(batches)
    while (reason := loop.advance(world, NEVER)) != DONE:
        if reason == LOG_FULL:
            _flush(world, totals)
        elif reason == NEED_DEMAND:
            state[FEED_FIRST_ID] += world.feed.time.size
            state[FEED_POSITION] = 0
            feed = next(following, None)
            state[FEED_FINAL] = feed is None
            world = world._replace(feed=feed or empty_feed(0))
        elif reason == NEED_SLOTS:
            world = with_more_slots(world)
        else:
            raise InvariantError(f"the loop came back with {reason}")
    _flush(world, totals)
    return world


def _flush(world: World, totals: Totals | None) -> None:
    if totals is not None:
        totals.add_obligations(world.obligations[: world.state[OBLIGATION_ROWS]])
        totals.add_payments(world.payments[: world.state[PAYMENT_ROWS]])
    world.state[OBLIGATION_ROWS] = world.state[PAYMENT_ROWS] = 0


def run_loop(payments: Payments, opening: int, check: bool = False) -> Measured:
    """Luhai's own loop."""
    batches, totals = feeds(payments), Totals() if check else None
    watch = Stopwatch()
    world = build_world(one_rail(opening), slots=SLOTS, log_rows=LOG_ROWS)
    control.open_rail(world, 0, 0)
    world = drive(world, batches, totals)
    watch.stop()
    return watch, totals.digest(world.accounts) if totals else None


class _CWorld(ctypes.Structure):
    """``World`` of rtgs.c."""

    _fields_ = [
        *((name, ctypes.c_int64) for name in (
            "position", "size", "first_id", "now", "sequence", "in_flight", "overflowed", "obligation_rows",
            "payment_rows", "log_size", "work_first", "work_size", "work_room", "free")),
        *((name, ctypes.c_void_p) for name in (
            "time", "amount", "debtor", "creditor", "accounts", "slots", "work", "obligations", "payments")),
    ]  # fmt: skip


C_ACCOUNT = np.dtype(
    [(name, np.int64) for name in ("balance", "debit_limit", "reserved", "minimum", "maximum", "debited", "credited",
                                   "queued_value", "queued_count", "queued_peak")]
    + [(name, np.int32) for name in ("head", "tail", "in_work")],
    align=True,
)  # fmt: skip
C_SLOT = np.dtype(
    [(name, np.int64) for name in ("payment_id", "amount", "entered_at")]
    + [(name, np.int32) for name in ("debit", "credit", "next")],
    align=True,
)


def compile_c(folder: Path) -> Compiled | None:
    """Compile rtgs.c with the system's compiler; None where there is none."""
    compiler = shutil.which((sysconfig.get_config_var("CC") or "cc").split()[0]) or shutil.which("cc")
    if compiler is None:
        return None
    source, target = Path(__file__).with_name("rtgs.c"), folder / "rtgs.so"
    command = [compiler, "-O3", "-march=native", "-shared", "-fPIC", "-o", str(target), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{' '.join(command)} failed:\n{done.stderr}")
    library = ctypes.CDLL(str(target))
    for name, dtype in (
        ("account", C_ACCOUNT),
        ("slot", C_SLOT),
        ("obligation", OBLIGATION_ROW),
        ("payment", PAYMENT_ROW),
    ):
        size = getattr(library, f"{name}_size")
        size.restype = ctypes.c_int64
        if size() != dtype.itemsize:
            raise InvariantError(f"rtgs.c: a {name} record has {size()} bytes, not {dtype.itemsize}")
    library.advance.restype = ctypes.c_int64
    return library, " ".join([compiler, *command[1:-3], source.name])


def run_c(library: ctypes.CDLL, payments: Payments, opening: int, check: bool = False) -> Measured:
    """The same algorithm in C, fed the same batches and flushed at the same points."""
    batches, totals = feeds(payments), Totals() if check else None
    watch = Stopwatch()
    accounts = np.zeros(PARTICIPANTS, C_ACCOUNT)
    for name in ("balance", "minimum", "maximum"):
        accounts[name] = opening
    accounts["head"] = accounts["tail"] = NONE
    slots = _free_slots(np.zeros(SLOTS, C_SLOT), 0)
    work = np.zeros(PARTICIPANTS, np.int32)
    obligations, rows = np.zeros(LOG_ROWS, OBLIGATION_ROW), np.zeros(LOG_ROWS, PAYMENT_ROW)
    world = _CWorld(log_size=LOG_ROWS, work_room=PARTICIPANTS)
    for name, array in (("accounts", accounts), ("slots", slots), ("work", work), ("obligations", obligations),
                        ("payments", rows)):  # fmt: skip
        setattr(world, name, array.ctypes.data)

    def flush() -> None:
        if totals is not None:
            totals.add_obligations(obligations[: world.obligation_rows])
            totals.add_payments(rows[: world.payment_rows])
        world.obligation_rows = world.payment_rows = 0

    for feed in batches:
        world.position, world.size = 0, feed.time.size
        for name in ("time", "amount", "debtor", "creditor"):
            setattr(world, name, getattr(feed, name).ctypes.data)
        while (reason := library.advance(ctypes.byref(world))) != DONE:
            if reason == LOG_FULL:
                flush()
            else:
                old = slots.size
                slots = _free_slots(np.concatenate([slots, np.zeros(old, C_SLOT)]), old)
                world.slots, world.free = slots.ctypes.data, old
        world.first_id += feed.time.size
    flush()
    watch.stop()
    return watch, totals.digest(accounts) if totals else None


def _free_slots(slots: Any, first: int) -> Any:
    """Chain the slots from ``first`` on into the free list."""
    slots["next"][first:] = np.arange(first + 1, slots.size + 1)
    slots["next"][-1] = NONE
    return slots


def run_python(payments: Payments, opening: int, check: bool = False) -> Measured:
    """The plain-Python loop over lists."""
    columns = [column.tolist() for column in payments]
    watch = Stopwatch()
    done = run_plain(columns[0], columns[1], columns[2], columns[3], [opening] * PARTICIPANTS)
    watch.stop()
    return watch, digest_of_plain(done) if check else None


def digest_of_plain(done: PlainRun) -> Digest:
    """The digest of what the plain loop left in its lists."""
    totals = Totals()
    names = ("payment_id", "debit_account", "credit_account", "amount", "entered_at", "settled_at", "sequence")
    table = np.array(done.obligations, np.int64).reshape(-1, len(names))
    totals.add_obligations({name: table[:, k] for k, name in enumerate(names)})
    table = np.array(done.payments, np.int64).reshape(-1, 3)
    totals.add_payments({name: table[:, k] for k, name in enumerate(("payment_id", "amount_received", "completed_at"))})
    return totals.digest(done._asdict())
