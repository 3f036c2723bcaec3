"""Write analysis/data/LuhaiCJK.otf, the subset of Noto Sans CJK SC with which pictures write Chinese.

Needs Noto Sans CJK 2.004, which is not a dependency of Luhai (Debian: `apt-get install fonts-noto-cjk`), and fontTools,
which comes with matplotlib:

    python tools/make_font.py [/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc]

Kept are the 3,755 characters of GB 2312 level 1, Latin, and the punctuation of both. The SIL Open Font License asks
that a changed font doesn't keep a reserved name, so the family is called "Luhai CJK"; the licence lies beside the font.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont

SOURCE = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
FACE, VERSION = "Noto Sans CJK SC", "Version 2.004"
FAMILY, POSTSCRIPT = "Luhai CJK", "LuhaiCJK-Regular"
TARGET = Path(__file__).resolve().parent.parent / "analysis" / "data" / "LuhaiCJK.otf"
MOST_BYTES = 900_000
# Punctuation, units and signs of both scripts; then characters of Chinese place and bank names beyond level 1.
SIGNS = "‐–—‘’“”…·×÷±≤≥≠≈→←↑↓‰℃§№¥€£、。〈〉《》「」『』【】〔〕（），．：；！？％＋－／＝～￥"
NAMES = "亳儋邕郫鄞闵浔淄濮泸渌漯潍涪滁珲盱睢衢镕鑫铖祎琨珀骏骅骊汶铢"


def level_1() -> str:
    """The characters of GB 2312 level 1: rows 16 to 55."""
    codes = (bytes((0xA0 + row, 0xA0 + cell)) for row in range(16, 56) for cell in range(1, 95))
    return "".join(code.decode("gb2312", "ignore") for code in codes)


def rename(font: TTFont) -> None:
    """Give the family its own name everywhere a font states it; copyright and licence stay."""
    names = font["name"]
    kept = {index: names.getDebugName(index) for index in (0, 13, 14)}
    names.names = []
    texts = {
        1: FAMILY, 2: "Regular", 3: f"1.000;{POSTSCRIPT}", 4: FAMILY, 5: "Version 1.000", 6: POSTSCRIPT,
        10: f"Subset of {FACE} {VERSION}: GB 2312 level 1, Latin and punctuation.",
    }  # fmt: skip
    for index, text in sorted({**texts, **kept}.items()):
        if text:
            names.setName(text, index, 3, 1, 0x409)
    cff = font["CFF "].cff
    cff.fontNames = [POSTSCRIPT]
    top = cff.topDictIndex[0]
    top.FamilyName, top.FullName = FAMILY, FAMILY
    for number, part in enumerate(getattr(top, "FDArray", [])):
        part.FontName = f"{POSTSCRIPT}-{number}"
    font["head"].fontRevision = 1.0


def main(source: Path = SOURCE) -> None:
    """Write the font; the same source gives the same bytes."""
    fonts = TTCollection(str(source), lazy=True).fonts
    font = next((each for each in fonts if each["name"].getDebugName(1) == FACE), None)
    if font is None or not str(font["name"].getDebugName(5)).startswith(VERSION):
        raise SystemExit(f"this font is made from {FACE}, {VERSION}; {source} has no such face")
    characters = level_1()
    if len(characters) != 3755:
        raise SystemExit(f"GB 2312 level 1 has 3,755 characters, found {len(characters)}")
    latin = "".join(map(chr, (*range(0x20, 0x7F), *range(0xA0, 0x100))))
    options = Options(
        layout_features=[], hinting=False, desubroutinize=False, notdef_outline=True, recalc_timestamp=False,
        name_IDs=["*"], drop_tables=["BASE", "GDEF", "GPOS", "GSUB", "VORG", "vhea", "vmtx", "DSIG"],
    )  # fmt: skip
    font.recalcTimestamp = False
    subsetter = Subsetter(options)
    subsetter.populate(text=characters + latin + SIGNS + NAMES)
    subsetter.subset(font)
    rename(font)
    TARGET.parent.mkdir(exist_ok=True)
    font.save(str(TARGET))
    size = TARGET.stat().st_size
    if size > MOST_BYTES:
        raise SystemExit(f"{TARGET.name} has {size:,} bytes, more than {MOST_BYTES:,}")
    print(f"{TARGET.name}: {len(font.getBestCmap()):,} characters, {size:,} bytes")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
