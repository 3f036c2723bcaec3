"""The speed goals of netting, each a ratio of two times taken in turn in one process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numba
import numpy as np

from benchmarks.flows import OPENINGS, PARTICIPANTS, make_payments
from benchmarks.goals import Goal
from benchmarks.measure import Stopwatch, in_turn, times
from benchmarks.netting_instances import make
from benchmarks.rtgs_loops import BATCH, LOG_ROWS, SLOTS, Measured, drive, feeds, one_rail
from simcore.accelerate import kernel
from simcore.engine.build import build_world
from simcore.errors import InvariantError
from simcore.kernels import control
from simcore.kernels.constants import BYPASS
from simcore.lsm.base import Problem
from simcore.lsm.bounds import need_library
from simcore.lsm.gridlock_resolution import GridlockResolution
from simcore.lsm.grouping import net_positions
from simcore.lsm.set_off import SetOff
