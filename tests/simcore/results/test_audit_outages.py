"""The audit finds what became final, was sent, or was exchanged on what was out, by the outages that events record."""

from __future__ import annotations

from pathlib import Path

import pytest

from simcore.results.audit import audit
from tests.simcore.engine.test_outages import outage, paid, play
from tests.simcore.engine.towns import FX_TOWN, RING_TOWN
from tests.simcore.results.wrong import edited, first, mend, messages, read

OUT = ("10:00", "11:00")


def begun_at(run: Path, event: str, earlier_us: int) -> None:
    """Let an outage have begun earlier than it did: what happened in between is then in it."""
    rows = read(run, "events")
    at = first(rows, lambda row: row["event"] == event)
    mend(run, "events", edited(rows, at, "time", int(rows.column("time")[at].value) - earlier_us))


@pytest.mark.parametrize(
    ("town", "what", "event", "payment", "words"),
    [
        (RING_TOWN, 'rails = ["RTGS"]', "outage_began", "09:50 A B 10", "final while RTGS was out"),
        (RING_TOWN, 'participants = ["A"]', "outage_began", "09:50 A B 10", "sent while A was out"),
        (FX_TOWN, 'dealers = ["Dealer"]', "dealer_out", "09:50 Payer Payee 1000 CNY",
         "brought to Dealer for an exchange while it was out"),
    ],
)  # fmt: skip
def test_what_happened_in_an_outage_is_found(
    tmp_path: Path, town: str, what: str, event: str, payment: str, words: str
) -> None:
    """The payment of 09:50 is in order, until the outage of 10:00 is said to have begun at 09:45."""
    run = play(tmp_path, town + outage(what, OUT), paid(payment)).path
    assert audit(run).ok
    assert "1 times that something was out" in messages(run)
    begun_at(run, event, 15 * 60 * 1_000_000)
    assert not audit(run).ok
    assert words in messages(run)


def test_a_run_without_outages_claims_nothing(tmp_path: Path) -> None:
    run = play(tmp_path, RING_TOWN, paid("09:50 A B 10")).path
    assert [proof.name for proof in audit(run).proofs] == ["money", "limits", "payments", "tables"]
