"""Small integers that kernels, tables and twins share; the names are what users read in the tables."""

from __future__ import annotations

from typing import Final

# Disciplines and queue rules (DESIGN §4).
GROSS: Final = 0
COLLECT: Final = 1
INSTANT: Final = 2
FIFO: Final = 0
PRIORITY: Final = 1
BYPASS: Final = 2
ORDERED: Final = 3  # strict by priority, but released in the order of the whole rail's queue, as bypass is

# What a rail does with an obligation that arrives closed.
WAIT: Final = 0
REJECT: Final = 1
RETURN: Final = 2

# State of a rail.
CLOSED: Final = 0
OPEN: Final = 1
CUT_OFF: Final = 2  # no new obligations; the queue may still be released
FUNDING_ONLY: Final = 3  # only transfers that fund another rail

# How the obligations of a hop settle at its rail.
SINGLY: Final = 0  # one by one, at once or from the queue
IN_CYCLES: Final = 1  # all are collected: the rail does nothing else
IN_BATCHES: Final = 2  # collected for the rail's batches, money on its way back aside
BY_TERMS: Final = 3  # collected for them where amount and priority are such

# Columns of World.tiers: what an account holds back, and what it may release against.
HELD_HIGHLY_URGENT: Final = 0  # from all but highly urgent obligations
HELD_URGENT: Final = 1  # from all that are neither highly urgent nor urgent
RECEIPTS: Final = 2  # received in the window and not yet paid out

# What is looked at when an obligation reaches its open rail, before anything else: bits of a hop's `tests`.
HELD_BY_DEALER: Final = 1  # its money may be exchanged next, by a dealer who doesn't deal at all times
HELD_BY_CUT_OFF: Final = 2  # its hop has a cut-off, after which it comes to the rail once more
BOUNDED: Final = 4  # the rail has a least or a most amount
HELD_BY_LINK: Final = 8  # it settles together with the next hop, and a link waits until both can
MAY_BE_OUT: Final = 16  # participants may be out, and then send nothing
LINKED: Final = 32  # its route belongs to a link of instant payment systems

# Columns of World.promise: what a link has promised a payment, by slot.
DEADLINE: Final = 0  # when its money goes back if it isn't credited
LATE: Final = 1  # 1: its next hop would come after that, and it comes back then
QUOTED_UNTIL: Final = 2  # how long the quote is honoured; an instant gone by: there is none
QUOTED_NUMERATOR: Final = 3
QUOTED_DENOMINATOR: Final = 4
QUOTED_SPREAD: Final = 5
QUOTED_FX: Final = 6  # row of fx, -1: the quote in force is taken
COUNTED: Final = 7  # what counts against the limit of its customer's day
COUNTED_DAY: Final = 8
PROMISES: Final = 9
UNRESOLVED: Final = 2**60  # added to a drawn latency before it is made negative: the proxy leads nowhere

# Roles of a hop.
ROLE_DEBTOR: Final = 0
ROLE_CREDITOR: Final = 1
ROLE_PARTICIPANT: Final = 2
ROLE_AGENT_OF_DEBTOR: Final = 3
ROLE_AGENT_OF_CREDITOR: Final = 4

# Status of an obligation or payment, worded as the rule that decided.
SETTLED_GROSS: Final = 1
SETTLED_OFFSET: Final = 2
SETTLED_NET: Final = 3
QUEUED_AT_END: Final = 10
WAITING_AT_END: Final = 11
COLLECTED_AT_END: Final = 12
IN_TRANSIT_AT_END: Final = 13
RETURN_PENDING_AT_END: Final = 14
HELD_AT_END: Final = 15
REJECTED_INSUFFICIENT_FUNDS: Final = 20
REJECTED_CLOSED: Final = 21
REJECTED_LIMIT: Final = 22
REJECTED_SCREENING: Final = 23
REJECTED_TIME_LIMIT: Final = 24
REJECTED_QUOTE: Final = 25
REJECTED_DAY_LIMIT: Final = 26
REJECTED_PROXY: Final = 27
RETURNED_CUT_OFF: Final = 30
RETURNED_CLOSED: Final = 31
RETURNED_ZERO_AMOUNT: Final = 32
RETURNED_UNWOUND: Final = 33
RETURNED_DEFAULT: Final = 34
RETURNED_LOCK_ENDED: Final = 35
CLAIMED_LATE: Final = 40

