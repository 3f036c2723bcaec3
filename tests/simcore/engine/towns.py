"""Small scenarios for tests of whole runs: each a TOML text that a reader can take in at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scenarios.loader import load
from simcore.api import perform_loaded
from simcore.engine.conductor import Sizes
from simcore.results.opened import Run, open_run

HEAD = """
[scenario]
name = "town"
title = "A town for tests"
start = 2026-03-02
days = {days}
seed = 65
base_currency = "CNY"
"""
BANK = """
[participants.{name}]
name = "{name}"
kind = "{kind}"
country = "{country}"
"""

CIPS_TOWN = (
    HEAD.format(days=5)
    + "".join(BANK.format(name=name, kind="commercial_bank", country="CN") for name in ("East", "West"))
    + BANK.format(name="CIPS-Co", kind="operator", country="CN")
    + """
[rails.HVPS]
kind = "rtgs"
currency = "CNY"
calendar = "CN"
sessions = [
  { open = "20:30-1", close = "17:15" },
  { open = "20:30-1", close = "08:30", days = "first_closed", only = "funding" },
]

[rails.CIPS]
kind = "cips"
currency = "CNY"
calendar = "CN"
operator = "CIPS-Co"
funding_rail = "HVPS"
sessions = [{ open = "08:30", close = "17:00" }, { open = "17:00", close = "08:00+1" }]

[accounts.HVPS]
East = { opening = "10 mn CNY", reserved = "1 mn CNY" }
West = { opening = "1 mn CNY" }
CIPS-Co = { opening = "0 CNY" }

[accounts.CIPS]
East = { opening = "0 CNY", funding = "4 mn CNY" }
West = { opening = "0 CNY", funding = "2 mn CNY" }
CIPS-Co = { opening = "0 CNY", debit_limit = "unlimited" }

[routes.cips]
hops = [{ rail = "CIPS", from = "debtor", to = "creditor", latency = "30 s" }]

[flows.day]
kind = "replay"
file = "payments.csv"
route = "cips"
"""
)

FX_TOWN = (
    HEAD.format(days=2)
    + "".join(
        BANK.format(name=name, kind=kind, country=country)
        for name, kind, country in (
            ("Payer", "commercial_bank", "CN"),
            ("Dealer", "dealer", "CN"),
            ("Payee", "commercial_bank", "SG"),
        )
    )
    + """
[rails.HVPS]
kind = "rtgs"
currency = "CNY"
calendar = "CN"
sessions = [{ open = "08:30", close = "17:15" }]

[rails.MEPS]
kind = "rtgs"
currency = "SGD"
calendar = "SG"
sessions = [{ open = "09:00", close = "18:30" }]

[accounts.HVPS]
Payer = { opening = "10 mn CNY" }
Dealer = { opening = "0 CNY" }

[accounts.MEPS]
Dealer = { opening = "10000.00 SGD" }
Payee = { opening = "0 SGD" }

[routes.fx]
hops = [
  { rail = "HVPS", from = "debtor", to = "Dealer" },
  { rail = "MEPS", from = "Dealer", to = "creditor", latency = { uniform = { low = "1 min", high = "3 min" } } },
]

[fx.pairs."SGD/CNY"]
source = "constant"
rate = 5.4
half_spread = "10 bp"

[fx.dealers.Dealer]
pairs = ["SGD/CNY"]

[flows.day]
kind = "replay"
file = "payments.csv"
route = "fx"
"""
)

# Two ways from A to B: a rail that is open from 09:00 to 17:00 in Beijing and costs nothing, and books that are always
# open, take 2 hours and cost 50 and 0.1 %.
TWO_WAYS = (
    HEAD.format(days=2)
    + "".join(BANK.format(name=name, kind="commercial_bank", country="CN") for name in ("A", "B", "Mid"))
    + """
[rails.RTGS]
kind = "rtgs"
currency = "CNY"
calendar = "CN"
sessions = [{ open = "09:00", close = "17:00" }]

[rails.BOOKS]
kind = "books"
currency = "CNY"

