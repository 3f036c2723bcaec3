"""The loop compiled with bounds checks: no kernel reads or writes outside an array on generated worlds.

numba lets a negative index count from the end and never complains, so this finds what runs past an end; a wrong -1 shows
as a wrong row in the comparison with the twin. A process of its own compiles the checked kernels, once per source.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PLAY = """
from numba import config

from simcore.engine.machine import Machine
from tests.reference.compare import difference
from tests.reference.play import play
from tests.reference.twin import Twin
from tests.reference.worlds import Rolled, make_buffers, make_case

assert config.BOUNDSCHECK == 1
for seed in range(3_000_000, 3_000_600):
    choose = Rolled(seed)
    case, sizes = make_case(choose), make_buffers(choose)
    fault = difference(play(case, Machine, sizes), play(case, Twin))
    assert not fault, f"seed {seed}, {sizes}: {fault}"
print("600 worlds")
"""


@pytest.mark.xdist_group("bounds")
def test_no_kernel_leaves_its_arrays() -> None:
    environment = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", PLAY], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "600 worlds\n"


def test_a_kernel_that_leaves_its_array_is_caught_by_the_check() -> None:
    """Else the test above would prove nothing."""
