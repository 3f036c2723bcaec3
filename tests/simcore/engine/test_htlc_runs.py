"""Hash time locks in a run, as a central banker would check them: locks, claims, refunds, outages.

The dealer locks baht for 4 h; the payer locks dollars 5 min later for 2 h; the dealer claims them 10 min later, and the
payee the baht another 15 min later. 1 USD is 30 THB. Times are UTC; BAHTNET takes obligations 01:30 to 10:30.
"""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import simcore
from analysis.measures import cells
from analysis.tables import open_tables
from simcore.errors import ScenarioError
from simcore.htlc import Exchange, Locks, play
from simcore.results.audit import audit
from tests.simcore.engine.towns import routed_town

HERE = Path(__file__).parent / "locked.toml"


def run(tmp_path: Path, payments: str, *changes: str, name: str = "run", outages: str = "") -> Any:
    """Play payments; each line is ``time debtor creditor amount currency route``."""
    scenario = routed_town(tmp_path, HERE.read_text() + outages, payments)
    done = simcore.run(scenario, out=tmp_path / name, set=list(changes))
    assert audit(done.path).ok
    return done


def steps(done: Any) -> list[str]:
    """``time kind debtor creditor amount`` of every movement, in order of finality."""
    rows = [row for row in done.obligations.to_pylist() if row["sequence"] is not None]
    return [f"{row['settled_at']:%H:%M} {row['kind']} {row['debtor']} {row['creditor']} {row['currency']} "
            f"{row['amount_minor'] // 100}" for row in rows]  # fmt: skip


def statuses(done: Any) -> list[str]:
    return [row["status"] for row in sorted(done.payments.to_pylist(), key=lambda row: row["payment_id"])]


def measured(done: Any, name: str) -> dict[str, int | Fraction | None]:
    return {each.currency: each.value for each in cells(open_tables(done.path), [name])}


ONE = "02:00:00 HK-A TH-A 10 USD linked"


def test_both_claim_in_time(tmp_path: Path) -> None:
    done = run(tmp_path, ONE)
    assert steps(done) == [
        "02:00 lock FX ESCROW THB 300",
        "02:05 lock HK-A ESCROW USD 10",
        "02:15 unlock ESCROW HK-A USD 10",
        "02:15 payment HK-A FX USD 10",
        "02:30 unlock ESCROW FX THB 300",
        "02:30 payment FX TH-A THB 300",
    ]
    assert statuses(done) == ["SETTLED_GROSS"]


def test_a_payer_without_the_money_does_not_answer_and_the_dealer_waits_for_its_lock(tmp_path: Path) -> None:
    done = run(tmp_path, "02:00:00 HK-A TH-A 90 USD linked\n02:03:00 HK-A HK-B 950 USD usd")
    assert steps(done) == [
        "02:00 lock FX ESCROW THB 2700", "02:03 payment HK-A HK-B USD 950", "06:00 unlock ESCROW FX THB 2700",
    ]  # fmt: skip
    assert statuses(done) == ["RETURNED_LOCK_ENDED", "SETTLED_GROSS"]
    assert measured(done, "locked_liquidity") == {"THB": 270_000 * 4 * 3600}
    assert measured(done, "locked_in_vain") == {"THB": 270_000 * 4 * 3600}


def test_a_dealer_without_the_money_locks_nothing_and_the_pair_waits(tmp_path: Path) -> None:
    """The dealer has THB 3,000 and needs 3,600; 1,500 come at 03:00:30, and the next look is at 03:01."""
    done = run(tmp_path, "02:00:00 HK-A TH-A 120 USD linked\n03:00:30 TH-B FX 1500 THB thb")
    assert steps(done)[1] == "03:01 lock FX ESCROW THB 3600"
    assert statuses(done) == ["SETTLED_GROSS", "SETTLED_GROSS"]


def test_a_payer_that_would_have_no_time_does_not_lock(tmp_path: Path) -> None:
    """Answering after 90 min, its lock of 2 h and the margin of 30 min would end with the dealer's 4 h, not before."""
    assert statuses(run(tmp_path, ONE, 'pvp.CHATS.answers_after="90 min"')) == ["RETURNED_LOCK_ENDED"]
    assert statuses(run(tmp_path, ONE, 'pvp.CHATS.answers_after="89 min"', name="in-time")) == ["SETTLED_GROSS"]


