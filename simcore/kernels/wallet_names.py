"""What outcomes and kinds of wallet payments are called; apart, so that readers need no numpy."""

from __future__ import annotations

from typing import Final

# Outcome of a wallet payment, worded as the rule that decided.
SETTLED: Final = 1
OFFLINE_AT_END: Final = 10
REJECTED_INSUFFICIENT_FUNDS: Final = 20
REJECTED_PAYMENT_LIMIT: Final = 21
REJECTED_DAY_LIMIT: Final = 22
REJECTED_BALANCE_LIMIT: Final = 23
REJECTED_OFFLINE_LIMIT: Final = 24
REJECTED_DOUBLE_SPEND: Final = 25
REJECTED_BANK_RESERVE: Final = 26

WALLET_STATUS_NAMES: Final = {
    SETTLED: "SETTLED",
    OFFLINE_AT_END: "OFFLINE_AT_END",
    REJECTED_INSUFFICIENT_FUNDS: "REJECTED_INSUFFICIENT_FUNDS",
    REJECTED_PAYMENT_LIMIT: "REJECTED_PAYMENT_LIMIT",
    REJECTED_DAY_LIMIT: "REJECTED_DAY_LIMIT",
    REJECTED_BALANCE_LIMIT: "REJECTED_BALANCE_LIMIT",
    REJECTED_OFFLINE_LIMIT: "REJECTED_OFFLINE_LIMIT",
    REJECTED_DOUBLE_SPEND: "REJECTED_DOUBLE_SPEND",
    REJECTED_BANK_RESERVE: "REJECTED_BANK_RESERVE",
}

# What a row of the log is.
PAYMENT: Final = 0  # from wallet to wallet
TOP_UP: Final = 1  # from the bank account of a wallet into it, asked for by its holder
WITHDRAWAL: Final = 2  # from a wallet to its bank account
INTEREST: Final = 3  # from the operator to the wallet

WALLET_KIND_NAMES: Final = {
    PAYMENT: "payment",
    TOP_UP: "top_up",
    WITHDRAWAL: "withdrawal",
    INTEREST: "interest",
}
