"""Checks of the currency market: pairs of two currencies, rates for every day of the run, dealers who take part."""

from __future__ import annotations

from fx.anchored import anchored_currencies, anchored_path
from fx.rates import RateNotFound, RatePath
from scenarios.check_dealers import check_dealers
from scenarios.check_quoting import check_quoting
from scenarios.check_rates import check_hours, check_paths
from scenarios.keys import KeyPath, shown_value
from scenarios.references import Checks, check_file
from simcore.datafiles import data_path
from simcore.engine.given_rates import read_rates
from simcore.errors import ScenarioError
from simcore.market import Pair
from simcore.rates.paths import start_rate

SOURCE_KEYS = {"ecb": None, "constant": "rate", "given": "file", "anchored": None, "simulated": None}
SIMULATED = "simulated"


def pair_currencies(name: str) -> tuple[str, str] | None:
    """The two currencies of ``USD/CNY``."""
    source, slash, target = name.partition("/")
    return (source, target) if slash and source and target and source != target else None


def check_fx(checks: Checks) -> None:
    """Note the faults of market hours, pairs, paths and dealers."""
    fx = checks.scenario.fx
    check_hours(checks)
    for name, pair in fx.pairs.items():
        path: KeyPath = ("fx", "pairs", name)
        currencies = pair_currencies(name)
        if currencies is None:
            checks.say("LH056", path, shown_value(name), "two currencies, the second for one of the first", '"USD/CNY"')
            continue
        known = [checks.currency(path, currency) for currency in currencies]  # all of them, for their faults
        if not all(known):
            continue
        reverse = "/".join(reversed(currencies))
        if reverse in fx.pairs and list(fx.pairs).index(reverse) < list(fx.pairs).index(name):
            checks.say("LH056", path, f"{name} beside {reverse}", "each pair once; a rate serves both ways")
        _rate(checks, path, pair, currencies)
        check_quoting(checks, path, pair, currencies)
    check_paths(checks)
    check_dealers(checks)


def _rate(checks: Checks, path: KeyPath, pair: Pair, currencies: tuple[str, str]) -> None:
    needed = SOURCE_KEYS[pair.source]
    for key in ("rate", "file"):
        given = getattr(pair, key) is not None
        if given and key != needed and (pair.source, key) != (SIMULATED, "rate"):
            right = next(source for source, wanted in SOURCE_KEYS.items() if wanted == key)
            checks.say("LH055", (*path, key), f'{key} beside source = "{pair.source}"', "one kind of rate",
                       f'source = "{right}"')  # fmt: skip
        elif not given and key == needed:
            example = "rate = 7.2" if key == "rate" else 'file = "rates.csv"'
            checks.say("LH055", (*path, key), "nothing", f'{key}, which source = "{pair.source}" needs', example)
    try:
        if pair.source == "constant" and pair.rate is not None:
            RatePath.constant(*currencies, pair.rate)
        elif pair.source == "ecb" and checks.rest.whole("scenario") and checks.scenario.scenario.days >= 1:
            info = checks.scenario.scenario
            RatePath.from_history(*currencies, info.start, info.days)
        elif pair.source == "anchored" and checks.rest.whole("scenario") and checks.scenario.scenario.days >= 1:
            info = checks.scenario.scenario
            anchored_path(*currencies, info.start, info.days)
        elif pair.source == SIMULATED and checks.rest.whole("scenario"):
            RatePath.constant(*currencies, start_rate("/".join(currencies), pair, checks.scenario.scenario))
    except RateNotFound as error:
        got, source = str(error).split("; ")[0], (*path, "source")
        if pair.source == SIMULATED:
            checks.say("LH055", source, got, "a published rate before the run, or a rate to start with", "rate = 7.2")
        else:
            anchored = pair.source == "ecb" and not set(currencies).isdisjoint(anchored_currencies())
            try_ = 'source = "anchored"' if anchored else 'give a rate: source = "constant"'
            checks.say("LH055", source, got, "a published rate for each day of the run", try_)
    except (ValueError, OverflowError) as error:
        checks.say("LH055", (*path, "rate"), str(error), "a rate above zero that the exact arithmetic can hold")
    if pair.source == "given" and pair.file is not None and check_file(checks, (*path, "file"), pair.file, "*.csv"):
        try:
            RatePath.given(*currencies, read_rates(data_path(checks.document.folder, pair.file), pair.file))
        except ScenarioError as error:
            checks.faults += error.faults
        except (ValueError, OverflowError) as error:
            checks.say(
                "LH055", (*path, "file"), str(error), "rates that the exact arithmetic can hold, times that rise"
            )
