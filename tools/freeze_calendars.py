"""Write simcore/data/calendars/*.csv, the business-day tables of 2019 to 2030, from the `holidays` package.

Needs exactly holidays 0.109 (MIT) and chinesecalendar 1.11.0 (MIT), which aren't dependencies of Luhai:

    pip install holidays==0.109 chinesecalendar==1.11.0
    python tools/freeze_calendars.py

Each table has one line per holiday or make-up working day. `status` is *estimated* past the last year for which the
package's source code cites an official notice (SYSTEMS below), or where it marks the day so itself. The Chinese table
must equal chinesecalendar on every day of 2019 to 2026, or nothing is written.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path

VERSIONS = {"holidays": "0.109", "chinesecalendar": "1.11.0"}
YEARS = range(2019, 2031)
FOLDER = Path(__file__).resolve().parent.parent / "simcore" / "data" / "calendars"
SOURCE = "holidays 0.109"


@dataclass(frozen=True, kw_only=True)
class System:
    """Where one table comes from."""

    zone: str
    published_through: int
    """Last year an official notice covers, judged from the package's sources in November 2026."""
    note: str
    code: str = ""
    """The package's country or financial code; the table's own name by default."""
    financial: bool = False
    categories: tuple[str, ...] = ("public",)
    subdivision: str | None = None
    weekend: str = "Sat Sun"


SYSTEMS = {
    "BN": System(
        zone="Asia/Brunei",
        published_through=2026,
        weekend="Fri Sun",
        note="assumed: the public sector's weekend, as the RTGS is the central bank's; commercial banks also open Fri",
    ),
    "CN": System(
        zone="Asia/Shanghai",
        published_through=2026,
        note="equal to chinesecalendar 1.11.0 on every day of 2019-2026; make-up days are announced each November",
    ),
    "GB": System(zone="Europe/London", published_through=2026, subdivision="ENG", note="bank holidays of England"),
    "HK": System(
        zone="Asia/Hong_Kong",
        published_through=2026,
        note="general holidays; the clearing house closes on Saturdays too",
    ),
    "ID": System(
        zone="Asia/Jakarta",
        published_through=2027,
        categories=("public", "government"),
        note="joint leave days (cuti bersama) included; 2027 by the joint decree of September 2026",
    ),
    "JP": System(zone="Asia/Tokyo", published_through=2026, categories=("public", "bank"), note="bank holidays"),
    "KH": System(zone="Asia/Phnom_Penh", published_through=2026, note="public holidays"),
    "KR": System(zone="Asia/Seoul", published_through=2026, categories=("public", "bank"), note="Labour Day included"),
    "LA": System(
        zone="Asia/Vientiane", published_through=2026, categories=("public", "bank"), note="bank holidays included"
    ),
    "MM": System(zone="Asia/Yangon", published_through=2026, note="public holidays and make-up Saturdays"),
    "MY": System(
        zone="Asia/Kuala_Lumpur",
        published_through=2027,
        subdivision="14",
        note="assumed: holidays of Kuala Lumpur; 2027 by the cabinet's list of August 2026; "
        "open on 2021-12-03 (malaysiagazette.com/2021/12/02/bnm-all-banks-in-kl-remain-open-friday-3-dec)",
    ),
    "PH": System(zone="Asia/Manila", published_through=2026, note="regular holidays and special non-working days"),
    "SG": System(zone="Asia/Singapore", published_through=2027, note="public holidays"),
    "TARGET": System(
        zone="Europe/Berlin",
        published_through=2030,
        code="ECB",
        financial=True,
        note="closing days of T2, fixed by rule until further notice",
    ),
    "TH": System(
        zone="Asia/Bangkok",
        published_through=2026,
        note="assumed: public holidays without Buddhist Lent Day, on which banks open unless it replaces Asarnha Bucha",
    ),
    "TL": System(zone="Asia/Dili", published_through=2025, note="public holidays"),
    "US": System(
        zone="America/New_York",
        published_through=2030,
        code="FED",
        financial=True,
        note="Federal Reserve: a holiday on a Saturday doesn't close the Friday before it",
    ),
    "VN": System(zone="Asia/Ho_Chi_Minh", published_through=2026, note="public holidays and make-up Saturdays"),
}