def test_a_dealer_that_claims_too_late_gets_nothing_and_loses_nothing(tmp_path: Path) -> None:
    """The payer's lock of 02:05 ends at 04:05: at that instant its money goes back."""
    done = run(tmp_path, ONE, 'pvp.CHATS.claims_after="2 h"')
    assert steps(done)[2:] == ["04:05 unlock ESCROW HK-A USD 10", "06:00 unlock ESCROW FX THB 300"]
    assert statuses(done) == ["RETURNED_LOCK_ENDED"]


def test_a_payee_that_claims_too_late_is_the_one_failure_and_recorded_as_such(tmp_path: Path) -> None:
    """Dollars are claimed at 02:15, the baht's lock ends at 06:00: a claim 3 h 45 min later is too late."""
    late = run(tmp_path, ONE, 'routes.linked.hops.1.latency="225 min"')
    assert steps(late)[2:] == [
        "02:15 unlock ESCROW HK-A USD 10", "02:15 payment HK-A FX USD 10", "06:00 unlock ESCROW FX THB 300",
    ]  # fmt: skip
    assert statuses(late) == ["CLAIMED_LATE"]
    [event] = [row for row in late.events.to_pylist() if row["event"] == "claimed_late"]
    assert (event["participant"], event["currency"], event["amount_minor"]) == ("HK-A", "USD", 1000)
    in_time = run(tmp_path, ONE, 'routes.linked.hops.1.latency="224 min"', name="in-time")
    assert statuses(in_time) == ["SETTLED_GROSS"]


def test_what_a_late_claim_cost_is_not_carried_to_the_next_payment(tmp_path: Path) -> None:
    """The dealer keeps a tenth of USD 10 and of USD 20. Payments that follow each other may share a record."""
    spread = 'fx.pairs."USD/THB".half_spread="1000 bp"'
    done = run(tmp_path, f"{ONE}\n07:00:00 HK-B TH-B 20 USD apart", 'routes.linked.hops.1.latency="225 min"', spread)
    assert statuses(done) == ["CLAIMED_LATE", "SETTLED_GROSS"]
    assert [row["fee_minor"] for row in done.payments.to_pylist()] == [100, 200]


def test_a_closed_rail_does_nothing_and_locks_go_on(tmp_path: Path) -> None:
    """Begun at 09:59, dollars are claimed at 10:14 while Hong Kong is open. BAHTNET closes at 10:30: a claim at 10:30
    waits for the next opening, on 4 March after a holiday, when the lock of 4 h has long ended: the money goes back."""
    done = run(tmp_path, "09:59:00 HK-A TH-A 10 USD linked")
    assert steps(done)[-1] == "10:29 payment FX TH-A THB 300"
    late = run(
        tmp_path,
        "09:59:00 HK-A TH-A 10 USD linked",
        'routes.linked.hops.1.latency="16 min"',
        "scenario.days=3",
        name="late",
    )
    assert steps(late)[-1] == "01:30 unlock ESCROW FX THB 300"
    assert statuses(late) == ["CLAIMED_LATE"]


def test_trapped_liquidity_is_what_was_locked_times_how_long(tmp_path: Path) -> None:
    done = run(tmp_path, ONE)
    assert measured(done, "locked_liquidity") == {"THB": 30_000 * 30 * 60, "USD": 1_000 * 10 * 60}
    assert measured(done, "locked_in_vain") == {"THB": 0, "USD": 0}
    assert measured(done, "locked_peak") == {"THB": 30_000, "USD": 1_000}


def test_the_peak_of_what_is_locked_adds_locks_that_overlap(tmp_path: Path) -> None:
    """The dealer locks THB 300 from 02:00 to 02:30 and 600 from 02:30: one ends as the other begins. With the second
    payment at 02:20 both are locked for 10 min; each payer's dollars 10 min, at different times."""
    apart = run(tmp_path, f"{ONE}\n02:30:00 HK-B TH-B 20 USD linked")
    assert measured(apart, "locked_peak") == {"THB": 60_000, "USD": 2_000}
    both = run(tmp_path, f"{ONE}\n02:20:00 HK-B TH-B 20 USD linked", name="both")
    assert measured(both, "locked_peak") == {"THB": 90_000, "USD": 2_000}