STATUS_NAMES: Final = {
    SETTLED_GROSS: "SETTLED_GROSS",
    SETTLED_OFFSET: "SETTLED_OFFSET",
    SETTLED_NET: "SETTLED_NET",
    QUEUED_AT_END: "QUEUED_AT_END",
    WAITING_AT_END: "WAITING_AT_END",
    COLLECTED_AT_END: "COLLECTED_AT_END",
    IN_TRANSIT_AT_END: "IN_TRANSIT_AT_END",
    RETURN_PENDING_AT_END: "RETURN_PENDING_AT_END",
    HELD_AT_END: "HELD_AT_END",
    REJECTED_INSUFFICIENT_FUNDS: "REJECTED_INSUFFICIENT_FUNDS",
    REJECTED_CLOSED: "REJECTED_CLOSED",
    REJECTED_LIMIT: "REJECTED_LIMIT",
    REJECTED_SCREENING: "REJECTED_SCREENING",
    REJECTED_TIME_LIMIT: "REJECTED_TIME_LIMIT",
    REJECTED_QUOTE: "REJECTED_QUOTE",
    REJECTED_DAY_LIMIT: "REJECTED_DAY_LIMIT",
    REJECTED_PROXY: "REJECTED_PROXY",
    RETURNED_CUT_OFF: "RETURNED_CUT_OFF",
    RETURNED_CLOSED: "RETURNED_CLOSED",
    RETURNED_ZERO_AMOUNT: "RETURNED_ZERO_AMOUNT",
    RETURNED_UNWOUND: "RETURNED_UNWOUND",
    RETURNED_DEFAULT: "RETURNED_DEFAULT",
    RETURNED_LOCK_ENDED: "RETURNED_LOCK_ENDED",
    CLAIMED_LATE: "CLAIMED_LATE",
}

# Why a row of obligations moved money.
KIND_PAYMENT: Final = 0
KIND_SPREAD: Final = 1
KIND_FUNDING: Final = 2
KIND_SWEEP: Final = 3
KIND_RETURN: Final = 4
KIND_FEE: Final = 5
KIND_CREDIT: Final = 6
KIND_REPAYMENT: Final = 7
KIND_LOSS_SHARE: Final = 8
KIND_RECOVERY: Final = 9
KIND_PART: Final = 10
KIND_REFILL: Final = 11
KIND_ISSUE: Final = 12
KIND_REDEMPTION: Final = 13
KIND_SETTLEMENT: Final = 14
KIND_REFUND: Final = 15
KIND_INTRADAY_CREDIT: Final = 16
KIND_INTRADAY_REPAYMENT: Final = 17
KIND_CREDIT_CHARGE: Final = 18
KIND_WALLET_ISSUE: Final = 19
KIND_WALLET_REDEMPTION: Final = 20
KIND_WALLET_SETTLEMENT: Final = 21
KIND_PAY_IN: Final = 22
KIND_PAY_OUT: Final = 23
KIND_EXCHANGE: Final = 24
KIND_OUTSIDE: Final = 25
KIND_LOCK: Final = 26
KIND_UNLOCK: Final = 27

KIND_NAMES: Final = {
    KIND_PAYMENT: "payment",
    KIND_SPREAD: "spread",
    KIND_FUNDING: "funding",
    KIND_SWEEP: "sweep",
    KIND_RETURN: "return",
    KIND_FEE: "fee",
    KIND_CREDIT: "credit",
    KIND_REPAYMENT: "repayment",
    KIND_LOSS_SHARE: "loss_share",
    KIND_RECOVERY: "recovery",
    KIND_PART: "part",
    KIND_REFILL: "refill",
    KIND_ISSUE: "issue",
    KIND_REDEMPTION: "redemption",
    KIND_SETTLEMENT: "settlement",
    KIND_REFUND: "refund",
    KIND_INTRADAY_CREDIT: "intraday_credit",
    KIND_INTRADAY_REPAYMENT: "intraday_repayment",
    KIND_CREDIT_CHARGE: "credit_charge",
    KIND_WALLET_ISSUE: "wallet_issue",
    KIND_WALLET_REDEMPTION: "wallet_redemption",
    KIND_WALLET_SETTLEMENT: "wallet_settlement",
    KIND_PAY_IN: "pay_in",
    KIND_PAY_OUT: "pay_out",
    KIND_EXCHANGE: "exchange",
    KIND_OUTSIDE: "outside",
    KIND_LOCK: "lock",
    KIND_UNLOCK: "unlock",
}

# Why the loop came back.
DONE: Final = 0
LOG_FULL: Final = 1
NEED_DEMAND: Final = 2
NEED_SLOTS: Final = 3
OVERFLOW: Final = 4
OVERDRAWN: Final = 5
BLOCK_SET: Final = 6  # a ledger has something for its next block
PAIR_WENT: Final = 7  # a pair held by a link is out of its list

NONE: Final = -1  # no slot, no account, no quote
NEVER: Final = 2**63 - 1  # an instant after every other
UNLIMITED: Final = 2**60  # debit limit of whoever issues the money; null in the tables
