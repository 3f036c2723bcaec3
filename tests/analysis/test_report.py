"""The report: its numbers are the measures, its texts are escaped, it loads nothing, it comes whole or not at all."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections import Counter
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from analysis.compare import compare
from analysis.measure_list import GROUPS, MEASURES
from analysis.measures import cells
from analysis.report import Proof, Subject, report, results
from analysis.report.differ import Difference
from analysis.report.pictures import pictures
from analysis.report.results import APART
from analysis.report.words import LANGUAGES, words
from analysis.tables import Tables, open_tables
from simcore.cli import status
from simcore.results.provenance import file_digest, read_manifest, write_manifest
from simcore.results.schema import STATUSES
from tests.analysis.made import make_run, scenario

PARTS = (
    "corridors",
    "flows",
    "pairs",
    "dealers",
    "results",
    "bounds",
)  # titles that are looked up by the names of tables
REPORTS = {"week": ["week"], "rules": ["fifo", "bypass"]}
HOSTILE = "</title><script>alert(1)</script>\"'&amp;"


class Reader(HTMLParser):
    """What a page consists of: every attribute, the tags that are open at its text, and tables as lists of cells."""

    VOID = ("meta", "link", "br", "img")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.attributes: list[tuple[str, str, str]] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.rows: dict[str, list[list[dict[str, str]]]] = {}
        self._open: list[str] = []
        self._table = ""
        self.feed(page)
        self.close()
        assert self._open == [], f"not closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in found.items()]
        self.ids += [found["id"]] if "id" in found else []
        if tag not in self.VOID:
            self._open.append(tag)
        if tag == "table":
            self._table = found.get("id", f"table-{len(self.rows)}")
            self.rows[self._table] = []
        elif tag == "tr":
            self.rows[self._table].append([])
        elif tag in ("th", "td"):
            self.rows[self._table][-1].append({"tag": tag, "text": "", **found})
        elif self._table and tag in ("data", "a"):
            self.rows[self._table][-1][-1] |= {name: found[name] for name in ("value", "href") if name in found}

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> closes something else"
        self._table = "" if tag == "table" else self._table

    def handle_data(self, data: str) -> None:
        if "td" in self._open or "th" in self._open:
            self.rows[self._table][-1][-1]["text"] += data


def subject(tables: Tables, name: str = "made") -> Subject:
    return Subject(name=name, tables=tables, proofs=[Proof(name="money", claim="Money is conserved")], as_recorded=True)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a week of two corridors and one day under two rules."""
    folder = tmp_path_factory.mktemp("runs")
    assert status(["run", "chongqing-singapore", "--quiet", "--seed", "65", "--out", str(folder / "week")]) == 0
    for rule in ("fifo", "bypass"):
        setting = ["--set", f"rails.RTGS.queue={rule}"]
        assert status(["run", "fifo-day", "--quiet", "--seed", "65", "--out", str(folder / rule), *setting]) == 0
    return folder


