"""Links between instant payment systems: worked by hand, in whole runs that are audited."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from simcore.engine.conductor import Sizes
from simcore.results.audit import audit
from tests.simcore.engine.towns import BANK, HEAD, routed_town, run_town

# One SGD is 3.5 MYR until noon UTC and 3.6 after; each provider keeps 1 %. The link has a minute.
LINK_TOWN = (
    HEAD.format(days=2)
    + "".join(
        BANK.format(name=name, kind=kind, country=country)
        for name, kind, country in (
            ("Payer", "commercial_bank", "SG"),
            ("Quick", "dealer", "SG"),
            ("Slow", "dealer", "MY"),
            ("Payee", "commercial_bank", "MY"),
        )
    )
    + """
[rails.FAST]
kind = "instant"
currency = "SGD"

[rails.RPP]
kind = "instant"
currency = "MYR"

[accounts.FAST]
Payer = { opening = "1000.00 SGD" }
Quick = { opening = "0 SGD" }
Slow = { opening = "0 SGD" }

[accounts.RPP]
Quick = { opening = "100.00 MYR" }
Slow = { opening = "1000.00 MYR" }
Payee = { opening = "0 MYR" }

[routes.quick]
hops = [
  { rail = "FAST", from = "debtor", to = "Quick", latency = "10 s" },
  { rail = "RPP", from = "Quick", to = "creditor", latency = "5 s" },
]

[routes.slow]
hops = [
  { rail = "FAST", from = "debtor", to = "Slow", latency = "10 s" },
  { rail = "RPP", from = "Slow", to = "creditor", latency = "61 s" },
]

[routes.late]
hops = [
  { rail = "FAST", from = "debtor", to = "Slow", latency = "11 min" },
  { rail = "RPP", from = "Slow", to = "creditor", latency = "60 s" },
]

[instant_links.paynow-duitnow]
routes = ["quick", "slow", "late"]
time_limit = "60 s"
quote_valid = "10 min"

[fx.pairs."SGD/MYR"]
source = "given"
file = "rates.csv"
half_spread = "100 bp"

[fx.dealers.Quick]
pairs = ["SGD/MYR"]

[fx.dealers.Slow]
pairs = ["SGD/MYR"]

