"""Retail wallets by the million: e-CNY and its like, as rows and not as objects.

A **wallet** has a class with limits, belongs to an **operator**, and may be bound to a bank account. A wallet payment
that reaches the ledger is decided by the first of these rules that applies:

1. more than the class's limit per payment: ``REJECTED_PAYMENT_LIMIT``;
2. more than what is left of the limit per day, which begins at midnight in the wallet's zone: ``REJECTED_DAY_LIMIT``;
3. more than the payee's wallet may hold, and no bank account to sweep the rest to: ``REJECTED_BALANCE_LIMIT``;
4. more than the payer's wallet holds. An offline payment is a second use of money already spent:
   ``REJECTED_DOUBLE_SPEND``. Else what is short comes from the bank account, if there is one with enough on it and
   the wallet may hold the amount: ``REJECTED_INSUFFICIENT_FUNDS`` otherwise; and under the cash regime the bank must
   have it on its account at the central bank: ``REJECTED_BANK_RESERVE``.

Else it is ``SETTLED``. A **top-up** that its holder asks for is decided by the balance the wallet may hold, by what is
on its bank account and, under the cash regime, by what the bank has; a **withdrawal** by what is in the wallet. Limits
per payment and per day are those of payments and don't count either.

An **offline** payment is checked by the payer's device when it is made, against the limit per
payment, the cap on what is not yet posted (``REJECTED_OFFLINE_LIMIT``) and the balance the device knows; it is posted
later and meets the rules above then. A rejected posting moves nothing, so offline payments never make money.

**Regimes.** Under ``cash`` (e-CNY until the end of 2025) wallet money is the central bank's, operators cover it in full
there, and what moves between operators moves at the central bank at once. Under ``deposit`` (from 2026-01-01) it is a
liability of the operator, bears interest and counts for its reserve base; operators that are no banks still cover all
of it; and what moves between operators nets until the next cycle.
"""
