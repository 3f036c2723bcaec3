"""Measures of the network of settled payments: who pays whom, how concentrated, and what stops with one participant.

Participants are those that sent or received a settled payment in a currency; a link is an ordered pair of debtor and
creditor with one at least.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.batches import Words, batches, numbers
from analysis.exact import ROWS, sums
from analysis.measures import Found
from analysis.measures_accounts import gini
from analysis.measures_payments import ratio
from analysis.tables import Tables

CORE_VALUE: Final = Fraction(3, 4)
"""Share of the value that payments among the core carry."""
_COLUMNS = ("debtor", "creditor", "currency_sent", "amount_sent_minor", "status")


@dataclass
class Network:
    """Settled payments of one currency; participants by their position among the names."""

    links: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))  # (debtor, creditor) → value
    between: dict[int, int] = field(default_factory=lambda: defaultdict(int))  # value of what passed through it

    def strength(self, side: int) -> dict[int, int]:
        """Value sent (``side`` 0) or received (1) by each participant, 0 included."""
        found = {who: 0 for pair in self.links for who in pair}
        for pair, value in self.links.items():
            found[pair[side]] += value
        return found


def compute(tables: Tables, by: str) -> Found:
    """Every measure of the family ``network``; by participant its own degree, reciprocity and share."""
    people, networks = networks_of(tables)
    found: Found = {}
    for currency, net in networks.items():
        sent, received = net.strength(0), net.strength(1)
        total, n = sum(sent.values()), len(sent)
        through = {who: sent[who] + received.get(who, 0) for who in sent}
        for who, value in net.between.items():
            through[who] = through.get(who, 0) + value
        if by == "participant":
            degree = Counter(debtor for debtor, _ in net.links)
            mutual = Counter(debtor for debtor, creditor in net.links if (creditor, debtor) in net.links)
            for who, value in through.items():
                key = people.words[who], currency
                found["degree", *key], found["critical_share", *key] = degree[who], ratio(value, total)
                found["reciprocity", *key] = ratio(mutual[who], degree[who])
            continue
        back = sum(pair[::-1] in net.links for pair in net.links)
        values = {
            "degree": ratio(len(net.links), n), "connectivity": ratio(len(net.links), n * (n - 1)),
            "reciprocity": ratio(back, len(net.links)), "core_share": core_share(net, people),
            "critical_share": ratio(max(through.values()), total),
            "sent_herfindahl": ratio(sum(value * value for value in sent.values()), total * total),
            "sent_gini": gini(list(sent.values())),
        }  # fmt: skip
        found |= {(name, currency if by == "currency" else "", currency): value for name, value in values.items()}
    return found


def core_share(net: Network, people: Words) -> Fraction | None:
    """Share of participants in the core: taken by value sent and received until payments among them carry 75 %."""
    sent, received = net.strength(0), net.strength(1)
    ranked = sorted(sent, key=lambda who: (-sent[who] - received[who], people.words[who]))
    rank = {who: position for position, who in enumerate(ranked)}
    joining = [0] * len(ranked)  # value of the links that lie in the core once the participant of this rank is in it
    for pair, value in net.links.items():
        joining[max(rank[pair[0]], rank[pair[1]])] += value
    wanted, inside = CORE_VALUE * sum(joining), 0
    for position, value in enumerate(joining, start=1):
        inside += value
        if inside >= wanted:
            return ratio(position, len(ranked))
    return None


def networks_of(tables: Tables) -> tuple[Words, dict[str, Network]]:
    """The network of each currency sent, and the participants' names."""
    people, currencies = Words(), Words()
    found: dict[str, Network] = defaultdict(Network)
    size = tables.rows("payments") if _has_hops(tables) else 0
    # By payment: its ends, its value, and its currency, -1 where it didn't settle. Only needed for what lies between.
    ends, amount, money = np.zeros((2, size), np.int32), np.zeros(size, np.int64), np.full(size, -1, np.int16)
    for debtor, creditor, currency, value, *payment in _settled(tables, people, currencies, size > 0):
        key = (currency << 48) | (debtor << 24) | creditor
        words = pa.array(key).dictionary_encode()
        for pair, total in zip(words.dictionary.to_pylist(), _by_word(words, value), strict=True):
            found[currencies.words[pair >> 48]].links[pair >> 24 & 0xFFFFFF, pair & 0xFFFFFF] += total
        if size:
            ends[0, payment[0]], ends[1, payment[0]] = debtor, creditor
            amount[payment[0]], money[payment[0]] = value, currency
    if size:
        steps = np.unique(np.concatenate(list(_between(tables, people, ends, money))))
        passed = steps >> 24
        words = pa.array(money[passed].astype(np.int64) << 24 | steps & 0xFFFFFF).dictionary_encode()
        for key, total in zip(words.dictionary.to_pylist(), _by_word(words, amount[passed]), strict=True):
            found[currencies.words[key >> 24]].between[key & 0xFFFFFF] += total
    return people, dict(found)


def _by_word(words: pa.DictionaryArray, value: NDArray[np.int64]) -> list[int]:
    return sums(words.indices.to_numpy().astype(np.intp), len(words.dictionary), value)


def _settled(tables: Tables, people: Words, currencies: Words, ids: bool) -> Iterator[list[NDArray[np.int64]]]:
    """Debtor, creditor, currency, amount, and id if asked for, of settled payments, about a million at a time."""
    statuses, parts = Words(), []
    for batch in batches(tables, "payments", (*_COLUMNS, "payment_id") if ids else _COLUMNS):
        status = statuses.codes(batch["status"])
        keep = np.array([word.startswith("SETTLED") for word in statuses.words])[status]
        columns = [people.codes(batch["debtor"]), people.codes(batch["creditor"]),
                   currencies.codes(batch["currency_sent"]), numbers(batch["amount_sent_minor"])]  # fmt: skip
        columns += [numbers(batch["payment_id"])] if ids else []
        parts.append(columns if keep.all() else [column[keep] for column in columns])
        if sum(part[0].size for part in parts) >= ROWS:
            yield [np.concatenate(column) for column in zip(*parts, strict=True)]
            parts = []
    if parts:
        yield [np.concatenate(column) for column in zip(*parts, strict=True)]


def _has_hops(tables: Tables) -> bool:
    """Whether any payment went over more than one hop, and so through somebody else."""
    return any(int(numbers(batch["hop"]).max()) > 0 for batch in batches(tables, "obligations", ("hop",)))


def _between(tables: Tables, people: Words, ends: Any, money: NDArray[np.int16]) -> Iterator[NDArray[np.int64]]:
    """Payment × 2^24 + participant for each that a settled payment passed through on its way, some more than once."""
    yield np.zeros(0, np.int64)
    for batch in batches(tables, "obligations", ("payment_id", "debtor", "creditor")):
        keep = batch["payment_id"].is_valid().to_numpy(zero_copy_only=False)
        payment = numbers(batch["payment_id"])[keep]
        for side in ("debtor", "creditor"):
            who = people.codes(batch[side])[keep]
            other = (who != ends[0, payment]) & (who != ends[1, payment]) & (money[payment] >= 0)
            yield payment[other] << 24 | who[other]