def test_a_claim_passes_through_the_payer_and_never_adds_to_its_balance(tmp_path: Path) -> None:
    """The dealer has THB 3,000, locks 1,800, gets 2,700 and is at 3,900 when the lock ends: never at 5,700."""
    done = run(tmp_path, "02:00:00 HK-A TH-A 60 USD linked\n02:10:00 TH-B FX 2700 THB thb")
    assert steps(done)[-2:] == ["02:30 unlock ESCROW FX THB 1800", "02:30 payment FX TH-A THB 1800"]
    row = next(row for row in done.accounts.to_pylist() if (row["rail"], row["participant"]) == ("BAHTNET", "FX"))
    assert (row["maximum_minor"], row["credited_minor"]) == (390_000, 450_000)


def test_principal_is_at_risk_between_the_two_claims(tmp_path: Path) -> None:
    assert measured(run(tmp_path, ONE), "principal_at_risk")["USD"] == 1_000 * 15 * 60


def test_in_any_world_both_legs_or_neither_but_where_a_claim_is_late(tmp_path: Path) -> None:
    """Hours are outages at any instant: they end locks, hold up claims, and keep the audit's proofs."""
    late = both = neither = 0
    for seed in range(25):
        choose = random.Random(seed)
        payments = "\n".join(sorted(
            f"{choose.randint(0, 11):02d}:{choose.randint(0, 59):02d}:00 HK-{choose.choice('AB')} "
            f"TH-{choose.choice('AB')} {choose.randint(1, 60)} USD linked" for _ in range(choose.randint(1, 12))
        ))  # fmt: skip
        folder = tmp_path / str(seed)
        folder.mkdir()
        done = run(
            folder, payments, f'pvp.CHATS.answers_after="{choose.randint(0, 100)} min"',
            f'pvp.CHATS.claims_after="{choose.randint(0, 130)} min"',
            f'fx.pairs."USD/THB".half_spread="{choose.choice((0, 10, 200))} bp"',
            f'routes.linked.hops.1.latency="{choose.randint(0, 260)} min"',
            f'rails.BAHTNET.sessions=[{{open="08:30",close="{choose.choice(("11:00", "13:20", "17:30"))}"}}]',
        )  # fmt: skip
        final: dict[int, set[int]] = {}
        for row in done.obligations.to_pylist():
            if row["kind"] == "payment" and row["sequence"] is not None:
                final.setdefault(row["payment_id"], set()).add(row["hop"])
        for row in done.payments.to_pylist():
            legs = final.get(row["payment_id"], set())
            if row["status"] == "CLAIMED_LATE":
                assert legs == {0}
                late += 1
            elif row["status"] == "HELD_AT_END":
                assert legs <= {0}
            else:
                assert legs in (set(), {0, 1}), f"seed {seed}: {row['status']}"
                assert (row["status"] == "SETTLED_GROSS") == (legs == {0, 1})
                both, neither = both + len(legs) // 2, neither + (not legs)
    assert min(late, both, neither) > 10  # else the worlds would prove little


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ('pvp.CHATS.second_lock="4 h"', "LH140"),
        ('pvp.CHATS.margin="2 h"', "LH140"),
        ('pvp.CHATS.second_lock="0 s"', "LH140"),
        ('pvp.CHATS.escrow="TH-A"', "LH181"),
    ],
)
def test_locks_that_cannot_be_are_refused(change: str, where: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=where):
        run(tmp_path, ONE, change)


