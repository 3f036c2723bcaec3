"""A process of its own that reads a run in one way, and prints the seconds it took; imports are not counted.

python -m benchmarks.analysis_child scan|measures|pictures RUN
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from analysis.measure_list import GROUPS
from analysis.measures import measure
from analysis.plots import FIGURES, draw
from analysis.plots.style import save
from analysis.tables import open_tables
from benchmarks.measure import Stopwatch
from simcore.results.schema import TABLES


def scan(run: Path) -> dict[str, Stopwatch]:
    """Unpack every column of every table, batch by batch, and do nothing with it."""
    watch = Stopwatch()
    for name in TABLES:
        with pa.memory_map(str(run / f"{name}.arrow")) as source:
            reader = pa.ipc.open_file(source)
            for index in range(reader.num_record_batches):
                reader.get_batch(index)
    watch.stop()
    return {"scan": watch}


def measures(run: Path) -> dict[str, Stopwatch]:
    """Every measure of the run as a whole, from opening to the table."""
    pc.fill_null(pa.array([None, 1]), 0)  # what this needs is imported on first use
    watch = Stopwatch()
    table = measure(open_tables(run, verify=False))
    watch.stop()
    assert table.num_rows > len(GROUPS)
    return {"measures": watch}


def pictures(run: Path) -> dict[str, Stopwatch]:
    """Each picture by itself, from opening the run to a PNG."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in FIGURES:
            watch = Stopwatch()
            save(draw(open_tables(run, verify=False), name), Path(folder) / f"{name}.png", "png")
            watch.stop()
            found[name] = watch
    return found


if __name__ == "__main__":
    what = {"scan": scan, "measures": measures, "pictures": pictures}[sys.argv[1]]
    print(json.dumps({name: [watch.cpu, watch.wall] for name, watch in what(Path(sys.argv[2])).items()}))
