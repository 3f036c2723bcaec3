"""The measures of a finished run: name, unit, definition and source of each; the reference page is made from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_CPMI = "CPMI, A glossary of terms used in payments and settlement systems (2016)"
_G20 = "FSB, Targets for addressing the four challenges of cross-border payments (2021)"
_FX = (
    "BCBS, Supervisory guidance for managing risks associated with the settlement of foreign exchange "
    "transactions (2013)"
)
_BIS = "BIS Working Paper 1089 (2023)"
_BOF = "Leinonen and Soramäki, Bank of Finland Discussion Paper 16/99 (1999)"
_CLS = "CLS Group, How it works; CLS Group, In/out swaps"
_TOPOLOGY = "Soramäki et al., The topology of interbank payment flows, Physica A 379 (2007)"
OWN = "our definition"


@dataclass(frozen=True)
class Measure:
    """One measure; ``family`` is one of ``GROUPS`` and says which module, ``analysis.measures_FAMILY``, computes it."""

    family: str
    unit: str
    definition: str
    source: str


MEASURES: Final[dict[str, Measure]] = {
    "submitted_count": Measure("payments", "payments", "payments initiated", OWN),
    "submitted_value": Measure("payments", "minor units", "sum of what debtors sent", OWN),
    "settled_count": Measure("payments", "payments", "payments whose creditor was paid with finality", _CPMI),
    "settled_value": Measure("payments", "minor units", "sum of what debtors sent in settled payments", OWN),
    "returned_count": Measure("payments", "payments", "payments refused or returned by a rule", OWN),
    "unsettled_count": Measure("payments", "payments", "payments without an outcome when the run ended", OWN),
    "settlement_rate_count": Measure("payments", "share", "settled_count / submitted_count", OWN),
    "settlement_rate_value": Measure("payments", "share", "settled_value / submitted_value", OWN),
    "mean_time": Measure("payments", "seconds", "mean time from initiation to settlement, over settled payments", OWN),
    "median_time": Measure("payments", "seconds", "median of that time; the mean of the middle two if even", OWN),
    "value_weighted_delay": Measure(
        "payments", "seconds", "sum of value × time from initiation to settlement / sum of value, over settled", _BOF),
    "delay_indicator": Measure(
        "payments", "share",
        "sum of value × (settled − initiated) / sum of value × (end − initiated), over all payments; settled = end "
        "(the run's last instant) where not settled; 0 if all settle at once, 1 if none does before the end", _BOF),
    "within_hour": Measure(
        "payments", "share", "payments settled within one hour / submitted payments (target for end-2027: 75 %)", _G20),
    "refunded_count": Measure(
        "payments", "payments", "settled payments whose money was back with the debtor by the run's end; only of runs "
        "with refunds", OWN),
    "refunded_value": Measure("payments", "minor units", "sum of what debtors sent in them", OWN),
    "fee_value": Measure("payments", "minor units", "fees and spreads charged, in the currency sent", OWN),
    "sending_fee_value": Measure(
        "payments", "minor units", "what debtors' own banks charge for settled payments, by the tariff of the route",
        OWN),
    "cost_bp": Measure(
        "payments", "basis points", "fees and spreads in every currency, those in others than the one sent valued back "
        "at the mid rates of their payment, and sending_fee_value / value sent, over settled payments (target for "
        "end-2027: 1 %)", _G20),
    "rmb_share": Measure("payments", "share", "settled payments sent or received in CNY / settled payments", OWN),
    "rmb_crossing_share": Measure(
        "payments", "share", "settled payments that cross borders in CNY alone / settled payments that cross a border: "
        "a hop crosses where its debtor and creditor are of two countries", OWN),
    "liquidity_used": Measure(
        "accounts", "minor units", "sum over accounts and days of max(0, opening − lowest balance); issuers left out",
        _BIS),
    "liquidity_needed": Measure(
        "accounts", "minor units", "sum over accounts of max(0, first opening − lowest balance of all days): what each "
        "had to have at first for all days together; issuers left out", OWN),
    "credit_drawn": Measure(
        "accounts", "minor units", "sum over accounts and days of max(0, −lowest balance); issuers left out", _CPMI),
    "debited_value": Measure("accounts", "minor units", "sum of debits; issuers left out", OWN),
    "turnover": Measure("accounts", "ratio", "debited_value / liquidity_used", _BIS),
    "liquidity_gini": Measure(
        "accounts", "share", "Σ|u_i − u_j| / (2 n Σu) over accounts, u = liquidity used over all days", _BIS),
    "herfindahl": Measure("accounts", "share", "sum of squared shares of accounts in debited_value", OWN),
    "intraday_credit_peak": Measure(
        "credit", "minor units", "sum over accounts and days of the central bank's highest intraday credit: what was "
        "lent, or how far the account was below its own debit limit; what an outage kept from being paid back counts "
        "on the day on which it was drawn", OWN),
    "intraday_credit_mean": Measure(
        "credit", "minor units", "sum over accounts of that credit's mean over the time for which the rail was open",
        OWN),
    "credit_charge": Measure("credit", "minor units", "what was paid to lenders of rails for credit", OWN),
    "overnight_credit": Measure("credit", "minor units", "what lenders of rails lent overnight", OWN),
    "principal_at_risk": Measure(
        "risk", "minor units × seconds",
        "over conversions: what was paid to the dealer × time from its finality until the amount bought is final, or "
        "the payment came back, or the run ended; 0 where both legs are final together (settlement risk of an exchange "
        "in the sense of the source)", _FX),
    "principal_at_risk_peak": Measure(
        "risk", "minor units", "highest value that was so exposed at one instant", OWN),
    "cls_settled_value": Measure(
        "cls", "minor units", "legs of trades that settled on days of a CLS-type system, each in its currency", OWN),
    "cls_due_value": Measure(
        "cls", "minor units", "what members had to pay in: their net short positions, less in/out swaps", _CLS),
    "cls_paid_in_value": Measure("cls", "minor units", "what of it they paid in themselves", OWN),
    "cls_paid_in_share": Measure("cls", "share", "cls_paid_in_value / cls_settled_value", _CLS),
    "cls_missing_value": Measure("cls", "minor units", "cls_due_value − cls_paid_in_value", OWN),
    "cls_covered_value": Measure(
        "cls", "minor units", "what the liquidity provider paid in for members, in the currency they were short of",
        OWN),
    "cls_left_short_value": Measure(
        "cls", "minor units", "over days: what members' accounts were short of when the day had ended", OWN),
    "cls_unpaid_value": Measure(
        "cls", "minor units", "over days: what they held then because it couldn't be paid out", OWN),
    "outside_value": Measure(
        "outside", "minor units", "principal paid for the outside legs of in/out swaps, which no system of the kind "
        "CLS settles", OWN),
    "outside_at_risk": Measure(
        "outside", "minor units × seconds", "over those legs: what was paid × time until the other leg of the swap was "
        "paid, or the run ended; 0 for the leg paid last, and where both are paid at one instant (settlement risk of "
        "an exchange in the sense of the source)", _FX),
    "outside_at_risk_peak": Measure(
        "outside", "minor units", "highest value that was so exposed at one instant", OWN),
    "outside_unmet": Measure(
        "outside", "minor units", "the part of outside_value whose other leg wasn't paid by the run's end", OWN),
    "credited_count": Measure(
        "crediting", "payments", "payments that creditors' banks have credited to them, before or after their cover; "
        "only of runs with a route by the cover method", OWN),
    "credited_within_hour": Measure(
        "crediting", "share", "payments credited within one hour of initiation / submitted payments", _G20),
    "credited_median_time": Measure(
        "crediting", "seconds", "median time from initiation to the credit, over credited payments", OWN),
    "advanced_value_time": Measure(
        "crediting", "minor units × seconds", "over payments credited on the message: amount × time until their cover "
        "is final or the run ends: what creditors' banks lend", OWN),
    "advanced_peak": Measure("crediting", "minor units", "highest value that was so lent at one instant", OWN),
    "advanced_unpaid": Measure(
        "crediting", "minor units", "amounts credited whose cover was rejected, came back or has no outcome at the end",
        OWN),
    "locked_liquidity": Measure(
        "locks", "minor units × seconds", "over hash time locks: what was locked × time until it was claimed or went "
        "back, or until the run's end", OWN),
    "locked_in_vain": Measure(
        "locks", "minor units × seconds", "the part of it that went back", OWN),
    "locked_peak": Measure("locks", "minor units", "highest value that was so locked at one instant", OWN),
    "outage_time": Measure("outages", "seconds", "how long it lasted, from the first to the last of what was out", OWN),
    "outage_waiting_count": Measure(
        "outages", "payments", "payments that waited for the end of an outage: an obligation came to a rail that was "
        "out, or waited for an opening that was missed, or a pair came to a link that was out or had such a rail; or "
        "it was kept until the very end by the participant who owes it or the dealer who exchanges it", OWN),
    "outage_waiting_value": Measure("outages", "minor units", "sum of those obligations", OWN),
    "outage_waiting_time": Measure(
        "outages", "minor units × seconds", "sum of those obligations × time that they waited: from when they came, "
        "or the rail's hours began, until the end of the outage; what was kept waited, in those hours, since the "
        "outage began, or since the hop before it was final plus its own latency where that is one number", OWN),
    "outage_wait": Measure("outages", "seconds", "mean of that time over those obligations", OWN),
    "outage_wait_after": Measure(
        "outages", "seconds", "mean time from the end of the outage until they were final, over those that were", OWN),
    "outage_unsettled_count": Measure(
        "outages", "payments", "those payments that were returned later, or had no outcome when the run ended", OWN),
    "outage_refused_count": Measure(
        "outages", "payments", "payments refused or returned by a rail because it was out, or whose link or hash time "
        "lock ran out of time on, by or at what was out before that was over", OWN),
    "outage_refused_value": Measure("outages", "minor units", "sum of the obligations so refused", OWN),
    "outage_queue_peak": Measure(
        "outages", "minor units", "highest value that had come to what was out and wasn't final, at an instant from "
        "its end on until no more of it stood there than before it began; of several outages the highest", OWN),
    "outage_recovery": Measure(
        "outages", "seconds", "time from the end of the outage until then; not defined if that isn't within the run; "
        "of several outages the longest", OWN),
    "liquidity_lower_bound": Measure(
        "bounds", "minor units", "sum over accounts and days of max(0, paid − received): what settled, netted at the "
        "end of the day", _BOF),
    "liquidity_for_payments": Measure(
        "bounds", "minor units", "sum over accounts and days of the largest net debit, in the order of finality", _BOF),
    "liquidity_upper_bound": Measure(
        "bounds", "minor units", "the same if all that settled had settled at the instant it entered", _BOF),
    "liquidity_upper_submitted": Measure(
        "bounds", "minor units", "the same with what never settled too", OWN),
    "liquidity_level": Measure(
        "bounds", "share", "(liquidity_for_payments − lower bound) / (upper bound − lower bound); above 1 where "
        "waiting cost liquidity", _BOF),
    "netting_possible": Measure(
        "bounds", "share", "1 − liquidity_lower_bound / value paid: the most that netting could save", OWN),
    "netting_efficiency": Measure("bounds", "share", "1 − liquidity_for_payments / value paid: what was saved", OWN),
    "route_liquidity": Measure(
        "routes", "minor units", "liquidity_for_payments if the payments of the route were all there are: the sum over "
        "accounts and days of the largest net debit that they alone made; what other routes bring to an account isn't "
        "counted, so the parts add up to more than the whole", OWN),
    "recycling": Measure(
        "bounds", "ratio", "value paid / liquidity_for_payments: how often each unit of liquidity was used", _BIS),
    "degree": Measure(
        "network", "participants", "mean number of participants that a participant pays: links / participants; by "
        "participant, how many it pays", _TOPOLOGY),
    "connectivity": Measure("network", "share", "links / (n (n − 1)), n participants", _TOPOLOGY),
    "reciprocity": Measure(
        "network", "share", "links whose opposite is a link too / links; by participant, over the links from it",
        _TOPOLOGY),
    "core_share": Measure(
        "network", "share", "participants of the core / participants; the core is filled in order of value sent and "
        "received until payments within it carry 75 % of the value", _TOPOLOGY),
    "critical_share": Measure(
        "network", "share", "largest share of settled_value that stops when one participant stops: what it sends, "
        "receives or passes on; by participant, its own share", OWN),
    "sent_herfindahl": Measure("network", "share", "sum of squared shares of participants in settled_value sent", OWN),
    "sent_gini": Measure(
        "network", "share", "Σ|v_i − v_j| / (2 n Σv) over participants, v = settled value sent", OWN),
    "wallet_count": Measure("wallets", "payments", "payments from wallet to wallet asked for", OWN),
    "wallet_value": Measure("wallets", "minor units", "sum of those that settled", OWN),
    "wallet_rejected_count": Measure(
        "wallets", "payments", "those refused by a rule; by `status`, wallet_count says by which", OWN),
    "wallet_rejected_share": Measure("wallets", "share", "wallet_rejected_count / wallet_count", OWN),
    "wallet_offline_count": Measure("wallets", "payments", "those made offline", OWN),
    "wallet_offline_peak": Measure(
        "wallets", "minor units", "highest value that had been paid offline and not yet posted at one instant", OWN),
    "wallet_double_spend_value": Measure(
        "wallets", "minor units", "sum of offline payments whose money had been spent when they were posted: what "
        "payees lose", OWN),
    "wallet_crossing_value": Measure(
        "wallets", "minor units", "sum of settled ones between holders of two countries", OWN),
    "wallet_between_operators_value": Measure(
        "wallets", "minor units", "sum of settled ones between wallets of two operators", OWN),
    "wallet_topped_up_value": Measure(
        "wallets", "minor units", "moved from bank accounts into wallets, asked for or to fill what was short", OWN),
    "wallet_to_bank_value": Measure(
        "wallets", "minor units", "moved from wallets to bank accounts, asked for or above what they may hold", OWN),
    "operator_reserves_peak": Measure(
        "operators", "minor units", "sum over operators of the most money of the central bank that each held for its "
        "wallets, stock for top-ups and cover, at a control event or a midnight", OWN),
    "operator_reserves_mean": Measure(
        "operators", "minor units", "sum over operators of its mean over time, from one of these instants to the next",
        OWN),
    "operator_reserve_base_mean": Measure(
        "operators", "minor units", "sum over operators that are banks of the mean over time of what wallets hold with "
        "them as deposits, which count for reserve requirements; cash, and what other operators cover in full, doesn't",
        OWN),
    "operator_issued_value": Measure(
        "operators", "minor units", "what operators bought of the central bank's money on the rail", OWN),
    "operator_settled_value": Measure(
        "operators", "minor units", "what operators paid on the rail of what they owed each other, net", OWN),
}  # fmt: skip
GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "payments": ("run", "route", "corridor", "participant", "currency", "purpose", "flow", "day", "hour"),
    "accounts": ("run", "rail", "participant", "currency", "day"),
    "credit": ("run", "rail", "participant", "currency", "day"),
    "risk": ("run", "rail", "route", "corridor", "pair", "participant", "currency"),
    "cls": ("run", "rail", "participant", "currency"),
    "outside": ("run", "rail", "participant", "currency"),
    "locks": ("run", "rail", "participant", "currency"),
    "crediting": ("run", "route", "corridor", "participant", "currency"),
    "outages": ("run", "outage", "currency"),
    "bounds": ("run", "rail", "participant", "currency", "day"),
    "routes": ("route",),
    "network": ("run", "participant", "currency"),
    "operators": ("run", "participant", "currency"),
    "wallets": ("run", "participant", "currency", "flow", "holders", "country", "class", "status", "day", "hour"),
}
"""How each family can be cut. A participant is the debtor; day and hour are those of initiation, UTC (accounts: the
rail's business day, as for ``bounds``); ``risk`` and ``locks`` belong to the rail and the debtor of what was paid or
locked, ``risk`` also to the payment's route and corridor and to the pair of currencies, "CNY to USD"; ``cls`` and
``outside`` to the member that pays, or has to, and the system's rail of the currency; ``crediting`` to the creditor. An
outage goes by its name and beginning, UTC. For ``wallets`` all belongs to the wallet that pays, a participant being its
operator, or to the one filled from a bank account."""
