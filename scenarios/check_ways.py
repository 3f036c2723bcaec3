"""Checks of a route as one flow uses it: for every debtor and creditor the hops join, and everybody has an account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fx.currency import is_currency
from scenarios.keys import KeyPath, listed, shown_path
from scenarios.references import Checks
from simcore.market import Dealer
from simcore.model import Hop


@dataclass(frozen=True)
class Role:
    """One end of a hop: ``side`` is whose it is ("debtor", "creditor", or "" for a named participant)."""

    side: str
    name: str = ""
    """The participant, where named."""
    currency: str = ""
    """Currency of the agent, where it is one."""


def parse_role(text: str, participants: list[str]) -> Role | None:
    """The role a text means; a participant's name goes before the agents' form."""
    if text in ("debtor", "creditor"):
        return Role(text)
    if text in participants:
        return Role("", text)
    match = re.fullmatch(r"(creditor\.|debtor\.)?agent\.([A-Z]{3})", text)
    if match and match[1] != "debtor.":
        return Role("creditor" if match[1] else "debtor", currency=match[2])
    return None


class Ways:
    """One route as one flow uses it: who stands at each end of each hop, for every debtor and creditor."""

    def __init__(
        self, checks: Checks, route: str, debtors: list[str], creditors: list[str], strict: bool, done: set[KeyPath]
    ) -> None:
        self.checks, self.path, self.strict, self.done = checks, ("routes", route), strict, done
        self.hops: tuple[Hop, ...] = checks.scenario.routes[route].hops
        participants = checks.scenario.participants
        self.sides = {"debtor": [name for name in debtors if name in participants],
                      "creditor": [name for name in creditors if name in participants], "": [""]}  # fmt: skip
        self.names = checks.rest.names("participants")

    def say(self, code: str, path: KeyPath, got: str, expected: str, try_: str = "") -> None:
        """Note a fault unless another flow met it before."""
        key = (code, *path, got)
        if key not in self.done:
            self.done.add(key)
            self.checks.say(code, path, got, expected, try_)

    def stands(self, role: Role) -> dict[str, str]:
        """Debtor or creditor (or "") → the participant who stands there; those without an agent are left out."""
        if not role.currency:
            return {who: role.name or who for who in self.sides[role.side]}
        agents = {
            who: self.checks.scenario.participants[who].agents.get(role.currency) for who in self.sides[role.side]
        }
        return {who: agent for who, agent in agents.items() if agent is not None}

    def check(self) -> None:
        """Note what doesn't join, which accounts and agents are missing, and who should be a dealer."""
        roles = []
        for hop in self.hops:
            pair = [parse_role(text, self.names) for text in (hop.debtor, hop.creditor)]
            if hop.rail not in self.checks.scenario.rails or pair[0] is None or pair[1] is None or pair[0] == pair[1]:
                return  # said already, or set aside
            roles.append((pair[0], pair[1]))
        if not roles:
            return
        self._agents(roles)
        # A trade of two members comes back to the debtor.
        last = "debtor" if self.checks.scenario.rails[self.hops[0].rail].kind == "cls" else "creditor"
        texts = ["debtor", *(text for hop in self.hops for text in (hop.debtor, hop.creditor)), last]
        ends = [Role("debtor"), *(role for pair in roles for role in pair), Role(last)]
        for at in range(0, len(ends), 2):
            if ends[at] != ends[at + 1]:
                self._join(at // 2, ends[at], ends[at + 1], texts[at], texts[at + 1])
        for index, (before, after) in enumerate(zip(self.hops, self.hops[1:])):
            self._exchange(index, before, after, roles[index][1])
        if self.strict:
            for index, hop in enumerate(self.hops):
                self._accounts(index, hop, *roles[index])

    def _agents(self, roles: list[tuple[Role, Role]]) -> None:
        """Everybody who needs an agent has one, when the flow says who pays."""
        wanted = dict.fromkeys(role for pair in roles for role in pair if role.currency) if self.strict else {}
        somewhere = {code for one in self.checks.scenario.participants.values() for code in one.agents}
        for role in wanted:
            if role.currency not in somewhere:
                continue  # the route says so itself
            for who in self.sides[role.side]:
                if role.currency not in self.checks.scenario.participants[who].agents:
                    expected = f"an agent for {role.currency}, which route {self.path[1]} asks for"
                    self.say("LH026", ("participants", who, "agents"), f"no agent for {role.currency}", expected,
                             f'agents = {{ {role.currency} = "…" }}')  # fmt: skip

    def _join(self, index: int, arrives: Role, leaves: Role, arrives_text: str, leaves_text: str) -> None:
        if arrives.name and leaves.name:
            return  # said by the route itself
        for who, here, there in _meetings(self.stands(arrives), arrives.side, self.stands(leaves), leaves.side):
            if here == there:
                continue
            path = (*self.path, "hops", min(index, len(self.hops) - 1), "to" if index == len(self.hops) else "from")
            if index == 0:
                self.say("LH043", path, leaves_text, "debtor, with whom every route begins", 'from = "debtor"')
            elif index == len(self.hops):
                self.say("LH043", path, arrives_text, "creditor, with whom every route ends", 'to = "creditor"')
            else:
                got = f"{leaves_text}, but hop {index - 1} ends at {arrives_text}"
                got += f" ({there} and {here} when {who})"
                self.say("LH043", path, got, "a hop that begins where the one before ended",
                         f'from = "{arrives_text}"')  # fmt: skip
            return

    def _exchange(self, index: int, before: Hop, after: Hop, role: Role) -> None:
        """A change of currency happens only at a dealer who quotes the pair."""
        rails, fx = self.checks.scenario.rails, self.checks.scenario.fx
        source, target = rails[before.rail].currency, rails[after.rail].currency
        if source == target or not is_currency(source) or not is_currency(target) or not self.checks.rest.whole("fx"):
            return
        for who in dict.fromkeys(self.stands(role).values()):
            dealer = fx.dealers.get(who)
            if dealer is None and not self.strict and role.side:
                continue
            quoted = {frozenset(pair.split("/")) for pair in dealer.pairs} if dealer else set()
            if frozenset((source, target)) not in quoted:
                got = f"{source} changed into {target} at {who}, " + (
                    f"which quotes {listed(dealer.pairs)}" if dealer else "which is no dealer")  # fmt: skip
                self.say("LH044", (*self.path, "hops", index, "to"), got, f"a dealer that quotes {source}/{target}",
                         self._quotes(who, dealer, source, target))  # fmt: skip

    def _quotes(self, who: str, dealer: Dealer | None, source: str, target: str) -> str:
        """What to write where nobody quotes: the dealer, its pairs with the one that is missing, or first the pair."""
        if dealer is None:
            return f"[fx.dealers.{shown_path((who,))}]"
        known = [pair for pair in self.checks.scenario.fx.pairs if set(pair.split("/")) == {source, target}]
        if not known:
            return f'[fx.pairs."{source}/{target}"]'
        return "pairs = [" + ", ".join(f'"{pair}"' for pair in (*dealer.pairs, known[0])) + "]"

    def _accounts(self, index: int, hop: Hop, debtor: Role, creditor: Role) -> None:
        """Everybody who may stand at an end of a hop has an account on its rail, unless the hop is always skipped."""
        if not self.checks.rest.whole("accounts", hop.rail):
            return
        held = self.checks.scenario.accounts.get(hop.rail, {})
        if not set(held) <= set(self.names):
            return  # an account of somebody unknown, said already, is likely the one that seems to be missing
        needed: dict[str, str] = {}
        for _, one, other in _meetings(self.stands(debtor), debtor.side, self.stands(creditor), creditor.side):
            if one != other:
                needed.setdefault(one, "from")
                needed.setdefault(other, "to")
        for who, key in needed.items():
            if who not in held:
                near = f"[accounts.{shown_path((hop.rail, who))}]"
                got, expected = f"{who}, who has no account on {hop.rail}", f"an account on {hop.rail}"
                other = self._beside(index, key)
                both = [one for one in held if one in self.checks.scenario.accounts.get(other, {})]
                joint = other != hop.rail and self.checks.rest.whole("accounts", other)
                if joint and both:
                    expected = f"accounts on {hop.rail} and {other}"
                elif joint:
                    got += f"; nobody has accounts on both {hop.rail} and {other}"
                self.say("LH045", (*self.path, "hops", index, key), got,
                         f"participants with {expected}: {listed(both if joint and both else held)}", near)  # fmt: skip

    def _beside(self, index: int, key: str) -> str:
        """The rail of the hop that meets this one at an end; its own where the route ends."""
        beside = index + (1 if key == "to" else -1)
        return self.hops[beside if 0 <= beside < len(self.hops) else index].rail


def _meetings(
    one: dict[str, str], one_side: str, other: dict[str, str], other_side: str
) -> Iterator[tuple[str, str, str]]:
    """Who stands at two roles at once: (for whom, first, second), for every debtor and creditor that differ.

    Where the two sides differ and there are many, each participant of one side meets a few of the other, of different
    kinds: enough to see everybody who stands anywhere, and to see two that are not the same.
    """
    if one_side == other_side:
        for who in one:
            if who in other:
                yield f"{who} is the {one_side}" if one_side else "", one[who], other[who]
        return
    some, others = _few(one), _few(other)
    for who, stands in one.items():
        for whom in others:
            if whom != who:
                yield _pair(who, one_side, whom, other_side), stands, other[whom]
    for whom, stands in other.items():
        for who in some:
            if whom != who:
                yield _pair(who, one_side, whom, other_side), one[who], stands


def _few(stands: dict[str, str]) -> list[str]:
    """Two for each of the first four that stand there."""
    found: dict[str, list[str]] = {}
    for who, where in stands.items():
        if where in found or len(found) < 4:
            found.setdefault(where, []).append(who)
    return [who for names in found.values() for who in names[:2]]


def _pair(one: str, one_side: str, other: str, other_side: str) -> str:
    sides = {one_side: one, other_side: other}
    return " and ".join(f"{sides[side]} is the {side}" for side in ("debtor", "creditor") if sides.get(side))
