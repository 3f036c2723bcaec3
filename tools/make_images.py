"""Write the pictures of README and docs into docs/images/: those `luhai plot` makes, with fewer colours to be small.

python tools/make_images.py
"""

from __future__ import annotations

import contextlib
import re
import sys
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from matplotlib.figure import Figure  # noqa: E402
from PIL import Image  # noqa: E402  (comes with matplotlib)

import simcore  # noqa: E402
from analysis.plots import draw  # noqa: E402
from analysis.plots.style import METADATA, settings  # noqa: E402
from analysis.tables import open_tables  # noqa: E402

FOLDER = ROOT / "docs" / "images"
PICTURES = (
    ("chongqing-singapore", "chongqing-singapore", "settled_by_route"),
    ("fifo-day", "fifo-day", "account_intraday"),
)
FRONTIER = ("docs/economist.md", "frontier")
"""A document whose script ends with ``figure``, and what its picture is called."""
MOST_BYTES = 150_000


def main() -> None:
    """Run each scenario with seed 65, as the texts do, and draw."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, scenario, figure in PICTURES:
        with tempfile.TemporaryDirectory() as folder:
            simcore.run(scenario, seed=65, out=Path(folder) / "run")
            drawn = draw(open_tables(Path(folder) / "run"), figure)
        _write(name, drawn)
    document, name = FRONTIER
    script = re.search(r"^```python\n(.*?)^```$", (ROOT / document).read_text(encoding="utf-8"), re.M | re.S)
    assert script is not None
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        simcore.run("fifo-day", out="runs/day")
        names: dict[str, Any] = {}
        exec(script[1], names)  # noqa: S102  (what the document shows is what its picture was made with)
        _write(name, names["figure"])


def _write(name: str, drawn: Figure) -> None:
    whole = BytesIO()
    with settings():
        drawn.savefig(whole, format="png", metadata=METADATA["png"], dpi=150)
    path = FOLDER / f"{name}.png"
    Image.open(whole).convert("RGB").quantize(64, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    if size >= MOST_BYTES:
        raise SystemExit(f"{path.name} has {size:,} bytes, more than {MOST_BYTES:,}")
    print(f"docs/images/{path.name}: {size:,} bytes")


if __name__ == "__main__":
    main()
