"""What the writer is given, and how rows as the engine logs them become the columns of the schema."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from simcore.kernels.constants import NEVER, UNLIMITED
from simcore.results.demand_store import COLUMNS
from simcore.results.schema import KINDS, STATUSES
from simcore.results.writer_tables import Columns, arrow_column, words
from simcore.results.writer_wallets import WalletNames

_I64, _I32, _I8 = np.int64, np.int32, np.int8
LAYOUTS: Final[dict[str, dict[str, Any]]] = {
    "obligations": {
        "payment_id": _I64, "hop": _I8, "kind": _I8, "debit_account": _I32, "credit_account": _I32, "amount": _I64,
        "entered_at": _I64, "settled_at": _I64, "sequence": _I64, "status": _I8, "cycle_id": _I32, "fx_id": _I32,
    },
    "payments": {
        "payment_id": _I64, "amount_received": _I64, "fee": _I64, "completed_at": _I64, "status": _I8, "hops": _I8,
        **COLUMNS, "reference": "text",
    },
    "accounts": {
        "account": _I32, "business_day": _I32, "opening": _I64, "closing": _I64, "minimum": _I64, "maximum": _I64,
        "debited": _I64, "credited": _I64, "peak_queue": _I64, "debit_limit": _I64,
    },
    "balances": {"time": _I64, "account": _I32, "balance": _I64, "queued": _I64, "queued_count": _I64},
    "cycles": {
        "cycle_id": _I64, "rail": _I32, "mechanism": _I32, "time": _I64, "currency": _I32, "considered_count": _I64,
        "considered": _I64, "settled_count": _I64, "settled": _I64, "moved": _I64,
    },
    "fx": {
        "fx_id": _I64, "time": _I64, "dealer": _I32, "source": _I32, "target": _I32, "mid_rate": "text",
        "half_spread_bp_e2": _I64, "numerator": _I64, "denominator": _I64, "origin": "text",
    },
    "events": {
        "time": _I64, "event": _I32, "rail": _I32, "participant": _I32, "currency": _I32, "amount": _I64,
        "has_amount": np.bool_, "detail": "text",
    },
}  # fmt: skip
_STATUS_WORDS: Final = list(STATUSES.values())
_STATUS_INDEX: Final = np.zeros(max(STATUSES) + 1, np.int32)
_STATUS_INDEX[list(STATUSES)] = np.arange(len(STATUSES))
_KIND_WORDS: Final = [KINDS[kind] for kind in range(len(KINDS))]


@dataclass(frozen=True, kw_only=True)
class Names:
    """The names behind every index that the engine writes, fixed before the first row."""

    participants: list[str]
    rails: list[str]
    routes: list[str]
    flows: list[str]
    purposes: list[str]
    corridors: list[str]
    currencies: list[str]
    account_rail: NDArray[np.int32]
    """(n_account,) index of the rail, and so on."""
    account_participant: NDArray[np.int32]
    account_currency: NDArray[np.int32]
    account_limit: NDArray[np.int64]
    """(n_account,) minor units ≥ 0, where rows of ``accounts`` don't bring another; UNLIMITED is written as null."""
    route_currency_sent: NDArray[np.int32]
    """(n_route,) index of the currency of the first hop."""
    route_currency_received: NDArray[np.int32]
    wallets: WalletNames | None = None
    """Where the scenario has wallets."""
    customers: bool = False
    """Whether flows have customers: payments then have that column."""
    mechanisms: list[str] = field(default_factory=list)
    """Needed only where ``cycles`` gives indices of mechanisms in place of names."""


class EventRow(NamedTuple):
    """One row of ``events``; names as text."""

    time: int
    """Microseconds UTC."""
    event: str
    rail: str | None = None
    participant: str | None = None
    currency: str | None = None
    amount_minor: int | None = None
    detail: str = ""