[accounts.RTGS]
A = { opening = "100 mn CNY" }
B = { opening = "0 CNY" }

[accounts.BOOKS]
A = { opening = "100 mn CNY" }
B = { opening = "0 CNY" }
Mid = { opening = "0 CNY", debit_limit = "unlimited" }

[routes.rtgs]
hops = [{ rail = "RTGS", from = "debtor", to = "creditor" }]

[routes.books]
hops = [
  { rail = "BOOKS", from = "debtor", to = "Mid", fee = { fixed = "50 CNY", share = "10 bp" } },
  { rail = "BOOKS", from = "Mid", to = "creditor", latency = { lognormal = { median = "2 h", sigma = 0.5 } } },
]

[corridors.two]
debtor_country = "CN"
creditor_country = "CN"
routes = { rtgs = "50 %", books = "50 %" }
CHOICE
"""
)

NET_TOWN = (
    HEAD.format(days=1)
    + "".join(BANK.format(name=name, kind="commercial_bank", country="SG") for name in ("A", "B", "C"))
    + """
[rails.NET]
kind = "deferred_net"
currency = "SGD"
calendar = "SG"
sessions = [{ open = "09:00", cut_off = "16:00", close = "17:00" }]
cycle_every = "2 h"
when_closed = "return"

[accounts.NET]
A = { opening = "100 SGD" }
B = { opening = "100 SGD" }
C = { opening = "100 SGD" }

[routes.net]
hops = [{ rail = "NET", from = "debtor", to = "creditor" }]

[flows.day]
kind = "replay"
file = "payments.csv"
route = "net"
"""
)

RING_TOWN = (
    HEAD.format(days=1)
    + "".join(BANK.format(name=name, kind="commercial_bank", country="SG") for name in ("A", "B", "C"))
    + """
[rails.RTGS]
kind = "rtgs"
currency = "SGD"
calendar = "SG"
sessions = [{ open = "09:00", close = "17:00" }]
mechanisms = [{ use = "gridlock_resolution", every = "30 min", times = ["09:40"] }]

[accounts.RTGS]
A = { opening = "100 SGD" }
B = { opening = "50 SGD" }
C = { opening = "20 SGD" }

[routes.direct]
hops = [{ rail = "RTGS", from = "debtor", to = "creditor" }]

[flows.day]
kind = "replay"
file = "payments.csv"
route = "direct"
"""
)

HEADER = "reference,initiated_at,debtor,creditor,amount,currency\n"
ROUTED = "reference,initiated_at,debtor,creditor,amount,currency,route\n"


def town(folder: Path, text: str, payments: str, header: str = HEADER) -> Path:
    """Write a scenario and its payments; the path of the scenario."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "payments.csv").write_text(header + payments, encoding="utf-8")
    path = folder / "scenario.toml"
    path.write_text(text, encoding="utf-8")
    return path


def routed_town(folder: Path, text: str, table: str) -> Path:
    """Write a scenario and payments ``time debtor creditor amount currency route``, one a line.

    Times are UTC, of Monday 2 March 2026 where no day is given; references are P0, P1 and so on.
    """
    payments = "".join(
        f"P{k},{'' if 'T' in at else '2026-03-02T'}{at}Z,{debtor},{creditor},{amount},{currency},{route}\n"
        for k, (at, debtor, creditor, amount, currency, route) in enumerate(
            line.split() for line in table.strip().splitlines()
        )
    )
    return town(folder, text, payments, ROUTED)


def run_town(
    scenario: Path, out: Path, *, sizes: Sizes | None = None, set: Sequence[str] = (), **options: Any
) -> Run:  # fmt: skip
    """Run it and open the result."""
    performed = perform_loaded(load(scenario, set=set), str(scenario), out, sizes=sizes, **options)
    return open_run(performed.path)


__all__ = ["CIPS_TOWN", "FX_TOWN", "NET_TOWN", "RING_TOWN", "TWO_WAYS", "routed_town", "run_town", "town"]