[flows.day]
kind = "replay"
file = "payments.csv"
"""
)
RATES = "time,rate\n2026-02-01T00:00:00Z,3.5\n2026-03-02T12:00:00Z,3.6\n"


def link_town(folder: Path, rows: list[tuple[str, str, str]], text: str = LINK_TOWN) -> Path:
    """Payments of Payer to Payee, given as (time of 2 March, SGD, route)."""
    path = routed_town(folder, text, "\n".join(f"{at} Payer Payee {amount} SGD {route}" for at, amount, route in rows))
    (folder / "rates.csv").write_text(RATES, encoding="utf-8")
    return path


def outcome(run: Any, k: int = 0) -> tuple[str, int | None, str]:
    """Status, minor units received and UTC time of completion of payment ``k``."""
    row = next(row for row in run.payments.to_pylist() if row["payment_id"] == k)
    return row["status"], row["amount_received_minor"], f"{row['completed_at'].astimezone(dt.UTC):%H:%M:%S}"


def closing(run: Any) -> dict[str, int]:
    """rail.participant → what its account holds at the end."""
    last: dict[str, int] = {}
    for row in run.accounts.to_pylist():
        last[f"{row['rail']}.{row['participant']}"] = row["closing_minor"]
    return last


def test_a_provider_that_is_quick_enough_pays_out_what_it_quoted(tmp_path: Path) -> None:
    """10.00 SGD: 0.10 is the spread, 9.90 × 3.5 = 34.65 MYR, after 10 s to the first rail and 5 s to the second."""
    run = run_town(link_town(tmp_path, [("09:00:00", "10.00", "quick")]), tmp_path / "run")
    assert outcome(run) == ("SETTLED_GROSS", 3465, "09:00:15")
    assert closing(run)["FAST.Quick"] == 1000
    assert closing(run)["RPP.Payee"] == 3465
    assert audit(run.path).ok


def test_a_payment_that_is_not_credited_in_time_is_reversed_and_every_position_is_as_it_was(tmp_path: Path) -> None:
    """Slow needs 61 s after the first rail, the link gives it 60: all is back 70 s after initiation."""
    run = run_town(link_town(tmp_path, [("09:00:00", "10.00", "slow")]), tmp_path / "run")
    assert outcome(run) == ("REJECTED_TIME_LIMIT", None, "09:01:10")
    rows = [(row["kind"], row["rail"], row["status"], row["amount_minor"]) for row in run.obligations.to_pylist()]
    assert sorted(rows) == [
        ("payment", "FAST", "SETTLED_GROSS", 990),
        ("payment", "RPP", "REJECTED_TIME_LIMIT", 3465),
        ("return", "FAST", "SETTLED_GROSS", 1000),
        ("spread", "FAST", "SETTLED_GROSS", 10),
    ]
    assert closing(run) == {"FAST.Payer": 100_000, "FAST.Quick": 0, "FAST.Slow": 0, "RPP.Quick": 10_000,
                            "RPP.Slow": 100_000, "RPP.Payee": 0}  # fmt: skip
    assert audit(run.path).ok


def test_sixty_seconds_are_in_time(tmp_path: Path) -> None:
    set_ = ['routes.slow.hops.1.latency="60 s"']
    run = run_town(link_town(tmp_path, [("09:00:00", "10.00", "slow")]), tmp_path / "run", set=set_)
    assert outcome(run) == ("SETTLED_GROSS", 3465, "09:01:10")


def test_without_a_time_limit_the_link_waits_for_the_answer(tmp_path: Path) -> None:
    text = LINK_TOWN.replace('time_limit = "60 s"\n', "")
    run = run_town(link_town(tmp_path, [("09:00:00", "10.00", "slow")], text), tmp_path / "run")
    assert outcome(run) == ("SETTLED_GROSS", 3465, "09:01:11")


def test_a_provider_without_funds_is_reversed_at_once(tmp_path: Path) -> None:
    """Quick holds 100 MYR and would have to pay 346.50."""
    run = run_town(link_town(tmp_path, [("09:00:00", "100.00", "quick")]), tmp_path / "run")
    assert outcome(run) == ("REJECTED_INSUFFICIENT_FUNDS", None, "09:00:15")
    assert closing(run)["FAST.Payer"] == 100_000
    assert audit(run.path).ok


# Quoted at 09:00:48, on FAST at 09:00:58 and due on RPP at 09:01:03; something is out from an instant until 09:05.
OUT = [
    ("09:01", 'rails = ["RPP"]', "10.00", ("REJECTED_CLOSED", None, "09:01:03")),  # an instant rail takes nothing then
    ("09:01", 'rails = ["FAST"]', "10.00", ("SETTLED_GROSS", 3465, "09:01:03")),  # not needed any more
    ("09:01", 'rails = ["FAST"]', "100.00", ("REJECTED_INSUFFICIENT_FUNDS", None, "09:05:00")),  # back once FAST is
    ("09:01", 'participants = ["Quick"]', "10.00", ("REJECTED_TIME_LIMIT", None, "09:05:00")),  # given up at 09:01:58
    ("09:01", 'dealers = ["Quick"]', "10.00", ("SETTLED_GROSS", 3465, "09:01:03")),  # had exchanged before
    ("09:00:50", 'participants = ["Quick"]', "10.00", ("REJECTED_TIME_LIMIT", None, "09:05:00")),
    ("09:00:50", 'dealers = ["Quick"]', "10.00", ("SETTLED_GROSS", 3465, "09:01:03")),  # had quoted before
]


@pytest.mark.parametrize(("begins", "out", "amount", "expected"), OUT)
def test_an_outage_between_the_two_rails(tmp_path: Path, begins: str, out: str, amount: str, expected: Any) -> None:
    text = f'{LINK_TOWN}\n[outages.it]\n{out}\nzone = "UTC"\n'
    text += f'times = [{{ day = 2026-03-02, from = "{begins}", to = "09:05" }}]\n'
    run = run_town(link_town(tmp_path, [("09:00:48", amount, "quick")], text), tmp_path / "run")
    assert outcome(run) == expected
    if expected[1] is None:
        assert (closing(run)["FAST.Payer"], closing(run)["FAST.Quick"]) == (100_000, 0)
    assert audit(run.path).ok


BACK = """
[routes.out]
hops = [{ rail = "FAST", from = "debtor", to = "creditor" }]
"""


@pytest.mark.parametrize(
    ("time", "status"), [("09:00:20", "REJECTED_INSUFFICIENT_FUNDS"), ("09:01:10", "SETTLED_GROSS")]
)
def test_what_is_reserved_for_a_payment_can_be_used_by_nobody(tmp_path: Path, time: str, status: str) -> None:
    """Slow gets 10 SGD at 09:00:10 and keeps them from 09:01:10 on; before, it can't pay Quick with them."""
    path = link_town(tmp_path, [("09:00:00", "10.00", "slow")], LINK_TOWN + BACK)
    with (tmp_path / "payments.csv").open("a", encoding="utf-8") as file:
        file.write(f"q,2026-03-02T{time}Z,Slow,Quick,4.00,SGD,out\n")
    run = run_town(path, tmp_path / "run", set=['routes.slow.hops.1.latency="60 s"'])
    assert outcome(run, 0)[0] == "SETTLED_GROSS"
    assert outcome(run, 1)[0] == status
    assert audit(run.path).ok


