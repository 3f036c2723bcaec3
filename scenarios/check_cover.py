"""Checks of routes by the cover method: one currency, and nothing kept of the cover on its way."""

from __future__ import annotations

from scenarios.keys import KeyPath
from scenarios.references import Checks
from simcore.model import Route


def check_cover(checks: Checks, path: KeyPath, route: Route) -> None:
    """Note what a cover can't do."""
    if route.cover is None:
        return
    currencies = [checks.scenario.rails[hop.rail].currency for hop in route.hops if hop.rail in checks.scenario.rails]
    if len(set(currencies)) > 1:
        checks.say("LH185", (*path, "cover"), f"a cover in {' and '.join(dict.fromkeys(currencies))}",
                   "hops of one currency: message and cover are of one amount")  # fmt: skip
    for index, hop in enumerate(route.hops):
        if hop.fee is not None:
            checks.say("LH185", (*path, "hops", index, "fee"), "a fee kept of a cover",
                       "none: a cover is paid in full, and its charges are asked of the debtor's bank",
                       'sending_fee = { fixed = "25 USD" }')  # fmt: skip
