"""Named streams of random numbers from one root seed, so that adding a stream shifts no other."""

from __future__ import annotations

import hashlib
import secrets

import numpy as np


def draw_seed() -> int:
    """Return a fresh root seed of 63 bits, for a scenario that gives none; print it and store it."""
    return secrets.randbits(63)


def stream(seed: int, name: str, replicate: int = 0) -> np.random.Generator:
    """Return the generator of one named stream, such as ``"flow:trade:amount"``.

    Parameters
    ----------
    seed : int         root seed of the run, ≥ 0
    name : str         what is drawn; the same name always gives the same numbers, whatever else the run draws
    replicate : int    which repetition of the run, ≥ 0

    Returns
    -------
    Generator          Philox, a counter-based generator; its streams are independent for all purposes

    Notes
    -----
    Two scenarios that share a seed and a stream's name meet the same draws (common random numbers).
    ``Generator.random`` is the same on every machine; methods that go through the C library's ``exp`` or ``log`` may
    differ in the last bit, so amounts and latencies are made from uniforms in :mod:`simcore.demand.portable`.

    References
    ----------
    Salmon et al. (2011), "Parallel random numbers: as easy as 1, 2, 3", for Philox.
    """
    if seed < 0 or replicate < 0:
        raise ValueError(f"seed and replicate must not be negative: {seed}, {replicate}")
    # Words of 32 bits: of longer ints SeedSequence drops leading zeros, so two names could run together.
    words = np.frombuffer(hashlib.sha256(name.encode()).digest(), dtype="<u4")
    sequence = np.random.SeedSequence(seed, spawn_key=(*(int(word) for word in words), replicate))
    return np.random.Generator(np.random.Philox(sequence))