class Arrange:
    """One method per table: from rows of the layout above to one Arrow array per column of the schema.

    ``words`` are the dictionaries by the kind of name; those of ``mechanism`` and ``event`` are added when every word
    that occurs is known.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self.words = {
            "rail": words(names.rails), "participant": words(names.participants), "route": words(names.routes),
            "flow": words(names.flows), "purpose": words(names.purposes), "corridor": words(names.corridors),
            "currency": words(names.currencies), "status": words(_STATUS_WORDS), "kind": words(_KIND_WORDS),
        }  # fmt: skip

    def _id(self, values: NDArray[Any], domain: str, nullable: bool = False) -> pa.Array:
        return arrow_column(values, "id", self.words[domain], values >= 0 if nullable else None)

    def _account_ids(self, account: NDArray[np.int32], holder: Sequence[tuple[str, Any]]) -> dict[str, pa.Array]:
        names = self.names
        columns = {"rail": self._id(names.account_rail[account], "rail"),
                   "currency": self._id(names.account_currency[account], "currency")}  # fmt: skip
        for column, index in holder:
            columns[column] = self._id(names.account_participant[index], "participant")
        return columns

    def obligations(self, rows: Columns) -> dict[str, pa.Array]:
        debit, credit = rows["debit_account"], rows["credit_account"]
        columns = self._account_ids(debit, [("debtor", debit), ("creditor", credit)])
        columns |= _plain(rows, {"hop": "small", "entered_at": "time"}) | {
            "kind": self._id(rows["kind"], "kind"),
            "status": self._id(_STATUS_INDEX[rows["status"]], "status"),
            "amount_minor": arrow_column(rows["amount"], "minor", None),
            "settled_at": arrow_column(rows["settled_at"], "time", None, rows["settled_at"] != NEVER),
        }
        for name in ("payment_id", "sequence", "cycle_id", "fx_id"):
            columns[name] = arrow_column(rows[name], "count", None, rows[name] >= 0)
        return columns

    def payments(self, rows: Columns) -> dict[str, pa.Array]:
        names, route = self.names, rows["route"]
        times = {"payment_id": "count", "initiated_at": "time", "priority": "small", "hops": "small"}
        columns = _plain(rows, times) | {
            "reference": rows["reference"],
            "flow": self._id(rows["flow"], "flow"),
            "purpose": self._id(rows["purpose"], "purpose"),
            "corridor": self._id(rows["corridor"], "corridor", nullable=True),
            "route": self._id(route, "route"),
            "debtor": self._id(rows["debtor"], "participant"),
            "creditor": self._id(rows["creditor"], "participant"),
            "currency_sent": self._id(names.route_currency_sent[route], "currency"),
            "amount_sent_minor": arrow_column(rows["amount_minor"], "minor", None),
            "currency_received": self._id(names.route_currency_received[route], "currency"),
            "amount_received_minor": arrow_column(rows["amount_received"], "minor", None, rows["amount_received"] >= 0),
            "fee_minor": arrow_column(rows["fee"], "minor", None),
            "completed_at": arrow_column(rows["completed_at"], "time", None, rows["completed_at"] != NEVER),
            "status": self._id(_STATUS_INDEX[rows["status"]], "status"),
        }
        if names.customers:
            columns["customer"] = arrow_column(rows["customer"], "count", None, rows["customer"] >= 0)
        return columns

    def accounts(self, rows: Columns) -> dict[str, pa.Array]:
        account = rows["account"]
        limit = rows["debit_limit"]
        columns = self._account_ids(account, [("participant", account)]) | _plain(rows, {"business_day": "day"})
        for name in ("opening", "closing", "minimum", "maximum", "debited", "credited", "peak_queue"):
            columns[f"{name}_minor"] = arrow_column(rows[name], "minor", None)
        columns["debit_limit_minor"] = arrow_column(limit, "minor", None, limit < UNLIMITED)
        return columns

    def balances(self, rows: Columns) -> dict[str, pa.Array]:
        account = rows["account"]
        columns = self._account_ids(account, [("participant", account)])
        columns |= _plain(rows, {"time": "time", "queued_count": "count"})
        columns["balance_minor"] = arrow_column(rows["balance"], "minor", None)
        columns["queued_minor"] = arrow_column(rows["queued"], "minor", None)
        return columns

    def cycles(self, rows: Columns) -> dict[str, pa.Array]:
        columns = _plain(
            rows, {"cycle_id": "count", "time": "time", "considered_count": "count", "settled_count": "count"}
        )
        for name in ("considered", "settled", "moved"):
            columns[f"{name}_minor"] = arrow_column(rows[name], "minor", None)
        return columns | {name: self._id(rows[name], name) for name in ("rail", "mechanism", "currency")}

    def fx(self, rows: Columns) -> dict[str, pa.Array]:
        counts = ("fx_id", "half_spread_bp_e2", "numerator", "denominator")
        columns = _plain(rows, {"time": "time"} | dict.fromkeys(counts, "count"))
        columns |= {name: rows[name] for name in ("mid_rate", "origin")}
        columns["dealer"] = self._id(rows["dealer"], "participant")
        return columns | {name: self._id(rows[name], "currency") for name in ("source", "target")}

    def events(self, rows: Columns) -> dict[str, pa.Array]:
        columns = _plain(rows, {"time": "time"}) | {"detail": rows["detail"], "event": self._id(rows["event"], "event")}
        columns["amount_minor"] = arrow_column(rows["amount"], "minor", None, rows["has_amount"])
        for name in ("rail", "participant", "currency"):
            columns[name] = self._id(rows[name], name, nullable=True)
        return columns


def _plain(rows: Columns, kinds: dict[str, str]) -> dict[str, pa.Array]:
    return {name: arrow_column(rows[name], kind, None) for name, kind in kinds.items()}