def page_of(out: Path, *arguments: object) -> str:
    assert status(["report", *(str(each) for each in arguments), "--out", str(out)]) == 0
    return out.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], str]:
    """Reports of one run and of two, each made once."""
    out = tmp_path_factory.mktemp("pages") / "page.html"

    @cache
    def made(name: str, language: str) -> str:
        return page_of(out, *(runs / run for run in REPORTS[name]), "--lang", language)

    return made


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves out the pictures, which take most of the time, where a test is about something else."""
    monkeypatch.setattr("analysis.report.pictures.pictures", lambda *_, **__: [])


@pytest.mark.parametrize("name", REPORTS)
def test_numbers_are_the_measures(name: str, runs: Path, page: Callable[[str, str], str]) -> None:
    reader = Reader(page(name, "en"))
    expected: Counter[tuple[str, str, str]] = Counter()
    for run in REPORTS[name]:
        tables = open_tables(runs / run)
        for by in ("run", "route", "rail"):
            found = [cell for cell in cells(tables, by=by) if cell.value is not None
                     and not (by == "rail" and "route" in GROUPS[MEASURES[cell.measure].family])]  # fmt: skip
            if by == "run" or len({cell.group for cell in found}) > 1:
                expected.update((cell.measure, cell.currency, str(cell.value)) for cell in found)
    shown: Counter[tuple[str, str, str]] = Counter()
    for table, rows in reader.rows.items():
        if table.startswith("theme-"):
            money = [cell["text"] for cell in rows[0]].index("money")
            for row in rows[1:]:
                for head, cell in zip(rows[0], row, strict=True):
                    if "value" in cell:
                        shown[head["href"].removeprefix("#measure-"), row[money]["text"], cell["value"]] += 1
    # A table by rail exists for measures of accounts, one by route for those of payments and of risk.
    assert shown == expected
    assert sum(shown.values()) > 40


def test_an_amount_keeps_its_digits(page: Callable[[str, str], str]) -> None:
    rows = Reader(page("rules", "en")).rows["overview"]
    shown = {cell["value"]: cell["text"] for row in rows for cell in row if "value" in cell}
    assert shown["487909440425"] == "4,879,094,404.25"
    assert shown["2400"] == "2,400"


def test_differences_are_those_of_compare(runs: Path, page: Callable[[str, str], str]) -> None:
    table = compare([(rule, open_tables(runs / rule)) for rule in ("fifo", "bypass")]).to_pylist()
    expected = [repr(row["value"]) for row in table if row["measure"].endswith("_difference")]
    rows = Reader(page("rules", "zh")).rows["differences"][1:]
    assert [row[2]["value"] for row in rows] == expected
    assert len(expected) == 3
    assert [[cell["text"] for cell in row] for row in Reader(page("rules", "en")).rows["differs"]] == [
        ["key", "fifo", "bypass"], ["rails.RTGS.queue", "fifo", "bypass"]
    ]  # fmt: skip


@pytest.mark.parametrize(("name", "language"), [("week", "en"), ("rules", "zh"), ("rules", "en")])
def test_a_page_loads_nothing_and_is_well_formed(
    name: str, language: str, page: Callable[[str, str], str]
) -> None:  # fmt: skip
    text = page(name, language)
    reader = Reader(text)
    assert not {"script", "iframe", "object", "embed", "base", "form", "audio", "video"} & set(reader.tags)
    assert "url(" not in text
    assert "@import" not in text
    assert "default-src 'none'" in text
    for tag, attribute, value in reader.attributes:
        if attribute in ("src", "srcset", "poster", "background", "action", "data", "xlink:href"):
            assert value.startswith("data:"), (tag, attribute, value)
        elif attribute == "href":
            assert value.startswith("#" if tag != "a" else ("#", "data:", "https://", "http://")) or (
                tag == "link" and value.startswith("data:")
            ), (tag, value)
        assert not attribute.startswith("on")
    assert [each for each, count in Counter(reader.ids).items() if count > 1] == []
    places = {value for _, attribute, value in reader.attributes if attribute == "href" and value.startswith("#")}
    assert {place[1:] for place in places} <= set(reader.ids)
    levels = [int(tag[1]) for tag in reader.tags if tag in ("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert ("html", "lang", {"en": "en", "zh": "zh-Hans"}[language]) in reader.attributes
    alts = [value for tag, attribute, value in reader.attributes if (tag, attribute) == ("img", "alt")]
    assert len(alts) == reader.tags.count("img") > 1
    assert all(len(alt) > 10 for alt in alts)
    for rows in reader.rows.values():
        heads = [cell for row in rows for cell in row if cell["tag"] == "th"]
        assert heads
        assert all("scope" in cell for cell in heads) or "id" not in rows[0][0]


@pytest.mark.usefixtures("undrawn")
def test_every_text_is_escaped(tmp_path: Path) -> None:
    made = scenario(["CB", "B000", "B001"])
    made["scenario"] |= {"name": HOSTILE, "title": HOSTILE, "title_zh": HOSTILE, "question": HOSTILE,
                         "left_out": [HOSTILE], "base_currency": HOSTILE}  # fmt: skip
    made["participants"][HOSTILE] = {"name": HOSTILE, "kind": HOSTILE, "agents": {HOSTILE: HOSTILE}}
    made["rails"]["RTGS"] |= {"name": HOSTILE, "sessions": [{"open": HOSTILE, "close": "x", HOSTILE: HOSTILE}]}
    made["routes"]["fast"] |= {"name": HOSTILE, "hops": [{"rail": HOSTILE, "latency": {HOSTILE: HOSTILE}}]}
    made["sources"] = {HOSTILE: {"status": "assumed", "source": f"https://a.example/{HOSTILE}", "note": HOSTILE}}
    made[HOSTILE] = {HOSTILE: {HOSTILE: [HOSTILE]}}
    tables = open_tables(make_run(tmp_path / "run", banks=2, manifest={"scenario": made}))
    hostile = Subject(
        name=HOSTILE, tables=tables, proofs=[Proof(name="money", claim=HOSTILE, details=[HOSTILE])], as_recorded=True,
        commands=[HOSTILE], changed=[Difference((HOSTILE,), HOSTILE, HOSTILE)], toml=HOSTILE,
        readme=f"## Model\n\n{HOSTILE} ![x](https://a.example/x.png) [y](javascript:alert(1))\n\n<b onclick=x>\n",
    )  # fmt: skip
    for language in LANGUAGES:
        for page in (report([hostile], language), report([hostile, subject(tables)], language)):
            assert "<script" not in page
            assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 20
            reader = Reader(page)
            assert "b" not in [tag for tag, _, value in reader.attributes if value == "x"]
            assert not [value for tag, name, value in reader.attributes if name == "href" and "javascript" in value]
            assert not [value for tag, name, value in reader.attributes if name == "src" and "://" in value]


def test_the_same_runs_give_the_same_bytes(runs: Path, tmp_path: Path, page: Callable[[str, str], str]) -> None:
    """Wherever they stand, and although their run documents differ in seconds."""
    again = tmp_path / "elsewhere"
    for rule in ("fifo", "bypass"):
        setting = ["--set", f"rails.RTGS.queue={rule}"]
        assert status(["run", "fifo-day", "--quiet", "--seed", "65", "--out", str(again / rule), *setting]) == 0
    found = page_of(tmp_path / "page.html", again / "fifo", again / "bypass")
    assert found == page("rules", "en")
    assert str(tmp_path) not in found
    assert str(runs) not in found


def test_the_commands_of_a_page_make_the_run_again(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: Callable[[str, str], str]
) -> None:
    found = [
        line for line in page("rules", "en").replace('<pre tabindex="0">', "\n").split("\n") if "luhai run" in line
    ]
    assert len(found) == 2
    monkeypatch.chdir(tmp_path)
    for line, rule in zip(found, ("fifo", "bypass"), strict=True):
        words_of = shlex.split(line.replace("</pre>", ""))
        assert status([*words_of[1:], "--quiet"]) == 0
        assert open_tables(tmp_path / rule).digest == open_tables(runs / rule).digest


@pytest.mark.usefixtures("undrawn")
def test_a_page_without_out_stands_in_the_run(tmp_path: Path, runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copies = [Path(shutil.copytree(runs / rule, tmp_path / rule)) for rule in ("fifo", "bypass")]
    capsys.readouterr()
    assert status(["report", str(copies[0])]) == 0
    assert status(["report", *map(str, copies)]) == 0
    printed = [str(copies[0] / name) for name in ("report.html", "comparison.html")]
    assert capsys.readouterr().out.split() == printed
    open_tables(copies[0], verify=True)


@pytest.mark.usefixtures("undrawn")
def test_runs_of_one_name_are_told_apart(
    tmp_path: Path, runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for rule in ("fifo", "bypass"):
        shutil.copytree(runs / rule, tmp_path / f"the {rule}" / "run")
    page = page_of(tmp_path / "page.html", *(tmp_path / f"the {rule}" / "run" for rule in ("fifo", "bypass")))
    assert "luhai report &#39;the fifo/run&#39; &#39;the bypass/run&#39;" in page
    monkeypatch.chdir(tmp_path)
    assert status(["report", "the fifo/run", "the bypass/../the fifo/run"]) == 2
    assert "twice" in capsys.readouterr().err


def test_routes_are_told_apart_by_their_measures(runs: Path, page: Callable[[str, str], str]) -> None:
    measured = {(cell.measure, cell.group): cell.value for cell in cells(open_tables(runs / "week"), by="route")}
    for row in Reader(page("week", "en")).rows["routes-0"][1:]:
        name = row[0]["href"].removeprefix("#measure-")
        values = [value for (measure, _), value in measured.items() if measure == name and value is not None]
        ends = [min(values), max(values)]
        assert [row[1]["value"], row[3]["value"]] == [str(end) for end in (ends[::-1] if dict(APART)[name] else ends)]
    assert "routes-0" not in Reader(page("rules", "en")).rows


@pytest.mark.usefixtures("undrawn")
@pytest.mark.usefixtures("undrawn")
def test_what_was_set_for_a_run_has_no_source(tmp_path: Path) -> None:
    """The closing time is published; another one isn't."""
    settings = ("rails.RTGS.sessions.0.close=17:00", "accounts.RTGS.B01.opening=200 mn CNY")
    words_of = [word for each in settings for word in ("--set", each)]
    assert status(["run", "fifo-day", "--quiet", "--seed", "65", "--out", str(tmp_path / "run"), *words_of]) == 0
    page = page_of(tmp_path / "page.html", tmp_path / "run")
    assert f"no stated source covers it: {', '.join(settings)}." in page
    rows = {row[0]["text"]: [cell["text"] for cell in row[1:]] for row in Reader(page).rows["coverage"]}
    assert rows["part"] == ["values", "published", "derived", "assumed", "set for this run", "not stated"]
    assert rows["rails"][1:5] == ["0", "0", "1", "1"]
    assert rows["accounts"][1:5] == ["0", "0", "39", "1"]
    marks = {row[0]["text"]: row[-1]["text"].split() for row in Reader(page).rows["in-rails"]}
    assert marks["Real-time gross settlement RTGS"] == ["assumed", "set", "for", "this", "run"]


