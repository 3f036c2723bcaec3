"""The wallets of a retail system as flat arrays of records, and what their states and outcomes are called.

A wallet is one cache line of 64 bytes, so a payment touches two lines of memory however many millions of wallets there
are. A payment is 40 bytes on its way in and 64 in the log, and both arrays are used again and again.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simcore.kernels.wallet_names import INTEREST as INTEREST
from simcore.kernels.wallet_names import OFFLINE_AT_END as OFFLINE_AT_END
from simcore.kernels.wallet_names import PAYMENT as PAYMENT
from simcore.kernels.wallet_names import REJECTED_BALANCE_LIMIT as REJECTED_BALANCE_LIMIT
from simcore.kernels.wallet_names import REJECTED_BANK_RESERVE as REJECTED_BANK_RESERVE
from simcore.kernels.wallet_names import REJECTED_DAY_LIMIT as REJECTED_DAY_LIMIT
from simcore.kernels.wallet_names import REJECTED_DOUBLE_SPEND as REJECTED_DOUBLE_SPEND
from simcore.kernels.wallet_names import REJECTED_INSUFFICIENT_FUNDS as REJECTED_INSUFFICIENT_FUNDS
from simcore.kernels.wallet_names import REJECTED_OFFLINE_LIMIT as REJECTED_OFFLINE_LIMIT
from simcore.kernels.wallet_names import REJECTED_PAYMENT_LIMIT as REJECTED_PAYMENT_LIMIT
from simcore.kernels.wallet_names import SETTLED as SETTLED
from simcore.kernels.wallet_names import TOP_UP as TOP_UP
from simcore.kernels.wallet_names import WALLET_KIND_NAMES as WALLET_KIND_NAMES
from simcore.kernels.wallet_names import WALLET_STATUS_NAMES as WALLET_STATUS_NAMES
from simcore.kernels.wallet_names import WITHDRAWAL as WITHDRAWAL
from simcore.kernels.world import HEAP_SIZE as HEAP_SIZE

Int64 = NDArray[np.int64]
Records = Any  # structured array of the dtype named beside it

# Positions in WalletWorld.state.
NOW: Final = 0  # instant of the last event
FEED_POSITION: Final = 1
FEED_FINAL: Final = 2  # 1: no payments after this batch
NEXT_ID: Final = 3  # payment_id of the payment at FEED_POSITION
FREE: Final = 4  # first free record of pending
ROWS: Final = 5  # rows in the log
REGIME: Final = 6
# 7 is HEAP_SIZE: offline payments under way stand in the heap of simcore.kernels.due
NEXT_MIDNIGHT: Final = 8  # the earliest of zone_next
FETCHED: Final = 9  # position in the feed up to which wallets have been fetched
FETCH_SUM: Final = 10  # of no meaning: without it the compiler would leave the fetching out
INTEREST_WALLET: Final = 11  # the next wallet that interest is paid to
INTEREST_PAID: Final = 12  # in the payment of interest under way
STATE_SIZE: Final = 13

FETCH: Final = 32  # payments whose wallets are fetched together

# What the balance of a wallet is.
CASH: Final = 0  # money of the central bank, covered in full there
DEPOSIT: Final = 1  # a liability of the operator, if that is a bank

ONLINE: Final = -1  # offline_us of a payment that is posted at once
DEPOSIT_SIDE: Final = -1  # payer of a top-up, payee of a withdrawal: the bank account of the other side
UNBOUND: Final = -1  # bank of a wallet without a bank account

WALLET: Final = np.dtype(
    [
        ("balance", np.int64),
        ("spent", np.int64),  # paid since local midnight of `day`
        ("offline", np.int64),  # paid offline and not yet posted
        ("deposit", np.int64),  # on the bank account the wallet is bound to
        ("balance_days", np.int64),  # sum of the balances at local midnights, for interest
        ("day", np.int32),  # local day `spent` belongs to, days since the epoch
        ("operator", np.int16),
        ("bank", np.int16),
        ("wallet_class", np.int8),
        ("zone", np.int8),
        ("unused", np.uint8, 14),  # a wallet never lies across two cache lines
    ],
    align=True,
)
CLASS: Final = np.dtype([(name, np.int64) for name in ("payment", "day", "balance", "offline")])
OPERATOR: Final = np.dtype(
    [
        ("is_bank", np.int64),
        ("reserve", np.int64),  # a bank's account at the central bank
        ("backing", np.int64),  # held at the central bank against wallets, 100 % where it is held at all
        ("position", np.int64),  # net received from other operators and not yet settled
        ("wallets", np.int64),  # sum of the balances of its wallets
        ("deposits", np.int64),  # sum of the bank accounts that wallets are bound to
        ("interest", np.int64),  # paid to its wallets
        ("moved", np.int64),  # paid to others at the central bank, cycles included
    ]
)
WALLET_PAYMENT: Final = np.dtype(
    [
        ("initiated_at", np.int64),
        ("amount", np.int64),
        ("offline_us", np.int64),  # time until an offline payment is posted; ONLINE if it isn't one
        ("payer", np.int32),
        ("payee", np.int32),
        ("flow", np.int32),  # carried to the log
        ("unused", np.int32),
    ]
)
WALLET_ROW: Final = np.dtype(
    [
        ("payment_id", np.int64),
        ("initiated_at", np.int64),
        ("decided_at", np.int64),
        ("amount", np.int64),
        ("topped_up", np.int64),  # moved from the payer's bank account to its wallet
        ("swept", np.int64),  # moved from the payee's wallet to its bank account
        ("payer", np.int32),
        ("payee", np.int32),
        ("flow", np.int16),
        ("status", np.int8),
        ("offline", np.int8),
        ("kind", np.int8),
    ],
    align=True,
)
PENDING: Final = np.dtype(
    [
        ("due", np.int64),  # when it is posted
        ("key", np.int64),  # payment_id
        ("initiated_at", np.int64),
        ("amount", np.int64),
        ("payer", np.int32),
        ("payee", np.int32),
        ("next", np.int64),
        ("flow", np.int64),
    ]
)


class WalletWorld(NamedTuple):
    """All arrays of one retail system.

    Parameters
    ----------
    state : int64 (STATE_SIZE,)
    wallets : WALLET (n_wallet,)
    classes : CLASS (n_class,)          limits, minor units
    operators : OPERATOR (n_operator,)
    midnights : int64 (n_zone, n_day + 1)    local midnights, microseconds UTC, ascending in each row
    first_day : int64 (n_zone,)         local day, days since the epoch, that begins at midnights[zone, 0]
    zone_day : int64 (n_zone,)          today
    zone_next : int64 (n_zone,)         when tomorrow begins
    feed : WALLET_PAYMENT (n,)          payments to come, by time
    pending : PENDING (n_pending,)      offline payments under way
    heap : DUE (n_pending,)             records of pending by (due, key)
    log : WALLET_ROW (n_row,)
    """

    state: Int64
    wallets: Records
    classes: Records
    operators: Records
    midnights: Int64
    first_day: Int64
    zone_day: Int64
    zone_next: Int64
    feed: Records
    pending: Records
    heap: Records
    log: Records
