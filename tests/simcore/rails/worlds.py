"""A generated town for each rail kind: few banks, small amounts, few instants, so that ties and exact fits are common.

Each function takes a source of chance and gives a scenario and its payments; ``WORLDS`` has one for every kind that the
scan of ``simcore/rails`` finds. What a kind's parameters offer is drawn as well: hours, queues, cycles, who is short.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.simcore.engine.towns import BANK, HEAD, town

ENGINE = Path(__file__).parents[1] / "engine"
HEADER = "reference,initiated_at,debtor,creditor,amount,currency,route,priority\n"
# Thursday to Monday; the make-up Saturday before Spring Festival; an ordinary Tuesday.
STARTS = (("2026-03-05", 5), ("2026-02-13", 5), ("2026-03-03", 2))
HOURS = (
    '[{ open = "09:00", close = "17:00" }]',
    '[{ open = "09:00", close = "12:00" }, { open = "13:00", cut_off = "16:00", close = "17:00" }]',
)
FLOW = '\n[flows.all]\nkind = "replay"\nfile = "payments.csv"\n'


def head(choose: Random) -> tuple[str, list[str]]:
    """The first table and the days of a scenario."""
    start, days = choose.choice(STARTS)
    text = HEAD.format(days=days).replace("2026-03-02", start)
    year_month, first = start[:8], int(start[8:])
    return text, [f"{year_month}{first + k:02d}" for k in range(days)]


def banks(names: str, country: str, kind: str = "commercial_bank") -> str:
    return "".join(BANK.format(name=name, kind=kind, country=country) for name in names.split())


def accounts(rail: str, currency: str, rows: dict[str, str]) -> str:
    return f"\n[accounts.{rail}]\n" + "".join(f"{name} = {{ {terms} }}\n" for name, terms in rows.items())


def opening(choose: Random, currency: str, most: int = 60) -> str:
    """What an account opens with, small against what is paid; a third may be overdrawn."""
    terms = f'opening = "{choose.randint(0, most)} {currency}"'
    return terms + (f', debit_limit = "{choose.randint(1, 30)} {currency}"' if choose.random() < 0.33 else "")


def issuer(currency: str) -> str:
    return f'opening = "0 {currency}", debit_limit = "unlimited"'


def payments(
    choose: Random, days: list[str], people: str, routes: dict[str, str], zone: str, count: int = 40, most: int = 30
) -> str:
    """Rows among the people; ``routes``: route → currency. Instants a quarter of an hour apart, also out of hours."""
    rows = []
    for _ in range(count):
        debtor, creditor = choose.sample(people.split(), 2)
        route = choose.choice(sorted(routes))
        at = f"{choose.choice(days)}T{choose.randint(8, 17):02d}:{choose.choice(('00', '15', '30', '45'))}:00{zone}"
        amount, priority = choose.randint(1, most), choose.randint(0, 5)
        rows.append((at, f"{debtor},{creditor},{amount},{routes[route]},{route},{priority}\n"))
    return "".join(f"P{k},{at},{rest}" for k, (at, rest) in enumerate(sorted(rows)))


def rtgs(choose: Random, folder: Path) -> Path:
    """Four banks on one RTGS: any queue, mechanism, split, batch and end of the day."""
    text, days = head(choose)
    queue = choose.choice(("fifo", "priority", "bypass"))
    more = [f'queue = "{queue}"', f'when_closed = "{choose.choice(("wait", "reject", "return"))}"']
    end = choose.choice(("return", "roll_over", "force"))
    more += [f'end_of_day = "{end}"'] + (['lender = "CB"'] if end == "force" else [])
    if queue == "priority" and choose.random() < 0.5:
        more.append("bypass_above = 2")
    more += choose.choice(
        (
            [],
            ['mechanisms = [{ use = "gridlock_resolution", every = "30 min" }]'],
            ['batches = { every = "1 h", below = "8 CNY" }'] if end != "force" else [],
            ['split_every = "1 h"', 'split_least = "2 CNY"'],
        )
    )
    text += banks("A B C D", "CN") + banks("CB", "CN", "central_bank")
    text += f'\n[rails.R]\nkind = "rtgs"\ncurrency = "CNY"\ncalendar = "CN"\nsessions = {choose.choice(HOURS)}\n'
    text += (
        "\n".join(more)
        + "\n"
        + accounts("R", "CNY", {n: opening(choose, "CNY") for n in "ABCD"} | {"CB": issuer("CNY")})
    )
    text += '\n[routes.r]\nhops = [{ rail = "R", from = "debtor", to = "creditor" }]\n' + FLOW
    return town(folder, text, payments(choose, days, "A B C D", {"r": "CNY"}, "+08:00"), HEADER)


def books(choose: Random, folder: Path) -> Path:
    """A chain over the books of two correspondents in two countries, with fees, holds and rejects on the way."""
    text, days = head(choose)
    text += banks("A B C", "CN") + banks("ONE", "CN", "correspondent") + banks("TWO", "SG", "correspondent")
    for rail, bank, calendar in (("BOOKS-1", "ONE", "CN"), ("BOOKS-2", "TWO", "SG")):
        text += f'\n[rails.{rail}]\nkind = "books"\ncurrency = "USD"\ncalendar = "{calendar}"\n'
        text += f'sessions = {choose.choice(HOURS)}\nqueue = "{choose.choice(("fifo", "bypass"))}"\n'
        other = {"TWO": opening(choose, "USD")} if bank == "ONE" else {}
        text += accounts(rail, "USD", {n: opening(choose, "USD") for n in "ABC"} | {bank: issuer("USD")} | other)
    screening = 'screening = { hold_share = "20 %", hold = { exponential = { mean = "1 h" } }, reject_share = "10 %" }'
    text += f"""
