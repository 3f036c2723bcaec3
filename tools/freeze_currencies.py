"""Write fx/data/currencies.csv, the ISO 4217 table of minor units, from the `iso4217` package.

Needs exactly iso4217 1.16.20260101 (public domain), which is not a dependency of Luhai:

    pip install iso4217==1.16.20260101
    python tools/freeze_currencies.py

Codes for which ISO 4217 gives no minor unit (gold, SDR, test codes) are left out: they can't be held to the unit.
"""

from __future__ import annotations

import csv
from importlib.metadata import version
from pathlib import Path

PACKAGE, VERSION = "iso4217", "1.16.20260101"
TARGET = Path(__file__).resolve().parent.parent / "fx" / "data" / "currencies.csv"


def main() -> None:
    """Write the table, sorted by code, LF line ends."""
    if version(PACKAGE) != VERSION:
        raise SystemExit(f"this table is made from {PACKAGE} {VERSION}, found {version(PACKAGE)}")
    import iso4217

    rows = sorted(
        (currency.code, currency.exponent, currency.currency_name, f"ISO 4217 list one, {iso4217.__published__}")
        for currency in iso4217.Currency
        if currency.exponent is not None
    )
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("code", "exponent", "name", "source"))
        writer.writerows(rows)
    print(f"{TARGET.name}: {len(rows)} currencies")


if __name__ == "__main__":
    main()