def test_notes_of_a_run_are_shown(tmp_path: Path) -> None:
    tables = open_tables(make_run(tmp_path / "run", manifest={"notes": ["calendar CN is estimated from 2027-01-01"]}))
    assert "Note of the run: calendar CN is estimated from 2027-01-01" in report([subject(tables)])


def test_every_status_is_explained() -> None:
    assert set(words()["outcomes_of"]) >= set(STATUSES.values())


@pytest.mark.parametrize(
    ("status", "ways"),
    [
        ("REJECTED_LIMIT", ("bounds of a rail", "shared ledger")),
        ("REJECTED_INSUFFICIENT_FUNDS", ("rail", "wallet")),
        ("IN_TRANSIT_AT_END", ("between two hops", "was out")),
    ],
)
def test_an_outcome_is_explained_for_every_way_to_it(status: str, ways: tuple[str, ...]) -> None:
    assert all(way in words()["outcomes_of"][status]["en"] for way in ways)


# --- proofs ------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("undrawn")
def test_proofs_are_taken_again_and_the_fourth_when_asked(runs: Path, tmp_path: Path) -> None:
    page = page_of(tmp_path / "page.html", runs / "fifo")
    assert page.count('<span class="mark now">') == 4
    assert "2,373 movements replayed over 20 account days" in page
    assert "Not run again for this report" in page
    assert "The same as the run recorded." in page
    page = page_of(tmp_path / "page.html", runs / "fifo", "--rerun")
    assert page.count('<span class="mark now">') == 5
    assert "Run again for this report: all 7 tables are identical" in page


