"""What the rules of a retail system say of each row of wallet_payments, from balances replayed up to it."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from simcore.calendar import load_calendar
from simcore.kernels.wallet_names import (
    INTEREST,
    OFFLINE_AT_END,
    PAYMENT,
    REJECTED_BALANCE_LIMIT,
    REJECTED_BANK_RESERVE,
    REJECTED_DAY_LIMIT,
    REJECTED_DOUBLE_SPEND,
    REJECTED_INSUFFICIENT_FUNDS,
    REJECTED_OFFLINE_LIMIT,
    REJECTED_PAYMENT_LIMIT,
    SETTLED,
    TOP_UP,
    WITHDRAWAL,
)
from simcore.results.audit_read import Batch
from simcore.units import parse_amount

Ints = NDArray[np.int64]
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DEVICE = (REJECTED_PAYMENT_LIMIT, REJECTED_OFFLINE_LIMIT, REJECTED_INSUFFICIENT_FUNDS)


class Limits(NamedTuple):
    """Limits of each class of a system, int64 (n_class,), in the order of the scenario."""

    payment: Ints
    day: Ints
    balance: Ints
    offline: Ints


def limits_of(system: dict[str, Any]) -> Limits:
    """The limits in a system of a resolved scenario."""
    found = [
        [parse_amount(limits[key]).amount_minor if key in limits else 0 for key in Limits._fields]
        for limits in system["classes"].values()
    ]
    return Limits(*np.array(found, np.int64).reshape(-1, len(Limits._fields)).T)


def midnights(country: str, first_us: int, last_us: int) -> Ints:
    """When days begin in a country, microseconds UTC, from the day before an instant to the day after another."""
    zone = ZoneInfo(load_calendar(country).zone)
    start, end = ((_EPOCH + dt.timedelta(microseconds=at)).date() for at in (first_us, last_us))
    days = [start + dt.timedelta(days=k) for k in range(-1, (end - start).days + 3)]
    found = [dt.datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(dt.UTC) - _EPOCH for day in days]
    return np.array([at // dt.timedelta(microseconds=1) for at in found], np.int64)


def running(key: Ints, change: Ints, state: Ints, since: Ints | None = None) -> tuple[Ints, Ints]:
    """Values before and after each of a row of changes, in the order given.

    Parameters
    ----------
    key, change : int64 (n,)    whose value changes, and by how much
    state : int64 (n_key,)      values before the first change; those after the last are left in it
    since : int64 (n,)          where it differs from that of the last change of the same key, the value begins at zero;
                                the first of a key begins at ``state``
    """
    order = np.argsort(key, kind="stable")
    keys, by = key[order], change[order]
    begins = np.ones(keys.size, np.bool_)
    begins[1:] = keys[1:] != keys[:-1]
    total = np.cumsum(by)
    anew = begins.copy()
    if since is not None:
        when = since[order]
        anew[1:] |= when[1:] != when[:-1]
    at = np.flatnonzero(anew)
    base = np.where(begins[at], state[keys[at]], 0) - (total[at] - by[at])
    value = total + np.repeat(base, np.diff(np.append(at, keys.size)))
    last = np.flatnonzero(np.append(begins[1:], True)) if keys.size else np.zeros(0, np.int64)
    state[keys[last]] = value[last]
    after = np.empty_like(value)
    after[order] = value
    return after - change, after


class Seen(NamedTuple):
    """What a row found: (n,) each, of the payer's and payee's wallets; zero where a side is none."""

    payer: Ints
    payer_deposit: Ints
    payee: Ints
    payee_deposit: Ints
    spent: Ints
    payer_class: Ints
    payee_class: Ints
    payer_bound: NDArray[np.bool_]
    payee_bound: NDArray[np.bool_]


def device(rows: Batch) -> NDArray[np.bool_]:
    """Which rows a device refused, offline, so that they never reached the ledger."""
    return (rows["offline"] == 1) & np.isin(rows["status"], _DEVICE)


def expected(rows: Batch, seen: Seen, limits: Limits) -> tuple[Ints, Ints, Ints]:
    """Status, topped_up and swept that the ledger's rules give each row.

    A status of REJECTED_BANK_RESERVE stands for: settled, if the bank has it. Rows of devices and those without an
    outcome are left as they are.
    """
    kind, amount, status = rows["kind"], rows["amount_minor"], rows["status"].astype(np.int64)
    zero = np.zeros(amount.size, np.int64)
    above = np.maximum(seen.payee + amount - limits.balance[seen.payee_class], 0)
    short = np.maximum(amount - seen.payer, 0)
    unfunded = ~seen.payer_bound | (seen.payer_deposit < short) | (amount > limits.balance[seen.payer_class])
    payment = np.select(
        [
            amount > limits.payment[seen.payer_class], seen.spent + amount > limits.day[seen.payer_class],
            (above > 0) & ~seen.payee_bound, (short > 0) & (rows["offline"] == 1), (short > 0) & unfunded, short > 0,
        ],
        [
            REJECTED_PAYMENT_LIMIT, REJECTED_DAY_LIMIT, REJECTED_BALANCE_LIMIT, REJECTED_DOUBLE_SPEND,
            REJECTED_INSUFFICIENT_FUNDS, REJECTED_BANK_RESERVE,
        ],
        SETTLED,
    )  # fmt: skip
    top_up = np.select(
        [above > 0, ~seen.payee_bound | (seen.payee_deposit < amount)],
        [REJECTED_BALANCE_LIMIT, REJECTED_INSUFFICIENT_FUNDS], REJECTED_BANK_RESERVE,
    )  # fmt: skip
    withdrawal = np.where(~seen.payer_bound | (short > 0), REJECTED_INSUFFICIENT_FUNDS, SETTLED)
    known = np.select(
        [device(rows) | (status == OFFLINE_AT_END), kind == PAYMENT, kind == TOP_UP, kind == WITHDRAWAL],
        [status, payment, top_up, withdrawal], SETTLED,
    )  # fmt: skip
    settled = status == SETTLED
    topped_up = np.where(settled & (kind == PAYMENT), short, zero)
    swept = np.where(settled & ((kind == PAYMENT) | (kind == INTEREST)), above, zero)
    return known, topped_up, swept
