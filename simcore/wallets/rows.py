"""Makes the rows of wallets and payments from plain columns, and refuses those that can't be played."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simcore.errors import ScenarioError
from simcore.kernels.wallet_world import DEPOSIT_SIDE, ONLINE, UNBOUND, WALLET, WALLET_PAYMENT
from simcore.wallets.parameters import Operator, WalletClass

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LINE = 64  # bytes of a cache line
LARGEST = 2**60  # minor units of one payment


def midnights(zones: tuple[str, ...], start: date, days: int) -> NDArray[np.int64]:
    """Return when local days begin, microseconds UTC, as int64 (n_zone, days + 3): from the day before ``start`` on.

    A zone whose clock skips midnight begins its day at the first instant it has.
    """
    found = np.empty((len(zones), days + 3), np.int64)
    for row, zone in enumerate(zones):
        for column in range(days + 3):
            day = start + timedelta(days=column - 1)
            local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
            found[row, column] = (local.astimezone(UTC) - EPOCH) // timedelta(microseconds=1)
    return found


def make_wallets(
    balance: ArrayLike, operator: ArrayLike, wallet_class: ArrayLike, *,
    zone: ArrayLike = 0, bank: ArrayLike = UNBOUND, deposit: ArrayLike = 0,
) -> Any:  # fmt: skip
    """Return wallets as WALLET (n_wallet,), each in one cache line; columns may be single values.

    Parameters
    ----------
    balance, deposit : int64       minor units, in the wallet and on the bank account it is bound to
    operator, bank : int16         positions among the operators; bank is UNBOUND for a wallet without an account
    wallet_class, zone : int8      positions among classes and zones
    """
    columns = {"balance": balance, "operator": operator, "wallet_class": wallet_class, "zone": zone, "bank": bank}
    columns["deposit"] = deposit
    size = max(np.size(column) for column in columns.values())
    memory = np.zeros(size * WALLET.itemsize + LINE, np.uint8)
    first = -memory.ctypes.data % LINE
    wallets = memory[first : first + size * WALLET.itemsize].view(WALLET)
    for name, column in columns.items():
        values = np.asarray(column)
        kind = np.iinfo(WALLET[name])
        if values.size and not (kind.min <= values.min() and values.max() <= kind.max):
            raise ScenarioError.one(
                "LH149",
                f"wallets, {name}",
                got=f"{values.min()} to {values.max()}",
                expected=f"what {kind.dtype} holds",
            )
        wallets[name] = values
    return wallets


def make_payments(
    initiated_at: ArrayLike, payer: ArrayLike, payee: ArrayLike, amount: ArrayLike, offline_us: ArrayLike = ONLINE,
    flow: ArrayLike = 0,
) -> Any:  # fmt: skip
    """Return payments as WALLET_PAYMENT (n,).

    ``offline_us`` is the time until posting, ONLINE for the others. A payer or payee of DEPOSIT_SIDE is the bank
    account of the wallet on the other side: a top-up, a withdrawal. ``flow`` only is carried to the log.
    """
    payments = np.zeros(np.size(initiated_at), WALLET_PAYMENT)
    payments["flow"] = flow
    payments["initiated_at"], payments["amount"], payments["offline_us"] = initiated_at, amount, offline_us
    payments["payer"], payments["payee"] = payer, payee
    return payments


def check_wallets(
    wallets: Any, classes: tuple[WalletClass, ...], operators: tuple[Operator, ...], zones: tuple[str, ...]
) -> None:
    """Refuse the first wallet that breaks a rule at the start.

    Raises
    ------
    ScenarioError    LH148 for a balance beyond the limit, LH149 for operator, bank, class or zone
    """
    operator, bank, kind, zone = (wallets[name] for name in ("operator", "bank", "wallet_class", "zone"))
    is_bank = np.array([it.bank for it in operators] + [True])  # the last one stands for UNBOUND
    _refuse(
        "wallet", (operator < 0) | (operator >= len(operators)), "LH149",
        lambda k: (f"operator {operator[k]}", f"one of the {len(operators)} operators"),
    )  # fmt: skip
    outside = (bank < UNBOUND) | (bank >= len(operators))
    _refuse(
        "wallet", outside | ~is_bank[np.where(outside, UNBOUND, bank)], "LH149",
        lambda k: (f"a bank account with operator {bank[k]}", "an operator that is a bank, or UNBOUND"),
    )  # fmt: skip
    _refuse(
        "wallet", (kind < 0) | (kind >= len(classes)), "LH149",
        lambda k: (f"class {kind[k]}", f"one of the {len(classes)} classes"),
    )  # fmt: skip
    _refuse(
        "wallet",
        (zone < 0) | (zone >= len(zones)),
        "LH149",
        lambda k: (f"zone {zone[k]}", f"one of {len(zones)} zones"),
    )
    most = np.array([it.balance for it in classes])[kind]
    _refuse(
        "wallet", (wallets["balance"] < 0) | (wallets["balance"] > most), "LH148",
        lambda k: (f"a balance of {wallets['balance'][k]}", f"0 to {most[k]}, the limit of {classes[kind[k]].name}"),
    )  # fmt: skip
    deposit = wallets["deposit"]
    _refuse(
        "wallet", (deposit < 0) | ((bank == UNBOUND) & (deposit != 0)), "LH149",
        lambda k: (f"{deposit[k]} on a bank account", "nothing below zero, and nothing without a bank account"),
    )  # fmt: skip


def check_payments(payments: Any, n_wallet: int, not_before: int, first_id: int) -> None:
    """Refuse the first payment of a batch that can't be played.

    Raises
    ------
    ScenarioError    LH150
    """
    time, amount = payments["initiated_at"], payments["amount"]
    payer, payee, offline = payments["payer"], payments["payee"], payments["offline_us"]
    before = np.concatenate([[not_before], time[:-1]])
    what = "wallet payment"
    _refuse(
        what, time < before, "LH150",
        lambda k: (f"initiated at {time[k]}, after one at {before[k]}", "payments by time"), first_id,
    )  # fmt: skip
    for name, who in (("payer", payer), ("payee", payee)):
        _refuse(
            what, (who < DEPOSIT_SIDE) | (who >= n_wallet), "LH150",
            lambda k, name=name, who=who: (f"{name} {who[k]}", f"0 to {n_wallet - 1}"), first_id,
        )  # fmt: skip
    _refuse(what, payer == payee, "LH150", lambda k: (f"{payer[k]} pays itself", "two wallets"), first_id)
    exchange = (payer == DEPOSIT_SIDE) | (payee == DEPOSIT_SIDE)
    _refuse(
        what, exchange & (offline != ONLINE), "LH150", lambda k: ("a top-up or withdrawal offline", "one online"),
        first_id,
    )  # fmt: skip
    _refuse(
        what, (amount < 1) | (amount > LARGEST), "LH150",
        lambda k: (f"an amount of {amount[k]}", "1 to 2^60 minor units"), first_id,
    )  # fmt: skip
    _refuse(
        what, (offline < ONLINE) | (offline > LARGEST), "LH150",
        lambda k: (f"posted after {offline[k]} us", "0 or more, or ONLINE"), first_id,
    )  # fmt: skip


def _refuse(what: str, wrong: Any, code: str, say: Callable[..., tuple[str, str]], first: int = 0) -> None:
    if wrong.any():
        k = int(np.argmax(wrong))
        got, expected = say(k)
        raise ScenarioError.one(code, f"{what} {first + k}", got=got, expected=expected)
