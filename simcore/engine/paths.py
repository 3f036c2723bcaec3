"""Checks that every payment's way exists before the loop meets it: accounts on each rail, agents, a dealer's quote."""

from __future__ import annotations

from typing import Any

import numpy as np

from simcore.demand.batch import DemandBatch
from simcore.engine.compile import Compiled
from simcore.errors import Fault, ScenarioError
from simcore.kernels import constants as k

MOST_FAULTS = 20
DENSE = 50_000_000  # up to so many (route, debtor, creditor) a bit each is kept, else a sorted list


class WayChecker:
    """Looks at each (route, debtor, creditor) once."""

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        spec = compiled.spec
        self._n = spec.n_participant
        size = len(spec.routes) * self._n * self._n
        self._seen: Any = np.zeros(size, np.bool_) if size <= DENSE else None
        self._known: set[int] = set()
        self._accounts = {(row.rail, row.participant) for row in spec.accounts}
        self._quotes = set(spec.quotes)

    def check(self, batch: DemandBatch) -> None:
        """ScenarioError (LH061) for ways that don't exist, naming the payment."""
        ways = (batch.route.astype(np.int64) * self._n + batch.debtor) * self._n + batch.creditor
        if self._seen is not None:
            fresh = np.flatnonzero(~self._seen[ways])
            if not fresh.size:
                return
            new, first = np.unique(ways[fresh], return_index=True)
            self._seen[new] = True
            first = fresh[first]
        else:
            new, first = np.unique(ways, return_index=True)
        faults: list[Fault] = []
        for way, at in sorted(zip(new.tolist(), first.tolist(), strict=True), key=lambda pair: pair[1]):
            if self._seen is None:
                if way in self._known:
                    continue
                self._known.add(way)
            route, debtor, creditor = way // (self._n * self._n), way // self._n % self._n, way % self._n
            wrong = self._wrong(route, debtor, creditor)
            if wrong and len(faults) < MOST_FAULTS:
                faults.append(self._fault(batch, at, route, debtor, creditor, *wrong))
        if faults:
            raise ScenarioError(faults)

    def _who(self, kind: int, which: int, debtor: int, creditor: int) -> int | None:
        if kind == k.ROLE_DEBTOR:
            return debtor
        if kind == k.ROLE_CREDITOR:
            return creditor
        if kind == k.ROLE_PARTICIPANT:
            return which
        return self._compiled.spec.agents.get((which, debtor if kind == k.ROLE_AGENT_OF_DEBTOR else creditor))

    def _wrong(self, route: int, debtor: int, creditor: int) -> tuple[str, str] | None:
        """What keeps the payment from this way, as (got, expected); None if nothing does."""
        compiled, spec = self._compiled, self._compiled.spec
        names, codes = compiled.participants, compiled.currencies
        before: tuple[int, int] | None = None  # participant and currency the money is at
        first_currency = spec.rails[spec.routes[route][0].rail].currency
        for position, hop in enumerate(spec.routes[route], 1):
            ends = []
            for kind, which in (hop.debtor, hop.creditor):
                who = self._who(kind, which, debtor, creditor)
                if who is None:
                    of = names[debtor if kind == k.ROLE_AGENT_OF_DEBTOR else creditor]
                    return f"hop {position}: {of} has no agent for {codes[which]}", f"agents.{codes[which]} of {of}"
                ends.append(who)
            if ends[0] == ends[1]:
                continue
            rail, currency = compiled.rails[hop.rail], spec.rails[hop.rail].currency
            for who in ends:
                if (hop.rail, who) not in self._accounts:
                    return f"hop {position}: {names[who]} has no account on {rail}", f"accounts.{rail}.{names[who]}"
            if before is None and currency != first_currency:
                return f"hop {position} in {codes[currency]} comes first", f"a first hop in {codes[first_currency]}"
            if before is not None:
                if before[0] != ends[0]:
                    return (
                        f"hop {position} starts at {names[ends[0]]}, the money is at {names[before[0]]}",
                        "hops that join",
                    )
                if before[1] != currency and (ends[0], before[1], currency) not in self._quotes:
                    pair = f"{codes[before[1]]} to {codes[currency]}"
                    return f"hop {position}: {names[ends[0]]} quotes no {pair}", f"a dealer for {pair} in [fx.dealers]"
            before = ends[1], currency
        if before is None:
            return "no hop between two different participants", "a route that moves the money"
        last = spec.rails[spec.routes[route][-1].rail].currency
        if before[1] != last:
            return f"the money stays in {codes[before[1]]}", f"a last hop in {codes[last]} to somebody else"
        return None

    def _fault(
        self, batch: DemandBatch, at: int, route: int, debtor: int, creditor: int, got: str, expected: str
    ) -> Fault:
        compiled = self._compiled
        flow = list(compiled.scenario.flows)[int(batch.flow[at])]
        reference = batch.reference[at].as_py() if batch.reference is not None else None
        payment = f"payment {reference}" if reference is not None else f"payment number {batch.first_payment_id + at}"
        names = compiled.participants
        return Fault(
            code="LH061",
            where=f"flows.{flow}: {payment}, {names[debtor]} to {names[creditor]} by {compiled.routes[route]}",
            got=got,
            expected=expected,
        )
