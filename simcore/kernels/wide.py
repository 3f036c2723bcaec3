"""Constants that kernels pass to each other, as int64: a Python int is a type of its own to the compiler.

A function called with ten different Python constants would be compiled ten times.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from simcore.kernels import constants as plain

ZERO: Final = np.int64(0)
ONE: Final = np.int64(1)
NONE: Final = np.int64(plain.NONE)
NEVER: Final = np.int64(plain.NEVER)
FORWARD: Final = np.int64(1)
BACKWARD: Final = np.int64(-1)
BYPASS: Final = np.int64(plain.BYPASS)
ORDERED: Final = np.int64(plain.ORDERED)
KIND_PAYMENT: Final = np.int64(plain.KIND_PAYMENT)
KIND_PART: Final = np.int64(plain.KIND_PART)
KIND_FEE: Final = np.int64(plain.KIND_FEE)
KIND_SPREAD: Final = np.int64(plain.KIND_SPREAD)
KIND_RETURN: Final = np.int64(plain.KIND_RETURN)
KIND_REFUND: Final = np.int64(plain.KIND_REFUND)
KIND_RECOVERY: Final = np.int64(plain.KIND_RECOVERY)
KIND_SETTLEMENT: Final = np.int64(plain.KIND_SETTLEMENT)
SETTLED_GROSS: Final = np.int64(plain.SETTLED_GROSS)
SETTLED_OFFSET: Final = np.int64(plain.SETTLED_OFFSET)
SETTLED_NET: Final = np.int64(plain.SETTLED_NET)
REJECTED_CLOSED: Final = np.int64(plain.REJECTED_CLOSED)
REJECTED_INSUFFICIENT_FUNDS: Final = np.int64(plain.REJECTED_INSUFFICIENT_FUNDS)
REJECTED_LIMIT: Final = np.int64(plain.REJECTED_LIMIT)
REJECTED_SCREENING: Final = np.int64(plain.REJECTED_SCREENING)
REJECTED_TIME_LIMIT: Final = np.int64(plain.REJECTED_TIME_LIMIT)
REJECTED_QUOTE: Final = np.int64(plain.REJECTED_QUOTE)
REJECTED_DAY_LIMIT: Final = np.int64(plain.REJECTED_DAY_LIMIT)
REJECTED_PROXY: Final = np.int64(plain.REJECTED_PROXY)
RETURNED_CLOSED: Final = np.int64(plain.RETURNED_CLOSED)
RETURNED_CUT_OFF: Final = np.int64(plain.RETURNED_CUT_OFF)
RETURNED_ZERO_AMOUNT: Final = np.int64(plain.RETURNED_ZERO_AMOUNT)