[routes.chain]
charges = "SHA"
hops = [
  {{ rail = "BOOKS-1", from = "debtor", to = "TWO", latency = "15 min", fee = {{ fixed = "1 USD" }} }},
  {{ rail = "BOOKS-2", from = "TWO", to = "creditor", latency = {{ exponential = {{ mean = "1 h" }} }}, {screening} }},
]

[routes.same]
hops = [{{ rail = "BOOKS-2", from = "debtor", to = "creditor" }}]
"""
    rows = payments(choose, days, "A B C", {"chain": "USD", "same": "USD"}, "+08:00")
    return town(folder, text + FLOW, rows, HEADER)


def cips(choose: Random, folder: Path) -> Path:
    """Banks that fill CIPS from HVPS, one of them through a custodian; day and night sessions, batches or none."""
    text, days = head(choose)
    text += banks("A B C", "CN") + banks("F", "SG") + banks("OP", "CN", "operator")
    text += """
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
operator = "OP"
funding_rail = "HVPS"
sessions = [
  { open = "08:30", close = "17:00", days = "not_after_closed" },
  { open = "04:30", close = "17:00", days = "after_closed" },
  { open = "17:00", close = "08:00+1" },
]
"""
    text += f'queue = "{choose.choice(("fifo", "bypass"))}"\nend_of_day = "{choose.choice(("return", "roll_over"))}"\n'
    text += choose.choice(("", "", 'batches = { every = "2 h", below = "10 CNY" }\n'))
    text += choose.choice(("", 'fund_every = "90 min"\n', 'fund_at = ["10:00", "21:00"]\n'))
    text += accounts("HVPS", "CNY", {n: opening(choose, "CNY", 120) for n in "ABC"} | {"OP": 'opening = "0 CNY"'})
    own = {n: f'opening = "0 CNY", funding = "{choose.randint(0, 40)} CNY"' for n in "ABC"}
    own["F"] = f'opening = "0 CNY", funding = "{choose.randint(0, 40)} CNY", funded_by = "A"'
    text += accounts("CIPS", "CNY", own | {"OP": issuer("CNY")})
    text += '\n[routes.r]\nhops = [{ rail = "CIPS", from = "debtor", to = "creditor" }]\n' + FLOW
    return town(folder, text, payments(choose, days, "A B C F", {"r": "CNY"}, "+08:00"), HEADER)


def deferred_net(choose: Random, folder: Path) -> Path:
    """Cycles of a clearing whose participants have collateral, with any rule for a net debtor who is short."""
    text, days = head(choose)
    rule = choose.choice(("wait", "unwind", "partial_unwind", "loss_sharing", "clearing_vector"))
    text += banks("A B C D", "SG")
    text += f"""
[rails.NET]
kind = "deferred_net"
currency = "SGD"
calendar = "SG"
sessions = {choose.choice(HOURS)}
cycle_at = ["10:00", "14:30"]
when_short = "{rule}"
when_closed = "{choose.choice(("wait", "reject", "return"))}"
end_of_day = "{choose.choice(("return", "roll_over"))}"
"""
    pledged = ', reserved = "{} SGD"' if rule == "loss_sharing" else ""
    rows = {}
    for name in "ABCD":
        has = choose.randint(5, 60)
        rows[name] = f'opening = "{has} SGD"' + pledged.format(choose.randint(1, has) if pledged else "")
    text += accounts("NET", "SGD", rows)
    text += '\n[routes.r]\nhops = [{ rail = "NET", from = "debtor", to = "creditor" }]\n' + FLOW
    return town(folder, text, payments(choose, days, "A B C D", {"r": "SGD"}, "+08:00"), HEADER)


def instant(choose: Random, folder: Path) -> Path:
    """Prefunded positions that settle on an RTGS, through their own accounts there."""
    text, days = head(choose)
    text += banks("A B C", "SG") + banks("OP", "SG", "operator")
    text += f"""
