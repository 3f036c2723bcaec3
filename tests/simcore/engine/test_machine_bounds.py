"""The loop compiled with bounds checks: no kernel reads or writes outside an array on generated worlds.

numba lets a negative index count from the end and never complains, so this finds what runs past an end; a wrong -1
shows as a wrong row in the comparison with the twin. A process of its own compiles the checked kernels, once per
source, and keeps them in the cache of that setting.
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


PAST_THE_END = """
import numpy as np

from simcore.kernels.ordered import ordered_first
from simcore.kernels.world import SLOT

ordered_first(np.zeros(1, SLOT), 7)
"""


def checked(program: str, setting: str = "NUMBA_BOUNDSCHECK") -> subprocess.CompletedProcess[str]:
    """Run a program whose kernels are compiled with bounds checks, or not compiled at all."""
    environment = {**os.environ, setting: "1", "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.mark.slow  # a minute, nearly all of it to compile the loop a second time
def test_no_kernel_leaves_its_arrays() -> None:
    done = checked(PLAY)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "600 worlds\n"


def test_kernels_run_uncompiled_for_a_debugger() -> None:
    program = PLAY.replace("config.BOUNDSCHECK == 1", "config.DISABLE_JIT").replace("3_000_600", "3_000_060")
    done = checked(program.replace("600 worlds", "60 worlds"), "NUMBA_DISABLE_JIT")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "60 worlds\n"


def test_a_kernel_that_leaves_its_array_is_caught() -> None:
    """Else the test above would prove nothing."""
    done = checked(PAST_THE_END)
    assert done.returncode == 1
    assert "IndexError" in done.stderr
