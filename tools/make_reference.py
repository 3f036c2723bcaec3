"""Write docs/reference/ from the code: keys of a scenario file, mechanisms, columns of the tables, fault codes.

    python tools/make_reference.py            write the five pages
    python tools/make_reference.py --check    say which of them are stale, exit 1 if any

The words are the docstrings of `simcore.model`, `simcore.rails`, `simcore.lsm`, `simcore.results.schema` and the texts
of `simcore.codes`; mend them there and run this again.
"""

from __future__ import annotations

import datetime as dt
import inspect
import re
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from scenarios.fields import docstrings, name_of_key  # noqa: E402
from scenarios.resolve import decimal_text  # noqa: E402
from simcore import market, model, registry, retail  # noqa: E402
from simcore.calendar import ClockTime, Session  # noqa: E402
from simcore.codes import CODES  # noqa: E402
from simcore.model import Unit  # noqa: E402
from simcore.rails import credit  # noqa: E402
from simcore.results import schema  # noqa: E402
from simcore.units import Money, format_amount, format_clock, format_duration  # noqa: E402

FOLDER = ROOT / "docs" / "reference"
MADE = "<!-- Made by tools/make_reference.py from the code; don't edit here. -->\n"
UNITS = {"duration": "duration", "bp": "basis points", "share": "share"}
PLAIN = {str: "text", int: "whole number", float: "number", Decimal: "number", bool: "true or false", dt.date: "date",
         Money: "amount", ClockTime: "clock time", Any: "table"}  # fmt: skip