[rails.RTGS]
kind = "rtgs"
currency = "SGD"
calendar = "SG"
sessions = {choose.choice(HOURS)}

[rails.FAST]
kind = "instant"
currency = "SGD"
settle_on = "RTGS"
operator = "OP"
settle_at = ["09:30", "15:00"]
when_short = "{choose.choice(("wait", "share", "operator_pays"))}"
"""
    rich = {n: f'opening = "{choose.randint(0, 80)} SGD"' for n in "ABC"}
    text += accounts("RTGS", "SGD", rich | {"OP": f'opening = "{choose.randint(0, 20)} SGD"'})
    text += accounts("FAST", "SGD", {n: opening(choose, "SGD") for n in "ABC"} | {"OP": issuer("SGD")})
    text += '\n[routes.r]\nhops = [{ rail = "FAST", from = "debtor", to = "creditor" }]\n'
    text += '\n[routes.g]\nhops = [{ rail = "RTGS", from = "debtor", to = "creditor" }]\n' + FLOW
    return town(folder, text, payments(choose, days, "A B C", {"r": "SGD", "g": "SGD"}, "+08:00"), HEADER)


def ledger(choose: Random, folder: Path) -> Path:
    """Two currencies on one ledger: payments in one, and both ways through a dealer; blocks that may be too small."""
    text = (ENGINE / "two-countries.toml").read_text(encoding="utf-8")
    more = f'when_short = "{choose.choice(("wait", "reject"))}"\ncapacity = {choose.choice((1, 3, 1000))}\n'
    more += f"gridlock = {choose.choice(('true', 'false'))}\n"
    for rail, currency in (("CN", "CNY"), ("TH", "THB")):
        redeem = choose.choice(("none", "foreign", "all"))
        own = more + f'redeem = "{redeem}"\n' + choose.choice(("", f'balance_limit = "2000 {currency}"\n'))
        text = text.replace(f'domestic_rail = "RTGS-{rail}"\n', f'domestic_rail = "RTGS-{rail}"\n{own}')
    text = text.replace('CNB = { opening = "0 THB", funded_by = "THB" }',
                        'CNB = { opening = "0 THB", funding = "50 THB", funded_by = "THB" }')  # fmt: skip
    days, rows = ["2026-03-02", "2026-03-03"], []
    for _ in range(40):
        route = choose.choice(("pvp", "pvp-back", "cny"))
        debtor, creditor, currency = {
            "pvp": ("CNB", "THB", "CNY"), "pvp-back": ("THB", "CNB", "THB"), "cny": ("CNB", "FX", "CNY"),
        }[route]  # fmt: skip
        if route == "cny" and choose.random() < 0.5:
            debtor, creditor = creditor, debtor
        clock = f"{choose.randint(0, 23):02d}:{choose.choice(('00', '30'))}:{choose.choice(('00', '03'))}"
        at = f"{choose.choice(days)}T{clock}"
        rows.append((at, f"{debtor},{creditor},{choose.randint(1, 150)},{currency},{route},5\n"))
    table = "".join(f"P{k},{at}+08:00,{rest}" for k, (at, rest) in enumerate(sorted(rows)))
    return town(folder, text, table, HEADER)


def cls(choose: Random, folder: Path) -> Path:
    """A day of matched trades among three members, with limits in each currency and pay-ins that may fail."""
    text = (ENGINE / "cls.toml").read_text(encoding="utf-8")
    text = text.replace('B = { opening = "1000 EUR" }', f'B = {{ opening = "{choose.randint(0, 300)} EUR" }}')
    if choose.random() < 0.5:
        text = text.replace('liquidity_provider = "LP"\n', "")
    routes = {"USD-EUR": "USD", "EUR-USD": "EUR", "USD-JPY": "USD", "JPY-USD": "JPY"}
    rows = []
    for k in range(30):
        debtor, creditor = choose.sample("ABC", 2)
        route = choose.choice(sorted(routes))
        amount = choose.randint(1, 300) * {"USD": 2, "EUR": 1, "JPY": 200}[routes[route]]
        rows.append(f"P{k},2026-03-02T00:{k:02d}:00Z,{debtor},{creditor},{amount},{routes[route]},{route},5\n")
    rows.append("P30,2026-03-02T01:30:00Z,A,C,100,USD,on-fedwire,5\n")
    return town(folder, text, "".join(rows), HEADER)


WORLDS: dict[str, Callable[[Random, Path], Path]] = {
    "books": books,
    "cips": cips,
    "cls": cls,
    "deferred_net": deferred_net,
    "instant": instant,
    "ledger": ledger,
    "rtgs": rtgs,
}
