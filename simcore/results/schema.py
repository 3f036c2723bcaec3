"""The columns of every result table: name, type, unit and meaning; the one place both writer and readers look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from simcore.kernels.constants import KIND_NAMES, STATUS_NAMES
from simcore.kernels.wallet_names import WALLET_KIND_NAMES, WALLET_STATUS_NAMES

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA_VERSION: Final = 1
MANIFEST: Final = "manifest.json"
STATUSES: Final = STATUS_NAMES
KINDS: Final = KIND_NAMES
WALLET_STATUSES: Final = WALLET_STATUS_NAMES
WALLET_KINDS: Final = WALLET_KIND_NAMES


@dataclass(frozen=True)
class Column:
    """One column; ``kind`` is ``id`` (dictionary of text), ``text``, ``minor``,
    ``time``, ``day``, ``count`` or ``small``."""

    name: str
    kind: str
    meaning: str
    unit: str = ""
    nullable: bool = False


def _minor(name: str, meaning: str, nullable: bool = False) -> Column:
    return Column(name, "minor", meaning, "minor units of the currency column", nullable)


TABLES: Final[dict[str, tuple[Column, ...]]] = {
    "payments": (
        Column("payment_id", "count", "position in demand order, from 0"),
        Column("reference", "text", "the input's own id", nullable=True),
        Column("flow", "id", "flow of the scenario it belongs to"),
        Column("purpose", "id", "what it pays for"),
        Column("corridor", "id", "corridor, empty where there is none", nullable=True),
        Column("route", "id", "route it took"),
        Column("debtor", "id", "paying participant"),
        Column("creditor", "id", "paid participant"),
        Column("currency_sent", "id", "ISO 4217 code of amount_sent_minor"),
        Column("amount_sent_minor", "minor", "what the debtor sent", "minor units of currency_sent"),
        Column("currency_received", "id", "ISO 4217 code of amount_received_minor"),
        Column(
            "amount_received_minor",
            "minor",
            "what the creditor received, or the debtor back in a trade of two members; null unless settled",
            "minor units of currency_received",
            True,
        ),
        Column("fee_minor", "minor", "fees and spreads charged in currency_sent", "minor units of currency_sent"),
        Column("initiated_at", "time", "when the debtor initiated it"),
        Column("completed_at", "time", "when its outcome became final; null if it was not by the end", nullable=True),
        Column("status", "id", "outcome, worded as the rule that decided"),
        Column("priority", "small", "0 most urgent to 9"),
        Column("hops", "small", "hops settled"),
    ),
    "obligations": (
        Column(
            "payment_id",
            "count",
            "payment it is a hop of; null for funding, sweeps, credit and its price, shares of losses, …",
            nullable=True,
        ),
        Column("hop", "small", "position in the route, from 0"),
        Column(
            "kind",
            "id",
            "payment, part, spread, fee, return, refund, funding, sweep, credit, repayment, loss_share, recovery, "
            "refill, issue, redemption, settlement, intraday_credit, "
            "intraday_repayment, credit_charge, wallet_issue, wallet_redemption, wallet_settlement, "
            "pay_in, pay_out, exchange, outside, lock, unlock",
        ),
        Column("rail", "id", "where it settles"),
        Column("debtor", "id", "participant whose account is debited"),
        Column("creditor", "id", "participant whose account is credited"),
        Column("currency", "id", "ISO 4217 code"),
        _minor("amount_minor", "what is owed"),
        Column("entered_at", "time", "when it reached the rail"),
        Column("settled_at", "time", "when it became final; null unless settled", nullable=True),
        Column("sequence", "count", "order of finality over the whole run; a set shares it", nullable=True),
        Column("status", "id", "outcome, worded as the rule that decided"),
        Column("cycle_id", "count", "row of cycles that settled it", nullable=True),
        Column("fx_id", "count", "row of fx whose rate made this amount from the hop before", nullable=True),
    ),
    "accounts": (
        Column("rail", "id", "rail"),
        Column("participant", "id", "holder"),
        Column("currency", "id", "ISO 4217 code"),
        Column("business_day", "day", "business day of the rail"),
        _minor("opening_minor", "balance before the first movement of the day"),
        _minor("closing_minor", "balance after the last"),
        _minor("minimum_minor", "lowest balance at any event of the day"),
        _minor("maximum_minor", "highest balance at any event of the day"),
        _minor("debited_minor", "sum of debits"),
        _minor("credited_minor", "sum of credits"),
        _minor("peak_queue_minor", "highest value queued at any event of the day"),
        _minor(
            "debit_limit_minor",
            "how far below zero it may go, intraday credit included; null for the issuer of the money",
            True,
        ),
    ),
    "balances": (
        Column("time", "time", "instant of the grid, after every other event of that instant"),
        Column("rail", "id", "rail"),
        Column("participant", "id", "holder"),
        Column("currency", "id", "ISO 4217 code"),
        _minor("balance_minor", "balance"),
        _minor("queued_minor", "value in the queue to be paid from this account"),
        Column("queued_count", "count", "obligations in that queue"),
    ),
    "cycles": (
        Column("cycle_id", "count", "from 0, in the order they ran"),
        Column("rail", "id", "rail"),
        Column("mechanism", "id", "what ran"),
        Column("time", "time", "when it ran"),
        Column("currency", "id", "ISO 4217 code"),
        Column("considered_count", "count", "obligations looked at"),
        _minor("considered_minor", "their value"),
        Column("settled_count", "count", "obligations settled"),
        _minor("settled_minor", "their value"),
        _minor("moved_minor", "sum of net debits that paid for them"),
    ),
    "fx": (
        Column("fx_id", "count", "from 0, in the order the quotes came into force"),
        Column("time", "time", "since when the quote holds"),
        Column("dealer", "id", "who quotes"),
        Column("source", "id", "currency the dealer receives"),
        Column("target", "id", "currency the dealer pays"),
        Column("mid_rate", "text", "units of target for one of source, decimal"),
        Column("half_spread_bp_e2", "count", "kept in the source currency", "hundredths of a basis point"),
        Column("numerator", "count", "target minor units = source minor units × numerator / denominator, half-even"),
        Column("denominator", "count", "see numerator"),
        Column("origin", "text", "where the rate comes from"),
    ),
    "events": (
        Column("time", "time", "instant"),
        Column(
            "event",
            "id",
            "opened, closed, funding, sweep, short, returned, credit, repayment, credit_line, credit_due, "
            "intraday_credit, intraday_repayment, credit_charge, loss_share, "
            "unwound, recovery, in_default, fixing, market_opened, market_closed, dealing_stopped, dealing_resumed, "
            "refill, settlement, hop_cut_off, outage_began, outage_ended, dealer_out, dealer_back, "
            "pay_in_due, pay_in, covered, left_short, pay_out, pay_out_postponed, swap, swap_failed, outside_paid, "
            "outside_at_risk, outside_failed, claimed_late, link_out, link_back, opening_missed, …",
        ),
        Column("rail", "id", "rail, if it is one's", nullable=True),
        Column("participant", "id", "participant, if it is one's", nullable=True),
        Column("currency", "id", "ISO 4217 code of amount_minor", nullable=True),
        _minor("amount_minor", "amount, if there is one", True),
        Column("detail", "text", "in words"),
    ),
}


WALLET_TABLES: Final[dict[str, tuple[Column, ...]]] = {
    "wallet_payments": (
        Column("payment_id", "count", "position in the demand of its system, from 0; null for interest", nullable=True),
        Column("system", "id", "retail system of the scenario"),
        Column("flow", "id", "flow of the system; null for interest", nullable=True),
        Column("kind", "id", "payment, top_up, withdrawal or interest"),
        Column("payer", "count", "wallet that pays; null for top-ups and interest", nullable=True),
        Column("payee", "count", "wallet that is paid; null for withdrawals", nullable=True),
        Column("currency", "id", "ISO 4217 code"),
        _minor("amount_minor", "amount asked for"),
        _minor("topped_up_minor", "moved first from the payer's bank account into its wallet, what it was short of"),
        _minor("swept_minor", "moved on from the payee's wallet to its bank account, what the wallet may not hold"),
        Column("initiated_at", "time", "when it was asked for, or made offline"),
        Column("decided_at", "time", "when the ledger, or offline the device, decided"),
        Column("offline", "small", "1 if made offline, 0 otherwise"),
        Column("status", "id", "outcome, worded as the rule that decided"),
    ),
    "wallets": (
        Column("system", "id", "retail system of the scenario"),
        Column("wallet", "count", "number within its system, from 0"),
        Column("holders", "id", "kind of holders"),
        Column("class", "id", "class, whose limits bind it"),
        Column("operator", "id", "participant that keeps it"),
        Column("bank", "id", "participant that keeps its bank account, if there is one", nullable=True),
        Column("country", "id", "whose midnights begin its days"),
        Column("currency", "id", "ISO 4217 code"),
        _minor("opening_minor", "in the wallet when the run began"),
        _minor("closing_minor", "when it ended"),
        _minor("deposit_opening_minor", "on its bank account when the run began"),
        _minor("deposit_closing_minor", "when it ended"),
    ),
    "wallet_operators": (
        Column("time", "time", "instant"),
        Column("system", "id", "retail system of the scenario"),
        Column("event", "id", "what came before: opening, stock, settlement, regime, interest, midnight, end"),
        Column("rows_before", "count", "rows of its system in wallet_payments that came before"),
        Column("operator", "id", "participant"),
        Column("currency", "id", "ISO 4217 code"),
        Column("regime", "id", "cash or deposit"),
        _minor("wallets_minor", "sum of its wallets"),
        _minor("deposits_minor", "sum of the bank accounts with it that wallets are bound to"),
        _minor("stock_minor", "money of the central bank that it holds for top-ups"),
        _minor("backing_minor", "money of the central bank that covers its wallets"),
        _minor("position_minor", "net received from other operators and not yet settled"),
    ),
}
"""Written where the scenario has wallets, beside the others."""
ALL_TABLES: Final = TABLES | WALLET_TABLES


def tables_of(scenario: object) -> tuple[str, ...]:
    """The tables that a run of a scenario has, given as the run document keeps it."""
    with_wallets = isinstance(scenario, dict) and scenario.get("wallets")
    return tuple(ALL_TABLES if with_wallets else TABLES)


CUSTOMER: Final = Column(
    "customer",
    "count",
    "which customer of the debtor paid, from 0; stands here only where flows have customers",
    nullable=True,
)
"""The last column of payments in runs whose flows have customers."""


def columns_of(table: str, customers: bool) -> tuple[Column, ...]:
    """The columns of a table of a run whose flows have customers, or not."""
    return (*ALL_TABLES[table], CUSTOMER) if customers and table == "payments" else ALL_TABLES[table]


def arrow_schema(table: str, columns: tuple[Column, ...] | None = None) -> pa.Schema:
    """The Arrow schema of a table, with unit and meaning in each field's metadata; by itself without customers."""
    import pyarrow as pa

    types = {
        "id": pa.dictionary(pa.int32(), pa.string()),
        "text": pa.string(),
        "minor": pa.int64(),
        "count": pa.int64(),
        "small": pa.int8(),
        "time": pa.timestamp("us", tz="UTC"),
        "day": pa.date32(),
    }
    fields = []
    for column in ALL_TABLES[table] if columns is None else columns:
        metadata = {"meaning": column.meaning}
        if column.unit:
            metadata["unit"] = column.unit
        fields.append(pa.field(column.name, types[column.kind], nullable=column.nullable, metadata=metadata))
    return pa.schema(fields, metadata={"luhai.table": table, "luhai.schema_version": str(SCHEMA_VERSION)})