# Initiated just before the rate changes at noon: 9.90 SGD are 34.65 MYR at the old rate and 35.64 at the new one.
QUOTES = [
    ("11:59:55", "quick", "10 min", "requote", ("SETTLED_GROSS", 3465)),  # comes at 12:00:05, its quote is honoured
    ("11:59:55", "quick", "9 s", "requote", ("SETTLED_GROSS", 3564)),
    ("11:59:55", "quick", "10 s", "reject", ("SETTLED_GROSS", 3465)),  # exactly in time
    ("11:59:55", "quick", "9 s", "reject", ("REJECTED_QUOTE", None)),
    ("11:59:55", "late", "10 min", "requote", ("SETTLED_GROSS", 3564)),  # 11 minutes to the first rail
    ("11:59:55", "late", "10 min", "reject", ("REJECTED_QUOTE", None)),
]


@pytest.mark.parametrize(("time", "route", "valid", "expired", "expected"), QUOTES)
def test_quotes_by_hand(tmp_path: Path, time: str, route: str, valid: str, expired: str, expected: Any) -> None:
    set_ = [f'instant_links.paynow-duitnow.quote_valid="{valid}"',
            f'instant_links.paynow-duitnow.when_expired="{expired}"']  # fmt: skip
    run = run_town(link_town(tmp_path, [(time, "10.00", route)]), tmp_path / "run", set=set_)
    assert outcome(run)[:2] == expected
    assert audit(run.path).ok


def test_a_quote_is_that_of_the_amount(tmp_path: Path) -> None:
    """From 20 SGD on Quick keeps half: 20 × 99.5 % × 3.5 = 69.65, honoured though the rate has changed since."""
    text = LINK_TOWN.replace('half_spread = "100 bp"', 'half_spread = "100 bp"\nspread_by_size = '
                             '[{ from = "20 SGD", factor = 0.5 }]')  # fmt: skip
    rows = [("11:59:55", "19.00", "quick"), ("11:59:56", "20.00", "slow")]
    run = run_town(link_town(tmp_path, rows, text), tmp_path / "run", set=['routes.slow.hops.1.latency="1 s"'])
    assert outcome(run, 0)[:2] == ("SETTLED_GROSS", 6584)  # 18.81 × 3.5, half to even
    assert outcome(run, 1)[:2] == ("SETTLED_GROSS", 6965)
    assert audit(run.path).ok


def test_an_alias_that_leads_to_nobody_ends_the_payment_before_its_money_moves(tmp_path: Path) -> None:
    text = LINK_TOWN.replace('to = "Quick", latency = "10 s"', 'to = "Quick", latency = "10 s", proxy = '
                             '{ latency = "2 s", unknown_share = "100 %" }')  # fmt: skip
    run = run_town(link_town(tmp_path, [("09:00:00", "10.00", "quick")], text), tmp_path / "run")
    assert outcome(run) == ("REJECTED_PROXY", None, "09:00:12")
    text = text.replace('unknown_share = "100 %"', 'unknown_share = "0 %"')
    run = run_town(link_town(tmp_path / "known", [("09:00:00", "10.00", "quick")], text), tmp_path / "found")
    assert outcome(run) == ("SETTLED_GROSS", 3465, "09:00:17")


def test_no_table_depends_on_sizes_of_buffers(tmp_path: Path) -> None:
    rows = [(f"09:{minute:02}:{second:02}", "3.00", route)
            for minute in range(20) for second, route in ((0, "quick"), (7, "slow"), (30, "late"))]  # fmt: skip
    path = link_town(tmp_path, rows)
    one = run_town(path, tmp_path / "one")
    two = run_town(path, tmp_path / "two", sizes=Sizes(slots=1, log_rows=16), batch=3)
    assert one.obligations.equals(two.obligations)
    assert one.payments.equals(two.payments)


