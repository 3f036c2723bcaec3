"""What benchmarks of one size take on the command line: how large, how often, and where the figures go."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path


def parse(argv: Sequence[str], name: str, doc: str | None, *, size: int, quick: int, most: int, repeats: int, of: str
          ) -> argparse.Namespace:  # fmt: skip
    """Read ``--quick``, ``--size``, ``--repeats`` and ``--json``; ``size`` of the answer is always set.

    Parameters
    ----------
    size, quick, most : payments if nothing is said, with --quick, and at most
    of : whose payments --size counts, for the help
    """
    parser = argparse.ArgumentParser(prog=f"luhai bench {name}", description=doc)
    parser.add_argument("--quick", action="store_true", help=f"{quick:,} payments instead of {size:,}")
    parser.add_argument("--size", type=int, metavar="N", help=f"payments of the {of}")
    parser.add_argument("--repeats", type=int, default=repeats, metavar="N", help="how often, the best counts")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured to FILE")
    options = parser.parse_args(argv)
    if options.size is None:
        options.size = quick if options.quick else size
    if not 1_000 <= options.size <= most:
        parser.error(f"--size must be between 1,000 and {most:,}")
    if options.repeats < 1:
        parser.error("--repeats must be 1 or more")
    return options
