"""The shipped Chinese font: its characters, its own name, its licence."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from fontTools.ttLib import TTFont

DATA = Path(str(files("analysis"))) / "data"


def test_it_has_gb_2312_level_1_and_a_name_of_its_own() -> None:
    font = TTFont(DATA / "LuhaiCJK.otf")
    characters = {bytes((0xA0 + row, 0xA0 + cell)) for row in range(16, 56) for cell in range(1, 95)}
    wanted = {ord(text) for code in characters if (text := code.decode("gb2312", "ignore"))}
    assert len(wanted) == 3755
    assert wanted <= set(font.getBestCmap())
    names = {record.nameID: record.toUnicode() for record in font["name"].names}
    assert names[1] == "Luhai CJK"
    assert not [text for index, text in names.items() if index in (1, 3, 4, 6) and ("Noto" in text or "Source" in text)]
    assert "Open Font License" in names[13]


def test_it_is_small_and_its_licence_lies_beside_it() -> None:
    assert (DATA / "LuhaiCJK.otf").stat().st_size <= 900_000
    licence = (DATA / "LuhaiCJK-OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert 'Reserved Font Name "Source"' in licence