# Tables of the file, in the order they are read in; with the header they stand under.
SECTIONS: tuple[tuple[str, type], ...] = (
    ("[scenario]", model.Info),
    ("[participants.ID]", model.Participant),
    ("[accounts.RAIL.PARTICIPANT]", model.Account),
    ("[routes.ID]", model.Route),
    ("intraday_credit = { … } of an RTGS", credit.IntradayCredit),
    ("hops = [{ … }]", model.Hop),
    ("refunds = { … }", model.Refunds),
    ("proxy = { … }", model.ProxyLookup),
    ("latency = { … }", model.Latency),
    ("lognormal = { … }", model.Lognormal),
    ("exponential = { … }", model.Exponential),
    ("uniform = { … }", model.Uniform),
    ("[corridors.ID]", model.Corridor),
    ("[instant_links.ID]", model.InstantLink),
    ('[flows.ID], kind = "trade"', model.TradeFlow),
    ('[flows.ID], kind = "retail"', model.RetailFlow),
    ("amount = { … }", model.LognormalAmount),
    ('[flows.ID], kind = "replay"', model.ReplayFlow),
    ('[fx.pairs."SOURCE/TARGET"]', model.Pair),
    ("spread_by_volatility = { … }", market.VolatilitySpread),
    ("spread_by_size = [{ … }]", market.SizeSpread),
    ('[fx.paths.ID], kind = "gbm"', market.Gbm),
    ('pairs = { "SOURCE/TARGET" = { … } }', market.GbmPair),
    ("jumps = { … }", market.Jumps),
    ('[fx.paths.ID], kind = "block_bootstrap"', market.BlockBootstrap),
    ("[fx.hours.ID]", market.MarketHours),
    ("sessions = [{ … }] of market hours", market.MarketSession),
    ("[fx.dealers.PARTICIPANT]", model.Dealer),
    ("position = { … }", market.Position),
    ("refills = [{ … }]", market.Refill),
    ("[wallets.ID]", retail.Wallets),
    ("[wallets.ID.classes.NAME]", retail.WalletClass),
    ("[wallets.ID.operators.PARTICIPANT]", retail.WalletOperator),
    ("[wallets.ID.holders.NAME]", retail.WalletHolders),
    ("[wallets.ID.flows.NAME]", retail.WalletFlow),
    ("[outages.ID]", model.Outage),
    ("times = [{ … }] of outages", model.OutageTime),
    ("[results]", model.Results),
    ('[sources."KEY.PATH"]', model.Source),
)
KINDS = {
    "id": "dictionary&lt;int32, string&gt;", "text": "string", "minor": "int64", "count": "int64", "small": "int8",
    "time": "timestamp[us, UTC]", "day": "date32",
}  # fmt: skip
# How a payment or an obligation ends; every status of the schema must have its line.
STATUSES = {
    "SETTLED_GROSS": "settled alone, on arrival or from the queue",
    "SETTLED_OFFSET": "settled in a set by an offsetting mechanism",
    "SETTLED_NET": "settled in a netting cycle",
    "QUEUED_AT_END": "still queued for want of funds when the run ended",
    "WAITING_AT_END": "arrived at a closed rail and still waiting for its opening when the run ended",
    "COLLECTED_AT_END": "collected for a cycle that didn't settle it before the run ended",
    "IN_TRANSIT_AT_END": "between two hops, or kept by a participant that was out, when the run ended",
    "RETURNED_LOCK_ENDED": "its hash time locks ended before both legs were claimed: what was locked went back",
    "CLAIMED_LATE": "the first leg was claimed, the second went back to its dealer: its payee claimed too late",
    "HELD_AT_END": "held by a link until both its legs can settle, when the run ended",
    "RETURN_PENDING_AT_END": "failed on a later hop, and its way back not yet done when the run ended",
    "REJECTED_INSUFFICIENT_FUNDS": "refused by a rail without a queue: the account couldn't pay",
    "REJECTED_CLOSED": 'refused by a closed rail (`when_closed = "reject"`)',
    "REJECTED_SCREENING": "rejected by compliance screening when it reached its rail",
    "REJECTED_TIME_LIMIT": "not credited within the time limit of its link, and reversed",
    "REJECTED_QUOTE": "its provider gave no quote, or the one it gave had expired before the first rail",
    "REJECTED_DAY_LIMIT": "its customer would have sent more than a link takes in a day",
    "REJECTED_PROXY": "the alias of its payee led to nobody",
    "REJECTED_LIMIT": "refused for its amount: outside the bounds of a rail, or above a limit of a shared ledger",
    "RETURNED_CUT_OFF": 'still queued at the end of the rail\'s day and returned (`end_of_day = "return"`)',
    "RETURNED_CLOSED": 'returned by a closed rail (`when_closed = "return"`)',
    "RETURNED_DEFAULT": "returned because its debtor was in default; its creditor got a share, a row of kind recovery",
    "RETURNED_UNWOUND": "returned because a net debtor of its cycle was short and the cycle was unwound",
    "RETURNED_ZERO_AMOUNT": "returned because conversion left less than one minor unit",
}

WALLET_STATUSES = {
    "SETTLED": "the money has moved",
    "OFFLINE_AT_END": "made offline and not yet posted when the run ended",
    "REJECTED_INSUFFICIENT_FUNDS": "more than the wallet holds, and no bank account could fill it",
    "REJECTED_PAYMENT_LIMIT": "more than the payer's class may pay at once",
    "REJECTED_DAY_LIMIT": "more than the payer's class may pay from midnight to midnight where the holder lives",
    "REJECTED_BALANCE_LIMIT": "more than the wallet it goes to may hold, and no bank account to sweep the rest to",
    "REJECTED_OFFLINE_LIMIT": "refused by the payer's device: more than it may pay offline before posting",
    "REJECTED_DOUBLE_SPEND": "made offline, and spent otherwise before it was posted; the payee bears it",
    "REJECTED_BANK_RESERVE": "cash regime: the bank had too little money of the central bank for the top-up",
}


