"""Principal at risk: the value that was paid on one leg of a conversion while the other leg was not yet final."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from analysis.batches import Words, batches, numbers
from analysis.cuts import by_currency
from analysis.exact import sums
from analysis.measures import Found
from analysis.tables import NULL, Tables

_COLUMNS = (
    "payment_id",
    "hop",
    "kind",
    "rail",
    "debtor",
    "creditor",
    "currency",
    "amount_minor",
    "settled_at",
    "fx_id",
)
_NAMES = ("rail", "debtor", "creditor", "currency", "kind")
Columns = dict[str, NDArray[np.int64]]
LEG: Final = ("key", "rail", "debtor", "currency", "amount_minor", "settled_at")
_BOUGHT: Final = ("key", "currency", "settled_at")
_TIME: Final = ("key", "settled_at")
_OF_PAYMENTS: Final = ("route", "corridor")
_HOPS: Final = 128
FRESH: Final = 1 << 18
"""New rows before legs are matched."""


def compute(tables: Tables, by: str) -> Found:
    """Every measure of the family ``risk``, cut by ``by``, in the currency of the leg paid."""
    words = {name: Words() for name in _NAMES}
    parts = list(legs(tables, words))
    if not parts:
        return {}
    read = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    since, until, amount = read["since"], read["until"], read["amount_minor"]
    length = np.maximum(until - since, 0)
    groups, group = _cut(tables, by, words, read)
    pairs, row = by_currency(group, read["currency"])
    value_time = sums(row, len(pairs), amount, length)
    found: Found = {}
    for position, pair in enumerate(pairs):
        here = (row == position) & (length > 0)
        name, currency = groups.words[pair[0]], words["currency"].words[pair[1]]
        found["principal_at_risk", name, currency] = Fraction(value_time[position], 1_000_000)
        found["principal_at_risk_peak", name, currency] = peak(since[here], until[here], amount[here])
    return found


def _cut(tables: Tables, by: str, words: dict[str, Words], read: Columns) -> tuple[Words, NDArray[np.int64]]:
    """The names of groups, and to which of them each leg belongs."""
    column = {"rail": "rail", "participant": "debtor", "currency": "currency"}.get(by)
    if column:
        return words[column], read[column]
    groups = Words()
    if by == "pair":
        pairs, row = by_currency(read["currency"], read["bought"])
        names = ["{} to {}".format(*(words["currency"].words[code] for code in pair)) for pair in pairs]
        return groups, np.array([groups.position(name) for name in names], np.int64)[row]
    group = np.full(read["since"].size, groups.position(""), np.int64)
    if by in _OF_PAYMENTS:
        # Only the payments with a leg are looked for, batch by batch, so memory follows the legs.
        ids, payment = np.unique(read["key"] // _HOPS, return_inverse=True)
        of = np.full(ids.size, groups.position(""), np.int64)
        for batch in batches(tables, "payments", ("payment_id", by)):
            place, met = _places(ids, numbers(batch["payment_id"]))
            of[met] = groups.codes(batch[by])[place[met]]
        group = of[payment.reshape(-1)]
    return groups, group


def legs(tables: Tables, words: dict[str, Words] | None = None) -> Iterator[Columns]:
    """Legs of conversions that were paid and final, batch by batch, each from when to when it was at risk.

    A leg is known once the amount it bought has an outcome. Only legs without one are held back, so memory follows what
    is in flight between two legs; and what a dealer itself is paid, which looks like a leg until the end.

    Parameters
    ----------
    words    names of rail, debtor, creditor, currency and kind, filled in as they are met

    Yields
    ------
    int64 columns (n,): key (payment_id × 128 + hop), rail, debtor, currency and bought (the other leg's currency) as
    positions in ``words``, amount_minor, since and until (microseconds UTC; until is the run's end for what was neither
    bought nor given back, also where the payment was between two hops)
    """
    words = {name: Words() for name in _NAMES} if words is None else words
    span, dealers = tables.span(), tables.ids("fx", "dealer").used()
    end = span[1] if span else 0
    paid, bought, back = [_none(LEG)], [_none(_BOUGHT)], [_none(_TIME)]
    fresh = held = 0
    for batch in batches(tables, "obligations", _COLUMNS) if dealers else ():
        for parts, part in zip((paid, bought, back), _read(batch, words, dealers)):
            parts.append(part)
        fresh += paid[-1]["key"].size + bought[-1]["key"].size
        # Matching costs what is held back, so it waits until as much is new.
        if fresh >= max(FRESH, held):
            leg, *left = _match(_join(paid), _join(bought))
            paid, bought = [left[0]], [left[1]]
            fresh, held = 0, left[0]["key"].size + left[1]["key"].size
            yield leg
    leg, last, owing = _match(_join(paid), _join(bought))
    if leg["since"].size:
        yield leg
    # What is left was not bought: at risk until it came back, or to the end.
    place, met = _before(last["key"], owing["key"])
    other = _under_way(tables, last, words)
    other[place[met]] = owing["currency"][met]
    owed = other >= 0
    if owed.any():
        came = _join(back)
        place, here = _places(last["key"], came["key"])
        returned = np.where(here, came["settled_at"][place], end) if here.any() else np.full(owed.size, end)
        yield _leg(last, owed, returned, other)


def _match(paid: Columns, bought: Columns) -> tuple[Columns, Columns, Columns]:
    """Legs whose other leg is final; then what was paid and what was bought that still wait for the other."""
    place, met = _before(paid["key"], bought["key"])
    met &= bought["settled_at"] != NULL
    done = np.zeros(paid["key"].size, np.bool_)
    until, other = np.zeros(done.size, np.int64), np.zeros(done.size, np.int64)
    done[place[met]] = True
    until[place[met]] = bought["settled_at"][met]
    other[place[met]] = bought["currency"][met]
    return _leg(paid, done, until, other), _take(paid, ~done), _take(bought, ~met)


def _before(keys: NDArray[np.int64], later: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """For each of ``later``, where in ``keys`` the last earlier hop of the same payment stands, and whether one does.

    Not simply the hop before: one whose two roles are the same participant is skipped.
    """
    if not keys.size:
        return np.zeros(later.size, np.intp), np.zeros(later.size, np.bool_)
    order = np.argsort(keys, kind="stable")
    place = order[np.maximum(np.searchsorted(keys, later, sorter=order) - 1, 0)]
    return place, (keys[place] < later) & (keys[place] // _HOPS == later // _HOPS)


def _under_way(tables: Tables, paid: Columns, words: dict[str, Words]) -> NDArray[np.int64]:
    """What legs of payments between two hops at the run's end were to buy, -1 where the next hop is no exchange."""
    found = np.full(paid["key"].size, -1, np.int64)
    if not found.size:
        return found
    rails, routes = tables.scenario.get("rails", {}), tables.scenario.get("routes", {})
    statuses, names, route_of = Words(), Words(), dict[int, str]()
    for batch in batches(tables, "payments", ("payment_id", "status", "route")):
        here = statuses.codes(batch["status"]) == statuses.position("IN_TRANSIT_AT_END")
        ids, taken = numbers(batch["payment_id"])[here], names.codes(batch["route"])[here]
        route_of |= {payment: names.words[route] for payment, route in zip(ids.tolist(), taken.tolist(), strict=True)}
    moving = np.isin(paid["key"] // _HOPS, np.array(list(route_of), np.int64))
    for at in np.flatnonzero(moving).tolist():
        payment, hop = divmod(int(paid["key"][at]), _HOPS)
        following = routes.get(route_of[payment], {}).get("hops", [])[hop + 1 : hop + 2]
        for each in following:
            code = words["currency"].position(rails[each["rail"]]["currency"])
            found[at] = code if code != paid["currency"][at] else -1
    return found


def _places(wanted: NDArray[np.int64], keys: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Where in ``keys`` each wanted one stands, and whether it does."""
    if not keys.size:
        return np.zeros(wanted.size, np.intp), np.zeros(wanted.size, np.bool_)
    order = np.argsort(keys, kind="stable")
    place = order[np.minimum(np.searchsorted(keys, wanted, sorter=order), keys.size - 1)]
    return place, keys[place] == wanted


def _read(batch: dict[str, Any], words: dict[str, Words], dealers: list[str]) -> tuple[Columns, Columns, Columns]:
    """What may be a leg paid, converted amounts, and what came back from a dealer; a key is payment_id × 128 + hop."""
    read = {name: words[name].codes(batch[name]) for name in _NAMES}
    read |= {name: numbers(batch[name]) for name in ("amount_minor", "settled_at")}
    read["key"] = numbers(batch["payment_id"]) * _HOPS + numbers(batch["hop"])
    payment, returned = (read["kind"] == words["kind"].position(kind) for kind in ("payment", "return"))
    final = read["settled_at"] != NULL
    to, by = (_are(read[side], words[side], dealers) for side in ("creditor", "debtor"))
    converted = payment & batch["fx_id"].is_valid().to_numpy(zero_copy_only=False)
    return (
        _take(read, payment & final & to, LEG),
        _take(read, converted, _BOUGHT),
        _take(read, returned & final & by, _TIME),
    )


def _none(names: tuple[str, ...]) -> Columns:
    return {name: np.zeros(0, np.int64) for name in names}


def _are(codes: NDArray[np.int64], words: Words, names: list[str]) -> NDArray[np.bool_]:
    places = [words.position(name) for name in names]
    table = np.zeros(len(words.words), np.bool_)
    table[places] = True
    return table[codes]


def _join(parts: list[Columns]) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _take(read: Columns, keep: NDArray[np.bool_], names: tuple[str, ...] | None = None) -> Columns:
    return {name: read[name][keep] for name in names or read}


def _leg(paid: Columns, keep: NDArray[np.bool_], until: NDArray[np.int64], bought: NDArray[np.int64]) -> Columns:
    kept = _take(paid, keep)
    return {**{name: kept[name] for name in ("key", "rail", "debtor", "currency", "amount_minor")},
            "bought": bought[keep], "since": kept["settled_at"], "until": until[keep]}  # fmt: skip


def peak(since: NDArray[np.int64], until: NDArray[np.int64], amount: NDArray[np.int64]) -> int:
    """Highest value exposed at one instant; what ends at an instant is gone before what begins at it."""
    time, change = np.concatenate([until, since]), np.concatenate([-amount, amount])
    level = highest = 0
    for step in change[np.argsort(time, kind="stable")].tolist():
        level += step
        highest = max(highest, level)
    return highest
