"""Paths of rates by block bootstrap: blocks of the ECB's daily log returns in new order, joint over pairs."""

from __future__ import annotations

import datetime as dt
from math import fsum

import numpy as np
from numpy.typing import NDArray

from fx.rates import history, history_range
from simcore.demand.portable import log
from simcore.market import BlockBootstrap
from simcore.rates.steps import Steps
from simcore.rng import stream

Floats = NDArray[np.float64]


def history_days(path: BlockBootstrap, start: dt.date) -> tuple[dt.date, dt.date]:
    """First and last day of the history a path draws from; by default it ends the day before the run starts."""
    first, last = history_range()
    return path.first or first, path.last or min(last, max(first, start - dt.timedelta(days=1)))


def history_returns(path: BlockBootstrap, start: dt.date) -> dict[str, Floats]:
    """Return the daily log returns of each pair: pair → float64 (n_return,), from one publication to the next.

    Raises
    ------
    RateNotFound    a currency without published rates on some day of the history
    """
    returns = {}
    for name in path.pairs:
        source, _, target = name.partition("/")
        rates = np.array([float(rate) for _, rate in history(source, target, *history_days(path, start))])
        returns[name] = log(rates[1:] / rates[:-1]) if rates.size > 1 else np.zeros(0)
    return returns


def bootstrap_returns(name: str, path: BlockBootstrap, start: dt.date, steps: Steps, seed: int) -> dict[str, Floats]:
    """Return the log returns of each pair at each step: pair → float64 (n_step,).

    A step that is the share w of a trading day takes one day's return r as  m w + (r − m) √w  with m the mean of the
    history, so that the mean and variance of a day stay those of the history whatever the step. Which days are drawn
    depends on the seed, the path's name and the length of the history alone: another pair changes nothing.

    References
    ----------
    Politis and Romano (1992), "A circular block-resampling procedure for stationary data", in LePage and Billard
    (eds.), Exploring the Limits of Bootstrap.
    """
    past = history_returns(path, start)
    n_return = min((each.size for each in past.values()), default=0)
    n_block = -(-steps.share.size // path.block)
    starts = np.floor(stream(seed, f"fx:{name}:blocks").random(n_block) * n_return).astype(np.int64)
    drawn = (starts[:, None] + np.arange(path.block)).ravel()[: steps.share.size] % max(n_return, 1)
    returns = {}
    for pair, each in past.items():
        mean = fsum(each.tolist()) / each.size
        returns[pair] = mean * steps.share + (each[drawn] - mean) * np.sqrt(steps.share)
    return returns