def business_rows(name: str, system: System) -> list[tuple[date, str, str, str, str]]:
    """Return (date, kind, name, status, source) of one table, sorted by date."""
    import holidays

    code = system.code or name
    if system.financial:
        table = holidays.financial_holidays(code, years=YEARS, language="en_US")
        make_up: Iterable[date] = ()
        source = f"{SOURCE} {code}"
    else:
        table = holidays.country_holidays(
            code, subdiv=system.subdivision, years=YEARS, categories=system.categories, language="en_US"
        )
        make_up = getattr(table, "weekend_workdays", ())
        source = f"{SOURCE} {code} {'+'.join(system.categories)}"
    weekend = {"Fri": 4, "Sat": 5, "Sun": 6}
    weekend_days = {weekend[word] for word in system.weekend.split()}
    rows = []
    for day, label in table.items():
        if day.year not in YEARS or not closes(name, day, label):
            continue
        estimated = "(estimated)" in label or day.year > system.published_through
        text = label.replace(" (estimated)", "")
        rows.append((day, "closed", text, "estimated" if estimated else "published", source))
    for day in make_up:
        if day.year in YEARS and day.weekday() in weekend_days:
            rows.append((day, "make_up", "Make-up working day", "published", source))
    rows.sort()
    assert len({row[0] for row in rows}) == len(rows), f"{name}: a day is both closed and a make-up day"
    return rows


def closes(name: str, day: date, label: str) -> bool:
    """Return whether a holiday closes the payment system; see the notes of SYSTEMS."""
    # Thai banks don't keep Buddhist Lent Day, the day after Asarnha Bucha. When the latter is a Sunday, offices rest on
    # Monday (Lent) and Tuesday (in lieu), banks on Monday alone.
    if name == "TH" and label == "Buddhist Lent Day":
        return day.weekday() == 0
    if name == "TH" and label == "Asarnha Bucha (in lieu)":
        return day.weekday() == 0
    return not (name == "MY" and day == date(2021, 12, 3))


def check_china(rows: list[tuple[date, str, str, str, str]]) -> None:
    """Stop unless the Chinese table gives the same working days as chinesecalendar, 2019 to 2026."""
    import chinese_calendar

    kinds = {row[0]: row[1] for row in rows}
    day = date(2019, 1, 1)
    while day.year <= 2026:
        kind = kinds.get(day)
        works = kind == "make_up" or (kind is None and day.weekday() < 5)
        if works != chinese_calendar.is_workday(day):
            raise SystemExit(f"China: chinesecalendar says {day} is {'no ' if works else 'a '}working day")
        day += timedelta(days=1)


def write(path: Path, header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Write one CSV file with LF line ends."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main() -> None:
    """Check the versions, build every table, then write them all."""
    for package, wanted in VERSIONS.items():
        if version(package) != wanted:
            raise SystemExit(f"the tables are made from {package} {wanted}, found {version(package)}")
    tables = {name: business_rows(name, system) for name, system in SYSTEMS.items()}
    check_china(tables["CN"])
    FOLDER.mkdir(parents=True, exist_ok=True)
    countries: list[tuple[object, ...]] = [("ALL", "UTC", "", "", "", "open every day")]
    for name, rows in tables.items():
        write(FOLDER / f"{name}.csv", ("date", "kind", "name", "status", "source"), rows)
        system = SYSTEMS[name]
        countries.append((name, system.zone, system.weekend, system.published_through, SOURCE, system.note))
    header = ("calendar", "zone", "weekend", "published_through", "source", "note")
    write(FOLDER / "countries.csv", header, sorted(countries, key=str))
    print(f"{len(tables)} calendars, {sum(map(len, tables.values()))} days")


if __name__ == "__main__":
    main()
