"""Who pays whom when a shop is paid by QR code: issuer, network and acquirer each keep their part of the discount."""

from __future__ import annotations

from pathlib import Path

from analysis.measures import cells
from analysis.tables import open_tables
from simcore.results.audit import audit
from tests.simcore.engine.towns import BANK, HEAD, run_town, town

SHOP_TOWN = (
    HEAD.format(days=2)
    + "".join(
        BANK.format(name=name, kind=kind, country="CN")
        for name, kind in (("User", "commercial_bank"), ("Wallet", "wallet_operator"), ("Network", "operator"),
                           ("Acquirer", "commercial_bank"), ("Shop", "commercial_bank"))
    )
    + """
[rails.WALLETS]
kind = "books"
currency = "CNY"

[rails.QR]
kind = "instant"
currency = "CNY"

[rails.SHOPS]
kind = "books"
currency = "CNY"

[accounts.WALLETS]
User = { opening = "1000 CNY" }
Wallet = { opening = "0 CNY", debit_limit = "unlimited" }

[accounts.QR]
Wallet = { opening = "5000 CNY" }
Network = { opening = "0 CNY" }
Acquirer = { opening = "5000 CNY" }

[accounts.SHOPS]
Acquirer = { opening = "0 CNY", debit_limit = "unlimited" }
Shop = { opening = "0 CNY" }

[routes.qr]
hops = [
  { rail = "WALLETS", from = "debtor", to = "Wallet", fee = { share = "20 bp" } },
  { rail = "QR", from = "Wallet", to = "Network", fee = { fixed = "0.05 CNY" } },
  { rail = "QR", from = "Network", to = "Acquirer", fee = { share = "35 bp" } },
  { rail = "SHOPS", from = "Acquirer", to = "creditor" },
]

[flows.day]
kind = "replay"
file = "payments.csv"
route = "qr"
"""
)  # fmt: skip
PAYMENT = "1,2026-03-02T12:00:00+08:00,User,Shop,100,CNY\n"


def test_the_merchant_discount_is_shared_by_issuer_network_and_acquirer(tmp_path: Path) -> None:
    """Of 100.00: the wallet keeps 0.20 (interchange), the network 0.05, the acquirer 35 bp of 99.75, which are 0.35."""
    run = run_town(town(tmp_path, SHOP_TOWN, PAYMENT), tmp_path / "run")
    kept = [(row["creditor"], row["amount_minor"] / 100) for row in run.obligations.to_pylist() if row["kind"] == "fee"]
    assert kept == [("Wallet", 0.20), ("Network", 0.05), ("Acquirer", 0.35)]
    (payment,) = run.payments.to_pylist()
    assert payment["amount_received_minor"] == 9940
    (cost,) = cells(open_tables(run.path), ["cost_bp"], by="run")
    assert cost.value == 60
    held = {(row["rail"], row["participant"]): row["balance_minor"] for row in run.balances.to_pylist()}
    assert held["QR", "Network"] == 5
    assert held["SHOPS", "Shop"] == 9940
    assert audit(tmp_path / "run").ok


def test_a_refund_takes_the_discount_back_from_all_three(tmp_path: Path) -> None:
    """The shop gives back what it got, and each of the three what it kept: nobody has gained or lost."""
    text = SHOP_TOWN.replace("[routes.qr]", '[routes.qr]\nrefunds = { share = "100 %", after = "1 h" }')
    run = run_town(town(tmp_path, text, PAYMENT), tmp_path / "run")
    back = [
        (row["debtor"], row["creditor"], row["amount_minor"] / 100)
        for row in run.obligations.to_pylist()
        if row["kind"] == "refund"
    ]
    assert back == [
        ("Shop", "Acquirer", 99.40),
        ("Acquirer", "Network", 99.75),
        ("Network", "Wallet", 99.80),
        ("Wallet", "User", 100.00),
    ]
    held = {(row["rail"], row["participant"]): row["balance_minor"] for row in run.balances.to_pylist()}
    assert held == {
        ("WALLETS", "User"): 100_000, ("WALLETS", "Wallet"): 0, ("QR", "Wallet"): 500_000, ("QR", "Network"): 0,
        ("QR", "Acquirer"): 500_000, ("SHOPS", "Acquirer"): 0, ("SHOPS", "Shop"): 0,
    }  # fmt: skip
    assert audit(tmp_path / "run").ok