def type_words(hint: Any) -> str:
    """What a key holds, as a reader of the page would say it."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        unit = next((note.kind for note in inner[1:] if isinstance(note, Unit)), "")
        return UNITS.get(unit) or type_words(inner[0])
    if origin is Literal:
        return " or ".join(f'`"{choice}"`' for choice in inner)
    if origin in (Union, types.UnionType):
        return " or ".join(type_words(option) for option in inner if option is not type(None))
    if origin is dict:
        return f"table: name → {type_words(inner[1])}"
    if origin is tuple:
        return f"array of {type_words(inner[0])}"
    if is_dataclass(hint) and hint not in PLAIN:
        return f"[{hint.__name__}](#{hint.__name__.lower()})"
    return PLAIN.get(hint, "table")


def written(value: Any, hint: Any) -> str:
    """A default as a scenario file would write it."""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, Money):
        return f'`"{format_amount(value)}"`'
    if isinstance(value, ClockTime):
        return f'`"{format_clock(value)}"`'
    if isinstance(value, str):
        return f'`"{value}"`' if value else "empty"
    if isinstance(value, Decimal):
        return f"`{decimal_text(value)}`"
    if isinstance(value, int) and "duration" in type_words(hint):
        return f'`"{format_duration(value)}"`'
    if value is None or value in ((), {}):
        return "none"
    return f"`{value}`"


def default_of(item: Field[Any], hint: Any) -> str:
    """The default column: empty for a key that must be given."""
    if item.default is not MISSING:
        return written(item.default, hint)
    if item.default_factory is not MISSING:
        return "none" if not is_dataclass(item.default_factory) else "its defaults"
    return "**needed**"


def table_of(cls: type, leave_out: tuple[str, ...] = ()) -> Iterator[str]:
    """The keys of one class as lines of a Markdown table."""
    hints, notes = get_type_hints(cls, include_extras=True), docstrings(cls)
    yield "| key | holds | default | |"
    yield "|---|---|---|---|"
    for item in fields(cls):
        key = name_of_key(item)
        if key not in leave_out:
            note = notes.get(item.name, "").replace("|", "\\|")
            yield f"| `{key}` | {type_words(hints[item.name])} | {default_of(item, hints[item.name])} | {note} |"
    yield ""


def summary(cls: type) -> str:
    """The docstring of a class as Markdown; what dataclasses make up by themselves is no docstring."""
    text = inspect.cleandoc(cls.__doc__ or "")
    if text.startswith(f"{cls.__name__}("):
        return ""
    return re.sub(r":\w+:`~?([^`]*)`", r"`\1`", text).replace("``", "`")


def scenario_page() -> str:
    """docs/reference/scenario.md"""
    from simcore.rails.base import RailBase

    lines = [
        MADE,
        "# Keys of a scenario file",
        "",
        "A scenario is a TOML file. Amounts, durations, clock times, basis points and shares are text with a unit, as "
        "[the guide](../guide.md#units) says. Unknown keys are refused. Beside the tables below, a file may have "
        '`extends = "FILE or catalogue entry"` and `remove = ["key.path", …]`; `[accounts]` may have '
        '`file = "accounts.csv"`.',
        "",
        "`luhai schema` writes the same as a JSON Schema with which an editor completes keys.",
        "",
    ]
    for header, cls in SECTIONS:
        lines += [f'<a id="{cls.__name__.lower()}"></a>', "", f"## `{header}`", "", summary(cls), "", *table_of(cls)]
        if cls is model.Account:
            lines += [*_rails(RailBase)]
        if cls is model.Corridor:
            lines += [*_pvp()]
    return "\n".join(lines).rstrip() + "\n"


def _pvp() -> Iterator[str]:
    for kind, cls in registry.pvp().entries().items():
        yield from (f'## `[pvp.ID]`, `kind = "{kind}"`', "", summary(cls), "")
        yield from table_of(cls)


def _rails(base: type) -> Iterator[str]:
    yield from ("## `[rails.ID]`", "", "Every kind of rail has these keys; a kind adds its own.", "")
    yield from table_of(base)
    common = tuple(name_of_key(item) for item in fields(base))
    for kind, cls in registry.rails().entries().items():
        yield from (f'### `kind = "{kind}"`', "", f"{summary(cls)} Discipline: `{cls.discipline}`.", "")
        changed = {item.name for item in fields(cls) if item.name in common and item.default != _default(base, item)}
        same = tuple(name for name in common if name not in changed or name == "kind")
        if any(name_of_key(item) not in same for item in fields(cls)):
            yield from table_of(cls, same)
    yield from ('<a id="session"></a>', "", "## `sessions = [{ … }]`", "", summary(Session), "")
    yield from table_of(Session)


def _default(base: type, item: Field[Any]) -> Any:
    return next(each.default for each in fields(base) if each.name == item.name)


def mechanisms_page() -> str:
    """docs/reference/mechanisms.md"""
    from simcore.lsm import REGISTRY
    from simcore.lsm.base import Mechanism

    entries = REGISTRY.entries()
    groups = (
        ("Mechanisms: what settles", [name for name, cls in entries.items() if issubclass(cls, Mechanism)]),
        ("Clearing: what is cancelled", [name for name, cls in entries.items() if not issubclass(cls, Mechanism)]),
    )
    lines = [
        MADE,
        "# Mechanisms",
        "",
        "Every registered netting and liquidity-saving algorithm. Mechanisms choose what settles from a queue, in sets "
        'that leave nobody short; a rail runs them (`mechanisms = [{ use = "NAME", every = "5 min" }]`), and so does '
        "`luhai net`. Clearing cancels obligations against each other and moves no funds; only `luhai net` runs it. "
        "`luhai bench netting` compares them all; [a new mechanism](../new_mechanism.md) is one file.",
        "",
    ]
    for title, names in groups:
        lines += [f"## {title}", ""]
        for name in names:
            lines += _mechanism(name, entries[name])
    return "\n".join(lines).rstrip() + "\n"


def _mechanism(name: str, cls: Any) -> Iterator[str]:
    from simcore.net_parameters import parameters

    # Formulas are indented in docstrings, which is code in Markdown too.
    yield from (f"### `{name}`", "", summary(cls), "", f"Source: {cls.source}.", "")
    if (keeps := getattr(cls, "keeps_order", None)) is not None:
        # Where it does, the class says False and its instances may say otherwise.
        depends = hasattr(cls, "__post_init__") and '"keeps_order"' in inspect.getsource(cls.__post_init__)
        yield f"Keeps each debtor's order: {'yes' if keeps else 'depends on the parameters' if depends else 'no'}."
        yield ""
    if found := parameters(cls):
        yield from ("| parameter | holds | default | |", "|---|---|---|---|")
        for each in found:
            default = "none" if each.default in (None, (), "") else f"`{each.default!s}`"
            if isinstance(each.default, bool):
                default = f"`{str(each.default).lower()}`"
            text = each.text.replace("``", "`").replace("|", "\\|")
            yield f"| `{each.name}` | {type_words(each.kind)} | {default} | {text} |"
        yield ""


def tables_page() -> str:
    """docs/reference/tables.md"""
    lines = [
        MADE,
        "# Tables of a run",
        "",
        f"Schema version {schema.SCHEMA_VERSION}. Each table is an Arrow IPC file, `NAME.arrow`, in the run directory; "
        "unit and meaning are also in each field's metadata. Amounts are int64 minor units, times int64 microseconds "
        "UTC. A column without *null* always has a value.",
        "",
    ]
    for name in schema.ALL_TABLES:
        if name == next(iter(schema.WALLET_TABLES)):
            lines += ["The tables from here on are written where the scenario has wallets.", ""]
        lines += [f"## {name}", "", "| column | type | unit | meaning |", "|---|---|---|---|"]
        for column in schema.columns_of(name, True):
            kind = KINDS[column.kind] + (", *null*" if column.nullable else "")
            lines.append(f"| `{column.name}` | {kind} | {column.unit} | {column.meaning} |")
        lines.append("")
    lines += ["## Statuses", "", "Worded as the rule that decided.", "", "| status | |", "|---|---|"]
    lines += [f"| `{status}` | {STATUSES[status]} |" for status in schema.STATUSES.values()]
    lines += ["", "## Statuses of wallet payments", "", "| status | |", "|---|---|"]
    lines += [f"| `{status}` | {WALLET_STATUSES[status]} |" for status in schema.WALLET_STATUSES.values()]
    lines += ["", "## The run document", "", RUN_DOCUMENT]
    return "\n".join(lines).rstrip() + "\n"


def measures_page() -> str:
    """docs/reference/measures.md"""
    from analysis.measure_list import GROUPS, MEASURES

    lines = [
        MADE,
        "# Measures of a run",
        "",
        "`measure(open_tables(RUN), names, by=…)` of `analysis.measures` gives them as one long table: measure, group, "
        "currency, value, unit, exact. They come from the Arrow tables alone. Sums are exact integers; amounts of "
        "different currencies are never added, so every row belongs to one currency.",
        "",
    ]
    for family, groups in GROUPS.items():
        lines += [f"## From {FAMILIES[family]}", "", f"Cut by {', '.join(f'`{each}`' for each in groups)}.", ""]
        lines += ["| measure | unit | definition | source |", "|---|---|---|---|"]
        for name, each in MEASURES.items():
            if each.family == family:
                definition = each.definition.replace("|", "\\|")
                lines.append(f"| `{name}` | {each.unit} | {definition} | {each.source} |")
        lines.append("")
    lines += [
        "A participant is the debtor, for `principal_at_risk` that of the leg paid, for locks who locks, for days of "
        "the kind CLS and outside legs the member that pays or has to, whoever pays for it, for crediting the "
        "creditor. Days and hours are those of initiation in UTC; for accounts and bounds the day is the "
        "business day of the rail. Bounds leave out funding, sweeps, overnight credit and shares of losses, and "
        "the accounts of issuers. A link is an ordered pair of debtor and creditor with a settled payment, and "
        "participants of the network are those with a link."
    ]
    return "\n".join(lines).rstrip() + "\n"


FAMILIES = {"payments": "payments", "accounts": "accounts", "credit": "credit of central banks",
            "risk": "conversions", "cls": "days of systems of the kind CLS",
            "outside": "events of systems of the kind CLS", "locks": "hash time locks",
            "crediting": "payments and the terms of their covers",
            "outages": "outages", "bounds": "obligations of payments", "routes": "obligations of each route",
            "network": "who pays whom", "operators": "the books of operators of wallets",
            "wallets": "wallet payments"}  # fmt: skip

RUN_DOCUMENT = """\
`manifest.json` holds what made the run and what it is made of: the resolved `scenario` and its `scenario_digest`,
`seed`, `replicate`, `counts`, the digests of input files (`inputs`) and of calendars, the findings of the audit,
versions of Python and libraries, the machine, seconds taken, and for every table its bytes, rows and SHA-256. A `seal`
over all of it shows whether it was edited. What depends on the hour or the machine is here and in no table."""


def errors_page() -> str:
    """docs/reference/errors.md"""
    lines = [
        MADE,
        "# Fault codes",
        "",
        "Every fault of a scenario, an input file or a run directory has a code; `luhai explain CODE` prints what "
        "follows. The command exits with 2, having written nothing.",
        "",
    ]
    for name, code in CODES.items():
        lines += [f"## {name}: {code.title}", "", code.text, ""]
        if code.example:
            lines += ["```", code.example, "```", ""]
    return "\n".join(lines).rstrip() + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "scenario.md": scenario_page,
    "mechanisms.md": mechanisms_page,
    "tables.md": tables_page,
    "measures.md": measures_page,
    "errors.md": errors_page,
}


def stale() -> list[str]:
    """Names of the pages that aren't what the code says now."""
    found = []
    for name, page in PAGES.items():
        path = FOLDER / name
        if not path.is_file() or path.read_text(encoding="utf-8") != page():
            found.append(name)
    return found


def main() -> int:
    """Write the pages, or check them."""
    if "--check" in sys.argv[1:]:
        names = stale()
        for name in names:
            print(f"docs/reference/{name} is stale: run python tools/make_reference.py", file=sys.stderr)
        return 1 if names else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8", newline="\n")
        print(f"docs/reference/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