DAY_TOWN = LINK_TOWN.replace(
    'quote_valid = "10 min"\n', 'quote_valid = "10 min"\nday_limit = "100 SGD"\nzone = "Asia/Singapore"\n'
).replace(
    'kind = "replay"\nfile = "payments.csv"\n',
    'kind = "retail"\nroute = "quick"\ndebtors = { Payer = 1 }\ncreditors = { Payee = 1 }\nper_day = 60\n'
    'customers = 3\namount = { median = "20 SGD", sigma = 0.8 }\n'
    'calendar = "SG"\nprofile = { 08 = 1, 15 = 1, 23 = 1 }\n',
)


def test_nobody_sends_more_than_the_limit_in_a_day(tmp_path: Path) -> None:
    """Each customer's settled payments of a Singapore day sum to 100 SGD at most; one that would fit isn't refused."""
    path = link_town(tmp_path, [], DAY_TOWN)
    run = run_town(path, tmp_path / "run", set=['accounts.FAST.Payer.opening="100000 SGD"',
                                                'accounts.RPP.Quick.opening="20000 MYR"'])  # fmt: skip
    rows = sorted(run.payments.to_pylist(), key=lambda row: row["initiated_at"])
    sent: dict[tuple[int, dt.date], int] = {}
    refused = 0
    for row in rows:
        begun = row["initiated_at"] + dt.timedelta(seconds=10)  # when it comes to its first rail
        key = row["customer"], (begun + dt.timedelta(hours=8)).date()
        fits = sent.get(key, 0) + row["amount_sent_minor"] <= 10_000
        assert row["status"] == ("SETTLED_GROSS" if fits else "REJECTED_DAY_LIMIT")
        if fits:
            sent[key] = sent.get(key, 0) + row["amount_sent_minor"]
        refused += not fits
    assert {row["customer"] for row in rows} == {0, 1, 2}
    assert refused > 20
    assert len({day for _, day in sent}) >= 2
    assert audit(run.path).ok


def test_what_was_reversed_may_be_sent_again(tmp_path: Path) -> None:
    """Quick has no ringgit: nothing of what its only customer sends ever counts."""
    path = link_town(tmp_path, [], DAY_TOWN)
    run = run_town(path, tmp_path / "run", set=["flows.day.customers=1", 'accounts.RPP.Quick.opening="0 MYR"',
                                                'accounts.FAST.Payer.opening="100000 SGD"'])  # fmt: skip
    small = [row["status"] for row in run.payments.to_pylist() if row["amount_sent_minor"] <= 10_000]
    assert set(small) == {"REJECTED_INSUFFICIENT_FUNDS"}
    assert audit(run.path).ok


SETTLED_TOWN = LINK_TOWN.replace(
    '[rails.FAST]\nkind = "instant"\ncurrency = "SGD"\n',
    BANK.format(name="Operator", kind="operator", country="SG")
    + '[rails.MEPS]\nkind = "rtgs"\ncurrency = "SGD"\ncalendar = "SG"\n\n[accounts.MEPS]\n'
    + "".join(f'{name} = {{ opening = "500.00 SGD" }}\n' for name in ("Payer", "Quick", "Slow", "Operator"))
    + '\n[rails.FAST]\nkind = "instant"\ncurrency = "SGD"\nsettle_on = "MEPS"\noperator = "Operator"\n'
    'settle_at = ["17:00", "18:00"]\n',
).replace('Slow = { opening = "0 SGD" }', 'Slow = { opening = "0 SGD" }\nOperator = { opening = "0 SGD" }')


@pytest.mark.parametrize(("latency", "status"), [("61 s", "REJECTED_TIME_LIMIT"), ("60 s", "SETTLED_GROSS")])
def test_what_a_link_may_still_reverse_is_in_nobodys_net_position(tmp_path: Path, latency: str, status: str) -> None:
    """At 17:00 in Singapore Quick's 4 SGD settle; of the 10 SGD that Slow holds nothing does, until 18:00."""
    rows = [("08:50:00", "4.00", "quick"), ("08:59:30", "10.00", "slow")]
    run = run_town(link_town(tmp_path, rows, SETTLED_TOWN), tmp_path / "run",
                   set=[f'routes.slow.hops.1.latency="{latency}"'])  # fmt: skip
    assert outcome(run, 1)[0] == status
    moved = [row["amount_minor"] for row in run.events.to_pylist() if row["event"] == "settlement"]
    assert moved == ([400] if status == "REJECTED_TIME_LIMIT" else [400, 1000])
    assert closing(run)["FAST.Payer"] == 100_000
    assert audit(run.path).ok
