"""How rows of wallets, as the engine has them, become the columns of the schema."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from simcore.results.schema import WALLET_KINDS, WALLET_STATUSES
from simcore.results.writer_tables import Columns, arrow_column, words

_I64, _I32, _I8 = np.int64, np.int32, np.int8
WALLET_LAYOUTS: Final[dict[str, dict[str, Any]]] = {
    "wallet_payments": {
        "payment_id": _I64, "system": _I32, "flow": _I32, "kind": _I8, "payer": _I32, "payee": _I32, "amount": _I64,
        "topped_up": _I64, "swept": _I64, "initiated_at": _I64, "decided_at": _I64, "offline": _I8, "status": _I8,
    },
    "wallets": {
        "system": _I32, "wallet": _I64, "holders": _I32, "class": _I32, "operator": _I32, "bank": _I32,
        "country": _I32, "opening": _I64, "closing": _I64, "deposit_opening": _I64, "deposit_closing": _I64,
    },
    "wallet_operators": {
        "time": _I64, "system": _I32, "event": _I32, "rows_before": _I64, "operator": _I32, "regime": _I32,
        "wallets": _I64, "deposits": _I64, "reserve": _I64, "backing": _I64, "position": _I64,
    },
}  # fmt: skip
OPERATOR_EVENTS: Final = ("opening", "stock", "settlement", "regime", "interest", "midnight", "end")
REGIMES: Final = ("cash", "deposit")
_STATUS_INDEX: Final = np.zeros(max(WALLET_STATUSES) + 1, np.int32)
_STATUS_INDEX[list(WALLET_STATUSES)] = np.arange(len(WALLET_STATUSES))


@dataclass(frozen=True, kw_only=True)
class WalletNames:
    """The names behind the indices of rows of wallets, each list over all systems."""

    systems: list[str]
    flows: list[str]
    holders: list[str]
    classes: list[str]
    operators: list[str]
    countries: list[str]
    currencies: list[str]
    """(n_system,) that of each system."""


def wallet_names(systems: dict[str, Any]) -> WalletNames:
    """The names of a scenario's retail systems (:class:`simcore.retail.Wallets`)."""

    def each(names: Iterable[str]) -> list[str]:
        return list(dict.fromkeys(names))

    return WalletNames(
        systems=list(systems),
        flows=each(name for it in systems.values() for name in it.flows),
        holders=each(name for it in systems.values() for name in it.holders),
        classes=each(name for it in systems.values() for name in it.classes),
        operators=each(name for it in systems.values() for name in it.operators),
        countries=each(one.country for it in systems.values() for one in it.holders.values()),
        currencies=[it.currency for it in systems.values()],
    )


class ArrangeWallets:
    """One method per table, as :class:`simcore.results.writer_columns.Arrange` has them for the others."""

    def __init__(self, names: WalletNames) -> None:
        codes = list(dict.fromkeys(names.currencies))
        self._currency = np.array([codes.index(code) for code in names.currencies], np.int32)
        self._words = {
            "system": words(names.systems), "flow": words(names.flows), "holders": words(names.holders),
            "class": words(names.classes), "operator": words(names.operators), "bank": words(names.operators),
            "country": words(names.countries), "currency": words(codes), "event": words(OPERATOR_EVENTS),
            "regime": words(REGIMES), "kind": words([WALLET_KINDS[kind] for kind in range(len(WALLET_KINDS))]),
            "status": words(list(WALLET_STATUSES.values())),
        }  # fmt: skip

    def _ids(self, rows: Columns, *names: str) -> dict[str, pa.Array]:
        found = {name: self._id(rows[name], name) for name in names}
        found["currency"] = self._id(self._currency[rows["system"]], "currency")
        return found

    def _id(self, values: NDArray[Any], name: str) -> pa.Array:
        return arrow_column(values, "id", self._words[name], values >= 0 if name in ("flow", "bank") else None)

    def wallet_payments(self, rows: Columns) -> dict[str, pa.Array]:
        columns = self._ids(rows, "system", "flow", "kind") | _minor(rows, "amount", "topped_up", "swept")
        for name in ("payment_id", "payer", "payee"):
            columns[name] = arrow_column(rows[name], "count", None, rows[name] >= 0)
        for name in ("initiated_at", "decided_at"):
            columns[name] = arrow_column(rows[name], "time", None)
        columns["offline"] = arrow_column(rows["offline"], "small", None)
        return columns | {"status": self._id(_STATUS_INDEX[rows["status"]], "status")}

    def wallets(self, rows: Columns) -> dict[str, pa.Array]:
        columns = self._ids(rows, "system", "holders", "class", "operator", "bank", "country")
        columns["wallet"] = arrow_column(rows["wallet"], "count", None)
        return columns | _minor(rows, "opening", "closing", "deposit_opening", "deposit_closing")

    def wallet_operators(self, rows: Columns) -> dict[str, pa.Array]:
        columns = self._ids(rows, "system", "event", "operator", "regime")
        columns["time"] = arrow_column(rows["time"], "time", None)
        columns["rows_before"] = arrow_column(rows["rows_before"], "count", None)
        columns["stock_minor"] = arrow_column(rows["reserve"], "minor", None)
        return columns | _minor(rows, "wallets", "deposits", "backing", "position")


def _minor(rows: Columns, *names: str) -> dict[str, pa.Array]:
    return {f"{name}_minor": arrow_column(rows[name], "minor", None) for name in names}
