"""Checks of drawn latencies: exactly one distribution, with possible parameters."""

from __future__ import annotations

from scenarios.keys import KeyPath
from scenarios.references import Checks
from simcore.model import Latency


def check_latency(checks: Checks, path: KeyPath, latency: Latency) -> None:
    """Note the faults of a drawn latency at a key path."""
    given = [key for key in ("lognormal", "exponential", "uniform") if getattr(latency, key) is not None]
    if len(given) != 1:
        checks.say("LH057", path, " and ".join(given) or "no distribution",
                   "exactly one of lognormal, exponential, uniform")  # fmt: skip
    if latency.lognormal is not None:
        checks.at_least((*path, "lognormal", "sigma"), latency.lognormal.sigma, 0, "a sigma that isn't negative")
        if latency.lognormal.median <= 0:
            checks.say("LH016", (*path, "lognormal", "median"), "0 s", "a median above zero", '"1 s"')
    if latency.uniform is not None and latency.uniform.low > latency.uniform.high:
        checks.say("LH016", (*path, "uniform"), "low above high", "low at most high")
    if latency.most is not None and latency.most < latency.least:
        checks.say("LH016", (*path, "most"), "most below least", "most at least least")
