"""Recomputes the books of a run from its tables alone, by another path than the engine's.

Shares no code with the engine: Arrow files come in, record batch by record batch, and are compared with each other.
Memory holds the accounts, one bit per payment, and the payments in flight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import click
import numpy as np

from simcore.errors import ScenarioError
from simcore.results.audit_books import Books
from simcore.results.audit_bounds import Bounds
from simcore.results.audit_cls import Cls
from simcore.results.audit_credit import Credit
from simcore.results.audit_cycles import COLUMNS, Cycles
from simcore.results.audit_htlc import Htlc
from simcore.results.audit_ledgers import Ledgers
from simcore.results.audit_links import Links
from simcore.results.audit_outages import Outages
from simcore.results.audit_pairs import Pairs
from simcore.results.audit_payments import Payments
from simcore.results.audit_read import NO_TIME, Batch, TableReader, Words
from simcore.results.audit_refunds import refunded_until
from simcore.results.audit_report import AuditReport, Proof
from simcore.results.audit_rows import Rows
from simcore.results.audit_wallets import Wallets
from simcore.results.provenance import read_manifest, seal_fault, verify

_OBLIGATIONS = (
    "payment_id", "hop", "kind", "rail", "debtor", "creditor", "currency", "amount_minor", "entered_at", "settled_at",
    "sequence", "status", "fx_id",
)  # fmt: skip
_PAYMENTS = (
    "payment_id", "debtor", "creditor", "currency_sent", "amount_sent_minor", "currency_received",
    "amount_received_minor", "fee_minor", "initiated_at", "completed_at", "status", "hops",
)  # fmt: skip
_ACCOUNTS = (
    "rail", "participant", "currency", "business_day", "opening_minor", "closing_minor", "minimum_minor",
    "maximum_minor", "debited_minor", "credited_minor", "debit_limit_minor",
)  # fmt: skip
_FX = ("fx_id", "time", "dealer", "source", "target", "numerator", "denominator")
FAILED = 3


def audit_tables(folder: Path, n_payments: int | None = None) -> AuditReport:
    """The first three proofs, from the tables in a folder; a run document isn't needed.

    Parameters
    ----------
    n_payments : int    payments that were submitted, if known from elsewhere

    Raises
    ------
    ScenarioError       LH085: a table that can't be read or has other columns
    """
    conserved = Proof("money", "Money is conserved in every currency, and every account's days add up")
    limits = Proof("limits", "No account was ever below its debit limit")
    each = Proof("payments", "Every payment has one outcome, and its amount adds up along its hops")
    words = Words()
    reader = TableReader(folder, "accounts", _ACCOUNTS, words)
    scenario = reader.scenario()
    ledgers, bounds = Ledgers(scenario, words, limits), Bounds(scenario, words, limits)
    wallets = Wallets(folder, scenario, words, (conserved, limits, each))
    pairs = Pairs(scenario, words)
    outages = Outages(folder, scenario, words)
    accounts = reader.whole()
    credit = Credit(folder, scenario, words, limits, accounts)
    cls, htlc = Cls(scenario, words, limits), Htlc(each)
    fx = TableReader(folder, "fx", (*_FX, "time", "dealer") if cls.used else _FX, words).whole()
    if cls.used:
        cls.prices(fx)
    told = TableReader(folder, "cycles", COLUMNS, words).whole()
    cycles = Cycles(told, words, each) if told["row"].size else None
    columns = _OBLIGATIONS if cycles is None else (*_OBLIGATIONS, "cycle_id")
    obligations = TableReader(folder, "obligations", columns, words).batches()
    links = Links(scenario, words, fx, each, limits)
    asked = (*_PAYMENTS, "route", "customer") if pairs.used or links.used else _PAYMENTS
    payments = TableReader(folder, "payments", asked, words).batches()
    followed = Payments(
        fx, words, each, ledgers, bounds, pairs, outages, links, refunded_until(folder, scenario, words)
    )
    rows = Rows(words, conserved)
    books: Books | None = None
    more = True
    for batch in obligations:
        # Made only now that the first batch has named every participant and rail of obligations.arrow.
        books = books or Books(accounts, words, conserved, limits)
        settled = batch["sequence"] >= 0
        rows.check(batch, settled)
        ledgers.note(batch, settled)
        credit.check(batch, settled)
        wallets.note(batch)
        outages.check(batch, settled)
        cls.check(batch, settled)
        htlc.check(batch)
        _book(books, batch, settled)
        if cycles is not None:
            cycles.note(batch)
        own = batch["payment_id"] >= 0
        followed.add_obligations(batch if own.all() else {name: values[own] for name, values in batch.items()})
        times = batch["settled_at"][settled]
        if times.size:
            frontier = int(times[-1])
            while more and followed.latest < frontier:
                more = _read_payments(followed, payments)
            followed.resolve(frontier)
    while more:
        more = _read_payments(followed, payments)
        followed.resolve(NO_TIME)
    rows.finish()
    books = books or Books(accounts, words, conserved, limits)
    books.finish()
    ledgers.finish(accounts)
    credit.finish()
    if cycles is not None:
        cycles.finish()
    cls.finish()
    htlc.finish()
    followed.finish(n_payments)
    links.finish()
    conserved.details.insert(0, f"{books.movements:,} movements replayed over {accounts['row'].size:,} account days")
    wallets.finish()
    each.claim = f"Every one of {followed.count:,} payments has one outcome, and its amount adds up along its hops"
    return AuditReport((conserved, limits, each, *([outages.proof] if outages.proof else [])))


def _book(books: Books, batch: Batch, settled: np.ndarray) -> None:
    debit, credit = books.accounts_of(batch)
    taken = settled & (debit >= 0) & (credit >= 0)
    if not taken.all():
        batch = {name: values[taken] for name, values in batch.items()}
        debit, credit = debit[taken], credit[taken]
    books.note_flows(batch)
    books.replay(batch, debit, credit)


def _read_payments(followed: Payments, batches: Iterator[Batch]) -> bool:
    batch = next(batches, None)
    if batch is not None:
        followed.add_payments(batch)
    return batch is not None


def audit(path: Path | str) -> AuditReport:
    """All that can be proved without running again: files as they were written, then the books.

    A damaged file ends the audit, as nothing can be concluded from it. An edited run document doesn't: the books are
    still proved from the tables.

    Raises
    ------
    ScenarioError    LH080, LH081: not a run directory, or one of another schema version
    """
    path = Path(path)
    tables = Proof("tables", "Every table is the one that was written: bytes, rows and SHA-256")
    manifest = read_manifest(path, sealed=False)
    if fault := seal_fault(path, manifest):
        tables.fail(str(fault))
    try:
        verify(path, sealed=False)
    except ScenarioError as error:
        for one in error.faults:
            tables.fail(str(one))
        return AuditReport((tables,))
    entries = manifest["tables"]
    tables.details.append(", ".join(f"{entries[name]['rows']:,} {name}" for name in entries))
    return AuditReport((*audit_tables(path, manifest.get("n_payments")).proofs, tables))


def audit_command(path: Path, rerun: Callable[[Path], int | None] | None = None) -> int:
    """Print the proofs of a run; ``rerun`` runs it again, compares the tables, says so, and returns its exit code.

    Returns
    -------
    int     0 where every proof holds, else 3
    """
    report = audit(path)
    for line in report.lines():
        click.echo(line)
    if not report.ok:
        if [proof.name for proof in report.proofs] == ["tables"]:
            click.echo("The books were not looked at: nothing can be concluded from a damaged table.", err=True)
        return FAILED
    return (rerun(path) or 0) if rerun else 0