@pytest.mark.usefixtures("undrawn")
def test_a_run_with_an_outage_has_a_proof_more(tmp_path: Path) -> None:
    outage = 'outages.morning={ rails = ["RTGS"], times = [{ day = 2026-03-02, from = "10:00", to = "11:00" }] }'
    assert status(["run", "fifo-day", "--quiet", "--set", outage, "--out", str(tmp_path / "run")]) == 0
    page = page_of(tmp_path / "page.html", tmp_path / "run")
    assert page.count('<span class="mark now">') == 5
    assert "Nothing became final on what was out" in page


def resealed(run: Path, **changes: Any) -> None:
    """Change the run document and seal it as if it had been written so."""
    write_manifest(run, read_manifest(run) | changes)


def test_a_run_whose_books_are_wrong_gets_no_report(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A balance that is one unit off, in a table that its run document describes."""
    run = Path(shutil.copytree(runs / "fifo", tmp_path / "run"))
    path = run / "accounts.arrow"
    with pa.OSFile(str(path)) as source:
        table = pa.ipc.open_file(source).read_all()
    at = table.schema.get_field_index("closing_minor")
    wrong = pa.array([value + (row == 3) for row, value in enumerate(table["closing_minor"].to_pylist())], pa.int64())
    table = table.set_column(at, table.schema.field(at), wrong)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    entries = read_manifest(run)["tables"]
    entries["accounts"] |= {"bytes": path.stat().st_size, "sha256": file_digest(path)}
    resealed(run, tables=entries)
    assert status(["report", str(run), "--out", str(tmp_path / "page.html")]) == 3
    assert "a proof doesn't hold" in capsys.readouterr().err
    assert not (tmp_path / "page.html").exists()


# --- faults ------------------------------------------------------------------------------------------------------


def cut(run: Path) -> None:
    path = run / "payments.arrow"
    path.write_bytes(path.read_bytes()[:-100])


def edit(run: Path) -> None:
    path = run / "payments.arrow"
    path.write_bytes(path.read_bytes()[:-1] + b"x")


def rename(run: Path) -> None:
    (run / "manifest.json").unlink()


def other_version(run: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps(manifest | {"schema_version": 0}))


def unknown_key(run: Path) -> None:
    made = read_manifest(run)["scenario"]
    made["rails"]["RTGS"]["moon"] = "full"
    resealed(run, scenario=made)


@pytest.mark.parametrize(
    ("damage", "code"),
    [(cut, "LH083"), (edit, "LH084"), (rename, "LH080"), (other_version, "LH081"), (unknown_key, "LH120")],
)
def test_what_is_no_run_of_ours_is_said_and_nothing_is_written(
    damage: Any, code: str, runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, out = Path(shutil.copytree(runs / "bypass", tmp_path / "run")), tmp_path / "out" / "page.html"
    damage(run)
    capsys.readouterr()
    assert status(["report", str(runs / "fifo"), str(run), "--out", str(out)]) == 2
    said = capsys.readouterr()
    assert code in said.err
    assert said.out == ""
    assert not out.parent.exists()
    if code != "LH120":
        assert status(["compare", str(run)]) == 2
        assert capsys.readouterr().err == said.err


def test_runs_with_other_payments_are_not_set_side_by_side(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status(["report", str(runs / "fifo"), str(runs / "week"), "--out", str(tmp_path / "page.html")]) == 2
    assert "LH088" in capsys.readouterr().err


def test_replicates_are_refused_and_not_averaged_under_a_false_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``luhai compare`` averages runs of one scenario under several seeds; a report has a column for each run."""
    names = []
    for seed in ("1", "2"):
        names.append(str(tmp_path / seed))
        call = ["run", "chongqing-singapore", "--seed", seed, "--set", "scenario.days=1", "--quiet", "--out", names[-1]]
        assert status(call) == 0
    page = tmp_path / "page.html"
    assert status(["report", *names, "--out", str(page)]) == 2
    assert "LH088" in capsys.readouterr().err
    assert not page.exists()
    assert not (tmp_path / "page.html").exists()


@pytest.mark.usefixtures("undrawn")
def test_an_earlier_page_stays_when_a_new_one_fails(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "page.html"
    out.write_text("earlier")

    move = os.replace

    def full(source: Path, target: Path) -> None:
        if target == out:
            raise OSError(28, "No space left on device")
        move(source, target)

    monkeypatch.setattr("os.replace", full)
    assert status(["report", str(runs / "fifo"), "--out", str(out)]) == 2
    assert "LH072" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    assert out.read_text() == "earlier"


def test_a_page_is_never_written_over_a_table(runs: Path) -> None:
    table = runs / "fifo" / "payments.arrow"
    before = file_digest(table)
    assert status(["report", str(runs / "fifo"), "--out", str(table)]) == 2
    assert file_digest(table) == before


# --- little or much ----------------------------------------------------------------------------------------------


def test_an_empty_run_says_what_it_has_not(tmp_path: Path) -> None:
    tables = open_tables(make_run(tmp_path / "run", payments=0, grid=False))
    page = report([subject(tables)])
    for words_of in ("No payments.", "asks no question", "nothing that it leaves out", "states no sources"):
        assert words_of in page
    Reader(page)


def test_many_routes_are_cut_with_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "MOST_ROWS", 2)
    table = results.overview(results.Measures([("made", open_tables(make_run(tmp_path / "run")))]), "en")
    assert len(table.rows) == 2
    assert "1 more rows are left out" in table.note


def test_only_the_first_runs_are_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.report.MOST_DRAWN", 1)
    made = open_tables(make_run(tmp_path / "run"))
    page = report([subject(made, "a"), subject(made, "b")])
    assert page.count("<img") == len(pictures(made, "en", alone=False))
    assert "the first 1 runs only" in page


def test_every_measure_stands_in_one_table() -> None:
    found = Counter(name for names in results.themes().values() for name in names)
    assert found == Counter(list(MEASURES))


def test_every_phrase_is_in_both_languages_and_used() -> None:
    folder = Path(results.__file__).parent
    text = "".join(path.read_text(encoding="utf-8") for path in [*folder.glob("*.py"), folder / "page.html"])
    text += (folder.parents[1] / "simcore" / "commands" / "report.py").read_text(encoding="utf-8")
    for key, phrase in words().items():
        if key not in ("measures", "outcomes_of", "kinds_zh", "units_zh"):
            assert sorted(phrase) == ["en", "zh"], key
            assert phrase["en"].count("{") == phrase["zh"].count("{"), key
            assert f'"{key}"' in text or f"'{key}'" in text or key in PARTS, f"{key} is never said"