def test_runs_do_what_the_protocol_says_over_lists(tmp_path: Path) -> None:
    """Against :func:`simcore.htlc.play`, while both rails are open; exchanges begin on the grid of looks."""
    minute = 60
    seen: set[str] = set()
    for seed in range(12):
        choose = random.Random(100 + seed)
        answers, claims, takes = choose.randint(0, 100), choose.randint(0, 130), choose.randint(0, 260)
        times = sorted(choose.randint(2 * 60, 4 * 60) for _ in range(choose.randint(1, 10)))
        who = [choose.choice("AB") for _ in times]
        amounts = [choose.randint(100, 600) for _ in times]
        folder = tmp_path / str(seed)
        folder.mkdir()
        done = run(
            folder, "\n".join(f"{at // 60:02d}:{at % 60:02d}:00 HK-{one} TH-A {amount} USD linked"
                              for at, one, amount in zip(times, who, amounts, strict=True)),
            f'pvp.CHATS.answers_after="{answers} min"', f'pvp.CHATS.claims_after="{claims} min"',
            f'routes.linked.hops.1.latency="{takes} min"', 'accounts.BAHTNET.FX.opening="1000000 THB"',
        )  # fmt: skip
        spans = (answers * minute, claims * minute, takes * minute)
        played = play(
            [Exchange(at * minute, "FX", f"HK-{one}", amount * 30, amount, *spans)
             for at, one, amount in zip(times, who, amounts, strict=True)],
            [{"FX": 1_000_000}, {"HK-A": 1_000, "HK-B": 1_000}],
            Locks(first=240 * minute, second=120 * minute, margin=30 * minute),
        )  # fmt: skip
        rows = done.obligations.to_pylist()
        for number, result in enumerate(played.results):
            mine = [row for row in rows if row["payment_id"] == number and row["sequence"] is not None]
            locked, final = [-1, -1], [-1, -1]
            for row in mine:
                ledger = 0 if row["rail"] == "BAHTNET" else 1
                at = row["settled_at"]
                second = at.hour * 3600 + at.minute * 60 + at.second
                if row["kind"] in ("lock", "unlock"):
                    (locked if row["kind"] == "lock" else final)[ledger] = second
            assert (locked, final) == (result.locked, result.final), f"seed {seed}, payment {number}"
            status = {"SETTLED": "SETTLED_GROSS", "REFUNDED": "RETURNED_LOCK_ENDED", "CLAIMED_LATE": "CLAIMED_LATE"}
            assert statuses(done)[number] == status[result.outcome], f"seed {seed}, payment {number}"
            seen.add(result.outcome)
    assert seen == {"SETTLED", "REFUNDED", "CLAIMED_LATE"}


def test_whoever_is_out_claims_late_and_a_rail_that_is_out_gives_nothing_back(tmp_path: Path) -> None:
    """The payee is out from 02:20 on, when it would have claimed at 02:30: at 06:00 the baht go back.

    Where BAHTNET is out as well from 05:00 to 07:00, they go back at 07:00.
    """

    def play_with(outages: str, name: str) -> Any:
        folder = tmp_path / name
        folder.mkdir()
        return run(folder, ONE, outages=outages)

    payee = '\n[outages.payee]\nparticipants = ["TH-A"]\nzone = "UTC"\n' + _times("02:20", "09:00")
    done = play_with(payee, "payee")
    assert steps(done)[-1] == "06:00 unlock ESCROW FX THB 300"
    assert statuses(done) == ["CLAIMED_LATE"]
    rail = '\n[outages.rail]\nrails = ["BAHTNET"]\nzone = "UTC"\n' + _times("05:00", "07:00")
    done = play_with(payee + rail, "both")
    assert steps(done)[-1] == "07:00 unlock ESCROW FX THB 300"
    dealer = '\n[outages.dealer]\nparticipants = ["FX"]\nzone = "UTC"\n' + _times("02:10", "09:00")
    done = play_with(dealer, "dealer")
    assert steps(done)[-2:] == ["04:05 unlock ESCROW HK-A USD 10", "06:00 unlock ESCROW FX THB 300"]
    assert statuses(done) == ["RETURNED_LOCK_ENDED"]


@pytest.mark.parametrize(
    "out", ['rails = ["BAHTNET"]', 'rails = ["USD-CHATS"]', 'participants = ["FX"]', 'dealers = ["FX"]']
)
def test_a_pair_whose_dealer_lacks_the_money_after_an_outage_waits_as_others_do(out: str, tmp_path: Path) -> None:
    """Both pairs come in the outage and need THB 1,800; the dealer has 3,000, and gets the rest at 03:30."""
    pairs = "02:10:00 HK-A TH-A 60 USD linked\n02:20:00 HK-B TH-A 60 USD linked\n03:30:00 TH-B FX 1800 THB thb"
    outage = f'\n[outages.it]\n{out}\nzone = "UTC"\n' + _times("02:00", "03:00")
    done = run(tmp_path, pairs, outages=outage)
    locks = [step for step in steps(done) if "lock FX" in step]
    assert locks == ["03:00 lock FX ESCROW THB 1800", "03:30 lock FX ESCROW THB 1800"]
    assert statuses(done) == ["SETTLED_GROSS"] * 3


def _times(begins: str, ends: str) -> str:
    return f'times = [{{ day = 2026-03-02, from = "{begins}", to = "{ends}" }}]\n'
