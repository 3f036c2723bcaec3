"""Compiled loops over flat arrays; numba only."""
